"""What a feed's packager makes: epochs, each with an init segment, and the parts that follow it.

An epoch is a stretch that one init segment describes: a new size, a new codec setting or a gap of
more than a second begins another one. Each epoch is one recording file. A part is one `moof`+`mdat`
of fragmented MP4 (ISO/IEC 14496-12), about a third of a second, as LL-HLS wants it
(draft-pantos-hls-rfc8216bis, section 6.2). Times are seconds; `began_at` is aware, UTC.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import msgspec

PART_S = 0.33
SEGMENT_S = 2.0
VIDEO_TIMESCALE = 90_000


class Epoch(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The beginning of an epoch. `init` is `ftyp`+`moov`; `codecs` is an RFC 6381 list.

    `began_at` is when the picture of `start_s` 0 was taken, as far as the server can tell.
    `file` is the recording's name in the feed's folder. Sound alone has a size of 0 x 0. There is
    always a track of sound; `has_audio` says whether the feed sends any, as far as it is known
    then, or the track is silence.
    """

    number: int
    init: bytes
    codecs: str
    width_px: int
    height_px: int
    has_audio: bool
    began_at: datetime
    file: str


class Part(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One part of an epoch. `start_s` counts from the epoch's beginning, by its first picture.

    `number` counts the parts of a feed from 0, over all its epochs. `is_independent`: its first
    picture is a key frame. `offset_bytes` is where it begins in the recording, -1 where that could
    not be written. `late_s`: how much
    later than its pictures were taken it came, a resumed connection sends old ones.
    """

    number: int
    epoch: int
    data: bytes
    start_s: float
    duration_s: float
    is_independent: bool
    offset_bytes: int
    late_s: float = 0.0


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of one recording, in seconds of it; `out_s` may lie beyond what is there yet."""

    path: Path
    in_s: float
    out_s: float


def taken_at(epoch: Epoch, part: Part) -> datetime:
    """When the part's first picture was taken."""
    return epoch.began_at + timedelta(seconds=part.start_s)
