"""A screen's state as a plain file that any cache may keep for a second: `/now/<slug>/<screen>`.

For who cannot hold an event stream: behind a proxy that buffers, on a line that drops, or beyond
the number of streams that this host takes. One snapshot a second serves whoever asks, whatever
their number; with a cache in front one request a second comes here. Public screens only.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import logging
from dataclasses import dataclass

import msgspec

from blueroom.base import clock
from blueroom.base.errors import BlueRoomError
from blueroom.updates.asgi import Receive, Refusal, Scope, Send, refuse
from blueroom.updates.hub import TakeSnapshot
from blueroom.updates.live import PUBLIC, Authorize
from blueroom.updates.shared import Shared
from blueroom.updates.threads import DaemonThreads

logger = logging.getLogger("blueroom.updates")
PATH = "/now/"
SHARED_S = 1.0
# A cache may answer with what it has while it fetches: nobody waits for us.
CACHE_CONTROL = b"public, max-age=1, stale-while-revalidate=3"
COMPRESSED_FROM_BYTES = 1_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A state as it is sent. `at`: when it was read."""

    body: bytes
    packed: bytes
    tag: bytes
    at: bytes


class Now:
    """The ASGI application of the states."""

    def __init__(self, snapshot: TakeSnapshot, authorize: Authorize) -> None:
        self._take_snapshot = snapshot
        self._authorize = authorize
        self._kept: Shared[Kept | None] = Shared(SHARED_S)
        self._threads = DaemonThreads(2, "updates-now")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as ASGI calls it
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["method"] not in ("GET", "HEAD"):
            refusal = Refusal("method_not_allowed", "A state is read with GET.")
            await refuse(send, 405, refusal, ((b"allow", b"GET, HEAD"),))
        else:
            await self._answer(scope, send)

    async def _answer(self, scope: Scope, send: Send) -> None:
        topic = scope["path"].removeprefix(PATH)
        try:
            kept = await self._kept.get(topic, lambda: self._read(topic))
        except Exception:
            logger.exception("the state of %s could not be read", topic)
            refusal = Refusal("snapshot_failed", "The state cannot be read just now.")
            await refuse(send, 503, refusal, ((b"retry-after", b"2"),))
            return
        if kept is None:
            refusal = Refusal("unknown", "There is no such state.")
            await refuse(send, 404, refusal)
            return
        asked = dict(scope["headers"])
        headers = [
            (b"cache-control", CACHE_CONTROL),
            (b"etag", kept.tag),
            (b"vary", b"accept-encoding"),
            (b"snapshot-at", kept.at),
        ]
        if kept.tag in asked.get(b"if-none-match", b""):
            await _send(send, 304, headers, b"")
            return
        headers.append((b"content-type", b"application/json"))
        body = kept.body
        if b"gzip" in asked.get(b"accept-encoding", b"") and kept.packed:
            headers.append((b"content-encoding", b"gzip"))
            body = kept.packed
        headers.append((b"content-length", b"%d" % len(body)))
        await _send(send, 200, headers, b"" if scope["method"] == "HEAD" else body)

    async def _read(self, topic: str) -> Kept | None:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._fetch, topic)

    def _fetch(self, topic: str) -> Kept | None:
        """The state as it is now; None where there is none, or not for everybody."""
        at = clock.now()
        try:
            grant = self._authorize(topic, "", {})
        except BlueRoomError:
            return None
        if grant is None or grant.subject != PUBLIC:
            return None
        state = self._take_snapshot(topic)
        if state is None:
            return None
        body = msgspec.json.encode(state)
        packed = gzip.compress(body, 6) if len(body) >= COMPRESSED_FROM_BYTES else b""
        tag = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
        return Kept(body, packed, tag.encode(), clock.to_text(at).encode())


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
