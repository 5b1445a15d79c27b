"""Puts groups of questions in the order in which to look at them, and says why. Pure functions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from blueroom.grouping.vectors import Vectors

Z = 1.96  # Wilson's interval at 95 %
WEIGHTS = {"askers": 0.35, "votes": 0.3, "novelty": 0.2, "freshness": 0.15}
HALVED_AFTER_S = 1_200.0  # freshness
ANSWERED_FROM, ANSWERED_TO = 0.3, 0.8  # cosine to an answer: nothing new from the second on
SPREAD = 40  # positions that are spread; what follows is in order of score
POOL = 240  # the best, from which they are taken
ALIKE = 0.3  # how much it costs to be what stands above already
OVERTAKES = 0.05  # of score: by less than this nobody is passed over
WINDOW = 10  # positions in which quotas hold
MOST_OF_A_THEME = 3
MOST_OF_A_PLACE = 3
MOST_OF_AN_AUTHOR = 1
LEAST_SMALL = 2
SMALL_ACCOUNT = 500  # followers; an account that tells none counts as small
SHARE = 0.6  # of the most that any has: from here on "many"
MANY_ASKERS = 10  # the most counts for so many at least: two people are not many in a small list

ReasonCode = Literal[
    "many_askers", "many_votes", "new_topic", "just_asked",
    "small_account", "other_language", "other_theme", "other_place", "next_best",
]  # fmt: skip
Key = str | int
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A group that may be asked. `votes` counts those for it, by network; `asked_at` is when it was
    asked last; `followers` (of who asked first) only tells small accounts from others."""

    key: Key
    asked_at: datetime
    askers: int = 1
    votes: Mapping[str, int] = field(default_factory=dict)
    author: str = ""
    followers: int | None = None
    language: str = ""
    theme: str = ""
    place: str = ""


class Position(NamedTuple):
    """A group with its score (0 to 1) and why it stands there, the weightiest reason first."""

    key: Key
    score: float
    reasons: tuple[ReasonCode, ...]


def wilson(votes: int, voters: int) -> float:
    """The lower bound of the share of voters who are for it, 0 to 1 (Wilson, 1927)."""
    if voters <= 0:
        return 0.0
    share = min(1.0, votes / voters)
    z2 = Z * Z / voters
    middle = share + z2 / 2
    spread = Z * math.sqrt((share * (1 - share) + z2 / 4) / voters)
    return max(0.0, (middle - spread) / (1 + z2))


def rank(
    candidates: Sequence[Candidate],
    *,
    vectors: Vectors,
    answered: Vectors,
    voters: Mapping[str, int],
    now: datetime,
) -> list[Position]:
    """All candidates, the first to be asked first.

    `vectors` has a row for each candidate and `answered` one for each question that was answered
    (see `Heads.vectors`). `voters` is how many people voted on each network at all: a network's
    votes count by their share of it, so that a large one does not drown a small one. The first
    positions are spread over themes, languages, places, authors, small and large accounts.
    """
    if not candidates:
        return []
    parts = _parts(candidates, vectors, answered, voters, now)
    scores = sum((WEIGHTS[name] * part for name, part in parts.items()), np.zeros(len(candidates)))
    # equal scores in the order they came in: the same calls give the same
    order = np.argsort(-scores, kind="stable")
    ahead = _spread(candidates, vectors, scores, order[:POOL])
    chosen = {at for at, _ in ahead}
    rest = [(int(at), ()) for at in order if int(at) not in chosen]
    many = {name: part >= SHARE for name, part in parts.items()}
    if not len(answered):
        many["novelty"] = np.zeros(len(candidates), bool)  # it says nothing where all is new
    reasons = _strengths(many, scores)
    return [
        Position(candidates[at].key, float(scores[at]), (why + reasons[at]) or ("next_best",))
        for at, why in [*ahead, *rest]
    ]


def _parts(
    candidates: Sequence[Candidate],
    vectors: Vectors,
    answered: Vectors,
    voters: Mapping[str, int],
    now: datetime,
) -> dict[str, Numbers]:
    """What each candidate has of each thing that counts, 0 to 1."""
    askers = np.log1p([candidate.askers for candidate in candidates])
    weights = {network: math.sqrt(number) for network, number in voters.items()}
    total = sum(weights.values()) or 1.0
    bounds: dict[tuple[int, str], float] = {}  # many candidates have as many votes as others

    def votes_of(candidate: Candidate) -> float:
        found = 0.0
        for network, votes in candidate.votes.items():
            if (votes, network) not in bounds:
                bounds[votes, network] = wilson(votes, voters.get(network, 0))
            found += bounds[votes, network] * weights.get(network, 0.0) / total
        return found

    votes = np.array([votes_of(candidate) for candidate in candidates])
    now_s = now.timestamp()
    ages_s = np.array([now_s - candidate.asked_at.timestamp() for candidate in candidates])
    nearest = (vectors @ answered.T).max(axis=1) if len(answered) else np.zeros(len(candidates))
    novelty = 1 - (nearest - ANSWERED_FROM) / (ANSWERED_TO - ANSWERED_FROM)
    return {
        "askers": askers / max(float(askers.max()), math.log1p(MANY_ASKERS)),
        "votes": votes / max(float(votes.max()), 0.02),
        "novelty": np.clip(novelty, 0.0, 1.0).astype(np.float64),
        "freshness": 0.5 ** (np.maximum(ages_s, 0.0) / HALVED_AFTER_S),
    }


