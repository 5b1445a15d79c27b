"""What walls are told to show, which screens are open, and who covered them all."""

from __future__ import annotations

from django.db import models

from blueroom.room.models import Link, Session


class Scene(models.TextChoices):
    """What a questions wall shows."""

    AUTO = "auto"
    QUESTION = "question"
    NEXT = "next"
    ANSWERED = "answered"
    CALL = "call"
    COUNTDOWN = "countdown"
    VIDEO = "video"
    THANKS = "thanks"
    SLATE = "slate"


class Layout(models.TextChoices):
    """How many questions a questions wall shows at once."""

    ONE = "one"
    THREE = "three"
    VOICES = "voices"


class WallScene(models.Model):
    """What the crew chose for one wall; a wall without a row goes by itself.

    `focus_id` is the question that stands out among several. It goes on to the next one every
    `advance_s` seconds from `since_at`; 0: by hand alone.
    """

    link = models.OneToOneField(Link, models.CASCADE, related_name="wall_scene")
    scene = models.CharField(max_length=10, choices=Scene.choices, default=Scene.AUTO)
    layout = models.CharField(max_length=10, choices=Layout.choices, default=Layout.ONE)
    focus_id = models.BigIntegerField(null=True, blank=True)
    advance_s = models.PositiveSmallIntegerField(default=0)
    since_at = models.DateTimeField()
    changed_by = models.CharField(max_length=160, blank=True)


class OpenScreen(models.Model):
    """A screen as it last reported itself. `key` is its own, made up when it opened."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="open_screens")
    link = models.ForeignKey(Link, models.CASCADE, related_name="open_screens")
    key = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=10)  # questions, videos, overlay
    scene = models.CharField(max_length=20)
    title = models.CharField(max_length=160, blank=True)  # what is read on it
    is_dark = models.BooleanField(default=False)
    is_covered = models.BooleanField(default=False)
    is_stale = models.BooleanField(default=False)  # it lost the server and says so
    frame_age_ms = models.PositiveIntegerField(default=0)  # when it last painted
    build = models.CharField(max_length=40, blank=True)
    width_px = models.PositiveIntegerField(default=0)
    height_px = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField()
    shown_at = models.DateTimeField()  # since when it shows this
    reported_at = models.DateTimeField()

    class Meta:
        ordering = ["opened_at", "id"]


class Pairing(models.Model):
    """A screen that shows letters and waits to be told what it is; `link` once it was."""

    letters = models.CharField(max_length=6, unique=True)
    nonce = models.CharField(max_length=43, unique=True)  # in the waiting screen's cookie
    address = models.CharField(max_length=45)
    created_at = models.DateTimeField()
    link = models.ForeignKey(Link, models.CASCADE, null=True, blank=True)
    look = models.CharField(max_length=10, blank=True)  # wall, overlay


class Panic(models.Model):
    """The slate put on every screen of a session, or taken off; written when the database can.

    `number` is the decision's own, from where it was made without a database (updates.slate).
    """

    session = models.ForeignKey(Session, models.CASCADE, related_name="panics")
    is_on = models.BooleanField()
    at = models.DateTimeField()
    number = models.BigIntegerField()
    by_name = models.CharField(max_length=160, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["session", "number"], name="panic_once")]
