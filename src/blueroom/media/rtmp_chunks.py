"""RTMP's chunk stream: bytes to messages and back. Nothing here waits or knows a socket.

Specification: Adobe, "Real-Time Messaging Protocol (RTMP) 1.0", section 5.3
(https://rtmp.veriskope.com/docs/spec/, read 2026-11-25). Timestamps are milliseconds, modulo 2^32.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import ClassVar

import msgspec

from blueroom.base.errors import NotAcceptable

DEFAULT_CHUNK_BYTES = 128  # section 5.4.1: until one side sets another
MAX_CHUNK_BYTES = 1 << 20  # OBS sets 4,096, ffmpeg 60,000
# Encoders use four to six. Each may hold an unfinished message, so their number is a limit of
# memory too.
CHUNK_STREAMS = 32

_EXTENDED = 0xFFFFFF
_HEADER_BYTES = (11, 7, 3, 0)  # by the chunk's format


class ChunkError(NotAcceptable):
    """The bytes break the chunk stream or one of its limits. The connection cannot go on."""

    code: ClassVar[str] = "rtmp_chunks"
    sentence: ClassVar[str] = "The encoder does not speak RTMP as it should."


class Kind(IntEnum):
    """The type ids of messages (sections 5.4, 6.2 and 7.1)."""

    SET_CHUNK_SIZE = 1
    ABORT = 2
    ACKNOWLEDGEMENT = 3
    USER_CONTROL = 4
    WINDOW = 5
    BANDWIDTH = 6
    AUDIO = 8
    VIDEO = 9
    SCRIPT_AMF3 = 15
    COMMAND_AMF3 = 17
    SCRIPT = 18
    COMMAND = 20
    AGGREGATE = 22


class Message(msgspec.Struct, frozen=True):
    """One RTMP message. `kind` is one of `Kind`, or what we do not know."""

    kind: int
    body: bytes
    timestamp_ms: int = 0
    stream: int = 0


class _ChunkStream:
    """What the next chunk header of one chunk stream leaves out, and the message under way."""

    __slots__ = ("body", "is_extended", "kind", "length", "stream", "timestamp", "timestamp_field")

    def __init__(self) -> None:
        self.body = bytearray()
        self.is_extended = False
        self.kind = self.length = self.stream = 0
        self.timestamp = self.timestamp_field = 0


class _NotYet(Exception):
    """The chunk is not here as a whole."""


class ChunkReader:
    """Makes messages of bytes, however they are cut. Bounded: see `limit_bytes`.

    It obeys Set Chunk Size and Abort itself and gives them out all the same.
    """

    def __init__(self, *, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.received_bytes = 0
        self._chunk_bytes = DEFAULT_CHUNK_BYTES
        self._streams: dict[int, _ChunkStream] = {}
        self._unread = bytearray()
        self._at = 0

    def feed(self, received: bytes) -> Iterator[Message]:
        """The messages that these bytes complete. To be run to its end before the next call.

        A limit that is changed between two messages holds from the next one on.

        Raises:
            ChunkError: a message longer than `limit_bytes`, twice as many bytes in unfinished
                messages, too large a chunk, too many chunk streams, or a stream out of step.
        """
        self.received_bytes += len(received)
        self._unread += received
        while True:
            begin = self._at
            try:
                message = self._read_chunk()
            except _NotYet:
                self._at = begin
                break
            if message is not None:
                self._obey(message)
                yield message
        del self._unread[: self._at]
        self._at = 0

    def _read_chunk(self) -> Message | None:
        """One chunk; the message, if it ends with it. Changes nothing before the chunk is whole."""
        first = self._take(1)[0]
        number = self._chunk_stream_number(first & 0x3F)
        stream = self._streams.get(number) or self._new_stream()
        form = first >> 6
        header = bytes(self._take(_HEADER_BYTES[form]))
        kind, length = stream.kind, stream.length
        if form < 2:
            length, kind = int.from_bytes(header[3:6]), header[6]
        field = int.from_bytes(header[:3]) if form < 3 else stream.timestamp_field
        is_extended = field >= _EXTENDED if form < 3 else stream.is_extended
        if is_extended:
            field = self._extended(field, stream, is_repeated=form == 3)
        self._check(stream, form, length)
        payload = self._take(min(self._chunk_bytes, length - len(stream.body)))

        self._streams[number] = stream
        if not stream.body:
            stream.timestamp = field if form == 0 else stream.timestamp + field & 0xFFFFFFFF
        if form == 0:
            stream.stream = int.from_bytes(header[7:11], "little")
        # A format 3 that begins a message repeats this field, and after a format 0 the field is
        # the timestamp itself (section 5.3.1.2.4). ffmpeg counts on that.
        stream.timestamp_field, stream.is_extended = field, is_extended
        stream.kind, stream.length = kind, length
        stream.body += payload
        return self._finished(stream) if len(stream.body) == length else None

    def _take(self, count: int) -> bytearray:
        end = self._at + count
        if end > len(self._unread):
            raise _NotYet
        taken = self._unread[self._at : end]
        self._at = end
        return taken

    def _chunk_stream_number(self, short: int) -> int:
        if short > 1:
            return short
        return 64 + int.from_bytes(self._take(short + 1), "little")

    def _new_stream(self) -> _ChunkStream:
        if len(self._streams) >= CHUNK_STREAMS:
            raise ChunkError(f"The encoder uses more than {CHUNK_STREAMS} chunk streams.")
        return _ChunkStream()

    def _extended(self, field: int, stream: _ChunkStream, *, is_repeated: bool) -> int:
        """The extended timestamp. Some encoders do not repeat it within a message, though they
        have to (section 5.3.1.3): what is not it belongs to the payload."""
        extended = int.from_bytes(self._take(4))
        if is_repeated and stream.body and extended != field:
            self._at -= 4
            return field
        return extended

    def _check(self, stream: _ChunkStream, form: int, length: int) -> None:
        if form < 3 and stream.body:
            raise ChunkError("A message began within another one of the same chunk stream.")
        if length > self.limit_bytes:
            raise ChunkError(
                f"A message has {length} bytes; at most {self.limit_bytes} are taken. "
                "Lower the bitrate or the picture size."
            )
        if length and self._unfinished_bytes() + length - len(stream.body) > 2 * self.limit_bytes:
            raise ChunkError("Too many messages are unfinished.")

    def _unfinished_bytes(self) -> int:
        return sum(len(stream.body) for stream in self._streams.values())

    def _finished(self, stream: _ChunkStream) -> Message:
        body = bytes(stream.body)
        stream.body.clear()
        return Message(stream.kind, body, stream.timestamp, stream.stream)

    def _obey(self, message: Message) -> None:
        if message.kind == Kind.SET_CHUNK_SIZE:
            size = int.from_bytes(message.body[:4])
            if not 1 <= size <= MAX_CHUNK_BYTES:
                raise ChunkError(f"A chunk size must be between 1 and {MAX_CHUNK_BYTES} bytes.")
            self._chunk_bytes = size
        elif message.kind == Kind.ABORT:
            aborted = self._streams.get(int.from_bytes(message.body[:4]))
            if aborted:
                aborted.body.clear()


def chunked(message: Message, *, chunk_stream: int, chunk_bytes: int) -> bytes:
    """The message as chunks of at most that size. For chunk streams 2 to 63."""
    field = min(message.timestamp_ms, _EXTENDED)
    extended = message.timestamp_ms.to_bytes(4) if field == _EXTENDED else b""
    header = (
        bytes([chunk_stream])
        + field.to_bytes(3)
        + len(message.body).to_bytes(3)
        + bytes([message.kind])
        + message.stream.to_bytes(4, "little")
    )
    chunks = [header + extended + message.body[:chunk_bytes]]
    for begin in range(chunk_bytes, len(message.body), chunk_bytes):
        more = message.body[begin : begin + chunk_bytes]
        chunks.append(bytes([0xC0 | chunk_stream]) + extended + more)
    return b"".join(chunks)
