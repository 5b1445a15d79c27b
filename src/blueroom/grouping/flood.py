"""Notices when very many nearly the same come to one head, so that they pile up under it."""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from blueroom.grouping.reading import Reading
from blueroom.grouping.words import LANGUAGES, ideas, stem, vocabulary

HALVED_AFTER_S = 60.0
MOST_HEADS = 64
Key = str | int  # of a question
TRACES = 0.17  # of a head's letters are there, three by three, and some words are none


class Stage(NamedTuple):
    """How hard a head is pressed, and what then piles up under it: what holds so much of it, or
    traces of it and so many words that nobody knows. Shares are of 1."""

    level: float
    whole: float
    garbled: float


WARM = Stage(6.0, whole=0.7, garbled=0.25)  # from about four a minute on
HOT = Stage(60.0, whole=0.5, garbled=0.12)  # from about forty a minute on


@dataclass(slots=True)
class _Pressure:
    level: float
    at_s: float
    grams: frozenset[str]  # three letters each, of the words that count
    every: frozenset[str]  # the same, of all words

    def now(self, now_s: float) -> float:
        return self.level * math.pow(0.5, max(0.0, now_s - self.at_s) / HALVED_AFTER_S)

    def held_in(self, letters: frozenset[str]) -> tuple[float, float]:
        """How much of the head is there: of the words that count, and of all words."""
        return (
            len(self.grams & letters) / max(1, len(self.grams)),
            len(self.every & letters) / max(1, len(self.every)),
        )


class Flood:
    """How much comes to which head. What is compared is bounded, whatever comes."""

    def __init__(self) -> None:
        self._pressures: OrderedDict[Key, _Pressure] = OrderedDict()
        self._seen: Counter[str] = Counter()

    def know(self, reading: Reading) -> None:
        """Take the words of a line for words that somebody uses."""
        for term in reading.terms:
            self._seen[term.form] += 1

    def unknow(self, reading: Reading) -> None:
        """Undo `know`."""
        for term in reading.terms:
            self._seen[term.form] -= 1
            if self._seen[term.form] <= 0:
                del self._seen[term.form]

    def note(self, head: Key, reading: Reading, now_s: float) -> None:
        """One more that is nearly the head, whose reading is given."""
        pressure = self._pressures.pop(head, None) or _Pressure(
            0.0, now_s, _grams(term.form for term in reading.terms), _grams(reading.plain.split())
        )
        pressure.level = pressure.now(now_s) + 1
        pressure.at_s = max(pressure.at_s, now_s)
        self._pressures[head] = pressure
        if len(self._pressures) > MOST_HEADS:
            coolest = min(self._pressures, key=lambda each: self._pressures[each].now(now_s))
            del self._pressures[coolest]

    def forget(self, head: Key) -> None:
        """A head is gone."""
        self._pressures.pop(head, None)

    def takes(self, head: Key, now_s: float) -> bool:
        """Whether all that is merely like a head piles up under it, instead of being proposed."""
        pressure = self._pressures.get(head)
        return pressure is not None and pressure.now(now_s) >= HOT.level

    def head_of(self, reading: Reading, now_s: float) -> Key | None:
        """The head under pressure that a text is made of, however little of it is left."""
        levels = {head: each.now(now_s) for head, each in self._pressures.items()}
        pressed = [head for head, level in levels.items() if level >= WARM.level]
        if not pressed:
            return None
        letters = _letters(reading)
        held = {head: self._pressures[head].held_in(letters) for head in pressed}
        head = max(pressed, key=lambda each: max(held[each]))
        counting, every = held[head]
        stage = HOT if levels[head] >= HOT.level else WARM
        if counting >= stage.whole:
            return head
        if max(counting, every) >= TRACES and self._garbled(reading) >= stage.garbled:
            return head
        return None

    def _garbled(self, reading: Reading) -> float:
        words = reading.plain.split()
        return sum(not self._is_known(word) for word in words) / max(1, len(words))

    def _is_known(self, word: str) -> bool:
        for language in LANGUAGES:
            known = vocabulary(language)
            form = stem(word, language)
            if (
                word in known.stop
                or word in known.light
                or word in known.greeting
                or (language, form) in ideas()
                or form in self._seen
            ):
                return True
        return word.isdigit()


def _letters(reading: Reading) -> frozenset[str]:
    """Three letters each, across the gaps: whoever edits moves those too."""
    return _grams([reading.plain.replace(" ", "")])


def _grams(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word[at : at + 3] for word in words for at in range(len(word) - 2))
