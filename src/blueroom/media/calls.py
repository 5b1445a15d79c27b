"""WebRTC over HTTP: WHIP by a feed's own address, WHEP for the crew's monitors.

A call is one POST of an offer and the answer to it; everything after that is UDP, in the process of
`media.webrtc`. Addresses: RFC 9725 (WHIP) and draft-ietf-wish-whep; both read 2026-11.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import Any

import msgspec

from blueroom.base.errors import BlueRoomError, NotAcceptable
from blueroom.media.feeds import Run
from blueroom.media.grants import FeedUnknown, Grant
from blueroom.media.live import Live
from blueroom.media.packing_line import Frame as PackerFrame
from blueroom.media.webrtc.line import NotInstalled, OfferNotTaken, WebRtc, WebRtcFailed
from blueroom.media.webrtc.wire import FeedChanged, Figures, Frame, KeyWanted, Viewers

log = logging.getLogger(__name__)
OFFER_BYTES_MAX = 64 * 1024
OFFER_WITHIN_S = 10.0
ADDRESSES_MAX = 1000
ANSWERS = {OfferNotTaken: 406, WebRtcFailed: 503, NotInstalled: 501, FeedUnknown: 404}
_encode = msgspec.json.Encoder().encode

Scope = Any
Receive = Any
Send = Any


class MonitorUnknown(NotAcceptable):
    code = "monitor_unknown"
    sentence = "Nobody sends by this feed now."


class OfferTooLarge(NotAcceptable):
    code = "offer_too_large"
    sentence = "This is no offer of a browser."


class Caller:
    """Whoever sends by WebRTC, as a run's `Sender`."""

    def __init__(self, calls: Calls, resource: str) -> None:
        self._calls = calls
        self.resource = resource

    def end(self, code: str, sentence: str) -> None:  # noqa: ARG002 - a connection says nothing
        """Close the connection. May be repeated."""
        self._calls.hang_up(self.resource)


