"""The picture of a session that other sites show beside its address, and the icons of its page.

Open Graph's usual size (ogp.me, read 2026-11; 1200 x 630). PNG for icons, JPEG for the picture.
"""

from __future__ import annotations

import io
from functools import lru_cache

import msgspec
from PIL import Image, ImageChops, ImageDraw

from blueroom.media import fur
from blueroom.media.letters.drawing import Colour, draw_block
from blueroom.media.letters.layout import Block, Style, fit, one_line
from blueroom.media.letters.runs import read
from blueroom.media.ornament import INK, draw_mark, lay_shadow, paint

WIDTH_PX, HEIGHT_PX = 1200, 630
MARGIN_PX, PAD_PX = 66, 64
CARD: Colour = (255, 253, 248)
INK_2: Colour = (59, 83, 105)
BLUE: Colour = (28, 93, 153)
PERIWINKLE: Colour = (213, 216, 245)
WALL_TOP: Colour = (234, 243, 251)
SKY: Colour = (195, 221, 242)
LAMP: Colour = (255, 241, 220)


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on the picture; what is empty is left out. `call` is what one is invited to."""

    room: str
    guest: str
    title: str
    when: str
    call: str
    hashtag: str
    language: str


@lru_cache(maxsize=64)
def draw_invitation(words: Invitation) -> bytes:
    """The picture as JPEG, the same for the same words."""
    image = _ground()
    card = Image.new("RGBA", image.size)
    box = (MARGIN_PX, MARGIN_PX, WIDTH_PX - MARGIN_PX, HEIGHT_PX - MARGIN_PX)
    fur.draw_fur(card, box, radius_px=56, length_px=30)
    paint(card, box, CARD, 56)
    lay_shadow(card, blur_px=18, drop_px=10, strength=0.35)
    image.alpha_composite(card)
    left, right = MARGIN_PX + PAD_PX, WIDTH_PX - MARGIN_PX - PAD_PX
    width_px = right - left
    draw_mark(image, (left, 118), 54)
    room = one_line(read(words.room, "voice"), Style(34, 600), width_px - 75)
    draw_block(image, (left + 73, 145 - room.height_px / 2), room, INK)
    _draw_lines(image, words, left, width_px)
    foot_px = HEIGHT_PX - MARGIN_PX - 100
    pill_px = _draw_pill(image, words.hashtag, (right, foot_px), width_px // 2)
    call = fit(
        read(words.call, "text", words.language),
        width_px=width_px - pill_px - 30,
        height_px=60,
        sizes_px=(22, 32),
        style=Style(32, 640),
        most_lines=1,
    )
    draw_block(image, (left, foot_px + 30 - call.height_px / 2), call, BLUE)
    file = io.BytesIO()
    image.convert("RGB").save(file, "JPEG", quality=88, optimize=True)
    return file.getvalue()


def _draw_lines(image: Image.Image, words: Invitation, left: int, width_px: int) -> None:
    """The guest as large as there is room, the title and the date below, in the middle of it."""
    rows: list[tuple[Block, Colour]] = []
    lesser = [(words.title, Style(36, 480), INK_2), (words.when, Style(36, 600), INK)]
    for text, style, colour in lesser:
        if text:
            rows.append((one_line(read(text, "text", words.language), style, width_px), colour))
    taken_px = sum(block.height_px + 12 for block, _ in rows)
    guest = fit(
        read(words.guest, "voice"),
        width_px=width_px,
        height_px=270 - taken_px,
        sizes_px=(40, 116),
        style=Style(116, 600, 1.08),
        most_lines=2,
    )
    rows.insert(0, (guest, INK))
    top = 190 + (270 - taken_px - guest.height_px) / 2
    for block, colour in rows:
        column_px = width_px if block.is_rtl else None
        draw_block(image, (left, top), block, colour, width_px=column_px)
        top += block.height_px + 12


def _draw_pill(image: Image.Image, tag: str, at: tuple[int, int], most_px: int) -> int:
    """The hashtag at the right; how wide it is."""
    if not tag:
        return 0
    block = one_line(read(f"#{tag}", "text"), Style(32, 640), most_px)
    wide = round(block.width_px) + 52
    paint(image, (at[0] - wide, at[1], at[0], at[1] + 60), PERIWINKLE, 30)
    draw_block(image, (at[0] - wide + 26, at[1] + 30 - block.height_px / 2), block, INK)
    return wide


def _ground() -> Image.Image:
    """The wall by day, with a lamp at its left."""
    column = Image.linear_gradient("L").resize((WIDTH_PX, HEIGHT_PX))
    size = (WIDTH_PX, HEIGHT_PX)
    wall = Image.composite(Image.new("RGB", size, SKY), Image.new("RGB", size, WALL_TOP), column)
    reach = 900  # what is left of the glow at the sides of its square would be seen
    lamp = Image.new("L", size)
    glow = ImageChops.invert(Image.radial_gradient("L").resize((reach, reach)))
    lamp.paste(glow.point(lambda value: max(0, value - 80) * 1.2), (-reach // 3, -reach // 2))
    return Image.composite(Image.new("RGB", size, LAMP), wall, lamp).convert("RGBA")


@lru_cache(maxsize=8)
def draw_icon(size_px: int, *, is_masked: bool) -> bytes:
    """The mark of the house as PNG. Masked, it fills its square, and the door lies within what
    every form that a phone cuts out leaves (w3.org/TR/appmanifest, "safe zone")."""
    image = Image.new("RGBA", (size_px, size_px))
    if is_masked:
        ImageDraw.Draw(image).rectangle((0, 0, size_px, size_px), fill=BLUE)
    inset = round(size_px * 0.12) if is_masked else 0
    draw_mark(image, (inset, inset), size_px - 2 * inset)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()
