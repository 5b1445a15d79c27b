"""Cuts by encoding anew, for stretches that cannot be copied or that differ from one another.

Pictures keep their times and get the size of the first stretch: another size is scaled to fit and
padded with black. Sound is put together sample by sample, with silence where there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import OutputContainer
from av.filter import Graph
from av.packet import Packet
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from blueroom.media.cut import CutFile, NothingToCut, Piece
from blueroom.media.stretch import LAST_S, WAIT_S, Stretch, time_base

Samples: TypeAlias = NDArray[np.float32]  # 2 x count, from -1 to 1

TICK_S = Fraction(1, 90_000)
SOUND_RATE = 48_000
_FRAME_SAMPLES = 1024
_JITTER_SAMPLES = SOUND_RATE // 200  # clocks that count milliseconds are not followed so far
_KEY_EVERY = 60  # pictures
_FIT = "force_original_aspect_ratio=decrease:force_divisible_by=2"


def reencode(
    pieces: list[Piece],
    out: Path,
    *,
    may_be_short: bool,
    on_progress: Callable[[float], None],
) -> CutFile:
    """Writes the pieces as `out`, see `cut.cut_exact`."""
    with ExitStack() as stack:
        stretches = [stack.enter_context(Stretch(piece)) for piece in pieces]
        if not may_be_short:
            stretches[-1].check_long_enough()
        container = stack.enter_context(
            av.open(str(out), "w", format="mp4", options={"movflags": "+faststart"})
        )
        pictures = _pictures(container, stretches)
        sound = _sound(container, stretches)
        whole_s = sum(stretch.out_s - stretch.in_s for stretch in stretches)

        def reached(done_s: Fraction) -> None:
            on_progress(min(1.0, float(done_s / whole_s)))

        at_s = Fraction(0)
        for stretch in stretches:
            at_s = _add(stretch, at_s, pictures, sound, reached)
        if not may_be_short:
            stretches[-1].check_complete()
        if not at_s or (pictures and not pictures.frames):
            raise NothingToCut
        if pictures is not None:
            pictures.finish(at_s)
        if sound is not None:
            sound.finish()
    return CutFile(
        duration_s=round(float(at_s), 6),
        frames=pictures.frames if pictures else 0,
        width_px=pictures.size[0] if pictures else 0,
        height_px=pictures.size[1] if pictures else 0,
        size_bytes=out.stat().st_size,
        first_is_copied=False,
    )


def _pictures(container: OutputContainer, stretches: list[Stretch]) -> _Pictures | None:
    streams = [stretch.video for stretch in stretches if stretch.video is not None]
    return _Pictures(container, streams[0]) if streams else None


def _sound(container: OutputContainer, stretches: list[Stretch]) -> _Sound | None:
    return _Sound(container) if any(stretch.audio for stretch in stretches) else None


def _add(
    stretch: Stretch,
    at_s: Fraction,
    pictures: _Pictures | None,
    sound: _Sound | None,
    reached: Callable[[Fraction], None],
) -> Fraction:
    """Append a stretch at `at_s`. Returns where the next begins."""
    origin_s = stretch.in_s if stretch.video is None else None
    last_s = stretch.in_s
    heard: list[AudioFrame] = []
    for frame in _frames(stretch):
        begin_s = frame.pts * time_base(frame)
        if isinstance(frame, AudioFrame):
            heard.append(frame)
        elif stretch.in_s <= begin_s < stretch.out_s and pictures is not None:
            if origin_s is None:
                origin_s = begin_s if begin_s - stretch.in_s < WAIT_S else stretch.in_s
                begin_s = origin_s
            pictures.put(frame, at_s + begin_s - origin_s)
            last_s = begin_s
            reached(at_s + begin_s - origin_s)
        if origin_s is not None and sound is not None:
            sound.put(heard, at_s - origin_s, at_s)
            heard.clear()
    if origin_s is None:
        origin_s = stretch.in_s
        if sound is not None:
            sound.put(heard, at_s - origin_s, at_s)
    end_s = at_s - origin_s + max(min(stretch.out_s, stretch.read_to_s), last_s + LAST_S)
    if sound is not None:
        sound.end_stretch(end_s)
    return end_s


def _frames(stretch: Stretch) -> Iterator[Any]:
    """What is seen and heard, each in its order; damaged packets give none."""
    for packet in stretch.packets():
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue
        yield from (frame for frame in frames if frame.pts is not None)
    for stream in (stretch.video, stretch.audio):
        if stream is not None:
            last = stream.codec_context.decode(None)
            yield from (frame for frame in last if frame.pts is not None)


class _Pictures:
    """The track of pictures."""

    def __init__(self, container: OutputContainer, first: VideoStream) -> None:
        self._container = container
        self.size = (first.width + first.width % 2, first.height + first.height % 2)
        self.stream = container.add_stream("libx264", rate=first.average_rate or 30)
        self.stream.width, self.stream.height = self.size
        self.stream.pix_fmt = "yuv420p"
        self.stream.codec_context.time_base = TICK_S
        # Without reordered pictures, so that the file begins at 0 in every player.
        self.stream.options = {"preset": "superfast", "crf": "20", "bf": "0", "g": str(_KEY_EVERY)}
        self.frames = 0
        self._last_pts = -1
        self._graph: Graph | None = None
        self._graph_for: tuple[int, int, str] | None = None
        self._held: Packet[VideoStream] | None = None

    def put(self, frame: VideoFrame, at_s: Fraction) -> None:
        """Append a picture that is shown at `at_s` of the file."""
        frame = self._fitted(frame)
        frame.pts = self._last_pts = max(self._last_pts + 1, round(at_s / TICK_S))
        frame.time_base, frame.pict_type = TICK_S, PictureType.NONE
        self._mux(self.stream.encode(frame))
        self.frames += 1

    def finish(self, end_s: Fraction) -> None:
        """The last picture lasts to `end_s`."""
        self._mux(self.stream.encode(None))
        if self._held is not None and self._held.pts is not None:
            tick_s = time_base(self._held)
            self._held.duration = max(1, round(end_s / tick_s) - self._held.pts)
            self._container.mux(self._held)

    def _mux(self, packets: list[Packet[VideoStream]]) -> None:
        for packet in packets:
            if self._held is not None:
                self._container.mux(self._held)
            self._held = packet

    def _fitted(self, frame: VideoFrame) -> VideoFrame:
        """The picture at the size of the track, all of it, with black beside it."""
        shape = (frame.width, frame.height, frame.format.name)
        if shape == (*self.size, "yuv420p"):
            return frame
        if shape != self._graph_for:
            self._graph, self._graph_for = self._new_graph(frame), shape
        assert self._graph is not None
        self._graph.push(frame)
        return cast(VideoFrame, self._graph.pull())

    def _new_graph(self, frame: VideoFrame) -> Graph:
        width, height = self.size
        graph = Graph()
        graph.link_nodes(
            graph.add_buffer(
                width=frame.width, height=frame.height, format=frame.format, time_base=TICK_S
            ),
            graph.add(
                "scale",
                f"{width}:{height}:force_original_aspect_ratio=decrease:force_divisible_by=2",
            ),
            graph.add("pad", f"{width}:{height}:(ow-iw)/2:(oh-ih)/2"),
            graph.add("setsar", "1"),
            graph.add("format", "yuv420p"),
            graph.add("buffersink"),
        ).configure()
        return graph


class _Sound:
    """The track of sound: samples without a gap, from 0 on."""

    def __init__(self, container: OutputContainer) -> None:
        self._container = container
        self.stream = container.add_stream("aac", rate=SOUND_RATE, bit_rate=128_000)
        self.stream.layout = "stereo"
        self._resampler: AudioResampler | None = None
        self._resampler_for: tuple[int, str, str] | None = None
        self._pending = np.zeros((2, 0), np.float32)
        self._encoded = 0
        self._is_running = False  # what comes next follows on what came before

    @property
    def _end(self) -> int:
        return self._encoded + self._pending.shape[1]

    def put(self, frames: list[AudioFrame], shift_s: Fraction, begin_s: Fraction) -> None:
        """Append what is heard at its own time and `shift_s`; nothing before `begin_s`."""
        for frame in frames:
            assert frame.pts is not None
            at = round((frame.pts * time_base(frame) + shift_s) * SOUND_RATE)
            if self._is_running and abs(at - self._end) <= _JITTER_SAMPLES:
                at = self._end
            begin = max(round(begin_s * SOUND_RATE), self._end)
            samples = self._read(frame)[:, max(0, begin - at) :]
            if samples.shape[1]:
                self._fill(at)
                self._append(samples)
                self._is_running = True

    def end_stretch(self, end_s: Fraction) -> None:
        """The stretch ends here: what is longer is cut off, what is shorter becomes silence."""
        end = round(end_s * SOUND_RATE)
        self._pending = self._pending[:, : max(0, end - self._encoded)]
        self._fill(end)
        self._is_running, self._resampler_for = False, None

    def finish(self) -> None:
        """No sound follows."""
        self._encode(self._pending)
        for packet in self.stream.encode(None):
            self._container.mux(packet)

    def _read(self, frame: AudioFrame) -> Samples:
        settings = (frame.sample_rate, frame.format.name, frame.layout.name)
        if settings != self._resampler_for:
            self._resampler = AudioResampler("fltp", "stereo", SOUND_RATE)
            self._resampler_for = settings
        assert self._resampler is not None
        parts = [part.to_ndarray() for part in self._resampler.resample(frame)]
        return np.concatenate(parts, axis=1) if parts else np.zeros((2, 0), np.float32)

    def _fill(self, at: int) -> None:
        if at > self._end:
            self._append(np.zeros((2, at - self._end), np.float32))

    def _append(self, samples: Samples) -> None:
        """Encodes all but the last second, so that a stretch's end can still be cut off."""
        self._pending = np.concatenate([self._pending, samples], axis=1)
        ready = (self._pending.shape[1] - SOUND_RATE) // _FRAME_SAMPLES * _FRAME_SAMPLES
        if ready > 0:
            self._encode(self._pending[:, :ready])
            self._pending = self._pending[:, ready:]

    def _encode(self, samples: Samples) -> None:
        for begin in range(0, samples.shape[1], _FRAME_SAMPLES):
            part = np.ascontiguousarray(samples[:, begin : begin + _FRAME_SAMPLES])
            frame = AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            frame.sample_rate, frame.time_base = SOUND_RATE, Fraction(1, SOUND_RATE)
            frame.pts = self._encoded
            self._encoded += part.shape[1]
            for packet in self.stream.encode(frame):
                self._container.mux(packet)
