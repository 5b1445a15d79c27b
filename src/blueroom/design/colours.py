"""Colours as screens mix them, how well one is read on another, and the nearest one that is.

Contrast and its limits: WCAG 2.2, 1.4.3 and 1.4.11, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio.
Lightness, and what is near: OKLab, https://bottosson.github.io/posts/oklab/. Both read 2026-11-26.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

TEXT, LARGE = 4.5, 3.0  # least contrast of text, and of large text and controls
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_STEPS = 256  # of lightness, that a nearest colour is looked for in

Triple = tuple[float, float, float]


def clean_colour(written: str) -> str | None:
    """ "#rrggbb" in small letters, of three digits or six, with or without "#"; None for others."""
    found = _HEX.fullmatch("#" + written.strip().removeprefix("#"))
    if found is None:
        return None
    digits = found[1].lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two "#rrggbb", 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mix(one: str, other: str, part: float) -> str:
    """`one` with `part` (0 to 1) of `other` laid over it, as sRGB is blended on screens."""
    pairs = zip(_bytes(one), _bytes(other), strict=True)
    return _hex(*(a + (b - a) * part for a, b in pairs))


def lighten(colour: str, by: float) -> str:
    """The same hue, lighter by a part of OKLab's lightness; darker where `by` is negative."""
    lightness, a, b = _oklab(colour)
    return _of_oklab(min(1.0, max(0.0, lightness + by)), a, b)


def nearest(colour: str, is_good: Callable[[str], bool]) -> str | None:
    """The colour of the same hue and the least other lightness that is good; None for no such."""
    own, a, b = _oklab(colour)
    tried = set()
    for lightness in sorted(
        (step / _STEPS for step in range(_STEPS + 1)), key=lambda step: abs(step - own)
    ):
        found = _of_oklab(lightness, a, b)
        if found not in tried and is_good(found):
            return found
        tried.add(found)
    return None


def _bytes(colour: str) -> Triple:
    number = int(colour[1:], 16)
    return float(number >> 16), float(number >> 8 & 255), float(number & 255)


def _hex(*parts: float) -> str:
    return "#" + "".join(f"{min(255, max(0, round(part))):02x}" for part in parts)


def _linear(colour: str) -> Triple:
    parts = (part / 255 for part in _bytes(colour))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return red, green, blue


@lru_cache(maxsize=8192)
def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _oklab(colour: str) -> Triple:
    red, green, blue = _linear(colour)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _of_oklab(lightness: float, a: float, b: float) -> str:
    """That colour, paler where no screen shows one as strong at its lightness."""
    strong, pale = _srgb(lightness, a, b), 1.0
    while pale > 0 and any(not -0.002 <= part <= 1.002 for part in strong):
        pale -= 0.05
        strong = _srgb(lightness, a * pale, b * pale)
    return _hex(*(part * 255 for part in strong))


def _srgb(lightness: float, a: float, b: float) -> Triple:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    red, green, blue = (
        12.92 * p if p <= 0.0031308 else 1.055 * p ** (1 / 2.4) - 0.055 for p in linear
    )
    return red, green, blue
