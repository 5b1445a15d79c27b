"""Reads a text word by word, odd spellings included: `c0nnard`, `f u c k`, `mer*de`, `nuuul`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from blueroom.holding.letters import is_stretched, squeeze
from blueroom.holding.words import WORD, Lexicon

CHUNK = re.compile(r"\S+")
# One letter, or what stands for one, at a time: at least three, the same way apart.
SPACED = re.compile(
    r"(?<![^\s\W])[a-z0-9@$]([ ._*~|/-]{1,3})[a-z0-9@$](?:\1[a-z0-9@$])+(?![a-z0-9])"
)
# Anything for which it pays to look closer. It begins with a class of rare characters, not with
# letters: that is three times as fast.
ODD_SIGN = re.compile(r"[0-9@$€|+*#!%&_.~^/\\-](?:[a-z]|(?<=[a-z][*#$@]))")
ODD_LENGTH = re.compile(r"([a-z])\1\1")
ODD_SPACING = re.compile(r" [a-z0-9@$] [a-z0-9@$] [a-z0-9@$](?![^ ])")
LEET = (
    str.maketrans("01345789@$€|+!", "oieastbgaseiti"),
    str.maketrans("0134578926@$€|+!", "oleastbgzgaseltl"),
)
STARS = re.compile(r"[*#%&_.-]")
MOST_ODD = 60  # chunks looked at closely in one text
MOST_REMEMBERED = 20_000


class Token(NamedTuple):
    """A word as it is meant, and where it stands in the folded text."""

    word: str
    start: int
    end: int


def is_odd(folded: str) -> bool:
    """Whether something in it may stand for other letters."""
    return bool(ODD_SIGN.search(folded) or ODD_LENGTH.search(folded))


def odd_words(folded: str, lexicon: Lexicon) -> set[str]:
    """What the odd spellings in a folded text stand for, as far as it is looked for."""
    if not is_odd(folded) and not ODD_SPACING.search(f" {folded}"):
        return set()
    return {token.word for token in _odd_tokens(folded, lexicon)}


def read_words(folded: str, lexicon: Lexicon) -> list[Token]:
    """The words of a folded text in order, odd spellings read as what is looked for."""
    tokens: list[Token] = []
    done = 0
    for odd in sorted(_odd_tokens(folded, lexicon), key=lambda token: token.start):
        tokens += _plain_tokens(folded, done, odd.start)
        tokens.append(odd)
        done = odd.end
    return tokens + _plain_tokens(folded, done, len(folded))


def _plain_tokens(folded: str, start: int, end: int) -> list[Token]:
    if start >= end:
        return []
    return [Token(found[0], *found.span()) for found in WORD.finditer(folded, start, end)]


def _odd_tokens(folded: str, lexicon: Lexicon) -> Iterator[Token]:
    """Each odd spelling that means something; two of them only where it means two words."""
    spelt: list[tuple[int, int]] = []
    for spaced in islice(SPACED.finditer(folded), MOST_ODD):
        if words := _read_spaced(spaced[0], spaced[1], lexicon):
            spelt.append(spaced.span())
            yield from (Token(word, *spaced.span()) for word in words.split())
    for written in islice(_odd_parts(folded, lexicon), MOST_ODD):
        start, end = written.span()
        if any(start < other[1] and other[0] < end for other in spelt):
            continue
        if meant := _remembered(written[0], lexicon):
            spelt.append((start, end))
            yield Token(meant, start, end)


def _odd_parts(folded: str, lexicon: Lexicon) -> Iterator[re.Match[str]]:
    """What is odd between two spaces, then what is odd between two marks within it."""
    for chunk in CHUNK.finditer(folded):
        if chunk[0] in lexicon.terms or not is_odd(chunk[0]):
            continue
        yield chunk
        for part in WORD.finditer(folded, *chunk.span()):
            if part[0] != chunk[0] and part[0] not in lexicon.terms and is_odd(part[0]):
                yield part


def _remembered(written: str, lexicon: Lexicon) -> str:
    meant = lexicon.read_as.get(written)
    if meant is None:
        if len(lexicon.read_as) >= MOST_REMEMBERED:
            lexicon.read_as.clear()
        lexicon.read_as[written] = meant = read_odd(written, lexicon)
    return meant


def _read_spaced(written: str, apart: str, lexicon: Lexicon) -> str:
    joined = written.replace(apart, "")
    for table in LEET:
        letters = joined.translate(table)
        if word := _known(letters, lexicon, least=3):
            return word
        # "f u c k o f f": two words said letter by letter
        for cut in range(2, len(letters) - 1):
            first, second = letters[:cut], letters[cut:]
            if f"{first} {second}" in lexicon.letter_phrases:
                return f"{first} {second}"
    return ""


def read_odd(written: str, lexicon: Lexicon) -> str:
    """The word that an odd spelling stands for, of those that are looked for, or ""."""
    bare = written.strip('.,;:?!"«»()[]{}<>…-_~^/\\')
    if bare in lexicon.terms:
        return bare
    for table in LEET:
        letters = "".join(WORD.findall(bare.translate(table)))
        if not letters.isalpha() or len(letters) < 3:
            continue
        if word := _known(letters, lexicon, least=3 if bare != letters else 1):
            return word
    return _read_starred(bare, lexicon)


def _known(letters: str, lexicon: Lexicon, *, least: int) -> str:
    if len(letters) < least:
        return ""
    if letters in lexicon.known:
        return letters
    for word in lexicon.squeezed.get(squeeze(letters), ()):
        if is_stretched(letters, word):
            return word
    return ""


def _read_starred(written: str, lexicon: Lexicon) -> str:
    """Letters left out: each sign stands for one; at least the first letter is there."""
    written = written.lstrip("*")
    if "*" not in written and "#" not in written and "%" not in written and "_" not in written:
        return ""
    if len(written) < 3 or not written[0].isalpha() or not STARS.sub("", written).isalpha():
        return ""
    if len(written) == 3 and not written[2].isalpha():
        return ""
    search = re.compile(STARS.sub("[a-z]", written))
    for word in lexicon.starred.get((written[0], len(written)), ()):
        if search.fullmatch(word):
            return word
    return ""
