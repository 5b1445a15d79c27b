"""What a few chosen colours make of the screens, and that nothing unreadable passes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from blueroom.design.colours import clean_colour, contrast, nearest
from blueroom.design.theme import (
    HOUSE,
    LIGHTS,
    Failure,
    Logo,
    failures,
    pairs,
    stylesheet,
    tokens,
)

SHEET = (Path(__file__).parent / "web/tokens.css").read_text()
CHOSEN = [
    {"day": {"accent": "#e2001a", "ground": "#ffffff", "card": "#ffffff"}},
    {"day": {"ground": "#ffd500"}, "air": {"ground": "#4a0d18"}},
    {"day": {"ground": "#7f9bb8", "accent": "#ff8800"}, "air": {"card": "#888888"}},
    {"day": {"ground": "#222222", "card": "#111111"}},
    {"air": {"ground": "#eeeeee", "card": "#ffffff", "accent": "#222222"}},
]


def spoilt(light, chosen):
    """Every pair without the contrast that it needs."""
    made = tokens(light, chosen)
    return [
        (pair.ink, pair.ground)
        for pair in pairs(light)
        if contrast(made[pair.ink], made[pair.ground]) < pair.least
    ]


@pytest.mark.parametrize("light", LIGHTS)
def test_house_is_what_the_stylesheet_says(light):
    day, _type, air = re.findall(r"\{(.*?)\}", SHEET, re.DOTALL)
    block = day if light == "day" else air
    said = dict(re.findall(r"--([\w-]+): (#\w{6}|var\(--[\w-]+\));", block))
    found = {
        name: said[value[6:-1]] if value.startswith("var") else value
        for name, value in said.items()
    }

    assert found == HOUSE[light]


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("light", LIGHTS)
def test_house_can_be_read(light):
    assert spoilt(light, {}) == []


@pytest.mark.parametrize("colours", CHOSEN)
def test_nearest_colours_mend_every_pair(colours):
    taken = {light: dict(chosen) for light, chosen in colours.items()}
    found = failures(colours)
    for one in found:
        taken[one.light][one.choice] = one.nearest

    assert found
    assert {light: spoilt(light, taken.get(light, {})) for light in LIGHTS} == {
        "day": [],
        "air": [],
    }


@pytest.mark.parametrize("colours", CHOSEN)
def test_heat_map_is_drawn_in_what_was_chosen_and_its_points_stand_out(colours):
    for one in failures(colours):
        colours = {**colours, one.light: {**colours[one.light], one.choice: one.nearest}}
    for light in LIGHTS:
        made = tokens(light, colours.get(light, {}))
        land = "card" if light == "day" else "ground"
        is_chosen = bool({"card", land} & colours.get(light, {}).keys())
        assert (made["land"] != HOUSE[light]["land"]) == is_chosen
        for ground in ("land", "land-end", "ground", "ground-end"):
            assert contrast(made["heat"], made[ground]) >= 3


def test_failure_names_pair_ratio_and_nearest_colour():
    [found] = failures({"day": {"accent": "#00a651"}})

    assert found == Failure(
        light="day",
        choice="accent",
        colour="#00a651",
        ink="blue",
        ground="sky",
        ratio=contrast("#00a651", HOUSE["day"]["sky"]),
        least=4.5,
        nearest=found.nearest,
    )
    assert found.sentence == (
        "By day, the accent on the deepest part of the ground: 2.27 to 1, where 4.5 is needed. "
        f"The nearest colour that passes is {found.nearest}."
    )


def test_nearest_is_the_colour_itself_where_it_is_good():
    assert nearest("#1c5d99", lambda one: one != "#000000") == "#1c5d99"
    assert nearest("#1c5d99", lambda _: False) is None


def test_stylesheet_of_the_house_is_empty():
    assert stylesheet({}, {}, {}) == ""


def test_stylesheet_says_both_lights_whole():
    # Else what the one says would stay where the other is worn.
    css = stylesheet({"day": {"accent": "#8a1538"}}, {"voice": "sans"}, {})

    blocks = re.findall(r"\{(.*?)\}", css)
    told = [len(re.findall("--", block)) for block in blocks]
    assert told == [1, len(HOUSE["day"]), len(HOUSE["air"])]
    assert "--blue:#8a1538;" in blocks[1]
    assert f"--blue:{HOUSE['air']['blue']};" in blocks[2]


def test_one_logo_serves_both_lights_and_a_wide_one_says_the_name():
    css = stylesheet({}, {}, {"day": Logo(url="/logos/a.png", ratio=3.5)})

    assert css.count('--logo:url("/logos/a.png");--logo-ratio:3.500;') == 2
    assert css.count("--name-size:0;") == 2


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("#1C5D99", "#1c5d99"),
        ("fff", "#ffffff"),
        ("red", None),
        ("#1c5d9", None),
        ("#1c5d99;}", None),
        ("", None),
    ],
)
def test_colour_is_six_digits(written, kept):
    assert clean_colour(written) == kept
