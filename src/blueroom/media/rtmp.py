"""An RTMP server that takes what OBS and other encoders publish, and gives it on as FLV.

Specifications: Adobe, "Real-Time Messaging Protocol (RTMP) 1.0"
(https://rtmp.veriskope.com/docs/spec/); Veovera, "Enhanced RTMP v2"
(https://veovera.org/docs/enhanced/enhanced-rtmp-v2); both read 2026-11-25. It only takes: nothing
can be played from it. Until a key is accepted a connection gets little time and little memory. A
key is neither logged nor sent back.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import os
import socket
import ssl
import struct
import time
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from typing import ClassVar, Protocol

import msgspec

from blueroom.base.errors import NotAcceptable
from blueroom.media import flv
from blueroom.media.amf import MalformedAmf, Value, read_values, write_values
from blueroom.media.rtmp_chunks import DEFAULT_CHUNK_BYTES, ChunkReader, Kind, Message, chunked

logger = logging.getLogger(__name__)

_VERSION = 3
_TEXT = 32  # from here on it is no version but a letter: somebody speaks HTTP (section 5.2.2)
_HANDSHAKE_BYTES = 1536
_READ_BYTES = 1 << 16
_WINDOW_BYTES = 2_500_000  # of acknowledgement, as Adobe's own server asks for
_CHUNK_BYTES = 4096
_CONTROL, _COMMANDS = 2, 3  # the chunk streams that we write on
_STREAM = 1  # the only one that a connection can create
_STREAM_BEGIN, _PING, _PONG = 0, 6, 7
_DYNAMIC = 2  # the encoder may set the bandwidth that we ask for, or keep its own
_FAREWELL_S = 2.0

_BAD_NAME = "NetStream.Publish.BadName"
_REJECTED = "NetStream.Publish.Rejected"
_NO_KEY = "There is no feed with this stream key, or no longer. Copy the key of the feed again."


class Intake(Protocol):
    """Where a publisher's FLV goes. `close` is called once, when no more will come."""

    def feed(self, data: bytes, /) -> None: ...
    async def drained(self) -> None: ...
    def close(self) -> None: ...


class Peer:
    """The encoder at the other end of a connection, for whoever decides about it."""

    def __init__(self, address: str, task: asyncio.Task[None]) -> None:
        self.address = address
        self.told = ""  # why the connection was ended from here
        self._task: asyncio.Task[None] | None = task

    def end(self, sentence: str) -> None:
        """Close the connection and say why: the key was revoked, another one took over. May be
        repeated, and called when the connection is gone."""
        if self._task is not None:
            self.told = sentence
            self._task.cancel()
            self._task = None

    def note_ended(self) -> None:
        """There is nothing left to end."""
        self._task = None


# Whether this key may publish in this application now. None: there is no such key, or no longer.
# A key that is right and may not publish now: raise PublishRefused with the reason.
Authorize = Callable[[str, str, Peer], Awaitable[Intake | None]]


