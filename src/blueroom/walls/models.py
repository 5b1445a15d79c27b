"""What walls are told to show, which screens are open, who covered them; videos from elsewhere."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from blueroom.posts.models import Post
from blueroom.room.models import Link, Session
from blueroom.walls.relay_addresses import Way


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
    `advance_s` seconds from `since_at`; 0: by hand alone. At `until_at` the scene gives way to
    `then_scene`; null: it stays.
    """

    link = models.OneToOneField(Link, models.CASCADE, related_name="wall_scene")
    scene = models.CharField(max_length=10, choices=Scene.choices, default=Scene.AUTO)
    layout = models.CharField(max_length=10, choices=Layout.choices, default=Layout.ONE)
    focus_id = models.BigIntegerField(null=True, blank=True)
    advance_s = models.PositiveSmallIntegerField(default=0)
    since_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True, blank=True)
    then_scene = models.CharField(max_length=10, choices=Scene.choices, blank=True)
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
    still_relays = models.JSONField(default=list)  # ids of those whose picture stands still on it
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


class Relay(models.Model):
    """A video from elsewhere for the videos wall. Nothing of it is public before `is_on_wall`.

    `url` is what plays, `page` what somebody gave, `origins` what the player loads from. One at
    most is large, and one is heard. `code` says why it plays nothing now; the wall leaves it out
    until it does again.
    """

    session = models.ForeignKey(Session, models.CASCADE, related_name="relays")
    way = models.CharField(max_length=8, choices=[(way.value, way.value) for way in Way])
    url = models.CharField(max_length=1100)
    page = models.CharField(max_length=1000)
    origins = models.JSONField(default=list)
    post = models.ForeignKey(Post, models.CASCADE, null=True, blank=True, related_name="relays")
    name = models.CharField(max_length=80)  # who is seen
    place = models.CharField(max_length=80, blank=True)
    position = models.PositiveIntegerField()
    is_on_wall = models.BooleanField(default=False)
    is_large = models.BooleanField(default=False)
    is_heard = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=160, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.CharField(max_length=160, blank=True)
    # What was seen when it was last looked at.
    is_live = models.BooleanField(default=False)
    mark = models.CharField(max_length=40, blank=True)
    moved_at = models.DateTimeField()  # when `mark` last changed
    due_at = models.DateTimeField()  # when it is looked at again
    code = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["session", "url"], name="relay_once"),
            models.UniqueConstraint(
                fields=["session"], condition=Q(is_large=True), name="one_relay_large"
            ),
            models.UniqueConstraint(
                fields=["session"], condition=Q(is_heard=True), name="one_relay_heard"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(is_on_wall=True), name="relays_to_look_at")
        ]
