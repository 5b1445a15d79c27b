"""When a picture or a sound was taken: both kinds of a feed on one scale of this machine.

RTP says times in ticks that count from nowhere; the sender's reports say which tick was at which
moment of its own clock (RFC 3550, section 6.4.1, read 2026-11-26). To go by arrival instead is
wrong by 40 to 370 ms: the first key frame is paced out over a second.
"""

from __future__ import annotations

from blueroom.media.webrtc.counting import Unwrapped

# Browsers report within 2.2 s; who has not by then is aligned by arrival.
HOLD_S = 4.0
# Reports are a few milliseconds off, and a sound card's clock drifts by 0.1 ms a second at most: to
# follow in small steps is not heard.
_STEP_S = 0.0002
# A report that is further off tells of a clock that was set, not of drift.
_SET_S = 0.5
# A picture cannot be taken so long before or after it came: its sender counts anew.
_ABSURD_S = 5.0


class TrackClock:
    """Ticks of one track as seconds of its sender's clock."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._ticks = Unwrapped(32)
        self._offset_s: float | None = None
        self._target_s = 0.0
        self._set_s = 0.0  # by how much the sender's clock was set since we follow it

    @property
    def is_known(self) -> bool:
        """Whether `sender_s` can tell."""
        return self._offset_s is not None

    def report(self, sender_s: float, tick: int) -> None:
        """What a sender's report says: this tick was at that moment of its clock."""
        target_s = sender_s - self._ticks.of(tick) / self._rate + self._set_s
        if self._offset_s is None:
            self._offset_s = target_s
        elif abs(target_s - self._offset_s) > _SET_S:
            self._set_s += self._offset_s - target_s
            target_s = self._offset_s
        self._target_s = target_s

    def align(self, tick: int, sender_s: float) -> None:
        """Without a report: let this tick be at that moment."""
        self._offset_s = self._target_s = sender_s - self._ticks.of(tick) / self._rate
        self._set_s = 0.0

    def sender_s(self, tick: int) -> float:
        """The moment of the tick, on its sender's clock. Only where it is known."""
        assert self._offset_s is not None
        behind_s = self._target_s - self._offset_s
        self._offset_s += max(-_STEP_S, min(_STEP_S, behind_s))
        return self._ticks.of(tick) / self._rate + self._offset_s

    def forget(self) -> None:
        """The sender counts anew."""
        self._ticks = Unwrapped(32)
        self._offset_s = None


class FeedClock:
    """Seconds of `time.monotonic` for all tracks of a feed, which share their sender's clock."""

    def __init__(self, rates: dict[str, int]) -> None:
        self._tracks = {kind: TrackClock(rate) for kind, rate in rates.items()}
        self._began_s: float | None = None
        self._offset_s: float | None = None  # from the sender's clock to ours
        self._held: list[tuple[str, int, float]] = []

    def report(self, kind: str, sender_s: float, tick: int) -> None:
        """What a sender's report says of a track."""
        self._tracks[kind].report(sender_s, tick)

    def forget(self, kind: str) -> None:
        """A track's sender counts anew."""
        self._tracks[kind].forget()

    def is_ready(self, now_s: float) -> bool:
        """Whether times can be told; until then frames are to be held (see `hold`)."""
        if self._offset_s is not None:
            return True
        if self._began_s is None:
            return False
        is_alone = len(self._tracks) == 1
        is_known = all(track.is_known for track in self._tracks.values())
        return is_known or is_alone or now_s - self._began_s >= HOLD_S

    def hold(self, kind: str, tick: int, arrived_s: float) -> None:
        """Note a frame that waits until `is_ready`."""
        if self._began_s is None:
            self._began_s = arrived_s
        self._held.append((kind, tick, arrived_s))

    def at_s(self, kind: str, tick: int, arrived_s: float) -> float:
        """When this was taken, once `is_ready`."""
        if self._offset_s is None:
            self._begin()
        assert self._offset_s is not None
        track = self._tracks[kind]
        if not track.is_known:
            track.align(tick, arrived_s - self._offset_s)
        at_s = track.sender_s(tick) + self._offset_s
        if abs(at_s - arrived_s) > _ABSURD_S:
            track.forget()
            track.align(tick, arrived_s - self._offset_s)
            at_s = arrived_s
        return at_s

    def _begin(self) -> None:
        """Fix the offset by the frame that was least delayed. Tracks without a report are aligned
        by their own least delayed frame."""
        reported = {kind for kind, track in self._tracks.items() if track.is_known}
        delays = [
            arrived_s - self._tracks[kind].sender_s(tick)
            for kind, tick, arrived_s in self._held
            if kind in reported
        ]
        self._offset_s = min(delays, default=0.0)
        for kind, track in self._tracks.items():
            held = [(tick, at_s) for other, tick, at_s in self._held if other == kind]
            if kind not in reported and held:
                track.align(*self._least_delayed(track, held))
        self._held = []

    def _least_delayed(self, track: TrackClock, held: list[tuple[int, float]]) -> tuple[int, float]:
        assert self._offset_s is not None
        tick, arrived_s = held[0]
        track.align(tick, 0.0)
        delays = [(at_s - track.sender_s(tick), tick, at_s) for tick, at_s in held]
        _, tick, arrived_s = min(delays)
        return tick, arrived_s - self._offset_s
