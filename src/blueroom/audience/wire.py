"""What the phone page's stream says. Everything in it is public."""

from __future__ import annotations

import msgspec

from blueroom.desk.wire import Answered, Card, SessionChanged
from blueroom.room.wire import SessionCard


class PhoneState(msgspec.Struct, frozen=True, kw_only=True):
    """The phone page's snapshot. `answered` is newest first, at most 20."""

    session: SessionCard
    on_air: Card | None
    answered: list[Answered]
    questions: int


class OnAirChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="on_air"):
    card: Card | None


class AnsweredChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="answered"):
    answered: list[Answered]


class QuestionsCounted(msgspec.Struct, frozen=True, tag_field="kind", tag="questions"):
    questions: int


PhoneChange = OnAirChanged | AnsweredChanged | QuestionsCounted | SessionChanged


class OwnQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a question asked on this phone."""

    id: int
    text: str
    state: str  # waiting, approved, on_air, answered, not_taken, withdrawn
    answer: str
