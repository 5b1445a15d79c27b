"""A bounded log of one topic's messages, which any number of readers follow by a number."""

from __future__ import annotations

from collections import deque

LIMIT_MESSAGES = 512
LIMIT_BYTES = 1 << 20


class Ring:
    """The newest messages of a topic, each encoded once and numbered.

    A position is the number of the last message a reader has; readers keep it, the ring does not
    know them. So a reader that does not read costs nothing here, and falls out in the end.
    """

    __slots__ = ("_joined", "_limit_bytes", "_limit_messages", "_messages", "head", "size_bytes")

    def __init__(
        self,
        *,
        start: int = 0,
        limit_messages: int = LIMIT_MESSAGES,
        limit_bytes: int = LIMIT_BYTES,
    ) -> None:
        self.head = start
        self.size_bytes = 0
        self._limit_messages = limit_messages
        self._limit_bytes = limit_bytes
        self._messages: deque[bytes] = deque()
        self._joined: tuple[int, int, bytes] | None = None

    def append(self, message: bytes) -> int:
        """The number that `message` got; the oldest messages go when the ring is full."""
        self._messages.append(message)
        self.head += 1
        self.size_bytes += len(message)
        while self._messages and (
            len(self._messages) > self._limit_messages or self.size_bytes > self._limit_bytes
        ):
            self.size_bytes -= len(self._messages.popleft())
        return self.head

    def forget(self) -> None:
        """Drop every message, so that no position handed out so far is held any more."""
        self._messages.clear()
        self._joined = None
        self.size_bytes = 0
        self.head += 1

    def holds(self, position: int) -> bool:
        """Whether everything after `position` is still here."""
        return self.head - len(self._messages) <= position <= self.head

    def since(self, position: int) -> bytes:
        """Every message after `position`, in order, as one piece. `holds(position)` must be so."""
        # Thousands of readers ask from the same position in a row: join once for all of them.
        joined = self._joined
        if joined is None or joined[:2] != (position, self.head):
            missing = self.head - position
            newest = [self._messages[index] for index in range(-missing, 0)]
            self._joined = joined = (position, self.head, b"".join(newest))
        return joined[2]
