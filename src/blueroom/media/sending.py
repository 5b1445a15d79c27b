"""The page by which a browser sends: a WebSocket that takes a MediaRecorder's chunks in order.

A chunk is a number (4 bytes, big-endian, from 0 in each run of the recorder) and the recorder's
bytes. What is taken is acknowledged, so that a page whose connection broke sends on from there and
nothing is missing. Everything else is JSON, both ways; the page's end is studio/web/sender.ts.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import msgspec

from blueroom.base.errors import BlueRoomError, NotAcceptable
from blueroom.media.feeds import Run
from blueroom.media.grants import FeedUnknown, Grant
from blueroom.media.live import Live
from blueroom.media.packing_line import Way

log = logging.getLogger(__name__)
NUMBER_BYTES = 4
ACK_EVERY_S = 0.4
PAGES_MAX = 6  # of one feed
UNSENT_MAX = 200  # messages that a page does not read
# What the crew wrote has changed: the page asks for it. A notice holds no data.
MESSAGES = {"kind": "messages"}
CLOSED = 4400  # for the page: do not come back by yourself
TEXT_BYTES_MAX = 4096

Scope = Any
Receive = Any
Send = Any
Whip = Callable[[Scope, Receive, Send], Awaitable[None]]


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="hello"):
    """A recorder begins, or goes on after a lost connection, with chunk `next`."""

    recorder: str
    mime: str
    next: int = 0
    take_over: bool = False


class Look(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="look"):
    """The page wants to know how things stand; it sends nothing yet."""


class End(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="end"):
    """The recorder has ended in order."""


_read = msgspec.json.Decoder(Hello | Look | End).decode
_write = msgspec.json.Encoder().encode


class MessageUnclear(NotAcceptable):
    code = "message_unclear"
    sentence = "The page sent something we cannot read. Load it again."


class MimeRefused(NotAcceptable):
    code = "mime_refused"
    sentence = "This browser records in a form that we do not take. Use another browser."


class TooManyPages(NotAcceptable):
    code = "too_many_pages"
    sentence = "This address is open in too many places. Close some of them."


class ChunksMissing(NotAcceptable):
    """The page no longer has what is needed to go on: its recorder has to begin anew."""

    code = "chunks_missing"
    sentence = "The connection was away for too long; the recording begins anew."


def way_of(mime: str) -> Way:
    """The container of a recorder's type. Raises MimeRefused."""
    container = mime.partition(";")[0].strip().lower()
    ways: dict[str, Way] = {
        "video/webm": "webm",
        "audio/webm": "webm",
        "video/x-matroska": "webm",  # what Chromium calls H.264 in WebM
        "video/mp4": "mp4",
        "audio/mp4": "mp4",
    }
    if container not in ways:
        raise MimeRefused(mime=container[:60])
    return ways[container]


class SendingApp:
    """The ASGI application under `/feed/`. `whip` answers what is WebRTC."""

    def __init__(self, live: Live, whip: Whip | None = None) -> None:
        self._live = live
        self._whip = whip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        parts = scope["path"].split("/")
        if self._whip is not None and parts[3:4] == ["whip"]:
            await self._whip(scope, receive, send)
            return
        is_socket = scope["type"] == "websocket" and len(parts) == 4 and parts[3] == "socket"
        if not is_socket:
            await _nothing_here(scope, receive, send)
            return
        await receive()  # websocket.connect
        if not _is_own_page(scope):
            await send({"type": "websocket.close", "code": 1008})
            return
        await send({"type": "websocket.accept"})
        await SendingPage(self._live, parts[2], _language(scope), receive, send).run()


