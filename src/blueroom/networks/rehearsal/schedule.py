"""When the posts come: the collecting days, the hour with its wave, and the hour after that."""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import accumulate

from blueroom.networks.rehearsal.chance import chance
from blueroom.networks.rehearsal.options import Options

BLOCK = 500  # posts that are made at a time; the most that a batch may hold
MAX_SPEED_STEP_S = 0.000_01  # between two posts at full speed: no machine makes them faster

# How lively each minute of the hour is; 1 is the given rate. In the events that we measured, chats
# ran level within a tenth from minute to minute and jumped when the guest did something.
WARM_UP = [0.85 + 0.3 * minute / 19 for minute in range(20)]
WAVE = [6.0, 6.0, 6.0, 2.5, 1.6]
EBB = [1.2 - 0.4 * minute / 29 for minute in range(30)]
LAST_CALL = [1.0, 1.2, 1.4, 1.5, 1.2]
HOUR = (*WARM_UP, *WAVE, *EBB, *LAST_CALL)
STEADY = (1.0,) * 60

STRETCH = 10  # posts whose arrivals are drawn together: by chance, yet never far behind the rate


class Schedule:
    """Turns the number of a post into the moment of its arrival, in seconds from the start."""

    def __init__(self, options: Options, *, collecting_s: float) -> None:
        self._options = options
        self._collecting_s = collecting_s
        shape = HOUR if options.script == "hour" else STEADY
        self._by_minute = [factor * options.rate_per_minute for factor in shape]
        self._before = [0.0, *accumulate(self._by_minute)]

    def offsets_s(self, block: int) -> list[float]:
        """Arrivals of a block's posts, in order; those of the collecting days are negative."""
        options = self._options
        first = block * BLOCK
        if options.speed is None:
            step = MAX_SPEED_STEP_S
            live = [(n - options.backlog) * step for n in range(first, first + BLOCK)]
            shown = max(0, min(BLOCK, options.backlog - first))
            return [self._collected_s(float(first + i)) for i in range(shown)] + live[shown:]
        rng = chance(options.seed, "arrivals", block)
        offsets = []
        for stretch in range(first, first + BLOCK, STRETCH):
            places = sorted(stretch + rng.random() * STRETCH for _ in range(STRETCH))
            for n, place in enumerate(places, start=stretch):
                is_live = n >= options.backlog
                offsets.append(
                    self._live_s(max(0.0, place - options.backlog)) / options.speed
                    if is_live
                    else self._collected_s(min(place, n + 1.0))
                )
        return offsets

    def _collected_s(self, place: float) -> float:
        """A slow start, then ever more as the evening comes nearer."""
        left = max(0.0, 1 - place / self._options.backlog)
        return -self._collecting_s * math.pow(left, 2.2)

    def _live_s(self, count: float) -> float:
        """The moment at which `count` posts have come since the start, at speed 1."""
        hours, rest = divmod(count, self._before[-1])
        minute = min(bisect_right(self._before, rest) - 1, 59)
        into = (rest - self._before[minute]) / self._by_minute[minute]
        return 3600 * hours + 60 * (minute + into)
