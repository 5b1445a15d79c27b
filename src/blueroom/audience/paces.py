"""Counts in memory how often somebody does something in a window of time."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime

from blueroom.audience.rules import Pace


class Paces:
    """Who did something how often in the window of time at hand. From any thread.

    Not by Django's cache, which keeps 300 keys: a hall's addresses would push out what else is
    counted there.
    """

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self._window = -1
        self._times: Counter[str] = Counter()
        self._lock = threading.Lock()

    def allows(self, who: str, *, now: datetime) -> bool:
        """Count once more; whether that is within the pace."""
        window = int(now.timestamp()) // self.pace.seconds
        with self._lock:
            if window != self._window:
                self._window = window
                self._times.clear()
            self._times[who] += 1
            return self._times[who] <= self.pace.times

    def forget(self) -> None:
        """Begin anew."""
        with self._lock:
            self._times.clear()
