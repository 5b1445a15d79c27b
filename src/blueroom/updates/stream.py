"""One open event stream: where its bytes go."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from blueroom.updates.asgi import Message, Send

try:
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
except ImportError:  # it does without httptools on Windows
    RequestResponseCycle = None  # type: ignore[assignment, misc]

PUBLIC = "public"

# What waits in memory for a client that does not read is its connection's buffer (64 KiB, then
# the server says stop) and one piece more.
PIECE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Grant:
    """The right of `subject` ("person:3", "link:7", "public") to follow `topic`.

    `expires_at` (aware) is when the stream must end at the latest; None: while it is allowed.
    """

    subject: str
    topic: str
    expires_at: datetime | None = None


class Piece:
    """Whole messages on their way to many streams: wrapped, and framed for HTTP, once for all."""

    __slots__ = ("body", "frame", "message")

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.message = _part(body)
        self.frame = b"%x\r\n%b\r\n" % (len(body), body)


class Stream:
    """A client's connection. It holds no messages and, while it keeps up, no task."""

    __slots__ = ("_cycle", "_is_inside_message", "_send", "errand", "grants", "holder", "is_over")

    def __init__(self, send: Send, grants: tuple[Grant, ...], holder: str) -> None:
        self._send = send
        self._cycle = _cycle_of(send)
        self.grants = grants
        self.holder = holder
        self.errand: asyncio.Task[None] | None = None
        self.is_over = False
        self._is_inside_message = False

    def push(self, piece: Piece) -> bool:
        """Write `piece` now; False, and nothing written, when the client has to be waited for.

        Where uvicorn serves with httptools, the frame goes straight into the connection's buffer,
        as its `send` would write it: 10,000 streams are told in 3 ms of Python instead of 33.
        Other `send`s suspend only, before they write, while that buffer is full. So one step either
        is the whole of it, or can be dropped, and spares a task switch for each client.
        """
        cycle = self._cycle
        if cycle is not None and cycle.chunked_encoding:
            if cycle.disconnected:
                return True
            if cycle.flow.write_paused:
                return False
            cycle.transport.write(piece.frame)
            return True
        step = self._send(piece.message)
        try:
            step.send(None)
        except StopIteration:
            return True
        step.close()
        return False

    async def send(self, body: bytes) -> None:
        """Write whole messages piece by piece, waiting for the client to read."""
        for start in range(0, len(body), PIECE_BYTES):
            await self._send(_part(body[start : start + PIECE_BYTES]))
            self._is_inside_message = start + PIECE_BYTES < len(body)

    async def finish(self, bye: bytes) -> None:
        """Write `bye` and end the response, as soon as the client reads what is before it."""
        last = b"" if self._is_inside_message else bye
        await self._send({"type": "http.response.body", "body": last, "more_body": False})


def _cycle_of(send: Send) -> Any:
    """The answer under way that `send` is of; None where it is another server's, or wrapped."""
    owner = getattr(send, "__self__", None)
    is_known = RequestResponseCycle is not None and isinstance(owner, RequestResponseCycle)
    return owner if is_known else None


def _part(body: bytes) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": True}
