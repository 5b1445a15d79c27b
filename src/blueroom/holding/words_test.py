from __future__ import annotations

import re

import pytest

from blueroom.holding.words import LANGUAGES, Term, Words, read_sections, spellings

WORDS = Words()


def test_spellings_are_the_base_and_the_base_with_each_ending() -> None:
    assert spellings("crétin/s/e") == ["cretin", "cretins", "cretine"]
    assert spellings("sous-homme/s") == ["sous homme", "sous hommes"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_pattern_can_be_searched(language: str) -> None:
    for patterns in WORDS.lexicon(language).patterns.values():
        for pattern in patterns:
            assert isinstance(pattern.search, re.Pattern), pattern.written


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_list_says_the_same_thing_twice(language: str) -> None:
    for section in read_sections(language):
        assert sorted(set(section.items)) == sorted(section.items), section.kind


def test_a_word_for_one_language_counts_in_no_other() -> None:
    assert WORDS.lexicon("en").terms["retard"] == Term("hate", 2)
    assert "retard" not in WORDS.lexicon("fr").terms
    assert "retard" not in WORDS.lexicon("").terms


def test_a_language_without_a_list_gets_what_all_have_in_common() -> None:
    assert WORDS.lexicon("de") is WORDS.lexicon("")
    assert {"connard", "asshole"} <= WORDS.lexicon("de").terms.keys()
