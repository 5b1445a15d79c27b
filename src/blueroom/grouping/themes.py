"""What questions are about: some dozens of themes, by words that many of them have in common.

The words are chosen one after the other, each time the one that most questions have which none of
the chosen words is in, weighed by its rarity (after Beil, Ester and Xu, Frequent term-based text
clustering, KDD 2002). A question is of the rarest chosen word that it has.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from blueroom.grouping.flood import Key
from blueroom.grouping.reading import STRETCHED, WORD, Reading, Term, read, words_ignored
from blueroom.grouping.words import ideas, stem, vocabulary
from blueroom.holding.letters import fold

MOST_THEMES = 48
LEAST = 3  # questions; fewer make no theme
LEAST_SHARE = 0.003  # of all questions, where there are very many
KEPT = 1.3  # by how much a theme that is there weighs more than a new one: names should not flicker
WORDS = 3  # of a name
OFTEN = 0.34  # of a theme's questions have the word beside the first, if it is to name the theme
SENTENCE = re.compile(r"[^.!?…\n]+[.!?…]?")
SHORTEST, LONGEST = 3, 30  # letters


@dataclass(frozen=True, slots=True)
class Theme:
    """`key` stays the same while the theme is there; `words` name it as most people write them,
    the first of them in each of its `questions`."""

    key: str
    words: tuple[str, ...]
    questions: int


@dataclass(frozen=True, slots=True)
class Made:
    """Themes, the largest first, and the key of the theme of each question that is of one."""

    themes: tuple[Theme, ...]
    of: dict[Key, str]


class Themes:
    """The themes of one session. Not for several threads at once; the same calls give the same.

    `ignored` are words that tell nothing apart here: the guest's name, the session's hashtags.
    """

    def __init__(self, *, ignored: Iterable[str] = ()) -> None:
        self._ignored = words_ignored(ignored)
        self._said: dict[Key, dict[str, str]] = {}  # of each question its terms, as it writes them
        self._with: dict[str, set[Key]] = {}
        self._written: dict[str, Counter[str]] = {}
        self._chosen: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self._said)

    def add(self, key: Key, text: str, language: str = "") -> None:
        """Take a question in, or in another text."""
        self.forget(key)
        said = self._said[key] = terms_said(text, language, self._ignored)
        for term, word in said.items():
            self._with.setdefault(term, set()).add(key)
            self._written.setdefault(term, Counter())[word] += 1

    def forget(self, key: Key) -> None:
        """It is about nothing any more."""
        for term, word in self._said.pop(key, {}).items():
            self._with[term].discard(key)
            self._written[term][word] -= 1
            if not self._with[term]:
                del self._with[term], self._written[term]

    def made(self) -> Made:
        """The themes of all that was taken in."""
        chosen = self._choose()
        self._chosen = frozenset(chosen)
        of = {}
        for key, said in self._said.items():
            if mine := chosen & said.keys():
                of[key] = min(mine, key=lambda term: (len(self._with[term]), term))
        members: dict[str, list[Key]] = {}
        for key, term in of.items():
            members.setdefault(term, []).append(key)
        themes = [Theme(term, self._name(term, keys), len(keys)) for term, keys in members.items()]
        return Made(tuple(sorted(themes, key=lambda one: (-one.questions, one.key))), of)

    def _choose(self) -> set[str]:
        least = max(LEAST, math.ceil(LEAST_SHARE * len(self._said)))
        left = {term: len(keys) for term, keys in self._with.items() if len(keys) >= least}
        weights = {term: self._rarity(term) * self._bonus(term) for term in left}
        chosen: set[str] = set()
        covered: set[Key] = set()
        while left and len(chosen) < MOST_THEMES:
            best = max(left, key=lambda term: (left[term] * weights[term], term))
            if left.pop(best) < least:
                continue
            chosen.add(best)
            for key in self._with[best] - covered:
                for term in self._said[key]:
                    if term in left:
                        left[term] -= 1
            covered |= self._with[best]
        return chosen

    def _rarity(self, term: str) -> float:
        return math.log1p(len(self._said) / len(self._with[term]))

    def _bonus(self, term: str) -> float:
        return KEPT if term in self._chosen else 1.0

    def _name(self, first: str, keys: list[Key]) -> tuple[str, ...]:
        beside = Counter(term for key in keys for term in self._said[key] if term != first)
        least = max(2, OFTEN * len(keys))
        often = [term for term, number in beside.items() if number >= least]
        often.sort(key=lambda term: (-beside[term] * self._rarity(term), term))
        words = [self._word(term) for term in (first, *often)]
        return tuple(dict.fromkeys(words))[:WORDS]

    def _word(self, term: str) -> str:
        """As most people write it: "Paris", "tournée"."""
        written = self._written[term]
        spelt = Counter[str]()
        for word, number in written.items():
            spelt[word.lower()] += number
        most = max(spelt, key=lambda word: (spelt[word], word))
        return max(
            (word for word in written if word.lower() == most),
            key=lambda word: (written[word], word.islower(), word),
        )


def terms_said(text: str, language: str, ignored: frozenset[str]) -> dict[str, str]:
    """What a question may be about: its terms that count, each as the text writes it. Words of one
    idea are one term, in both languages."""
    text = _asked(text)
    reading = read(text, language, ignored=ignored)
    terms = {term.form: _key(term, reading.language) for term in reading.terms}
    written = _written(text, reading)
    return {
        key: " ".join(written.get(part, part) for part in form.split("_"))
        for form, key in terms.items()
        if key
    }


def _asked(text: str) -> str:
    """Its sentences that ask, where a mark says which: greetings and signatures are no theme."""
    asking = [part for part in SENTENCE.findall(text) if "?" in part[-1:]]
    return " ".join(asking) or text


@lru_cache(maxsize=20_000)
def _key(term: Term, language: str) -> str:
    """The name of a term among all; "" for one that nothing is about."""
    if term.form in _general(language):
        return ""
    if term.idea:
        return _named()[term.idea]
    is_plain = term.form.isalpha() and SHORTEST <= len(term.form) <= LONGEST
    return term.form if is_plain else ""


@cache
def _named() -> dict[str, str]:
    """The first word of each idea."""
    found: dict[str, str] = {}
    for (_language, stems), idea in ideas().items():
        found.setdefault(idea, stems)
    return found


@cache
def _general(language: str) -> frozenset[str]:
    known = vocabulary(language)
    return frozenset(stem(word, language) for word in known.light | known.general | known.negation)


def _written(text: str, reading: Reading) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in WORD.findall(text):
        form = _form(word, reading.language)
        found.setdefault(form, word.lower() if len(word) > 1 and word.isupper() else word)
    return found


@lru_cache(maxsize=20_000)
def _form(word: str, language: str) -> str:
    return stem(STRETCHED.sub(r"\1", fold(word)), language)
