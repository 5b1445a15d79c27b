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


class VoteCard(msgspec.Struct, frozen=True, kw_only=True):
    """A question that the public votes on, and what its votes weigh."""

    card: Card
    votes: int


class PhoneState(msgspec.Struct, frozen=True, kw_only=True):
    """The phone page's snapshot. `answered` is newest first, `up_for_vote` in the order of votes.

    `hearts_total` may be some seconds old, and 0 where there is no live picture. Where the session
    shows no counts, all of them are 0, and each card is as if one person asked.
    """

    session: SessionCard
    on_air: Card | None
    answered: list[AnsweredCard]
    up_for_vote: list[VoteCard]
    questions: int
    questions_answered: int
    live: LiveCard | None
    hearts_total: int


class OnAirChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="on_air"):
    card: Card | None


class AnsweredChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="answered"):
    answered: list[AnsweredCard]


class QuestionsCounted(msgspec.Struct, frozen=True, tag_field="kind", tag="questions"):
    questions: int
    answered: int


class UpForVoteChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="up_for_vote"):
    """A question came up for votes; or it is no longer, then `entry` is null."""

    id: int
    entry: VoteCard | None


class VotesCounted(msgspec.Struct, frozen=True, tag_field="kind", tag="votes"):
    """What the votes for a question that is up for them weigh now."""

    id: int
    votes: int


class LiveChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="live"):
    live: LiveCard | None


class HeartsChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="hearts"):
    """What came since the last beat, a quarter of a second or more, and in the whole session.

    The total is 0 where phones are not to say it. `id` is of the host that gathered them: what two
    hosts say at once is told side by side.
    """

    id: str
    hearts: int
    total: int


PhoneChange = (
    OnAirChanged
    | AnsweredChanged
    | UpForVoteChanged
    | VotesCounted
    | QuestionsCounted
    | SessionChanged
    | LiveChanged
    | HeartsChanged
)


class OwnQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a question asked on this phone. `others` ask the same; `votes` while the
    public votes on it. `clarification` is what the crew asks back.
    """

    id: int
    text: str
    state: str  # waiting, approved, on_air, answered, not_taken, withdrawn
    others: int
    votes: int
    answer: str
    clip: str
    clarification: str
    photo: PhotoCard | None
