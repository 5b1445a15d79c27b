"""How what the listener hears is handed over to the writer, and what the writer wants of it.

The listener has no database and the writer no network: between them is one stream of MessagePack
with lengths before it, over a socket pair. A delivery is acknowledged (`Taken`) once it is
committed, and only so many may be under way: who hears faster than the database writes has to wait.
No Django here: the listener is a process that starts in a moment.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

import msgspec

from blueroom.base.errors import TryLater
from blueroom.networks.interface import Post

WINDOW = 8  # deliveries that may be under way
_LENGTH_BYTES = 4
_READ_BYTES = 1 << 18


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A channel to be listened to, from just after `cursor`. A new `attempt` begins it again.

    `known` holds the ids of posts received before, as `Listening` wants them.
    """

    channel_id: int
    network: str
    cursor: str
    session: str
    tags: list[str]
    languages: list[str]
    fields: dict[str, str]
    starts_at: datetime | None
    attempt: int = 0
    known: list[str] = []

    def is_same(self, other: Wish) -> bool:
        """Whether the other asks for the same listening, wherever it has come to."""
        return msgspec.structs.replace(self, cursor=other.cursor, known=other.known) == other


class Wanted(msgspec.Struct, frozen=True, tag=True):
    """All channels to be listened to from now on; others end."""

    wishes: list[Wish]


class Taken(msgspec.Struct, frozen=True, tag=True):
    """So many deliveries are committed."""

    deliveries: int


class Delivery(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Clean posts of a channel and where it then stands, as networks.interface.Batch says it.

    `asking` are the ids of those that ask something; the others are messages.
    """

    channel_id: int
    posts: list[Post]
    asking: set[str]
    cursor: str
    seen: int
    behind_s: float


class Said(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """How the listening on a channel goes: a value of ChannelState, and what to do about it."""

    channel_id: int
    state: str
    code: str = ""
    message: str = ""


class Beat(msgspec.Struct, frozen=True, tag=True):
    """The listener is alive."""


ToListener = Wanted | Taken
ToWriter = Delivery | Said | Beat


class LineClosed(TryLater):
    """The process at the other end is gone."""

    code: ClassVar[str] = "line_closed"
    sentence: ClassVar[str] = "The listening process ended. It is started again."


_encoder = msgspec.msgpack.Encoder()
decode_to_listener = msgspec.msgpack.Decoder(ToListener).decode
_decode_to_writer = msgspec.msgpack.Decoder(ToWriter).decode


def encode(message: ToListener | ToWriter) -> bytes:
    """The message as it goes over the line, with its length before it."""
    body = _encoder.encode(message)
    return len(body).to_bytes(_LENGTH_BYTES) + body


class WriterLine:
    """The writer's end of the line. For one thread."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        sock.setblocking(False)
        self._selector = selectors.DefaultSelector()  # select() itself knows 1,024 files
        self._selector.register(sock, selectors.EVENT_READ)
        self._unread = bytearray()
        self._unsent = bytearray()
        self.heard_s = time.monotonic()

    def put(self, message: ToListener) -> None:
        """Send; what the other end does not take now is sent at the next `put` or `get`.

        Raises:
            LineClosed: nobody is there.
        """
        self._unsent += encode(message)
        self._flush()

    def get(self, timeout_s: float) -> list[ToWriter]:
        """What has come, after waiting for the first of it for `timeout_s` at most.

        What has begun to come is waited for: a writer that lags behind gets more at once.

        Raises:
            LineClosed: nobody is there, and everything that came was given already.
        """
        self._flush()
        messages: list[ToWriter] = []
        while self._is_ready(0.0 if messages and not self._unread else timeout_s):
            self.heard_s = time.monotonic()
            is_open = self._fill()
            messages += [_decode_to_writer(body) for body in self._bodies()]
            if not is_open and not messages:
                raise LineClosed
            if not is_open or len(messages) >= WINDOW:
                break
        return messages

    def _is_ready(self, timeout_s: float) -> bool:
        """Whether there is something to read, after sending on what waits to be sent."""
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)
        self._selector.modify(self._socket, wanted)
        ready = self._selector.select(timeout_s)
        return any(events & selectors.EVENT_READ for _, events in ready)

    def close(self) -> None:
        """The other end sees the end of the stream. May be repeated."""
        self._selector.close()
        self._socket.close()

    def _flush(self) -> None:
        try:
            while self._unsent:
                del self._unsent[: self._socket.send(self._unsent)]
        except BlockingIOError:
            return
        except OSError as error:
            raise LineClosed from error

    def _fill(self) -> bool:
        """Read what is there, as much as a window of deliveries. Returns False at the end."""
        try:
            for _ in range(64):
                chunk = self._socket.recv(_READ_BYTES)
                if not chunk:
                    return False
                self._unread += chunk
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True

    def _bodies(self) -> Iterator[bytes]:
        start = 0
        view = self._unread
        while len(view) - start >= _LENGTH_BYTES:
            begin = start + _LENGTH_BYTES
            end = begin + int.from_bytes(view[start:begin])
            if end > len(view):
                break
            yield bytes(view[begin:end])
            start = end
        del view[:start]
