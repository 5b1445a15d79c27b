"""What the phone page's stream says. Everything in it is public."""

from __future__ import annotations

from datetime import datetime

import msgspec

from blueroom.desk.wire import Card, SessionChanged
from blueroom.room.wire import SessionCard
from blueroom.studio.wire import LiveCard, PhotoCard


class AnsweredCard(msgspec.Struct, frozen=True, kw_only=True):
    """A question with the answer it got; `clip` is the path of its page, "" where it has none."""

    card: Card
    answer: str
    answered_at: datetime
    clip: str
    photo: PhotoCard | None


class PhoneState(msgspec.Struct, frozen=True, kw_only=True):
    """The phone page's snapshot. `answered` is newest first, at most 20.

    `hearts_total` may be some seconds old, and 0 where there is no live picture.
    """

    session: SessionCard
    on_air: Card | None
    answered: list[AnsweredCard]
    questions: int
    live: LiveCard | None
    hearts_total: int


class OnAirChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="on_air"):
    card: Card | None


class AnsweredChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="answered"):
    answered: list[AnsweredCard]


class QuestionsCounted(msgspec.Struct, frozen=True, tag_field="kind", tag="questions"):
    questions: int


class LiveChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="live"):
    live: LiveCard | None


class HeartsChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="hearts"):
    """What came since the last beat, a quarter of a second or more, and in the whole session.

    `id` is of the host that gathered them: what two hosts say at once is told side by side.
    """

    id: str
    hearts: int
    total: int


PhoneChange = (
    OnAirChanged | AnsweredChanged | QuestionsCounted | SessionChanged | LiveChanged | HeartsChanged
)


class OwnQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a question asked on this phone."""

    id: int
    text: str
    state: str  # waiting, approved, on_air, answered, not_taken, withdrawn
    answer: str
    clip: str
    photo: PhotoCard | None
