from __future__ import annotations

import pytest
from PIL import Image

from blueroom.media.cards import (
    PALETTES,
    PLACES,
    Card,
    CardColours,
    Look,
    Overlay,
    Screen,
    Shape,
    caption,
    name_tag,
    question_card,
)

SCREENS: dict[Shape, tuple[int, int]] = {
    "16x9": (1280, 720),
    "9x16": (720, 1280),
    "1x1": (720, 720),
}
CARD = Card(
    question="Est-ce que la pluie change le son d'un concert ?",
    asker="Mariam Petitjean",
    handle="@mariam.bsky.social",
    network="Bluesky",
    guest="Inès Carat",
    hashtag="AskInes",
    language="fr",
)
LONG = "Do you hear the words or the tune when you first wake up with an idea? " * 4
QUESTIONS = [
    CARD.question,
    LONG[:258],
    "Pourquoi ?",
    "x" * 60,
    "كيف تختارين اسم Inès Carat لأغنيتك؟",
    "👨‍👩‍👧‍👦" * 40,
    "Z" + "\u0324\u0301" * 400,
    "\U00012000" * 30,
]


def screen(shape: Shape, look: Look = "day") -> Screen:
    return Screen(shape, *SCREENS[shape], look)


def box(overlay: Overlay) -> tuple[int, int, int, int]:
    """What it covers of the picture, its shadow and its fur's tips left out."""
    solid = overlay.image.getchannel("A").point(lambda value: 255 * (value > 200)).getbbox()
    assert solid is not None
    return (
        solid[0] + overlay.x,
        solid[1] + overlay.y,
        solid[2] + overlay.x,
        solid[3] + overlay.y,
    )


@pytest.mark.parametrize("shape", list(SCREENS))
@pytest.mark.parametrize("question", QUESTIONS, ids=range(len(QUESTIONS)))
def test_a_card_lies_inside_the_picture_whatever_is_asked(shape: Shape, question: str) -> None:
    card = Card(question=question, asker=question[:80], guest=question[:80], hashtag=question[:80])
    left, top, right, bottom = box(question_card(card, screen(shape)))
    width, height = SCREENS[shape]
    assert left >= 0
    assert top >= height * PLACES[shape].top
    assert right <= width
    assert bottom <= height


def test_a_tall_card_leaves_the_apps_their_buttons() -> None:
    left, top, right, bottom = box(question_card(Card(question=LONG[:258]), screen("9x16")))
    assert left > 0.02 * 720
    assert right < 0.90 * 720
    assert top > 0.3 * 1280
    assert bottom < 0.82 * 1280


def test_a_card_is_at_the_left_and_at_the_right_for_who_reads_from_there() -> None:
    latin, arabic = (
        box(question_card(Card(question=q), screen("16x9"))) for q in ("Oui ?", "نعم؟")
    )
    assert latin[0] < 60
    assert arabic[2] > 1220


def test_a_card_stands_higher_over_captions() -> None:
    low, high = (box(question_card(CARD, screen("16x9"), lift_px=lift)) for lift in (1, 120))
    assert low[3] - high[3] == 119


@pytest.mark.parametrize("look", ["day", "night"])
def test_a_card_has_the_colours_of_its_look(look: Look) -> None:
    shown = question_card(CARD, screen("16x9", look)).image
    colours = shown.getcolors(shown.width * shown.height)
    assert colours is not None
    opaque = [(count, colour) for count, colour in colours if colour[3] == 255]  # type: ignore[index]
    assert max(opaque)[1] == (*PALETTES[look].card, 255)


def test_a_card_has_the_colours_that_a_room_chose() -> None:
    own = CardColours(
        card="#38121e", ink="#f3f7fb", ink_2="#a9c2da", pill="#54231a", on_pill="#f3f7fb"
    )
    shown = question_card(CARD, screen("16x9")._replace(own=own)).image
    colours = shown.getcolors(shown.width * shown.height)
    assert colours is not None
    opaque = [(count, colour) for count, colour in colours if colour[3] == 255]  # type: ignore[index]
    assert max(opaque)[1] == (0x38, 0x12, 0x1E, 255)


def luminance(colour: tuple[int, int, int]) -> float:
    def linear(value: float) -> float:
        value /= 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = map(linear, colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("look", ["day", "night"])
def test_words_on_cards_reach_aa(look: Look) -> None:
    colours = PALETTES[look]
    for words, ground in (
        (colours.ink, colours.card),
        (colours.ink_2, colours.card),
        (colours.on_pill, colours.pill),
    ):
        assert contrast(words, ground) >= 4.5


@pytest.mark.parametrize("behind", [(255, 255, 255), (0, 0, 0), (255, 0, 0)])
def test_captions_reach_aa_on_any_picture(behind: tuple[int, int, int]) -> None:
    overlay = caption("Oui.", screen("16x9"))
    assert overlay is not None
    shown = Image.new("RGBA", overlay.image.size, (*behind, 255))
    shown.alpha_composite(overlay.image)
    ground = shown.getpixel((shown.width // 2, 4))
    assert isinstance(ground, tuple)
    assert contrast((255, 255, 255), ground[:3]) >= 4.5  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", list(SCREENS))
@pytest.mark.parametrize(
    "text",
    [
        "Oui.",
        "Une ligne\net une autre",
        LONG,
        "x" * 200,
        "نعم، أحيانًا أسمع اللحن أولاً ثم تأتي الكلمات",
    ],
)
def test_captions_stay_in_their_place(shape: Shape, text: str) -> None:
    overlay = caption(text, screen(shape))
    assert overlay is not None
    left, top, right, bottom = box(overlay)
    width, height = SCREENS[shape]
    places = PLACES[shape]
    assert left >= places.left * width - 20
    assert right <= places.right * width + 20
    assert bottom <= places.bottom * height + 1
    assert bottom - top <= 0.2 * height


def test_captions_keep_their_own_lines() -> None:
    one, two = (caption(text, screen("16x9")) for text in ("– Oui. – Non.", "– Oui.\n– Non."))
    assert one is not None
    assert two is not None
    assert two.image.height > 1.5 * one.image.height


@pytest.mark.parametrize("text", ["", "  \n ", "\u200b"])
def test_an_empty_caption_is_none(text: str) -> None:
    assert caption(text, screen("16x9")) is None


def test_a_name_tag_is_at_the_top_and_none_where_nobody_is_named() -> None:
    overlay = name_tag(CARD, screen("16x9"))
    assert overlay is not None
    left, top, right, bottom = box(overlay)
    assert left < 80
    assert right < 640
    assert (top, bottom) == (45, 95)
    assert name_tag(Card(question="Oui ?"), screen("16x9")) is None
    assert name_tag(Card(question="Oui ?", hashtag="AskInes"), screen("1x1")) is not None


def test_a_card_is_drawn_twice_the_same() -> None:
    one, other = (question_card(CARD, screen("1x1")).image.tobytes() for _ in range(2))
    assert one == other
