from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import pytest

from blueroom.media import h264
from blueroom.media.transcoder import Picture, Transcoder
from tests.camera import even_times, frames_of


def _vp8(times_s: list[float], size: tuple[int, int]) -> Iterator[Any]:
    encoder: Any = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = *size, "yuv420p"
    encoder.time_base = Fraction(1, 90_000)
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    for frame in frames_of(times_s, size):
        yield from encoder.encode(frame)


def _transcoder() -> Transcoder:
    decoder: Any = av.CodecContext.create("vp8", "r")
    return Transcoder(decoder)


def _sizes(pictures: list[Picture]) -> list[tuple[int, int]]:
    """What the parameter sets among them say."""
    sets = [unit for one in pictures for unit in one.units if h264.kind(unit) == h264.SPS]
    said = [h264.read_sequence_set(unit) for unit in sets]
    return [(one.width_px, one.height_px) for one in said]


def test_every_picture_comes_out_at_once_and_at_its_time() -> None:
    transcoder = _transcoder()
    times_s = even_times(1, 25)

    at_once = [list(transcoder.take(packet)) for packet in _vp8(times_s, (320, 240))]

    assert [len(pictures) for pictures in at_once] == [1] * 25
    assert [one.pts for (one,) in at_once] == [round(at_s * 90_000) for at_s in times_s]
    assert list(transcoder.take(None)) == []


@pytest.mark.parametrize("fps", [5, 30])
def test_key_frames_come_every_two_seconds_at_any_rate(fps: int) -> None:
    transcoder = _transcoder()
    packets = _vp8(even_times(5, fps), (160, 120))

    pictures = [picture for packet in packets for picture in transcoder.take(packet)]

    assert [p.pts / 90_000 for p in pictures if h264.is_key(p.units)] == [0.0, 2.0, 4.0]


def test_another_size_begins_with_a_key_frame_that_says_it() -> None:
    transcoder = _transcoder()
    packets = [*_vp8([0.0, 0.1], (320, 240)), *_vp8([0.2, 0.3], (240, 320))]

    pictures = [picture for packet in packets for picture in transcoder.take(packet)]

    assert [h264.is_key(one.units) for one in pictures] == [True, False, True, False]
    assert _sizes(pictures) == [(320, 240), (240, 320)]


@pytest.mark.parametrize(
    ("size", "fits"),
    [((3840, 2160), (1920, 1080)), ((1080, 2400), (864, 1920)), ((321, 241), (320, 240))],
)
def test_a_picture_is_made_to_fit(size: tuple[int, int], fits: tuple[int, int]) -> None:
    transcoder = _transcoder()

    pictures = [one for packet in _vp8([0.0], size) for one in transcoder.take(packet)]

    assert _sizes(pictures) == [fits]
    assert h264.read_sequence_set(pictures[0].units[0]).profile in h264.PLAIN_PROFILES


def test_a_damaged_picture_harms_no_later_one() -> None:
    transcoder = _transcoder()
    packets = list(_vp8(even_times(1, 10), (320, 240)))
    with pytest.raises(av.FFmpegError):
        list(transcoder.take(av.Packet(b"\x00\x01\x02")))

    pictures = [picture for packet in packets for picture in transcoder.take(packet)]

    assert len(pictures) == 10
