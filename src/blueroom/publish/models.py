"""What goes out: the reply to each answered question."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from blueroom.clips.models import Clip
from blueroom.desk.models import Outgoing, Question
from blueroom.studio.models import Answer


class Media(models.TextChoices):
    """How a reply brings the clip of its answer, or its photo."""

    VIDEO = "video", _("With the video")
    PHOTO = "photo", _("With the picture")
    LINK = "link", _("With a link")
    NONE = "none", _("Words only")


class Reply(Outgoing):
    """The answer to one question, under its asker's post.

    `text` is the words alone: the link to the clip's page, or for a photo to the phone page, is
    added when it is sent. `or_link`: a link may take the place of video or picture where the
    network refuses it. `is_with_file`: something is uploaded, which takes longer than a request
    may.
    """

    question = models.OneToOneField(Question, models.CASCADE, related_name="reply")
    clip = models.ForeignKey(Clip, models.SET_NULL, null=True, blank=True, related_name="replies")
    photo = models.ForeignKey(
        Answer, models.SET_NULL, null=True, blank=True, related_name="replies"
    )
    media = models.CharField(max_length=5, choices=Media.choices, default=Media.NONE)
    or_link = models.BooleanField(default=False)
    is_with_file = models.BooleanField(default=False)
    alt = models.TextField(blank=True)  # of video or picture; empty: its own

    class Meta:
        indexes = [models.Index(fields=["state", "due_at"], name="replies_due")]
