"""Recordings: one fragmented MP4 an epoch, which grows, and beside it an index of its parts.

`<name>-<epoch>.mp4` holds the init segment and then the parts, just as viewers get them. Each is
handed to the system before the next begins, so that whoever dies leaves one torn part at most.
`<name>-<epoch>.idx` has a row of 32 bytes for each part. It only saves time: what it lacks is read
from the recording itself.
"""

from __future__ import annotations

import bisect
import contextlib
import io
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, ClassVar, NamedTuple

from blueroom.base.errors import NeedsPerson, NotAcceptable
from blueroom.media.boxes import (
    BoxMalformed,
    Fragment,
    Track,
    boxes_of_file,
    read_fragment,
    read_tracks,
)

# Magic, size of the init segment, number of the first part in its feed; then zeros.
_HEAD = struct.Struct("<8sIQ12x")
_MAGIC = b"brindex1"
# Offset, size, number in its feed, start and duration in microseconds, 1 if independent.
_ROW = struct.Struct("<QIIQII")
_MICRO = 1_000_000
_LARGEST_INIT_BYTES = 1 << 20
_LARGEST_MOOF_BYTES = 1 << 22


class RecordingUnreadable(NotAcceptable):
    """There is no recording there, or nothing of it can be read."""

    code: ClassVar[str] = "recording_unreadable"
    sentence: ClassVar[str] = "There is nothing in this recording that can be read."


class RecordingUnwritable(NeedsPerson):
    """The disk takes no more, or not there."""

    code: ClassVar[str] = "recording_unwritable"
    sentence: ClassVar[str] = (
        "The recording cannot be written. Look at the disk: is it full, may we write there? "
        "The live picture goes on."
    )


class Row(NamedTuple):
    """One part of a recording. `number` counts the parts of its feed, over all its epochs."""

    offset_bytes: int
    size_bytes: int
    start_s: float
    duration_s: float
    is_independent: bool
    number: int

    @property
    def end_s(self) -> float:
        return self.start_s + self.duration_s

    @property
    def end_bytes(self) -> int:
        return self.offset_bytes + self.size_bytes


def file_name(name: str, epoch: int) -> str:
    """What a feed's recording of an epoch is called."""
    return f"{name}-{epoch}.mp4"


