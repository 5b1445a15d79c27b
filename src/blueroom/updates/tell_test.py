from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import msgspec
import pytest

from blueroom.updates.tell import ROUND_S, Notice, Teller


class Said(msgspec.Struct, frozen=True):
    questions: list[int]


class Screen:
    """Keeps what it is told, and when."""

    def __init__(self) -> None:
        self.told: list[tuple[str, list[int], float]] = []
        self.has_news = threading.Condition()

    def announce(self, topic: str, changes: Sequence[msgspec.Struct], *, at_once: bool) -> None:
        with self.has_news:
            for change in changes:
                assert isinstance(change, Said)
                self.told.append((topic, change.questions, time.monotonic()))
            self.has_news.notify()

    def wait_for(self, number: int) -> None:
        with self.has_news:
            assert self.has_news.wait_for(lambda: len(self.told) >= number, 5)


def make(session_id: int, notice: Notice) -> Iterator[tuple[str, Sequence[msgspec.Struct]]]:
    yield f"{session_id}/desk", [Said(notice.questions)]


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def teller(screen: Screen) -> Iterator[Teller]:
    teller = Teller([make], screen.announce)
    teller.start()
    yield teller
    teller.stop()


def test_notices_of_one_round_are_told_together(screen: Screen, teller: Teller) -> None:
    teller.deliver(1, Notice(questions=[1]))
    screen.wait_for(1)
    for number in range(2, 7):
        teller.deliver(1, Notice(questions=[number]))
    screen.wait_for(2)

    (_, first, at), (_, rest, later) = screen.told
    assert (first, rest) == ([1], [2, 3, 4, 5, 6])
    assert later - at >= ROUND_S * 0.9


def test_a_notice_at_once_does_not_wait(screen: Screen, teller: Teller) -> None:
    teller.deliver(1, Notice(questions=[1]))
    screen.wait_for(1)
    teller.deliver(1, Notice(questions=[2]))
    teller.deliver(1, Notice(questions=[3], at_once=True))
    screen.wait_for(2)

    (_, _, at), (_, questions, later) = screen.told
    assert questions == [2, 3]
    assert later - at < ROUND_S


def test_a_screen_that_fails_silences_no_other(screen: Screen) -> None:
    def fail(session_id: int, notice: Notice) -> Iterator[tuple[str, Sequence[msgspec.Struct]]]:
        raise RuntimeError("broken")
        yield

    teller = Teller([fail, make], screen.announce)
    teller.start()
    teller.deliver(7, Notice(questions=[1]))
    screen.wait_for(1)
    teller.stop()

    assert [(topic, questions) for topic, questions, _ in screen.told] == [("7/desk", [1])]


def test_counts_are_told_once_a_second_at_most_and_not_forgotten(screen: Screen) -> None:
    def count(session_id: int, notice: Notice) -> Iterator[tuple[str, Sequence[msgspec.Struct]]]:
        if notice.counts:
            yield "counts", [Said([])]

    teller = Teller([count], screen.announce)
    teller.start()
    begun = time.monotonic()
    for _ in range(5):
        teller.deliver(1, Notice(counts=True))
        time.sleep(0.05)
    screen.wait_for(2)
    teller.stop()

    first, second = (at for _, _, at in screen.told)
    assert first - begun < ROUND_S
    assert 0.9 <= second - first < 2


def test_counts_that_wait_for_their_second_hold_no_question_up(
    screen: Screen, teller: Teller
) -> None:
    teller.deliver(1, Notice(counts=True))
    screen.wait_for(1)
    teller.deliver(1, Notice(counts=True))
    time.sleep(ROUND_S * 3.25)  # a round of its own would have begun just now
    asked = time.monotonic()
    teller.deliver(1, Notice(questions=[5]))
    screen.wait_for(2)

    _, questions, at = screen.told[1]
    assert questions == [5]
    assert at - asked < ROUND_S / 2


def test_an_urgent_notice_does_not_wait_for_its_counts(screen: Screen) -> None:
    def make_both(
        session_id: int, notice: Notice
    ) -> Iterator[tuple[str, Sequence[msgspec.Struct]]]:
        if notice.questions:
            yield "card", [Said(notice.questions)]
        if notice.counts:
            yield "counts", [Said([])]

    teller = Teller([make_both], screen.announce)
    teller.start()
    for number in (1, 2):
        teller.deliver(1, Notice(questions=[number], counts=True, at_once=True))
        screen.wait_for(2 * number - 1)
    screen.wait_for(3)
    teller.stop()

    said = [(topic, questions) for topic, questions, _ in screen.told]
    assert said[0] == ("card", [1])
    assert ("card", [2]) in said
    assert ("counts", []) in said
    assert screen.told[-1][2] - screen.told[0][2] < 1.0
