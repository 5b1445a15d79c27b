"""What is laid over a clip's picture: the question's card, the name tag, captions.

Every card is an RGBA picture and the place of its upper left corner. Sizes are in `u`: a 720th of
the picture's height where it is wide, of its width where it is not.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec
from PIL import Image

from blueroom.media import fur
from blueroom.media.letters.drawing import Colour, draw_block
from blueroom.media.letters.layout import Block, Style, fit, one_line, wrap
from blueroom.media.letters.runs import read
from blueroom.media.ornament import NIGHT, WHITE, draw_disc, draw_mark, lay_shadow, light_up, paint

Shape = Literal["16x9", "9x16", "1x1"]
Look = Literal["day", "night"]


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """Who asked what of whom. `handle` and `network` stand beside the asker's name; what is empty
    is left out. `language` is the question's, for its spaces.
    """

    question: str
    asker: str = ""
    guest: str = ""
    hashtag: str = ""
    handle: str = ""
    network: str = ""
    language: str = ""


class Overlay(NamedTuple):
    """A picture and where its upper left corner goes."""

    image: Image.Image
    x: int
    y: int


class CardColours(msgspec.Struct, frozen=True, kw_only=True):
    """A room's own colours of a card, each "#rrggbb"; `pill` is the ground of the hashtag."""

    card: str
    ink: str
    ink_2: str
    pill: str
    on_pill: str


class Palette(NamedTuple):
    card: Colour
    ink: Colour
    ink_2: Colour
    pill: Colour
    on_pill: Colour
    coat: fur.Coat


# design/web/tokens.css, by day and by night.
PALETTES: dict[Look, Palette] = {
    "day": Palette(
        (255, 253, 248),
        (20, 40, 60),
        (59, 83, 105),
        (213, 216, 245),
        (20, 40, 60),
        fur.DAY,
    ),
    "night": Palette(
        (19, 36, 58),
        (243, 247, 251),
        (169, 194, 218),
        (37, 44, 78),
        (243, 247, 251),
        fur.NIGHT,
    ),
}


class Places(NamedTuple):
    """Where things may lie, as parts of the picture's width and height.

    Tall pictures leave free what the apps of TikTok, Instagram and YouTube draw over them: a
    fifth at the bottom, an eighth at the top, a row of buttons at the right.
    """

    left: float
    right: float
    top: float  # of the name tag
    bottom: float  # of captions, and of the card where there are none
    card_width: float
    card_height: float
    question_lines: int
    question_px: tuple[int, int]  # in u
    caption_width: float
    caption_px: int  # in u
    caption_letters: int  # in a line


PLACES: dict[Shape, Places] = {
    "16x9": Places(0.042, 0.958, 0.062, 0.935, 0.916, 0.42, 4, (26, 46), 0.80, 34, 42),
    "9x16": Places(0.062, 0.862, 0.125, 0.790, 0.800, 0.34, 9, (26, 46), 0.76, 40, 26),
    "1x1": Places(0.062, 0.938, 0.062, 0.930, 0.876, 0.54, 7, (24, 42), 0.86, 34, 34),
}


class Screen(NamedTuple):
    """The picture that is drawn on."""

    shape: Shape
    width_px: int
    height_px: int
    look: Look = "day"
    own: CardColours | None = None

    @property
    def u(self) -> float:
        return (self.height_px if self.shape == "16x9" else self.width_px) / 720

    @property
    def places(self) -> Places:
        return PLACES[self.shape]

    @property
    def palette(self) -> Palette:
        house = PALETTES[self.look]
        if self.own is None:
            return house
        own = self.own
        return Palette(
            card=_colour(own.card),
            ink=_colour(own.ink),
            ink_2=_colour(own.ink_2),
            pill=_colour(own.pill),
            on_pill=_colour(own.on_pill),
            coat=house.coat,
        )

    def px(self, units: float) -> int:
        return max(1, round(units * self.u))


def _colour(written: str) -> Colour:
    red, green, blue = bytes.fromhex(written.removeprefix("#"))
    return red, green, blue


# --- the question's card

_PAD = 30  # in u, as all below
_PAD_Y = 24
_FUR = 17
_DISC = 50
_DISC_LARGE = 60
_MARK = 34
_GAP = 13
_BETWEEN_ROWS = 17


