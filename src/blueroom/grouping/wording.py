"""Chooses, of the wordings of one question, the one that a wall may show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from blueroom.grouping.reading import ADDRESS, TAG, read
from blueroom.grouping.words import vocabulary

READABLE = range(25, 141)  # characters
POLITE = {
    "fr": frozenset(("vous", "votre", "vos", "svp", "merci", "bonjour", "bonsoir")),
    "en": frozenset(("please", "thank", "thanks", "hello", "could", "would")),
}


class Wording(NamedTuple):
    """One way in which somebody asked."""

    key: str | int
    text: str
    language: str = ""


def best_wording(wordings: Sequence[Wording], language: str = "") -> Wording:
    """The most presentable of them: in that language (the head's), a whole question, not shouted,
    polite, of a length that is read at a glance, spelt as the others spell it. Of equals the first.

    Raises:
        ValueError: there are none.
    """
    readings = [read(each.text, each.language) for each in wordings]
    asked_in = language.partition("-")[0].lower() or readings[0].language
    counts = Counter(term.form for reading in readings for term in reading.terms)

    def merit(at: int) -> tuple[float, int]:
        reading = readings[at]
        forms = [term.form for term in reading.terms]
        # a slip is nobody else's; what most people say is the question
        shared = sum(counts[form] > 1 for form in forms) / max(1, len(forms))
        said = shared if len(wordings) > 2 else 1.0
        is_readable = 4.0 * (reading.language == asked_in) + said
        return is_readable + _merit(wordings[at].text, reading.language), -at

    return wordings[max(range(len(wordings)), key=merit)]


def _merit(text: str, language: str) -> float:
    letters = [character for character in text if character.isalpha()]
    words = text.lower().split()
    marks = sum(text.count(mark) for mark in "!?…")
    merit = 0.0
    merit += 1.0 * text.rstrip(" »\"'").endswith(("?", "？", "؟"))
    merit += 0.5 * text[:1].isupper()
    merit += 0.4 * bool(POLITE.get(language, frozenset()).intersection(words))
    merit += 0.8 * (_off_by(len(text)) == 0) - min(1.0, _off_by(len(text)) / 100)
    merit -= 2.0 * (len(letters) > 8 and sum(map(str.isupper, letters)) > len(letters) / 2)
    merit -= 0.3 * min(4, max(0, marks - 1))
    merit -= 0.4 * len(TAG.findall(text))
    merit -= 1.0 * len(ADDRESS.findall(text))
    merit -= 0.2 * min(5, sum(ord(character) > 0x2BFF for character in text))
    if language == "fr":
        # without any accent somebody was in a hurry; few French questions have none
        merit += 0.4 * any(character in "éèêàçùôîœ’" for character in text.lower())
    small = vocabulary(language).stop
    merit += 0.6 * (sum(word in small for word in words) >= 2)  # a sentence, not keywords
    return merit


def _off_by(length: int) -> int:
    """By how many characters a text is too short or too long."""
    return max(READABLE.start - length, length - READABLE.stop + 1, 0)
