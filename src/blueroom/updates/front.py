"""The front of the process: event streams here, what is mounted to its own application, everything
else to Django in threads.

Under ASGI Django would keep a thread for each open stream and spend 13 times the CPU on a page;
behind a2wsgi it is plain WSGI in a fixed pool. This file keeps slow clients away from that pool.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

import msgspec
from a2wsgi import WSGIMiddleware

from blueroom.base.errors import NotAcceptable
from blueroom.updates.announcement import Taker
from blueroom.updates.asgi import App, Message, Receive, Refusal, Scope, Send, refuse
from blueroom.updates.body import (
    Body,
    BodyLost,
    BodyTooLarge,
    BodyTooSlow,
    drain,
    read_body,
)
from blueroom.updates.live import Live
from blueroom.updates.request import PATH
from blueroom.updates.threads import DaemonThreads

access_logger = logging.getLogger("blueroom.access")

WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# So many pieces of an answer wait for a slow client before its thread does. Pages are one piece,
# files come in pieces of 4 to 64 kB.
ANSWER_PIECES = 256
ANSWER_PAUSE_S = 30.0
LONGEST_LOGGED_SEGMENT = 20


class Door(Protocol):
    """A way by which announcements of other processes come in."""

    def open(self, hub: Taker) -> None:
        """Begin to hand announcements to the hub, in the running loop."""

    async def close(self) -> None:
        """End what `open` began."""


@dataclass(frozen=True, slots=True)
class Pages:
    """How pages are served: threads, requests that may wait for one, the bodies they take.

    As many bodies may be on their way in as requests may wait.
    """

    threads: int = 8
    waiting: int = 256
    body_limit_bytes: int = 12 * 1024 * 1024
    body_within_s: float = 60.0


class Front:
    """The ASGI application that the server runs.

    `mounts` are applications by the beginning of the paths that are theirs ("/hls/"): they answer
    in the event loop, websockets too, and never keep it waiting. `let_go` is called when the server
    begins to stop: requests that wait for something in a mount shall be answered.
    """

    def __init__(
        self,
        live: Live,
        wsgi: WSGIApplication,
        *,
        pages: Pages | None = None,
        doors: Sequence[Door] = (),
        mounts: Mapping[str, App] | None = None,
        let_go: Callable[[], None] = lambda: None,
    ) -> None:
        self.live = live
        self._let_go = let_go
        self._mounts = dict(mounts or {})
        self._pages = pages or Pages()
        self._doors = doors
        self._coming_in = 0
        self._inside = 0

        def with_body(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            # a2wsgi's own body asks the loop for each piece, reads a lost connection as the
            # end of the body, and answers readline(limit) with nothing (1.10.10, wsgi.Body).
            environ["wsgi.input"] = environ["asgi.scope"]["blueroom.body"]
            return wsgi(environ, start_response)

        middleware: Any = WSGIMiddleware(
            with_body,  # type: ignore[arg-type] # a2wsgi types environ as a TypedDict of its own
            send_queue_size=ANSWER_PIECES,
        )
        middleware.executor = DaemonThreads(self._pages.threads, "pages")
        self._wsgi = middleware

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live_through(receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(PATH):
            log_request(scope, "stream")
            await self.live(scope, receive, send)
        elif mounted := self._mounted(scope["path"]):
            await mounted(scope, receive, send)
        elif scope["type"] == "http":
            await self._page(scope, receive, send)
        else:  # no page is a websocket
            await send({"type": "websocket.close", "code": 1000})

    def begin_to_stop(self) -> None:
        """Close the streams and let go whoever waits; both would hold the end up."""
        self.live.close_all("shutdown")
        self._let_go()

    def _mounted(self, path: str) -> App | None:
        return next((app for begin, app in self._mounts.items() if path.startswith(begin)), None)

    async def _live_through(self, receive: Receive, send: Send) -> None:
        await receive()
        self.live.start()
        for door in self._doors:
            door.open(self.live.hub)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for door in self._doors:
            await door.close()
        self.live.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _Answer(scope, send)
        if self._coming_in >= self._pages.waiting:
            await _refuse_busy(answer)
            return
        self._coming_in += 1
        try:
            body = await read_body(
                scope,
                receive,
                limit_bytes=self._pages.body_limit_bytes,
                within_s=self._pages.body_within_s,
            )
        except BodyTooLarge as error:
            await _refuse_and_close(answer, 413, error, meanwhile=drain(receive))
            return
        except BodyTooSlow as error:
            await _refuse_and_close(answer, 408, error)
            return
        except BodyLost:
            return
        finally:
            self._coming_in -= 1
        with body:
            await self._serve(scope, body, receive, answer)

    async def _serve(self, scope: Scope, body: Body, receive: Receive, answer: _Answer) -> None:
        if self._inside >= self._pages.threads + self._pages.waiting:
            await _refuse_busy(answer)
            return
        self._inside += 1
        try:
            await self._wsgi(_for_wsgi(scope, body), receive, answer)
        finally:
            self._inside -= 1


class _Answer:
    """The way back to the client; it gives up on one that reads nothing for half a minute.

    It never raises for that: a2wsgi's thread would wait for ever for the sender that died.
    """

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._is_lost = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            log_request(self._scope, message["status"])
        if self._is_lost:
            return
        try:
            async with asyncio.timeout(ANSWER_PAUSE_S):
                await self._send(message)
        except TimeoutError:
            self._is_lost = True


def log_request(scope: Scope, outcome: object) -> None:
    """Log a request without what may be secret: its query and the long segments of its path."""
    if access_logger.isEnabledFor(logging.INFO):
        path = "/".join(map(_masked, scope["path"].split("/")))
        client = scope.get("client") or ("-",)
        # Quoted: a decoded path may hold line ends that would forge a line of the log.
        access_logger.info("%s %s %s %s", client[0], scope["method"], quote(path), outcome)


def _masked(segment: str) -> str:
    return segment if len(segment) < LONGEST_LOGGED_SEGMENT else f"{segment[:4]}~"


def _for_wsgi(scope: Scope, body: Body) -> Scope:
    body.seek(0, 2)
    size_bytes = body.tell()
    body.seek(0)
    headers = [
        (name, value)
        for name, value in scope["headers"]
        # "X_Forwarded_For" would become the same WSGI variable as "X-Forwarded-For".
        if b"_" not in name and name not in (b"content-length", b"transfer-encoding")
    ]
    if size_bytes:
        headers.append((b"content-length", b"%d" % size_bytes))
    return {**scope, "headers": headers, "blueroom.body": body}


async def _refuse_busy(send: _Answer) -> None:
    refusal = Refusal("busy", "Too many requests wait. Try again shortly.")
    await refuse(send, 503, refusal, ((b"retry-after", b"2"), (b"connection", b"close")))


async def _refuse_and_close(
    send: _Answer, status: int, error: NotAcceptable, *, meanwhile: Awaitable[None] | None = None
) -> None:
    """Answer before the body is read; close after `meanwhile`, so that the client sees it."""
    body = msgspec.json.encode(Refusal(error.code, error.message))
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    if meanwhile is not None:
        await meanwhile
    await send({"type": "http.response.body", "body": b""})
