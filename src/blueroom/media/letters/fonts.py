"""The fonts that pictures are written with, as the build of the screens left them.

vite.config.ts says which files they are.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from PIL import Image, ImageFont

from blueroom.base.errors import NeedsPerson

Family = Literal["voice", "text"]
Face = ImageFont.FreeTypeFont

FOLDER = Path(__file__).parents[2] / "static/ui/fonts"
EMOJI = "emoji"
EMOJI_PX = 160  # drawn once at this size, then made smaller

# Each file of a family holds some scripts; the first that has a letter draws it.
_REST = (
    "noto-vietnamese",
    "noto-cyrillic",
    "noto-cyrillic-ext",
    "noto-greek",
    "noto-greek-ext",
    "noto-arabic",
    "noto-hebrew",
    "noto-devanagari",
)
# What the machine may have for scripts whose fonts are too large to carry: Debian's fonts-noto-cjk.
OF_THE_MACHINE = ("NotoSansCJK-Regular.ttc", "DejaVuSans.ttf")
CHAINS: dict[Family, tuple[str, ...]] = {
    "voice": (
        "fraunces-latin",
        "fraunces-latin-ext",
        "fraunces-vietnamese",
        *_REST,
    ),
    "text": ("figtree-latin", "figtree-latin-ext", *_REST),
}
_NOWHERE = "\U0010ffff"  # no font draws it: a font's sign for "I have no such letter"
_PROBE_PX = 24
_FULL = "\U0001f600"
UNSEEN = frozenset("\u200c\u200d\ufe0e\ufe0f") | {chr(tag) for tag in range(0xE0020, 0xE0080)}


class FontsMissing(NeedsPerson):
    code = "fonts_missing"
    sentence = (
        "The fonts for pictures are missing: the screens of this installation were not built. "
        "Run ./room, or install the package again."
    )


@lru_cache(maxsize=256)
def open_font(name: str, size_px: int, weight: int) -> Face | None:
    """The font at a size and weight; None where it is one of the machine's that it lacks.

    Raises:
        FontsMissing: one of our own is not there.
    """
    is_ours = not name.endswith((".ttc", ".ttf"))
    path = FOLDER / f"{name}.woff2" if is_ours else name
    try:
        font = ImageFont.truetype(path, size_px, layout_engine=ImageFont.Layout.RAQM)
    except OSError as error:
        if is_ours:
            raise FontsMissing(file=str(path)) from error
        return None
    if is_ours and name != EMOJI:
        _set_axes(font, size_px, weight)
    return font


def _set_axes(font: Face, size_px: int, weight: int) -> None:
    """As the screens do: round corners, no wonky letters, drawn for the size they are seen at."""
    wanted = {"Weight": weight, "Optical Size": size_px, "Softness": 100, "Wonky": 0, "Width": 100}
    axes: list[float] = []
    for axis in font.get_variation_axes():
        least, usual, most = (axis[key] or 0 for key in ("minimum", "default", "maximum"))
        value = wanted.get((axis["name"] or b"").decode(), usual)
        axes.append(max(least, min(most, value)))
    font.set_variation_by_axes(axes)


@lru_cache(maxsize=8192)
def has(name: str, letter: str) -> bool:
    """Whether the font draws a letter; what nobody sees (joiners, variation selectors) it does."""
    if letter in UNSEEN:
        return True
    if open_font(name, _PROBE_PX, 400) is None:
        return False
    # Pillow shows no list of a font's letters: what looks like its sign for none is none.
    return _looks(name, letter) != _looks(name, _NOWHERE)


@lru_cache(maxsize=8192)
def _looks(name: str, letter: str) -> tuple[tuple[int, int], bytes]:
    """The ink of a letter without the room around it, which is none for a mark."""
    font = open_font(name, _PROBE_PX, 400)
    assert font is not None
    ink = font.getmask(letter, mode="L")
    box = ink.getbbox()
    return (ink.crop(box).size, bytes(ink.crop(box))) if box else ((0, 0), b"")


@lru_cache(maxsize=512)
def emoji_picture(cluster: str) -> Image.Image:
    """An emoji in colour: RGBA, 1.2 em high, its baseline 0.95 em down; as wide as it runs.

    Pillow measures the outline of a glyph, and that of a glyph made of coloured layers is empty: it
    is handed a canvas of the right size. It also moves what it draws up to the highest glyph's top,
    so each is drawn with a full one beside it, outside the canvas.
    """
    font = open_font(EMOJI, EMOJI_PX, 400)
    assert font is not None
    canvas = Image.new("RGBA", (max(1, round(font.getlength(cluster))), EMOJI_PX * 6 // 5))
    canvas.load()
    text = cluster.rstrip("\u200d") + _FULL
    start = (0.0, EMOJI_PX * 0.07)  # a full one begins 0.88 em above the baseline
    font.font.render(text, lambda *_: canvas.im, "RGBA", None, None, None, 0, False, "ls", 0, start)
    return canvas
