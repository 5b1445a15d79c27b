"""Loudness of signals whose loudness is known."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from blueroom.base.errors import NotAcceptable
from blueroom.media.jobs import run_job
from blueroom.media.loudness import Loudness, LoudnessArguments, NoSound, measure_loudness
from blueroom.media.opening import FileUnreadable
from tests.filming import record

RATE = 48_000


def tone(path: Path, amplitude: float, *, layout: str = "stereo", hz: float = 1000) -> Path:
    """Ten seconds of a sine, as MP4."""
    heard = amplitude * np.sin(2 * np.pi * hz * np.arange(10 * RATE) / RATE)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("aac", rate=RATE, layout=layout, bit_rate=256_000)
        for at in range(0, heard.size, 1024):
            part = heard[at : at + 1024].astype(np.float32)
            samples = np.stack([part] * (2 if layout == "stereo" else 1))
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = RATE, at
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("amplitude", "layout", "lufs", "peak_db"),
    [
        # EBU Tech 3341, table 1: 1 kHz in both channels at -23 dBFS peak is -23 LUFS.
        (10 ** (-23 / 20), "stereo", -23.0, -23.0),
        (10 ** (-33 / 20), "stereo", -33.0, -33.0),
        (10 ** (-20 / 20), "mono", -23.0, -20.0),
    ],
)
def test_loudness_of_tone_is_as_the_norm_says(
    tmp_path: Path, amplitude: float, layout: str, lufs: float, peak_db: float
) -> None:
    measured = measure_loudness(tone(tmp_path / "tone.mp4", amplitude, layout=layout))

    assert measured.integrated_lufs == pytest.approx(lufs, abs=0.2)
    assert measured.true_peak_db == pytest.approx(peak_db, abs=1.0)  # what AAC adds
    assert not measured.is_silent


def test_silence_is_silent(tmp_path: Path) -> None:
    measured = measure_loudness(tone(tmp_path / "silence.mp4", 0))

    assert measured == Loudness(integrated_lufs=-70.0, true_peak_db=-70.0)
    assert measured.is_silent


def test_file_without_sound_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoSound):
        measure_loudness(record(tmp_path / "silent.mp4", seconds=1, has_sound=False))


def test_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"nothing of the kind")

    with pytest.raises(FileUnreadable):
        measure_loudness(path)


def test_loudness_by_job_is_the_same_and_tells_progress(tmp_path: Path) -> None:
    path = tone(tmp_path / "tone.mp4", 0.1)
    told: list[float] = []

    measured = run_job(
        "loudness",
        LoudnessArguments(path=path),
        Loudness,
        time_limit_s=30,
        on_progress=told.append,
    )

    assert measured == measure_loudness(path)
    assert told
    assert told == sorted(told)


def test_refusal_by_job_keeps_its_code(tmp_path: Path) -> None:
    path = record(tmp_path / "silent.mp4", seconds=1, has_sound=False)

    with pytest.raises(NotAcceptable) as caught:
        run_job("loudness", LoudnessArguments(path=path), Loudness, time_limit_s=30)

    assert caught.value.code == NoSound.code
