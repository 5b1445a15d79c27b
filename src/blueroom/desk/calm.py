"""What is made when somebody asks for it, and then no more often than every ten seconds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

CALM = timedelta(seconds=10)
MOST_KEPT = 8

Key = TypeVar("Key", bound=Hashable)
Maker = TypeVar("Maker")
Made = TypeVar("Made")


class _One(Generic[Maker, Made]):
    """What makes one thing, and what it made last."""

    def __init__(self, maker: Maker) -> None:
        self.maker = maker
        self.turn = threading.Lock()
        self.made_at = datetime.min.replace(tzinfo=UTC)
        self.made: Made | None = None


class Calmly(Generic[Key, Maker, Made]):
    """The things that were asked for last, in this process. For several threads at once."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._kept: OrderedDict[Key, _One[Maker, Made]] = OrderedDict()

    def of(
        self,
        key: Key,
        begin: Callable[[], Maker],
        make: Callable[[Maker], Made],
        *,
        now: datetime,
    ) -> Made:
        """The thing of this key, ten seconds old at most; while another thread makes a newer one,
        the last one. `begin` gives what goes on from one time to the next."""
        with self._turn:
            one = self._kept.pop(key, None) or _One[Maker, Made](begin())
            self._kept[key] = one
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        last = one.made
        if not one.turn.acquire(blocking=last is None) and last is not None:
            return last
        try:
            if one.made is None or now - one.made_at >= CALM:
                one.made, one.made_at = make(one.maker), now
            return one.made
        finally:
            one.turn.release()
