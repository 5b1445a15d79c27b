from __future__ import annotations

from pathlib import Path

import pytest

from blueroom.grouping.likeness import PROPOSED_FROM, is_misspelt, likeness
from blueroom.grouping.reading import read

TEXTS = Path(__file__).parent / "texts"


def tuning_pairs(kind: str) -> list[tuple[str, str, str]]:
    """Every second pair; the others are for the bench alone."""
    found = []
    for language in ("fr", "en"):
        body = (TEXTS / f"{language}.txt").read_text(encoding="utf-8")
        lines = body.split(f"[{kind}]\n")[1].split("\n[")[0].splitlines()
        pairs = [line.split(" | ") for line in lines if " | " in line]
        found += [(language, one, other) for one, other in pairs[::2]]
    return found


@pytest.mark.parametrize(("language", "one", "other"), tuning_pairs("different"))
def test_a_machine_never_merges_what_only_looks_the_same(
    language: str, one: str, other: str
) -> None:
    assert not likeness(read(one, language), read(other, language)).is_certain


def test_nine_in_ten_of_the_same_questions_are_merged_or_proposed() -> None:
    pairs = tuning_pairs("same")

    found = [
        pair
        for pair in pairs
        if likeness(read(pair[1], pair[0]), read(pair[2], pair[0])).score >= PROPOSED_FROM
    ]

    assert len(found) >= 0.9 * len(pairs)


@pytest.mark.parametrize(
    ("one", "other", "is_certain"),
    [
        ("Quand sort votre prochain album ?", "Votre prochain album, il sort quand ?", True),
        ("Why are trains always late?", "why are the trains allways late", True),
        ("Avez-vous peur de la mort ?", "Avez-vous peur de la mer ?", False),
        ("Do you play chess at home?", "Do you play Chess at home, in 2027?", False),
        ("Would you vote for her law again?", "Would you vote for my law again?", False),
        ("Comment l'école aide les familles ?", "Comment les familles aident l'école ?", False),
        ("Quel est votre salaire ?", "What is your salary?", False),  # a person says
    ],
)
def test_a_machine_merges_only_what_differs_in_nothing(
    one: str, other: str, is_certain: bool
) -> None:
    assert likeness(read(one), read(other)).is_certain is is_certain


def test_likeness_is_the_same_either_way_round() -> None:
    one, other = read("Combien gagne un député ?"), read("Quel salaire mensuel a un député ?")

    assert likeness(one, other) == likeness(other, one)


def test_questions_of_two_languages_are_proposed() -> None:
    alike = likeness(read("Combien gagne un député ?"), read("How much does an MP earn?"))

    assert 0.5 <= alike.score < 0.8


def test_misspelt_is_one_letter_or_two_changed_places() -> None:
    assert is_misspelt("toujours", "toujour")
    assert is_misspelt("toujours", "tuojours")
    assert is_misspelt("toujours", "toujoors")
    assert not is_misspelt("toujours", "tuojour")
    assert not is_misspelt("1998", "1999")
