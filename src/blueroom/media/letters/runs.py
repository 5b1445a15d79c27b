"""A text as clusters, each with the font that draws it and the direction it is read in."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import NamedTuple

import regex

from blueroom.media.letters import bidi, fonts
from blueroom.media.letters.fonts import EMOJI, UNSEEN, Family
from blueroom.media.letters.french import is_french, with_french_spaces

MOST_LETTERS = 4_000  # more is never legible on a picture

_HEAP = regex.compile(r"(\p{M}{4})\p{M}+")  # no writing system puts more than four on one letter
_SPACES = regex.compile(r"[^\S\u00a0\u202f]+")
_EMOJI = regex.compile(
    r"\p{RI}\p{RI}|[0-9#*]\ufe0f?\u20e3"
    r"|\p{Emoji_Presentation}(?!\ufe0e).*|\p{Extended_Pictographic}[\ufe0f\u200d\p{Emoji_Modifier}].*",
    regex.DOTALL,
)
_PICTOGRAPH = regex.compile(r"\p{Extended_Pictographic}")


class Cluster(NamedTuple):
    """What a reader sees as one letter. `font`: None where none has it; odd levels read left."""

    text: str
    font: str | None
    level: int


class Paragraph(NamedTuple):
    clusters: tuple[Cluster, ...]
    family: Family
    is_rtl: bool
    language: str


class Run(NamedTuple):
    """A stretch of a line in one font and one direction."""

    text: str
    font: str | None
    level: int


def clean(text: str) -> str:
    """The text in one line, without what is unseen, and without heaps of marks."""
    text = _SPACES.sub(" ", text[:MOST_LETTERS]).strip(" ")
    text = _HEAP.sub(r"\1", unicodedata.normalize("NFC", text))
    return "".join(letter for letter in text if _is_kept(letter))


def _is_kept(letter: str) -> bool:
    # Cf: explicit directions, which could turn a line around, and soft hyphens; Cs: half letters.
    return letter in UNSEEN or unicodedata.category(letter) not in ("Cc", "Cf", "Cs")


def read(text: str, family: Family, language: str = "") -> Paragraph:
    """The text as it will be drawn: cleaned, with its language's spaces, a font for each letter."""
    text = clean(text)
    if is_french(language):
        text = with_french_spaces(text)
    is_rtl = bidi.is_right_to_left(text)
    levels = bidi.levels_of(text, is_rtl=is_rtl)
    clusters: list[Cluster] = []
    at, font = 0, None
    for part in regex.findall(r"\X", text):
        drawn, font = _find_font(part, family, font)
        clusters.append(Cluster(drawn, font, levels[at]))
        at += len(part)
    return Paragraph(tuple(clusters), family, is_rtl, _tag(language))


def _tag(language: str) -> str:
    primary = language.lower().split("-")[0]
    return primary if primary.isascii() and primary.isalpha() and len(primary) in (2, 3) else ""


@lru_cache(maxsize=8192)
def _find_font(part: str, family: Family, before: str | None) -> tuple[str, str | None]:
    """What is drawn of a cluster, and the font: that of the letter before, if it is no letter."""
    if _EMOJI.fullmatch(part) and fonts.has(EMOJI, part[0]):
        return part, EMOJI
    chain = fonts.CHAINS[family]
    if before and before != EMOJI and not part[0].isalnum():
        chain = (before, *chain)
    found = _first_with(part, chain)
    if found is None and _PICTOGRAPH.match(part) and fonts.has(EMOJI, part[0]):
        return part, EMOJI
    return found or _first_with(part, fonts.OF_THE_MACHINE) or (part, None)


def _first_with(part: str, chain: tuple[str, ...]) -> tuple[str, str] | None:
    """A font that has all of a cluster, else one that has its letter, and what it has of it."""
    for wanted in (part, part[0]):
        for name in chain:
            if all(fonts.has(name, letter) for letter in wanted):
                return "".join(letter for letter in part if fonts.has(name, letter)), name
    return None


def runs_of(clusters: tuple[Cluster, ...]) -> list[Run]:
    """The clusters of a line as runs, in the order in which they stand from the left."""
    runs: list[Run] = []
    for cluster in clusters:
        last = runs[-1] if runs else None
        # An emoji, or a letter that no font has, is drawn by itself.
        joins = last is not None and last[1:] == cluster[1:] and cluster.font not in (None, EMOJI)
        if last is not None and joins:
            runs[-1] = last._replace(text=last.text + cluster.text)
        else:
            runs.append(Run(*cluster))
    return [runs[at] for at in bidi.visual_order([run.level for run in runs])]
