"""What holds for walls: which question stands out, which screen is frozen, what pairs."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

ADVANCE_S_MAX = 600
LASTS_S_MAX = 4 * 3600
VOICES_MAX = 12
THREE = 3
ANSWERED_MAX = 6

REPORT_EVERY_S = 5
FROZEN_AFTER = timedelta(seconds=12)  # two reports missed, and a slow network
FRAME_AGE_MS_MAX = 6000  # walls repaint each second, for their clock
REMEMBERED = timedelta(hours=6)
SCREENS_A_LINK = 50

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowel makes a word, and no letter looks like another
LETTERS_COUNT = 6
PAIRING_FOR = timedelta(minutes=10)
PAIRINGS_AN_ADDRESS = 20
PAIRINGS_MAX = 500


def focused(
    ids: Sequence[int], *, focus_id: int | None, advance_s: int, since: datetime, now: datetime
) -> int | None:
    """The question that stands out among `ids` at that moment; None where there is none."""
    if not ids:
        return None
    first = ids.index(focus_id) if focus_id in ids else 0
    gone_s = max(0.0, (now - since).total_seconds())
    steps = int(gone_s // advance_s) if advance_s else 0
    if focus_id not in ids and not advance_s:
        return None
    return ids[(first + steps) % len(ids)]


def moved(ids: Sequence[int], *, focus_id: int | None, by: int) -> int | None:
    """The question that stands out after so many presses of an arrow; it goes round."""
    if not ids:
        return None
    if focus_id not in ids:
        return ids[0 if by > 0 else -1]
    return ids[(ids.index(focus_id) + by) % len(ids)]


def new_letters() -> str:
    """Six letters that a screen shows to be paired."""
    return "".join(secrets.choice(LETTERS) for _ in range(LETTERS_COUNT))


def clean_letters(typed: str) -> str:
    """Letters as somebody typed them, as they are kept: without spaces and dashes, in capitals."""
    return "".join(letter for letter in typed.upper() if letter.isalpha())[: LETTERS_COUNT + 1]
