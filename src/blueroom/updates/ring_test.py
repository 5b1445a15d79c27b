from __future__ import annotations

import pytest

from blueroom.updates.ring import Ring


def test_ring_gives_what_follows_a_position() -> None:
    ring = Ring(start=7)
    for message in (b"a", b"b", b"c"):
        ring.append(message)

    assert [ring.since(position) for position in (7, 8, 9, 10)] == [b"abc", b"bc", b"c", b""]
    assert [ring.holds(position) for position in (6, 7, 10, 11)] == [False, True, True, False]


def test_ring_gives_the_new_message_too_when_asked_again() -> None:
    ring = Ring()
    ring.append(b"a")
    assert ring.since(0) == b"a"

    ring.append(b"b")

    assert ring.since(0) == b"ab"


@pytest.mark.parametrize("limits", [{"limit_messages": 3}, {"limit_bytes": 30}])
def test_ring_lets_the_oldest_go_when_it_is_full(limits: dict[str, int]) -> None:
    ring = Ring(**limits)

    for number in range(10):
        ring.append(b"%010d" % number)

    assert ring.head == 10
    assert [ring.holds(position) for position in (6, 7)] == [False, True]
    assert ring.since(7) == b"000000000700000000080000000009"
    assert ring.size_bytes == 30


def test_ring_holds_no_message_that_is_larger_than_itself() -> None:
    ring = Ring(limit_bytes=5)

    ring.append(b"too large")

    assert (ring.holds(0), ring.holds(1), ring.size_bytes) == (False, True, 0)


def test_ring_holds_no_earlier_position_once_it_forgot() -> None:
    ring = Ring()
    ring.append(b"a")

    ring.forget()

    assert [ring.holds(position) for position in (0, 1, 2)] == [False, False, True]
    ring.append(b"b")
    assert ring.since(2) == b"b"