class Recording:
    """A recording as far as it has come; `refresh` reads on. Parts are in order of time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.init = b""
        self.parts: list[Row] = []
        self._tracks: list[Track] = []
        self._first_number = 0
        self.refresh()

    @property
    def duration_s(self) -> float:
        """Where the last part ends."""
        return self.parts[-1].end_s if self.parts else 0.0

    @property
    def size_bytes(self) -> int:
        """How far the file can be used."""
        return self.parts[-1].end_bytes if self.parts else len(self.init)

    def refresh(self) -> int:
        """Read what was written since, and forget what was dumped. Returns how many parts came.

        Raises:
            RecordingUnreadable: there is no file, or it does not begin as a recording does.
        """
        known = len(self.parts)
        try:
            with self.path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if not self.init:
                    self._begin(file, size)
                while self.parts and self.parts[-1].end_bytes > size:
                    self.parts.pop()
                for row in self._rows(size):
                    self.parts.append(row)
                for row in self._parts_from_boxes(file, size):
                    self.parts.append(row)
        except (OSError, BoxMalformed) as error:
            raise RecordingUnreadable from error
        return len(self.parts) - known

    def window(self, in_s: float, out_s: float) -> BinaryIO:
        """A file that plays by itself and holds all between the two times.

        It goes from the last independent part that begins at `in_s` or before to the one that
        holds `out_s`. Its times are the recording's own. Close it after use.

        Raises:
            RecordingUnreadable: nothing is recorded there.
        """
        first, last = self.find(in_s), bisect.bisect_left(self.parts, out_s, key=_start)
        last = min(last + 1, len(self.parts))  # sound lags a little behind the picture
        if first is None or last <= first:
            raise RecordingUnreadable
        begin, end = self.parts[first].offset_bytes, self.parts[last - 1].end_bytes
        return io.BufferedReader(_Window(self.path, self.init, begin, end), 1 << 16)

    def find(self, at_s: float) -> int | None:
        """The index of the last independent part that begins at this time or before, else of the
        first one at all; None where there is none."""
        index = bisect.bisect_right(self.parts, at_s + 1e-6, key=_start) - 1
        while index > 0 and not self.parts[index].is_independent:
            index -= 1
        if index >= 0 and self.parts[index].is_independent:
            return index
        return next((n for n, row in enumerate(self.parts) if row.is_independent), None)

    def _begin(self, file: BinaryIO, size: int) -> None:
        for box in boxes_of_file(file, 0, min(size, _LARGEST_INIT_BYTES)):
            if box.kind == b"moov":
                file.seek(0)
                self.init = file.read(box.offset_bytes + box.size_bytes)
                self._tracks = read_tracks(self.init)
                return
        raise RecordingUnreadable

    def _rows(self, size: int) -> Iterator[Row]:
        """The rows of the index that are new and fit the recording."""
        with contextlib.suppress(OSError):
            with self.path.with_suffix(".idx").open("rb") as index:
                head = index.read(_HEAD.size)
                index.seek(_HEAD.size + _ROW.size * len(self.parts))
                body = index.read()
            if not _is_head_of(head, self.init):
                return
            self._first_number = _HEAD.unpack(head)[2]
            end = self.size_bytes
            for row in _read_rows(body):
                if row.offset_bytes != end or row.end_bytes > size:
                    return
                end = row.end_bytes
                yield row

    def _parts_from_boxes(self, file: BinaryIO, size: int) -> Iterator[Row]:
        """The parts that lie behind the last known one, whatever the index says."""
        moof, begin = b"", 0
        for box in boxes_of_file(file, self.size_bytes, size):
            if box.kind == b"moof" and box.size_bytes <= _LARGEST_MOOF_BYTES:
                file.seek(box.offset_bytes)
                moof, begin = file.read(box.size_bytes), box.offset_bytes
            elif box.kind == b"mdat" and moof:
                fragment = read_fragment(moof, self._tracks)
                end = box.offset_bytes + box.size_bytes
                number = self.parts[-1].number + 1 if self.parts else self._first_number
                yield Row(begin, end - begin, *fragment, number)
                moof = b""


def open_recording(path: Path) -> Recording:
    """The recording as far as it has come.

    Raises:
        RecordingUnreadable: there is no file, or it does not begin as a recording does.
    """
    return Recording(path)


class Recorder:
    """Writes the recording of one epoch.

    Raises:
        RecordingUnwritable: the file cannot be made; or there is one already, and it is kept.
    """

    def __init__(self, path: Path, init: bytes, first_number: int) -> None:
        self.path = path
        self.size_bytes = len(init)
        self.duration_s = 0.0
        try:
            self._file = path.open("xb", buffering=0)
            self._index = path.with_suffix(".idx").open("wb", buffering=0)
            _write(self._file, init)
            _write(self._index, _HEAD.pack(_MAGIC, len(init), first_number))
        except OSError as error:
            raise RecordingUnwritable(path=str(path)) from error

    def add(self, part: bytes, fragment: Fragment, number: int) -> int:
        """Write a part, and then its row. Returns where it begins in the file.

        Raises:
            RecordingUnwritable: it is not in the recording; the next one may be.
        """
        offset = self.size_bytes
        start, duration = (round(s * _MICRO) for s in (fragment.start_s, fragment.duration_s))
        row = (offset, len(part), number, start, duration, fragment.is_independent)
        index_bytes = self._index.tell()
        try:
            _write(self._file, part)
            _write(self._index, _ROW.pack(*row))
        except OSError as error:
            with contextlib.suppress(OSError):
                _cut(self._file, offset)
                _cut(self._index, index_bytes)
            raise RecordingUnwritable(path=str(self.path)) from error
        self.size_bytes += len(part)
        self.duration_s = fragment.start_s + fragment.duration_s
        return offset

    def close(self) -> None:
        """No part follows. May be repeated."""
        self._file.close()
        self._index.close()


class Kept(NamedTuple):
    """What is left of a recording from which the end was dumped."""

    duration_s: float
    size_bytes: int


def dump_from(path: Path, number: int) -> Kept:
    """Take the feed's part of this number, and all that follow, out of a recording that no
    `Recorder` writes any more. A recording of which nothing is left is deleted. May be repeated.

    Raises:
        RecordingUnreadable: there is no recording there.
    """
    recording = open_recording(path)
    kept = [row for row in recording.parts if row.number < number]
    if not kept:
        path.unlink()
        path.with_suffix(".idx").unlink(missing_ok=True)
        return Kept(0.0, 0)
    os.truncate(path, kept[-1].end_bytes)
    with contextlib.suppress(FileNotFoundError):
        os.truncate(path.with_suffix(".idx"), _HEAD.size + _ROW.size * len(kept))
    return Kept(kept[-1].end_s, kept[-1].end_bytes)


class _Window(io.RawIOBase):
    """An init segment, and a range of bytes of a recording, as one file."""

    def __init__(self, path: Path, init: bytes, begin: int, end: int) -> None:
        super().__init__()
        self._file = path.open("rb", buffering=0)
        self._init = init
        self._begin = begin
        self._size = len(init) + end - begin
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        # (typeshed wants a Buffer, which cannot be sliced before Python 3.12 names it)
        wanted = min(len(buffer), max(0, self._size - self._at))
        if self._at < len(self._init):
            chunk = self._init[self._at : self._at + wanted]
        else:
            self._file.seek(self._begin + self._at - len(self._init))
            chunk = self._file.read(wanted)
        buffer[: len(chunk)] = chunk
        self._at += len(chunk)
        return len(chunk)

    def close(self) -> None:
        self._file.close()
        super().close()


def _start(row: Row) -> float:
    return row.start_s


def _is_head_of(head: bytes, init: bytes) -> bool:
    """Whether an index that begins so belongs to the recording that begins with `init`."""
    return len(head) == _HEAD.size and _HEAD.unpack(head)[:2] == (_MAGIC, len(init))


def _read_rows(body: bytes) -> Iterator[Row]:
    whole = len(body) - len(body) % _ROW.size
    for offset, size, number, start, duration, flags in _ROW.iter_unpack(body[:whole]):
        yield Row(offset, size, start / _MICRO, duration / _MICRO, bool(flags), number)


def _write(file: io.FileIO, chunk: bytes) -> None:
    """All of it: on a disk that fills up, a write takes a beginning only."""
    while chunk:
        chunk = chunk[file.write(chunk) :]


def _cut(file: io.FileIO, size_bytes: int) -> None:
    file.truncate(size_bytes)
    file.seek(size_bytes)
