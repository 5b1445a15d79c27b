"""What goes out: the reply to each answered question."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from blueroom.clips.models import Clip
from blueroom.desk.models import Question
from blueroom.room.models import Account, Person
from blueroom.studio.models import Answer


class ReplyState(models.TextChoices):
    """A reply's way out; `sending` with a lease that ran out is tried again with the same key."""

    DUE = "due", _("Waiting to be sent")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Published")
    FAILED = "failed", _("Needs somebody")
    TAKEN_BACK = "taken_back", _("Taken back")


class Media(models.TextChoices):
    """How a reply brings the clip of its answer, or its photo."""

    VIDEO = "video", _("With the video")
    PHOTO = "photo", _("With the picture")
    LINK = "link", _("With a link")
    NONE = "none", _("Words only")


class Reply(models.Model):
    """The answer to one question, under its asker's post, published once.

    `key` is chosen before the first try and used in all of them, so that no retry publishes twice.
    `text` is the words alone: the link to the clip's page, or for a photo to the phone page, is
    added when it is sent. `or_link`: a link may take the place of video or picture where the
    network refuses it. `is_with_file`: something is uploaded, which takes longer than a request
    may. `memory` is the connector's, from try to try.
    """

    question = models.OneToOneField(Question, models.CASCADE, related_name="reply")
    account = models.ForeignKey(Account, models.PROTECT, null=True)
    state = models.CharField(max_length=10, choices=ReplyState.choices, default=ReplyState.DUE)
    key = models.CharField(max_length=13, unique=True)
    text = models.TextField()
    clip = models.ForeignKey(Clip, models.SET_NULL, null=True, blank=True, related_name="replies")
    photo = models.ForeignKey(
        Answer, models.SET_NULL, null=True, blank=True, related_name="replies"
    )
    media = models.CharField(max_length=5, choices=Media.choices, default=Media.NONE)
    or_link = models.BooleanField(default=False)
    is_with_file = models.BooleanField(default=False)
    alt = models.TextField(blank=True)  # of video or picture; empty: its own
    memory = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    asked_at = models.DateTimeField()  # last time that somebody wanted it to go out
    by_person = models.ForeignKey(Person, models.PROTECT, null=True)
    by_name = models.CharField(max_length=160)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    remote_id = models.CharField(max_length=512, blank=True)
    remote_version = models.CharField(max_length=120, blank=True)
    url = models.CharField(max_length=1000, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=400, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "due_at"], name="replies_due")]
