from __future__ import annotations

import numpy as np
import pytest

from blueroom.media.metering import FLOOR_DB, Counts, Meter
from blueroom.media.packing_line import Figures, Level
from blueroom.media.soundtrack import Samples


def _tone(amplitude: float) -> Samples:
    at = np.arange(48_000 // 4) / 48_000
    one = (amplitude * np.sin(2 * np.pi * 1000 * at)).astype(np.float32)
    return np.stack([one, one])


@pytest.mark.parametrize(
    ("amplitude", "rms_db", "peak_db"), [(1.0, -3.0, 0.0), (0.1, -23.0, -20.0), (0.0, -100, -100)]
)
def test_a_level_is_of_full_scale(amplitude: float, rms_db: float, peak_db: float) -> None:
    meter = Meter()
    meter.add(_tone(amplitude))

    assert meter.read(100.0) == Level(rms_db=rms_db, peak_db=peak_db)


def test_a_level_comes_four_times_a_second_and_falls_where_nothing_is_heard() -> None:
    meter = Meter()
    said = []
    for tenth in range(100):
        if tenth < 20:
            meter.add(_tone(0.5))
        if level := meter.read(100 + tenth / 10):
            said.append((tenth, level.peak_db))

    assert [tenth for tenth, _ in said] == [0, 3, 6, 9, 12, 15, 18, 21, 51]
    assert said[-1] == (51, FLOOR_DB)


def test_figures_are_of_what_came_since_the_last_ones() -> None:
    counts = Counts(100.0)
    for _ in range(60):
        counts.add_picture([bytes(2500), bytes(2500)])
    counts.sound_bytes += 32_000
    first = counts.read(102.0, (1280, 720), 3)

    assert first == Figures(
        video_kbps=1200, audio_kbps=128, fps=30.0, width_px=1280, height_px=720, lost=3
    )
    assert counts.read(102.5, (1280, 720), 3) is None
    assert counts.read(103.0, (0, 0), 3) == Figures(
        video_kbps=0, audio_kbps=0, fps=0.0, width_px=0, height_px=0, lost=3
    )
