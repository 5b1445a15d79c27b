from __future__ import annotations

from pathlib import Path

import pytest

from blueroom.language.asking import asks
from blueroom.language.signs import LANGUAGES

TEXTS = Path(__file__).parent / "texts"
QUESTIONS = ("question", "unmarked", "request")
# To whom these are said only who knows the fans can tell, and that one is well meant.
TAKEN = {
    "Avec tout ce qu'il a vécu, comment voulez-vous qu'il chante autrement, respect",
    "@marc_du_62 tu y étais toi hier ?",
    "@fanclub_nour vous avez reçu le vinyle vous ?",
    "@manon_rns pourquoi tu dis ça ?",
    "@marc_ldn were you there yesterday?",
    "@nour_fanclub did you get the vinyl yet?",
    "@manon_rns why do you say that?",
}


def written(language: str) -> list[tuple[str, str]]:
    """The texts that may be looked at while signs are written: each second one of a section."""
    kind, rows, number = "", [], 0
    for line in (TEXTS / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            kind, number = line.strip("[]"), 0
        elif not line.startswith("# "):
            rows += [(kind, line)] if number % 2 == 0 else []
            number += 1
    return rows


@pytest.mark.parametrize("language", LANGUAGES)
def test_asks_tells_questions_from_what_asks_the_guest_nothing(language: str) -> None:
    wrong = {text for kind, text in written(language) if asks(text) != (kind in QUESTIONS)}

    assert wrong == {text for _, text in written(language) if text in TAKEN}


@pytest.mark.parametrize("text", ["Et le soir ?", "Toujours là ?", "Never?", "Oui, et vous ?"])
def test_asks_takes_what_is_short_and_no_exclamation(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize(
    ("text", "asks_something"),
    [
        ("¿Cuándo vienes a Sevilla?", True),
        ("¡Qué bonita canción!", False),
        ("متى تكتبين؟", True),
        ("いつ書きますか？", True),
        ("როდის მოხვალთ?", True),  # a language that we do not tell
        ("???", False),
        ("😍 ?!", False),
        ("", False),
    ],
)
def test_asks_goes_by_the_mark_in_other_languages(text: str, asks_something: bool) -> None:
    assert asks(text) is asks_something


@pytest.mark.parametrize(
    ("text", "language", "asks_something"),
    [
        ("Citez un vin", "fr", True),
        ("Citez un vin", "de", False),
        ("Pourquoi vous n'écrivez plus", "en-GB", True),  # tagged wrongly
    ],
)
def test_asks_takes_the_network_s_language_where_the_text_does_not_tell(
    text: str, language: str, asks_something: bool
) -> None:
    assert asks(text, language) is asks_something


def test_asks_looks_at_the_beginning_of_endless_texts_only() -> None:
    assert asks("Tu viens quand ? " + "a " * 5_000)
    assert not asks("la " * 5_000 + "tu viens quand ?")
