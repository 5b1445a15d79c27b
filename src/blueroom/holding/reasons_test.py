from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from blueroom.holding.reasons import Reason, Strictness, reasons_to_hold
from blueroom.holding.words import LANGUAGES, Words

WORDS = Words()
TEXTS = Path(__file__).parent / "texts"
# Hostile only to somebody who knows what is meant: left to people.
PASSED = {"Je vais venir chez toi ce soir", "Tu suces ?", "Arabs out", "Do you swallow?"}


def codes(text: str, language: str = "fr", strictness: Strictness = "normal") -> list[str]:
    reasons = reasons_to_hold(text, language=language, strictness=strictness, words=WORDS)
    return [reason.code for reason in reasons]


def written(language: str) -> list[tuple[str, str]]:
    """The texts that may be looked at while the lists are written: each second one of a section."""
    kind, rows, number = "", [], 0
    for line in (TEXTS / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            kind, number = line.strip("[]"), 0
        elif not line.startswith("#"):
            rows += [(kind, line)] if number % 2 == 0 else []
            number += 1
    return rows


@pytest.mark.parametrize("language", LANGUAGES)
def test_reasons_hold_what_is_hostile_and_let_harsh_words_pass(language: str) -> None:
    wrong = {
        text
        for kind, text in written(language)
        if bool(codes(text, language)) == (kind == "lawful")
    }

    assert wrong == {text for _, text in written(language) if text in PASSED}


@pytest.mark.parametrize(
    "text",
    [
        "Je viens de Scunthorpe, près de Penistone",
        "Le concert était long, j'analyse",
        "Un pédagogue comme M. Cockburn",
        "Le cul-de-sac de la rue",
        "Vous avez du retard",
        "Je m'attarde sur ce point",
        "Le député en salopette",
        "C'est-à-dire, y a-t-il un bis ?",
        "La classe de 6e B, salle A 1 2 3",
    ],
)
def test_reasons_are_none_for_words_that_only_look_rude(text: str) -> None:
    assert codes(text, strictness="high") == []


def test_a_reason_says_where_in_the_text_as_it_was_written() -> None:
    text = "Écoute œil 🎶 gros с0nnard !"

    assert reasons_to_hold(text, language="fr", strictness="normal", words=WORDS) == [
        Reason(code="insult", excerpt="с0nnard", start=18, end=25)
    ]


def test_reasons_come_from_names_handles_and_alt_texts_too() -> None:
    reasons = reasons_to_hold(
        "Bonsoir",
        name="Le_C0nnard_du_93",
        handle="xXgrossalopeXx.example.org",
        alt_texts=("Un chat", "Fils de pute"),
        language="fr",
        strictness="normal",
        words=WORDS,
    )

    assert [(reason.code, reason.where) for reason in reasons] == [
        ("insult", "alt"),
        ("insult", "name"),
        ("insult", "handle"),
    ]


@pytest.mark.parametrize("name", ["Anne Salopette", "DrCockburn", "therapist_anna", "jean.depute"])
def test_reasons_are_none_for_innocent_names(name: str) -> None:
    assert not reasons_to_hold("", name=name, language="fr", strictness="high", words=WORDS)


@pytest.mark.parametrize(
    ("text", "low", "normal", "high"),
    [
        ("Je vais te tuer", ["threat"], ["threat"], ["threat"]),
        ("Quel connard", [], ["insult"], ["insult"]),
        ("Merde, j'ai raté le début", [], [], ["profanity"]),
        ("Bonjour à tous", [], [], []),
    ],
)
def test_strictness_decides_what_is_bad_enough(
    text: str, low: list[str], normal: list[str], high: list[str]
) -> None:
    found = [codes(text, strictness=strictness) for strictness in get_args(Strictness)]

    assert found == [low, normal, high]


def test_a_room_adds_words_ignores_words_and_allows_domains() -> None:
    words = Words(own=("Marée basse", "spoiler"), ignored=("connard",), domains=("example.org",))

    def found(text: str) -> list[str]:
        reasons = reasons_to_hold(text, language="fr", strictness="low", words=words)
        reasons += reasons_to_hold(text, language="fr", strictness="normal", words=words)
        return sorted({reason.code for reason in reasons})

    assert found("La maree BASSE revient") == ["room_word"]
    assert found("sp0iler !") == ["room_word"]
    assert found("Le connard de service") == []
    assert found("https://www.example.org/x") == []
    assert found("https://www.example.com/x") == ["link"]


def test_reasons_stay_few_and_short_for_a_text_full_of_everything() -> None:
    text = "connard " * 500 + "z" * 5_000 + " 01 99 00 12 34" * 200

    reasons = reasons_to_hold(text, language="fr", strictness="high", words=WORDS)

    assert [reason.code for reason in reasons] == ["phone", "insult"]
    assert max(len(reason.excerpt) for reason in reasons) <= 80
