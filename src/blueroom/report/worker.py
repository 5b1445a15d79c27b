"""Counts how many phones follow a session on air, once a minute."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from django.db import DatabaseError, close_old_connections

from blueroom.audience.stream import SCREEN
from blueroom.base.clock import now
from blueroom.report.actions import note_audience
from blueroom.room.models import Session, SessionState

log = logging.getLogger(__name__)
LOOK_EVERY_S = 5.0


class AudienceCounter:
    """Counts the phones of this process; several processes add to one number.

    Each minute is counted once, when it is first seen, but for the one in which the process began:
    another that has just ended may have counted that. `following` says how many follow each topic.
    """

    def __init__(self, following: Callable[[], Mapping[str, int]], *, began_at: datetime) -> None:
        self._following = following
        self._last = _minute(began_at)
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audience", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_ending.set()
        if self._thread.is_alive():
            self._thread.join(2)

    def look(self, moment: datetime) -> None:
        """Count, if a minute has begun since this was last called."""
        minute = _minute(moment)
        if minute == self._last:
            return
        self._last = minute
        followed = self._following()
        on_air = Session.objects.filter(state=SessionState.ON_AIR).values_list("pk", "slug")
        phones = {pk: followed.get(f"{slug}/{SCREEN}", 0) for pk, slug in on_air}
        if there := {pk: number for pk, number in phones.items() if number}:
            note_audience(there, minute=minute)

    def _run(self) -> None:
        while not self._is_ending.wait(LOOK_EVERY_S):
            try:
                self.look(now())
            except DatabaseError:
                log.exception("the audience of a minute was not counted")
            finally:
                close_old_connections()


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
