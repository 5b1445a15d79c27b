"""Opens a file of pictures and sound for reading, whoever sent it.

FFmpeg would look at the content, the name and whatever a file points to. Here it is told the
format, which we know by the first bytes, gets a file that is already open, and may open no other:
no playlist, no reference, no address. Sources, read 2026-11-26: ffmpeg.org/ffmpeg-formats.html and
ffmpeg-protocols.html; ISO/IEC 14496-12, 4.2; RFC 8794, 11.2 (EBML).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NoReturn

import av
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.video.frame import VideoFrame

from blueroom.base.errors import NotAcceptable
from blueroom.media.recording import RecordingUnreadable, open_recording

HEAD_BYTES = 64
# What a demuxer opens by itself is asked of `io_open`; but not what is opened within that, as
# FFmpeg's concat does. This list is inherited, and names no protocol that there is.
NO_PROTOCOLS = {"protocol_whitelist": "none"}
_READ_BYTES = 1 << 18
_FIRST_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"styp"}


class FileUnreadable(NotAcceptable):
    """It is no file of pictures or sound that we read, or it is damaged."""

    code = "file_unreadable"
    sentence = "This file cannot be read. Send an MP4, MOV or WebM that plays elsewhere."


def refuse_more_files(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    """What FFmpeg is given to open further files with."""
    raise PermissionError(url)


def open_container(file: IO[bytes], kind: str) -> InputContainer:
    """The file as FFmpeg reads it, as the kind that `container_kind` says, and no other file.

    Raises:
        FileUnreadable: it is not of that kind, or damaged.
    """
    try:
        return av.open(
            file,
            "r",
            format="matroska" if kind == "webm" else kind,
            container_options=NO_PROTOCOLS,
            metadata_errors="replace",
            buffer_size=_READ_BYTES,
            io_open=refuse_more_files,
        )
    except av.FFmpegError as error:
        raise FileUnreadable from error


def container_kind(head: bytes) -> str | None:
    """What the file is by its first `HEAD_BYTES`: "mp4", "webm" (any Matroska), or neither."""
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "webm"
    return "mp4" if head[4:8] in _FIRST_BOXES else None


class OpenFile:
    """A file, or a stretch of a recording, open for decoding. A context.

    Of a recording it sees what lies between the two times and a little more; it may still grow.

    Raises:
        FileUnreadable: it is none that we read.
    """

    def __init__(self, path: Path, in_s: float = 0.0, out_s: float | None = None) -> None:
        with ExitStack() as stack:
            file = stack.enter_context(_open(path, in_s, out_s))
            kind = container_kind(file.read(HEAD_BYTES))
            if kind is None:
                raise FileUnreadable
            file.seek(0)
            self.container = stack.enter_context(open_container(file, kind))
            self._stack = stack.pop_all()
        self.kind = kind
        duration = self.container.duration
        self.duration_s = duration / av.time_base if duration else 0.0
        self.in_s, self.out_s = in_s, out_s

    def __enter__(self) -> OpenFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def sounds(self) -> Iterator[AudioFrame]:
        """What is heard between the two times."""
        yield from self._decode(self.container.streams.audio[:1])

    def pictures(self, *, only_keys: bool) -> Iterator[VideoFrame]:
        """What is seen between the two times, with what is already there at the first."""
        streams = self.container.streams.video[:1]
        for stream in streams:
            stream.thread_type = "AUTO"
            stream.codec_context.skip_frame = "NONKEY" if only_keys else "DEFAULT"
        yield from self._decode(streams)

    def share(self, frame: AudioFrame | VideoFrame) -> float:
        """How far this is, 0 to 1."""
        end_s = self.out_s or self.duration_s or 1.0
        at_s = frame.time or 0.0
        return min(1.0, max(0.0, (at_s - self.in_s) / max(0.001, end_s - self.in_s)))

    def _decode(self, streams: tuple[Any, ...] | list[Any]) -> Iterator[Any]:
        """Frames that have a time, to the end; broken ones are passed over."""
        before: Any = None
        for frame in self._frames(streams):
            end_s = frame.time + _length_s(frame)
            if end_s <= self.in_s:
                before = frame if isinstance(frame, VideoFrame) else None
                continue
            if before is not None and frame.time > self.in_s:
                yield before
            before = None
            if self.out_s is not None and frame.time >= self.out_s:
                return
            yield frame
        if before is not None:
            yield before

    def _frames(self, streams: tuple[Any, ...] | list[Any]) -> Iterator[Any]:
        try:
            for packet in self.container.demux(*streams) if streams else ():
                try:
                    frames = packet.decode()
                except av.FFmpegError:
                    continue
                yield from (frame for frame in frames if frame.time is not None)
        except av.FFmpegError:
            return  # a torn end


def open_file(path: Path, in_s: float = 0.0, out_s: float | None = None) -> OpenFile:
    """See `OpenFile`."""
    return OpenFile(path, in_s, out_s)


def _open(path: Path, in_s: float, out_s: float | None) -> IO[bytes]:
    """The part of a recording that is asked for; any other file as a whole."""
    try:
        recording = open_recording(path)
        if recording.parts:
            return recording.window(in_s, out_s if out_s is not None else recording.duration_s)
    except RecordingUnreadable:
        pass
    try:
        return path.open("rb")
    except OSError as error:
        raise FileUnreadable from error


def _length_s(frame: AudioFrame | VideoFrame) -> float:
    if isinstance(frame, AudioFrame):
        return frame.samples / frame.sample_rate
    return float((frame.duration or 1) * (frame.time_base or Fraction(1, 30)))
