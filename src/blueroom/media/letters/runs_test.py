from __future__ import annotations

import pytest

from blueroom.media.letters.runs import MOST_LETTERS, Paragraph, clean, read, runs_of


def fonts_in(text: str) -> list[tuple[str, str | None]]:
    return [(run.text, run.font) for run in runs_of(read(text, "voice").clusters)]


def plain(paragraph: Paragraph) -> str:
    return "".join(cluster.text for cluster in paragraph.clusters)


def test_each_script_has_its_font_and_spaces_stay_with_the_letters_before() -> None:
    assert fonts_in("Bonjour, Привет 👍🏽 ok") == [
        ("Bonjour, ", "fraunces-latin"),
        ("Привет ", "noto-cyrillic"),
        ("👍🏽", "emoji"),
        (" ok", "fraunces-latin"),
    ]


def test_runs_stand_in_the_order_in_which_they_are_seen() -> None:
    assert [run.text for run in runs_of(read("اسم Inès في 2026", "voice").clusters)] == [
        "2026",
        "في ",
        " ",
        "Inès",
        "اسم ",
    ]


@pytest.mark.parametrize("emoji", ["❤️", "1️⃣", "🇫🇷", "👩🏽‍❤️‍👨🏻", "☃"])
def test_an_emoji_is_one_cluster(emoji: str) -> None:
    assert [(c.text, c.font) for c in read(emoji, "text").clusters] == [(emoji, "emoji")]


def test_text_signs_stay_text() -> None:
    assert [c.font for c in read("1©#™", "text").clusters] == ["figtree-latin"] * 4


def test_a_letter_that_no_font_has_is_kept_without_one() -> None:
    [cluster] = read("\U00012000", "voice").clusters
    assert cluster.font is None


def test_french_spaces_are_for_french_only() -> None:
    assert plain(read("Quoi ?", "voice", "fr-CA")) == "Quoi\u202f?"
    assert plain(read("Quoi ?", "voice", "en")) == "Quoi ?"
    assert plain(read("Quoi ?", "voice")) == "Quoi ?"


def test_clean_takes_out_what_would_break_a_line() -> None:
    assert clean("  a\n\tb\u202e c\u2066\x00\ud800 d\u00a0e ") == "a b c d\u00a0e"


def test_clean_cuts_heaps_of_marks_down() -> None:
    assert clean("Z" + "\u0324" * 50 + "algo") == "Z" + "\u0324" * 4 + "algo"
    assert clean("e\u0301") == "é"


def test_endless_texts_are_cut() -> None:
    assert len(read("a" * 100_000, "voice").clusters) == MOST_LETTERS


@pytest.mark.parametrize("language", ["", "x", "fr_FR", "' OR 1", "zz-ZZ", "français"])
def test_a_language_that_is_none_does_no_harm(language: str) -> None:
    assert plain(read("abc", "voice", language)) == "abc"
