"""What goes out: the reply to each answered question."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from blueroom.desk.models import Question
from blueroom.room.models import Account, Person


class ReplyState(models.TextChoices):
    """A reply's way out; `sending` with a lease that ran out is tried again with the same key."""

    DUE = "due", _("Waiting to be sent")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Published")
    FAILED = "failed", _("Needs somebody")
    TAKEN_BACK = "taken_back", _("Taken back")


class Reply(models.Model):
    """The answer to one question, under its asker's post, published once.

    `key` is chosen before the first try and used in all of them, so that no retry publishes twice.
    """

    question = models.OneToOneField(Question, models.CASCADE, related_name="reply")
    account = models.ForeignKey(Account, models.PROTECT, null=True)
    state = models.CharField(max_length=10, choices=ReplyState.choices, default=ReplyState.DUE)
    key = models.CharField(max_length=13, unique=True)
    text = models.TextField()
    created_at = models.DateTimeField()
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
