"""How loud a file is, by EBU R 128 (tech.ebu.ch/publications/r128, read 2026-11-26)."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from blueroom.base.errors import NotAcceptable

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

_SILENCE_LUFS = -70.0  # below it the measure counts nothing: ITU-R BS.1770, annex 1


class Loudness(msgspec.Struct, frozen=True, kw_only=True):
    """Over the whole file. Of silence both are -70."""

    integrated_lufs: float
    true_peak_db: float

    @property
    def is_silent(self) -> bool:
        return self.integrated_lufs <= _SILENCE_LUFS


class LoudnessArguments(msgspec.Struct, frozen=True, kw_only=True):
    """What the job "loudness" is told."""

    path: Path


class NoSound(NotAcceptable):
    """The file has no sound."""

    code = "no_sound"
    sentence = "This video has no sound. Switch the microphone on before recording another."


def loudness_job(arguments: LoudnessArguments, on_progress: Callable[[float], None]) -> Loudness:
    """The job "loudness"."""
    return measure_loudness(arguments.path, on_progress)


def measure_loudness(path: Path, on_progress: Callable[[float], None] = lambda _: None) -> Loudness:
    """How loud the file's sound is. What cannot be decoded of it is passed over.

    Raises:
        NoSound: it has none.
        opening.FileUnreadable: it cannot be opened.
    """
    from blueroom.media.opening import open_file

    with open_file(path) as opened:
        meter: _Meter | None = None
        for frame in opened.sounds():
            meter = meter or _Meter(frame)
            meter.put(frame)
            on_progress(opened.share(frame))
        if meter is None:
            raise NoSound
        return meter.read()


class _Meter:
    """FFmpeg's meter, fed with what is heard. Takes the kind of the first frame for all."""

    def __init__(self, first: AudioFrame) -> None:
        from av.audio.resampler import AudioResampler
        from av.filter import Graph

        kind = (first.format, first.layout, first.sample_rate)
        self._resampler = AudioResampler(*kind)
        self._graph = Graph()
        self._graph.link_nodes(
            self._graph.add_abuffer(
                format=first.format,
                layout=first.layout,
                sample_rate=first.sample_rate,
                time_base=Fraction(1, first.sample_rate),
            ),
            self._graph.add("ebur128", "metadata=1:peak=true"),
            self._graph.add("abuffersink"),
        ).configure()
        self._said: dict[str, str] = {}

    def put(self, frame: AudioFrame) -> None:
        for part in self._resampler.resample(frame):
            part.pts = None
            self._graph.push(part)
            self._pull()

    def read(self) -> Loudness:
        self._graph.push(None)
        self._pull()
        loud = float(self._said.get("lavfi.r128.I", _SILENCE_LUFS))
        peak = float(self._said.get("lavfi.r128.true_peak", 0))  # an amplitude
        peak_db = 20 * math.log10(peak) if peak > 0 else _SILENCE_LUFS
        return Loudness(
            integrated_lufs=max(_SILENCE_LUFS, loud),
            true_peak_db=round(max(_SILENCE_LUFS, peak_db), 2),
        )

    def _pull(self) -> None:
        import av

        with contextlib.suppress(BlockingIOError, av.EOFError):
            while True:
                self._said |= self._graph.pull().metadata
