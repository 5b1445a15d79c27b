"""The fur that frames a card on a picture, as on the walls: see design/web/fur.ts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

_OVER = 2  # drawn so many times as large, for soft edges
_STEP_PX = 1.36  # between two roots along the edge
Floats = npt.NDArray[np.float64]


class Coat(NamedTuple):
    """Colours of the strands from the undercoat up, as #rrggbb."""

    shadow: tuple[str, ...]
    low: tuple[str, ...]
    middle: tuple[str, ...]
    high: tuple[str, ...]


DAY = Coat(
    ("#9db4cc", "#a9bdd3"),
    ("#bed1e4", "#d0deeb", "#b4cae0"),
    ("#e4edf6", "#f4f3ee", "#dae6f1"),
    ("#fffdf8", "#ffffff", "#faf6ee"),
)
NIGHT = Coat(
    ("#141d30", "#1f2a42"),
    ("#4b5a80", "#5a6990", "#425177"),
    ("#8a97bd", "#9ca8ca", "#7885ae"),
    ("#cdd4e8", "#dfe3ef", "#b7c0dc"),
)


class _Roots(NamedTuple):
    """Where hairs grow along a rounded box, clockwise from its upper left corner."""

    x: Floats
    y: Floats
    outward: Floats  # angle
    along: Floats


def _roots_around(box: tuple[float, float, float, float], radius: float) -> _Roots:
    left, top, right, bottom = box
    wide, high, bend = right - left - 2 * radius, bottom - top - 2 * radius, radius * np.pi / 2
    along = np.arange(0, 2 * (wide + high) + 4 * bend, _STEP_PX)
    legs = np.cumsum([0, wide, bend, high, bend, wide, bend, high])
    leg = np.searchsorted(legs, along, side="right") - 1
    rest = along - legs[leg]
    x, y, outward = np.empty_like(along), np.empty_like(along), np.empty_like(along)
    corners = (
        (right, top, -1, 1),
        (right, bottom, -1, -1),
        (left, bottom, 1, -1),
        (left, top, 1, 1),
    )
    for side in range(4):
        facing = (side - 1) * np.pi / 2
        at, turn = leg == 2 * side, leg == 2 * side + 1
        start_x = (left + radius, right, right - radius, left)[side]
        start_y = (top, top + radius, bottom, bottom - radius)[side]
        x[at] = start_x + np.cos(facing + np.pi / 2) * rest[at]
        y[at] = start_y + np.sin(facing + np.pi / 2) * rest[at]
        outward[at] = facing
        corner_x, corner_y, into_x, into_y = corners[side]
        outward[turn] = facing + rest[turn] / radius
        x[turn] = corner_x + into_x * radius + np.cos(outward[turn]) * radius
        y[turn] = corner_y + into_y * radius + np.sin(outward[turn]) * radius
    return _Roots(x, y, outward, along)


def _stroked(along: Floats) -> Floats:
    """How the fur was stroked: a slow wave along the edge."""
    waves = ((0.021, 0.0, 0.6), (0.057, 1.3, 0.35), (0.131, 4.0, 0.25))
    out = np.zeros_like(along)
    for rate, shift, high in waves:
        out += np.sin(along * rate + shift) * high
    return out


def _clumped(along: Floats) -> Floats:
    """Hairs of one lock lean together, towards its middle."""
    lock = 31 + 9 * np.sin(along * 0.011)
    lean: Floats = (0.5 - (along % lock) / lock) * 0.5
    return lean


def draw_fur(
    image: Image.Image,
    box: tuple[float, float, float, float],
    *,
    radius_px: float,
    length_px: float,
    coat: Coat = DAY,
    seed: int = 3,
) -> None:
    """Lays fur over an RGBA picture that grows outwards from the edge of a rounded box."""
    size = (image.width * _OVER, image.height * _OVER)
    # Drawn on the coat's own colour, unseen, so that soft edges do not go dark.
    large = Image.new("RGBA", size, coat.middle[0] + "00")
    pen = ImageDraw.Draw(large)
    random = np.random.default_rng(seed)
    roots = _roots_around(box, radius_px)
    # colours, how long, how far in it is rooted, how wide, how many a root
    layers = (
        (coat.shadow, 1.3, 0.9, 1.0, 2.0),
        (coat.low, 1.2, 0.95, 1.0, 3.0),
        (coat.middle, 1.12, 0.9, 0.95, 2.5),
        (coat.high, 1.04, 0.9, 0.85, 2.0),
        (coat.low, 1.02, 1.0, 0.5, 0.25),
        (coat.high, 0.96, 0.9, 0.8, 0.75),
    )
    for colours, long, rooted, wide, many in layers:
        counts = int(many) + (random.random(roots.x.size) < many % 1)
        chosen = _Roots(*(np.repeat(values, counts) for values in roots))
        hairs = _hairs(chosen, random, length_px, long, rooted, wide)
        inks = random.integers(0, len(colours), len(hairs))
        for hair, ink in zip((hairs * _OVER).tolist(), inks.tolist(), strict=True):
            pen.polygon(hair, fill=colours[ink])
    image.alpha_composite(large.resize(image.size, Image.Resampling.LANCZOS))


def _hairs(
    roots: _Roots,
    random: np.random.Generator,
    length_px: float,
    long: float,
    rooted: float,
    wide: float,
) -> Floats:
    """Each hair as a polygon, x and y in turn: as wide as said at its root, nothing at its tip."""
    count = roots.x.size
    inward = 0.55 * length_px * rooted * random.random(count)
    x = roots.x - np.cos(roots.outward) * inward
    y = roots.y - np.sin(roots.outward) * inward
    stroke = _stroked(roots.along)
    angle = (
        roots.outward + stroke * 0.5 + _clumped(roots.along) + (random.random(count) - 0.5) * 0.7
    )
    length = length_px * long * (0.55 + random.random(count) * 0.75)
    bend = (random.random(count) - 0.5) * 1.1 + _stroked(roots.along * 1.7) * 0.3
    width = wide * (0.7 + random.random(count)) * min(1.0, 0.45 + length_px / 60)
    middle_x, middle_y = x + np.cos(angle) * length * 0.55, y + np.sin(angle) * length * 0.55
    tip_x = middle_x + np.cos(angle + bend) * length * 0.5
    tip_y = middle_y + np.sin(angle + bend) * length * 0.5 + length * 0.06
    side_x, side_y = -np.sin(angle) * width, np.cos(angle) * width
    corners = [
        x + side_x,
        y + side_y,
        middle_x + side_x * 0.6,
        middle_y + side_y * 0.6,
        tip_x,
        tip_y,
        middle_x - side_x * 0.6,
        middle_y - side_y * 0.6,
        x - side_x,
        y - side_y,
    ]
    return np.stack(corners, axis=1)
