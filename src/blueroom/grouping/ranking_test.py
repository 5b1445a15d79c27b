from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from blueroom.grouping.ranking import Candidate, Position, rank, wilson
from blueroom.grouping.vectors import Vectors

NOW = datetime(2026, 1, 1, 20, 0, tzinfo=UTC)
VOTERS = {"page": 50, "bluesky": 20_000}


def own(number: int) -> Vectors:
    """Vectors of questions that have nothing in common."""
    return np.eye(number, 512, dtype=np.float32)


def ranked(candidates: list[Candidate], vectors: Vectors | None = None) -> list[Position]:
    rows = own(len(candidates)) if vectors is None else vectors
    return rank(candidates, vectors=rows, answered=own(0), voters=VOTERS, now=NOW)


def candidate(key: int, **details: object) -> Candidate:
    return Candidate(key=key, **{"asked_at": NOW, **details})  # type: ignore[arg-type]


def test_wilson_trusts_many_voters_more_than_few() -> None:
    assert wilson(0, 0) == 0.0
    assert wilson(1, 1) == pytest.approx(0.2065, abs=1e-4)
    assert wilson(90, 100) == pytest.approx(0.8256, abs=1e-4)


def test_rank_puts_askers_votes_and_what_is_fresh_first_and_says_so() -> None:
    positions = ranked(
        [
            candidate(0, asked_at=NOW - timedelta(hours=3)),
            candidate(1, askers=40),
            candidate(2, votes={"page": 45}, asked_at=NOW - timedelta(hours=3)),
        ]
    )

    assert [(each.key, each.reasons) for each in positions] == [
        (1, ("many_askers", "just_asked")),
        (2, ("many_votes",)),
        (0, ("next_best",)),
    ]


def test_a_large_network_does_not_drown_a_small_one() -> None:
    positions = ranked([candidate(0, votes={"bluesky": 300}), candidate(1, votes={"page": 40})])

    assert [each.key for each in positions] == [1, 0]


def test_what_was_answered_goes_down() -> None:
    vectors = own(2)

    positions = rank(
        [candidate(0, askers=2), candidate(1)],
        vectors=vectors, answered=vectors[:1], voters={}, now=NOW,
    )  # fmt: skip

    assert [each.key for each in positions] == [1, 0]
    assert "new_topic" in positions[0].reasons
    assert "new_topic" not in positions[1].reasons


def test_followers_alone_move_nobody_up() -> None:
    few = [candidate(number, followers=1_000 + number) for number in range(5)]
    many = [candidate(number, followers=9_000_000 - number) for number in range(5)]

    assert [each.score for each in ranked(few)] == [each.score for each in ranked(many)]
    assert [each.key for each in ranked(many)] == [0, 1, 2, 3, 4]


def test_each_ten_hear_small_accounts_both_languages_several_themes_and_places() -> None:
    loud = [
        candidate(
            number, askers=50, followers=90_000, language="fr", theme="stage", place="Lyon",
            author=f"a{number}",
        )
        for number in range(40)
    ]  # fmt: skip
    quiet = [
        candidate(
            100 + number, followers=10, language="en" if number % 2 else "fr",
            theme=f"theme {number % 5}", place=f"town {number}", author=f"q{number}",
        )
        for number in range(40)
    ]  # fmt: skip

    positions = ranked(loud + quiet)
    by_key = {each.key: each for each in loud + quiet}

    for first in range(0, 40, 10):
        ten = [by_key[each.key] for each in positions[first : first + 10]]
        assert sum(each.theme == "stage" for each in ten) <= 3
        assert sum(each.place == "Lyon" for each in ten) <= 3
        assert {each.language for each in ten} == {"fr", "en"}
        assert sum((each.followers or 0) <= 500 for each in ten) >= 2
    assert sorted(each.key for each in positions) == sorted(by_key)
    assert positions[3].reasons[0] == "other_theme"


def test_what_is_alike_does_not_stand_in_a_row() -> None:
    vectors = own(3)
    vectors[1] = vectors[0]

    positions = ranked(
        [candidate(0, askers=9), candidate(1, askers=9), candidate(2, askers=8)], vectors
    )

    assert [each.key for each in positions] == [0, 2, 1]
