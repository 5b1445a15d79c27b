"""A live stream as HLS: segments, their parts and the playlists that name them, in memory.

Source: draft-pantos-hls-rfc8216bis-17 (Low-Latency HLS: 4.4.3.7, 4.4.3.8, 4.4.4.9, 4.4.5.3, 6.2.5),
read 2026-11. There is one rendition, so there is no multivariant playlist: players open
`live.m3u8`, or `std.m3u8` where they do not know parts.
"""

from __future__ import annotations

import asyncio
import math
import secrets
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from blueroom.base.errors import NotAcceptable, TryLater
from blueroom.media.parts import PART_S, SEGMENT_S

# No segment is longer, whatever a camera's distance between key frames; it must never change. Most
# segments are SEGMENT_S: encoders that put 3 or 4 s between key frames still get segments that
# begin on one.
TARGET_S = 4
# A third of a second at any usual frame rate: 8 pictures at 24/s, 9 at 25/s, 10 at 30/s.
PART_TARGET_S = 0.4
# Segments of 2 s, of which the last part of each may be short.
CLOSE_AFTER_S = SEGMENT_S - PART_S
# At least three target durations must stay listed (6.2.2), and as long again after they left.
# Eight segments of 2 s, and a little less, for sums of thirds.
WINDOW_S = 4.0 * TARGET_S - 0.1
KEPT_AFTER_S = WINDOW_S + TARGET_S
LEAST_SEGMENTS = 3
LIMIT_BYTES = 96 << 20
SEGMENTS_WITH_PARTS = 2
ADVANCE_S = 3.0  # how far ahead of the newest part a player may ask (6.2.5.2)
WAIT_S = 3.0 * TARGET_S  # then a blocked request is answered "not now" (6.2.5.2)


class TooFarAhead(NotAcceptable):
    """A player asks for a segment that is not the next."""

    code = "too_far_ahead"
    sentence = "No player may wait for what lies so far ahead. Load the playlist again."


class NothingNew(TryLater):
    """What a player waits for did not come within three target durations, or the house closes."""

    code = "nothing_new"
    sentence = "Nothing new has come. Load the playlist again."


@dataclass(slots=True)
class _Part:
    name: str
    data: bytes
    duration_s: float
    is_independent: bool


@dataclass(slots=True)
class _Segment:
    number: int
    name: str
    epoch_id: int
    taken_at: datetime
    is_discontinuity: bool
    parts: list[_Part] = field(default_factory=list)
    duration_s: float = 0.0
    size_bytes: int = 0

    def add(self, part: _Part) -> None:
        self.parts.append(part)
        self.duration_s += part.duration_s
        self.size_bytes += len(part.data)


