import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from blueroom.networks.interface import (
    Author,
    Batch,
    Listening,
    Malformed,
    Post,
    Refused,
    Source,
    Unavailable,
)
from blueroom.posts import listen
from blueroom.posts.handover import WINDOW, Delivery, Said, Taken, Wanted, Wish, WriterLine

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
Play = Callable[[str], AsyncIterator[Batch]]


def post(number: int, **changes: Any) -> Post:
    written: dict[str, Any] = {
        "network": "played",
        "text": f"Question {number} ?",
        "author": Author(id="a", name="Inès"),
    }
    return Post(id=str(number), published_at=NOW, **(written | changes))


def batch(*numbers: int) -> Batch:
    return Batch(posts=[post(n) for n in numbers], cursor=str(numbers[-1]), seen=len(numbers))


class Played:
    """A network whose connections play what the test wrote, one after the other, then wait."""

    slug, name, account_fields, listens_without_account = "played", "Played", (), True

    def __init__(self, *plays: Play) -> None:
        self.plays = list(plays)
        self.opened: list[tuple[str, dict[str, str]]] = []
        self.closed = 0
        self.sources = 0
        self.fields: dict[str, str] = {}

    def source(self, listening: Listening) -> Source:
        self.fields = listening.fields
        self.sources += 1
        return self

    async def batches(self, *, after: str) -> AsyncIterator[Batch]:
        self.opened.append((after, self.fields))
        try:
            if not self.plays:
                yield Batch(cursor=after)
                await _for_ever()
            async for one in self.plays.pop(0)(after):
                yield one
        finally:
            self.closed += 1


async def _for_ever() -> None:
    await asyncio.Event().wait()


class Writer:
    """The other end of a listener that runs in a thread."""

    def __init__(self, line: WriterLine) -> None:
        self.line = line
        self.deliveries: list[Delivery] = []
        self.said: list[Said] = []
        self.taken = 0
        self.read = 0

    def wants(self, *wishes: Wish) -> None:
        self.line.put(Wanted(list(wishes)))

    def take(self) -> None:
        self.line.put(Taken(len(self.deliveries) - self.taken))
        self.taken = len(self.deliveries)

    def hear(self, until: Callable[[], bool], *, takes: bool = True, timeout_s: float = 5) -> None:
        end_s = time.monotonic() + timeout_s
        while not until():
            assert time.monotonic() < end_s, (self.said, len(self.deliveries))
            for message in self.line.get(0.05):
                if isinstance(message, Delivery):
                    self.deliveries.append(message)
                elif isinstance(message, Said):
                    self.said.append(message)
            if takes and self.taken < len(self.deliveries):
                self.take()

    def hear_state(self, state: str) -> Said:
        """The next time that this was said."""
        self.hear(lambda: any(one.state == state for one in self.said[self.read :]))
        while True:
            self.read += 1
            if self.said[self.read - 1].state == state:
                return self.said[self.read - 1]

    @property
    def numbers(self) -> list[int]:
        return [int(post.id) for delivery in self.deliveries for post in delivery.posts]


def wish(**changes: Any) -> Wish:
    written: dict[str, Any] = {
        "channel_id": 1,
        "network": "played",
        "cursor": "0",
        "session": "s",
        "tags": ["AskGuetta"],
        "languages": ["fr"],
        "fields": {},
        "starts_at": NOW,
    }
    return Wish(**(written | changes))


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Played:
    network = Played()
    monkeypatch.setattr(listen, "networks", lambda: {"played": network})
    monkeypatch.setattr(listen, "FIRST_RETRY_S", 0.01)
    return network


@pytest.fixture
def writer() -> Iterator[Writer]:
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=listen.run, args=[theirs])
    thread.start()
    with contextlib.closing(WriterLine(ours)) as line:
        yield Writer(line)
    thread.join(3)
    assert not thread.is_alive()