class _Piece(NamedTuple):
    """One thing in a row of a card, and how wide it is."""

    kind: Literal["disc", "mark", "words", "pill"]
    width_px: int
    block: Block | None = None
    colour: Colour = WHITE
    ground: Colour = WHITE  # of a pill
    under: Block | None = None  # a second line of words, smaller and paler
    under_colour: Colour = WHITE


class _Row(NamedTuple):
    """Pieces from the edge where reading begins, and pieces at the other one."""

    start: list[_Piece]
    end: list[_Piece]
    height_px: int
    gap_px: int

    @property
    def width_px(self) -> int:
        pieces = [*self.start, *self.end]
        apart = self.gap_px * 3 if self.start and self.end else 0
        return sum(piece.width_px + self.gap_px for piece in pieces) + apart


def question_card(card: Card, screen: Screen, *, lift_px: int = 0) -> Overlay:
    """The question with who asked it, framed by fur, above the bottom of the picture.

    `lift_px`: how much higher it stands, so that captions find room below it.
    """
    places, px = screen.places, screen.px
    most_px = round(places.card_width * screen.width_px) - 2 * px(_PAD)
    above, below = _rows(card, screen, most_px)
    rows = [row for row in (above, below) if row]
    rows_px = sum(row.height_px + px(_BETWEEN_ROWS) for row in rows)
    question = fit(
        read(card.question, "voice", card.language),
        width_px=most_px,
        height_px=places.card_height * screen.height_px - rows_px - 2 * px(_PAD_Y),
        sizes_px=(px(places.question_px[0]), px(places.question_px[1])),
        style=Style(px(places.question_px[0]), 500, 1.16),
        most_lines=places.question_lines,
    )
    inner_px = max([round(question.width_px) + 1, *(row.width_px for row in rows)])
    size = (inner_px + 2 * px(_PAD), round(question.height_px) + rows_px + 2 * px(_PAD_Y))
    image, margin = _plate(size, screen)
    x, y = margin + px(_PAD), margin + px(_PAD_Y)
    if above:
        _draw_row(image, (x, y), above, inner_px, card.asker or card.handle, is_rtl=question.is_rtl)
        y += above.height_px + px(_BETWEEN_ROWS)
    draw_block(image, (x, y), question, screen.palette.ink, width_px=inner_px)
    if below:
        y += round(question.height_px) + px(_BETWEEN_ROWS)
        _draw_row(image, (x, y), below, inner_px, card.asker or card.handle, is_rtl=question.is_rtl)
    left = round(places.left * screen.width_px)
    if question.is_rtl:
        left = round(places.right * screen.width_px) - size[0]
    bottom = round(places.bottom * screen.height_px) - (lift_px or px(10))
    return Overlay(image, left - margin, bottom - size[1] - margin)


def _plate(size: tuple[int, int], screen: Screen) -> tuple[Image.Image, int]:
    """An empty card with its fur and shadow, and how far its edge lies from the picture's."""
    px, colours = screen.px, screen.palette
    margin, radius = px(_FUR * 2.6), px(26)
    image = Image.new("RGBA", (size[0] + 2 * margin, size[1] + 2 * margin))
    box = (margin, margin, margin + size[0], margin + size[1])
    paint(image, box, colours.card, radius)
    fur.draw_fur(image, box, radius_px=radius, length_px=_FUR * screen.u, coat=colours.coat)
    if screen.look == "night":
        light_up(image, reach_px=420 * screen.u)
    lay_shadow(image, blur_px=9 * screen.u, drop_px=px(5), strength=0.5)
    paint(image, box, colours.card, radius, blur_px=2.5 * screen.u)
    return image, margin


