"""Clips, their captions and the files rendered of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from blueroom.studio.models import Answer


class WorkState(models.TextChoices):
    """Work on a file; `working` with a lease that ran out is begun again."""

    DUE = "due", _("Waiting")
    WORKING = "working", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")


class Work(models.Model):
    """What a worker finds and does: when it is due, who has it, why it failed."""

    state = models.CharField(max_length=7, choices=WorkState.choices, default=WorkState.DUE)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    code = models.CharField(max_length=60, blank=True)
    message = models.CharField(max_length=400, blank=True)

    class Meta:
        abstract = True


class Clip(Work):
    """An answer cut out of its recording, with a page of its own at `/a/<slug>/`.

    `revision` is the answer's that it is cut at, or is to be: a lower one than the answer's is cut
    again. `file` holds what lies between `in_at` and `out_at`. What became of a clip whose answer
    is gone is a tombstone: its address says so for good.

    `is_public`: the public saw it live, or a person (`decided_by`) let it; what a person decided
    stays so. `crop_x`, `crop_y`: where the middle of a narrower picture lies, 0 to 1. Files are
    relative to the clip's folder.
    """

    answer = models.OneToOneField(Answer, models.SET_NULL, null=True, related_name="clip")
    slug = models.SlugField(max_length=24, unique=True)
    title = models.CharField(_("title"), max_length=160, blank=True)
    revision = models.PositiveIntegerField(default=0)
    is_public = models.BooleanField(default=False)
    published_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=160, blank=True)
    file = models.CharField(max_length=255, blank=True)
    poster = models.CharField(max_length=255, blank=True)
    in_at = models.DateTimeField(null=True, blank=True)
    out_at = models.DateTimeField(null=True, blank=True)
    cut_at = models.DateTimeField(null=True, blank=True)
    duration_s = models.FloatField(default=0.0)
    size_bytes = models.BigIntegerField(default=0)
    width_px = models.PositiveIntegerField(default=0)
    height_px = models.PositiveIntegerField(default=0)
    crop_x = models.FloatField(default=0.5)
    crop_y = models.FloatField(default=0.5)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "due_at"], name="clips_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(crop_x__gte=0, crop_x__lte=1, crop_y__gte=0, crop_y__lte=1),
                name="crop_in_the_picture",
            )
        ]

    def __str__(self) -> str:
        return self.slug


class Shape(models.TextChoices):
    """Width to height of a rendered file."""

    WIDE = "16x9", "16:9"
    TALL = "9x16", "9:16"
    SQUARE = "1x1", "1:1"


class Render(Work):
    """A file made of a clip for sharing: card, captions and loudness in it."""

    clip = models.ForeignKey(Clip, models.CASCADE, related_name="renders")
    shape = models.CharField(max_length=4, choices=Shape.choices)
    language = models.CharField(max_length=12, blank=True)  # of the captions burnt in; "" none
    progress = models.FloatField(default=0.0)  # 0 to 1
    made_of = models.CharField(max_length=64, blank=True)  # what it is to be made of: clips.rules
    compared_at = models.DateTimeField()  # when `made_of` was last found to be so
    file = models.CharField(max_length=255, blank=True)
    size_bytes = models.BigIntegerField(default=0)
    width_px = models.PositiveIntegerField(default=0)
    height_px = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clip", "shape", "language"], name="one_render_a_shape")
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="renders_due")]


class CaptionSource(models.TextChoices):
    TYPED = "typed", _("Typed")
    IMPORTED = "imported", _("Imported")
    HEARD = "heard", _("By speech recognition")


class Captions(models.Model):
    """What is said in a clip, in one language. `cues`: [[start_s, end_s, text], …], in order.

    Seconds count from `begins_at`, not from the clip's beginning: an answer may be adjusted and
    adjusted back, and no word is lost.
    """

    clip = models.ForeignKey(Clip, models.CASCADE, related_name="captions")
    language = models.CharField(max_length=12)
    is_translation = models.BooleanField(default=False)
    source = models.CharField(max_length=8, choices=CaptionSource.choices)
    begins_at = models.DateTimeField()
    cues = models.JSONField(default=list)
    is_checked = models.BooleanField(default=False)  # machine's words are not public before
    revision = models.PositiveIntegerField(default=1)  # grows with every save
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=160, blank=True)

    class Meta:
        verbose_name_plural = "captions"
        constraints = [
            models.UniqueConstraint(fields=["clip", "language"], name="one_captions_a_language")
        ]


class Hearing(Work):
    """A wish to have a clip's words recognised by machine; found and done by a worker."""

    clip = models.OneToOneField(Clip, models.CASCADE, related_name="hearing")
    language = models.CharField(max_length=12)
    progress = models.FloatField(default=0.0)
