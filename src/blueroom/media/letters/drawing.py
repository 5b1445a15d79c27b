"""Puts lines on a picture. Draw on a filled ground: Pillow's soft edges go dark on an empty one."""

from __future__ import annotations

from typing import Literal

from PIL import Image, ImageDraw

from blueroom.media.letters.fonts import EMOJI, EMOJI_PX, emoji_picture, open_font
from blueroom.media.letters.layout import (
    BOX_EM,
    EMOJI_SIDE_EM,
    Block,
    Style,
    line_length,
    run_length,
)
from blueroom.media.letters.runs import Run, runs_of

Colour = tuple[int, int, int]
Align = Literal["start", "middle"]

_ASCENT_EM = 0.95  # of Figtree; Fraunces has 0.978
_DESCENT_EM = 0.25
_BOX_HEIGHT_EM = 0.7


def draw_block(
    image: Image.Image,
    at: tuple[float, float],
    block: Block,
    colour: Colour,
    *,
    width_px: float | None = None,
    align: Align = "start",
) -> None:
    """Draws the lines below one another from a corner, top left, in a column of a width.

    A text that is read from the right starts at the right.
    """
    column_px = block.width_px if width_px is None else width_px
    for row, line in enumerate(block.lines):
        spare = column_px - line_length(line, block.style, block.language)
        x = at[0] + (spare / 2 if align == "middle" else spare if block.is_rtl else 0)
        baseline = at[1] + row * block.line_px + baseline_px(block.style)
        for run in runs_of(line):
            draw_run(image, (x, baseline), run, block.style, colour, block.language)
            x += run_length(run.text, run.font, bool(run.level & 1), block.style, block.language)


def baseline_px(style: Style) -> float:
    """How far the baseline lies below the top of a line."""
    return style.size_px * (style.leading + _ASCENT_EM - _DESCENT_EM) / 2


def draw_run(
    image: Image.Image,
    at: tuple[float, float],
    run: Run,
    style: Style,
    colour: Colour,
    language: str,
) -> None:
    if run.font is None:
        _draw_box(image, at, style.size_px, colour)
    elif run.font == EMOJI:
        _draw_emoji(image, at, run.text, style.size_px)
    else:
        face = open_font(run.font, style.size_px, style.weight)
        direction = "rtl" if run.level & 1 else "ltr"
        ImageDraw.Draw(image).text(
            at,
            run.text,
            font=face,
            fill=colour,
            anchor="ls",
            direction=direction,
            language=language or None,
        )


def _draw_emoji(image: Image.Image, at: tuple[float, float], text: str, size_px: int) -> None:
    picture = emoji_picture(text)
    scale = size_px / EMOJI_PX
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    small = picture.resize(size, Image.Resampling.LANCZOS)
    left, top = round(at[0] + EMOJI_SIDE_EM * size_px), round(at[1] - 0.95 * size_px)
    # What lies outside the picture is left out: alpha_composite refuses it.
    cut = (max(0, -left), max(0, -top))
    inside = small.crop((*cut, size[0], size[1]))
    if left < image.width and top < image.height:
        image.alpha_composite(inside, (left + cut[0], top + cut[1]))


def _draw_box(image: Image.Image, at: tuple[float, float], size_px: int, colour: Colour) -> None:
    """An empty box where a letter should be: something was written here."""
    left, bottom = at[0] + 0.06 * size_px, at[1]
    right, top = at[0] + (BOX_EM - 0.06) * size_px, at[1] - _BOX_HEIGHT_EM * size_px
    ImageDraw.Draw(image).rounded_rectangle(
        (left, top, right, bottom),
        radius=0.08 * size_px,
        outline=colour,
        width=max(1, round(0.05 * size_px)),
    )
