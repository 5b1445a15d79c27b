from __future__ import annotations

from blueroom.media.arrivals import Arrivals


def test_what_comes_later_than_the_quickest_is_late() -> None:
    arrivals = Arrivals()
    for at_s, delay_s in ((0.0, 0.3), (0.1, 0.1), (0.2, 0.25)):
        arrivals.note(100 + at_s + delay_s, at_s)

    assert arrivals.arrival_s(0.0) == 100.1
    assert arrivals.late_s(100.2 + 0.25, 0.2) == 0.15
    assert arrivals.late_s(100.2, 0.2) == 0.0


def test_what_waited_for_the_network_stays_late_while_it_catches_up() -> None:
    arrivals = Arrivals()
    arrivals.note(100.0, 0.0)
    # 20 s without network, then three times as fast as it was taken.
    for tenth in range(150):
        arrivals.note(120 + tenth / 30, tenth / 10)

    assert arrivals.late_s(125.0, 15.0) == 10.0


def test_a_clock_that_was_stopped_is_late_for_a_moment_only() -> None:
    arrivals = Arrivals()
    arrivals.note(100.0, 0.0)
    # The sender paused for 20 s, and its clock as well.
    late_s = []
    for tenth in range(200):
        arrivals.note(120 + tenth / 10, tenth / 10)
        late_s.append(arrivals.late_s(120 + tenth / 10, tenth / 10))

    assert (late_s[0], late_s[-1]) == (20.0, 0.0)


def test_a_clock_set_back_begins_anew() -> None:
    arrivals = Arrivals()
    arrivals.note(100.0, 50.0)
    arrivals.restart(101.0, 0.0)

    assert arrivals.late_s(102.5, 1.0) == 0.5


def test_a_clock_that_runs_slow_by_a_little_is_not_late() -> None:
    arrivals = Arrivals()
    for second in range(3600):
        at_s = second * (1 - 5e-5)
        arrivals.note(100.0 + second, at_s)

    assert arrivals.late_s(100.0 + 3599, at_s) < 0.01