class PublishRefused(NotAcceptable):
    """The key is right, and still the encoder may not publish now. It is told the sentence."""

    code: ClassVar[str] = "publish_refused"
    sentence: ClassVar[str] = "Nothing can be sent to this feed now."


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a connection may take. The defaults suit encoders on the open Internet.

    `publish_s` is the time from the handshake to an accepted key, `idle_s` how long a publisher may
    send neither sound nor picture, `write_s` how long it may leave our answers unread.
    """

    handshake_s: float = 10
    publish_s: float = 10
    idle_s: float = 15
    write_s: float = 10
    connections: int = 64
    unknown_connections: int = 8  # of one address, as long as they have shown no right key
    command_bytes: int = 1 << 16  # of a message, until then
    message_bytes: int = 4 << 20
    refusal_s: float = 1
    slow_refusal_s: float = 8
    failures: int = 5  # of one address within `failures_s`; the next ones are slowed
    failures_s: float = 600


class RtmpServer:
    """A server that runs until it is closed."""

    def __init__(self, authorize: Authorize, limits: Limits) -> None:
        self.authorize = authorize
        self.limits = limits
        self.failures = _Failures(limits)
        self._unknown: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, sock: socket.socket, tls: ssl.SSLContext | None) -> None:
        """Take connections from now on."""
        self._server = await asyncio.start_server(self._meet, sock=sock, ssl=tls)

    @property
    def connections(self) -> int:
        """How many encoders are connected, those without a key among them."""
        return len(self._tasks)

    async def close(self) -> None:
        """Stop listening and end every connection. May be repeated."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def note_known(self, address: str) -> None:
        """A connection of this address has shown a right key, or is gone."""
        self._unknown -= Counter([_neighbourhood(address)])

    def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The task is ours: Python 3.11 logs an error when one of its own is cancelled
        # (https://github.com/python/cpython/issues/113538).
        address = str((writer.get_extra_info("peername") or ("",))[0])
        is_full = len(self._tasks) >= self.limits.connections
        if is_full or self._unknown[_neighbourhood(address)] >= self.limits.unknown_connections:
            logger.info("RTMP from %s turned away: too many connections.", address)
            writer.transport.abort()
            return
        self._unknown[_neighbourhood(address)] += 1
        task = asyncio.create_task(self._look_after(reader, writer, address))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look_after(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        connection = _Connection(self, reader, writer, Peer(address, task))
        try:
            await connection.run()
        finally:
            if not connection.is_known:
                self.note_known(address)


async def serve(
    sock: socket.socket,
    authorize: Authorize,
    *,
    limits: Limits | None = None,
    tls: ssl.SSLContext | None = None,
) -> RtmpServer:
    """A server on a bound socket; by RTMPS where `tls` is given."""
    server = RtmpServer(authorize, limits or Limits())
    await server.listen(sock, tls)
    return server


class _Ended(Exception):
    """The connection is over, and nobody needs to be told."""


class _Refused(Exception):
    """The connection is over, and the encoder is told why."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class _Failures:
    """Wrong keys by address, so that guessing is slow. A right key is never slowed."""

    _ADDRESSES = 1_000

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._at: OrderedDict[str, list[float]] = OrderedDict()

    def delay_s(self, address: str) -> float:
        """How long the refusal of one more wrong key waits."""
        now, known_by = time.monotonic(), _neighbourhood(address)
        recent = [at for at in self._at.get(known_by, ()) if at > now - self._limits.failures_s]
        self._at[known_by] = [*recent, now][-self._limits.failures :]  # older ones change nothing
        self._at.move_to_end(known_by)
        if len(self._at) > self._ADDRESSES:
            self._at.popitem(last=False)
        is_slow = len(recent) >= self._limits.failures
        return self._limits.slow_refusal_s if is_slow else self._limits.refusal_s


class _Connection:
    def __init__(
        self,
        server: RtmpServer,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        peer: Peer,
    ) -> None:
        self._server = server
        self._limits = server.limits
        self._reader = reader
        self._writer = writer
        self._peer = peer
        self._chunks = ChunkReader(limit_bytes=server.limits.command_bytes)
        self._chunk_bytes = DEFAULT_CHUNK_BYTES
        self._flv = flv.FlvWriter()
        self._app = ""
        self._intake: Intake | None = None
        self._is_taking = True
        self._window_bytes = _WINDOW_BYTES
        self._acknowledged_bytes = 0
        self._deadline = 0.0

    @property
    def is_known(self) -> bool:
        """Whether it has shown a right key."""
        return self._intake is not None

    async def run(self) -> None:
        """Serve the connection until it ends, whyever."""
        try:
            await self._serve()
        except _Ended as ended:
            logger.info("RTMP from %s ended: %s.", self._peer.address, ended)
        except OSError as broken:
            logger.info("RTMP from %s broke off: %s.", self._peer.address, broken)
        except Exception:
            logger.exception("RTMP from %s failed.", self._peer.address)
        finally:
            self._end_intake()
            await self._close()

    async def _serve(self) -> None:
        """Until the encoder ends, or is refused and has been told so."""
        try:
            await self._shake_hands()
            self._wait_for(self._limits.publish_s)
            while True:
                await self._receive()
        except _Refused as refused:
            await self._tell(refused)
        except NotAcceptable as wrong:
            await self._tell(_Refused(_REJECTED, wrong.message))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not self._peer.told or task is None:
                raise
            task.uncancel()
            await self._tell(_Refused(_REJECTED, self._peer.told))

    def _end_intake(self) -> None:
        """Nothing more will come. May be repeated."""
        self._peer.note_ended()
        if self._intake is not None and self._is_taking:
            self._is_taking = False
            self._intake.close()

    async def _close(self) -> None:
        self._writer.close()
        try:
            async with asyncio.timeout(self._limits.write_s):
                await self._writer.wait_closed()
        except OSError:  # TimeoutError is one: it does not read
            self._writer.transport.abort()

    async def _shake_hands(self) -> None:
        """Section 5.2. Echoes what came: the simple handshake, which all encoders know."""
        try:
            async with asyncio.timeout(self._limits.handshake_s):
                version = (await self._reader.readexactly(1))[0]
                if version >= _TEXT:
                    raise _Ended("it speaks no RTMP")
                theirs = await self._reader.readexactly(_HANDSHAKE_BYTES)
                ours = bytes(8) + os.urandom(_HANDSHAKE_BYTES - 8)
                self._writer.write(bytes([_VERSION]) + ours + theirs)
                await self._reader.readexactly(_HANDSHAKE_BYTES)
        except TimeoutError:
            raise _Ended("its handshake took too long") from None
        except EOFError:
            raise _Ended("it left within its handshake") from None

    async def _receive(self) -> None:
        for message in self._chunks.feed(await self._read()):
            await self._take(message)
        self._acknowledge()
        await self._written()
        if self._intake is not None:
            await self._intake.drained()

    def _wait_for(self, seconds: float) -> None:
        self._deadline = asyncio.get_running_loop().time() + seconds

    async def _read(self) -> bytes:
        try:
            async with asyncio.timeout_at(self._deadline):
                received = await self._reader.read(_READ_BYTES)
        except TimeoutError:
            what = "sound or picture" if self.is_known else "stream key"
            raise _Refused(_REJECTED, f"No {what} came for too long.") from None
        if not received:
            raise _Ended("it left")
        return received

    def _acknowledge(self) -> None:
        received = self._chunks.received_bytes
        if received - self._acknowledged_bytes >= self._window_bytes:
            self._acknowledged_bytes = received
            self._send(Kind.ACKNOWLEDGEMENT, struct.pack(">I", received & 0xFFFFFFFF))

    async def _written(self) -> None:
        """Wait until what we wrote is on its way. Our answers are few: who lets them pile up does
        not mean to read them."""
        try:
            async with asyncio.timeout(self._limits.write_s):
                await self._writer.drain()
        except TimeoutError:
            raise _Ended("it does not read our answers") from None

    def _send(self, kind: Kind, body: bytes, *, stream: int = 0) -> None:
        on = _COMMANDS if kind == Kind.COMMAND else _CONTROL
        message = Message(kind, body, 0, stream)
        self._writer.write(chunked(message, chunk_stream=on, chunk_bytes=self._chunk_bytes))

    def _command(self, name: str, number: float, *values: Value, stream: int = 0) -> None:
        self._send(Kind.COMMAND, write_values(name, number, *values), stream=stream)

    def _status(self, level: str, code: str, sentence: str) -> None:
        status: Value = {"level": level, "code": code, "description": sentence}
        self._command("onStatus", 0, None, status, stream=_STREAM)

    async def _tell(self, refused: _Refused) -> None:
        """Say why, then let the encoder read it: closing while it still sends would reset the
        connection, and the reason would be lost."""
        logger.info("RTMP from %s refused: %s", self._peer.address, refused.sentence)
        self._end_intake()
        self._status("error", refused.code, refused.sentence)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL_S):
                await self._writer.drain()
                if self._writer.can_write_eof():
                    self._writer.write_eof()
                while await self._reader.read(_READ_BYTES):
                    pass

    async def _take(self, message: Message) -> None:
        body = message.body
        match message.kind:
            case Kind.AUDIO | Kind.VIDEO:
                self._take_media(message.kind, body, message.timestamp_ms)
            case Kind.AGGREGATE:
                for part in flv.split_aggregate(body, message.timestamp_ms):
                    self._take_media(*part)
            case Kind.SCRIPT:
                self._take_script(body, message.timestamp_ms)
            case Kind.SCRIPT_AMF3:
                self._take_script(body.removeprefix(b"\0"), message.timestamp_ms)
            case Kind.COMMAND:
                await self._obey(read_values(body))
            case Kind.COMMAND_AMF3:  # AMF0 all the same, after a zero
                await self._obey(read_values(body.removeprefix(b"\0")))
            case Kind.WINDOW:
                self._window_bytes = int.from_bytes(body[:4])
            case Kind.USER_CONTROL if int.from_bytes(body[:2]) == _PING:
                self._send(Kind.USER_CONTROL, struct.pack(">H", _PONG) + body[2:6])

    def _take_media(self, kind: int, body: bytes, timestamp_ms: int) -> None:
        if self._intake is not None and kind in (Kind.AUDIO, Kind.VIDEO):
            self._wait_for(self._limits.idle_s)
            if written := self._flv.media(kind, body, timestamp_ms):
                self._intake.feed(written)

    def _take_script(self, body: bytes, timestamp_ms: int) -> None:
        if self._intake is not None and (written := self._flv.script(body, timestamp_ms)):
            self._intake.feed(written)

    async def _obey(self, values: list[Value]) -> None:
        match values:
            case ["connect", float(number), {"app": str(app)}, *_]:
                self._connect(number, app)
            case ["createStream", float(number), *_]:
                self._command("_result", number, None, _STREAM)
            case ["publish", float(), _, str(name), *_]:
                await self._publish(name)
            case ["deleteStream" | "closeStream", *_] if self.is_known:
                raise _Ended("it stopped")
            case ["play" | "play2", *_]:
                raise _Refused("NetStream.Play.Failed", "Nothing can be played from here.")
            case [str(), float(number), *_]:  # releaseStream, FCPublish and others that only ask
                self._command("_result", number, None)
            case _:
                raise MalformedAmf

    def _connect(self, number: float, app: str) -> None:
        self._app = app
        self._send(Kind.WINDOW, struct.pack(">I", _WINDOW_BYTES))
        self._send(Kind.BANDWIDTH, struct.pack(">IB", _WINDOW_BYTES, _DYNAMIC))
        self._send(Kind.SET_CHUNK_SIZE, struct.pack(">I", _CHUNK_BYTES))
        self._chunk_bytes = _CHUNK_BYTES
        server: Value = {"fmsVer": "FMS/3,5,7,7009", "capabilities": 31}
        connected: Value = {
            "level": "status",
            "code": "NetConnection.Connect.Success",
            "description": "Connected.",
            "objectEncoding": 0,
        }
        self._command("_result", number, server, connected)

    async def _publish(self, name: str) -> None:
        if self.is_known:
            raise _Refused(_BAD_NAME, "This connection sends a feed already.")
        app, key = _place(self._app, name)
        try:
            self._intake = await self._server.authorize(app, key, self._peer) if key else None
        except NotAcceptable as refused:
            raise _Refused(_BAD_NAME, refused.message) from None
        if self._intake is None:
            await asyncio.sleep(self._server.failures.delay_s(self._peer.address))
            raise _Refused(_BAD_NAME, _NO_KEY)
        self._server.note_known(self._peer.address)
        self._chunks.limit_bytes = self._limits.message_bytes
        self._wait_for(self._limits.idle_s)
        self._send(Kind.USER_CONTROL, struct.pack(">HI", _STREAM_BEGIN, _STREAM))
        self._status("status", "NetStream.Publish.Start", "The feed is taken.")


def _place(app: str, name: str) -> tuple[str, str]:
    """Application and key. The key may be the name that is published, or, in encoders with one
    field for the whole address, the end of the application. What follows a ? is for others."""
    parts = [part.partition("?")[0].strip("/") for part in (app, name)]
    app, _, key = "/".join(filter(None, parts)).rpartition("/")
    return app, key


def _neighbourhood(address: str) -> str:
    """What counts as one address: of IPv6 its /64, which one household has."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if ip.version == 4:
        return str(ip)
    return str(ip.ipv4_mapped or ipaddress.ip_network((int(ip), 64), strict=False))
