"""Work that one of several processes does: taken for a while, given back, or left by a crash."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from blueroom.base.clock import now as present
from blueroom.clips.models import Work, WorkState
from blueroom.room.writing import one_transaction

SPARE_S = 15.0  # on top of the time limit: the limit ends the work, not the lease
TOLD_EVERY_S = 1.0


def due_at(now: datetime) -> Q:
    """What is due then, or was left behind by a process that ended."""
    return Q(state=WorkState.DUE, due_at__lte=now) | Q(
        state=WorkState.WORKING, leased_until__lt=now
    )


def due_again(now: datetime) -> dict[str, Any]:
    """The fields of work that is to be begun anew; whoever has it now will find it gone."""
    return {
        "state": WorkState.DUE,
        "due_at": now,
        "leased_until": None,
        "tries": 0,
        "code": "",
        "message": "",
    }


@dataclass
class Lease:
    """The right to do one piece of work until then; every write asks whether it still holds."""

    until: datetime
    limit_s: float

    def finish(self, work: Work, **values: Any) -> bool:
        """Write what came of it; False, and nothing written, where the work was taken away."""
        done = {"state": WorkState.READY, "tries": 0, "code": "", "message": ""}
        return self._write(work, leased_until=None, **done, **values)

    def give_back(self, work: Work, **values: Any) -> bool:
        """Leave it as these fields say; False where the work was taken away."""
        return self._write(work, leased_until=None, **values)

    def teller(self, work: Work, tell: Callable[[], None]) -> Callable[[float], None]:
        """A function to call with the progress, 0 to 1: it keeps the lease, and tells of it.

        Once a second is enough for both, however often it is called.
        """
        told_s = 0.0

        def told(progress: float) -> None:
            nonlocal told_s
            if time.monotonic() - told_s < TOLD_EVERY_S:
                return
            told_s = time.monotonic()
            until = present() + timedelta(seconds=self.limit_s + SPARE_S)
            with one_transaction():
                if self._write(work, leased_until=until, progress=progress):
                    self.until = until
                    tell()

        return told

    def _write(self, work: Work, **values: Any) -> bool:
        mine = type(work)._default_manager.filter(
            pk=work.pk, state=WorkState.WORKING, leased_until=self.until
        )
        if not mine.update(**values):
            return False
        for name, value in values.items():
            setattr(work, name, value)
        return True


def leased(work: Work, *, now: datetime, limit_s: float) -> Lease | None:
    """Take work that is due, for so long; None where it is not due or somebody else has it."""
    until = now + timedelta(seconds=limit_s + SPARE_S)
    free = type(work)._default_manager.filter(due_at(now), pk=work.pk)
    with one_transaction():
        if not free.update(state=WorkState.WORKING, leased_until=until):
            return None
    work.state, work.leased_until = WorkState.WORKING, until
    return Lease(until, limit_s)


def free_all(kind: type[Work], now: datetime) -> int:
    """Let go what a process had that is gone; how many. For one that is alone when it starts."""
    working = kind._default_manager.filter(state=WorkState.WORKING)
    with one_transaction():
        return working.update(state=WorkState.DUE, due_at=now, leased_until=None)
