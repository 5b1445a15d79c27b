from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from blueroom.grouping.heads import Asked, Heads, Limits, Placed, Row

START = datetime(2026, 1, 1, 20, 0, tzinfo=UTC)
DISH = "Quel est votre plat préféré pour le dimanche en famille ?"


def places(heads: Heads, *texts: str) -> list[tuple[str | int, str]]:
    """Head and how, of texts with the keys 1, 2, 3."""
    asked = [Asked(number, text) for number, text in enumerate(texts, 1)]
    return [(each.head_key, each.how) for each in heads.place(asked, at=START)]


def test_place_puts_one_question_on_one_line_also_within_one_batch() -> None:
    heads = Heads(ignored=["Nour", "#AskNour"])

    assert places(
        heads,
        "Quand sort votre prochain album ?",
        "quand sort votre prochain album #AskNour",
        "Votre prochain album, Nour, il sort quand ?",
        "When is your next album coming out?",
        "Quand sort votre prochain film ?",
        "Aimez-vous les épinards ?",
    ) == [(1, "new"), (1, "exact"), (1, "merged"), (1, "proposed"), (5, "new"), (6, "new")]
    assert len(heads) == 4


def test_place_is_the_same_in_one_batch_or_in_many_and_after_a_restart() -> None:
    texts = [
        f"{verb} {thing} ?"
        for verb in ("Aimez-vous", "Pourquoi aimer", "Quand avez-vous vu")
        for thing in ("le théâtre", "les trains de nuit", "le theatre", "la mer en hiver")
    ]
    asked = [Asked(number, text) for number, text in enumerate(texts * 8)]
    at_once = Heads().place(asked, at=START)
    heads = Heads()
    one_by_one = [heads.place([each], at=START)[0] for each in asked]

    lines = [each for each in at_once if each.how in ("new", "proposed")]
    rows = [Row(each.key, asked[int(each.key)].text, "", each.key) for each in lines]
    again = Heads(rows).place(
        [Asked(f"again {each.key}", each.text) for each in asked], at=START + timedelta(hours=1)
    )

    assert at_once == one_by_one
    assert [each.head_key for each in again] == [
        each.key if each.how in ("new", "proposed") else each.head_key for each in at_once
    ]


def test_merge_lets_a_persons_wording_stand_for_the_head_and_split_takes_it_out() -> None:
    heads = Heads()
    places(heads, "Combien gagne un député ?", "Quel est le traitement des parlementaires ?")
    again = [Asked("x", "quel est le traitement des parlementaires")]

    heads.merge(2, into=1)
    merged = heads.place(again, at=START)
    heads.split(2, "Quel est le traitement des parlementaires ?")

    assert merged == [Placed("x", 1, "exact", 1.0)]
    assert heads.place(again, at=START) == [Placed("x", 2, "exact", 1.0)]
    with pytest.raises(KeyError):
        heads.merge(1, into="nowhere")


def test_lead_gives_a_group_another_head_and_forget_leaves_no_trace() -> None:
    heads = Heads()
    places(heads, DISH)

    heads.lead(7, "Votre plat préféré du dimanche, en famille ?", instead_of=1)
    heads.forget(1)

    assert heads.place([Asked("x", DISH)], at=START)[0].head_key == 7
    heads.forget(7)
    assert len(heads) == 0
    assert heads.place([Asked("x", DISH)], at=START) == [Placed("x", "x", "new", 0.0)]


def test_an_edited_question_is_placed_anew() -> None:
    heads = Heads()
    places(heads, DISH)

    slightly = heads.place([Asked(1, f"{DISH} Et le samedi ?")], at=START)
    edited = heads.place([Asked(1, "Aimez-vous les épinards ?")], at=START)

    assert slightly == [Placed(1, 1, "new", 0.0)]
    assert edited == [Placed(1, 1, "new", 0.0)]
    assert heads.place([Asked("x", DISH)], at=START)[0].how == "new"


def test_memory_is_bounded_and_the_least_recently_met_make_room() -> None:
    heads = Heads(limits=Limits(wordings=3, texts=2))
    texts = ["Aimez-vous la mer ?", "Quel âge avez-vous ?", "Où est le piano ?"]
    places(heads, *texts)

    heads.place([Asked("a", texts[0]), Asked("b", "Fumez-vous la pipe ?")], at=START)
    heads.place([Asked(f"c{n}", f"{texts[0]} svp {'!' * n}") for n in range(9)], at=START)

    again = heads.place([Asked("d", texts[0]), Asked("e", texts[1])], at=START)

    assert [each.how for each in again] == ["exact", "new"]
    assert len(heads) == 3


def test_a_flood_piles_up_under_its_head_and_lawful_questions_pass() -> None:
    text = "Allez-vous démissionner après le scandale des factures impayées ?"
    chance = random.Random(1)
    heads = Heads([Row("head", text, "fr", "head")])
    lawful = ["Quel est votre vin préféré ?", "Do you still play the violin?"]

    def varied() -> str:
        words = text.split()
        chance.shuffle(words)
        letters = list(" ".join(words))
        for _ in range(chance.randint(1, 20)):
            letters[chance.randrange(len(letters))] = chance.choice("abcdefghij \u200b🔥")
        return "".join(letters)

    asked = [Asked(number, varied()) for number in range(1_000)]
    asked[500:500] = [Asked(f"lawful {number}", each) for number, each in enumerate(lawful)]
    flood = heads.place(asked, at=START)
    later = heads.place(
        [Asked("later", "Démissionner pour ces factures ?")], at=START + timedelta(hours=1)
    )

    hostile = [each for each in flood if isinstance(each.key, int)]
    assert sum(each.how in ("new", "proposed") and not each.is_piled for each in hostile) <= 20
    assert sum(each.is_piled and each.head_key == "head" for each in hostile) > 900
    assert [each.how for each in flood if isinstance(each.key, str)] == ["new", "new"]
    assert (later[0].how, later[0].is_piled) == ("proposed", False)


def test_vectors_are_of_length_one_and_zero_where_nothing_is_held() -> None:
    heads = Heads([Row("a", DISH, "fr", "a")])

    assert np.linalg.norm(heads.vectors(["a", "b"]), axis=1).round(5).tolist() == [1.0, 0.0]
