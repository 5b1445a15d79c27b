"""A programme in real time, for tests: cameras feed it, a server shows it on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import uvicorn

from blueroom.media.hls import Shelf
from blueroom.media.hls_app import HlsApp
from blueroom.media.programme import Programme
from blueroom.media.slate import Slate
from tests.takes import Take

KEY = "k3y"
TICK_S = 0.05
Given = TypeVar("Given")


class Broadcast:
    """What a test holds of it. Everything of the programme happens in the server's loop."""

    def __init__(self, slate: Slate, *, delay_s: float = 0.0, app: Any = None) -> None:
        self.shelf = Shelf(first_number=100)
        self.programme = Programme(
            self.shelf, slate, now=time.monotonic(), wall=datetime.now(UTC), delay_s=delay_s
        )
        self._app = app or (lambda hls: hls)
        self._cameras: dict[str, asyncio.Task[None]] = {}
        self._loop = asyncio.new_event_loop()
        self._is_open = threading.Event()
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._live(),))
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hls/{KEY}"

    def call(self, act: Callable[[], Given]) -> Given:
        """Do something in the loop."""

        async def inside() -> Given:
            return act()

        return asyncio.run_coroutine_threadsafe(inside(), self._loop).result(10)

    def roll(self, feed: str, take: Take) -> None:
        """A camera begins to send; its parts come when their time has come."""

        def begin() -> None:
            self._cameras[feed] = self._loop.create_task(self._send(feed, take))

        self.call(begin)

    def cut(self, feed: str) -> None:
        """The camera's line breaks."""
        self.call(lambda: self._cameras.pop(feed).cancel())

    def put_on(self, feed: str | None) -> None:
        self.call(lambda: self.programme.put_on(feed, now=time.monotonic()))

    async def _send(self, feed: str, take: Take) -> None:
        self.programme.take_epoch(feed, take.epoch)
        began = time.monotonic()
        for part in take.parts:
            await asyncio.sleep(began + part.start_s + part.duration_s - time.monotonic())
            self.programme.take_part(feed, part, now=time.monotonic())

    async def _tick(self) -> None:
        while True:
            self.programme.tick(time.monotonic())
            await asyncio.sleep(TICK_S)

    async def _live(self) -> None:
        hls = HlsApp(lambda key: self.shelf if key == KEY else None)
        config = uvicorn.Config(self._app(hls), lifespan="off", log_level="error", access_log=False)
        self._server = uvicorn.Server(config)
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        ticking = self._loop.create_task(self._tick())
        serving = self._loop.create_task(self._server.serve([listener]))
        while not self._server.started:  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0.01)
        self._is_open.set()
        await serving
        for task in (ticking, *self._cameras.values()):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def open(self) -> None:
        self._thread.start()
        assert self._is_open.wait(10)

    def close(self) -> None:
        self.call(self.shelf.close)
        assert self._server
        self._server.should_exit = True
        self._thread.join(15)
        self._loop.close()


@contextmanager
def broadcast(slate: Slate, **more: Any) -> Iterator[Broadcast]:
    """A programme in the air until the end of the block."""
    house = Broadcast(slate, **more)
    house.open()
    try:
        yield house
    finally:
        house.close()
