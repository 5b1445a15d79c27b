"""How often one may ask, how long a question is, and what an asker is told of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import regex

QUESTION_LENGTH_MAX = 500  # graphemes, as people count
NAME_LENGTH_MAX = 80


@dataclass(frozen=True)
class Pace:
    """So many questions in so many seconds."""

    questions: int
    seconds: int


ASKER_PACES = (Pace(3, 60), Pace(20, 3600))
ADDRESS_PACE = Pace(300, 60)  # a hall of people may sit behind one address

# A phone sends a batch a second at most, as web/batch.ts has it; more in one is not counted.
BATCH_HEARTS = 5
ADDRESS_HEARTS_A_SECOND = 30

TOLD = {
    "waiting": "waiting",
    "held": "waiting",
    "merged": "waiting",
    "later": "waiting",
    "approved": "approved",
    "lined_up": "approved",
    "on_air": "on_air",
    "answered": "answered",
    "rejected": "not_taken",
}


def is_written(text: str) -> bool:
    """Whether there is anything to see in it."""
    return regex.search(r"[\p{L}\p{N}\p{P}\p{S}]", text) is not None


def length_of(text: str) -> int:
    """How many characters people see."""
    return len(text) if text.isascii() else len(regex.findall(r"\X", text))


def state_told(state: str, *, is_withdrawn: bool) -> str:
    """A question's state as its asker is told it; what the desk hesitates about stays its own."""
    return "withdrawn" if is_withdrawn else TOLD[state]
