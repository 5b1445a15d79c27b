"""When each picture of a finished MP4 begins, read from its index without decoding anything.

ISO/IEC 14496-12, sections 8.4.2 (mdhd), 8.6.1 (stts, ctts) and 8.6.6 (elst), read 2026-11. For
files that we cut ourselves: one track of pictures, all samples in `moov`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from blueroom.media.boxes import Box, boxes, boxes_of_file

EMPTY_EDIT = -1


def frame_times(path: Path) -> list[float]:
    """Seconds from the beginning of the file at which a picture begins, in order."""
    with path.open("rb") as file:
        size = path.stat().st_size
        found = next(box for box in boxes_of_file(file, 0, size) if box.kind == b"moov")
        file.seek(found.offset_bytes)
        moov = file.read(found.size_bytes)
    inside = list(boxes(moov, found.header_bytes))
    movie_units = _units(moov, next(box for box in inside if box.kind == b"mvhd"))
    for trak in (box for box in inside if box.kind == b"trak"):
        mdia = _child(moov, trak, b"mdia")
        if mdia and _handler(moov, mdia) == b"vide":
            return _times(moov, trak, mdia, movie_units)
    return []


def _child(data: bytes, box: Box, *path: bytes) -> Box | None:
    found: Box | None = box
    for kind in path:
        if found is None:
            return None
        start, end = found.offset_bytes + found.header_bytes, found.offset_bytes + found.size_bytes
        found = next((one for one in boxes(data, start, end) if one.kind == kind), None)
    return found


def _body(data: bytes, box: Box) -> bytes:
    """A full box's content, its version first."""
    return data[box.offset_bytes + box.header_bytes : box.offset_bytes + box.size_bytes]


def _handler(data: bytes, mdia: Box) -> bytes:
    hdlr = _child(data, mdia, b"hdlr")
    return _body(data, hdlr)[8:12] if hdlr else b""


def _units(data: bytes, header: Box) -> int:
    """The timescale of an mvhd or mdhd."""
    body = _body(data, header)
    found: int = struct.unpack_from(">I", body, 20 if body[0] else 12)[0]
    return found


def _times(data: bytes, trak: Box, mdia: Box, movie_units: int) -> list[float]:
    mdhd = _child(data, mdia, b"mdhd")
    stbl = _child(data, mdia, b"minf", b"stbl")
    stts = _child(data, stbl, b"stts") if stbl else None
    if mdhd is None or stbl is None or stts is None:
        return []
    units = _units(data, mdhd)
    ctts = _child(data, stbl, b"ctts")
    offsets = _runs(_body(data, ctts), ">Ii") if ctts else None
    begins, waits_s = _edit(data, trak, movie_units)
    times, at = [], 0
    for lasts in _runs(_body(data, stts), ">II"):
        shown = at + (next(offsets, 0) if offsets else 0) - begins
        times.append(round(shown / units + waits_s, 6))
        at += lasts
    return sorted(time_s for time_s in times if time_s >= 0)


def _runs(body: bytes, form: str) -> Iterator[int]:
    """The values of a table of (how often, value)."""
    (count,) = struct.unpack_from(">I", body, 4)
    for number in range(count):
        often, value = struct.unpack_from(form, body, 8 + 8 * number)
        for _ in range(often):
            yield value


def _edit(data: bytes, trak: Box, movie_units: int) -> tuple[int, float]:
    """Where in its media the track begins, in its own units, and how long it waits before."""
    elst = _child(data, trak, b"edts", b"elst")
    if elst is None:
        return 0, 0.0
    body = _body(data, elst)
    form, size = (">Qq", 20) if body[0] else (">Ii", 12)
    (count,) = struct.unpack_from(">I", body, 4)
    waits_s = 0.0
    for number in range(count):
        lasts, begins = struct.unpack_from(form, body, 8 + size * number)
        if begins != EMPTY_EDIT:
            return begins, waits_s
        waits_s += lasts / movie_units
    return 0, waits_s
