"""An archive becomes a closed session again. Nothing in it is believed before it is checked.

All lines are read once to be checked and once to be stored, so that an archive of any size is
refused before anything of it is kept. The rows are one transaction; files are copied, hashed on the
way, into a folder of their own first, and moved to their places once the rows are written.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec
from django.conf import settings
from django.db import DataError, IntegrityError
from django.utils.translation import gettext_lazy as _

from blueroom.archive import checks, lines
from blueroom.archive.errors import (
    ArchiveNewer,
    ArchiveRefused,
    FileChanged,
    NoArchive,
    line_refused,
)
from blueroom.archive.folder import KnownFolder, check_room, open_inside
from blueroom.archive.looks import take_look
from blueroom.archive.storing import Store
from blueroom.media.opening import HEAD_BYTES, container_kind
from blueroom.media.recording import RecordingUnreadable, open_recording
from blueroom.room.actions import NotAllowed
from blueroom.room.actor import Actor
from blueroom.room.models import Room, Session
from blueroom.room.rules import may
from blueroom.room.writing import one_transaction

MANIFEST_BYTES = 64 << 20
LINE_BYTES = 8 << 20  # captions of an hour are a megabyte
JPEG = b"\xff\xd8\xff"
R = TypeVar("R", bound=lines.Row)


class _Form(msgspec.Struct):
    form: int


def import_archive(
    folder: Path,
    *,
    room: Room,
    now: datetime,
    by: Actor,
    on_progress: Callable[[float], None] = lambda _part: None,
) -> Session:
    """A closed session with everything that the archive in this folder holds. Takes its time.

    Its slugs are others where they are taken. Replies are history: none is sent again. Authors who
    asked this house to erase them stay erased. A room without a look takes that of
    the archive.

    Raises:
        ArchiveRefused: something in it is wrong; the sentence names the file, and the line.
        DiskFull: its files would not fit.
    """
    if by.room_id != room.pk or not may(by.role, "plan_session"):
        raise NotAllowed(verb="plan_session")
    manifest = read_manifest(folder)
    archive = _Archive(folder, manifest, on_progress)
    check_room(Path(settings.DATA), needed_bytes=archive.media_bytes)
    archive.check()
    with _staging() as stage:
        files = archive.copy_media(stage)
        try:
            with one_transaction():
                store = Store(archive, room=room, now=now, by=by)
                store.store()
                _move(files, store.places)
        except (IntegrityError, DataError, OverflowError) as error:
            sentence = _("What this archive holds contradicts itself: %(reason)s")
            raise ArchiveRefused(sentence % {"reason": str(error)[:200]}) from error
    take_look(archive, room=room, now=now, by=by)
    on_progress(1.0)
    return store.session


def read_manifest(folder: Path) -> lines.Manifest:
    """The manifest of the archive in this folder.

    Raises:
        NoArchive: there is none that can be read.
        ArchiveNewer: its form is one of a later version.
    """
    try:
        with open_inside(folder, lines.MANIFEST) as file:
            content = file.read(MANIFEST_BYTES)
        form = msgspec.json.decode(content, type=_Form).form
        if form > lines.FORM:
            raise ArchiveNewer(form=form)
        return msgspec.json.decode(content, type=lines.Manifest)
    except (OSError, FileChanged, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NoArchive from error


class _Archive:
    """The files of an archive, and its lines as often as they are asked for."""

    def __init__(
        self, folder: Path, manifest: lines.Manifest, on_progress: Callable[[float], None]
    ) -> None:
        self.media_bytes = sum(
            file.size_bytes for file in manifest.files if checks.is_media(file.path)
        )
        total_bytes = sum(file.size_bytes for file in manifest.files) + 1
        read_bytes = 0

        def tell(size_bytes: int) -> None:
            nonlocal read_bytes
            read_bytes += size_bytes
            on_progress(min(0.9, 0.9 * read_bytes / total_bytes))

        self._folder = KnownFolder(folder, manifest.files, tell)

    def one(self, path: str, kind: type[R]) -> R:
        """A file that is one object. Raises LineRefused."""
        with self._folder.open(path) as file:
            return _decoded(file.read(LINE_BYTES), msgspec.json.Decoder(kind), path, 1)

    def has(self, path: str) -> bool:
        """Whether the manifest names that file."""
        return path in self._folder.files

    def read(self, path: str, most_bytes: int) -> bytes:
        """The beginning of a file, whole where it is no longer than that."""
        with self._folder.open(path) as file:
            return file.read(most_bytes)

    def lines(self, path: str, kind: type[R]) -> Iterator[tuple[int, R]]:
        """The lines of a file with their numbers, from 1. Raises LineRefused."""
        decoder = msgspec.json.Decoder(kind)
        with self._folder.open(path) as file:
            number = 0
            while line := file.readline(LINE_BYTES + 1):
                number += 1
                if len(line) > LINE_BYTES:
                    raise line_refused(path, number, _("It is longer than any line we write."))
                yield number, _decoded(line, decoder, path, number)

    def check(self) -> None:
        """Raise ArchiveRefused where a file or a line is not as it should be."""
        for path in self._folder.files:
            if not checks.is_media(path):  # those are hashed as they are copied
                self._folder.check(path)
        checks.check_lines(self, self._folder.files)

    def copy_media(self, stage: Path) -> dict[str, Path]:
        """Copies of the films and pictures, by their names in the archive."""
        copies = {}
        for number, path in enumerate(filter(checks.is_media, self._folder.files)):
            copies[path] = stage / f"{number}{Path(path).suffix}"
            self._folder.copy(path, copies[path])
            _check_media(path, copies[path])
        return copies


def _decoded(line: bytes, decoder: msgspec.json.Decoder[R], path: str, number: int) -> R:
    if rb"\u0000" in line:
        raise line_refused(path, number, _("It holds a sign that no text may hold."))
    try:
        return decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise line_refused(path, number, str(error)[:200]) from error


def _check_media(path: str, copy: Path) -> None:
    """That a file is what its name says, before anybody plays it or cuts it."""
    with copy.open("rb") as file:
        head = file.read(HEAD_BYTES)
    is_right = head.startswith(JPEG) if path.endswith(".jpg") else container_kind(head) == "mp4"
    if is_right and path.startswith("recordings/"):
        try:
            open_recording(copy)
        except RecordingUnreadable:
            is_right = False
    if not is_right:
        sentence = _("%(file)s is no film or picture that we read.")
        raise FileChanged(sentence % {"file": path}, file=path)


@contextlib.contextmanager
def _staging() -> Iterator[Path]:
    """A folder beside the house's own, so that files can be moved in; nothing of it stays."""
    stage = Path(settings.DATA) / f"import-{secrets.token_hex(6)}.part"
    stage.mkdir(mode=0o700)
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _move(files: dict[str, Path], places: list[tuple[str, Path]]) -> None:
    """Give every file the place that its row names: last of all, so that the rows go again where
    it fails, and no row is ever without its file."""
    moved = []
    try:
        for path, target in places:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            files[path].replace(target)
            moved.append(target)
    except BaseException:
        for target in moved:
            target.unlink(missing_ok=True)
        raise
