"""Drawn parts of the room's look: soft boxes, shadows, the mark of the house, a person's disc."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from blueroom.media.letters.drawing import Colour, draw_block
from blueroom.media.letters.layout import Style, one_line
from blueroom.media.letters.runs import clean, read

INK: Colour = (20, 40, 60)
NIGHT: Colour = (11, 23, 38)
WHITE: Colour = (255, 255, 255)
_BLUE: Colour = (28, 93, 153)
_FUR: Colour = (255, 253, 248)
_SKY: Colour = (140, 196, 245)
_PASTELS: tuple[tuple[Colour, Colour], ...] = (  # lit and shaded, as design/web/Avatar.svelte
    ((255, 233, 216), (246, 173, 128)),
    ((226, 245, 236), (132, 199, 168)),
    ((230, 232, 252), (155, 162, 228)),
    ((253, 234, 238), (233, 157, 174)),
    ((255, 246, 218), (239, 202, 102)),
    ((228, 241, 252), (131, 184, 230)),
)
_OVER = 4  # drawn so many times as large: Pillow's own edges are hard


def rounded(size: tuple[int, int], radius_px: float) -> Image.Image:
    """A mask of a rounded box with soft edges, which Pillow's own lack."""
    large = Image.new("L", (size[0] * _OVER, size[1] * _OVER))
    corner = (size[0] * _OVER - 1, size[1] * _OVER - 1)
    ImageDraw.Draw(large).rounded_rectangle((0, 0, *corner), radius_px * _OVER, fill=255)
    return large.resize(size, Image.Resampling.BOX)


def paint(
    image: Image.Image,
    box: tuple[int, int, int, int],
    colour: Colour,
    radius_px: float,
    *,
    opacity: float = 1.0,
    blur_px: float = 0.0,
) -> None:
    """A rounded box of one colour, its edges blurred inwards."""
    size = (box[2] - box[0], box[3] - box[1])
    inset = round(blur_px * 1.5)
    mask = Image.new("L", size)
    mask.paste(rounded((size[0] - 2 * inset, size[1] - 2 * inset), radius_px), (inset, inset))
    if blur_px:
        mask = mask.filter(ImageFilter.GaussianBlur(blur_px))
    layer = Image.new("RGBA", size, (*colour, 255))
    layer.putalpha(mask.point(lambda value: value * opacity))
    image.alpha_composite(layer, (box[0], box[1]))


def lay_shadow(image: Image.Image, *, blur_px: float, drop_px: int, strength: float) -> None:
    """A soft shadow under what is drawn so far."""
    alpha = ImageChops.offset(image.getchannel("A"), 0, drop_px)
    alpha = alpha.filter(ImageFilter.GaussianBlur(blur_px)).point(lambda value: value * strength)
    shadow = Image.new("RGBA", image.size, (11, 23, 38, 0))
    shadow.putalpha(alpha)
    shadow.alpha_composite(image)
    image.paste(shadow)


def light_up(image: Image.Image, *, reach_px: float) -> None:
    """Warm light on what is drawn so far from a lamp above its left, dimmer towards the right."""
    glow = Image.radial_gradient("L")  # 0 in the middle, 255 half the way to a corner and beyond
    side = round(reach_px * 2)
    warm = ImageChops.invert(glow.resize((side, side)))
    lamp = Image.new("L", image.size)
    lamp.paste(warm, (round(image.width * 0.08) - side // 2, -side // 2))
    lit = Image.composite(
        Image.new("RGB", image.size, (255, 226, 205)),
        Image.new("RGB", image.size, (176, 186, 232)),
        lamp,
    )
    alpha = image.getchannel("A")
    image.paste(ImageChops.multiply(image.convert("RGB"), lit))
    image.putalpha(alpha)


def draw_mark(image: Image.Image, at: tuple[int, int], size_px: int) -> None:
    """The mark of the house, a blue wall with an arched door: design/web/Mark.svelte."""
    scale = size_px * _OVER / 60
    mark = Image.new("RGBA", (size_px * _OVER, size_px * _OVER), (*_BLUE, 0))
    pen = ImageDraw.Draw(mark)

    def box(*corners: float) -> tuple[float, ...]:
        return tuple(corner * scale for corner in corners)

    pen.rounded_rectangle(box(3, 3, 57, 57), 17 * scale, fill=_BLUE)
    for left, top, right, colour in ((14, 11, 46, _FUR), (22, 21, 38, _SKY)):
        radius = (right - left) / 2
        pen.pieslice(box(left, top, right, top + 2 * radius), 180, 360, fill=colour)
        pen.rectangle(box(left, top + radius, right, 45), fill=colour)
    pen.ellipse(box(31.6, 33.6, 36.4, 38.4), fill=INK)
    image.alpha_composite(mark.resize((size_px, size_px), Image.Resampling.LANCZOS), at)


def draw_disc(image: Image.Image, at: tuple[int, int], size_px: int, name: str) -> None:
    """A pastel disc with the first letter of a name, or nothing on it."""
    lit, shaded = _PASTELS[_spread(name) % len(_PASTELS)]
    light = Image.radial_gradient("L").resize((size_px * 2, size_px * 2))
    middle = (round(size_px * 0.68), round(size_px * 0.72))
    light = light.crop((*middle, middle[0] + size_px, middle[1] + size_px))
    disc = Image.composite(
        Image.new("RGB", light.size, shaded), Image.new("RGB", light.size, lit), light
    ).convert("RGBA")
    letter = next((part for part in clean(name) if part.isalnum()), "").upper()
    if letter:
        block = one_line(read(letter, "voice"), Style(round(size_px * 0.5), 600, 1.0), size_px)
        draw_block(disc, (0, size_px * 0.235), block, INK, width_px=size_px, align="middle")
    ring = max(1, round(size_px * 0.05))
    paint(
        image,
        (at[0] - ring, at[1] - ring, at[0] + size_px + ring, at[1] + size_px + ring),
        WHITE,
        size_px,
    )
    disc.putalpha(rounded((size_px, size_px), size_px / 2))
    image.alpha_composite(disc, at)


def _spread(name: str) -> int:
    """FNV-1a, as design/web/initial.ts: a person has one colour everywhere."""
    total = 0x811C9DC5
    for letter in name.strip().lower():
        total = (total ^ ord(letter)) * 0x01000193 & 0xFFFFFFFF
    return total
