"""The signs of the files in `words/`: patterns of words, and what each is worth."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from blueroom.language.errors import UnreadableSigns
from blueroom.language.spoken import common_words

FOLDER = Path(__file__).parent / "words"
LANGUAGES = ("fr", "en")
# Where a sign may begin: anywhere; where a clause does; also after a name there; where the sentence
# does.
Where = Literal["", "^", "~", "^^"]

_HEADING = re.compile(r"\[([a-z]+)(?: ([a-z]+|-?\d+))?\]")
_ELEMENT = re.compile(r"(!?)(\*?[a-z0-9$*]+(?:\|\*?[a-z0-9$*]+)*)(\??)")
_MAY_END = r"(?: \$)?"  # before any word but the first: a clause that may end need not
_GAPS = {
    ".": rf"{_MAY_END} [a-z0-9]+",
    ".?": rf"(?:{_MAY_END} [a-z0-9]+)?",
    "..": rf"(?:{_MAY_END} [a-z0-9]+){{0,6}}?",
    "$": r" \$",
    "$$": r" \$(?: [a-z0-9]+ \$)*\Z",
}


class Sign(NamedTuple):
    """A pattern of words, to be looked for in a `Sentence`. `points` count for asking."""

    name: str
    points: int
    where: Where
    search: re.Pattern[str]


@dataclass
class Signs:
    """What tells of texts in one language whether they ask something."""

    before: frozenset[str]  # what may stand before the beginning of a clause
    after: frozenset[str]  # what may stand after its end
    same: dict[str, str]  # the word for each way in which people write it
    known: set[str]  # words that are no names
    # By a word that each needs, with others of which it needs one.
    by_word: dict[str, list[tuple[frozenset[str], Sign]]] = field(default_factory=dict)
    asking: set[str] = field(default_factory=set)  # words without which nothing bare is asked

    def likely(self, words: Set[str]) -> list[Sign]:
        """The signs that may be in a text of these words."""
        return [
            sign
            for word in words
            if word in self.by_word
            for others, sign in self.by_word[word]
            if not words.isdisjoint(others)
        ]


class _Section(NamedTuple):
    name: str
    kind: str  # points, or the name of a group
    lines: list[str]


@cache
def read_signs(language: str) -> Signs:
    """The signs of one language's file.

    Raises:
        UnreadableSigns: a line is not as the README says.
    """
    return build_signs((FOLDER / f"{language}.txt").read_text(encoding="utf-8"), language)


def build_signs(written: str, language: str) -> Signs:
    """The signs of a file's text. Raises as `read_signs` does."""
    sections = _sections(written)
    plain = {each.name: frozenset(" ".join(each.lines).split()) for each in sections}
    groups = {each.kind: "|".join(" ".join(each.lines).split()) for each in sections}
    same = {
        variant: word
        for section in sections
        if section.name == "same"
        for word, *variants in map(str.split, section.lines)
        for variant in variants
    }
    signs = Signs(plain["before"], plain["after"], same, set(common_words(language)))
    for section in sections:
        if section.kind.lstrip("-").isdigit():
            for line in section.lines:
                _add(signs, section, line, groups, plain["common"])
    return signs


def _sections(written: str) -> list[_Section]:
    found: list[_Section] = []
    for line in written.splitlines():
        if heading := _HEADING.fullmatch(line):
            found.append(_Section(heading[1], heading[2] or "", []))
        elif line and not line.startswith("#"):
            found[-1].lines.append(line)
    return found


def _add(
    signs: Signs, section: _Section, line: str, groups: dict[str, str], common: Set[str]
) -> None:
    elements = line.split()
    where: Where = elements.pop(0) if elements[0] in ("^", "^^", "~") else ""  # type: ignore[assignment]
    search, needs = "", list[frozenset[str]]()
    for element in elements:
        for group, words in groups.items():
            element = element.replace(f"<{group}>", words)  # noqa: PLW2901
        if element in _GAPS:
            search += _GAPS[element]
            continue
        found = _ELEMENT.fullmatch(element)
        if not found:
            raise UnreadableSigns(line=line)
        alternatives = [signs.same.get(word, word) for word in found[2].split("|")]
        search += _search(alternatives, found[1] + found[3])
        if found[1] + found[3] == "" and not any({"*", "$"} & set(word) for word in alternatives):
            needs.append(frozenset(alternatives))
    if not needs:
        raise UnreadableSigns(line=line)
    # It is looked for where its two rarest words are.
    needs.sort(key=lambda words: (len(words & common), len(words)))
    rarest, others = needs[0], needs[min(1, len(needs) - 1)]
    points = int(section.kind)
    sign = Sign(section.name, points, where, re.compile(search.removeprefix(_MAY_END)))
    for word in rarest:
        signs.by_word.setdefault(word, []).append((others, sign))
    if points > 1:
        signs.asking |= rarest
        signs.asking |= {variant for variant, word in signs.same.items() if word in rarest}
    signs.known |= {word for words in needs for word in words}


def _search(alternatives: list[str], how: str) -> str:
    """One of the words ("" before it), none of them ("!"), or one of them or nothing ("?")."""
    words = "|".join(word.replace("*", "[a-z0-9]*").replace("$", r"\$") for word in alternatives)
    one = rf"{_MAY_END} (?:{words})(?= )"
    return {"": one, "!": rf"(?!{one})", "?": rf"(?:{one})?"}[how]
