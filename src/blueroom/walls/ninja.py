"""A WebSocket that speaks as the server of Social Stream Ninja does, so that its overlays show what
our desk puts on air: `/ninja/<secret of a wall>`.

An overlay opens the socket and says which room and channel it joins; from then on it is sent one
message for each question on air, and `{"action": "clear"}` when nothing is. Here the secret names
the room, and what is joined changes nothing. Source: "Connecting to the API Server" in
https://github.com/steveseguin/social_stream/blob/main/api.md, read 2026-11-26.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from blueroom.desk.wire import Card
from blueroom.updates.asgi import App, Message, Receive, Scope, Send
from blueroom.updates.slate import SCREEN as SLATE
from blueroom.updates.threads import DaemonThreads
from blueroom.walls.feed import NINJA_CLEAR, ninja_message

log = logging.getLogger(__name__)
PATH = "/ninja/"
WAITING_AT_MOST = (
    256  # pieces of a stream; a socket that is so far behind is closed, and comes back
)
POLICY_VIOLATION, TRY_AGAIN_LATER = 1008, 1013  # RFC 6455, section 7.4.1, and its registry

OpenStream = Callable[[str], str | None]


class Ninja:
    """The ASGI application. `live` serves our own event streams; `open_stream` gives the address
    of a wall's, with a ticket, by the wall's secret, or None. It may wait: it runs in a thread."""

    def __init__(self, live: App, open_stream: OpenStream) -> None:
        self._live = live
        self._open_stream = open_stream
        self._threads = DaemonThreads(2, "ninja")  # they may hang with the database

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await send({"type": "http.response.start", "status": 426, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await receive()  # websocket.connect
        secret = str(scope["path"]).removeprefix(PATH).split("/")[0]
        try:
            loop = asyncio.get_running_loop()
            address = await loop.run_in_executor(self._threads, self._open_stream, secret)
        except Exception:  # the outer edge: the database may be away
            log.exception("an overlay could not be let in")
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": TRY_AGAIN_LATER})
            return
        if address is None:
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        await send({"type": "websocket.accept"})
        follower = _Follower(scope, address)
        reading = asyncio.create_task(_read(receive))
        telling = asyncio.create_task(self._tell(follower, send))
        try:
            await asyncio.wait({reading, telling}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (reading, telling):
                task.cancel()
            with contextlib.suppress(Exception):
                await send({"type": "websocket.close", "code": TRY_AGAIN_LATER})

    async def _tell(self, follower: _Follower, send: Send) -> None:
        shown = _Shown()
        async with contextlib.aclosing(follower.messages(self._live)) as messages:
            async for message in messages:
                for said in shown.after(message):
                    await send({"type": "websocket.send", "text": json.dumps(said)})
        if shown.told is not None:  # our word is out: rather nothing than something stale
            await send({"type": "websocket.send", "text": json.dumps(NINJA_CLEAR)})


async def _read(receive: Receive) -> None:
    """Until the overlay goes away. What it says is heard and changes nothing."""
    while (await receive())["type"] != "websocket.disconnect":
        pass


class _Shown:
    """What the overlay shows, and what it must be told to show what our stream says."""

    def __init__(self) -> None:
        self._card: Card | None = None
        self._is_covered = False
        self._room = ""
        self.told: Card | None = None

    def after(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        """What to send after a message of the wall's or the slate's topic."""
        is_slate = message["topic"].endswith(f"/{SLATE}")
        if is_slate:
            state = message.get("state") or message["changes"][-1]["slate"]
            self._is_covered = state["is_on"]
        elif "state" in message:
            self._room = message["state"]["session"]["room"]
            self._card = _card(message["state"]["on_air"])
        for change in () if is_slate else message.get("changes", ()):
            if change["kind"] == "on_air":
                self._card = _card(change["card"])
        wanted = None if self._is_covered else self._card
        if wanted == self.told:
            return []
        self.told = wanted
        return [ninja_message(wanted, room=self._room) if wanted else NINJA_CLEAR]


def _card(said: dict[str, Any] | None) -> Card | None:
    return msgspec.convert(said, Card) if said else None


class _Follower:
    """A client of our own event streams within the process: rights, limits and byes are theirs."""

    def __init__(self, scope: Scope, address: str) -> None:
        path, _, query = address.partition("?")
        session = path.rpartition("/")[0].removeprefix("/live/")
        self._scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": f"{query}&also={session}/{SLATE}::".encode(),
            "headers": [],
            "client": scope.get("client"),
        }
        self._parts: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING_AT_MOST)
        self._is_left = asyncio.Event()

    async def messages(self, live: App) -> AsyncIterator[dict[str, Any]]:
        """Snapshots and changes as they come, until the stream ends."""
        following = asyncio.create_task(live(self._scope, self._receive, self._send))
        rest = b""
        try:
            while (part := await self._parts.get()) is not None:
                *whole, rest = (rest + part).split(b"\n\n")
                for event in whole:
                    _, is_data, data = event.partition(b"data: ")
                    if is_data and b'"topic"' in data and b"event: bye" not in event:
                        yield json.loads(data)
        finally:
            self._is_left.set()
            following.cancel()

    async def _receive(self) -> Message:
        await self._is_left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if message["status"] != 200:
                self._end()
            return
        try:
            if message.get("body"):
                self._parts.put_nowait(message["body"])
        except asyncio.QueueFull:
            self._end()
        if not message.get("more_body"):
            self._end()

    def _end(self) -> None:
        while self._parts.full():
            self._parts.get_nowait()
        self._parts.put_nowait(None)
