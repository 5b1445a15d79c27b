"""Numbers that begin again at zero."""

from __future__ import annotations

from blueroom.media.webrtc.counting import Unwrapped


def test_numbers_go_on_where_the_counter_begins_again_and_may_come_late() -> None:
    numbers = Unwrapped(16)

    assert [numbers.of(value) for value in (65_534, 65_535, 1, 0, 65_533, 2, 32_000)] == [
        65_534, 65_535, 65_537, 65_536, 65_533, 65_538, 97_536,
    ]  # fmt: skip


def test_a_counter_may_begin_again_many_times() -> None:
    numbers = Unwrapped(32)

    counted = [numbers.of(value * 3_000 % (1 << 32)) for value in range(0, 5_000_000, 100_000)]

    assert counted == [value * 3_000 for value in range(0, 5_000_000, 100_000)]
