"""A session's programme as it runs, and what of it the public has seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from blueroom.media.feeds import new_shelf
from blueroom.media.grants import Wish
from blueroom.media.hls import Shelf
from blueroom.media.parts import Epoch, Part, taken_at
from blueroom.media.programme import Programme
from blueroom.media.slate import Moment, Slate

LIVE, OFF = "live", "off"
TELL_EVERY_S = 1.0
SEAM = timedelta(seconds=0.1)
ShownTo = Callable[[int, datetime, datetime], object]


class Showing:
    """Adds up the parts that went out, and tells about once a second until when."""

    def __init__(self, tell: ShownTo) -> None:
        self._tell = tell
        self._feed = 0
        self._from_at: datetime | None = None
        self._until_at: datetime | None = None
        self._told_s = 0.0

    def released(self, feed: str, epoch: Epoch, part: Part) -> None:
        """A part is public now."""
        begins = taken_at(epoch, part)
        ends = begins + timedelta(seconds=part.duration_s)
        goes_on = (
            int(feed) == self._feed
            and self._until_at is not None
            and abs(begins - self._until_at) < SEAM
        )
        if not goes_on:
            self.tell()
            self._feed, self._from_at = int(feed), begins
        self._until_at = ends
        if time.monotonic() - self._told_s > TELL_EVERY_S:
            self.tell()

    def tell(self) -> None:
        """Say what has been shown so far."""
        if self._from_at is not None and self._until_at is not None:
            self._tell(self._feed, self._from_at, self._until_at)
            self._told_s = time.monotonic()


class Running:
    """The programme of one session, made as `wish` says. For the event loop."""

    def __init__(self, wish: Wish, slate: Slate, shown_to: ShownTo, moment: Moment) -> None:
        self.wish = wish
        self.moment = moment  # that the slate speaks of
        self.showing = Showing(shown_to)
        self.ended_s: float | None = None
        now = datetime.now(UTC)
        self.shelf: Shelf = new_shelf(now)
        self.programme = Programme(
            self.shelf,
            slate,
            now=time.monotonic(),
            wall=now,
            delay_s=wish.delay_s,
            released=self.showing.released,
        )

    def make(self, wish: Wish) -> None:
        """Make the programme what is wished now."""
        now = time.monotonic()
        self.wish = wish
        if wish.delay_s != self.programme.delay_s:
            self.programme.set_delay(wish.delay_s, now=now)
        is_live = wish.state == LIVE and wish.feed_id is not None
        self.programme.put_on(str(wish.feed_id) if is_live else None, now=now)

    def stop(self, last: Slate) -> None:
        """End it after what is held, with a last slate."""
        self.ended_s = time.monotonic()
        self.showing.tell()
        self.programme.stop(now=self.ended_s, last=last)

    @property
    def held_s(self) -> float:
        """How much of what is sent now nobody has seen yet."""
        feeds = [str(self.wish.feed_id)] if self.wish.feed_id is not None else []
        return max((self.programme.held_s(feed) for feed in feeds), default=0.0)
