"""Photos given as answers: checked, made clean, kept, forgotten."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from blueroom.base.errors import NotAcceptable
from blueroom.base.ids import new_secret
from blueroom.media.jobs import run_job
from blueroom.media.pictures import Photo, PhotoArguments
from blueroom.studio.models import Answer, AnswerKind
from blueroom.studio.queries import photo_path, pictures_folder

PHOTO_LIMIT_S = 20.0
SIDE_PX = 4096
# What Bluesky takes of a picture, and no burden to a phone: the same file goes everywhere.
PHOTO_BYTES = 2_000_000
LEFT_BEHIND = timedelta(hours=1)


class PhotoUnreadable(NotAcceptable):
    code: ClassVar[str] = "picture_unreadable"
    sentence = _("This is no picture we can read. Send a JPEG, PNG or WebP.")  # type: ignore[assignment]


@dataclass(frozen=True, kw_only=True)
class KeptPhoto:
    """A picture in the pictures folder, by its name there."""

    file: str
    width_px: int
    height_px: int


def keep_photo(data: bytes) -> KeptPhoto:
    """Store a picture, small enough for everywhere, without what its camera wrote into it.

    Raises:
        NotAcceptable: it is no picture, too large, damaged; with a code for each.
        JobFailed: nobody could read it.
    """
    folder = pictures_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="upload-") as upload:
        upload.write(data)
        upload.flush()
        photo = _clean(Path(upload.name))
    file = f"{new_secret(12)}.jpg"
    photo_path(file).write_bytes(photo.jpeg)
    return KeptPhoto(file=file, width_px=photo.width_px, height_px=photo.height_px)


def _clean(upload: Path) -> Photo:
    """The picture as large as its bytes allow."""
    side_px = SIDE_PX
    while True:
        asked = PhotoArguments(path=upload, max_px=side_px)
        photo = run_job("photo", asked, Photo, time_limit_s=PHOTO_LIMIT_S, nice=0)
        if len(photo.jpeg) <= PHOTO_BYTES:
            return photo
        # Bytes go with the pixels, about.
        share = math.sqrt(PHOTO_BYTES / len(photo.jpeg))
        side_px = int(max(photo.width_px, photo.height_px) * share * 0.95)


def forget_photo(file: str) -> None:
    """Delete a picture. May be repeated."""
    photo_path(file).unlink(missing_ok=True)


def sweep_photos(*, now: datetime) -> int:
    """Delete pictures of no answer that are an hour old, uploads cut off too; how many.

    The hour leaves alone what an answer, or an archive that is read, is about to point to.
    """
    kept = set(Answer.objects.filter(kind=AnswerKind.PHOTO).values_list("photo", flat=True))
    removed = 0
    for path in pictures_folder().glob("*"):
        written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        if path.name not in kept and now - written_at > LEFT_BEHIND:
            path.unlink(missing_ok=True)
            removed += 1
    return removed
