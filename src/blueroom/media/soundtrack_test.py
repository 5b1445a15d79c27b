from __future__ import annotations

import io

import av
import numpy as np
import pytest

from blueroom.media.muxer import SOUND_RATE, Muxer
from blueroom.media.soundtrack import Samples, Soundtrack
from tests.camera import read_back, sound_of

PACKET = SOUND_RATE // 50


def _written(muxer: Muxer, track: Soundtrack) -> io.BytesIO:
    muxer.add_sound(track.end())
    muxer.close()
    init, parts = muxer.take()
    return io.BytesIO(init + b"".join(parts))


def _begin(zero_s: float) -> tuple[Muxer, Soundtrack]:
    muxer = Muxer(None, 1.0)
    return muxer, Soundtrack(muxer.sound, zero_s)


def _packets(samples: Samples, starts_s: float) -> list[tuple[Samples, float]]:
    return [
        (samples[:, at : at + PACKET], starts_s + at / SOUND_RATE)
        for at in range(0, samples.shape[1], PACKET)
    ]


def _later(beeps_s: list[float]) -> list[float]:
    """Without one at the very beginning: AAC fades in for 21 ms."""
    return [beep for beep in beeps_s if beep > 0.1]


def test_sound_stays_in_its_place_where_packets_are_lost() -> None:
    muxer, track = _begin(10.0)
    for number, (samples, at_s) in enumerate(_packets(sound_of(4.0), 10.0)):
        if number % 12 not in (5, 6, 7) or number % 50 == 0:  # a quarter is missing
            muxer.add_sound(track.put(samples, at_s))

    beeps = _later(read_back(_written(muxer, track)).beeps_s)

    assert track.gaps == 17
    assert beeps == pytest.approx([1, 2, 3], abs=0.002)


def test_sound_is_cut_to_its_place_at_the_beginning() -> None:
    muxer, track = _begin(10.5)
    for samples, at_s in _packets(sound_of(3.0), 10.0 - 0.007):
        muxer.add_sound(track.put(samples, at_s))

    assert read_back(_written(muxer, track)).beeps_s == pytest.approx([0.493, 1.493], abs=0.002)


def test_sound_that_was_filled_already_is_left_out() -> None:
    muxer, track = _begin(0.0)
    muxer.add_sound(track.fill(1.5))
    for samples, at_s in _packets(sound_of(3.0), 0.0):
        muxer.add_sound(track.put(samples, at_s))

    assert track.gaps == 0
    assert read_back(_written(muxer, track)).beeps_s == pytest.approx([2], abs=0.002)


def test_time_stamps_that_wander_neither_tear_nor_move_the_sound() -> None:
    muxer, track = _begin(0.0)
    for number, (samples, at_s) in enumerate(_packets(sound_of(4.0), 0.0)):
        muxer.add_sound(track.put(samples, at_s + (number % 3) * 0.005))

    assert track.gaps == 0
    beeps = _later(read_back(_written(muxer, track)).beeps_s)
    assert beeps == pytest.approx([1, 2, 3], abs=0.002)


def test_a_clock_that_drifts_is_followed() -> None:
    muxer, track = _begin(0.0)
    for samples, at_s in _packets(sound_of(4.0), 0.0):
        muxer.add_sound(track.put(samples, at_s * 1.02))  # 80 ms in 4 s

    beeps = _later(read_back(_written(muxer, track)).beeps_s)

    assert beeps == pytest.approx([1.02, 2.04, 3.06], abs=0.018)


def test_the_track_begins_at_zero_and_holds_what_was_put() -> None:
    muxer, track = _begin(0.0)
    rng = np.random.default_rng(1)
    noise = rng.uniform(-0.5, 0.5, (2, SOUND_RATE)).astype(np.float32)
    for samples, at_s in _packets(noise, 0.0):
        muxer.add_sound(track.put(samples, at_s))

    with av.open(_written(muxer, track), "r") as container:
        frames = list(container.decode(audio=0))
    heard = np.concatenate([frame.to_ndarray() for frame in frames], axis=1)

    assert frames[0].pts == 0
    assert heard.shape[1] == 48 * 1024 - 1024 or heard.shape[1] == 48 * 1024
    middle = slice(SOUND_RATE // 4, SOUND_RATE // 2)
    best = max(
        range(-64, 65),
        key=lambda by: float(np.dot(heard[0, middle], np.roll(noise[0], by)[middle])),
    )
    assert best == 0
