from __future__ import annotations

import numpy as np
from PIL import Image

from blueroom.media.letters.drawing import draw_block
from blueroom.media.letters.layout import Style, one_line
from blueroom.media.letters.runs import read

WHITE = (255, 255, 255, 255)


def drawn(text: str, *, align: str = "start", width_px: int = 400) -> Image.Image:
    image = Image.new("RGBA", (width_px, 60), WHITE)
    block = one_line(read(text, "text"), Style(32, 500, 1.25), width_px)
    draw_block(image, (0, 10), block, (0, 0, 0), width_px=width_px, align=align)  # type: ignore[arg-type]
    return image


def ink(image: Image.Image) -> tuple[int, int]:
    """From where to where there is anything, from the left."""
    box = image.convert("L").point(lambda value: 255 * (value < 200)).getbbox()
    assert box is not None
    return box[0], box[2]


def test_a_text_starts_where_its_reader_does() -> None:
    assert ink(drawn("abc"))[0] < 8
    assert ink(drawn("عربي"))[1] > 390
    left, right = ink(drawn("abc", align="middle"))
    assert abs((left + right) / 2 - 200) < 4


def test_letters_join_in_arabic() -> None:
    joined, apart = (ink(drawn(text)) for text in ("ببب", "ب\u200cب\u200cب"))
    assert joined[1] - joined[0] < apart[1] - apart[0]


def test_an_emoji_is_drawn_in_colour() -> None:
    pixels = np.asarray(drawn("a❤️")).astype(int)
    assert (pixels[..., 0] - pixels[..., 1]).max() > 150


def test_a_letter_that_no_font_has_is_a_box() -> None:
    left, right = ink(drawn("\U00012000"))
    assert 12 < right - left < 24


def test_an_emoji_may_lie_partly_outside() -> None:
    image = Image.new("RGBA", (30, 20), WHITE)
    block = one_line(read("😀😀😀", "text"), Style(32, 500, 1.25), 400)
    draw_block(image, (-10, -20), block, (0, 0, 0))
    colours = image.getcolors()
    assert colours is not None
    assert len(colours) > 5


def test_marks_in_heaps_stay_near_their_line() -> None:
    image = drawn("Z" + "\u0324\u0301" * 40)
    box = image.convert("L").point(lambda value: 255 * (value < 200)).getbbox()
    assert box is not None
    assert box[3] - box[1] < 60
