import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blueroom.networks.interface import Batch, Listening, Network, Post, Source
from blueroom.networks.rehearsal import NETWORK
from blueroom.networks.rehearsal.labels import labelled_posts
from blueroom.networks.rehearsal.options import OptionRefused, read_options
from blueroom.networks.rehearsal.source import CursorRefused, RehearsalSource

START = datetime(2026, 3, 1, 20, tzinfo=UTC)


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def listening(**fields: str) -> Listening:
    return Listening(session="s", tags=["AskNour"], fields=fields)


def take(
    clock: Clock, *, after: str = "", batches: int = 10_000, until: int = 1_000_000, **fields: Any
) -> list[Batch]:
    """What comes until so many batches or posts have come, or the source ends."""

    async def collect() -> list[Batch]:
        taken: list[Batch] = []
        source = RehearsalSource(listening(**fields), now=clock.now, sleep=clock.sleep)
        async with aclosing(source.batches(after=after)) as stream:
            async for batch in stream:
                taken.append(batch)
                if len(taken) >= batches or sum(len(b.posts) for b in taken) >= until:
                    break
        return taken

    return asyncio.run(collect())


def posts_of(batches: list[Batch]) -> list[Post]:
    return [post for batch in batches for post in batch.posts]


def test_network_is_a_network_that_listens_without_an_account() -> None:
    network: Network = NETWORK
    source: Source | None = network.source(listening())

    assert isinstance(source, RehearsalSource)
    assert (network.slug, network.listens_without_account, list(network.account_fields)) == (
        "rehearsal",
        True,
        [],
    )


def test_batches_begin_with_the_backlog_at_once() -> None:
    clock = Clock()

    (first,) = take(clock, batches=1)

    assert clock.at == START
    assert (len(first.posts), first.seen) == (40, 40)
    assert first.cursor == "s:1772395200000000:40"
    assert {post.published_at <= START for post in first.posts} == {True}


def test_batches_bring_questions_within_ten_seconds() -> None:
    clock = Clock()

    batches = take(clock, until=45)

    assert clock.at - START < timedelta(seconds=10)
    assert {batch.behind_s <= 0.05 for batch in batches[1:]} == {True}
    assert sum("?" in post.text for post in posts_of(batches)) > 10


def test_batches_are_what_the_labels_say_post_by_post() -> None:
    batches = take(Clock(), limit="1300", speed="60")

    options = read_options(listening(limit="1300", speed="60"))
    expected = [post for post, _ in labelled_posts(options, count=1300, start=START)]
    assert posts_of(batches) == expected


@pytest.mark.parametrize("speed", ["1", "60", "max"])
def test_resume_at_any_cursor_continues_the_same(speed: str) -> None:
    fields: dict[str, Any] = {"limit": "1200", "speed": speed, "rate_per_minute": "3000"}
    whole = take(Clock(), **fields)
    everything = posts_of(whole)

    for batch in whole[:: max(1, len(whole) // 12)]:
        done = int(batch.cursor.rpartition(":")[2])
        rest = posts_of(take(Clock(), after=batch.cursor, **fields))
        assert rest == everything[done:]


def test_resume_with_another_seed_begins_anew() -> None:
    (first,) = take(Clock(), batches=1, seed="old")

    (again,) = take(Clock(), batches=1, after=first.cursor, seed="new")

    assert again.posts[0].id == "rehearsal:new:0"


def test_resume_after_a_night_goes_on_where_it_stopped() -> None:
    *_, last = take(Clock(), until=300)
    clock = Clock(START + timedelta(hours=9))

    following = take(clock, after=last.cursor, until=20)

    done = int(last.cursor.rpartition(":")[2])
    assert [post.id for post in posts_of(following[:1])][:1] == [f"rehearsal:s:{done}"]
    assert timedelta() <= clock.at - (START + timedelta(hours=9)) < timedelta(minutes=1)
    newest = max(post.published_at for post in posts_of(following))
    assert clock.at - timedelta(seconds=1) < newest <= clock.at


def test_resume_after_a_crash_catches_up_at_once() -> None:
    *_, last = take(Clock(), until=300, rate_per_minute="6000")
    crashed_at = datetime.fromtimestamp(int(last.cursor.split(":")[1]) / 1e6, UTC)
    clock = Clock(crashed_at + timedelta(seconds=30))

    first, *_ = take(clock, after=last.cursor, batches=3, rate_per_minute="6000")

    assert clock.at == crashed_at + timedelta(seconds=30)
    assert first.behind_s > 20


def test_batches_go_on_after_the_machine_slept() -> None:
    clock = Clock()

    async def run() -> list[int]:
        sizes = []
        source = RehearsalSource(listening(), now=clock.now, sleep=clock.sleep)
        async with aclosing(source.batches(after="")) as stream:
            async for batch in stream:
                sizes.append(len(batch.posts))
                if len(sizes) == 20:
                    clock.at += timedelta(hours=5)
                if len(sizes) == 40:
                    break
        return sizes

    assert max(asyncio.run(run())[1:]) < 10


def test_batches_are_never_larger_than_500_nor_slower_than_50_ms() -> None:
    waits: list[float] = []
    clock = Clock()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await clock.sleep(seconds)

    async def run() -> list[Batch]:
        fields = {"rate_per_minute": "1200000", "script": "steady", "limit": "20000"}
        source = RehearsalSource(listening(**fields), now=clock.now, sleep=sleep)
        return [batch async for batch in source.batches(after="")]

    batches = asyncio.run(run())

    assert len(posts_of(batches)) == 20_000
    assert max(len(batch.posts) for batch in batches) <= 500
    assert max(batch.behind_s for batch in batches) <= 0.05
    assert max(waits) <= 0.05


def test_limit_ends_the_rehearsal_and_a_resume_finds_nothing_more() -> None:
    batches = take(Clock(), limit="777", speed="max")

    assert len(posts_of(batches)) == 777
    assert take(Clock(), after=batches[-1].cursor, limit="777", speed="max") == []


def test_wrong_option_and_wrong_cursor_need_a_person() -> None:
    with pytest.raises(OptionRefused):
        take(Clock(), speed="fast")
    with pytest.raises(CursorRefused):
        take(Clock(), after="1772395200000000")