def _rows(card: Card, screen: Screen, most_px: int) -> tuple[_Row | None, _Row | None]:
    """What stands above the question and what below it; a wide card has all of it above."""
    px, is_wide = screen.px, screen.shape == "16x9"
    shared_px = most_px - 7 * px(_GAP)  # without what lies between the pieces
    guest = _guest(card, screen, shared_px * (0.35 if is_wide else 0.55))
    pill = _pill(card, screen, shared_px * (0.25 if is_wide else 0.45))
    taken = sum(piece.width_px + px(_GAP) for piece in (*guest, *pill)) + px(4 * _GAP)
    asker = _asker(card, screen, most_px - (taken if is_wide else 0))
    if is_wide:
        above, below = _Row(asker, [*guest, *pill], px(_DISC), px(_GAP)), None
    else:
        above = _Row(asker, [], px(_DISC_LARGE), px(_GAP))
        below = _Row(guest, pill, px(40), px(_GAP))
    return (above if above.width_px else None), (below if below and below.width_px else None)


def _words(
    text: str, screen: Screen, most_px: float, size: int, weight: int, colour: Colour
) -> _Piece:
    block = one_line(read(text, "text"), Style(screen.px(size), weight, 1.25), most_px)
    return _Piece("words", round(block.width_px) + 1, block, colour)


def _asker(card: Card, screen: Screen, most_px: float) -> list[_Piece]:
    """A disc, the name, and where they asked: beside it in a wide card, below it in others."""
    px, colours = screen.px, screen.palette
    if not card.asker and not card.handle:
        return []
    is_wide = screen.shape == "16x9"
    disc = _Piece("disc", px(_DISC if is_wide else _DISC_LARGE))
    left = most_px - disc.width_px - 2 * px(_GAP)
    name = _words(card.asker or card.handle, screen, left, 26, 650, colours.ink)
    where = " · ".join(part for part in (card.handle if card.asker else "", card.network) if part)
    if is_wide:
        left -= name.width_px + px(_GAP)
    if not where or left < px(90):
        return [disc, name]
    place = _words(where, screen, left, 22, 450, colours.ink_2)
    if is_wide:
        return [disc, name, place]
    widest = max(name.width_px, place.width_px)
    name = name._replace(width_px=widest, under=place.block, under_colour=place.colour)
    return [disc, name]


def _guest(card: Card, screen: Screen, most_px: float) -> list[_Piece]:
    if not card.guest:
        return []
    left = most_px - screen.px(_MARK) - screen.px(_GAP)
    words = _words(card.guest, screen, left, 24, 600, screen.palette.ink)
    return [_Piece("mark", screen.px(_MARK)), words]


def _pill(card: Card, screen: Screen, most_px: float) -> list[_Piece]:
    if not card.hashtag:
        return []
    pad, tag = screen.px(14), f"#{card.hashtag.lstrip('#')}"
    words = _words(tag, screen, most_px - 2 * pad, 21, 600, screen.palette.on_pill)
    return [
        words._replace(kind="pill", width_px=words.width_px + 2 * pad, ground=screen.palette.pill)
    ]


def _draw_row(
    image: Image.Image,
    at: tuple[int, int],
    row: _Row,
    inner_px: int,
    name: str,
    *,
    is_rtl: bool = False,
) -> None:
    """Draws a row's pieces; `name` is whose disc it is. Mirrored for a reader from the right."""
    end_px = sum(piece.width_px + row.gap_px for piece in row.end) - row.gap_px
    for pieces, start in ((row.start, 0), (row.end, inner_px - end_px)):
        x = start
        for piece in pieces:
            left = at[0] + (inner_px - x - piece.width_px if is_rtl else x)
            _draw_piece(image, (left, at[1]), piece, row.height_px, name, is_rtl=is_rtl)
            x += piece.width_px + row.gap_px


