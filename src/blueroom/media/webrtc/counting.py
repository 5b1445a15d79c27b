"""Numbers of RTP that begin again at zero, as numbers that do not."""

from __future__ import annotations


class Unwrapped:
    """Follows one counter of so many bits. For values that are less than half its range apart."""

    def __init__(self, bits: int) -> None:
        self._size = 1 << bits
        self._last: int | None = None

    def of(self, value: int) -> int:
        """The value, counted on. The first one is itself."""
        if self._last is None:
            self._last = value
        half = self._size // 2
        counted = self._last + (value - self._last + half) % self._size - half
        self._last = max(self._last, counted)
        return counted
