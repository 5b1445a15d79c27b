"""The boxes of fragmented MP4: splitting what a muxer writes, and what a fragment holds.

ISO/IEC 14496-12, sections 4.2 (boxes), 8.4.2 (mdhd), 8.8.7 (tfhd), 8.8.8 (trun) and 8.8.12 (tfdt);
read 2026-11-26. Files may grow while they are read and may end in the middle of a box: reading
stops before what is not there yet.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, ClassVar, NamedTuple

from blueroom.base.errors import NotAcceptable


class BoxMalformed(NotAcceptable):
    """The bytes are no fragmented MP4."""

    code: ClassVar[str] = "recording_malformed"
    sentence: ClassVar[str] = "The recording cannot be read: its file is damaged."


class Box(NamedTuple):
    """A box: where it begins, how long it is with its header, and how long that header is."""

    kind: bytes
    offset_bytes: int
    size_bytes: int
    header_bytes: int


class Track(NamedTuple):
    """A track of an init segment. `units_s` is its timescale."""

    id: int
    is_video: bool
    units_s: int


class Fragment(NamedTuple):
    """What a `moof` says of its first video track, or of its first track where it has no picture.

    `start_s` is when its first picture is shown, `duration_s` how long they all take.
    """

    start_s: float
    duration_s: float
    is_independent: bool


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The whole boxes that lie between `start` and `end`, in order."""
    end = len(data) if end is None else end
    while start + 8 <= end:
        box = _read_header(data[start : start + 16], start)
        if box is None or start + box.size_bytes > end:
            return
        yield box
        start += box.size_bytes


