"""When pictures and sounds were taken, by what their sender reports."""

from __future__ import annotations

import itertools
import random

import pytest

from blueroom.media.webrtc.clock import HOLD_S, FeedClock

RATES = {"h264": 90_000, "opus": 48_000}
THEIRS_S = 3_900_000_000.0  # their clock, when ours is at 0
TICKS = {"h264": 4_294_000_000, "opus": 77}  # theirs then: the first one soon begins again at 0


def tick_at(kind: str, taken_s: float) -> int:
    return round(TICKS[kind] + taken_s * RATES[kind]) & 0xFFFFFFFF


def report(clock: FeedClock, kind: str, at_s: float, *, set_s: float = 0.0) -> None:
    clock.report(kind, THEIRS_S + at_s + set_s, tick_at(kind, at_s))


def begun(*, reported: tuple[str, ...] = ("h264", "opus")) -> FeedClock:
    """A clock after two seconds in which the pictures came 200 ms late and more, the sounds 10."""
    clock = FeedClock(RATES)
    chance = random.Random(1)
    for number in range(100):
        taken_s = number / 50
        late_s = 0.01 + chance.random() * 0.02
        clock.hold("opus", tick_at("opus", taken_s), taken_s + late_s)
        if number % 2 == 0:
            late_s = max(0.2, 0.6 - taken_s) + chance.random() * 0.05
            clock.hold("h264", tick_at("h264", taken_s), taken_s + late_s)
    for kind in reported:
        report(clock, kind, 1.9)
    return clock


def test_pictures_and_sounds_are_aligned_however_late_they_come() -> None:
    clock = begun()
    assert clock.is_ready(2.0)

    for taken_s in (0.0, 0.7, 2.3, 11.0):  # the tick of pictures begins again after 10.7 s
        picture_s = clock.at_s("h264", tick_at("h264", taken_s), taken_s + 0.3)
        sound_s = clock.at_s("opus", tick_at("opus", taken_s), taken_s + 0.02)
        assert picture_s == pytest.approx(sound_s, abs=0.002)
        assert picture_s == pytest.approx(taken_s + 0.01, abs=0.005)  # the least delay is kept


def test_times_wait_for_the_reports_of_both_but_not_for_ever() -> None:
    clock = begun(reported=("h264",))
    assert not clock.is_ready(2.0)
    assert clock.is_ready(HOLD_S + 0.02)
    assert not FeedClock(RATES).is_ready(100.0)


def test_a_track_without_a_report_is_aligned_by_its_least_delayed_frame() -> None:
    clock = begun(reported=("h264",))

    picture_s = clock.at_s("h264", tick_at("h264", 5.0), 5.2)
    sound_s = clock.at_s("opus", tick_at("opus", 5.0), 5.02)

    assert picture_s == pytest.approx(5.2, abs=0.01)
    assert sound_s == pytest.approx(5.01, abs=0.005)


def test_a_track_alone_does_not_wait() -> None:
    clock = FeedClock({"h264": 90_000})
    clock.hold("h264", 1_000, 7.0)

    assert clock.is_ready(7.0)
    assert clock.at_s("h264", 1_000, 7.0) == 7.0
    assert clock.at_s("h264", 1_000 + 90_000, 8.3) == 8.0


def test_drift_is_followed_in_small_steps() -> None:
    clock = begun()
    before_s = clock.at_s("opus", tick_at("opus", 2.0), 2.02)
    clock.report("opus", THEIRS_S + 3.010, tick_at("opus", 3.0))  # the sound card is 10 ms behind

    times = [clock.at_s("opus", tick_at("opus", 3 + n / 50), 3.02 + n / 50) for n in range(100)]

    steps = [after - before for before, after in itertools.pairwise(times)]
    assert max(steps) < 0.0203
    assert times[-1] - before_s == pytest.approx(3.010 + 99 / 50 - 2.0, abs=0.001)


def test_a_sender_that_sets_its_clock_moves_nothing() -> None:
    clock = begun()
    first_s = clock.at_s("h264", tick_at("h264", 2.0), 2.3)
    for at_s in (3.0, 4.0):
        report(clock, "h264", at_s, set_s=-3_600.0)
    report(clock, "opus", 4.5, set_s=-3_600.0)

    for n in range(100):
        picture_s = clock.at_s("h264", tick_at("h264", 5.0 + n), 5.3 + n)
        sound_s = clock.at_s("opus", tick_at("opus", 5.0 + n), 5.02 + n)

    assert picture_s - first_s == pytest.approx(102.0, abs=0.001)
    assert sound_s == pytest.approx(picture_s, abs=0.002)


def test_a_new_source_goes_on_by_arrival_and_by_its_reports() -> None:
    clock = begun()
    clock.at_s("h264", tick_at("h264", 2.0), 2.3)
    clock.forget("h264")

    assert clock.at_s("h264", 123, 9.0) == pytest.approx(9.0)
    assert clock.at_s("h264", 123 + 90_000, 10.4) == pytest.approx(10.0)


def test_ticks_that_jump_are_told_by_arrival() -> None:
    clock = begun()
    clock.at_s("h264", tick_at("h264", 2.0), 2.3)

    assert clock.at_s("h264", tick_at("h264", 500.0), 2.34) == pytest.approx(2.34)
    assert clock.at_s("h264", tick_at("h264", 500.04), 2.9) == pytest.approx(2.38)
