"""One answer for all who ask the same at nearly the same time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")

MOST_KEPT = 1000


class Shared(Generic[T]):
    """Answers by key, each asked for once, shared while it is on its way and `for_s` from then.

    A failure is shared like an answer.
    """

    def __init__(self, for_s: float) -> None:
        self._for_s = for_s
        self._asked: dict[str, tuple[float, asyncio.Future[T]]] = {}

    async def get(self, key: str, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer for `key`; raises what `ask` raised."""
        known = self._asked.get(key)
        if known is None or (known[1].done() and time.monotonic() - known[0] > self._for_s):
            if len(self._asked) >= MOST_KEPT:
                self._asked.clear()
            known = self._asked[key] = (time.monotonic(), asyncio.ensure_future(ask()))
        # Shielded: who gives up waiting does not take the answer from the others.
        return await asyncio.shield(known[1])