class SendingPage:
    """One open page. It is the `Sender` of the run that its chunks go to."""

    def __init__(
        self, live: Live, secret: str, language: str, receive: Receive, send: Send
    ) -> None:
        self._live = live
        self._secret = secret
        self._language = language
        self._receive = receive
        self._send = send
        self._out: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(UNSENT_MAX)
        self._run: Run | None = None
        self._acked_s = 0.0
        self._is_over = False

    # As the run and the receiver see it

    def tell(self, message: dict[str, Any]) -> None:
        """Send a message; lost where the page does not read."""
        if "code" in message:
            words = self._live.door.in_words(str(message["message"]), self._language)
            message = {**message, "message": words}
        with contextlib.suppress(asyncio.QueueFull):
            self._out.put_nowait(message)

    def end(self, code: str, sentence: str) -> None:
        """Let the page go: it is not to come back by itself where a reason is given."""
        if self._is_over:
            return
        self._is_over = True
        kind = {"kind": "refused", "code": code, "message": sentence} if code else {"kind": "bye"}
        self.tell(kind)
        with contextlib.suppress(asyncio.QueueFull):
            self._out.put_nowait(None)

    # Its life

    async def run(self) -> None:
        """Until the page or we have had enough."""
        writing = asyncio.ensure_future(self._write_out())
        grant: Grant | None = None
        try:
            grant = await self._grant()
            self._enter(grant)
            self.tell(self._live.state_of(grant))
            await self._listen()
        except BlueRoomError as error:
            self.end(error.code, str(error.message))
        finally:
            if grant is not None:
                self._live.pages[grant.feed_id].discard(self)
            if self._run is not None and self._run.sender is self:
                self._live.lose(self._run)
            if not self._is_over:
                self.end("", "")
            with contextlib.suppress(TimeoutError, Exception):
                await asyncio.wait_for(writing, 2)
            writing.cancel()

    def _enter(self, grant: Grant) -> None:
        pages = self._live.pages[grant.feed_id]
        if len(pages) >= PAGES_MAX:
            raise TooManyPages
        pages.add(self)

    async def _grant(self) -> Grant:
        grant = await self._live.ask(self._live.door.feed_of_page, self._secret)
        if grant is None:
            raise FeedUnknown
        return grant

    async def _write_out(self) -> None:
        while (message := await self._out.get()) is not None:
            await self._send({"type": "websocket.send", "text": _write(message).decode()})
        await self._send({"type": "websocket.close", "code": CLOSED})

    async def _listen(self) -> None:
        while not self._is_over:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                self._is_over = True
                return
            if (chunk := message.get("bytes")) is not None:
                await self._take(chunk)
            elif (text := message.get("text")) is not None:
                await self._hear(text)

    async def _hear(self, text: str) -> None:
        try:
            if len(text) > TEXT_BYTES_MAX:
                raise MessageUnclear
            said = _read(text)
        except msgspec.DecodeError as error:
            raise MessageUnclear from error
        match said:
            case Hello():
                await self._begin(said)
            case Look():
                self.tell(self._live.state_of(await self._grant()))
            case End():
                if self._run is not None:
                    run, self._run = self._run, None
                    run.sender = None
                    await self._live.end_feed(run)

    async def _begin(self, hello: Hello) -> None:
        """Go on with the same recorder where it was, or begin with another."""
        grant = await self._grant()
        before = self._live.run_of(grant.feed_id)
        goes_on = before is not None and before.recorder == hello.recorder and grant.may_send
        if before is not None and goes_on and hello.next <= before.next_chunk:
            before.take_up(self)
            self._run = before
            self._live.report(self._live.door.note_connected, grant.feed_id, before.way)
        else:
            if hello.next > 0:
                raise ChunksMissing
            self._run = await self._live.receive(
                grant,
                way_of(hello.mime),
                self,
                takes_over=hello.take_over or goes_on,
                recorder=hello.recorder[:64],
            )
        self.tell({"kind": "welcome", "next": self._run.next_chunk})

    async def _take(self, chunk: bytes) -> None:
        run = self._run
        if run is None or run.sender is not self:
            return  # it comes from before a takeover, or before hello
        number = int.from_bytes(chunk[:NUMBER_BYTES])
        if number == run.next_chunk:
            run.next_chunk += 1
            await run.hear(chunk[NUMBER_BYTES:])
        elif number > run.next_chunk:
            raise ChunksMissing
        at_s = time.monotonic()
        if at_s - self._acked_s > ACK_EVERY_S:
            self._acked_s = at_s
            self.tell({"kind": "ack", "next": run.next_chunk})


def _language(scope: Scope) -> str:
    """What the page speaks, by its address: `?language=fr`."""
    query: str = scope["query_string"].decode("latin-1")[:200]
    return parse_qs(query).get("language", [""])[-1]


def _is_own_page(scope: Scope) -> bool:
    """Whether the page that connects is ours: another site's would have another origin."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    origin = headers.get(b"origin", "")
    return not origin or urlsplit(origin).netloc == headers.get(b"host", "")


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    body = _write({"code": "not_found", "message": "There is nothing here."})
    start: dict[str, Literal["http.response.start"] | int | list[tuple[bytes, bytes]]] = {
        "type": "http.response.start",
        "status": 404,
        "headers": [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
        ],
    }
    await send(start)
    await send({"type": "http.response.body", "body": body})
