from __future__ import annotations

import pytest

from blueroom.media.pace import Pace
from blueroom.media.parts import Part

PART_S = 0.5


def part(number: int, *, late_s: float = 0.0) -> Part:
    return Part(
        number=number,
        epoch=0,
        data=b"",
        start_s=number * PART_S,
        duration_s=PART_S,
        is_independent=True,
        offset_bytes=0,
        late_s=late_s,
    )


def heard(arrivals_s: list[float], *, delay_s: float = 0.0, first_late_s: float = 0.0) -> Pace:
    """A pace that has heard parts 0, 1, 2… come at these times."""
    pace = Pace()
    for number, now in enumerate(arrivals_s):
        late_s = 0.0 if number else first_late_s
        pace.hear(part(number, late_s=late_s), now=now, delay_s=delay_s)
    return pace


def test_part_is_ready_when_it_comes_where_all_are_on_time() -> None:
    pace = heard([10.0, 10.5, 11.0])

    assert [pace.ready_s(part(number)) for number in range(4)] == [10.0, 10.5, 11.0, 11.5]


def test_burst_is_spread_over_its_own_length() -> None:
    pace = heard([10.0] * 4 + [12.0] * 4)

    assert [pace.ready_s(part(number)) for number in (4, 5, 7)] == [12.0, 12.5, 13.5]


def test_first_part_that_was_late_counts_from_when_it_should_have_come() -> None:
    assert heard([10.0], first_late_s=4.0).ready_s(part(0)) == 6.0


def test_feed_that_comes_later_from_now_on_is_waited_for() -> None:
    pace = heard([10.0, 10.5, 12.0])

    assert pace.ready_s(part(3)) == 12.5


def test_delay_absorbs_what_comes_late() -> None:
    pace = heard([10.0, 10.5, 12.0], delay_s=5.0)

    assert pace.ready_s(part(3)) == 11.5


def test_backlog_after_a_silence_is_no_new_pace() -> None:
    on_time = [10.0, 10.5]
    backlog = [20.0 + 0.1 * number for number in range(19)]

    pace = heard(on_time + backlog)

    assert pace.ready_s(part(22)) == 21.0


def test_slack_is_taken_up_after_a_while() -> None:
    late_once = [10.0, 12.0]
    early = [11.1 + number * PART_S for number in range(2, 24)]

    pace = heard(late_once + early)

    assert pace.ready_s(part(30)) == pytest.approx(11.1 + 30 * PART_S)
