"""The receiver of feeds in a serving process, as its event loop and the rooms' actions see it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import socket
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from blueroom.media.calls import Calls
from blueroom.media.encoders import Encoders
from blueroom.media.grants import Figures
from blueroom.media.live import Live
from blueroom.media.sending import MESSAGES, SendingApp
from blueroom.studio.door import Door, Slates, close_recordings
from blueroom.studio.errors import StudioAway
from blueroom.studio.wire import FeedFigures
from blueroom.updates.announcement import Taker
from blueroom.updates.asgi import App

log = logging.getLogger(__name__)
T = TypeVar("T")
DUMP_WITHIN_S = 3.0


class Receiver:
    """Begins and ends with the event loop (`open`, `close`); called from any thread (`Control`).

    `encoders` is a bound socket for RTMP, or None; `webrtc_hosts` as `webrtc.line.WebRtc` has them.
    """

    def __init__(self, encoders: socket.socket | None, webrtc_hosts: list[str]) -> None:
        self._hub: Taker | None = None
        self._socket = encoders
        self._live = Live(Door(self._tell_figures), Slates())
        self._encoders = Encoders(self._live)
        self._calls = Calls(self._live, hosts=webrtc_hosts)

    @property
    def mounts(self) -> Mapping[str, App]:
        """What answers under which paths, in the event loop."""
        return {
            "/hls/": self._live.hls,
            "/feed/": SendingApp(self._live, self._calls.whip),
            "/monitor/": self._calls.whep,
        }

    # For the event loop

    def open(self, hub: Taker) -> None:
        """Begin, in the running loop."""
        self._hub = hub
        self._live.start()
        self._live.spawn(self._begin())

    async def _begin(self) -> None:
        await self._live.ask(close_recordings)
        if self._socket is not None:
            await self._encoders.open(self._socket)

    def let_go(self) -> None:
        """Let players go that wait, since the house begins to stop."""
        self._live.let_players_go()

    async def close(self) -> None:
        """End in order: recordings are whole."""
        await self._encoders.close()
        await self._calls.close()
        await self._live.close()

    def _tell_figures(self, figures: Figures) -> None:
        if self._hub is not None:
            change = FeedFigures(
                id=figures.feed_id,
                video_kbps=figures.video_kbps,
                fps=figures.fps,
                rms_db=figures.rms_db,
                peak_db=figures.peak_db,
                lost=figures.lost,
            )
            self._hub.announce(f"{figures.slug}/studio", [change], at_once=False)

    # For the rooms' actions, in threads

    def programme_changed(self, session_id: int) -> None:
        """See `Control`."""
        self._spawn(self._live.follow_programme(session_id))

    def feed_changed(self, feed_id: int) -> None:
        """See `Control`."""
        self._spawn(self._live.follow_feed(feed_id))

    def want_key_frame(self, feed_id: int) -> None:
        """See `Control`. A browser's recorder and an encoder put one every two seconds, unasked."""
        loop = self._live.loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._calls.want_key, feed_id)

    def messages_changed(self, feed_id: int) -> None:
        """See `Control`."""
        loop = self._live.loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._live.tell_pages, feed_id, MESSAGES)

    def rtmp_port(self) -> int | None:
        """See `Control`."""
        return self._socket.getsockname()[1] if self._socket is not None else None

    def dump(self, session_id: int) -> float | None:
        """See `Control`. Raises StudioAway."""
        return self._wait(self._live.dump(session_id), within_s=DUMP_WITHIN_S)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        loop = self._live.loop
        if loop is None or loop.is_closed():
            work.close()
            return
        loop.call_soon_threadsafe(self._live.spawn, work)

    def _wait(self, work: Coroutine[Any, Any, T], *, within_s: float) -> T:
        loop = self._live.loop
        if loop is None or loop.is_closed():
            work.close()
            raise StudioAway
        try:
            return asyncio.run_coroutine_threadsafe(work, loop).result(within_s)
        except concurrent.futures.TimeoutError as error:
            raise StudioAway from error
