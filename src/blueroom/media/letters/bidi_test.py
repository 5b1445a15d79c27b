from __future__ import annotations

import pytest

from blueroom.media.letters.bidi import is_right_to_left, levels_of, visual_order


def shown(text: str, *, is_rtl: bool) -> str:
    """The letters as they stand from the left, brackets not mirrored."""
    return "".join(text[at] for at in visual_order(levels_of(text, is_rtl=is_rtl)))


@pytest.mark.parametrize(
    ("text", "is_rtl"),
    [("abc", False), ("אבג abc", True), ("12 عربي", True), ("“abc” אבג", False), ("12 !", False)],
)
def test_direction_is_that_of_the_first_letter_that_has_one(text: str, is_rtl: bool) -> None:
    assert is_right_to_left(text) is is_rtl


@pytest.mark.parametrize(
    ("text", "is_rtl", "from_the_left"),
    [
        ("abc def", False, "abc def"),
        ("אבג", True, "גבא"),
        ("אב cd הו", True, "וה cd בא"),
        ("ab גד 12 ef", False, "ab 12 דג ef"),  # a number after Hebrew goes with it
        ("אב 2024, גד", True, "דג ,2024 בא"),
        ("אב -5%!", True, "!5%- בא"),
        ("ع 1.5 د", True, "د 1.5 ع"),
    ],
)
def test_letters_stand_where_the_algorithm_puts_them(
    text: str, is_rtl: bool, from_the_left: str
) -> None:
    assert shown(text, is_rtl=is_rtl) == from_the_left


def test_a_mark_goes_with_its_letter() -> None:
    assert levels_of("א\u05b8b\u0301", is_rtl=True) == [1, 1, 2, 2]


def test_runs_of_a_line_are_turned_by_level() -> None:
    assert visual_order([1, 2, 1]) == [2, 1, 0]
    assert visual_order([0, 1, 2, 1, 0]) == [0, 3, 2, 1, 4]
    assert visual_order([]) == []
