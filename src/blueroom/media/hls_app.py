"""Serves shelves over HTTP: `/hls/<key>/live.m3u8`, `/hls/<key>/std.m3u8`, and what they name.

Written for a cache in front (nginx with `proxy_cache_lock`, a CDN). Everything is the same for
everybody, and each address of a blocking reload names one state of the playlist: so of a thousand
players one asks us, and the cache answers the others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from blueroom.base.errors import BlueRoomError, NotAcceptable
from blueroom.media.hls import NothingNew, Shelf

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

PATH = "/hls/"
PLAYLISTS = {"live.m3u8": True, "std.m3u8": False}
# Long enough for one answer to serve all who ask at the same time, and too short to be seen.
BRIEFLY = b"public, max-age=1"
# Names are never used again.
FOR_GOOD = b"public, max-age=3600, immutable"
_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
_RANGE = re.compile(rb"bytes=([0-9]{0,15})-([0-9]{0,15})")
_OPEN_TO_ALL: Headers = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"content-length, content-range"),
    (b"x-content-type-options", b"nosniff"),
]


class StreamNotFound(NotAcceptable):
    """There is no stream at this address, or it has not begun."""

    code = "stream_not_found"
    sentence = "There is no live stream at this address, or it has not begun yet."


class SegmentNotFound(NotAcceptable):
    """No segment has this name, or it is too old."""

    code = "segment_not_found"
    sentence = "This piece of the stream is not kept any more. Load the playlist again."


class ReloadUnclear(NotAcceptable):
    """A blocking reload cannot be read."""

    code = "bad_reload"
    sentence = "_HLS_msn and _HLS_part are numbers, and _HLS_part needs _HLS_msn."


class MethodNotAllowed(NotAcceptable):
    """Streams are read only."""

    code = "method_not_allowed"
    sentence = "A stream can only be read: GET or HEAD."


class HlsApp:
    """The ASGI application. `shelves` gives the shelf of a key, None where there is none.

    A request that waits is let go within twelve seconds, also when its client has left.
    """

    def __init__(self, shelves: Callable[[str], Shelf | None]) -> None:
        self._shelves = shelves

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # nothing here is a websocket
            await send({"type": "websocket.close", "code": 1000})
            return
        if scope["method"] == "OPTIONS":
            await _answer_preflight(send)
            return
        try:
            answer = await self._answer(scope)
        except BlueRoomError as error:
            answer = _refusal(error)
        await _send(send, *answer, with_body=scope["method"] != "HEAD")

    async def _answer(self, scope: Scope) -> tuple[int, Headers, bytes]:
        if scope["method"] not in ("GET", "HEAD"):
            raise MethodNotAllowed
        key, _, name = str(scope["path"]).removeprefix(PATH).partition("/")
        shelf = self._shelves(key)
        if shelf is None:
            raise StreamNotFound
        if name in PLAYLISTS:
            return await _playlist(shelf, PLAYLISTS[name], bytes(scope["query_string"]))
        body = await shelf.part(name)
        if body is None:
            raise SegmentNotFound
        return _piece(body, scope)


async def _playlist(shelf: Shelf, low_latency: bool, query: bytes) -> tuple[int, Headers, bytes]:
    if not shelf.is_ready:
        raise StreamNotFound
    if low_latency and b"_HLS_" in query:
        await shelf.wait_for(*_read_reload(query))
    headers = [(b"content-type", b"application/vnd.apple.mpegurl"), (b"cache-control", BRIEFLY)]
    return 200, headers, shelf.playlist(low_latency).encode()


def _read_reload(query: bytes) -> tuple[int, int | None]:
    """The segment's number and the part's that a player waits for.

    Raises: ReloadUnclear.
    """
    try:
        asked = parse_qs(query.decode("ascii"), keep_blank_values=True, max_num_fields=8)
    except ValueError as error:
        raise ReloadUnclear from error
    number, part = (asked.get(name, [None])[-1] for name in ("_HLS_msn", "_HLS_part"))
    if number is None or not all(map(_NUMBER.fullmatch, (number, "0" if part is None else part))):
        raise ReloadUnclear
    return int(number), None if part is None else int(part)


def _piece(body: bytes, scope: Scope) -> tuple[int, Headers, bytes]:
    headers = [
        (b"content-type", b"video/mp4"),
        (b"cache-control", FOR_GOOD),
        (b"accept-ranges", b"bytes"),
    ]
    asked = next((value for name, value in scope["headers"] if name == b"range"), None)
    stretch = _RANGE.fullmatch(asked) if asked else None
    if stretch is None or stretch.groups() == (b"", b""):  # none, or none that we serve: the whole
        return 200, headers, body
    start, end = _read_stretch(*stretch.groups(), size=len(body))
    if start >= end:
        headers.append((b"content-range", b"bytes */%d" % len(body)))
        return 416, headers, b""
    headers.append((b"content-range", b"bytes %d-%d/%d" % (start, end - 1, len(body))))
    return 206, headers, body[start:end]


def _read_stretch(first: bytes, last: bytes, *, size: int) -> tuple[int, int]:
    """From which byte to before which, in RFC 9110's three ways: a-b, a-, and -n from the end."""
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(int(last) + 1, size) if last else size


def _refusal(error: BlueRoomError) -> tuple[int, Headers, bytes]:
    status = 400
    if isinstance(error, StreamNotFound | SegmentNotFound):
        status = 404
    elif isinstance(error, NothingNew):
        status = 503
    elif isinstance(error, MethodNotAllowed):
        status = 405
    headers = [(b"content-type", b"application/json"), (b"cache-control", BRIEFLY)]
    if status == 405:
        headers.append((b"allow", b"GET, HEAD, OPTIONS"))
    return status, headers, json.dumps({"code": error.code, "message": error.message}).encode()


async def _answer_preflight(send: Send) -> None:
    headers = [
        (b"access-control-allow-methods", b"GET, HEAD, OPTIONS"),
        (b"access-control-allow-headers", b"range"),
        (b"access-control-max-age", b"86400"),
    ]
    await _send(send, 204, headers, b"", with_body=False)


async def _send(send: Send, status: int, headers: Headers, body: bytes, *, with_body: bool) -> None:
    if status != 204:
        headers.append((b"content-length", b"%d" % len(body)))
    start = {"type": "http.response.start", "status": status, "headers": headers + _OPEN_TO_ALL}
    await send(start)
    await send({"type": "http.response.body", "body": body if with_body else b""})
