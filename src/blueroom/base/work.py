"""The worker loop: rounds of small work, found by state, until told to end."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

# Work may be due by the clock alone.
LOOK_ANYWAY_S = 1.0


class Worker:
    """Calls each round of `rounds` again and again; a round says how much it found.

    A round that found nothing lets the worker rest for `rest_s`; one that fails is logged and tried
    again after the rest. A process that ends loses nothing: the work is a state in the database.
    `stamp` is cheap to ask and gives another value whenever that state may be another: while it is
    the same a rest goes on, to a second at most.
    """

    def __init__(
        self,
        rounds: Mapping[str, Callable[[], int]],
        *,
        rest_s: float = 1.0,
        after_round: Callable[[], None] = lambda: None,
        stamp: Callable[[], object] = object,
    ) -> None:
        self._rounds = dict(rounds)
        self._rest_s = rest_s
        self._after_round = after_round
        self._stamp = stamp
        self._is_ending = threading.Event()

    def stop(self) -> None:
        """End after the round at hand. From any thread; may be repeated."""
        self._is_ending.set()

    def run(self) -> None:
        """Work until `stop`."""
        while not self._is_ending.is_set():
            before = self._stamp()
            found = sum(self._try(name, one_round) for name, one_round in self._rounds.items())
            self._after_round()
            if not found:
                self._rest(before)

    def _rest(self, before: object) -> None:
        until_s = time.monotonic() + LOOK_ANYWAY_S
        while not self._is_ending.wait(self._rest_s):
            if time.monotonic() >= until_s or self._stamp() != before:
                return

    def _try(self, name: str, one_round: Callable[[], int]) -> int:
        try:
            return one_round()
        except Exception:  # the outer edge of all background work
            log.exception("the round %s failed; it will be tried again", name)
            return 0
