"""How much a sender may use."""

from __future__ import annotations

from blueroom.media.webrtc.bandwidth import FULL_BPS, Allowance, allowed, next_floor


def after(seconds: int, floor_bps: float, **line: object) -> float:
    given = {"loss": 0.0, "is_congested": False, "incoming_bps": 1_000_000} | line
    for _ in range(seconds):
        floor_bps = next_floor(floor_bps, elapsed_s=1.0, **given)  # type: ignore[arg-type]
    return floor_bps


def test_the_floor_stays_full_on_a_good_line() -> None:
    assert after(10, FULL_BPS) == FULL_BPS


def test_the_floor_falls_below_what_comes_in_with_heavy_loss_and_with_delay() -> None:
    assert after(1, FULL_BPS, loss=0.2) == 900_000
    assert after(1, FULL_BPS, is_congested=True) == 850_000
    assert after(60, FULL_BPS, loss=0.9, incoming_bps=0) == 150_000


def test_the_floor_comes_back_in_seconds() -> None:
    assert after(10, 850_000, incoming_bps=2_000_000) < 2_000_000
    assert after(17, 850_000, incoming_bps=2_000_000) == FULL_BPS


def test_the_floor_comes_back_no_higher_than_the_line_has_shown() -> None:
    assert after(60, 850_000, incoming_bps=700_000) == 1_050_000
    assert after(60, 850_000, incoming_bps=0) == 850_000


def test_above_two_percent_of_loss_nothing_is_held_up() -> None:
    given = [
        allowed(3_000_000, estimate_bps=400_000, loss=loss) for loss in (0, 0.02, 0.021, 0.1, 0.3)
    ]

    assert given == [3_000_000, 3_000_000, 400_000, 400_000, 400_000]
    assert allowed(900_000, estimate_bps=5_000_000, loss=0.3) == 900_000
    assert allowed(900_000, estimate_bps=5_000_000, loss=0.05) == 5_000_000


class Line:
    """An estimator that says what it is told to, for a line that is as it is told."""

    def __init__(self) -> None:
        self.loss = 0.0
        self.is_overused = False
        self.allowance = Allowance(
            self,
            loss=lambda: self.loss,
            is_overused=lambda: self.is_overused,
            incoming_bps=lambda _: 1_000_000.0,
        )
        self.now_ms = 0

    def add(
        self, arrival_time_ms: int, abs_send_time: int, payload_size: int, ssrc: int
    ) -> tuple[int, list[int]] | None:
        return (500_000, [ssrc]) if arrival_time_ms > 3_000 else None

    def said(self, seconds: int) -> list[int]:
        """What was said during so many seconds of packets, in kb/s."""
        said = []
        for _ in range(seconds * 50):
            self.now_ms += 20
            told = self.allowance.add(
                arrival_time_ms=self.now_ms, abs_send_time=0, payload_size=1_200, ssrc=7
            )
            if told:
                assert told[1] == [7]
                said.append(told[0] // 1_000)
        return said


def test_a_sender_is_told_twice_a_second_from_the_beginning() -> None:
    assert Line().said(3) == [3_000] * 5


def test_a_sender_is_told_less_while_much_is_lost_and_more_again_after() -> None:
    line = Line()
    line.said(5)

    line.loss = 0.05
    assert set(line.said(3)) == {500}
    line.loss = 0.2
    assert set(line.said(2)) == {500}
    line.loss = 0.0
    recovering = line.said(5)
    assert 900 < recovering[0] < 1_000
    assert 1_200 < recovering[-1] < 1_400


def test_delay_that_lasts_lowers_what_is_told_and_a_moment_of_it_does_not() -> None:
    line = Line()
    line.said(5)

    line.is_overused = True
    line.now_ms += 0
    assert line.said(1)[0] == 3_000
    line.is_overused = False
    assert set(line.said(1)) == {3_000}
    line.is_overused = True
    assert line.said(3)[-1] == 850
