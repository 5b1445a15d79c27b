"""What the report keeps itself: the audience by minute, and the links that share a report."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from blueroom.room.models import Person, Session


class AudienceCount(models.Model):
    """How many phones followed a session in one minute on air, of all processes that serve.

    Whose they were is not kept. Minutes in which nobody did have no row.
    """

    session = models.ForeignKey(Session, models.CASCADE, related_name="audience_counts")
    minute = models.DateTimeField()
    phones = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "minute"], name="audience_once_a_minute")
        ]

    def __str__(self) -> str:
        return f"{self.phones} at {self.minute}"


class SharedReport(models.Model):
    """An address that shows a session's report without a password, until it is revoked.

    Its secret is derived from `nonce` and the installation's key, as a wall's is.
    """

    session = models.ForeignKey(Session, models.CASCADE, related_name="shared_reports")
    nonce = models.CharField(max_length=43, unique=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session"], condition=Q(revoked_at=None), name="one_share_a_report"
            )
        ]

    def __str__(self) -> str:
        return f"report of {self.session_id}"
