"""How many posts a second the rehearsal makes: `python bench/rehearsal.py`, medians of 5.

- cold: from an empty process's first post on, people met for the first time included;
- made: posts alone, everybody met;
- handed over: through `Source.batches` at full speed, as the listener takes them;
- steady: 20,000 posts/s asked for during 5 s of real time: what came, and how late at worst.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

from blueroom.networks.interface import Listening
from blueroom.networks.rehearsal.options import Options
from blueroom.networks.rehearsal.posts import Posts
from blueroom.networks.rehearsal.schedule import BLOCK
from blueroom.networks.rehearsal.source import RehearsalSource

RUNS = 5
BLOCKS = 200
STEADY_RATE = 20_000
STEADY_S = 5
START = datetime(2026, 1, 1, 20, tzinfo=UTC)


def new_posts() -> Posts:
    return Posts(Options(tags=("AskNour",)), start=START, collecting_s=86_400.0)


def make(posts: Posts, first: int) -> float:
    """Posts a second over `BLOCKS` blocks."""
    began = time.perf_counter()
    for number in range(first, first + BLOCKS):
        posts.block(number)
    return BLOCKS * BLOCK / (time.perf_counter() - began)


def cold() -> float:
    return make(new_posts(), 0)


def made() -> float:
    posts = new_posts()
    make(posts, 0)
    return make(posts, BLOCKS)


async def take(fields: dict[str, str]) -> tuple[int, float]:
    """The number of posts that came, and how far behind the worst batch was, in seconds."""
    source = RehearsalSource(Listening(session="bench", tags=["AskNour"], fields=fields))
    taken, worst_s = 0, 0.0
    async for batch in source.batches(after=""):
        taken += len(batch.posts)
        worst_s = max(worst_s, batch.behind_s)
    return taken, worst_s


def handed_over() -> float:
    began = time.perf_counter()
    taken, _ = asyncio.run(take({"speed": "max", "limit": str(BLOCKS * BLOCK)}))
    return taken / (time.perf_counter() - began)


def steady() -> tuple[float, float]:
    """Posts a second, and the worst lateness in seconds, people met while it runs."""
    began = time.perf_counter()
    taken, worst_s = asyncio.run(
        take(
            {
                "rate_per_minute": str(STEADY_RATE * 60),
                "script": "steady",
                "backlog": "0",
                "limit": str(STEADY_RATE * STEADY_S),
            }
        )
    )
    return taken / (time.perf_counter() - began), worst_s


def first_batch_s() -> float:
    """From nothing read to the first batch in hand."""
    began = time.perf_counter()
    asyncio.run(take({"speed": "max", "limit": "40"}))
    return time.perf_counter() - began


def median_of(measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(RUNS))


def main() -> None:
    print(f"first batch, texts unread   {first_batch_s() * 1000:9.1f} ms (once)")
    for name, measure in (("cold", cold), ("made", made), ("handed over", handed_over)):
        print(f"{name:<27} {median_of(measure):9,.0f} posts/s")
    runs = [steady() for _ in range(RUNS)]
    rate = statistics.median(rate for rate, _ in runs)
    late_s = statistics.median(late for _, late in runs)
    print(f"steady at {STEADY_RATE:,} asked      {rate:9,.0f} posts/s, late {late_s * 1000:.0f} ms")


if __name__ == "__main__":
    main()