def test_listen_hands_posts_over_in_their_order_with_the_cursor_after_them(
    played: Played, writer: Writer
) -> None:
    async def play(after: str) -> AsyncIterator[Batch]:
        yield batch(1, 2)
        yield batch(3)
        await _for_ever()

    played.plays = [play]
    writer.wants(wish())
    writer.hear(lambda: len(writer.numbers) == 3)
    assert writer.numbers == [1, 2, 3]
    assert [one.state for one in writer.said] == ["connecting", "listening"]
    last = writer.deliveries[-1]
    assert (last.channel_id, last.cursor) == (1, "3")
    assert sum(one.seen for one in writer.deliveries) == 3
    assert played.opened == [("0", {})]


def test_listen_groups_what_comes_one_by_one(played: Played, writer: Writer) -> None:
    async def play(after: str) -> AsyncIterator[Batch]:
        for number in range(3000):
            yield batch(number)
        await _for_ever()

    played.plays = [play]
    writer.wants(wish())
    writer.hear(lambda: len(writer.numbers) == 3000)
    assert writer.numbers == list(range(3000))
    assert len(writer.deliveries) < 60


def test_listen_waits_while_nothing_is_taken(played: Played, writer: Writer) -> None:
    reached = 0

    async def play(after: str) -> AsyncIterator[Batch]:
        nonlocal reached
        for number in range(0, 20_000, 500):
            reached = number
            yield batch(*range(number, number + 500))

    played.plays = [play]
    writer.wants(wish())
    writer.hear(lambda: len(writer.deliveries) == WINDOW, takes=False)
    with pytest.raises(AssertionError):
        writer.hear(lambda: len(writer.deliveries) > WINDOW, takes=False, timeout_s=0.3)
    assert reached <= (WINDOW + 2) * 500
    writer.take()
    assert writer.hear_state("ended")
    assert writer.numbers == list(range(20_000))


def test_listen_says_ended_after_everything_is_handed_over(played: Played, writer: Writer) -> None:
    async def play(after: str) -> AsyncIterator[Batch]:
        yield batch(*range(700))

    played.plays = [play]
    writer.wants(wish())
    writer.hear_state("ended")
    assert writer.numbers == list(range(700))


def test_listen_connects_again_after_the_last_cursor(played: Played, writer: Writer) -> None:
    async def cut(after: str) -> AsyncIterator[Batch]:
        yield batch(1, 2)
        raise Unavailable("The line was cut.", retry_after_s=0.2)

    async def refuse(after: str) -> AsyncIterator[Batch]:
        raise Unavailable
        yield

    played.plays = [cut, refuse]
    writer.wants(wish())
    said = writer.hear_state("retrying")
    assert (said.code, said.message) == ("network_unavailable", "The line was cut.")
    began_s = time.monotonic()
    writer.hear(lambda: len(played.opened) == 3)
    assert time.monotonic() - began_s > 0.15
    writer.hear_state("listening")
    assert [after for after, _ in played.opened] == ["0", "2", "2"]
    assert played.sources == 1  # it remembers what it gave


def test_listen_waits_for_a_person_when_refused(played: Played, writer: Writer) -> None:
    async def refuse(after: str) -> AsyncIterator[Batch]:
        yield batch(1)
        raise Refused("The password is wrong.")

    played.plays = [refuse]
    writer.wants(wish())
    said = writer.hear_state("needs_person")
    assert (said.code, said.message) == ("network_refused", "The password is wrong.")
    assert writer.numbers == [1]
    writer.wants(wish(cursor="1"))  # the same but for the cursor: nothing to begin again for
    with pytest.raises(AssertionError):
        writer.hear(lambda: len(played.opened) > 1, timeout_s=0.3)
    writer.wants(wish(cursor="1", fields={"password": "right"}))
    writer.hear_state("listening")
    assert played.opened[1:] == [("1", {"password": "right"})]


def test_listen_begins_again_at_a_new_attempt(played: Played, writer: Writer) -> None:
    async def end(after: str) -> AsyncIterator[Batch]:
        yield batch(1)

    played.plays = [end]
    writer.wants(wish())
    writer.hear_state("ended")
    writer.wants(wish(cursor="1", attempt=1))
    writer.hear_state("listening")
    assert [after for after, _ in played.opened] == ["0", "1"]


