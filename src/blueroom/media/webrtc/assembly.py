"""RTP packets to whole pictures and sounds in their order, and what has to be asked for again.

These take the place of aiortc's jitter buffers and its list of missing packets (see `passing`).
aiortc gives a picture out when the next one begins, waits for a lost packet as long as 512 others,
holds four sounds back, and asks for a lost packet once. Here a picture is out with its last packet;
what is lost is asked for up to four times, in steps of the time that a repetition takes on this
line; what has not come then is missing, and the pictures up to the next key frame are dropped and
counted, for a decoder would show them torn.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from blueroom.media import h264
from blueroom.media.webrtc.counting import Unwrapped

# How long a picture waits for a packet: two tries, within bounds.
LEAST_WAIT_S = 0.25
_MOST_WAIT_S = 0.6
_LARGEST_PICTURES = 2_048  # packets that wait: about 2.5 MB
_SOUND_WAIT = 4  # sounds, 80 ms
_ASKS = 4
_LEAST_ASK_AGAIN_S = 0.06
_GUESS_S = 0.08  # what a repetition takes, before one was seen
_FAR = 500  # packets: so many at once are not lost, the sender counts anew


class Packet(Protocol):
    """What of aiortc's RtpPacket is read. `_data` is the payload without RTP's framing."""

    sequence_number: int
    timestamp: int
    marker: int
    ssrc: int
    _data: bytes


OnPicture = Callable[[bytes, int, bool], None]
OnSound = Callable[[bytes, int], None]
Time = Callable[[], float]


class PictureAssembly:
    """Gives each whole picture to `on_picture`: data with start codes, RTP time, is it a key."""

    def __init__(
        self,
        on_picture: OnPicture,
        on_new_source: Callable[[], None],
        *,
        wait_s: Callable[[], float] = lambda: LEAST_WAIT_S,
        now: Time = time.monotonic,
    ) -> None:
        self.lost = 0  # pictures
        self.needs_key = True
        self.ssrc: int | None = None
        self._on_picture = on_picture
        self._on_new_source = on_new_source
        self._wait_s = wait_s
        self._now = now
        self._sets: list[bytes] = []  # the sequence and picture sets that came last
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._numbers = Unwrapped(16)
        self._waiting: dict[int, Packet] = {}
        self._next: int | None = None
        self._highest = 0
        self._gap: tuple[int, float] | None = None  # which packet is missing, since when
        self._is_torn = False  # up to the next end of a picture nothing can be used

    def add(self, packet: Packet) -> tuple[bool, None]:
        """Take a packet. The shape is aiortc's, which would ask for a key frame or decode."""
        if packet.ssrc != self.ssrc:
            if self.ssrc is not None:
                self._begin_anew()
                self.needs_key = True
                self._on_new_source()
            self.ssrc = packet.ssrc
        number = self._numbers.of(packet.sequence_number)
        if self._next is None:
            self._next = self._highest = number
        if number < self._next:
            return False, None
        self._highest = max(self._highest, number)
        if self._is_torn:
            self._next = number + 1
            self._is_torn = not packet.marker
            return False, None
        self._waiting[number] = packet
        self._look_for_gap(self._give_whole(self._next))
        return False, None

    def _give_whole(self, number: int) -> int:
        """Give out the pictures that are whole. Returns the first packet that is not there."""
        run: list[Packet] = []
        while (packet := self._waiting.get(number)) is not None:
            if run and packet.timestamp != run[0].timestamp:
                self._give(run, number)
                run = []
            run.append(packet)
            number += 1
            if packet.marker:
                self._give(run, number)
                run = []
        return number

    def _give(self, run: list[Packet], following: int) -> None:
        for number in range(following - len(run), following):
            del self._waiting[number]
        self._next = following
        data = b"".join(packet._data for packet in run)
        if not data:  # padding, by which a sender tries out the line
            return
        data, is_key = self._with_sets(data)
        if self.needs_key and not is_key:
            self.lost += 1
            return
        self.needs_key = False
        self._on_picture(data, run[0].timestamp, is_key)

    def _with_sets(self, data: bytes) -> tuple[bytes, bool]:
        """The picture, and whether decoding can begin with it. A key frame gets the parameter sets
        that its sender left out because they are the same."""
        kinds = h264.split_annexb(data)
        sets = [unit for unit in kinds if h264.kind(unit) in (h264.SPS, h264.PPS)]
        if any(h264.kind(unit) == h264.SPS for unit in sets):
            self._sets = sets
        if not h264.is_key(kinds) or not self._sets:
            return data, False
        return (data if sets else h264.join_annexb(self._sets) + data), True

    def _look_for_gap(self, missing: int) -> None:
        """Give up a packet that was waited for long enough."""
        if missing > self._highest:
            self._gap = None
            return
        if self._gap is None or self._gap[0] != missing:
            self._gap = (missing, self._now())
        waited_s = self._now() - self._gap[1]
        if waited_s >= self._wait_s() or len(self._waiting) >= _LARGEST_PICTURES:
            self._skip(missing)

    def _skip(self, missing: int) -> None:
        """Go on with the picture after the one that is torn."""
        self._gap = None
        self.needs_key = True
        self.lost += 1
        ends = [at for at, packet in self._waiting.items() if at > missing and packet.marker]
        self._is_torn = not ends
        following = min(ends, default=self._highest) + 1
        self._waiting = {at: one for at, one in self._waiting.items() if at >= following}
        self._next = following
        self._give_whole(following)


