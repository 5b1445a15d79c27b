from __future__ import annotations

import numpy as np
import pytest
from av import VideoFrame
from PIL import Image

from blueroom.media.cards import Overlay
from blueroom.media.overlays import Laid

SIZE = (64, 48)


def grey() -> VideoFrame:
    frame = VideoFrame(*SIZE, "yuv420p")
    for plane, value in zip(frame.planes, (100, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    return frame


def luma(frame: VideoFrame) -> np.ndarray:
    return frame.to_ndarray()[: SIZE[1], : SIZE[0]]


def laid(colour: tuple[int, int, int, int], x: int = 8, y: int = 8, fade_s: float = 0.0) -> Laid:
    return Laid(Overlay(Image.new("RGBA", (20, 10), colour), x, y), SIZE, 1.0, 3.0, fade_s)


def test_an_overlay_is_where_and_when_it_shall_be_and_nowhere_else() -> None:
    for at_s, is_seen in ((0.99, False), (1.0, True), (2.99, True), (3.0, False)):
        frame = grey()
        laid((255, 255, 255, 255)).draw(frame, at_s)
        expected = np.full((SIZE[1], SIZE[0]), 100)
        if is_seen:
            expected[8:18, 8:28] = 235
        assert np.array_equal(luma(frame), expected)


@pytest.mark.parametrize(
    ("colour", "values"),
    [  # limited-range BT.709
        ((255, 255, 255), (235, 128, 128)),
        ((0, 0, 0), (16, 128, 128)),
        ((255, 0, 0), (63, 102, 240)),
        ((0, 255, 0), (173, 42, 26)),
        ((0, 0, 255), (32, 240, 118)),
    ],
)
def test_colours_are_those_of_bt_709(
    colour: tuple[int, int, int], values: tuple[int, int, int]
) -> None:
    frame = grey()
    laid((*colour, 255)).draw(frame, 2.0)
    planes = [np.frombuffer(memoryview(p), np.uint8).reshape(-1, p.line_size) for p in frame.planes]
    assert (planes[0][12, 16], planes[1][6, 8], planes[2][6, 8]) == pytest.approx(values, abs=1)


def test_half_opaque_is_half_way() -> None:
    frame = grey()
    laid((255, 255, 255, 128)).draw(frame, 2.0)
    assert luma(frame)[12, 16] == pytest.approx((100 + 235) / 2, abs=1)


def test_it_fades_in_and_out() -> None:
    shown = []
    for at_s in (1.0, 1.25, 1.5, 2.0, 2.75):
        frame = grey()
        laid((255, 255, 255, 255), fade_s=0.5).draw(frame, at_s)
        shown.append(int(luma(frame)[12, 16]))
    assert shown[0] == 100
    assert 100 < shown[1] < 235
    assert shown[2:4] == [235, 235]
    assert shown[4] == shown[1]


@pytest.mark.parametrize(("x", "y"), [(-7, -3), (60, 44), (9, 9), (-100, 0), (0, 1000)])
def test_it_may_lie_partly_outside_and_at_odd_places(x: int, y: int) -> None:
    frame = grey()
    laid((255, 255, 255, 255), x, y).draw(frame, 2.0)
    expected = np.full((SIZE[1], SIZE[0]), 100)
    expected[max(0, y) : max(0, y + 10), max(0, x) : max(0, x + 20)] = 235
    assert np.array_equal(luma(frame), expected)
