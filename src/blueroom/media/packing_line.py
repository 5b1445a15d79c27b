"""What a packer and whoever started it say to each other, and the starter's end of that line.

A packer (`media.packer`) is a child process that packs one connected feed: what a stranger's camera
sends is parsed there and nowhere else. Between the two are streams of MessagePack with lengths
before it, over two socket pairs: what a child said before it died can still be read when writing to
it has already failed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias

import msgspec

from blueroom.base.errors import BlueRoomError, TryLater
from blueroom.media.parts import Epoch, Part

Way: TypeAlias = Literal["webm", "mp4", "flv", "frames"]

LENGTH_BYTES = 4
READ_AHEAD_BYTES = 1 << 20
SILENT_S = 10.0  # a packer that is fed says something every second
WAITING_BYTES = 64 << 20  # fed and not taken; who waits for `drained` stays far below


class Begin(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The first message. Recordings go into `folder` and are called `<name>-<epoch>.mp4`.

    Epochs and parts count from the given numbers, so that they go on where a feed connects again.
    """

    folder: str
    name: str
    way: Way
    first_epoch: int
    first_part: int = 0


class Bytes(msgspec.Struct, frozen=True, tag=True):
    """More of the container."""

    data: bytes


class Frame(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One picture in H.264 with start codes, or one Opus packet, with its time on the feed's clock.

    To the packer it is input (`is_key` is not looked at); from the packer it is for those who watch
    the feed without delay.
    """

    kind: Literal["h264", "opus"]
    data: bytes
    at_s: float
    is_key: bool = False


class Mute(msgspec.Struct, frozen=True, tag=True):
    """Silence instead of the feed's sound, from now on, or no longer."""

    is_on: bool


class Dump(msgspec.Struct, frozen=True, tag=True):
    """Take this part and all that follow out of the recordings, and begin a new epoch."""

    from_part: int


class Monitor(msgspec.Struct, frozen=True, tag=True):
    """Say each picture as a `Frame`, or no longer."""

    is_on: bool


class End(msgspec.Struct, frozen=True, tag=True):
    """Nothing more comes: write what is there and end."""


class Level(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """How loud the feed's sound has been in the last quarter of a second, muted or not; dBFS, from
    -100 (silence) to 0."""

    rms_db: float
    peak_db: float


class Figures(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What came in during the last second; `lost` counts since the beginning: pictures that could
    not be used, and gaps in the sound."""

    video_kbps: int
    audio_kbps: int
    fps: float
    width_px: int
    height_px: int
    lost: int


class Dumped(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What was asked for is out of the recordings: epoch `epoch` from `from_s` on, and all of the
    later ones. An `EpochEnded` for each of them says what is left."""

    from_part: int
    epoch: int
    from_s: float


class EpochEnded(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """An epoch's recording is complete; or shorter now, after a dump. Of 0 bytes: it is deleted."""

    number: int
    duration_s: float
    size_bytes: int


class Problem(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Something that a person should know. `detail` is for the sentence's reader, untranslated.

    After some the packer goes on; where it cannot, `Ended` follows.
    """

    code: str
    sentence: str
    detail: str = ""


class Ended(msgspec.Struct, frozen=True, tag=True):
    """The last message: all is written."""


ToPacker = Begin | Bytes | Frame | Mute | Dump | Monitor | End
FromPacker = Epoch | Part | Level | Figures | Frame | Dumped | EpochEnded | Problem | Ended


class PackerSilent(TryLater):
    """The packer got bytes and said nothing for a long time: it is stuck, and was ended."""

    code: ClassVar[str] = "packer_silent"
    sentence: ClassVar[str] = (
        "What this feed sends could not be worked through. Its connection was ended: "
        "start the camera again."
    )


class PackerDied(TryLater):
    """The packer ended without being asked: out of memory, killed, crashed."""

    code: ClassVar[str] = "packer_died"
    sentence: ClassVar[str] = (
        "The packing of this feed broke off. What came before is kept: start the camera again."
    )


class PackerOverrun(TryLater):
    """More was fed than the packer can work through."""

    code: ClassVar[str] = "packer_overrun"
    sentence: ClassVar[str] = (
        "This feed sends more than the machine can work through. "
        "Choose a smaller picture, or H.264 instead of VP8 or VP9."
    )


_encoder = msgspec.msgpack.Encoder()
decode_to_packer: Callable[[bytes], ToPacker] = msgspec.msgpack.Decoder(ToPacker).decode
_decode_from_packer: Callable[[bytes], FromPacker] = msgspec.msgpack.Decoder(FromPacker).decode


def encode(message: ToPacker | FromPacker) -> bytes:
    """The message as it goes over the line, with its length before it."""
    body = _encoder.encode(message)
    return len(body).to_bytes(LENGTH_BYTES) + body


def problem_of(error: BlueRoomError) -> Problem:
    """The error as a message."""
    return Problem(
        code=error.code, sentence=error.message, detail=str(error.details.get("detail", ""))
    )


class Packer:
    """A running packer, as its starter sees it. For one event loop; no call raises because the
    child is gone. Begin it with `start`, read `messages` until they end."""

    def __init__(
        self,
        child: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writers: list[asyncio.StreamWriter],
    ) -> None:
        self._child = child
        self._reader = reader
        self._writers = writers
        self._writer = writers[-1]
        self._fed_s: float | None = None  # when it was first fed since it was last heard
        self._reason: BlueRoomError | None = None

    @classmethod
    async def start(
        cls, *, folder: Path, name: str, way: Way, first_epoch: int, first_part: int = 0
    ) -> Packer:
        """Start a child and tell it what it packs. `folder` has to be there."""
        feeding, fed = socket.socketpair()
        hearing, heard = socket.socketpair()
        with fed, heard:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "blueroom.media.packer",
                *(str(end.fileno()) for end in (fed, heard)),
                pass_fds=[end.fileno() for end in (fed, heard)],
                stdin=asyncio.subprocess.DEVNULL,
                env=_environment(),
            )
        reader, reader_end = await asyncio.open_connection(sock=hearing, limit=READ_AHEAD_BYTES)
        _, writer = await asyncio.open_connection(sock=feeding)
        packer = cls(child, reader, [reader_end, writer])
        packer._put(
            Begin(
                folder=str(folder),
                name=name,
                way=way,
                first_epoch=first_epoch,
                first_part=first_part,
            )
        )
        return packer

    @property
    def pid(self) -> int:
        return self._child.pid

    def feed(self, data: bytes) -> None:
        """More of the container. Await `drained` after it."""
        self._put(Bytes(data), is_food=True)

    def frame(self, kind: Literal["h264", "opus"], data: bytes, at_s: float) -> None:
        """One picture with start codes, or one Opus packet; `at_s` on one clock for both."""
        self._put(Frame(kind=kind, data=data, at_s=at_s), is_food=True)

    def mute(self, is_on: bool) -> None:
        """Silence instead of the sound, from now on, or no longer."""
        self._put(Mute(is_on))

    def dump(self, from_part: int) -> None:
        """Take this part and all that follow out of the recordings; `Dumped` says when it is done.

        Parts that were said before `Dumped` are the caller's to forget. A new epoch begins with the
        next key frame.
        """
        self._put(Dump(from_part))

    def monitor(self, is_on: bool) -> None:
        """Say each picture at once as a `Frame`, from the next key frame on; or no longer."""
        self._put(Monitor(is_on))

    async def drained(self) -> None:
        """Wait until the packer has taken most of what it was fed."""
        with contextlib.suppress(OSError):
            await self._writer.drain()

    async def messages(self) -> AsyncIterator[FromPacker]:
        """What the packer says, to the end. For one reader.

        A packer that breaks off, or is ended because it is stuck, says a `Problem` last.
        """
        is_over = False
        while (message := await self._next()) is not None:
            is_over = is_over or isinstance(message, Ended)
            yield message
        for writer in self._writers:
            writer.close()
        await self._child.wait()
        if not is_over:
            yield problem_of(self._reason or PackerDied())

    async def end(self, within_s: float = 5.0) -> None:
        """Have it write what is there, and end; by force after that time. May be repeated.

        `messages` goes on meanwhile and has to be read.
        """
        self._put(End())
        try:
            async with asyncio.timeout(within_s):
                await self._child.wait()
        except TimeoutError:
            self.kill()
            await self._child.wait()

    def kill(self) -> None:
        """End it by force. What it said is in the recording, and stays. May be repeated."""
        with contextlib.suppress(ProcessLookupError):
            self._child.kill()

    def _put(self, message: ToPacker, *, is_food: bool = False) -> None:
        if self._writer.is_closing():
            return
        if self._writer.transport.get_write_buffer_size() > WAITING_BYTES:
            self._give_up(PackerOverrun())
            return
        if is_food and self._fed_s is None:
            self._fed_s = time.monotonic()
        self._writer.write(encode(message))

    async def _next(self) -> FromPacker | None:
        """The next message; None at the end of the line."""
        try:
            size = int.from_bytes(await self._read(LENGTH_BYTES))
            return _decode_from_packer(await self._read(size))
        except (asyncio.IncompleteReadError, OSError, msgspec.DecodeError):
            return None

    async def _read(self, size: int) -> bytes:
        reading = asyncio.ensure_future(self._reader.readexactly(size))
        try:
            while not (await asyncio.wait([reading], timeout=1.0))[0]:
                if self._fed_s is not None and time.monotonic() - self._fed_s > SILENT_S:
                    self._give_up(PackerSilent())
            self._fed_s = None
            return await reading
        finally:
            reading.cancel()

    def _give_up(self, reason: BlueRoomError) -> None:
        self._reason = self._reason or reason
        self.kill()


def _environment() -> dict[str, str]:
    """What a child finds: our modules, and one thread for what adds numbers."""
    paths = os.pathsep.join(path for path in sys.path if path)
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    return {**kept, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1"}