class SoundOrder:
    """Gives sounds to `on_sound` in their order. One that is late by more than four is missing."""

    def __init__(self, on_sound: OnSound, on_new_source: Callable[[], None]) -> None:
        self.lost = 0
        self.received = 0
        self._on_sound = on_sound
        self._on_new_source = on_new_source
        self._ssrc: int | None = None
        self._numbers = Unwrapped(16)
        self._waiting: dict[int, Packet] = {}
        self._next: int | None = None

    def add(self, packet: Packet) -> tuple[bool, None]:
        """Never asks for anything; the shape is aiortc's."""
        self.received += 1
        if packet.ssrc != self._ssrc:
            if self._ssrc is not None:
                self._numbers, self._waiting, self._next = Unwrapped(16), {}, None
                self._on_new_source()
            self._ssrc = packet.ssrc
        number = self._numbers.of(packet.sequence_number)
        if self._next is None:
            self._next = number
        if number >= self._next:
            self._waiting[number] = packet
        self._give(self._next)
        if len(self._waiting) > _SOUND_WAIT:
            following = min(self._waiting)
            self.lost += following - self._next
            self._give(following)
        return False, None

    def _give(self, number: int) -> None:
        while (packet := self._waiting.pop(number, None)) is not None:
            if packet._data:
                self._on_sound(packet._data, packet.timestamp)
            number += 1
        self._next = number


class _Ask:
    """A packet that is missing: how often it was asked for, and when next."""

    __slots__ = ("first_s", "next_s", "tries")

    def __init__(self, now_s: float) -> None:
        self.first_s = self.next_s = now_s
        self.tries = 0


class Missing:
    """Which packets of a video are missing and are to be asked for now (RFC 4585, section 6.2.1).

    aiortc calls `add` for each packet, and sends what `missing` says if it was True.
    """

    def __init__(self, now: Time = time.monotonic) -> None:
        self.received = 0
        self.asked = 0  # packets that had to be asked for, each counted once
        self._now = now
        self._numbers = Unwrapped(16)
        self._highest: int | None = None
        self._asks: dict[int, _Ask] = {}
        self._due: list[int] = []
        self._repeat_s = _GUESS_S  # from asking to having, on this line

    @property
    def missing(self) -> set[int]:
        """What to ask for now."""
        return {number & 0xFFFF for number in self._due}

    def wait_s(self) -> float:
        """How long a picture should wait for what is missing."""
        return min(_MOST_WAIT_S, max(LEAST_WAIT_S, 2.5 * self._repeat_s))

    def add(self, packet: Packet) -> bool:
        """Whether something is to be asked for."""
        self.received += 1
        now_s = self._now()
        number = self._numbers.of(packet.sequence_number)
        if self._highest is None or abs(number - self._highest) > _FAR:
            self._numbers, self._asks = Unwrapped(16), {}
            self._highest = number = self._numbers.of(packet.sequence_number)
        for lost in range(self._highest + 1, number):
            self._asks[lost] = _Ask(now_s)
            self.asked += 1
        self._highest = max(self._highest, number)
        if came := self._asks.pop(number, None):
            # After several tries it may be the first one that came: rather too long than too short,
            # or a line that is full would be filled with repetitions.
            self._repeat_s += (now_s - came.first_s - self._repeat_s) / 4
        self._note_due(now_s)
        return bool(self._due)

    def _note_due(self, now_s: float) -> None:
        self._due = [
            number
            for number, ask in self._asks.items()
            if ask.next_s <= now_s and ask.tries < _ASKS
        ]
        again_s = max(_LEAST_ASK_AGAIN_S, 1.3 * self._repeat_s)
        for number in self._due:
            ask = self._asks[number]
            ask.next_s = now_s + again_s * 2**ask.tries
            ask.tries += 1
        for number in [number for number in self._asks if number < (self._highest or 0) - _FAR]:
            del self._asks[number]
