from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest

from blueroom.clips import rules
from blueroom.clips.errors import CuesWrong
from blueroom.clips.rules import Line


@pytest.mark.parametrize(
    ("decided_by", "was_public", "was_shown", "is_public"),
    [
        ("", False, True, True),
        ("", False, False, False),
        ("", True, False, False),  # adjusted to what nobody saw
        ("Léa", True, False, True),
        ("Léa", False, True, False),  # somebody took it back
    ],
)
def test_clip_is_public_as_a_person_decided_else_as_it_was_shown(
    decided_by, was_public, was_shown, is_public
):
    got = rules.is_public_once_cut(
        was_public=was_public, decided_by=decided_by, was_shown=was_shown
    )

    assert got is is_public


def test_clean_cues_trims_words_and_puts_them_in_order_of_time():
    lines = [Line(2, 3.00049, " Le soir,\r\n\n toujours. "), Line(0, 1, "Ah…"), Line(1, 2, " \n")]

    assert rules.clean_cues(lines) == [Line(0, 1, "Ah…"), Line(2, 3.0, "Le soir,\ntoujours.")]


@pytest.mark.parametrize(
    "line",
    [
        Line(1, 1, "Ah"),
        Line(2, 1, "Ah"),
        Line(math.nan, 1, "Ah"),
        Line(0, math.inf, "Ah"),
        Line(-9000, 1, "Ah"),
        Line(0, 1, "a" * 501),
    ],
)
def test_clean_cues_refuses_what_no_line_can_be_and_says_which(line):
    with pytest.raises(CuesWrong) as caught:
        rules.clean_cues([Line(0, 1, "Bon."), line])

    assert caught.value.details == {"line": 2}


def test_clean_cues_refuses_more_than_anybody_says():
    with pytest.raises(CuesWrong):
        rules.clean_cues(Line(n, n + 1, "la") for n in range(rules.CUES_MAX + 1))


def test_lines_survive_an_answer_that_is_made_shorter_and_longer_again():
    begins_at = datetime(2026, 11, 23, 20, 0, 10, tzinfo=UTC)
    lines = [Line(0, 2, "Un"), Line(2, 4, "Deux"), Line(4, 6, "Trois")]
    later = datetime(2026, 11, 23, 20, 0, 13, tzinfo=UTC)

    shorter = rules.moved(lines, rules.offset_s(begins_at, later))

    assert rules.within(shorter, 2.0) == [Line(0, 1, "Deux"), Line(1, 2.0, "Trois")]
    assert rules.moved(shorter, rules.offset_s(later, begins_at)) == lines


def test_fingerprint_is_the_same_for_the_same_parts_only():
    one = rules.fingerprint(shape="9x16", crop=[0.5, 0.5])

    assert one == rules.fingerprint(crop=[0.5, 0.5], shape="9x16")
    assert one != rules.fingerprint(crop=[0.5, 0.6], shape="9x16")


@pytest.mark.parametrize(
    ("shape", "size", "may", "needs"),
    [
        ("16x9", (1280, 720), True, False),
        ("9x16", (1280, 720), True, True),
        ("1x1", (1280, 720), True, True),
        ("9x16", (720, 1280), True, False),
        ("1x1", (720, 1280), True, True),
        ("16x9", (720, 1280), False, False),
        ("16x9", (0, 0), True, False),
    ],
)
def test_picture_is_cropped_where_what_is_left_shows_something(shape, size, may, needs):
    assert (rules.may_crop(shape, *size), rules.needs_crop(shape, *size)) == (may, needs)


def test_wait_grows_and_ends_at_a_minute():
    assert [rules.wait_s(tries) for tries in (1, 2, 3, 10)] == [2, 4, 8, 60]
