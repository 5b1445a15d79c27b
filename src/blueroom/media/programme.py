"""The programme: of several feeds and a slate, the one continuous stream that the public sees.

It has a timeline of its own, `delay_s` behind the cameras. What a producer chooses at a moment
takes effect on the pictures of that moment, so it is seen `delay_s` later; covering with the slate
is for emergencies and takes effect at once. Until then parts are held here and are nowhere public,
which is what makes a dump possible. Time is passed in: `now` is in seconds of a steady clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from blueroom.base.errors import NotAcceptable
from blueroom.media.hls import Shelf
from blueroom.media.pace import Pace
from blueroom.media.parts import PART_S, Epoch, Part, taken_at
from blueroom.media.slate import Slate

DELAY_S_MAX = 30.0
WATCHDOG_S = 1.5  # without a part of the feed on air, the slate covers
# With a delay longer than that the silence is known before it is seen: only jitter is waited for.
JITTER_S = 0.15
# Older parts are for the recording only; the delay makes room for more.
LATE_S = 3.0
# No picture comes before it was taken: its clock leapt, and it would keep all others waiting.
AHEAD_S = 3.0
# A feed comes on air with a key frame that is due now, not with one of a backlog.
FRESH_S = 1.0
HELD_BYTES_MAX = 128 << 20  # of each feed; 30 s at 34 Mb/s
# hls.js 1.7.4 loads no more parts once it knows the end: they must have been loaded by then.
END_AFTER_S = 1.5
CATCH_UP_S = 2.0  # of slate at once, when a feed fell silent; more would be a stopped process


class UnknownEpoch(NotAcceptable):
    """A part came whose epoch did not."""

    code = "unknown_epoch"
    sentence = "This part belongs to no epoch that its feed has begun."


class Stopping(NotAcceptable):
    """A feed is chosen after the stream was stopped."""

    code = "stopping"
    sentence = "The programme has been stopped. Start another to go on."


class Shown(StrEnum):
    """What the public's player shows."""

    OFF = "off"  # the stream has ended
    SLATE = "slate"
    LIVE = "live"


Released = Callable[[str, Epoch, Part], None]


class _Line:
    """One feed: its epochs, and the parts of it that are held."""

    def __init__(self) -> None:
        self.held: deque[Part] = deque()
        self.epochs: dict[int, Epoch] = {}
        self.is_dumping = False
        self.due_last_s = float("-inf")  # when the newest part that left was due
        self._paces: dict[int, Pace] = {}
        self._size_bytes = 0

    def begin(self, epoch: Epoch) -> None:
        needed = {part.epoch for part in self.held}
        self.epochs = {n: kept for n, kept in self.epochs.items() if n in needed}
        self._paces = {n: pace for n, pace in self._paces.items() if n in needed}
        self.epochs[epoch.number] = epoch
        self._paces[epoch.number] = Pace()

    def hold(self, part: Part, *, now: float, delay_s: float) -> None:
        self._paces[part.epoch].hear(part, now=now, delay_s=delay_s)
        if self.ready_s(part) - now > AHEAD_S:
            return
        self.held.append(part)
        self._size_bytes += len(part.data)
        while self._size_bytes > HELD_BYTES_MAX:
            self.take()

    def ready_s(self, part: Part) -> float:
        return self._paces[part.epoch].ready_s(part)

    def take(self) -> Part:
        part = self.held.popleft()
        self._size_bytes -= len(part.data)
        return part

    def clear(self) -> None:
        self.held.clear()
        self._size_bytes = 0


@dataclass(frozen=True, slots=True)
class _Step:
    """From the pictures of `at_s` on, this feed."""

    at_s: float
    feed: str


@dataclass(slots=True)
class _Run:
    """Parts of one epoch of one feed on air, one after the other."""

    feed: str
    epoch: Epoch
    epoch_id: int
    next_number: int

    def is_continued_by(self, part: Part) -> bool:
        return (part.epoch, part.number) == (self.epoch.number, self.next_number)


