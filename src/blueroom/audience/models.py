"""What is kept of the audience beside its questions."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from blueroom.desk.models import Question
from blueroom.room.models import Session


class HeartCount(models.Model):
    """How many hearts a session's live picture got in one minute; whose they were is not kept."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="heart_counts")
    minute = models.DateTimeField()
    hearts = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "minute"], name="hearts_once_a_minute")
        ]

    def __str__(self) -> str:
        return f"{self.hearts} at {self.minute}"


class Vote(models.Model):
    """A phone's vote for a question, until the session is long over.

    `network` and `region` stand for where it came from, as `visitors.origin_of` writes them: good
    for counting in this session, and for nothing else.
    """

    question = models.ForeignKey(Question, models.CASCADE, related_name="public_votes")
    device = models.CharField(max_length=64)
    network = models.CharField(max_length=16)
    region = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["question", "device"], name="one_vote_a_device")
        ]
        indexes = [
            models.Index(fields=["question", "region", "network"], name="votes_by_network"),
            models.Index(fields=["device"], name="votes_of_a_device"),
        ]

    def __str__(self) -> str:
        return f"for {self.question_id} at {self.at}"


class VoteCount(models.Model):
    """Whether a question's votes are to be counted, and what those weighed that were forgotten."""

    question = models.OneToOneField(
        Question, models.CASCADE, primary_key=True, related_name="vote_count"
    )
    is_due = models.BooleanField(default=True)
    past_votes = models.PositiveIntegerField(default=0)
    past_given = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["question"], condition=Q(is_due=True), name="votes_to_count")
        ]

    def __str__(self) -> str:
        return f"votes of {self.question_id}"
