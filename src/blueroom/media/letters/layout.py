"""Lines of a text: broken where a reader would, even in length, as large as their place allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import pairwise
from typing import NamedTuple

import regex

from blueroom.media.letters.fonts import EMOJI, EMOJI_PX, emoji_picture, open_font
from blueroom.media.letters.runs import Cluster, Paragraph, read, runs_of

BOX_EM = 0.62  # how wide the box is that stands for a letter no font has
EMOJI_SIDE_EM = 0.05  # of room at each side, for they fill their width
Line = tuple[Cluster, ...]

_CJK = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
_HYPHENS = frozenset("-‐–/")
_TALL = frozenset(("noto-arabic", "noto-devanagari"))  # vowels above and below want more room
_TALL_LEADING = 1.42
_ELLIPSIS = "…"


class Style(NamedTuple):
    """How letters look. `leading` is the height of a line in ems."""

    size_px: int
    weight: int = 500
    leading: float = 1.14


class Word(NamedTuple):
    """What is never broken while there is room, and the space after it, if any."""

    clusters: Line
    space: Line
    width_px: float
    space_px: float


class Block(NamedTuple):
    """Lines ready to be drawn. `is_cut`: an ellipsis stands for words that found no room."""

    lines: tuple[Line, ...]
    style: Style
    is_rtl: bool
    language: str
    width_px: float
    is_cut: bool

    @property
    def line_px(self) -> float:
        return self.style.size_px * self.style.leading

    @property
    def height_px(self) -> float:
        return self.line_px * len(self.lines)


@lru_cache(maxsize=16384)
def run_length(text: str, font: str | None, is_rtl: bool, style: Style, language: str) -> float:
    """How far a run takes the pen, in px."""
    if font is None:
        return BOX_EM * style.size_px
    if font == EMOJI:
        return style.size_px * (emoji_picture(text).width / EMOJI_PX + 2 * EMOJI_SIDE_EM)
    face = open_font(font, style.size_px, style.weight)
    assert face is not None
    direction = "rtl" if is_rtl else "ltr"
    return face.getlength(text, direction=direction, language=language or None)


def line_length(clusters: Line, style: Style, language: str) -> float:
    return sum(
        run_length(run.text, run.font, bool(run.level & 1), style, language)
        for run in runs_of(clusters)
    )


def words_of(paragraph: Paragraph, style: Style) -> list[Word]:
    words: list[Word] = []
    start = 0
    clusters = paragraph.clusters

    def add(end: int, after: int) -> None:
        word, space = clusters[start:end], clusters[end:after]
        lengths = [line_length(part, style, paragraph.language) for part in (word, space)]
        words.append(Word(word, space, *lengths))

    for at, cluster in enumerate(clusters):
        if cluster.text == " ":
            add(at, at + 1)
            start = at + 1
        elif at + 1 < len(clusters) and _may_break(clusters, at):
            add(at + 1, at + 1)
            start = at + 1
    if start < len(clusters):
        add(len(clusters), len(clusters))
    return words


def _may_break(clusters: Line, at: int) -> bool:
    """Whether a line may end after a cluster that is no space, before one that is none either."""
    here, after = clusters[at].text, clusters[at + 1].text
    if here in _HYPHENS:
        return at > 0 and clusters[at - 1].text.isalpha() and after.isalpha()
    return bool(_CJK.match(here) and _CJK.match(after))


def fill(words: Sequence[Word], width_px: float) -> list[list[Word]]:
    """Words in lines, as many in each as go in."""
    lines: list[list[Word]] = []
    taken = 0.0
    for word in words:
        if lines and taken + word.width_px <= width_px:
            lines[-1].append(word)
        else:
            lines.append([word])
            taken = 0.0
        taken += word.width_px + word.space_px
    return lines


def _balanced(words: Sequence[Word], width_px: float) -> list[list[Word]]:
    """No more lines than needed, of much the same length."""
    wanted = len(fill(words, width_px))
    low, high = max(word.width_px for word in words), width_px
    for _ in range(10):
        middle = (low + high) / 2
        if len(fill(words, middle)) <= wanted:
            high = middle
        else:
            low = middle
    return fill(words, high)


def _broken(word: Word, width_px: float, style: Style, language: str) -> list[Word]:
    """A word that is longer than a line, in pieces that are not."""
    pieces: list[Word] = []
    start = 0
    for end in range(1, len(word.clusters) + 1):
        if end - start > 1 and line_length(word.clusters[start:end], style, language) > width_px:
            piece = word.clusters[start : end - 1]
            pieces.append(Word(piece, (), line_length(piece, style, language), 0.0))
            start = end - 1
    rest = word.clusters[start:]
    return [*pieces, word._replace(clusters=rest, width_px=line_length(rest, style, language))]


def wrap(
    paragraph: Paragraph, style: Style, width_px: float, *, may_break_words: bool = True
) -> Block | None:
    """The text in even lines; None where a word is too long and may not be broken."""
    if any(cluster.font in _TALL for cluster in paragraph.clusters):
        style = style._replace(leading=max(style.leading, _TALL_LEADING))
    words = words_of(paragraph, style)
    if any(word.width_px > width_px for word in words):
        if not may_break_words:
            return None
        words = [
            piece
            for word in words
            for piece in (
                _broken(word, width_px, style, paragraph.language)
                if word.width_px > width_px
                else [word]
            )
        ]
    filled = _balanced(words, width_px) if words else []
    lines = tuple(_joined(line) for line in filled)
    longest = max((line_length(line, style, paragraph.language) for line in lines), default=0.0)
    return Block(lines, style, paragraph.is_rtl, paragraph.language, longest, is_cut=False)


def _joined(words: list[Word]) -> Line:
    clusters: Line = ()
    for word, after in pairwise([*words, None]):
        assert word is not None
        clusters += word.clusters + (word.space if after else ())
    return clusters


def fit(
    paragraph: Paragraph,
    *,
    width_px: float,
    height_px: float,
    sizes_px: tuple[int, int],
    style: Style,
    most_lines: int = 99,
) -> Block:
    """The text at the largest size, of a smallest and a largest, at which it fits its place.

    Words stay whole where that is possible at any of these sizes. What does not fit at the smallest
    ends in an ellipsis.
    """
    smallest, largest = sizes_px

    def fitting(size_px: int, *, may_break_words: bool) -> Block | None:
        sized = style._replace(size_px=size_px)
        block = wrap(paragraph, sized, width_px, may_break_words=may_break_words)
        if block is None or block.height_px > height_px or len(block.lines) > most_lines:
            return None
        return block

    found = _largest(smallest, largest, partial(fitting, may_break_words=False))
    found = found or _largest(smallest, largest, partial(fitting, may_break_words=True))
    if found:
        return found
    block = wrap(paragraph, style._replace(size_px=smallest), width_px)
    assert block is not None
    rows = max(1, min(most_lines, int(height_px // block.line_px)))
    return _cut(block, paragraph, rows, width_px)


def _largest(low: int, high: int, fitting: Callable[[int], Block | None]) -> Block | None:
    """What the largest size gives that gives anything, where smaller ones do too."""
    found = None
    while low <= high:
        middle = (low + high + 1) // 2
        block = fitting(middle)
        if block:
            found, low = block, middle + 1
        else:
            high = middle - 1
    return found


def _cut(block: Block, paragraph: Paragraph, rows: int, width_px: float) -> Block:
    if len(block.lines) <= rows:
        return block
    style, language = block.style, block.language
    last = shorten(block.lines[rows - 1], paragraph, style, width_px, always=True)
    lines = (*block.lines[: rows - 1], last)
    longest = max(line_length(line, style, language) for line in lines)
    return block._replace(lines=lines, width_px=longest, is_cut=True)


def shorten(
    line: Line, paragraph: Paragraph, style: Style, width_px: float, *, always: bool = False
) -> Line:
    """The line as far as it goes into a width, with an ellipsis where it does not (or `always`)."""
    language = paragraph.language
    if not always and line_length(line, style, language) <= width_px:
        return line
    [sign] = read(_ELLIPSIS, paragraph.family).clusters
    sign = sign._replace(level=int(paragraph.is_rtl))
    while line and (
        line[-1].text.isspace() or line_length((*line, sign), style, language) > width_px
    ):
        line = line[:-1]
    return (*line, sign)


def one_line(paragraph: Paragraph, style: Style, width_px: float) -> Block:
    """The text in one line, shortened where it is longer than its place."""
    line = shorten(paragraph.clusters, paragraph, style, width_px)
    length = line_length(line, style, paragraph.language)
    is_cut = line != paragraph.clusters
    return Block((line,), style, paragraph.is_rtl, paragraph.language, length, is_cut)
