"""Lays pictures over video frames in place, between two times, faded in and out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from av import VideoFrame
from PIL import Image

from blueroom.media.cards import Overlay

FADE_S = 0.35
Plane = npt.NDArray[np.uint16]

# RGB to limited-range BT.709: ITU-R BT.709-6, 3.
_RED, _BLUE = 0.2126, 0.0722
_GREEN = 1 - _RED - _BLUE


class _Part(NamedTuple):
    """One plane of an overlay: what it adds, and how much of the picture it lets through."""

    adds: Plane  # colour times opacity
    opacity: Plane  # 0 to 255
    x: int
    y: int


class Laid:
    """An overlay from `start_s` to `end_s`; `fade_s` of 0 for what comes and goes at once."""

    def __init__(
        self,
        overlay: Overlay,
        size: tuple[int, int],
        start_s: float,
        end_s: float,
        fade_s: float = FADE_S,
    ) -> None:
        self.start_s, self.end_s, self._fade_s = start_s, end_s, fade_s
        self._parts = _planes(overlay, size)

    def is_seen(self, at_s: float) -> bool:
        return self.start_s <= at_s < self.end_s

    def draw(self, frame: VideoFrame, at_s: float) -> None:
        """Blends it into a writable yuv420p frame; nothing outside its times."""
        if not self.is_seen(at_s):
            return
        strength = self._strength(at_s)
        for plane, part in zip(frame.planes, self._parts, strict=True):
            pixels = np.frombuffer(memoryview(plane), np.uint8).reshape(
                plane.height, plane.line_size
            )
            high, wide = part.opacity.shape
            target = pixels[part.y : part.y + high, part.x : part.x + wide]
            adds, opacity = part.adds, part.opacity
            if strength < 256:
                adds, opacity = _faded(adds, strength), _faded(opacity, strength)
            mixed = target * (255 - opacity) + adds
            # A division by 255, exact for these numbers.
            target[:] = (mixed + 128 + ((mixed + 128) >> 8)) >> 8

    def _strength(self, at_s: float) -> int:
        """0 to 256, slow at both ends."""
        if not self._fade_s:
            return 256
        part = min(1.0, (at_s - self.start_s) / self._fade_s, (self.end_s - at_s) / self._fade_s)
        return round(256 * part * part * (3 - 2 * part))


def _faded(values: Plane, strength: int) -> Plane:
    return ((values.astype(np.uint32) * strength) >> 8).astype(np.uint16)


def _planes(overlay: Overlay, size: tuple[int, int]) -> tuple[_Part, _Part, _Part]:
    """Y, U and V of what of an overlay lies on a picture of a size, at even places."""
    canvas = Image.new("RGBA", (_even(overlay.image.width) + 2, _even(overlay.image.height) + 2))
    canvas.paste(overlay.image, (overlay.x % 2, overlay.y % 2))
    x, y = overlay.x - overlay.x % 2, overlay.y - overlay.y % 2
    left, top = max(0, -x), max(0, -y)
    right = max(left, min(canvas.width, size[0] - x))
    bottom = max(top, min(canvas.height, size[1] - y))
    rgba = np.asarray(canvas.crop((left, top, right, bottom)), np.float64)
    x, y = x + left, y + top
    red, green, blue, opacity = np.moveaxis(rgba, 2, 0)
    luma = _RED * red + _GREEN * green + _BLUE * blue
    values = (
        16 + luma * 219 / 255,
        128 + (blue - luma) / (2 * (1 - _BLUE)) * 224 / 255,
        128 + (red - luma) / (2 * (1 - _RED)) * 224 / 255,
    )
    first, *others = (value * opacity for value in values)
    return (
        _part(first, opacity, x, y),
        *(_part(_halved(other), _halved(opacity), x // 2, y // 2) for other in others),
    )  # type: ignore[return-value]  # two others


def _part(adds: npt.NDArray[np.float64], opacity: npt.NDArray[np.float64], x: int, y: int) -> _Part:
    return _Part(np.rint(adds).astype(np.uint16), np.rint(opacity).astype(np.uint16), x, y)


def _halved(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    high, wide = values.shape
    mean: npt.NDArray[np.float64] = values.reshape(high // 2, 2, wide // 2, 2).mean(axis=(1, 3))
    return mean


def _even(number: int) -> int:
    return number + number % 2
