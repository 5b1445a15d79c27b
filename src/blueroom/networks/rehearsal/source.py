"""Hands the rehearsal's posts over when they are due."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

from blueroom.base import clock
from blueroom.networks.interface import Batch, Listening, Refused
from blueroom.networks.rehearsal.options import collecting_s, read_options
from blueroom.networks.rehearsal.posts import Posts
from blueroom.networks.rehearsal.schedule import BLOCK

GATHER_S = 0.02  # posts that come closer together than this go in one batch
LONGEST_WAIT_S = 1.0  # so that a clock that was set or a machine that slept is noticed
MISSED = timedelta(minutes=5)
AHEAD = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class CursorRefused(Refused):
    """The cursor is not one that the rehearsal gave."""

    code = "rehearsal_cursor_refused"
    sentence = "The rehearsal cannot resume from this cursor. Clear the channel's cursor."


class RehearsalSource:
    """The audience as a source. The cursor is seed, start in microseconds, and next number."""

    def __init__(
        self,
        listening: Listening,
        *,
        now: Callable[[], datetime] = clock.now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._listening = listening
        self._now = now
        self._sleep = sleep

    async def batches(self, *, after: str) -> AsyncGenerator[Batch, None]:
        """Posts as they fall due, from `after`; a cursor of another seed begins anew.

        An audience that nobody listened to for five minutes waits: it goes on with the next post,
        and skips none.

        Raises:
            OptionRefused: a field of the listening cannot be used.
            CursorRefused: `after` was not given by a rehearsal.
        """
        options = read_options(self._listening)
        start, n = _read_cursor(after, options.seed) or (self._now(), 0)
        posts = self._posts(start)
        if self._now() < _due_at(posts, n) - AHEAD:
            posts = self._posts(_moved(posts, n, self._now()))
        while options.limit is None or n < options.limit:
            if options.speed is not None and self._now() > _due_at(posts, n) + MISSED:
                posts = self._posts(_moved(posts, n, self._now()))
            block, first = posts.block(n // BLOCK), n - n % BLOCK
            end = BLOCK
            if options.speed is not None:
                end = bisect_right(block.due_at, self._now(), n - first)
            if options.limit is not None:
                end = min(end, options.limit - first)
            if first + end == n:
                until_due_s = (_due_at(posts, n) - self._now()).total_seconds()
                await self._sleep(min(max(until_due_s, GATHER_S), LONGEST_WAIT_S))
                continue
            due = block.posts[n - first : end]
            newest_at = _due_at(posts, first + end - 1)
            n = first + end
            yield Batch(
                posts=due,
                cursor=_cursor(options.seed, posts.start, n),
                seen=len(due),
                behind_s=max(0.0, (self._now() - newest_at).total_seconds()),
            )
            await self._sleep(0)  # at full speed, others in this loop want their turn

    def _posts(self, start: datetime) -> Posts:
        options = read_options(self._listening)
        return Posts(options, start=start, collecting_s=collecting_s(self._listening, start))


def _due_at(posts: Posts, n: int) -> datetime:
    """When post `n` may go out: those of the collecting days at the start."""
    return max(posts.start, posts.block(n // BLOCK).due_at[n % BLOCK])


def _moved(posts: Posts, n: int, to: datetime) -> datetime:
    """The start with which post `n` is due at `to`."""
    return posts.start + (to - _due_at(posts, n))


def _cursor(seed: str, start: datetime, n: int) -> str:
    return f"{seed}:{(start - EPOCH) // timedelta(microseconds=1)}:{n}"


def _read_cursor(text: str, seed: str) -> tuple[datetime, int] | None:
    """The start and the next number; None where a new rehearsal begins."""
    if not text:
        return None
    parts = text.split(":")
    if len(parts) != 3 or not (parts[1].isdecimal() and parts[2].isdecimal()):
        raise CursorRefused(cursor=text)
    start = EPOCH + timedelta(microseconds=int(parts[1]))
    return (start, int(parts[2])) if parts[0] == seed else None