def test_listen_ends_what_is_not_wanted_any_more(played: Played, writer: Writer) -> None:
    writer.wants(wish(), wish(channel_id=2))
    writer.hear(lambda: len(played.opened) == 2)
    writer.wants(wish(channel_id=2))
    writer.hear(lambda: played.closed == 1)
    writer.wants()
    writer.hear(lambda: played.closed == 2)


def test_listen_skips_what_is_malformed_and_what_cannot_be_kept(
    played: Played, writer: Writer
) -> None:
    class Batches:
        """Goes on after an error, as a generator cannot."""

        def __init__(self, after: str) -> None:
            self.steps = [
                batch(1),
                Malformed(),
                Batch(posts=[post(2, network="")], cursor="2"),
                batch(3),
            ]

        def __aiter__(self) -> "Batches":
            return self

        async def __anext__(self) -> Batch:
            if not self.steps:
                await _for_ever()
            step = self.steps.pop(0)
            if isinstance(step, Malformed):
                raise step
            return step

    played.batches = Batches  # type: ignore[method-assign]
    writer.wants(wish())
    writer.hear(lambda: len(writer.numbers) == 2)
    assert writer.numbers == [1, 3]
    said = next(one for one in writer.said if one.code)
    assert (said.state, said.code) == ("listening", "network_malformed")
    assert said.message == "1 messages could not be read and were skipped."


def test_listen_opens_again_when_a_generator_breaks_at_a_malformed_message(
    played: Played, writer: Writer
) -> None:
    async def breaks(after: str) -> AsyncIterator[Batch]:
        yield batch(1)
        raise Malformed

    played.plays = [breaks]
    writer.wants(wish())
    assert writer.hear_state("retrying").code == "network_malformed"
    writer.hear(lambda: [after for after, _ in played.opened] == ["0", "1"])


def test_listen_survives_a_connector_that_fails(played: Played, writer: Writer) -> None:
    async def fail(after: str) -> AsyncIterator[Batch]:
        yield batch(1)
        raise ZeroDivisionError

    played.plays = [fail]
    writer.wants(wish())
    assert writer.hear_state("retrying").code == "connector_failed"
    writer.hear(lambda: [after for after, _ in played.opened] == ["0", "1"])


@pytest.mark.parametrize(
    ("network", "cursor", "code"),
    [("unknown", "1", "network_unlistenable"), ("played", "x" * 256, "cursor_too_long")],
)
def test_listen_needs_a_person_for_a_connector_that_cannot_be_used(
    played: Played, writer: Writer, network: str, cursor: str, code: str
) -> None:
    async def play(after: str) -> AsyncIterator[Batch]:
        yield Batch(cursor=cursor)

    played.plays = [play]
    writer.wants(wish(network=network))
    assert writer.hear_state("needs_person").code == code


def test_listen_keeps_its_place_in_silence(played: Played, writer: Writer) -> None:
    async def play(after: str) -> AsyncIterator[Batch]:
        for number in range(1000):
            yield Batch(cursor=str(number), seen=10)
        await _for_ever()

    played.plays = [play]
    writer.wants(wish())
    writer.hear(lambda: bool(writer.deliveries) and writer.deliveries[-1].cursor == "999")
    assert sum(one.seen for one in writer.deliveries) == 10_000
    assert len(writer.deliveries) <= 3


@pytest.mark.parametrize(
    ("failures", "retry_after_s", "chance", "expected_s"),
    [(0, None, 1, 0.5), (3, None, 0.5, 2), (1000, None, 1, 60), (0, 9, 0.5, 9), (9, 1, 0.5, 30)],
)
def test_delay_grows_with_jitter_and_honours_what_the_network_asks(
    failures: int, retry_after_s: float | None, chance: float, expected_s: float
) -> None:
    assert listen.delay_s(failures, retry_after_s=retry_after_s, chance=chance) == expected_s


def test_wish_is_the_same_wherever_it_has_come_to() -> None:
    assert wish().is_same(wish(cursor="9"))
    assert not wish().is_same(msgspec.structs.replace(wish(), tags=["other"]))
