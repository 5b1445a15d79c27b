"""What a report says. Plain values: pages draw them, the API tells them as they are.

Moments are aware; lengths are seconds. What nobody knows is None, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Reader = Literal["public", "crew", "producer"]  # who reads: each sees what the one before does


@dataclass(frozen=True, kw_only=True)
class About:
    """Which session, and how far it is."""

    slug: str
    guest: str
    title: str
    room: str
    hashtags: list[str]
    state: str
    is_rehearsal: bool
    is_final: bool  # the session is closed: figures change only where somebody is erased
    starts_at: datetime
    opened_at: datetime | None
    on_air_at: datetime | None
    closed_at: datetime | None
    on_air_s: int | None
    read_at: datetime


@dataclass(frozen=True, kw_only=True)
class Glance:
    """How many. A question that several asked is one of `lines`, and counts for each in
    `questions`; `groups` are those lines. `answered`, `aired` and `approved` count lines,
    `questions_answered` and `askers_answered` everybody in them.
    """

    people: int
    posts: int
    messages: int
    askers: int
    questions: int
    lines: int
    groups: int
    approved: int
    aired: int
    answered: int
    questions_answered: int
    askers_answered: int


@dataclass(frozen=True, kw_only=True)
class Part:
    """One network or language: its code, its name in the language of the page, its posts."""

    code: str
    name: str
    posts: int


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Numbers by time from `from_at` on, each of `step_minutes`; `peak` is the highest of a single
    minute. `earlier` came before."""

    from_at: datetime
    step_minutes: int
    values: list[float]
    peak: int
    peak_at: datetime
    earlier: int = 0


@dataclass(frozen=True, kw_only=True)
class PlaceLine:
    """A place that posts came from; level is city, region or country, degrees are WGS 84."""

    code: str
    level: str
    name: str
    lat: float
    lon: float
    posts: int


@dataclass(frozen=True, kw_only=True)
class Places:
    """`located` of `posts` could be put on the map; `places` are those with the most posts first,
    `more` how many others there are."""

    located: int
    posts: int
    places: list[PlaceLine]
    more: int


@dataclass(frozen=True, kw_only=True)
class Audience:
    """Phones with a line to the house, by minute on air; None where that was not counted. Votes as
    they were given, and as they weighed."""

    phones: Curve | None
    hearts: int
    votes: int
    votes_weighed: int


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A time on air; `until_at` is None for what still is."""

    from_at: datetime
    until_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ClipLine:
    """The clip of an answer: its page, its picture ("" before there is one)."""

    path: str
    poster: str
    title: str
    duration_s: float
    is_public: bool


@dataclass(frozen=True, kw_only=True)
class ReplyLine:
    """Where a reply stands: due, sending, sent, failed, taken_back."""

    state: str
    url: str
    sent_at: datetime | None
    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class QuestionLine:
    """A question with who asked it, as the public sees both. `number` counts answers as they came,
    0 for what has none; `askers` are all who asked it."""

    id: int
    number: int
    state: str
    text: str
    language: str
    asker: str
    handle: str
    place: str
    network: str
    network_name: str
    url: str
    askers: int
    votes: int
    asked_at: datetime
    on_air: list[Stretch]
    on_air_s: int | None
    answered_at: datetime | None
    answer: str
    answer_s: float | None
    clip: ClipLine | None
    photo: str
    photo_alt: str
    reply: ReplyLine | None
    replies_sent: int


@dataclass(frozen=True, kw_only=True)
class OpenQuestions:
    """What many asked and nobody answered, those with the most askers and votes first; `more` are
    left out of the list."""

    questions: list[QuestionLine]
    more: int


@dataclass(frozen=True, kw_only=True)
class NetworkReplies:
    """What became of the replies on one network."""

    code: str
    name: str
    sent: int
    failed: int
    taken_back: int
    waiting: int


@dataclass(frozen=True, kw_only=True)
class Median:
    """The middle of so many lengths, in seconds; None of none."""

    seconds: float | None
    of: int


@dataclass(frozen=True, kw_only=True)
class Way:
    """How long each step took: from asked to on air, time on air, from the answer's end to the clip
    and to the reply."""

    to_air: Median
    on_air: Median
    to_clip: Median
    to_reply: Median


@dataclass(frozen=True, kw_only=True)
class Moderator:
    """What one person, or key of the API, decided; of `first` questions they were the first."""

    name: str
    decisions: int
    approved: int
    rejected: int
    first: int
    median: Median


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why questions were held, and how many."""

    code: str
    name: str
    questions: int


@dataclass(frozen=True, kw_only=True)
class Moderation:
    """Decisions of the crew, each question as often as it was decided. `held` were held by the
    house; `decided` is how many questions somebody looked at, `median` how long after they came.
    `people` is None for who may not see it."""

    held: int
    reasons: list[Reason]
    approved: int
    rejected: int
    later: int
    merged: int
    undone: int
    decisions: int
    decided: int
    median: Median
    people: list[Moderator] | None


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Something that went wrong: feed_lost, reply_failed, clip_failed, channel_failed, covered."""

    kind: str
    at: datetime | None
    subject: str
    seconds: int | None
    message: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """All of it. `moderation` and `troubles` are None for the public."""

    about: About
    glance: Glance
    posts: Curve | None
    networks: list[Part]
    languages: list[Part]
    places: Places
    audience: Audience
    answers: list[QuestionLine]
    unanswered: OpenQuestions
    replies: list[NetworkReplies]
    way: Way
    moderation: Moderation | None
    troubles: list[Trouble] | None
