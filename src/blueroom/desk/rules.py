"""What is a question, and what may become of one. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from blueroom.desk.models import QuestionState as State
from blueroom.holding.letters import fold
from blueroom.language.asking import asks

PUBLIC = (State.LINED_UP, State.ON_AIR, State.ANSWERED)
APPROVED = (State.APPROVED, *PUBLIC)
OPEN = (State.WAITING, State.HELD, State.LATER, State.APPROVED, State.LINED_UP, State.ON_AIR)
# What the asker did cannot be undone by the desk, nor what had to follow from it.
BARRIERS = ("edit", "withdraw", "inherit")
UNREAD_WHEN_EDITED = (*APPROVED, State.MERGED)  # what was read were other words
# Once a person held, put off or rejected it, its name changes nothing.
HELD_FOR_A_NAME = (State.WAITING, State.APPROVED, State.LINED_UP, State.ON_AIR)
MEMBERS = (State.WAITING, State.HELD, State.LATER, State.APPROVED, State.LINED_UP, State.REJECTED)
AIR_TEXT_LIMIT = 1000  # characters
# Other words are shown: what somebody translated is theirs no longer.
UNTRANSLATED: Mapping[str, Any] = {"translation": "", "translation_language": ""}
NOTE_LIMIT = 1000

_NOT_SAID = re.compile(r"https?://\S+|[#＃@]\w[\w.-]*")  # links, hashtags, mentions
_WORD = re.compile(r"\w+")


ODD_VOTES = 10


def are_votes_odd(votes: int, given: int) -> bool:
    """Whether so many votes did not count in full that a person should know: at least ten, and
    more than a quarter of those given. A script does that, and a hall behind one address too."""
    lost = given - votes
    return lost >= ODD_VOTES and 4 * lost > given


def words_said(text: str) -> list[str]:
    """The words of a text in small plain letters, without hashtags, mentions and links."""
    return _WORD.findall(_NOT_SAID.sub(" ", fold(text)))


def key_of(words: Iterable[str]) -> str:
    """What texts of the same words have in common; "" where there are none."""
    said = " ".join(words)
    return blake2b(said.encode(), digest_size=8).hexdigest() if said else ""


def is_question(text: str, *, is_asked: bool, language: str = "") -> bool:
    """Whether a post asks something of the guest; what came by the form always does.

    `language` is the post's (BCP 47), "" where unknown.
    """
    return is_asked or asks(text, language)


@dataclass(frozen=True)
class Verb:
    """A decision: where it may start from and where it leads."""

    name: str
    starts: tuple[State, ...]
    leads: State


_UNANSWERED = tuple(state for state in State if state not in (State.ANSWERED, State.MERGED))
VERBS = {
    verb.name: verb
    for verb in (
        Verb("approve", _UNANSWERED, State.APPROVED),
        Verb("hold", _UNANSWERED, State.HELD),
        Verb("later", _UNANSWERED, State.LATER),
        Verb("reject", _UNANSWERED, State.REJECTED),
        Verb("line_up", (State.APPROVED, State.ON_AIR), State.LINED_UP),
        Verb("air", (State.APPROVED, State.LINED_UP, State.ANSWERED), State.ON_AIR),
        Verb("answer", APPROVED, State.ANSWERED),
    )
}


@dataclass(frozen=True)
class Step:
    """One decision of a question's past, as undoing needs it."""

    verb: str
    from_state: str
    position: int | None
    before: Mapping[str, Any] | None = field(default=None, hash=False)


def step_to_undo(steps: Iterable[Step]) -> Step | None:
    """The newest decision that still stands, given all of them oldest first.

    Undoing twice goes two decisions back. What the asker did, an edit say, closes the past.
    """
    standing: list[Step] = []
    for step in steps:
        if step.verb == "undo":
            if standing:
                standing.pop()
        elif step.verb in BARRIERS:
            standing.clear()
        else:
            standing.append(step)
    return standing[-1] if standing else None