def _strengths(
    many: Mapping[str, npt.NDArray[np.bool_]], scores: Numbers
) -> list[tuple[ReasonCode, ...]]:
    codes: dict[str, ReasonCode] = {
        "askers": "many_askers",
        "votes": "many_votes",
        "freshness": "just_asked",
        "novelty": "new_topic",
    }
    each: list[tuple[ReasonCode, ...]] = [() for _ in scores]
    for name, code in codes.items():
        for at in np.flatnonzero(many[name]):
            each[at] += (code,)
    return each


def _spread(
    candidates: Sequence[Candidate], vectors: Vectors, scores: Numbers, pool: npt.NDArray[np.intp]
) -> list[tuple[int, tuple[ReasonCode, ...]]]:
    """The first positions, and why somebody stands there who has not the best score (maximal
    marginal relevance, Carbonell and Goldstein 1998, within quotas)."""
    some = [candidates[at] for at in pool]
    alike = vectors[pool] @ vectors[pool].T
    most_alike = np.zeros(len(some))
    is_left = np.ones(len(some), bool)
    quotas = _Quotas(some)
    chosen: list[tuple[int, tuple[ReasonCode, ...]]] = []
    for position in range(min(SPREAD, len(some))):
        if position % WINDOW == 0:
            quotas.begin()
        values = np.where(is_left, (1 - ALIKE) * scores[pool] - ALIKE * most_alike, -np.inf)
        may = quotas.may() & is_left
        at = int(np.argmax(np.where(may, values, -np.inf) if may.any() else values))
        first = int(np.argmax(is_left))  # the best score that is left
        passed_over = scores[pool[first]] - scores[pool[at]]
        why = quotas.why(at, instead_of=first) if passed_over > OVERTAKES else ()
        quotas.take(at)
        is_left[at] = False
        most_alike = np.maximum(most_alike, alike[at])
        chosen.append((int(pool[at]), why))
    return chosen


class _Quotas:
    """How many of a kind may, and must, be among a few positions that follow one another."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._kinds: list[tuple[ReasonCode, list[str], int]] = [
            ("other_theme", [each.theme for each in candidates], MOST_OF_A_THEME),
            ("other_place", [each.place for each in candidates], MOST_OF_A_PLACE),
            ("next_best", [each.author for each in candidates], MOST_OF_AN_AUTHOR),
        ]
        self._is_small = np.array([(each.followers or 0) <= SMALL_ACCOUNT for each in candidates])
        self._languages = np.array([each.language for each in candidates])
        spoken = Counter(self._languages.tolist())
        self._must_hear = [
            language
            for language, number in sorted(spoken.items())
            if language and number * WINDOW >= len(candidates)
        ]
        self.begin()

    def begin(self) -> None:
        """Count anew."""
        self._taken: list[int] = []
        self._full = np.zeros(len(self._languages), bool)

    def may(self) -> npt.NDArray[np.bool_]:
        """Who may come next: nobody of a kind that is full; where it gets tight, who is missing."""
        missing, number = self._missing()
        if number and number >= WINDOW - len(self._taken):
            return missing & ~self._full if (missing & ~self._full).any() else missing
        return ~self._full

    def why(self, at: int, *, instead_of: int) -> tuple[ReasonCode, ...]:
        """Why this one stands before one with a better score."""
        for code, kinds, most in self._kinds:
            kind = kinds[instead_of]
            if kind and [kinds[each] for each in self._taken].count(kind) >= most:
                return (code,) if code != "next_best" else ()
        missing, _ = self._missing()
        if missing[at] and not missing[instead_of]:
            is_small = self._is_small[at] and not self._is_small[instead_of]
            return ("small_account",) if is_small else ("other_language",)
        return ("other_theme",)  # other words than what stands above

    def take(self, at: int) -> None:
        """It has the next position."""
        self._taken.append(at)
        for _, kinds, most in self._kinds:
            kind = kinds[at]
            if kind and [kinds[each] for each in self._taken].count(kind) >= most:
                self._full |= np.array([each == kind for each in kinds])

    def _missing(self) -> tuple[npt.NDArray[np.bool_], int]:
        """Who would fill what must still be heard, and how many positions that takes."""
        missing = np.zeros(len(self._languages), bool)
        small = max(0, LEAST_SMALL - int(self._is_small[self._taken].sum()))
        if small:
            missing |= self._is_small
        heard = set(self._languages[self._taken].tolist()) if self._taken else set()
        unheard = [language for language in self._must_hear if language not in heard]
        for language in unheard:
            missing |= self._languages == language
        return missing, small + len(unheard)
