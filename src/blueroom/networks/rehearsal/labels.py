"""The truth about the rehearsal's posts, for benches that measure what the house makes of them."""

from __future__ import annotations

from datetime import UTC, datetime

from blueroom.networks.interface import Post
from blueroom.networks.rehearsal.audience import Line, read_lines
from blueroom.networks.rehearsal.options import COLLECTING, Options
from blueroom.networks.rehearsal.posts import Label, Posts
from blueroom.networks.rehearsal.schedule import BLOCK

START = datetime(2026, 1, 1, 20, 0, tzinfo=UTC)


def written_texts() -> tuple[Line, ...]:
    """Every text that we wrote with its kind, group, theme and language, before any dressing."""
    return read_lines()


def labelled_posts(
    options: Options, *, first: int = 0, count: int, start: datetime = START
) -> list[tuple[Post, Label]]:
    """Posts number `first` and following, each with the truth about it."""
    posts = Posts(options, start=start, collecting_s=COLLECTING.total_seconds())
    pairs: list[tuple[Post, Label]] = []
    for number in range(first // BLOCK, (first + count - 1) // BLOCK + 1):
        block = posts.block(number)
        pairs.extend(zip(block.posts, block.labels, strict=True))
    skipped = first % BLOCK
    return pairs[skipped : skipped + count]


def number_of(post_id: str) -> int:
    """The number of a post in its rehearsal, from its id."""
    return int(post_id.rpartition(":")[2])