def _draw_piece(
    image: Image.Image,
    at: tuple[int, int],
    piece: _Piece,
    height_px: int,
    name: str,
    *,
    is_rtl: bool,
) -> None:
    """Draws a piece in the middle of its row's height."""
    x, y = at
    if piece.kind in ("disc", "mark"):
        corner = (x, y + (height_px - piece.width_px) // 2)
        if piece.kind == "disc":
            draw_disc(image, corner, piece.width_px, name)
        else:
            draw_mark(image, corner, piece.width_px)
        return
    assert piece.block is not None
    under_px = piece.under.height_px if piece.under else 0
    top = y + (height_px - piece.block.height_px - under_px) / 2
    if piece.kind == "pill":
        pad_y = round(piece.block.style.size_px * 0.32)
        high = round(piece.block.height_px) + pad_y
        box = (x, y + (height_px - high) // 2, x + piece.width_px, y + (height_px + high) // 2)
        paint(image, box, piece.ground, high / 2)
        x += round((piece.width_px - piece.block.width_px) / 2)
    column_px = piece.width_px if piece.under else piece.block.width_px
    sides: list[tuple[Block, Colour, float]] = [(piece.block, piece.colour, top)]
    if piece.under:
        sides.append((piece.under, piece.under_colour, top + piece.block.height_px))
    for block, colour, line_top in sides:
        spare = column_px - block.width_px if is_rtl else 0
        draw_block(image, (x + spare, line_top), block, colour)


# --- after the question


def name_tag(card: Card, screen: Screen) -> Overlay | None:
    """Who is answering: a small tag in the upper left corner; None where the card names nobody."""
    px, colours, places = screen.px, screen.palette, screen.places
    most_px = (
        (places.right - places.left) * screen.width_px * (0.5 if screen.shape == "16x9" else 0.8)
    )
    pieces = _guest(card, screen, most_px * 0.68) or [_Piece("mark", px(_MARK))]
    if card.hashtag:
        tag, left = f"#{card.hashtag.lstrip('#')}", most_px * 0.32
        pieces.append(_words(tag, screen, left, 21, 500, colours.ink_2))
    elif not card.guest:
        return None
    row = _Row(pieces, [], px(50), px(11))
    pad, margin = (px(9), px(20)), px(22)
    size = (row.width_px - row.gap_px + sum(pad), row.height_px)
    image = Image.new("RGBA", (size[0] + 2 * margin, size[1] + 2 * margin))
    box = (margin, margin, margin + size[0], margin + size[1])
    paint(image, box, colours.card, px(17))
    lay_shadow(image, blur_px=7 * screen.u, drop_px=px(4), strength=0.4)
    _draw_row(image, (margin + pad[0], margin), row, row.width_px, card.guest)
    x, y = round(places.left * screen.width_px), round(places.top * screen.height_px)
    return Overlay(image, x - margin, y - margin)


# --- captions

_CAPTION_OPACITY = 0.84  # white on it keeps 9:1 over a white picture
_CAPTION_LINES = 2
CAPTION_GAP = 34  # in u, between a caption and the card above it; its fur takes most


def caption(text: str, screen: Screen, language: str = "") -> Overlay | None:
    """What is being said, white on a dark box above the bottom; None for an empty text.

    Lines of the text are kept where they fit; else it is set anew, and smaller where it must be.
    """
    px, places = screen.px, screen.places
    block = _caption_block(text, screen, language)
    if not block.lines:
        return None
    pad_x, pad_y = px(18), px(9)
    size = (round(block.width_px) + 2 * pad_x, round(block.height_px) + 2 * pad_y)
    image = Image.new("RGBA", size)
    paint(image, (0, 0, *size), NIGHT, px(14), opacity=_CAPTION_OPACITY)
    draw_block(image, (pad_x, pad_y), block, WHITE, width_px=block.width_px, align="middle")
    middle = (places.left + places.right) / 2 * screen.width_px
    return Overlay(
        image, round(middle - size[0] / 2), round(places.bottom * screen.height_px) - size[1]
    )


def _caption_block(text: str, screen: Screen, language: str) -> Block:
    px, places = screen.px, screen.places
    width_px = places.caption_width * screen.width_px
    style = Style(px(places.caption_px), 600, 1.24)
    rows = [read(line, "text", language) for line in text.splitlines() if line.strip()]
    if 1 < len(rows) <= _CAPTION_LINES:
        blocks = [wrap(row, style, width_px) for row in rows]
        kept = [block for block in blocks if block and len(block.lines) == 1]
        if len(kept) == len(rows):
            lines = tuple(line for block in kept for line in block.lines)
            return kept[0]._replace(lines=lines, width_px=max(block.width_px for block in kept))
    return fit(
        read(text, "text", language),
        width_px=width_px,
        height_px=_CAPTION_LINES * style.size_px * 1.5,
        sizes_px=(px(places.caption_px * 0.6), px(places.caption_px)),
        style=style,
        most_lines=_CAPTION_LINES,
    )
