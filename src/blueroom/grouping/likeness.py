"""Compares two questions word by word, and says whether a machine may call them one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from blueroom.grouping.reading import LIGHT, Reading, Term

MERGED_FROM = 0.8
PROPOSED_FROM = 0.48
SAME_IDEA = 0.85
SAME_ROOT = 0.8
MISSPELT = 0.9
SHORTEST_MISSPELT = 6  # shorter words that differ by a letter are too often others
OF_MANY, OF_FEW = 0.6, 0.25  # how much it counts that one question lies within the other
NUMBERS_DIFFER = 0.6
REPLACED = 0.8  # gas by electricity, Lyon by Lille


class Likeness(NamedTuple):
    """How alike, 0 to 1; `is_certain` where a machine may say that both ask the same."""

    score: float
    is_certain: bool


UNLIKE = Likeness(0.0, is_certain=False)


class Matched(NamedTuple):
    """What two questions share, weighed, and what only one of them says."""

    weight: float
    misspelt: int
    alike: int  # words that are not the same, and mean about the same
    left: tuple[Term, ...]
    right: tuple[Term, ...]


def likeness(one: Reading, other: Reading) -> Likeness:
    """How alike two questions are, by the words that count; either may be first."""
    if not one.terms or not other.terms:
        return UNLIKE
    is_foreign = one.language != other.language
    matched = match(one.terms, other.terms, is_foreign=is_foreign)
    shared = 2 * matched.weight / (one.heavy + other.heavy)
    within = matched.weight / min(one.heavy, other.heavy)
    few = min(one.heavy, other.heavy) < 2
    score = shared + (min(1.0, within) - shared) * (OF_FEW if few else OF_MANY)
    if _is_replaced(one, other, matched):
        score *= REPLACED
    if one.numbers != other.numbers and not (
        one.numbers < other.numbers or other.numbers < one.numbers
    ):
        score *= NUMBERS_DIFFER
    if not is_foreign and _agree(one, other, matched):
        return Likeness(min(1.0, max(shared, MERGED_FROM)), is_certain=True)
    return Likeness(min(score, MERGED_FROM - 0.01), is_certain=False)


def match(one: Sequence[Term], other: Sequence[Term], *, is_foreign: bool) -> Matched:
    """Pairs the words of two questions, the same ones first."""
    there = {term.form: term for term in other}
    weight, misspelt, alike = 0.0, 0, 0
    left: list[Term] = []
    for term in one:
        if same := there.pop(term.form, None):
            weight += min(term.weight, same.weight)
        else:
            left.append(term)
    # only words of one idea, or of one first letter, may match: few are compared
    by_idea = {term.idea: term for term in there.values() if term.idea}
    by_letter: dict[str, list[Term]] = {}
    for term in there.values():
        by_letter.setdefault(term.form[0], []).append(term)
    unmatched: list[Term] = []
    for term in left:
        best, how_much = None, 0.0
        if same := by_idea.get(term.idea):
            best, how_much = same, 1.0 if is_foreign else SAME_IDEA
        else:
            for candidate in by_letter.get(term.form[0], ()):
                if term.idea and candidate.idea:
                    continue
                if (degree := _spelt_alike(term.form, candidate.form)) > how_much:
                    best, how_much = candidate, degree
        if best is None:
            unmatched.append(term)
            continue
        del there[best.form]
        by_idea.pop(best.idea, None)
        by_letter[best.form[0]].remove(best)
        weight += how_much * min(term.weight, best.weight)
        misspelt += how_much == MISSPELT
        alike += how_much != MISSPELT
    return Matched(weight, misspelt, alike, tuple(unmatched), tuple(there.values()))


@lru_cache(maxsize=50_000)
def _spelt_alike(one: str, other: str) -> float:
    shorter = min(len(one), len(other))
    if shorter >= SHORTEST_MISSPELT - 1 and is_misspelt(one, other):
        return MISSPELT
    root = 0
    while root < shorter and one[root] == other[root]:
        root += 1
    return SAME_ROOT if root >= 5 or (root >= 4 and root == shorter) else 0.0


def is_misspelt(one: str, other: str) -> bool:
    """Whether one letter is missing, too much, wrong, or changed places with its neighbour."""
    if one == other:
        return True
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1 or one.isdigit() or other.isdigit():
        return False
    at = 0
    while at < len(one) and one[at] == other[at]:
        at += 1
    if len(one) != len(other):
        return one[at:] == other[at + 1 :]
    return one[at + 1 :] == other[at + 1 :] or (
        one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
    )


def _is_replaced(one: Reading, other: Reading, matched: Matched) -> bool:
    """Whether each names something that the other does not: known things, or names."""
    if all(any(t.idea and t.weight > LIGHT for t in terms) for terms in matched[3:]):
        return True
    return any(term.form in one.names for term in matched.left) and any(
        term.form in other.names for term in matched.right
    )


def _agree(one: Reading, other: Reading, matched: Matched) -> bool:
    """Whether nothing tells the two apart that a person would look at."""
    if one.numbers != other.numbers or one.signs != other.signs:
        return False
    if matched.alike or matched.misspelt > 1 or _heavy(matched.left) or _heavy(matched.right):
        return False
    if matched.left or matched.right:  # light words; they decide where there is little else
        few = min(sum(term.weight > LIGHT for term in each.terms) for each in (one, other))
        if few < 2:
            return False
    return _in_one_order(one, other)


def _heavy(terms: Iterable[Term]) -> bool:
    return any(term.weight > LIGHT for term in terms)


def _in_one_order(one: Reading, other: Reading) -> bool:
    """Whether the words stand alike, or as when a question is turned ("it comes out when?"):
    schools help families is not families help schools."""
    shared = {term.form for term in one.terms} & {term.form for term in other.terms}
    orders = [
        [term.form for term in each.terms if term.weight > LIGHT and term.form in shared]
        for each in (one, other)
    ]
    turns = range(max(1, len(orders[0])))
    return len(shared) < 3 or any(orders[0][at:] + orders[0][:at] == orders[1] for at in turns)
