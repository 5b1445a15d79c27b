from __future__ import annotations

import pytest

from blueroom.holding.letters import fold, is_stretched, places, squeeze


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Éléonore ÇA", "eleonore ca"),
        ("l’œuvre", "l oeuvre"),
        ("ｃｏｎ", "con"),
        ("𝓬𝓸𝓷", "con"),
        ("ⓒⓞⓝ 🅲🅾🅽", "con con"),
        ("сhеr", "cher"),  # Cyrillic es and ie
        ("ροre", "pore"),  # Greek rho and omicron
        ("c\u200bo\u2060n\ufeff", "con"),
        ("c̷o̷n̷", "con"),
        ("été\u00a0là", "ete la"),
        ("なん 🎶", "なん 🎶"),
    ],
)
def test_fold_reads_letters_as_people_see_them(written: str, read: str) -> None:
    assert fold(written) == read


def test_places_tell_where_each_character_came_from() -> None:
    text = "œ\u200bÉ!"

    assert fold(text) == "oee!"
    assert places(text) == [0, 0, 2, 3]


def test_stretched_words_are_those_with_letters_held_longer() -> None:
    assert squeeze("nuuull") == "nul"
    assert is_stretched("nuuul", "nul")
    assert is_stretched("asss", "ass")
    assert not is_stretched("buuut", "butt")
