from collections import Counter
from itertools import pairwise

from blueroom.networks.rehearsal.options import Options
from blueroom.networks.rehearsal.schedule import HOUR, Schedule

DAY_S = 86_400.0


def offsets(options: Options, blocks: int, collecting_s: float = DAY_S) -> list[float]:
    schedule = Schedule(options, collecting_s=collecting_s)
    return [offset for block in range(blocks) for offset in schedule.offsets_s(block)]


def test_offsets_are_in_order_at_every_speed() -> None:
    for speed in (None, 1.0, 60.0):
        found = offsets(Options(speed=speed), 10)
        assert found == sorted(found)


def test_offsets_of_a_block_do_not_depend_on_others() -> None:
    schedule = Schedule(Options(), collecting_s=DAY_S)

    alone = Schedule(Options(), collecting_s=DAY_S).offsets_s(3)

    assert [schedule.offsets_s(block) for block in range(4)][3] == alone


def test_backlog_lies_in_the_collecting_days_and_grows_towards_the_start() -> None:
    found = offsets(Options(backlog=300), 1)

    early = sum(offset < -DAY_S / 2 for offset in found)
    assert sum(offset < 0 for offset in found) == 300
    assert found[0] > -DAY_S
    assert 40 < early < 110


def test_backlog_is_at_the_start_when_nothing_was_collected() -> None:
    assert offsets(Options(), 1, collecting_s=0.0)[:40] == [-0.0] * 40


def test_wave_comes_at_minute_20_of_every_hour_and_is_six_times_the_rate() -> None:
    found = offsets(Options(rate_per_minute=300, backlog=0), 110)

    minutes = Counter(int(offset // 60) for offset in found)

    for hour in (0, 60):
        assert {1780 <= minutes[hour + wave] <= 1820 for wave in (20, 21, 22)} == {True}
        assert 240 <= minutes[hour] <= 270
        assert 330 <= minutes[hour + 19] <= 360
        assert 240 <= minutes[hour + 54] <= 270
    assert abs(sum(minutes[minute] for minute in range(60)) - 300 * sum(HOUR)) < 20


def test_steady_script_has_no_wave() -> None:
    found = offsets(Options(rate_per_minute=600, backlog=0, script="steady"), 60)

    minutes = Counter(int(offset // 60) for offset in found)

    assert {585 <= minutes[minute] <= 615 for minute in range(50)} == {True}


def test_arrivals_are_irregular_as_people_are() -> None:
    found = offsets(Options(backlog=0, script="steady", rate_per_minute=60), 4)

    gaps = [later - earlier for earlier, later in pairwise(found)]

    assert sum(gap < 0.2 for gap in gaps) > 200
    assert sum(gap > 2 for gap in gaps) > 150
    assert max(gaps) < 20


def test_speed_divides_time_after_the_start_alone() -> None:
    real, fast = offsets(Options(), 2), offsets(Options(speed=10), 2)

    assert fast[:40] == real[:40]
    assert fast[40:] == [offset / 10 for offset in real[40:]]


def test_full_speed_keeps_100_000_posts_within_a_second() -> None:
    found = offsets(Options(speed=None, backlog=40), 200)

    assert (found[39] < 0, found[40], round(found[-1], 4)) == (True, 0.0, 0.9996)