class Shelf:
    """One public stream. Belongs to the event loop: no locks, no threads.

    `first_number` is the first segment's. A process that starts again on the same address gives a
    greater one than before (the seconds of the clock do), so that players go on.
    """

    def __init__(self, *, first_number: int = 0) -> None:
        self._next_number = first_number
        # Those that left the window. From 0: hls.js 1.7.4 walks an array as long as this number,
        # and a browser that meets the seconds of the clock there stands still for good.
        self._discontinuities = 0
        self._listed: deque[_Segment] = deque()
        self._left: deque[_Segment] = deque()  # of the window; players may still be fetching them
        self._open: _Segment | None = None
        self._inits: dict[int, tuple[str, bytes]] = {}
        self._bodies: dict[str, _Part | _Segment | bytes] = {}
        self._last_epoch_id: int | None = None
        self._epochs = 0
        self._part_target_s = PART_TARGET_S
        self._hint = _new_name("m4s")
        self._changed = asyncio.Event()
        self._texts: dict[bool, str] = {}
        self._joined: tuple[str, bytes] = ("", b"")
        self.is_ended = False
        self._is_closed = False

    # The writing side.

    def add_init(self, init: bytes) -> int:
        """The id of a new epoch, whose parts `init` describes. What follows it is a discontinuity,
        also when the same `init` is added again."""
        self.end_segment()
        self._epochs += 1
        name = _new_name("mp4")
        self._inits[self._epochs] = (name, init)
        self._bodies[name] = init
        # A player that preloads would take the next part for one of the epoch before.
        self._hint = _new_name("m4s")
        self._tell()
        return self._epochs

    def add_part(
        self,
        data: bytes,
        *,
        duration_s: float,
        is_independent: bool,
        epoch_id: int,
        taken_at: datetime,
    ) -> None:
        """Publish a part. Segments end by themselves, where a part begins with a key frame."""
        if self.is_ended:
            raise ValueError("the stream has ended")
        duration_s = min(duration_s, TARGET_S)
        if self._is_full(duration_s, is_independent=is_independent, epoch_id=epoch_id):
            self.end_segment()
        part = _Part(self._hint, data, duration_s, is_independent)
        segment = self._open or self._begin_segment(epoch_id, taken_at)
        segment.add(part)
        self._bodies[part.name] = part
        # Rounded up: no part is ever longer than what is promised. Not by more than a hundredth,
        # for every viewer stays three times as far behind.
        self._part_target_s = max(self._part_target_s, math.ceil(duration_s * 100 - 1e-6) / 100)
        self._hint = _new_name("m4s")
        self._tell()

    def _is_full(self, duration_s: float, *, is_independent: bool, epoch_id: int) -> bool:
        segment = self._open
        if segment is None:
            return False
        return (
            segment.epoch_id != epoch_id
            or (is_independent and segment.duration_s >= CLOSE_AFTER_S)
            or segment.duration_s + duration_s > TARGET_S
        )

    def _begin_segment(self, epoch_id: int, taken_at: datetime) -> _Segment:
        self._open = _Segment(
            number=self._next_number,
            name=_new_name("m4s"),
            epoch_id=epoch_id,
            taken_at=taken_at,
            is_discontinuity=self._last_epoch_id not in (None, epoch_id),
        )
        self._next_number += 1
        self._last_epoch_id = epoch_id
        return self._open

    def end_segment(self) -> None:
        """End the segment that is growing, if one is."""
        if self._open is None:
            return
        self._listed.append(self._open)
        self._bodies[self._open.name] = self._open
        self._open = None
        self._slide()
        self._tell()

    def end(self) -> None:
        """Nothing follows: players play what is listed and stop."""
        self.end_segment()
        self.is_ended = True
        self._tell()

    def close(self) -> None:
        """Let everybody who waits go, since the house closes. The stream has not ended."""
        self._is_closed = True
        self._tell()

    def _slide(self) -> None:
        listed, left = self._listed, self._left
        while len(listed) > LEAST_SEGMENTS and (
            _total_s(listed) - listed[0].duration_s >= WINDOW_S or _size(listed) > LIMIT_BYTES
        ):
            self._discontinuities += listed[0].is_discontinuity
            left.append(listed.popleft())
        while left and (_total_s(left) > KEPT_AFTER_S or _size(left) + _size(listed) > LIMIT_BYTES):
            self._forget(left.popleft())

    def _forget(self, segment: _Segment) -> None:
        for name in (segment.name, *(part.name for part in segment.parts)):
            self._bodies.pop(name, None)
        still = {kept.epoch_id for kept in (*self._left, *self._listed)}
        for epoch_id in [one for one in self._inits if one <= segment.epoch_id]:
            if epoch_id not in still:
                self._bodies.pop(self._inits.pop(epoch_id)[0])

    def _tell(self) -> None:
        self._texts.clear()
        self._changed.set()
        self._changed = asyncio.Event()

    # The reading side.

    @property
    def is_ready(self) -> bool:
        """Whether a whole segment is listed. hls.js gives up on a playlist without one."""
        return bool(self._listed)

    @property
    def size_bytes(self) -> int:
        """What the segments take in memory."""
        growing = self._open.size_bytes if self._open else 0
        return _size(self._listed) + _size(self._left) + growing

    def playlist(self, low_latency: bool) -> str:
        """The media playlist, with parts or for players that know whole segments only."""
        if low_latency not in self._texts:
            self._texts[low_latency] = "\n".join(self._lines(low_latency)) + "\n"
        return self._texts[low_latency]

    def _lines(self, low_latency: bool) -> Iterator[str]:
        first = self._listed[0] if self._listed else self._open
        yield "#EXTM3U"
        yield f"#EXT-X-VERSION:{9 if low_latency else 7}"
        yield f"#EXT-X-TARGETDURATION:{TARGET_S}"
        if low_latency:
            hold_back_s = 3 * self._part_target_s
            yield f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={hold_back_s:.2f}"
            yield f"#EXT-X-PART-INF:PART-TARGET={self._part_target_s:.2f}"
        yield f"#EXT-X-MEDIA-SEQUENCE:{first.number if first else self._next_number}"
        yield f"#EXT-X-DISCONTINUITY-SEQUENCE:{self._discontinuities}"
        yield from self._segment_lines(low_latency)
        if self.is_ended:
            yield "#EXT-X-ENDLIST"
        elif low_latency:
            yield f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{self._hint}"'

    def _segment_lines(self, low_latency: bool) -> Iterator[str]:
        epoch_id = None
        first_with_parts = len(self._listed) - SEGMENTS_WITH_PARTS
        growing = [self._open] if self._open and low_latency else []
        for index, segment in enumerate((*self._listed, *growing)):
            if segment.is_discontinuity:
                yield "#EXT-X-DISCONTINUITY"
            if segment.epoch_id != epoch_id:
                epoch_id = segment.epoch_id
                yield f'#EXT-X-MAP:URI="{self._inits[epoch_id][0]}"'
            at = segment.taken_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            yield f"#EXT-X-PROGRAM-DATE-TIME:{at}"
            if low_latency and index >= first_with_parts:
                yield from map(_part_line, segment.parts)
            if segment is not self._open:
                yield f"#EXTINF:{segment.duration_s:.5f},"
                yield segment.name

    async def wait_for(self, number: int, part: int | None = None) -> None:
        """Wait until the playlist holds that part (from 0) of that segment, or the whole of it.

        Raises: TooFarAhead, NothingNew.
        """
        if self.is_ended:
            return
        growing = self._growing
        count = len(self._open.parts) if self._open else 0
        limit = count + math.ceil(ADVANCE_S / self._part_target_s)
        if number > growing + 1 or (number == growing and (part or 0) >= limit):
            raise TooFarAhead
        await self._wait(lambda: self.is_ended or self._has(number, part))

    @property
    def _growing(self) -> int:
        """The number of the segment that grows, or will next."""
        return self._open.number if self._open else self._next_number

    def _has(self, number: int, part: int | None) -> bool:
        if number < self._growing:
            return True
        if part is None or self._open is None or number > self._growing:
            return False
        return part < len(self._open.parts)

    async def part(self, name: str) -> bytes | None:
        """As `find`; the part that is hinted at is waited for. None: there is none, or there will
        be another in its place.

        Raises: NothingNew.
        """
        await self._wait(lambda: self.is_ended or name != self._hint)
        return self.find(name)

    async def _wait(self, is_there: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(WAIT_S):
                while not is_there():
                    if self._is_closed:
                        raise NothingNew
                    await self._changed.wait()
        except TimeoutError as error:
            raise NothingNew from error

    def find(self, name: str) -> bytes | None:
        """An init segment, a segment or a part by its name; None when it is not kept (any more)."""
        body = self._bodies.get(name)
        if isinstance(body, _Part):
            return body.data
        if isinstance(body, _Segment):
            # Everybody asks for the newest segment within a moment: join it once.
            if self._joined[0] != name:
                self._joined = (name, b"".join(part.data for part in body.parts))
            return self._joined[1]
        return body


def _new_name(kind: str) -> str:
    return f"{secrets.token_urlsafe(12)}.{kind}"


def _part_line(part: _Part) -> str:
    independent = ",INDEPENDENT=YES" if part.is_independent else ""
    return f'#EXT-X-PART:DURATION={part.duration_s:.5f},URI="{part.name}"{independent}'


def _total_s(segments: deque[_Segment]) -> float:
    return sum(segment.duration_s for segment in segments)


def _size(segments: deque[_Segment]) -> int:
    return sum(segment.size_bytes for segment in segments)
