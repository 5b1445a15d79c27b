"""How much a sender may use: what we tell it as REMB (draft-alvestrand-rmcat-remb-03).

aiortc's estimate begins at what comes in and climbs by 8 % a second: a browser that heeds it stays
at 230 to 440 kb/s for half a minute. So there is a floor under it, as long as the line bears it: it
is gone above 2 % of loss and falls with delay. Then it comes back as slowly as an estimate would,
and no higher than the line has shown that it bears. The bounds of loss and the growth are those of
the browsers' own control (draft-ietf-rmcat-gcc-02, sections 5.5 and 6). Both read 2026-11-26.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

START_KBPS = 2_000  # where browsers begin: told in the answer's SDP
FULL_BPS = 3_000_000  # enough for 720p30
_LEAST_BPS = 150_000  # below this a line carries no video; and a stall must not end in zero
_FEW, _MANY = 0.02, 0.10  # of the packets
_GROWTH = 1.08  # a second: from 850 kb/s to full in 17 seconds
_BEYOND = 1.5  # times what comes in: a sender that uses less has not shown that more is possible
_SAY_EVERY_MS = 500
_CONGESTED_MS = 700  # so long must delay grow: pacing of one key frame is no congestion


class Estimator(Protocol):
    """What of aiortc's RemoteBitrateEstimator is called, or called by aiortc."""

    def add(
        self, arrival_time_ms: int, abs_send_time: int, payload_size: int, ssrc: int
    ) -> tuple[int, list[int]] | None: ...


def next_floor(
    floor_bps: float, *, loss: float, is_congested: bool, incoming_bps: float, elapsed_s: float
) -> float:
    """The floor after so many seconds with this loss and delay."""
    if loss > _MANY:
        return max(_LEAST_BPS, min(floor_bps, incoming_bps * (1 - loss / 2)))
    if is_congested:
        return max(_LEAST_BPS, min(floor_bps, 0.85 * incoming_bps))
    if loss > _FEW:
        return floor_bps
    grown_bps: float = floor_bps * _GROWTH**elapsed_s
    shown_bps = max(floor_bps, _BEYOND * incoming_bps)
    return min(FULL_BPS, grown_bps, shown_bps)


def allowed(floor_bps: float, *, estimate_bps: float, loss: float) -> float:
    """What to allow: the floor holds where little is lost, and is a bound where much is. Between
    the two the estimate alone holds; 0 is no estimate."""
    if loss > _MANY:
        return min(estimate_bps or floor_bps, floor_bps)
    if loss > _FEW:
        return estimate_bps or floor_bps
    return max(estimate_bps, floor_bps)


class Allowance:
    """Stands where aiortc has its estimator, and asks it.

    `loss` tells the part of the packets that were lost lately; `is_overused` whether delay grows
    just now; `incoming_bps` what comes in.
    """

    def __init__(
        self,
        estimator: Estimator,
        *,
        loss: Callable[[], float],
        is_overused: Callable[[], bool],
        incoming_bps: Callable[[int], float],
    ) -> None:
        self.allowed_bps = 0
        self._estimator = estimator
        self._loss = loss
        self._is_overused = is_overused
        self._incoming_bps = incoming_bps
        self._floor_bps: float = FULL_BPS
        self._said_ms: int | None = None
        self._overused_since_ms: int | None = None
        self._estimate_bps = 0
        self._sources: list[int] = []

    def add(
        self, arrival_time_ms: int, abs_send_time: int, payload_size: int, ssrc: int
    ) -> tuple[int, list[int]] | None:
        """What to tell the sender now, in bit/s and for which sources; None: nothing."""
        estimate = self._estimator.add(arrival_time_ms, abs_send_time, payload_size, ssrc)
        if estimate is not None:
            self._estimate_bps = estimate[0]
        if ssrc not in self._sources:
            self._sources = [*self._sources, ssrc][-4:]
        if not self._is_overused():
            self._overused_since_ms = None
        elif self._overused_since_ms is None:
            self._overused_since_ms = arrival_time_ms
        if self._said_ms is None:
            self._said_ms = arrival_time_ms
        elapsed_ms = arrival_time_ms - self._said_ms
        if elapsed_ms < _SAY_EVERY_MS:
            return None
        self._said_ms = arrival_time_ms
        since_ms = self._overused_since_ms
        loss = self._loss()
        self._floor_bps = next_floor(
            self._floor_bps,
            loss=loss,
            is_congested=since_ms is not None and arrival_time_ms - since_ms >= _CONGESTED_MS,
            incoming_bps=self._incoming_bps(arrival_time_ms),
            elapsed_s=elapsed_ms / 1000,
        )
        bps = allowed(self._floor_bps, estimate_bps=self._estimate_bps, loss=loss)
        self.allowed_bps = int(bps)
        return self.allowed_bps, self._sources
