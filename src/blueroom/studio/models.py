"""Feeds, the programme that the public sees, recordings, and the answers marked in them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from blueroom.desk.models import Question
from blueroom.room.models import Person, Session

DELAY_S_MAX = 30


class ProgrammeState(models.TextChoices):
    """What the public's player shows."""

    OFF = "off", _("Off")
    SLATE = "slate", _("Slate")
    LIVE = "live", _("Live")


class Programme(models.Model):
    """A session's live picture. `key` is the part of its HLS address that nobody can guess.

    `delay_s` is never below `least_delay_s`, which the session asks for. `feed` is the one on air;
    it stays chosen while the slate covers it.
    """

    session = models.OneToOneField(Session, models.CASCADE, related_name="programme")
    state = models.CharField(
        max_length=5, choices=ProgrammeState.choices, default=ProgrammeState.OFF
    )
    key = models.CharField(max_length=43, unique=True)
    feed = models.ForeignKey("Feed", models.SET_NULL, null=True, blank=True, related_name="+")
    delay_s = models.PositiveSmallIntegerField(_("programme delay, in seconds"), default=0)
    least_delay_s = models.PositiveSmallIntegerField(default=0)
    is_muted = models.BooleanField(default=False)
    started_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=160, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(delay_s__gte=F("least_delay_s"), delay_s__lte=DELAY_S_MAX),
                name="programme_delay_kept",
            )
        ]


class FeedKind(models.TextChoices):
    GUEST = "guest", _("Guest")
    CAMERA = "camera", _("Room camera")
    FAN = "fan", _("Fan")


class FeedState(models.TextChoices):
    """What may be done with a feed. A fan waits, is tested alone with a person, and is then ready;
    feeds of the crew are ready from the start."""

    WAITING = "waiting", _("Waiting")
    TESTING = "testing", _("Being tested")
    READY = "ready", _("Ready")
    REFUSED = "refused", _("Refused")
    ENDED = "ended", _("Ended")


class Feed(models.Model):
    """One camera that sends to us, by a browser (`webm`, `mp4`), RTMP or WHIP.

    Two secrets are derived from `nonce` and the installation's key (studio.secrets): the address of
    the page that sends, and the stream key for encoders. A new nonce makes both old ones worthless.
    """

    session = models.ForeignKey(Session, models.CASCADE, related_name="feeds")
    kind = models.CharField(max_length=6, choices=FeedKind.choices, default=FeedKind.GUEST)
    name = models.CharField(_("name"), max_length=80)
    state = models.CharField(max_length=8, choices=FeedState.choices, default=FeedState.READY)
    nonce = models.CharField(max_length=43, unique=True)
    monitor_key = models.CharField(max_length=43, unique=True)  # of its own HLS, for the crew
    asker = models.CharField(max_length=64, blank=True)  # a fan's, as the phone page knows them
    question = models.ForeignKey(Question, models.SET_NULL, null=True, blank=True)
    is_on_wall = models.BooleanField(default=False)
    consent_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=160, blank=True)
    # What the process that receives it last said.
    way = models.CharField(max_length=5, blank=True)  # webm, mp4, rtmp, whip; empty: not connected
    connected_at = models.DateTimeField(null=True, blank=True)
    width_px = models.PositiveIntegerField(default=0)
    height_px = models.PositiveIntegerField(default=0)
    code = models.CharField(max_length=60, blank=True)  # why it was last refused or lost
    message = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class CrewMessage(models.Model):
    """What the crew wrote to whoever sends by `feed`, or without one to the guest. Never public.

    The guest reads it on any screen of theirs: the prompter, and the page of a guest's feed.
    `delivered_at`: it first stood on a screen before them; `seen_at`: they said that they saw it.
    """

    session = models.ForeignKey(Session, models.CASCADE, related_name="crew_messages")
    feed = models.ForeignKey(
        Feed, models.CASCADE, null=True, blank=True, related_name="crew_messages"
    )
    text = models.CharField(max_length=400)
    sent_at = models.DateTimeField()
    sent_by = models.CharField(max_length=160)
    delivered_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(seen_at__isnull=True) | Q(delivered_at__isnull=False),
                name="crew_message_delivered_before_seen",
            )
        ]

    def __str__(self) -> str:
        return self.text[:60]


class Recording(models.Model):
    """What one epoch of a feed left on disk: a fragmented MP4 that grows, and its index beside it.

    `began_at` is when the picture at 0 s was taken. `file` is relative to the recordings folder.
    """

    feed = models.ForeignKey(Feed, models.CASCADE, related_name="recordings")
    epoch = models.PositiveIntegerField()
    file = models.CharField(max_length=255, unique=True)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    duration_s = models.FloatField(default=0.0)
    size_bytes = models.BigIntegerField(default=0)
    width_px = models.PositiveIntegerField()
    height_px = models.PositiveIntegerField()
    has_audio = models.BooleanField(default=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["began_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["feed", "epoch"], name="one_recording_an_epoch")
        ]


class Shown(models.Model):
    """A stretch of a feed that went out to the public, by when its pictures were taken."""

    feed = models.ForeignKey(Feed, models.CASCADE, related_name="shown")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()

    class Meta:
        ordering = ["from_at", "id"]


class AnswerKind(models.TextChoices):
    VIDEO = "video", _("Video")
    PHOTO = "photo", _("Photo")


class Answer(models.Model):
    """A stretch of a feed that answers a question, between two moments; or a photo.

    A question may have several. `out_at` is null while the guest is still speaking. The words of an
    answer are the question's own (`answer_text`). `clip_*` are written by the room that cuts.
    """

    question = models.ForeignKey(Question, models.CASCADE, related_name="answers")
    kind = models.CharField(max_length=5, choices=AnswerKind.choices, default=AnswerKind.VIDEO)
    feed = models.ForeignKey(Feed, models.PROTECT, null=True, blank=True, related_name="answers")
    in_at = models.DateTimeField()
    out_at = models.DateTimeField(null=True, blank=True)
    photo = models.CharField(max_length=255, blank=True)  # relative to the pictures folder
    photo_width_px = models.PositiveIntegerField(default=0)  # 0 where nobody knows
    photo_height_px = models.PositiveIntegerField(default=0)
    alt = models.CharField(max_length=1000, blank=True)
    revision = models.PositiveIntegerField(default=1)  # grows when it is adjusted
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True)
    made_by_name = models.CharField(max_length=160)
    clip_state = models.CharField(max_length=8, blank=True)  # waiting, cutting, ready, failed
    clip_path = models.CharField(max_length=120, blank=True)  # of its page, "/a/<slug>/"
    is_clip_public = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(out_at__isnull=True) | Q(out_at__gt=F("in_at")),
                name="answer_ends_after_it_begins",
            ),
            models.UniqueConstraint(
                fields=["question"],
                condition=Q(kind="video", out_at__isnull=True),
                name="one_answer_open_a_question",
            ),
        ]
