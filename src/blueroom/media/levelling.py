"""Sound for sharing: stereo at 48 kHz, at one loudness, without overs, exactly as long as asked.

Loudness as EBU R 128 measures it (https://tech.ebu.ch/docs/r/r128.pdf, read 2026-11-26). One gain
for the whole clip keeps its dynamics; a limiter takes what would then be too loud.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av import AudioFrame
from av.container import OutputContainer
from av.filter import Graph
from av.filter.context import FilterContext

from blueroom.media.frames import frames_in
from blueroom.media.opening import open_file

RATE = 48_000
SAMPLES = 1024  # of an AAC frame
BIT_RATE = 128_000
CEILING_DB = -1.5
SILENCE_LUFS = -60.0  # quieter is nobody speaking: not made louder
MOST_GAIN_DB = 24.0
_MOST_MORE_DB = 4.0  # for what the limiter took
_OVER_RATE = 4 * RATE  # so that the limiter sees the peaks between samples
_ONE = Fraction(1, RATE)


def find_gain_db(path: Path, target_lufs: float) -> float:
    """How much louder a file's sound must be made, in dB; 0 where there is none to be heard."""
    before = _loudness(path, None)
    if before is None or before < SILENCE_LUFS:
        return 0.0
    gain_db = max(-MOST_GAIN_DB, min(MOST_GAIN_DB, target_lufs - before))
    after = _loudness(path, gain_db)  # less, where the limiter has much to do
    more_db = target_lufs - after if after is not None else 0.0
    return min(MOST_GAIN_DB, gain_db + max(0.0, min(_MOST_MORE_DB, more_db)))


def _loudness(path: Path, gain_db: float | None) -> float | None:
    """Integrated loudness in LUFS, raised and limited as it will be where a gain is given."""
    found: str | None = None
    with open_file(path) as file:
        leveller = Leveller(gain_db, measures=True)
        for frame in frames_in(file.container, file.container.streams.audio[:1]):
            assert isinstance(frame, AudioFrame)
            for measured in leveller.put(frame):
                found = measured.metadata.get("lavfi.r128.I", found)
        for measured in leveller.end():
            found = measured.metadata.get("lavfi.r128.I", found)
    return float(found) if found is not None else None


class Leveller:
    """A filter for sound: gaps filled, made louder by `gain_db` and limited; None leaves it."""

    def __init__(self, gain_db: float | None, *, measures: bool = False) -> None:
        self._gain_db = gain_db
        self._measures = measures
        self._graph: Graph | None = None
        self._made_for: tuple[object, ...] = ()

    def put(self, frame: AudioFrame) -> Iterator[AudioFrame]:
        """Sound with its time, from 0 on, to sound as it will be encoded."""
        kind = (frame.sample_rate, frame.format.name, frame.layout.name)
        if self._graph is None or kind != self._made_for:
            yield from self.end()
            self._graph, self._made_for = self._new_graph(frame), kind
        self._graph.push(frame)
        yield from self._pull()

    def end(self) -> Iterator[AudioFrame]:
        """What is still on its way."""
        if self._graph is not None:
            self._graph.push(None)
            yield from self._pull()
            self._graph = None

    def _pull(self) -> Iterator[AudioFrame]:
        assert self._graph is not None
        while True:
            try:
                frame = self._graph.pull()
            except (BlockingIOError, av.EOFError):
                return
            assert isinstance(frame, AudioFrame)
            yield frame

    def _new_graph(self, frame: AudioFrame) -> Graph:
        graph = Graph()
        last: FilterContext = graph.add_abuffer(
            sample_rate=frame.sample_rate,
            format=frame.format.name,
            layout=frame.layout.name,
            time_base=Fraction(1, frame.sample_rate),
        )
        # Its first sound at 0, and what a lost packet left out as silence.
        steps = [("aresample", f"{RATE}:async=1000:min_hard_comp=0.02:first_pts=0")]
        steps += [("aformat", f"sample_fmts=fltp:sample_rates={RATE}:channel_layouts=stereo")]
        if self._gain_db is not None:
            ceiling = 10 ** (CEILING_DB / 20)
            steps += [
                ("volume", f"{self._gain_db:.2f}dB"),
                ("aresample", str(_OVER_RATE)),
                ("alimiter", f"limit={ceiling:.4f}:attack=5:release=60:level=false:latency=true"),
                ("aresample", str(RATE)),
            ]
        steps += [("ebur128", "metadata=1")] if self._measures else []
        steps += [
            ("aformat", f"sample_fmts=fltp:sample_rates={RATE}:channel_layouts=stereo"),
            ("abuffersink", ""),
        ]
        for name, arguments in steps:
            step = graph.add(name, arguments or None)
            last.link_to(step)
            last = step
        graph.configure()
        return graph


class Soundtrack:
    """The sound of a rendered file: never longer than its picture, silent where there is none."""

    def __init__(self, out: OutputContainer, gain_db: float, *, has_sound: bool) -> None:
        self._out = out
        self._stream = out.add_stream("aac", rate=RATE)
        self._stream.bit_rate = BIT_RATE
        self._stream.layout = "stereo"
        self._has_sound = has_sound
        self._leveller = Leveller(gain_db)
        self._held = av.AudioFifo()
        self._written = 0  # samples

    def put(self, frame: AudioFrame, at_s: float) -> None:
        """Sound that begins at a time, in seconds from the picture's beginning."""
        frame.pts, frame.time_base = round(at_s * frame.sample_rate), Fraction(1, frame.sample_rate)
        self._hold(self._leveller.put(frame))

    def write(self, until_s: float) -> None:
        """Encode what goes with the picture so far."""
        self._encode(int(until_s * RATE), pads=not self._has_sound)

    def end(self, end_s: float) -> None:
        """Encode the rest, silence where it is too short, and nothing after the picture's end."""
        self._hold(self._leveller.end())
        last = round(end_s * RATE)
        self._encode(last, pads=True)
        if last > self._written:
            self._encode_samples(last - self._written)
        self._out.mux(self._stream.encode(None))

    def _hold(self, frames: Iterator[AudioFrame]) -> None:
        for frame in frames:
            frame.pts = None  # counted from here on: the leveller filled the gaps
            self._held.write(frame)

    def _encode(self, until: int, *, pads: bool) -> None:
        while self._written + SAMPLES <= until and (pads or self._held.samples >= SAMPLES):
            self._encode_samples(SAMPLES)

    def _encode_samples(self, count: int) -> None:
        frame = self._held.read(count) if self._held.samples >= count else None
        if frame is None:
            frame = self._padded(count)
        frame.pts, frame.time_base, frame.sample_rate = self._written, _ONE, RATE
        self._written += count
        self._out.mux(self._stream.encode(frame))

    def _padded(self, count: int) -> AudioFrame:
        """What sound there still is, and silence."""
        frame = AudioFrame(format="fltp", layout="stereo", samples=count)
        rest = self._held.read(0, partial=True) if self._held.samples else None
        for number, plane in enumerate(frame.planes):
            sound = bytes(rest.planes[number])[: rest.samples * 4] if rest else b""
            plane.update(sound.ljust(plane.buffer_size, b"\0"))
        return frame
