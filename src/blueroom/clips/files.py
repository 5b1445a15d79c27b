"""Where the files of clips lie, and how they come and go.

A file is written under another name and then given its own, which no other file ever had: whoever
reads the row finds it whole, and a cache that knows its name knows its content.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

from blueroom.clips.errors import DiskFull

FREE_AT_LEAST_BYTES = 1_000_000_000
UNFINISHED = ".part"
FOOTAGE = "footage-"  # what is around an answer, made while somebody adjusts it
LEFT_BEHIND = timedelta(hours=1)
FOOTAGE_KEPT = timedelta(days=1)


def clips_folder() -> Path:
    """Where clips lie, a folder for each."""
    return Path(settings.DATA) / "clips"


def folder_of(slug: str) -> Path:
    """The clip's own folder; it may not exist."""
    return clips_folder() / slug


def path_of(slug: str, file: str) -> Path:
    """Where a file of a clip lies; nothing outside the clip's folder can be named."""
    return folder_of(slug) / Path(file).name


def check_room() -> None:
    """Raise DiskFull where a new file would take what running recordings need."""
    folder = clips_folder()
    place = folder if folder.is_dir() else Path(settings.DATA)
    if shutil.disk_usage(place).free < FREE_AT_LEAST_BYTES:
        raise DiskFull


@contextmanager
def new_file(slug: str, kind: str, suffix: str) -> Iterator[Path]:
    """A path to write to, in the clip's folder; renamed by `keep`, removed where it was not.

    The name ends as the file will, for libraries that go by it.
    """
    folder = folder_of(slug)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kind}-{secrets.token_hex(4)}{UNFINISHED}{suffix}"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def keep(path: Path) -> str:
    """Give a finished file its name, and say it."""
    name = path.name.replace(UNFINISHED, "")
    path.replace(path.with_name(name))
    return name


def remove(slug: str, *files: str) -> None:
    """Delete files that nothing points to any more. May be repeated."""
    for file in filter(None, files):
        path_of(slug, file).unlink(missing_ok=True)


def remove_folder(slug: str) -> None:
    """Delete everything of a clip. May be repeated."""
    shutil.rmtree(folder_of(slug), ignore_errors=True)


def sweep(slug: str, *, kept: Collection[str], now: datetime) -> int:
    """Delete what is not kept and an hour old, footage after a day; how many files.

    The hour leaves alone what is being written, and what a row is about to point to.
    """
    removed = 0
    for path in folder_of(slug).glob("*"):
        limit = FOOTAGE_KEPT if path.name.startswith(FOOTAGE) else LEFT_BEHIND
        written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        if path.name not in kept and now - written_at > limit:
            path.unlink(missing_ok=True)
            removed += 1
    if removed and not any(folder_of(slug).iterdir()):
        folder_of(slug).rmdir()
    return removed


def slugs_on_disk() -> list[str]:
    """The clips that have a folder."""
    folder = clips_folder()
    if not folder.is_dir():
        return []
    return [entry.name for entry in folder.iterdir() if re.fullmatch(r"[-\w]+", entry.name)]
