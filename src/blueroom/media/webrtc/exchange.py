"""Who sends and who watches which feed, in the child."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import ClassVar

from blueroom.base.errors import BlueRoomError, TryLater
from blueroom.media.webrtc import passing
from blueroom.media.webrtc.offer import with_hosts
from blueroom.media.webrtc.whep import Piece, Viewer
from blueroom.media.webrtc.whip import Sender
from blueroom.media.webrtc.wire import (
    Answered,
    End,
    FeedChanged,
    FromChild,
    KeyWanted,
    Kind,
    OfferIn,
    OfferOut,
    Refused,
    Show,
    ToChild,
    Viewers,
    WantKey,
)

_TICK_S = 0.1
_GOODBYE_S = 1.0
SENDERS = 16
VIEWERS = 48
_KEY_WANTED_S = 0.5  # between two wishes of one feed's viewers


class Full(TryLater):
    """The process carries as many connections as it may."""

    code: ClassVar[str] = "webrtc_full"
    sentence: ClassVar[str] = "Too many WebRTC connections are open. Close one, or use the player."


class Feed:
    """One feed: its sender, if it comes in here, and its viewers."""

    def __init__(self, name: str, tell: Callable[[FromChild], None]) -> None:
        self.name = name
        self._tell = tell
        self.sender: Sender | None = None
        self.viewers: set[Viewer] = set()
        self.connections = 0  # of senders and viewers, those that still connect among them
        self._key_wanted_s = 0.0

    def tell(self, message: FromChild, /) -> None:
        """Say something about it to the house."""
        self._tell(message)

    def show(self, kind: Kind, data: bytes, at_s: float, is_key: bool) -> None:
        """Give it to all viewers."""
        if not self.viewers:
            return
        payloads = passing.picture_payloads(data) if kind == "h264" else [data]
        piece = Piece(kind, payloads, at_s, is_key)
        for viewer in self.viewers:
            viewer.offer(piece)

    def want_key(self) -> None:
        """A viewer cannot go on without. What comes soon after is covered by it."""
        now_s = time.monotonic()
        if now_s - self._key_wanted_s < _KEY_WANTED_S:
            return
        self._key_wanted_s = now_s
        if self.sender is not None:
            self.sender.want_key()
        else:
            self.tell(KeyWanted(self.name))


class Exchange:
    """Takes the house's messages and says its own by `tell`.

    `told_hosts`: which address is written into answers instead of which of ours.
    """

    def __init__(self, tell: Callable[[FromChild], None], told_hosts: dict[str, str]) -> None:
        self._tell = tell
        self._told_hosts = told_hosts
        self._feeds: dict[str, Feed] = {}
        self._connections: dict[str, Sender | Viewer] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, message: ToChild) -> None:
        """Do what the house says. Offers are answered later."""
        match message:
            case OfferIn() | OfferOut():
                task = asyncio.create_task(self._answer(message))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            case End(resource):
                if connection := self._connections.get(resource):
                    connection.end("stopped")
            case Show(feed=name):
                feed = self._feeds.get(name)
                if feed is not None and feed.sender is None:
                    feed.show(message.kind, message.data, message.at_s, message.is_key)
            case WantKey(name):
                feed = self._feeds.get(name)
                if feed is not None and feed.sender is not None:
                    feed.sender.want_key()

    async def run(self) -> None:
        """What has to happen without being asked. Runs until it is cancelled."""
        while True:
            await asyncio.sleep(_TICK_S)
            now_s = time.monotonic()
            for feed in list(self._feeds.values()):
                if feed.sender is not None:
                    feed.sender.tick(now_s)

    async def close(self) -> None:
        """End all connections, and wait until they have said goodbye."""
        connections = list(self._connections.values())
        for connection in connections:
            connection.end("stopped")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                await asyncio.gather(*(connection.closed() for connection in connections))

    async def _answer(self, offer: OfferIn | OfferOut) -> None:
        try:
            connection = self._new(offer)
            sdp = with_hosts(await connection.take(offer.sdp), self._told_hosts)
        except BlueRoomError as refused:
            self._tell(Refused(number=offer.number, code=refused.code, sentence=refused.message))
        else:
            self._tell(Answered(number=offer.number, sdp=sdp, resource=connection.resource))

    def _new(self, offer: OfferIn | OfferOut) -> Sender | Viewer:
        """A connection for the offer.

        Raises:
            Full: there are too many.
        """
        senders = sum(isinstance(one, Sender) for one in self._connections.values())
        viewers = len(self._connections) - senders
        if senders >= SENDERS if isinstance(offer, OfferIn) else viewers >= VIEWERS:
            raise Full
        feed = self._feeds.setdefault(offer.feed, Feed(offer.feed, self._tell))
        is_sender = isinstance(offer, OfferIn)
        connection = self._new_sender(feed) if is_sender else self._new_viewer(feed)
        self._connections[connection.resource] = connection
        feed.connections += 1
        return connection

    def _new_sender(self, feed: Feed) -> Sender:
        def connected() -> None:
            # Only now: an offer that is never followed up takes nothing from anybody.
            replaced, feed.sender = feed.sender, sender
            if replaced is not None:
                replaced.end("replaced")
            feed.tell(FeedChanged(feed=feed.name, resource=sender.resource, state="connected"))

        def ended(code: str) -> None:
            if feed.sender is sender:
                feed.sender = None
            feed.tell(
                FeedChanged(feed=feed.name, resource=sender.resource, state="ended", code=code)
            )
            self._forget(sender, feed)

        sender = Sender(feed, on_connected=connected, on_ended=ended)
        return sender

    def _new_viewer(self, feed: Feed) -> Viewer:
        def connected() -> None:
            feed.viewers.add(viewer)
            feed.tell(Viewers(feed.name, len(feed.viewers)))
            feed.want_key()

        def ended(_: str) -> None:
            if viewer in feed.viewers:
                feed.viewers.discard(viewer)
                feed.tell(Viewers(feed.name, len(feed.viewers)))
            self._forget(viewer, feed)

        viewer = Viewer(on_connected=connected, on_ended=ended, on_key_wanted=feed.want_key)
        return viewer

    def _forget(self, connection: Sender | Viewer, feed: Feed) -> None:
        del self._connections[connection.resource]
        feed.connections -= 1
        if not feed.connections:
            del self._feeds[feed.name]
