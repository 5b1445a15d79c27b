"""What is kept of the audience beside its questions."""

from __future__ import annotations

from django.db import models

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
