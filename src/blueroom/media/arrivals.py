"""When pictures were taken, as far as their arrival tells.

A feed's clock counts from anywhere, and what it sends may have waited on the way. The quickest
arrival is taken as the true one: whatever comes later than that, measured by the feed's clock, is
late. A difference that stays the same was no delay: the feed's clock was stopped, or moved.
"""

from __future__ import annotations

WINDOW_S = 8.0
STEADY_S = 0.5
MOVED_S = 1.0
DRIFT = 1e-4  # two quartz clocks differ by less


class Arrivals:
    """Compares a feed's clock with ours, both in seconds."""

    def __init__(self) -> None:
        self._offset_s: float | None = None  # of the quickest arrival: ours less the feed's
        self._window_s = 0.0
        self._least_s = self._most_s = 0.0
        self._held_since_s = 0.0
        self.held_zero_s = 0.0

    def note(self, now_s: float, at_s: float) -> None:
        """Something taken at `at_s` is here now."""
        offset_s = now_s - at_s
        if self._offset_s is None or offset_s < self._offset_s:
            self._offset_s = offset_s
        if now_s - self._window_s > WINDOW_S:
            self._end_window(now_s, offset_s)
        self._least_s = min(self._least_s, offset_s)
        self._most_s = max(self._most_s, offset_s)

    def restart(self, now_s: float, at_s: float) -> None:
        """The feed's clock was set back."""
        self._offset_s = now_s - at_s
        self._window_s, self._least_s, self._most_s = now_s, self._offset_s, self._offset_s

    def arrival_s(self, at_s: float) -> float:
        """When on our clock something of that time would arrive without delay."""
        return at_s + (self._offset_s or 0.0)

    def late_s(self, now_s: float, at_s: float) -> float:
        """How much later than that it is now; not below 0."""
        return max(0.0, round(now_s - self.arrival_s(at_s), 3))

    def hold(self, now_s: float, zero_s: float) -> None:
        """An epoch that begins at `zero_s` waits for what else has arrived."""
        self._held_since_s, self.held_zero_s = now_s, zero_s

    def held_s(self, now_s: float) -> float:
        """How long it has waited."""
        return now_s - self._held_since_s

    def _end_window(self, now_s: float, offset_s: float) -> None:
        assert self._offset_s is not None
        passed_s = now_s - self._window_s
        if passed_s < 10 * WINDOW_S:
            is_steady = self._most_s - self._least_s < STEADY_S
            if is_steady and self._least_s - self._offset_s > MOVED_S:
                self._offset_s = self._least_s
            else:
                self._offset_s = min(self._least_s, self._offset_s + DRIFT * passed_s)
        self._window_s, self._least_s, self._most_s = now_s, offset_s, offset_s
