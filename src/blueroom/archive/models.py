"""Archives that the house makes when somebody asks for one on a page or by the API."""

from __future__ import annotations

from django.db import models

from blueroom.clips.models import Work
from blueroom.room.models import Session


class Export(Work):
    """A session as a folder and as one zip of it; both are called `name` in the exports folder.

    A row that is deleted while it is worked on ends the work.
    """

    session = models.ForeignKey(Session, models.CASCADE, related_name="exports")
    name = models.SlugField(max_length=100, unique=True)
    progress = models.FloatField(default=0.0)  # 0 to 1
    size_bytes = models.BigIntegerField(default=0)  # of the zip
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=160)
    ready_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "due_at"], name="exports_due")]

    def __str__(self) -> str:
        return self.name
