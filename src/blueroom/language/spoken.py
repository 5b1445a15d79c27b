"""Which language a post is written in, from its letters and its most frequent words."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from blueroom.language.letters import LONGEST, WORD, fold, without_names

FILE = Path(__file__).parent / "words" / "languages.txt"
# Letters of one language, or of several that share them: the first is the most frequent online.
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7a3]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ar", re.compile(r"[\u0620-\u064a]")),
    ("he", re.compile(r"[\u05d0-\u05ea]")),
    ("el", re.compile(r"[\u03b1-\u03c9]")),
    ("th", re.compile(r"[\u0e01-\u0e2e]")),
    ("hi", re.compile(r"[\u0904-\u0939]")),
    ("uk", re.compile(r"[іїєґ]")),
    ("ru", re.compile(r"[а-яё]")),
)
LAST_LATIN = "\u036f"
A_WORD, A_LETTER = 2, 1  # points
LEAST = 2


class _Language(NamedTuple):
    code: str
    words: frozenset[str]
    letters: frozenset[str]


@cache
def _languages() -> tuple[_Language, ...]:
    found = []
    for section in FILE.read_text(encoding="utf-8").split("\n[")[1:]:
        heading, _, words = section.partition("\n")
        code, _, letters = heading.partition("] letters")
        found.append(_Language(code, frozenset(words.split()), frozenset(letters.strip())))
    return tuple(found)


def common_words(code: str) -> frozenset[str]:
    """The most frequent words of a language."""
    return next(language.words for language in _languages() if language.code == code)


def language_of(text: str) -> str:
    """The language's code (BCP 47: "fr", "en", …), "" where the text does not tell."""
    text = without_names(text[:LONGEST]).lower()
    return read_language(text, set(WORD.findall(fold(text))))


def read_language(text: str, words: set[str]) -> str:
    """The same for a text in small letters without links and names, and its folded words."""
    letters = set() if text.isascii() else set(text)
    if letters and max(letters) > LAST_LATIN and (code := _by_script(text)):
        return code
    best, code, second = LEAST - 1, "", LEAST - 1
    for language in _languages():
        points = A_WORD * len(words & language.words)
        if letters and not language.letters.isdisjoint(letters):
            points += A_LETTER
        if points > best:
            best, code, second = points, language.code, best
        elif points > second:
            second = points
    return code if best > second else ""


def _by_script(text: str) -> str:
    """The language whose letters most of the text is in, where they are not Latin ones."""
    others = "".join(letter for letter in text if letter > LAST_LATIN and letter.isalpha())
    if 2 * len(others) <= sum(map(str.isalpha, text)):
        return ""
    return next((code for code, script in _SCRIPTS if script.search(others)), "")
