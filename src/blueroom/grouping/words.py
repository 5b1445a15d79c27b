"""The lists in `words/`: what words do in a question, and which of both languages say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from blueroom.holding.letters import fold

FOLDER = Path(__file__).parent / "words"
LANGUAGES = ("fr", "en")
SHORTEST_STEM = 3


@dataclass
class Vocabulary:
    """One language's words, folded; `numbers` gives digits ("trois": "3", "premier": "1.")."""

    stop: set[str] = field(default_factory=set)
    light: set[str] = field(default_factory=set)
    general: set[str] = field(default_factory=set)  # what no question is about
    greeting: set[str] = field(default_factory=set)
    negation: set[str] = field(default_factory=set)
    asking: dict[str, str] = field(default_factory=dict)  # word: why, when, where, who, much
    numbers: dict[str, str] = field(default_factory=dict)
    endings: set[str] = field(default_factory=set)


@cache
def vocabulary(language: str) -> Vocabulary:
    """The words of a language; of one that we do not know, none."""
    found = Vocabulary()
    if language not in LANGUAGES:
        return found
    sets = {
        "stop": found.stop,
        "light": found.light,
        "general": found.general,
        "greeting": found.greeting,
        "not": found.negation,
        "endings": found.endings,
    }
    for heading, line in _lines(f"{language}.txt"):
        if heading == "numbers":
            word, number = line.split()
            found.numbers[word] = number
        elif heading in sets:
            sets[heading].update(line.split())
        else:
            found.asking |= dict.fromkeys(line.split(), heading)
    return found


@cache
def general_stems(language: str) -> frozenset[str]:
    """The stems of words that no question is about."""
    return frozenset(stem(word, language) for word in vocabulary(language).general)


@cache
def ideas() -> dict[tuple[str, str], str]:
    """Which idea a stem stands for, by language and stem; of two words, by "stem_stem"."""
    found: dict[tuple[str, str], str] = {}
    for number, (_, line) in enumerate(_lines("concepts.txt")):
        for language, words in zip(LANGUAGES, line.split("|"), strict=True):
            for word in words.split():
                stems = "_".join(stem(part, language) for part in word.split("_"))
                found.setdefault((language, stems), f"idea {number}")
    return found


@cache
def first_of_two() -> frozenset[tuple[str, str]]:
    """Stems with which an idea of two words begins, with their language."""
    return frozenset(
        (language, stems.partition("_")[0]) for language, stems in ideas() if "_" in stems
    )


@cache
def _stem_rule(language: str) -> re.Pattern[str] | None:
    endings = vocabulary(language).endings
    if not endings:
        return None
    longest_first = sorted(endings, key=lambda ending: (-len(ending), ending))
    return re.compile(rf"(?<=.{{{SHORTEST_STEM}}})(?:{'|'.join(longest_first)})$")


@lru_cache(maxsize=50_000)
def stem(word: str, language: str) -> str:
    """The word without the ending that number, gender or tense give it."""
    rule = _stem_rule(language)
    if rule is None or word.isdigit():
        return word
    if language == "en" and word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif not (language == "en" and word.endswith("ss")):
        word = rule.sub("", word, count=1)
    if len(word) > SHORTEST_STEM and word[-1] == word[-2]:
        word = word[:-1]  # jetter, stopped
    return word


def _lines(name: str) -> Iterator[tuple[str, str]]:
    """Each line of words, folded, with the heading it stands under."""
    heading = ""
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            heading = line.strip("[]")
        elif line and not line.startswith("#"):
            yield heading, fold(line)
