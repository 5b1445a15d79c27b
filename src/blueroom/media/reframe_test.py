from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from av import VideoFrame

from blueroom.media.reframe import Frame, Reframer

TALL, WIDE = (180, 320), (320, 180)


def stripes(width: int = 320, height: int = 180) -> VideoFrame:
    """Brighter from the left to the right."""
    rows = np.linspace(20, 230, width).astype(np.uint8)
    pixels = np.concatenate([np.tile(rows, (height, 1)), np.full((height // 2, width), 128)])
    return VideoFrame.from_ndarray(pixels.astype(np.uint8), "yuv420p")


def framed(picture: VideoFrame, frame: Frame, sample_aspect: Fraction | None = None) -> np.ndarray:
    [out] = Reframer(frame, sample_aspect).put(picture, 90_000)
    assert (out.width, out.height, out.format.name) == (frame.width_px, frame.height_px, "yuv420p")
    assert (out.pts, out.time) == (90_000, 1.0)
    return out.to_ndarray()[: out.height, : out.width].astype(int)


@pytest.mark.parametrize(("crop_x", "middle"), [(0.0, 53), (0.5, 125), (0.7, 167), (1.0, 197)])
def test_a_tall_picture_is_cut_around_the_middle_that_was_chosen(
    crop_x: float, middle: int
) -> None:
    assert framed(stripes(), Frame(*TALL, crop_x=crop_x))[160, 90] == pytest.approx(middle, abs=4)


def test_a_wide_picture_is_cut_around_its_height() -> None:
    picture = stripes(180, 320)
    top, bottom = (framed(picture, Frame(*WIDE, crop_y=y))[90] for y in (0.0, 1.0))
    assert top[0] == pytest.approx(20, abs=6)
    assert bottom[-1] == pytest.approx(230, abs=6)


def test_the_same_shape_is_left_whole() -> None:
    before = stripes().to_ndarray()[:180, :320].astype(int)
    assert np.abs(framed(stripes(), Frame(*WIDE, crop_x=0.0)) - before).max() <= 1


def test_blur_keeps_the_whole_picture_over_a_darker_ground() -> None:
    shown = framed(stripes(), Frame(*TALL, fit="blur"))
    row = shown[105]  # the picture is 101 high and 66 from the top
    assert (row[2], row[-3]) == (pytest.approx(23, abs=6), pytest.approx(228, abs=6))
    assert shown[300].max() < 200
    assert shown[300].max() - shown[300].min() < row.max() - row.min()


def test_the_source_is_not_drawn_on() -> None:
    picture = stripes()
    before = picture.to_ndarray().copy()
    [out] = Reframer(Frame(*WIDE), None).put(picture, 0)
    out.planes[0].update(bytes(out.planes[0].buffer_size))
    assert np.array_equal(picture.to_ndarray(), before)


def test_a_picture_that_changes_on_the_way_is_followed() -> None:
    reframer = Reframer(Frame(*WIDE), None)
    sizes = []
    for at, picture in enumerate((stripes(), stripes(180, 320), stripes(640, 360), stripes())):
        sizes += [(out.width, out.height, out.pts) for out in reframer.put(picture, at * 3000)]
    assert sizes == [(*WIDE, 0), (*WIDE, 3000), (*WIDE, 6000), (*WIDE, 9000)]


def test_narrow_pixels_are_made_square() -> None:
    shown = framed(stripes(160, 180), Frame(*WIDE, crop_x=0.0), Fraction(2, 1))
    assert (shown[90, 2], shown[90, -3]) == (pytest.approx(21, abs=6), pytest.approx(229, abs=6))


def test_full_range_becomes_limited_range() -> None:
    white = VideoFrame(*WIDE, "yuvj420p")
    for plane, value in zip(white.planes, (255, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    assert framed(white, Frame(*WIDE))[90, 160] == pytest.approx(235, abs=1)
