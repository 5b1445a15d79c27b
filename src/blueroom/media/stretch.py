"""A stretch of a recording, opened: its packets from the key frame before it to just behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from types import TracebackType
from typing import Any

import av
from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.stream import VideoStream

from blueroom.media.cut import CutShort, Piece
from blueroom.media.opening import open_container
from blueroom.media.recording import open_recording

WAIT_S = Fraction(1, 10)  # a first picture that comes later than this is shown from the in point
LAST_S = Fraction(1, 100)  # what the last picture lasts at least
_MARGIN_S = 0.2  # sound lies beside its pictures by about so much
_SOUND_MISSING_S = Fraction(1, 20)
_SOUND_STOPPED_S = Fraction(2)  # a sound that is further behind will not come


class Stretch:
    """A context that holds the file open; `packets` may be read once.

    Ticks are those of each stream; a picture belongs to it if `in_ticks <= pts < out_ticks`.

    Raises:
        recording.RecordingUnreadable: no such file, or no recording.
        opening.FileUnreadable: a recording that is damaged.
    """

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        self._recording = open_recording(piece.path)
        with ExitStack() as stack:
            begin_s = max(0.0, piece.in_s - _MARGIN_S)
            file = stack.enter_context(self._recording.window(begin_s, piece.out_s))
            self.container = stack.enter_context(open_container(file, "mp4"))
            self._stack = stack.pop_all()
        self.video: VideoStream | None = next(iter(self.container.streams.video), None)
        self.audio: AudioStream | None = next(iter(self.container.streams.audio), None)
        self.in_s, self.out_s = _exact(max(0.0, piece.in_s)), _exact(piece.out_s)
        self._picture_end_s = self._sound_end_s = Fraction(0)

    def __enter__(self) -> Stretch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def ticks(self, moment_s: Fraction, stream: VideoStream | AudioStream) -> int:
        return round(moment_s / time_base(stream))

    def packets(self) -> Iterator[Packet[Any]]:
        """Video and sound as they lie in the file; the last ones may lie behind the out point."""
        streams = [stream for stream in (self.video, self.audio) if stream is not None]
        open_streams = set(streams)
        for packet in self._demux(streams):
            stream = packet.stream
            is_whole = packet.pts is not None and packet.dts is not None and not packet.is_corrupt
            if stream not in open_streams or not is_whole:
                continue
            self._note(packet)
            assert packet.dts is not None
            if packet.dts * time_base(stream) >= self.out_s:
                open_streams.discard(stream)
                if not open_streams:
                    return
                continue
            yield packet

    def _demux(self, streams: list[VideoStream | AudioStream]) -> Iterator[Packet[Any]]:
        try:
            yield from self.container.demux(streams)
        except av.FFmpegError:
            return  # a torn tail: what lies before it has been given

    def _note(self, packet: Packet[Any]) -> None:
        assert packet.pts is not None
        end_s = (packet.pts + (packet.duration or 0)) * time_base(packet.stream)
        if packet.stream is self.video:
            self._picture_end_s = max(self._picture_end_s, end_s)
        else:
            self._sound_end_s = max(self._sound_end_s, end_s)

    @property
    def read_to_s(self) -> Fraction:
        """How far what was read reaches, with pictures or with sound."""
        return max(self._picture_end_s, self._sound_end_s)

    def check_long_enough(self) -> None:
        """Before anything is read.

        Raises:
            CutShort: the recording does not reach the out point.
        """
        if self._recording.duration_s < self.piece.out_s - 0.001:
            raise CutShort(retry_after_s=0.5)

    @property
    def is_complete(self) -> bool:
        """Whether what was read reaches the out point, with pictures and with sound."""
        end_s = self.out_s - Fraction(1, 1000)
        if self.video is None:
            return self._sound_end_s >= end_s
        missing_s = self.out_s - self._sound_end_s
        has_sound = self.audio is None or not _SOUND_MISSING_S < missing_s < _SOUND_STOPPED_S
        return self._picture_end_s >= end_s and has_sound

    def check_complete(self) -> None:
        """After all was read.

        Raises:
            CutShort: it does not reach the out point. Sound may come later than its pictures.
        """
        if not self.is_complete:
            raise CutShort(retry_after_s=0.5)


def _exact(moment_s: float) -> Fraction:
    """To the microsecond, as a datetime keeps it."""
    return Fraction(round(moment_s * 1_000_000), 1_000_000)


def time_base(stream: object) -> Fraction:
    """The length of a tick of the stream, in seconds."""
    found: Fraction | None = getattr(stream, "time_base", None)
    assert found is not None
    return found
