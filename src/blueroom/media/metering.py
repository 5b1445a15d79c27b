"""What is told about a feed while it runs: how loud it is, how much comes in."""

from __future__ import annotations

import numpy as np

from blueroom.media.packing_line import Figures, Level
from blueroom.media.soundtrack import Samples

LEVEL_S = 0.25
FIGURES_S = 1.0
QUIET_S = 3.0  # without sound for so long, the level falls; in MP4 it comes in bursts
FLOOR_DB = -100.0


class Meter:
    """How loud it is."""

    def __init__(self) -> None:
        self._squares = 0.0
        self._samples = 0
        self._peak = 0.0
        self._read_s = 0.0
        self._heard_s: float | None = None

    def add(self, samples: Samples) -> None:
        if samples.size:
            self._squares += float(np.vdot(samples, samples))
            self._samples += samples.size
            self._peak = max(self._peak, float(np.abs(samples).max()))

    def read(self, now_s: float) -> Level | None:
        """The level since the last one, when it is due; the floor once nothing is heard."""
        if now_s - self._read_s < LEVEL_S:
            return None
        if not self._samples:
            if self._heard_s is None or now_s - self._heard_s < QUIET_S:
                return None
            self._heard_s = None
            return Level(rms_db=FLOOR_DB, peak_db=FLOOR_DB)
        rms = (self._squares / self._samples) ** 0.5
        level = Level(rms_db=_decibels(rms), peak_db=_decibels(self._peak))
        self._read_s = self._heard_s = now_s
        self._squares, self._samples, self._peak = 0.0, 0, 0.0
        return level


class Counts:
    """What came in since the last figures."""

    def __init__(self, now_s: float) -> None:
        self._since_s = now_s
        self._pictures = 0
        self._picture_bytes = 0
        self.sound_bytes = 0

    def add_picture(self, units: list[bytes]) -> None:
        self._pictures += 1
        self._picture_bytes += sum(map(len, units))

    def read(self, now_s: float, size: tuple[int, int], lost: int) -> Figures | None:
        passed_s = now_s - self._since_s
        if passed_s < FIGURES_S:
            return None
        figures = Figures(
            video_kbps=round(self._picture_bytes / 125 / passed_s),
            audio_kbps=round(self.sound_bytes / 125 / passed_s),
            fps=round(self._pictures / passed_s, 1),
            width_px=size[0],
            height_px=size[1],
            lost=lost,
        )
        self._since_s = now_s
        self._pictures = self._picture_bytes = self.sound_bytes = 0
        return figures


def _decibels(amplitude: float) -> float:
    return round(max(FLOOR_DB, 20 * float(np.log10(max(amplitude, 1e-5)))), 1)
