"""What holds for clips and captions. Pure functions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from blueroom.clips.errors import CuesWrong

AUTOMATIC_SHAPES = ("16x9", "9x16")
SHAPE_RATIO = {"16x9": 16 / 9, "9x16": 9 / 16, "1x1": 1.0}
CROPPED_AT_MOST = 2.0  # so many times lower than the picture
CUES_MAX = 5_000  # an hour of speech is about a thousand
CUE_LENGTH_MAX = 500
CUE_TIME_MAX_S = 2 * 3600.0  # either way of where the captions were begun
TRIES_MAX = 4
# Raise it when what a render looks like changes: those that exist are then made again.
LOOK = 1


class Line(NamedTuple):
    """One line of captions; seconds from some beginning that its owner knows."""

    start_s: float
    end_s: float
    text: str


def wait_s(tries: int) -> float:
    """How long to leave work alone that failed so many times."""
    return float(min(60, 2**tries))


def is_public_once_cut(*, was_public: bool, decided_by: str, was_shown: bool) -> bool:
    """Whether a clip that was just cut is for the public: what a person decided stays."""
    return was_public if decided_by else was_shown


def clean_cues(lines: Iterable[Line]) -> list[Line]:
    """Lines in order of time, their words trimmed; empty ones left out.

    Raises:
        CuesWrong: a line ends before it begins, lies nowhere near, or is too long; or there are
            too many.
    """
    kept = [_clean(number, line) for number, line in enumerate(lines, 1)]
    if len(kept) > CUES_MAX:
        sentence = _("These are too many lines: %(most)d at most.")
        raise CuesWrong(sentence % {"most": CUES_MAX}, line=CUES_MAX + 1)
    return sorted(line for line in kept if line.text)


def _clean(number: int, line: Line) -> Line:
    text = "\n".join(filter(None, (part.strip() for part in line.text.splitlines())))
    if len(text) > CUE_LENGTH_MAX:
        sentence = _("Line %(number)d is too long: %(most)d characters at most.")
        raise CuesWrong(sentence % {"number": number, "most": CUE_LENGTH_MAX}, line=number)
    # Compared this way round, "not a number" is refused too.
    if not -CUE_TIME_MAX_S <= line.start_s < line.end_s <= CUE_TIME_MAX_S:
        sentence = _("Line %(number)d has no times that fit: its end comes after its beginning.")
        raise CuesWrong(sentence % {"number": number}, line=number)
    return Line(round(line.start_s, 3), round(line.end_s, 3), text)


def moved(lines: Iterable[Sequence[object]], by_s: float) -> list[Line]:
    """The same lines, as they are kept or read, told from another beginning."""
    return [
        Line(round(float(start) + by_s, 3), round(float(end) + by_s, 3), str(text))  # type: ignore[arg-type]
        for start, end, text in lines
    ]


def within(lines: Iterable[Line], duration_s: float) -> list[Line]:
    """What is heard between 0 and the end, lines that reach over either cut off there."""
    return [
        Line(max(0.0, line.start_s), min(duration_s, line.end_s), line.text)
        for line in lines
        if line.end_s > 0 and line.start_s < duration_s
    ]


def offset_s(begins_at: datetime, in_at: datetime) -> float:
    """What to add to seconds counted from the first, to count them from the second."""
    return (begins_at - in_at).total_seconds()


def fingerprint(**parts: object) -> str:
    """A short name for what a file is made of: the same parts, the same name."""
    told = json.dumps({"look": LOOK, **parts}, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(told.encode()).hexdigest()


def may_crop(shape: str, width_px: int, height_px: int) -> bool:
    """Whether that shape may be a part of the picture. A wide part of a tall picture has a head or
    no head in it: there all of the picture is kept, on a blurred ground."""
    return not height_px or SHAPE_RATIO[shape] < CROPPED_AT_MOST * width_px / height_px


def needs_crop(shape: str, width_px: int, height_px: int) -> bool:
    """Whether where the middle lies makes a difference for that shape."""
    if not height_px or not may_crop(shape, width_px, height_px):
        return False
    return abs(width_px / height_px / SHAPE_RATIO[shape] - 1) > 0.02