class Calls:
    """All WebRTC of this process. Its child is started when somebody first calls."""

    def __init__(self, live: Live, *, hosts: list[str]) -> None:
        self._live = live
        self._hosts = hosts
        self._rtc: WebRtc | None = None
        self._starting = asyncio.Lock()
        self._callers: dict[str, Caller] = {}  # by feed
        self._addresses: dict[str, str] = {}  # what DELETE names, and the resource
        live.on_monitor = self._show

    async def close(self) -> None:
        """End all calls. May be repeated."""
        if self._rtc is not None:
            await self._rtc.close()

    def hang_up(self, resource: str) -> None:
        """End one call."""
        if self._rtc is not None:
            self._live.spawn(self._rtc.end(resource))

    # HTTP

    async def whip(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`/feed/<secret>/whip`: POST an offer to send, DELETE what Location said."""
        parts = scope["path"].split("/")

        async def begin(offer: str) -> tuple[str, str]:
            grant = await self._live.ask(self._live.door.feed_of_page, parts[2])
            if grant is None:
                raise FeedUnknown
            return await self._take(grant, offer, takes_over=b"take_over" in scope["query_string"])

        await self._answer(scope, receive, send, begin, f"/feed/{parts[2]}/whip/")

    async def whep(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`/monitor/<key>/whep`: POST an offer to watch, DELETE what Location said."""
        parts = scope["path"].split("/")

        async def begin(offer: str) -> tuple[str, str]:
            run = self._live.run_on_monitor(parts[2]) if len(parts) > 3 else None
            if run is None:
                raise MonitorUnknown
            answer = await (await self._started()).offer_out(run.feed, offer)
            return answer.sdp, answer.resource

        await self._answer(scope, receive, send, begin, f"/monitor/{parts[2]}/whep/")

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, begin: Any, address: str
    ) -> None:
        try:
            if scope["type"] != "http":
                await send({"type": "websocket.close", "code": 1008})
            elif scope["method"] == "POST":
                sdp, resource = await begin(await _read_offer(receive))
                name = self._name(resource)
                await _send(send, 201, sdp.encode(), b"application/sdp", address + name)
            elif scope["method"] == "DELETE":
                resource = self._addresses.pop(scope["path"].rpartition("/")[2], "")
                self.hang_up(resource)
                await _send(send, 200, b"", b"application/json")
            else:
                await _send(send, 405, _refusal("method_not_allowed", "POST or DELETE."))
        except BlueRoomError as error:
            status = next((n for kind, n in ANSWERS.items() if isinstance(error, kind)), 409)
            code = error.reason if isinstance(error, OfferNotTaken) else error.code
            await _send(send, status, _refusal(code, str(error.message)))

    def _name(self, resource: str) -> str:
        """What stands for a call in its address; the oldest of too many are forgotten."""
        name = secrets.token_urlsafe(12)
        self._addresses[name] = resource
        if len(self._addresses) > ADDRESSES_MAX:
            del self._addresses[next(iter(self._addresses))]
        return name

    # Calls

    async def _started(self) -> WebRtc:
        async with self._starting:
            if self._rtc is None:
                self._rtc = await WebRtc.start(hosts=self._hosts)
                self._live.spawn(self._listen(self._rtc))
            return self._rtc

    async def _take(self, grant: Grant, offer: str, *, takes_over: bool) -> tuple[str, str]:
        rtc = await self._started()
        feed = str(grant.feed_id)
        answer = await rtc.offer_in(feed, offer)
        caller = Caller(self, answer.resource)
        try:
            await self._live.receive(grant, "frames", caller, takes_over=takes_over)
        except BlueRoomError:
            caller.end("", "")
            raise
        self._callers[feed] = caller
        return answer.sdp, answer.resource

    def _run(self, feed: str) -> Run | None:
        """The run of a feed that comes in by WebRTC."""
        run = self._live.run_of(int(feed))
        return run if run is not None and run.way == "frames" else None

    async def _listen(self, rtc: WebRtc) -> None:
        async for news in rtc.messages():
            match news:
                case Frame(feed=feed, kind=kind, data=data, at_s=at_s):
                    if run := self._run(feed):
                        run.note_heard()
                        run.packer.frame(kind, data, at_s)
                case FeedChanged(feed=feed, resource=resource, state="ended", code=code):
                    self._lost(feed, resource, code)
                case Viewers(feed=feed, count=count):
                    run = self._live.run_of(int(feed))
                    if run is not None and run.way != "frames":
                        run.packer.monitor(count > 0)
                case FeedChanged() | Figures() | KeyWanted():
                    pass

    def _lost(self, feed: str, resource: str, code: str) -> None:
        caller, run = self._callers.get(feed), self._run(feed)
        if caller is None or run is None or caller.resource != resource or run.sender is not caller:
            return
        run.sender = None
        sentence = "" if code in ("stopped", "left") else "The WebRTC connection ended."
        self._live.spawn(
            self._live.end_feed(run, code=f"webrtc_{code}" if sentence else "", sentence=sentence)
        )

    def want_key(self, feed_id: int) -> None:
        """Ask a sender for a key frame; nothing where the feed comes in another way."""
        if self._rtc is not None and self._run(str(feed_id)) is not None:
            self._rtc.want_key(str(feed_id))

    def _show(self, run: Run, frame: PackerFrame) -> None:
        if self._rtc is not None:
            self._rtc.feed_frame(
                run.feed, frame.data, frame.at_s, is_key=frame.is_key, kind=frame.kind
            )


async def _read_offer(receive: Receive) -> str:
    body: bytes = b""
    async with asyncio.timeout(OFFER_WITHIN_S):
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > OFFER_BYTES_MAX:
                raise OfferTooLarge
            if not message.get("more_body") or message["type"] == "http.disconnect":
                return body.decode(errors="replace")


def _refusal(code: str, sentence: str) -> bytes:
    return _encode({"code": code, "message": sentence})


async def _send(
    send: Send,
    status: int,
    body: bytes,
    media_type: bytes = b"application/json",
    location: str = "",
) -> None:
    headers = [
        (b"content-type", media_type),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]
    if location:
        headers.append((b"location", location.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
