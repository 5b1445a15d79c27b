from __future__ import annotations

import pytest

from blueroom.grouping.reading import read


@pytest.mark.parametrize(
    "text",
    [
        "Quel est votre plat préféré ?",
        "quel est votre plat prefere",
        "Bonjour Nour ! QUEL EST VOTRE PLAT PRÉFÉRÉ ??? 🎶🎶 merci",
        "@nour.example.org quel est votre plat préfééééré ? #DemandezANour #cuisine",
        "Quel\u200b est votre рlat préféré ? https://example.org/a",  # a Cyrillic er
    ],
)
def test_read_gives_one_plain_text_however_it_is_dressed(text: str) -> None:
    reading = read(text, ignored=frozenset({"nour", "demandezanour"}))

    assert reading.plain == "quel est votre plat prefere"
    assert [term.form for term in reading.terms] == ["plat", "prefer"]


def test_read_keeps_names_that_a_sentence_needs() -> None:
    assert read("What do you think of #Brexit?").plain == "what do you think of brexit"
    assert read("Do you agree with @example about #WarInUkraine").plain == (
        "do you agree with example about war in ukraine"
    )
    assert read("#brexit #nato").plain == "brexit nato"


def test_read_finds_the_language_by_small_words_before_it_believes_the_network() -> None:
    assert read("Do you like the sea?", "fr").language == "en"
    assert read("Ukraine?", "fr-FR").language == "fr"


def test_read_finds_what_must_agree() -> None:
    assert read("Where will you not play in 2027, and my two sons?").signs == {
        "where", "will", "not", "me",
    }  # fmt: skip
    assert read("Êtes-vous pour la retraite à soixante ans ?").numbers == {"60"}
    assert read("How many songs?").signs == {"much"}
    assert "where" not in read("Vous préférez Lyon ou Lille ?").signs


def test_read_bounds_what_it_looks_at() -> None:
    reading = read("".join(f"mot{number} " for number in range(100_000)))

    assert len(reading.terms) == 40
    assert len(reading.plain) <= 1_000


def test_read_takes_texts_without_a_word() -> None:
    assert read("??? 🎸").plain == ""
    assert read("").terms == ()