class Programme:
    """Puts a session's stream on a shelf. It begins with the slate, at the first tick.

    `released` is told of each part of a feed in the moment in which it becomes public. `wall` is
    the time of day at `now`.
    """

    def __init__(
        self,
        shelf: Shelf,
        slate: Slate,
        *,
        now: float,
        wall: datetime,
        delay_s: float = 0.0,
        released: Released | None = None,
    ) -> None:
        self.shelf = shelf
        self._slate = slate
        self._wall = wall - timedelta(seconds=now)
        self._delay_s = min(max(delay_s, 0.0), DELAY_S_MAX)
        self._released = released
        self._lines: dict[str, _Line] = {}
        self._chosen: str | None = None
        self._steps: deque[_Step] = deque()
        # The feed that the delayed timeline wants, from when on, and the run that is on air.
        self._wanted: _Step | None = None
        self._run: _Run | None = None
        self._next_s = now  # when the public timeline needs its next part
        self._slate_id: int | None = None
        self._slate_parts = 0
        self._last_slate: Slate | None = None
        self._stopped_s: float | None = None
        self._closing_parts: int | None = None  # of the slate, that come before the end
        self._edge_at: datetime | None = None

    # What can be seen.

    @property
    def state(self) -> Shown:
        if self.shelf.is_ended:
            return Shown.OFF
        return Shown.LIVE if self._run else Shown.SLATE

    @property
    def on_air(self) -> str | None:
        """The feed that the public sees; None for the slate."""
        return self._run.feed if self._run else None

    @property
    def chosen(self) -> str | None:
        """The feed that the producer chose last; the public sees it `delay_s` later."""
        return self._chosen

    @property
    def delay_s(self) -> float:
        return self._delay_s

    @property
    def edge_at(self) -> datetime | None:
        """When the newest picture that is public was taken; None before any feed was."""
        return self._edge_at

    def held_s(self, feed: str) -> float:
        """How many seconds of a feed are held, of the `delay_s` that there can be."""
        line = self._lines.get(feed)
        return sum(part.duration_s for part in line.held) if line else 0.0

    # What feeds bring.

    def take_epoch(self, feed: str, epoch: Epoch) -> None:
        """A feed begins an epoch; its parts follow."""
        self._lines.setdefault(feed, _Line()).begin(epoch)

    def take_part(self, feed: str, part: Part, *, now: float) -> None:
        """Hold a part until it is due. What comes too late to be shown is left out.

        Raises: UnknownEpoch.
        """
        line = self._lines.get(feed)
        if line is None or part.epoch not in line.epochs:
            raise UnknownEpoch(feed=feed, epoch=part.epoch)
        is_shown = is_playable(line.epochs[part.epoch]) and part.late_s <= LATE_S + self._delay_s
        if is_shown and not line.is_dumping and not self.shelf.is_ended:
            line.hold(part, now=now, delay_s=self._delay_s)
        self.tick(now)

    def forget(self, feed: str) -> None:
        """A feed will not come again: let go what is held of it."""
        self._lines.pop(feed, None)
        if self._run and self._run.feed == feed:
            self._run = None

    # What the producer does.

    def put_on(self, feed: str | None, *, now: float) -> None:
        """Choose a feed, from the pictures of this moment on; or cover with the slate, at once.

        Raises: Stopping, for a feed.
        """
        if feed is None:
            self._steps.clear()
            self._wanted = self._run = self._chosen = None
        elif self._stopped_s is not None:
            raise Stopping
        elif feed != self._chosen:
            self._chosen = feed
            self._steps.append(_Step(now, feed))
        self.tick(now)

    def set_delay(self, delay_s: float, *, now: float) -> None:
        """More: the slate covers while the delay builds up. Less: the programme jumps ahead."""
        before_s, self._delay_s = self._delay_s, min(max(delay_s, 0.0), DELAY_S_MAX)
        if self._delay_s > before_s:
            self._run = None
        elif self._run and self._delay_s < before_s:
            self._jump(self._run, now)
        self.tick(now)

    def use_slate(self, slate: Slate, *, now: float) -> None:
        """Cover with this slate from now on."""
        self._slate, self._slate_id = slate, None
        self.tick(now)

    def dump(self, *, now: float) -> dict[str, int]:
        """Throw away all that is not public yet, and cover until the delay is built up again.

        The first part thrown away, by feed: recordings end before it. Parts of these feeds are not
        taken until `end_dump`, for some of what happened before is still on its way.
        """
        dumped = {}
        for feed, line in self._lines.items():
            if line.held:
                dumped[feed] = line.held[0].number
                line.clear()
                line.is_dumping = True
        self._run = None
        self.tick(now)
        return dumped

    def end_dump(self, feed: str) -> None:
        """The feed's recording has been cut: what comes from now on was taken after the dump."""
        if feed in self._lines:
            self._lines[feed].is_dumping = False

    def stop(self, *, now: float, at_once: bool = False, last: Slate | None = None) -> None:
        """End the stream, with the pictures of this moment; `at_once` leaves out what is held.
        `last` is shown once before the end, and stays in the players."""
        self._last_slate = last
        self._chosen = None
        self._stopped_s = now - self._delay_s if at_once else now
        self.tick(now)

    # The timeline.

    def tick(self, now: float) -> None:
        """Do what is due. To be called some ten times a second."""
        if self.shelf.is_ended:
            return
        self._follow_steps(now)
        self._follow_stop(now)
        if self._wanted and self._wanted.feed != self.on_air:
            self._enter_wanted(self._wanted, now)
        self._release(now)
        if self._is_silent(now):
            self._run = None
        self._let_age(now)
        self._show_slate(now)

    def _follow_steps(self, now: float) -> None:
        while self._steps and self._steps[0].at_s + self._delay_s <= now:
            self._wanted = self._steps.popleft()

    def _follow_stop(self, now: float) -> None:
        if self._stopped_s is None or self._closing_parts is not None:
            return
        end_s = self._stopped_s + self._delay_s
        if end_s > now:
            return
        self._steps.clear()
        self._wanted = self._run = None
        self._closing_parts = 0
        if self._last_slate:
            self._slate, self._slate_id = self._last_slate, None
            self._closing_parts = len(self._slate.parts)

    def _due_s(self, line: _Line, part: Part) -> float:
        return line.ready_s(part) + self._delay_s

    def _due_parts(self, line: _Line, now: float) -> list[Part]:
        return [part for part in line.held if self._due_s(line, part) <= now]

    def _enter_wanted(self, wanted: _Step, now: float) -> None:
        """Begin with the newest key frame that is due now; before it the other feed goes on."""
        line = self._lines.get(wanted.feed)
        if line is None:
            return
        since_s = max(wanted.at_s + self._delay_s, now - FRESH_S)
        for part in reversed(self._due_parts(line, now)):
            if part.is_independent and self._due_s(line, part) >= since_s:
                self._release(self._due_s(line, part))
                self._begin_run(wanted.feed, line, part)
                return

    def _begin_run(self, feed: str, line: _Line, part: Part) -> None:
        while line.held[0] is not part:
            line.take()
        epoch = line.epochs[part.epoch]
        self._run = _Run(feed, epoch, self.shelf.add_init(epoch.init), part.number)
        self._slate_id = None

    def _jump(self, run: _Run, now: float) -> None:
        line = self._lines[run.feed]
        keys = [part for part in self._due_parts(line, now) if part.is_independent]
        if keys:
            self._begin_run(run.feed, line, keys[-1])

    def _release(self, now: float) -> None:
        run = self._run
        line = self._lines[run.feed] if run else None
        while run and line and line.held and self._due_s(line, line.held[0]) <= now:
            part = line.held[0]
            if run.is_continued_by(part):
                self._publish(run, line, line.take(), now)
            elif part.is_independent:
                self._begin_run(run.feed, line, part)
                run = self._run
            else:
                line.take()  # it cannot be played without what is missing before it

    def _publish(self, run: _Run, line: _Line, part: Part, now: float) -> None:
        at = taken_at(run.epoch, part)
        self.shelf.add_part(
            part.data,
            duration_s=part.duration_s,
            is_independent=part.is_independent,
            epoch_id=run.epoch_id,
            taken_at=at,
        )
        run.next_number += 1
        line.due_last_s = self._due_s(line, part)
        self._next_s = max(line.due_last_s, now) + part.duration_s
        self._edge_at = at + timedelta(seconds=part.duration_s)
        if self._released:
            self._released(run.feed, run.epoch, part)

    def _is_silent(self, now: float) -> bool:
        """Whether the feed on air, or the one that should be, has fallen silent."""
        run, wanted = self._run, self._wanted
        if run is None:
            return False
        line = self._lines[run.feed]
        latest_s = self._next_s + WATCHDOG_S - PART_S
        if not (line.held and self._due_s(line, line.held[0]) < latest_s):
            latest_s = self._next_s + max(JITTER_S, WATCHDOG_S - PART_S - self._delay_s)
        if now >= latest_s:
            return True
        if wanted is None or wanted.feed == run.feed:
            return False
        other = self._lines.get(wanted.feed)
        heard_s = other.due_last_s if other else float("-inf")
        return now - max(heard_s, wanted.at_s + self._delay_s) >= WATCHDOG_S

    def _let_age(self, now: float) -> None:
        """Let go of what is due and not on air: who comes back comes back live."""
        for feed, line in self._lines.items():
            while feed != self.on_air and line.held:
                due_s = self._due_s(line, line.held[0])
                if due_s > now:
                    break
                line.take()
                line.due_last_s = due_s

    def _show_slate(self, now: float) -> None:
        if self._run is not None:
            return
        if self._slate_id is None and self._closing_parts != 0:
            self._slate_id, self._slate_parts = self.shelf.add_init(self._slate.init), 0
        self._next_s = max(self._next_s, now - CATCH_UP_S)
        while self._closing_parts != 0 and self._next_s <= now:
            self._publish_slate()
        if self._closing_parts == 0:
            self.shelf.end_segment()
            if now >= self._next_s + END_AFTER_S:
                self.shelf.end()

    def _publish_slate(self) -> None:
        assert self._slate_id is not None
        # It stands in the place of pictures that were taken `delay_s` before it is seen.
        seconds = timedelta(seconds=self._next_s - self._delay_s)
        self.shelf.add_part(
            self._slate.part(self._slate_parts),
            duration_s=self._slate.part_s,
            is_independent=self._slate.is_independent(self._slate_parts),
            epoch_id=self._slate_id,
            taken_at=self._wall + seconds,
        )
        self._slate_parts += 1
        self._next_s += self._slate.part_s
        if self._closing_parts is not None:
            self._closing_parts -= 1


def is_playable(epoch: Epoch) -> bool:
    """Whether players can go over to it from any other epoch: a player's buffer is made for the
    tracks of the first, so each must have H.264 and AAC."""
    return "avc1" in epoch.codecs and "mp4a" in epoch.codecs
