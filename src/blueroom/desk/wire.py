"""What the desk's stream says, and the cards that walls and phones show.

Every change carries the whole new value of what it names: applying it twice, or late, does no harm.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from blueroom.room.wire import SessionCard


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """Who asked, as the public may see them."""

    name: str
    handle: str
    place: str


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A question as the public sees it."""

    id: int
    text: str
    language: str
    network: str
    askers: int
    author: Asker


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A question with the answer it got."""

    card: Card
    answer: str
    answered_at: datetime


class LastDecision(msgspec.Struct, frozen=True, kw_only=True):
    """Who last did what to a question."""

    verb: str
    by: str
    at: datetime


class ReplyLine(msgspec.Struct, frozen=True, kw_only=True):
    """Where the reply to a question stands; `message` says what to do where it failed."""

    state: str  # due, sending, sent, failed, taken_back
    url: str
    code: str
    message: str


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A question as the desk sees it. `position` is null outside the running order."""

    id: int
    text: str
    state: str
    language: str
    network: str
    revision: int
    askers: int
    votes: int
    published_at: datetime
    author: Asker
    url: str
    position: int | None
    answer: str
    last: LastDecision | None
    reply: ReplyLine | None


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How much came in. `curve` holds posts per minute, oldest first, the last 60 minutes."""

    posts: int
    messages: int
    questions: int
    answered: int
    by_state: dict[str, int]
    by_network: dict[str, int]
    curve: list[int]


class ChannelLine(msgspec.Struct, frozen=True, kw_only=True):
    """How the listening on one network goes. `behind_s` is the age of the newest post seen."""

    network: str
    state: str  # off, waiting, connecting, listening, retrying, needs_person, ended
    behind_s: float
    message: str


class DeskState(msgspec.Struct, frozen=True, kw_only=True):
    """The desk's snapshot: open questions and the newest of the rest; `more`: there are others."""

    session: SessionCard
    rows: list[Row]
    more: bool
    counts: Counts
    channels: list[ChannelLine]


class QuestionChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="question"):
    row: Row


class QuestionGone(msgspec.Struct, frozen=True, tag_field="kind", tag="gone"):
    """The asker took it away, or it was erased: no screen may show it any more."""

    id: int


class CountsChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="counts"):
    counts: Counts


class SessionChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="session"):
    session: SessionCard


class ChannelsChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="channels"):
    channels: list[ChannelLine]


DeskChange = QuestionChanged | QuestionGone | CountsChanged | SessionChanged | ChannelsChanged
