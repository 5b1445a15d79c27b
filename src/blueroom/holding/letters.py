"""Reads letters as people see them: accents, look-alikes, invisible and stretched ones undone."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
STRETCHED = re.compile(r"([a-z])\1+")
JOINERS = "'’‘ʼ`´"  # l'idiot is two words


class _Letters(dict[int, str]):
    """What each character is read as; filled as characters are met, at most once each."""

    def __missing__(self, code: int) -> str:
        self[code] = read_as = _read(chr(code))
        return read_as


def fold(text: str) -> str:
    """The text in plain small letters; everything else stays where it is, invisible marks go."""
    if text.isascii():
        return text.lower().replace("'", " ")
    return text.translate(_LETTERS)


def places(text: str) -> list[int]:
    """For each character of `fold(text)`, which character of `text` it came from."""
    if text.isascii():
        return list(range(len(text)))
    return [at for at, character in enumerate(text) for _ in _LETTERS[ord(character)]]


def squeeze(word: str) -> str:
    """The word with each letter once where it stands several times in a row."""
    return STRETCHED.sub(r"\1", word)


def is_stretched(word: str, of: str) -> bool:
    """Whether `word` is `of` with some letters held longer, as in "nuuul" of "nul"."""
    return bool(_stretchable(of).fullmatch(word))


@cache
def _stretchable(word: str) -> re.Pattern[str]:
    return re.compile("".join(f"{letter}+" for letter in word))


@cache
def look_alikes() -> dict[str, str]:
    """Characters that look like Latin letters and that Unicode does not call the same."""
    found: dict[str, str] = {}
    for line in (FOLDER / "look_alikes.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            letter, _, others = line.partition(" ")
            found |= dict.fromkeys(others.split(), letter)
    return found


def _read(character: str) -> str:
    if character in JOINERS:
        return " "
    if character in look_alikes():
        return look_alikes()[character]
    if character.isascii():
        return character.lower()
    apart = unicodedata.normalize("NFKD", character)
    if len(apart) > 1 or apart != character:
        return "".join(_LETTERS[ord(part)] for part in apart)
    # Cf: zero-width and direction marks; M: accents and what else stands on a letter
    if unicodedata.category(character)[0] == "M" or unicodedata.category(character) == "Cf":
        return ""
    if character.isspace():
        return " "
    small = character.lower()
    if small != character:
        return "".join(_LETTERS[ord(part)] for part in small)
    return character


_LETTERS = _Letters()
