"""The thread that writes panic decisions down once the database is there."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from django.db import close_old_connections

from blueroom.base.clock import now
from blueroom.updates.slate import Slate, slates
from blueroom.walls.actions import write_panic
from blueroom.walls.models import Panic

log = logging.getLogger(__name__)
AGAIN_S = 1.0
REMEMBERED = timedelta(days=7)


class PanicWriter:
    """Writes as soon as something was decided; where that fails, each second until it does not."""

    def __init__(self) -> None:
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="panic", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End; what is not written stays in the file."""
        self._is_ending.set()
        slates().wake()
        if self._thread.is_alive():
            self._thread.join(2)

    def _run(self) -> None:
        # Decisions of another host, where this one lost its file: at once, or once it can be read.
        while not self._is_ending.is_set() and not self._try(remember_slates):
            self._is_ending.wait(AGAIN_S)
        while not self._is_ending.is_set():
            if not self._try(write_panics):
                self._is_ending.wait(AGAIN_S)
            elif not self._is_ending.is_set():
                slates().wait(None)

    def _try(self, work: Callable[[], None]) -> bool:
        try:
            work()
        except Exception:  # the outer edge: the database may be away
            log.exception("what was decided at the panic button waits for the database")
            return False
        finally:
            close_old_connections()
        return True


def write_panics() -> None:
    """Write down all that is decided and not written."""
    for decided in slates().unwritten():
        write_panic(decided=decided, now=now())
        slates().written(decided)


def remember_slates() -> None:
    """Learn from the database what another host, or a lost file, knew of slates."""
    found = Panic.objects.filter(at__gt=now() - REMEMBERED).order_by("number")
    for slug, is_on, at, number in found.values_list("session__slug", "is_on", "at", "number"):
        if slates().learn(slug, Slate(is_on=is_on, since=at, number=number)):
            slates().announce(slug)
