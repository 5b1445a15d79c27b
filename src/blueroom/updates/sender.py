"""How a process other than the serving one announces: by announcements that may get lost.

One that is too large, or that the way does not take now, becomes the word that the topic is
stale: small, tried again until it is through, and answered by the hub with a new snapshot.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

import msgspec

from blueroom.updates.announcement import Announcement, announcement_of

logger = logging.getLogger("blueroom.updates")

LARGEST_BYTES = 100 * 1024  # Linux takes datagrams up to net.core.wmem_default, 208 kB
TRIED_AGAIN_S = 0.3


class Sender:
    """An announcer whose announcements go out by `_send`; for any thread."""

    def __init__(self) -> None:
        self._owed: set[str] = set()
        self._lock = threading.Lock()
        self._payer: threading.Timer | None = None

    def announce(
        self, topic: str, changes: Sequence[msgspec.Struct], *, at_once: bool = False
    ) -> None:
        """Tell the hub; returns in a quarter of a second at most, whatever the hub does."""
        announcement = announcement_of(topic, changes, at_once=at_once)
        encoded = msgspec.json.encode(announcement)
        if len(encoded) > LARGEST_BYTES:
            encoded = _stale(topic)
        if not self._send(encoded):
            self._owe(topic)

    def _send(self, encoded: bytes) -> bool:
        """Send it; False when it did not get through and may later."""
        raise NotImplementedError

    def _owe(self, topic: str) -> None:
        with self._lock:
            self._owed.add(topic)
            if self._payer is None:
                self._payer = threading.Timer(TRIED_AGAIN_S, self._pay)
                self._payer.daemon = True
                self._payer.start()

    def _pay(self) -> None:
        with self._lock:
            owed, self._owed, self._payer = self._owed, set(), None
        for topic in owed:
            if not self._send(_stale(topic)):
                self._owe(topic)


def _stale(topic: str) -> bytes:
    return msgspec.json.encode(Announcement(topic, is_stale=True))
