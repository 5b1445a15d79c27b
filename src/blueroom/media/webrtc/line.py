"""The house's end of the line to the WebRTC process, which is started when it is first used.

The process and aiortc are an optional extra: ask `is_available` first.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import itertools
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator
from typing import ClassVar, NamedTuple, TypeAlias

import msgspec

from blueroom.base.errors import NeedsPerson, NotAcceptable, TryLater
from blueroom.media.webrtc.wire import (
    LARGEST_MESSAGE_BYTES,
    LENGTH_BYTES,
    Answered,
    End,
    FeedChanged,
    Figures,
    Frame,
    FromChild,
    KeyWanted,
    Kind,
    OfferIn,
    OfferOut,
    Places,
    Ready,
    Refused,
    Show,
    ToChild,
    Viewers,
    WantKey,
    decode_from_child,
    encode,
)

logger = logging.getLogger(__name__)

AIORTC = "1.16.0"  # private parts of it are replaced, see `passing`
_START_S = 20.0  # importing aiortc takes one on a quiet machine
_ANSWER_S = 10.0
_END_S = 3.0
_UNSENT_BYTES = 16 << 20  # the child does not keep up: what is shown is left out
_UNREAD = 4_000  # messages: then the child is held back, and leaves frames out itself

News: TypeAlias = Frame | FeedChanged | Figures | Viewers | KeyWanted


class NotInstalled(NeedsPerson):
    """The extra is not there, or there in a version that does not fit."""

    code: ClassVar[str] = "webrtc_not_installed"
    sentence: ClassVar[str] = (
        "WebRTC is not installed here. Install the extra: pip install 'blueroom[webrtc]'."
    )


class WebRtcFailed(TryLater):
    """The process did not start, broke off or does not answer. The next call starts it again."""

    code: ClassVar[str] = "webrtc_failed"
    sentence: ClassVar[str] = "The WebRTC process broke off. It is started again: connect again."


class OfferNotTaken(NotAcceptable):
    """The offer was refused. `reason` is the code of the refusal, as `offer` has them."""

    code: ClassVar[str] = "webrtc_offer_not_taken"

    def __init__(self, sentence: str, *, reason: str) -> None:
        super().__init__(sentence, reason=reason)
        self.reason = reason


class Answer(NamedTuple):
    """The SDP to send back, and the name by which the connection is ended."""

    sdp: str
    resource: str


def is_available() -> bool:
    """Whether the extra is installed, in the version that fits."""
    try:
        return importlib.metadata.version("aiortc") == AIORTC
    except importlib.metadata.PackageNotFoundError:
        return False


class WebRtc:
    """The WebRTC process, as the house sees it. For one event loop.

    Where the process breaks off, every feed that it had is said to have ended (`crashed`).
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._news: asyncio.Queue[News] = asyncio.Queue(_UNREAD)
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Answered | Refused]] = {}
        self._senders: dict[str, str] = {}  # feeds by the connection that sends them
        self._watched: set[str] = set()
        self._starting = asyncio.Lock()
        self._child: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._is_closing = False

    @classmethod
    async def start(
        cls, *, hosts: list[str] | None = None, ports: tuple[int, int] | None = None
    ) -> WebRtc:
        """A running process. See `wire.Places` for what may be given.

        Raises:
            NotInstalled: the extra is not there.
            WebRtcFailed: it does not start.
        """
        webrtc = cls(Places(hosts=hosts or [], ports=ports))
        await webrtc._ensure()
        return webrtc

    @property
    def pid(self) -> int | None:
        """The process, None where it is not running now."""
        return self._child.pid if self._child and self._writer else None

    async def offer_in(self, feed: str, sdp: str) -> Answer:
        """Take somebody's offer to send the feed (WHIP). A sender before it is ended when this one
        is connected.

        Raises:
            OfferNotTaken: with a sentence for whoever offered.
            NotInstalled, WebRtcFailed: see `start`.
        """
        return await self._ask(OfferIn(number=next(self._numbers), feed=feed, sdp=sdp))

    async def offer_out(self, feed: str, sdp: str) -> Answer:
        """Take somebody's offer to watch the feed (WHEP). Raises as `offer_in`."""
        return await self._ask(OfferOut(number=next(self._numbers), feed=feed, sdp=sdp))

    async def end(self, resource: str) -> None:
        """Close a connection. May be repeated."""
        self._put(End(resource))

    def feed_frame(
        self, feed: str, data: bytes, at_s: float, is_key: bool, kind: Kind = "h264"
    ) -> None:
        """Show a picture (or sound) to those who watch the feed. Nothing happens where nobody does,
        and where the feed itself comes in by WebRTC: then viewers see it already."""
        if feed not in self._watched or self._writer is None:
            return
        if self._writer.transport.get_write_buffer_size() < _UNSENT_BYTES:
            self._put(Show(feed=feed, kind=kind, data=data, at_s=at_s, is_key=is_key))

    def want_key(self, feed: str) -> None:
        """Ask the feed's sender for a key frame now, if it sends by WebRTC."""
        self._put(WantKey(feed))

    async def messages(self) -> AsyncIterator[News]:
        """Frames and what becomes of the connections, over all restarts. For one reader, which has
        to read on. Ends never."""
        while True:
            yield await self._news.get()

    async def close(self) -> None:
        """End the process and all its connections. May be repeated."""
        self._is_closing = True
        if self._writer is not None:
            self._writer.close()  # it ends at the end of the line
        if self._child is not None:
            try:
                async with asyncio.timeout(_END_S):
                    await self._child.wait()
            except TimeoutError:
                await self._kill()
        if self._reading is not None:
            await self._reading

    async def _ask(self, offer: OfferIn | OfferOut) -> Answer:
        await self._ensure()
        answered: asyncio.Future[Answered | Refused] = asyncio.get_running_loop().create_future()
        self._asked[offer.number] = answered
        self._put(offer)
        try:
            async with asyncio.timeout(_ANSWER_S):
                said = await answered
        except TimeoutError:
            raise WebRtcFailed from None
        finally:
            del self._asked[offer.number]
        if isinstance(said, Refused):
            raise OfferNotTaken(said.sentence, reason=said.code)
        return Answer(said.sdp, said.resource)

    def _put(self, message: ToChild) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(encode(message))

    async def _ensure(self) -> None:
        """Have the process run."""
        async with self._starting:
            if self._writer is not None:
                return
            if not is_available():
                raise NotInstalled
            try:
                async with asyncio.timeout(_START_S):
                    await self._start()
            except (OSError, EOFError, msgspec.DecodeError) as error:
                await self._kill()
                raise WebRtcFailed from error

    async def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "blueroom.media.webrtc",
                str(theirs.fileno()),
                msgspec.json.encode(self._places).decode(),
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                env=_environment(),
            )
        reader, writer = await asyncio.open_connection(sock=ours)
        try:
            assert isinstance(await _read(reader), Ready)
        except BaseException:
            writer.close()
            raise
        self._writer = writer
        self._is_closing = False
        self._reading = asyncio.create_task(self._read_on(reader, writer))

    async def _read_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await self._hear(await _read(reader))
        except (OSError, EOFError, msgspec.DecodeError) as broken:
            if not self._is_closing:
                logger.warning("The WebRTC process broke off: %r", broken)
        self._writer = None
        writer.close()
        if not self._is_closing:
            await self._kill()
        await self._note_end("stopped" if self._is_closing else "crashed")

    async def _kill(self) -> None:
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                self._child.kill()
            await self._child.wait()

    async def _hear(self, message: FromChild) -> None:
        match message:
            case Answered(number=number) | Refused(number=number):
                asked = self._asked.get(number)
                if asked is not None and not asked.done():
                    asked.set_result(message)
                return
            case Ready():
                return
            case FeedChanged(feed=feed, resource=resource, state="connected"):
                self._senders[resource] = feed
            case FeedChanged(resource=resource, state="ended"):
                self._senders.pop(resource, None)
            case Viewers(feed, count):
                (self._watched.add if count else self._watched.discard)(feed)
        await self._news.put(message)

    async def _note_end(self, code: str) -> None:
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(WebRtcFailed())
        senders, watched = self._senders, self._watched
        self._senders, self._watched = {}, set()
        for resource, feed in senders.items():
            await self._news.put(
                FeedChanged(feed=feed, resource=resource, state="ended", code=code)
            )
        for feed in watched:
            await self._news.put(Viewers(feed, 0))


async def _read(reader: asyncio.StreamReader) -> FromChild:
    length = int.from_bytes(await reader.readexactly(LENGTH_BYTES))
    if length > LARGEST_MESSAGE_BYTES:
        raise EOFError
    message: FromChild = decode_from_child(await reader.readexactly(length))
    return message


def _environment() -> dict[str, str]:
    """What the child finds: our modules and no secrets."""
    paths = os.pathsep.join(path for path in sys.path if path)
    names = ("PATH", "LANG", "TZ", "BLUEROOM_LOG")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1"}
