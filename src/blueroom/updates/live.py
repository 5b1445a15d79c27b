"""The event streams: `/live/<slug>/<screen>`, bare ASGI, in front of Django.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html. A stream that keeps up
costs its connection, an integer for each topic, and a coroutine that waits for the disconnect.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from blueroom.base import clock
from blueroom.base.errors import BlueRoomError, NotAcceptable, TryLater
from blueroom.updates.asgi import Receive, Refusal, Scope, Send, refuse
from blueroom.updates.hub import Hub
from blueroom.updates.message import OPENING
from blueroom.updates.request import Asked, RequestUnclear, read_asked, read_headers
from blueroom.updates.shared import Shared
from blueroom.updates.stream import PUBLIC, Grant, Stream
from blueroom.updates.threads import DaemonThreads

__all__ = ["PUBLIC", "Grant", "Limits", "Live"]

logger = logging.getLogger("blueroom.updates")

Authorize = Callable[[str, str, Mapping[str, str]], Grant | None]
StillAllowed = Callable[[set[tuple[str, str]]], set[tuple[str, str]]]

CHECK_EVERY_S = 1.0
# So long may the check itself fail before the private streams end: nobody knows their rights.
UNCHECKED_AT_MOST_S = 10.0
PUBLIC_ANSWER_SHARED_S = 1.0

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


@dataclass(frozen=True, slots=True)
class Limits:
    """How many streams may be open: in all, of one private subject, of one public address.

    Loopback addresses are not counted: there everyone is behind a proxy of this host.
    """

    streams: int = 12_000
    per_subject: int = 40
    per_address: int = 2_000


class TopicUnknown(NotAcceptable):
    """There is no such session or screen."""

    code = "unknown"
    sentence = "There is no such stream."


class StreamsFull(TryLater):
    """As many streams are open as the setting allows."""

    code = "streams_full"
    sentence = "Too many streams are open. Try again shortly."


class TooManyStreams(TryLater):
    """One person, link or address holds as many streams as it may."""

    code = "too_many_streams"
    sentence = "Too many streams are open from here. Close some."


class ServerStops(TryLater):
    """The server is on its way out."""

    code = "shutdown"
    sentence = "The server stops. Try again shortly."


class AuthorizeFailed(TryLater):
    """Whether the stream is allowed could not be found out; the log says why."""

    code = "authorize_failed"
    sentence = "The right to this stream cannot be checked just now."


class Live:
    """The ASGI application of the event streams."""

    def __init__(
        self,
        hub: Hub,
        *,
        authorize: Authorize,
        still_allowed: StillAllowed,
        limits: Limits | None = None,
    ) -> None:
        self.hub = hub
        self._authorize = authorize
        self._still_allowed = still_allowed
        self._limits = limits or Limits()
        self._public_answers: Shared[Grant | None] = Shared(PUBLIC_ANSWER_SHARED_S)
        self._open_count = 0
        self._by_holder: Counter[str] = Counter()
        self._watched: set[Stream] = set()
        # A thread of its own: a revoked right must not wait behind slow snapshots.
        self._check_thread = DaemonThreads(1, "updates-rights")
        self._check_task: asyncio.Task[None] | None = None
        self._is_closing = False

    def start(self) -> None:
        """Begin to check rights, in the running loop."""
        self.hub.start()
        self._check_task = asyncio.get_running_loop().create_task(self._check_rights())

    def stop(self) -> None:
        """End what `start` began."""
        if self._check_task is not None:
            self._check_task.cancel()
        self._check_thread.shutdown(wait=False)
        self.hub.stop()

    def close_all(self, reason: str = "shutdown") -> None:
        """Say bye to every stream and open none any more."""
        self._is_closing = True
        for stream in list(self.hub.streams):
            self.hub.end(stream, reason)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            refusal = Refusal("method_not_allowed", "A stream is opened with GET.")
            await refuse(send, 405, refusal, ((b"allow", b"GET"),))
            return
        # What is local here is kept as long as the stream: nothing but the stream.
        stream = await self._open(scope, send)
        if stream is None:
            return
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self._close(stream)

    async def _open(self, scope: Scope, send: Send) -> Stream | None:
        """The stream, begun; None when it was refused, and the refusal sent."""
        topic = ""
        try:
            self._see_to_room()
            headers = read_headers(scope)
            asked = read_asked(scope, headers)
            grants, positions = [], []
            for one in asked:
                topic = one.topic
                grants.append(await self._grant(one, headers))
                position = self.hub.position_of(topic, one.after)
                if not await self.hub.prepare(topic, position):
                    raise TopicUnknown
                positions.append((topic, position))
            stream = self._count_in(send, tuple(grants), scope)
        except BlueRoomError as error:
            await self._refuse(send, error, topic)
            return None
        # The server keeps the scope as long as the stream: a browser's headers are 1 or 2 kB,
        # and the query holds the ticket.
        scope["headers"].clear()
        scope["query_string"] = b""
        try:
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            await send({"type": "http.response.body", "body": OPENING, "more_body": True})
        except BaseException:
            self._close(stream)
            raise
        if self._is_closing:
            self.hub.end(stream, "shutdown")
        else:
            self.hub.join(stream, positions)
        return stream

    async def _grant(self, asked: Asked, headers: Mapping[str, str]) -> Grant:
        """Raises: what `authorize` raised, TopicUnknown or AuthorizeFailed."""
        if self.hub.at_hand(asked.topic) is not None:
            return Grant(PUBLIC, asked.topic)
        if asked.ticket or "authorization" in headers:
            grant = await self._ask(asked.topic, asked.ticket, headers)
        else:
            # 10,000 phones come back at once: what none of them can change is asked once.
            grant = await self._public_answers.get(
                asked.topic, lambda: self._ask(asked.topic, "", {})
            )
        if grant is None:
            raise TopicUnknown
        return grant

    async def _ask(self, topic: str, ticket: str, headers: Mapping[str, str]) -> Grant | None:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(
                self.hub.threads, self._authorize, topic, ticket, headers
            )
        except BlueRoomError:
            raise
        except Exception as error:
            logger.exception("the right to %s could not be checked", topic)
            raise AuthorizeFailed(retry_after_s=2) from error

    def _see_to_room(self) -> None:
        """Raises: ServerStops or StreamsFull."""
        if self._is_closing:
            raise ServerStops(retry_after_s=2)
        if self._open_count >= self._limits.streams:
            raise StreamsFull(retry_after_s=10)

    def _count_in(self, send: Send, grants: tuple[Grant, ...], scope: Scope) -> Stream:
        """Count the stream in. Raises: ServerStops, StreamsFull or TooManyStreams."""
        self._see_to_room()
        stream = Stream(send, grants, _holder(grants, scope))
        limit = self._limits
        most = limit.per_address if stream.holder.startswith("@") else limit.per_subject
        if stream.holder != "@" and self._by_holder[stream.holder] >= most:
            raise TooManyStreams(retry_after_s=10)
        self._open_count += 1
        self._by_holder[stream.holder] += 1
        if any(grant.subject != PUBLIC or grant.expires_at for grant in grants):
            self._watched.add(stream)
        return stream

    def _close(self, stream: Stream) -> None:
        self.hub.leave(stream)
        self._watched.discard(stream)
        self._open_count -= 1
        self._by_holder[stream.holder] -= 1
        if not self._by_holder[stream.holder]:
            del self._by_holder[stream.holder]

    async def _refuse(self, send: Send, error: BlueRoomError, topic: str) -> None:
        self.hub.figures.refused[error.code] += 1
        headers: tuple[tuple[bytes, bytes], ...] = ()
        if isinstance(error, TryLater):
            headers = ((b"retry-after", b"%d" % (error.retry_after_s or 5)),)
        refusal = Refusal(error.code, error.message, topic)
        await refuse(send, _status_of(error), refusal, headers)

    async def _check_rights(self) -> None:
        checked_s = time.monotonic()
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            self._end_expired()
            try:
                await self._end_forbidden()
                checked_s = time.monotonic()
            except Exception:
                logger.exception("the rights of open streams could not be checked")
                if time.monotonic() - checked_s > UNCHECKED_AT_MOST_S:
                    for stream in list(self._watched):
                        self.hub.end(stream, "closed")

    def _end_expired(self) -> None:
        now = clock.now()
        for stream in list(self._watched):
            if any(grant.expires_at and grant.expires_at <= now for grant in stream.grants):
                self.hub.end(stream, "closed")

    async def _end_forbidden(self) -> None:
        open_now = {
            (grant.subject, grant.topic)
            for stream in self._watched
            for grant in stream.grants
            if grant.subject != PUBLIC
        }
        if not open_now:
            return
        loop = asyncio.get_running_loop()
        lost = await loop.run_in_executor(self._check_thread, self._still_allowed, open_now)
        if not lost:
            return
        for stream in list(self._watched):
            for grant in stream.grants:
                if (grant.subject, grant.topic) in lost:
                    self.hub.end(stream, "forbidden", grant.topic)


def _holder(grants: tuple[Grant, ...], scope: Scope) -> str:
    """Who is counted for a stream: the private subject, else "@" and the address."""
    for grant in grants:
        if grant.subject != PUBLIC:
            return grant.subject
    client: tuple[Any, ...] | None = scope.get("client")
    address = str(client[0]) if client else ""
    try:
        is_near = ipaddress.ip_address(address).is_loopback
    except ValueError:
        is_near = True  # A UNIX socket: a proxy of this host.
    return "@" if is_near else f"@{address}"


def _status_of(error: BlueRoomError) -> int:
    match error:
        case RequestUnclear():
            return 400
        case TopicUnknown():
            return 404
        case TooManyStreams():
            return 429
        case TryLater():
            return 503
        case _:
            return 403