def boxes_of_file(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """The whole top-level boxes of a file from `start` on; what begins after `end` is not read."""
    while start + 8 <= end:
        file.seek(start)
        box = _read_header(file.read(16), start)
        if box is None or start + box.size_bytes > end:
            return
        yield box
        start += box.size_bytes


def read_tracks(init: bytes) -> list[Track]:
    """The tracks of an init segment.

    Raises:
        BoxMalformed: it says nothing of tracks.
    """
    tracks = [
        track
        for moov in _children(init, b"moov", 0, len(init))
        for trak in _children(init, b"trak", *_inside(moov))
        if (track := _read_track(init, trak))
    ]
    if not tracks:
        raise BoxMalformed
    return tracks


def read_fragment(moof: bytes, tracks: list[Track]) -> Fragment:
    """What the fragment holds.

    Raises:
        BoxMalformed: it holds no samples of these tracks, or is torn.
    """
    try:
        runs = dict(_read_runs(moof))
    except (struct.error, IndexError) as error:
        raise BoxMalformed from error
    of_video = [track for track in tracks if track.is_video]
    for track in (*of_video, *tracks):
        if track.id in runs:
            start, duration, is_sync = runs[track.id]
            is_independent = is_sync and (track.is_video or not of_video)
            return Fragment(start / track.units_s, duration / track.units_s, is_independent)
    raise BoxMalformed


class Splitter:
    """Takes what a muxer writes and gives an init segment once, then fragments, each whole."""

    def __init__(self) -> None:
        self._unread = bytearray()
        self._init = bytearray()
        self._moof = b""

    def write(self, data: bytes) -> int:
        """A file object's `write`, for a muxer."""
        self._unread += data
        return len(data)

    def take(self) -> tuple[bytes, list[bytes]]:
        """The init segment if it is whole since the last call, else nothing; and new fragments."""
        init = b""
        fragments: list[bytes] = []
        if not self._unread:
            return init, fragments
        for kind, box in self._boxes():
            if kind in (b"ftyp", b"moov"):
                self._init += box
                init = bytes(self._init) if kind == b"moov" else init
            elif kind == b"moof":
                self._moof = box
            elif kind == b"mdat":
                fragments.append(self._moof + box)
        return init, fragments

    def _boxes(self) -> Iterator[tuple[bytes, bytes]]:
        whole = bytes(self._unread)
        at = 0
        for box in boxes(whole):
            at = box.offset_bytes + box.size_bytes
            yield box.kind, whole[box.offset_bytes : at]
        del self._unread[:at]


def _read_header(head: bytes, offset: int) -> Box | None:
    """The box that begins with these bytes; None where it cannot be one, or has no known end."""
    if len(head) < 8:
        return None
    size, kind = struct.unpack_from(">I4s", head)
    header = 8
    if size == 1 and len(head) == 16:
        size, header = int.from_bytes(head[8:16]), 16
    return Box(kind, offset, size, header) if size >= header else None


def _inside(box: Box) -> tuple[int, int]:
    return box.offset_bytes + box.header_bytes, box.offset_bytes + box.size_bytes


def _children(data: bytes, kind: bytes, start: int, end: int) -> Iterator[Box]:
    return (box for box in boxes(data, start, end) if box.kind == kind)


def _read_track(init: bytes, trak: Box) -> Track | None:
    number = units_s = 0
    handler = b""
    try:
        for tkhd in _children(init, b"tkhd", *_inside(trak)):
            body = _inside(tkhd)[0]
            (number,) = struct.unpack_from(">I", init, body + (20 if init[body] else 12))
        for mdia in _children(init, b"mdia", *_inside(trak)):
            for mdhd in _children(init, b"mdhd", *_inside(mdia)):
                body = _inside(mdhd)[0]
                (units_s,) = struct.unpack_from(">I", init, body + (20 if init[body] else 12))
            for hdlr in _children(init, b"hdlr", *_inside(mdia)):
                handler = init[_inside(hdlr)[0] + 8 :][:4]
    except (struct.error, IndexError) as error:
        raise BoxMalformed from error
    return Track(number, handler == b"vide", units_s) if number and units_s else None


def _read_runs(moof: bytes) -> Iterator[tuple[int, tuple[int, int, bool]]]:
    """Of each track: when its first sample is shown, how long all take, whether it begins anew."""
    for outer in _children(moof, b"moof", 0, len(moof)):
        for traf in _children(moof, b"traf", *_inside(outer)):
            defaults = (0, 0, 0)
            decoded_at = 0
            samples: list[tuple[int, int, int]] = []
            for box in boxes(moof, *_inside(traf)):
                body = _inside(box)[0]
                if box.kind == b"tfhd":
                    defaults = _read_defaults(moof, body)
                elif box.kind == b"tfdt":
                    form = ">Q" if moof[body] else ">I"
                    (decoded_at,) = struct.unpack_from(form, moof, body + 4)
                elif box.kind == b"trun":
                    samples += _read_samples(moof, body, box, defaults)
            if samples:
                yield defaults[0], _sum_up(decoded_at, samples)


def _sum_up(decoded_at: int, samples: list[tuple[int, int, int]]) -> tuple[int, int, bool]:
    at, first = decoded_at, None
    for duration, _, shift in samples:
        first = at + shift if first is None else min(first, at + shift)
        at += duration
    assert first is not None
    is_sync = not samples[0][1] >> 16 & 1
    return first, at - decoded_at, is_sync


def _read_defaults(moof: bytes, body: int) -> tuple[int, int, int]:
    """A `tfhd`: track, default duration and default flags of a sample."""
    flags, track = struct.unpack_from(">II", moof, body)
    at = body + 8 + (8 if flags & 0x1 else 0) + (4 if flags & 0x2 else 0)
    duration = sample_flags = 0
    if flags & 0x8:
        (duration,) = struct.unpack_from(">I", moof, at)
        at += 4
    if flags & 0x10:
        at += 4
    if flags & 0x20:
        (sample_flags,) = struct.unpack_from(">I", moof, at)
    return track, duration, sample_flags


def _read_samples(
    moof: bytes, body: int, box: Box, defaults: tuple[int, int, int]
) -> list[tuple[int, int, int]]:
    """A `trun`: duration, flags and composition offset of each sample."""
    flags, count = struct.unpack_from(">II", moof, body)
    _, default_duration, default_flags = defaults
    at = body + 8 + (4 if flags & 0x1 else 0)
    first_flags = None
    if flags & 0x4:
        (first_flags,) = struct.unpack_from(">I", moof, at)
        at += 4
    width = 4 * (flags >> 8 & 0xF).bit_count()
    if at + width * count > box.offset_bytes + box.size_bytes or (not width and count > 1 << 16):
        raise BoxMalformed
    samples = []
    for index in range(count):
        duration, sample_flags, shift = default_duration, default_flags, 0
        if flags & 0x100:
            (duration,) = struct.unpack_from(">I", moof, at)
            at += 4
        if flags & 0x200:
            at += 4
        if flags & 0x400:
            (sample_flags,) = struct.unpack_from(">I", moof, at)
            at += 4
        if flags & 0x800:
            (shift,) = struct.unpack_from(">i", moof, at)
            at += 4
        if index == 0 and first_flags is not None:
            sample_flags = first_flags
        samples.append((duration, sample_flags, shift))
    return samples
