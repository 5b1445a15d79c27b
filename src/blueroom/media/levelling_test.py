from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av import AudioFrame

from blueroom.media.levelling import RATE, Soundtrack, find_gain_db


def speech_like(seconds: float, amplitude: float, rate: int = RATE) -> np.ndarray:
    """Syllables: noise that swells and falls three times a second."""
    count = round(seconds * rate)
    noise = np.random.default_rng(7).normal(0, 0.25, count)
    swell = np.clip(np.sin(np.arange(count) * 2 * np.pi * 3 / rate), 0, 1)
    samples: np.ndarray = (noise * swell * amplitude).astype(np.float32)
    return samples


def frames(samples: np.ndarray, rate: int = RATE, size: int = 1024) -> list[AudioFrame]:
    """One channel, or two, in pieces with their times."""
    out = []
    samples = np.atleast_2d(samples)
    for at in range(0, samples.shape[1], size):
        layout = "mono" if len(samples) == 1 else "stereo"
        frame = AudioFrame.from_ndarray(samples[:, at : at + size].copy(), "fltp", layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
        out.append(frame)
    return out


def write(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=rate)
        stream.layout = "mono" if samples.ndim == 1 else "stereo"
        for frame in frames(samples, rate):
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def made(
    sounds: list[tuple[AudioFrame, float]], gain_db: float, end_s: float, *, has_sound: bool = True
) -> np.ndarray:
    """What a soundtrack encodes, decoded: 2 x samples."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        track = Soundtrack(out, gain_db, has_sound=has_sound)
        for frame, at_s in sounds:
            track.put(frame, at_s)
            track.write(min(at_s, end_s))
        track.end(end_s)
    file.seek(0)
    with av.open(file, "r") as again:
        return np.concatenate([f.to_ndarray() for f in again.decode(audio=0)], axis=1)


@pytest.mark.parametrize("amplitude", [0.1, 0.4, 0.9])
def test_a_quiet_and_a_loud_clip_come_to_one_loudness(tmp_path: Path, amplitude: float) -> None:
    samples = speech_like(6.0, amplitude)
    path = write(tmp_path / "a.mp4", samples)
    gain_db = find_gain_db(path, -16.0)
    sounds = [(frame, (frame.time or 0.0)) for frame in frames(samples)]
    level = made(sounds, gain_db, 6.0)
    again = write(tmp_path / "b.mp4", level)
    assert find_gain_db(again, -16.0) == pytest.approx(0.0, abs=1.0)
    assert np.abs(level).max() <= 10 ** (-1.0 / 20)


@pytest.mark.parametrize("amplitude", [0.0, 0.0002])
def test_silence_is_not_made_louder(tmp_path: Path, amplitude: float) -> None:
    assert find_gain_db(write(tmp_path / "a.mp4", speech_like(2.0, amplitude)), -16.0) == 0.0


def beep_at(samples: np.ndarray) -> float:
    """When the first loud sample of the left channel comes, in seconds."""
    return float(np.argmax(np.abs(samples[0]) > 0.1)) / RATE


def beep(at_s: float, seconds: float, rate: int = RATE) -> np.ndarray:
    samples = np.zeros(round(seconds * rate), np.float32)
    begin = round(at_s * rate)
    samples[begin : begin + rate // 20] = 0.5 * np.sin(np.arange(rate // 20) * 0.15)
    return samples


@pytest.mark.parametrize(
    ("from_s", "rate"), [(0.0, 48_000), (0.25, 48_000), (-0.25, 48_000), (0.1, 44_100)]
)
def test_sound_stays_with_its_time(from_s: float, rate: int) -> None:
    sounds = [(f, (f.time or 0.0) + from_s) for f in frames(beep(0.5, 1.0, rate), rate)]
    heard = made(sounds, 0.0, 1.5)
    assert beep_at(heard) == pytest.approx(0.5 + from_s, abs=0.005)
    assert heard.shape[1] / RATE == pytest.approx(1.5, abs=0.025)


def test_what_was_lost_on_the_way_is_silence() -> None:
    sounds = [(f, f.time or 0.0) for f in frames(beep(0.8, 1.2)) if not 0.2 < (f.time or 0) < 0.5]
    assert beep_at(made(sounds, 0.0, 1.2)) == pytest.approx(0.8, abs=0.005)


def test_sound_is_as_long_as_the_picture() -> None:
    long = [(f, f.time or 0.0) for f in frames(speech_like(3.0, 0.5))]
    assert made(long, 0.0, 1.0).shape[1] / RATE == pytest.approx(1.0, abs=0.025)
    assert made(long, 0.0, 4.0).shape[1] / RATE == pytest.approx(4.0, abs=0.025)


def test_a_picture_without_sound_gets_silence() -> None:
    heard = made([], 0.0, 1.0, has_sound=False)
    assert heard.shape[1] / RATE == pytest.approx(1.0, abs=0.025)
    assert not heard.any()
