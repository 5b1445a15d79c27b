from __future__ import annotations

import pytest

from blueroom.language.asking import found_signs, sentences
from blueroom.language.errors import UnreadableSigns
from blueroom.language.signs import build_signs

FILE = """
[before]
bonjour
[after]
stp
[same]
pourquoi pk
[common]
tu
[group you]
tu vous
[wanted 3]
"""


def is_found(pattern: str, text: str) -> bool:
    signs = build_signs(f"{FILE}{pattern}\n", "fr")
    return any(found_signs(sentence, signs) for sentence in sentences(text, signs))


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("dis nous", "allez dis nous tout", True),
        ("dis nous", "dis lui, nous verrons", False),
        ("dis|dites nous|moi", "dites moi", True),
        ("dis tout? nous", "dis nous", True),
        ("dis . nous", "dis nous", False),
        ("dis .. nous", "dis le vite a nous", True),
        ("dis !pas nous|pas", "dis pas", False),
        ("vas *ment", "tu vas vraiment", True),
        ("pourquoi <you>", "pk vous", True),
        ("~ quand tu", "nour bonjour quand tu veux", True),
        ("^ quand tu", "nour quand tu veux", False),
        ("^ quand tu", "bonjour quand tu veux, et", True),
        ("^ quand tu", "oui, quand tu veux", True),
        ("^^ quand tu", "oui, quand tu veux", False),
        ("viens quand $", "tu viens quand stp", True),
        ("viens quand $", "tu viens quand il pleut", False),
        ("^^ quoi $$", "quoi", True),
        ("^^ quoi $$", "quoi, rien", False),
    ],
)
def test_signs_are_found_as_they_are_written(pattern: str, text: str, found: bool) -> None:
    assert is_found(pattern, text) is found


@pytest.mark.parametrize("line", ["dis/dites", ".. . tu?", "^ *ez", "Dis nous"])
def test_lines_that_cannot_be_read_are_named(line: str) -> None:
    with pytest.raises(UnreadableSigns) as caught:
        build_signs(f"{FILE}{line}\n", "fr")

    assert caught.value.message.endswith(line)
