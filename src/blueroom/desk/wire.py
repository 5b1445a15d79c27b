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
    """A question as the public sees it; `translation` is empty where nobody made one."""

    id: int
    text: str
    language: str
    network: str
    askers: int
    author: Asker
    translation: str = ""
    translation_language: str = ""


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


class Clarifying(msgspec.Struct, frozen=True, kw_only=True):
    """What the author was asked, and where that stands; `message` says why it failed, or waits."""

    state: str  # due, sending, sent, failed, taken_back
    text: str
    url: str
    code: str
    message: str
    by: str
    at: datetime


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why a question is held: a code, and where in what it was found, counted in characters.

    The codes are those of holding/README.md, and "banned". `where`: text, name or handle.
    """

    code: str
    excerpt: str
    where: str
    start: int
    end: int


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """The group that a machine proposes for a question, by its head; `score` from 0 to 1."""

    id: int
    text: str
    score: float


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A question as the desk sees it. `position` is null outside the running order.

    `text` is what is shown; `original` what its author wrote, where that is not the same, else "".
    `translation` is what is shown below it, empty where there is none.
    `head` is the question that one in a group belongs to. `askers` and `networks` are those of the
    whole group. `first_by` is who approved it, where a second person has to as well. `votes` is
    what the public's votes weigh, `votes_given` how many there are; `are_votes_odd` says that the
    two are so far apart that somebody should know.
    """

    id: int
    text: str
    original: str
    translation: str
    translation_language: str
    state: str
    language: str
    network: str
    revision: int
    head: int | None
    askers: int
    networks: list[str]
    votes: int
    votes_given: int
    are_votes_odd: bool
    published_at: datetime
    author: Asker
    url: str
    position: int | None
    answer: str
    reasons: list[Reason]
    proposal: Proposal | None
    first_by: str
    is_sensitive: bool
    notes: int
    last: LastDecision | None
    reply: ReplyLine | None
    clarification: Clarifying | None


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How much came in. `curve` holds posts per minute, oldest first, the last 60 minutes.

    `to_compare` are questions on a line of their own that are yet to be compared with the others.
    """

    posts: int
    messages: int
    questions: int
    answered: int
    to_compare: int
    by_state: dict[str, int]
    by_network: dict[str, int]
    curve: list[int]


class ChannelLine(msgspec.Struct, frozen=True, kw_only=True):
    """How the listening on one network goes. `behind_s` is the age of the newest post seen."""

    network: str
    state: str  # off, waiting, connecting, listening, retrying, needs_person, ended
    behind_s: float
    message: str


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who has this desk open, and the question under their eyes."""

    id: int
    name: str
    question: int | None


class DeskState(msgspec.Struct, frozen=True, kw_only=True):
    """The desk's snapshot: open questions and the newest of the rest; `more`: there are others.

    `needs_two`: each question has to be approved by two people. `crew` is in the order of the ids.
    """

    session: SessionCard
    rows: list[Row]
    more: bool
    counts: Counts
    channels: list[ChannelLine]
    needs_two: bool
    crew: list[Present]


class QuestionChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="question"):
    row: Row


class QuestionGone(msgspec.Struct, frozen=True, tag_field="kind", tag="gone"):
    """The asker took it away, or it was erased: no screen may show it any more."""

    id: int


class CountsChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="counts"):
    counts: Counts


class SessionChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="session"):
    session: SessionCard


class ApprovalChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="approval"):
    """How many people have to approve a question."""

    needs_two: bool


class CrewChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="crew"):
    crew: list[Present]


class ChannelsChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="channels"):
    channels: list[ChannelLine]


class FiltersChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="filters"):
    """Somebody kept or removed a filter: each desk asks for those that it may see."""


DeskChange = (
    QuestionChanged
    | QuestionGone
    | CountsChanged
    | SessionChanged
    | ChannelsChanged
    | CrewChanged
    | ApprovalChanged
    | FiltersChanged
)
