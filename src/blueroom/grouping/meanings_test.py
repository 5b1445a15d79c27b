from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from blueroom.grouping.meanings import Meanings, Near
from blueroom.grouping.vectors import Vectors


class Money:
    """Knows one thing only: how much a text is about money."""

    dimensions = 2
    proposed_from = 0.7

    def vectors_of(self, texts: Sequence[str]) -> Vectors:
        share = [0.9 if "paye" in text else float("gagne" in text) for text in texts]
        return np.array([[each, np.sqrt(1 - each * each)] for each in share], np.float32)


def test_what_means_nearly_the_same_is_found_among_those_held_and_those_before_it() -> None:
    meanings = Meanings(Money(), most=10)

    first = meanings.place([("a", "Combien gagne Bob ?"), ("b", "Vous aimez Bob ?")])
    then = meanings.place([("c", "Bob, ça gagne ?"), ("d", "Sa paye ?"), ("e", "Il gagne ?")])

    assert first == [None, None]
    assert then == [Near("a", 0.79), Near("a", 0.687), Near("a", 0.79)]


def test_who_was_forgotten_or_made_room_is_found_no_more() -> None:
    meanings = Meanings(Money(), most=2)
    meanings.place([("a", "Qui gagne ?")])
    meanings.forget("a")
    assert meanings.place([("b", "Il gagne ?")]) == [None]

    assert meanings.place([("b", "Il gagne quoi ?")]) == [None]  # not like itself
    meanings.place([("c", "Vous aimez ?"), ("d", "Vous chantez ?")])
    assert meanings.place([("e", "Elle gagne ?")]) == [None]
