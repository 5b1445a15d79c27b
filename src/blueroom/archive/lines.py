"""What the lines of an archive hold. The form is a promise: what is here stays readable.

Each struct is one line of JSON. `id` numbers hold inside one archive only. Times are RFC 3339 in
UTC, with microseconds. What has been erased is empty, and so is everything that says whose it was.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

import msgspec

from blueroom.clips.models import CaptionSource, Shape
from blueroom.desk.models import QuestionState, SendState
from blueroom.publish.models import Media
from blueroom.room.models import SessionFormat
from blueroom.studio.models import AnswerKind, FeedKind

FORM = 1
MANIFEST = "manifest.json"
LOOK = "look.json"

# Lengths are those of the columns; a million signs are nobody's words.
Moment: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
Id: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Number: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Size: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Seconds: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=86_400 * 7)]
Part: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=1)]
Slug: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[-a-zA-Z0-9_]{1,24}$")]
Network: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Language: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{0,12}$")]
Word: TypeAlias = Annotated[str, msgspec.Meta(max_length=60)]
Line: TypeAlias = Annotated[str, msgspec.Meta(max_length=300)]
Name: TypeAlias = Annotated[str, msgspec.Meta(max_length=160)]
Id255: TypeAlias = Annotated[str, msgspec.Meta(max_length=255)]
Id512: TypeAlias = Annotated[str, msgspec.Meta(max_length=512)]
Address: TypeAlias = Annotated[str, msgspec.Meta(max_length=1000)]
Text: TypeAlias = Annotated[str, msgspec.Meta(max_length=20_000)]
Tag: TypeAlias = Annotated[str, msgspec.Meta(max_length=64)]
Place: TypeAlias = Annotated[str, msgspec.Meta(max_length=200)]  # of a file, in the folder


class Row(msgspec.Struct, frozen=True):
    """What all lines are: read by name, written in this order."""


class File(Row):
    """A file of the folder: its path there, its size, its hash in hexadecimal."""

    path: Place
    size_bytes: Size
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]


class About(Row):
    """Which session it is, for who only wants to know that."""

    slug: Annotated[str, msgspec.Meta(max_length=80)]
    title: Name
    guest: Annotated[str, msgspec.Meta(max_length=120)]
    room: Annotated[str, msgspec.Meta(max_length=80)]


class Manifest(Row):
    """`manifest.json`: the form, and every other file of the folder."""

    form: Number
    program: Word
    version: Word
    made_at: Moment
    session: About
    files: Annotated[list[File], msgspec.Meta(max_length=200_000)]


class Session(Row):
    """`session.json`."""

    slug: Annotated[str, msgspec.Meta(max_length=80)]
    title: Name
    guest: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    room: Annotated[str, msgspec.Meta(max_length=80)]
    time_zone: Annotated[str, msgspec.Meta(max_length=60)]
    hashtags: Annotated[list[Tag], msgspec.Meta(max_length=20)]
    languages: Annotated[list[Language], msgspec.Meta(max_length=20)]
    format: SessionFormat
    state: Word
    starts_at: Moment
    planned_minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)]
    is_rehearsal: bool
    created_at: Moment
    opened_at: Moment | None
    on_air_at: Moment | None
    closed_at: Moment | None
    shows_counts: bool = True  # whether the public is told how many asked and posted


class Post(Row):
    """A line of `posts.jsonl`. A deleted post has no text, no author and no id on its network."""

    id: Id
    network: Network
    remote_id: Id512
    version: Annotated[str, msgspec.Meta(max_length=120)]
    author_id: Id255
    author_name: Line
    author_handle: Line
    author_followers: Size | None
    author_place: Line
    text: Text
    language: Language
    url: Address
    in_reply_to: Id512
    thread_root: Id512
    published_at: Moment
    received_at: Moment
    edited_at: Moment | None
    deleted_at: Moment | None
    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None
    is_asked: bool
    is_question: bool
    # Archives of the first form may lack what follows.
    # What its pictures show, a line each.
    alts: Annotated[str, msgspec.Meta(max_length=24_000)] = ""


class Question(Row):
    """A line of `questions.jsonl`. A withdrawn one has no text."""

    id: Id
    post_id: Id
    state: QuestionState
    revision: Number
    text: Text
    language: Language
    askers: Number
    votes: Number
    position: Number | None
    published_at: Moment
    on_air_at: Moment | None
    answered_at: Moment | None
    answer_text: Text
    withdrawn_at: Moment | None
    last_verb: Annotated[str, msgspec.Meta(max_length=12)]
    last_by: Name
    changed_at: Moment
    reply_state: Annotated[str, msgspec.Meta(max_length=10)]
    reply_url: Address
    # Archives of the first form may lack what follows.
    air_text: Text = ""  # the words edited for air, or those of another of the group
    head_id: Id | None = None  # the question that one in a group belongs to
    translation: Text = ""
    translation_language: Annotated[str, msgspec.Meta(max_length=12)] = ""


class Decision(Row):
    """A line of `decisions.jsonl`: who did what to a question, and when."""

    question_id: Id
    revision: Number
    verb: Annotated[str, msgspec.Meta(max_length=12)]
    from_state: QuestionState
    to_state: QuestionState
    position: Number | None
    by: Name
    at: Moment


class Feed(Row):
    """A line of `feeds.jsonl`. `asker` is a fan's author id on the network "page"."""

    id: Id
    kind: FeedKind
    name: Annotated[str, msgspec.Meta(max_length=80)]
    asker: Annotated[str, msgspec.Meta(max_length=64)]
    question_id: Id | None
    consent_at: Moment | None
    created_at: Moment
    created_by: Name


class Recording(Row):
    """A line of `recordings.jsonl`; `file` is "" where it was erased."""

    id: Id
    feed_id: Id
    epoch: Number
    file: Place
    began_at: Moment
    ended_at: Moment | None
    duration_s: Seconds
    size_bytes: Size
    width_px: Number
    height_px: Number
    has_audio: bool
    erased_at: Moment | None


class Shown(Row):
    """A line of `shown.jsonl`: when the public saw which feed."""

    feed_id: Id
    from_at: Moment
    until_at: Moment


class Answer(Row, kw_only=True):
    """A line of `answers.jsonl`: a stretch of a feed, or a photo, that answers a question."""

    id: Id
    question_id: Id
    kind: AnswerKind
    feed_id: Id | None
    in_at: Moment
    out_at: Moment | None
    photo: Place
    photo_width_px: Number = 0  # where nobody knows
    photo_height_px: Number = 0
    alt: Address
    revision: Number
    made_at: Moment
    made_by: Name


class Render(Row):
    """A file for sharing; `language` is that of the captions in the picture, "" none."""

    shape: Shape
    language: Language
    file: Place
    size_bytes: Size
    width_px: Number
    height_px: Number


Cue: TypeAlias = tuple[
    Annotated[float, msgspec.Meta(ge=-86_400, le=86_400)],
    Annotated[float, msgspec.Meta(ge=-86_400, le=86_400)],
    Annotated[str, msgspec.Meta(max_length=2000)],
]


class Captions(Row):
    """What is said, with seconds from `begins_at`; `file` is the same for players, once checked."""

    language: Language
    is_translation: bool
    source: CaptionSource
    begins_at: Moment
    cues: Annotated[list[Cue], msgspec.Meta(max_length=10_000)]
    is_checked: bool
    revision: Number
    changed_at: Moment
    changed_by: Name
    file: Place


class Clip(Row):
    """A line of `clips.jsonl`: an answer cut out, with its captions and files."""

    slug: Slug
    answer_id: Id
    title: Name
    revision: Number
    is_public: bool
    published_at: Moment | None
    decided_by: Name
    file: Place
    poster: Place
    in_at: Moment
    out_at: Moment
    cut_at: Moment
    duration_s: Seconds
    size_bytes: Size
    width_px: Number
    height_px: Number
    crop_x: Part
    crop_y: Part
    created_at: Moment
    changed_at: Moment
    renders: Annotated[list[Render], msgspec.Meta(max_length=60)]
    captions: Annotated[list[Captions], msgspec.Meta(max_length=40)]


class Reply(Row):
    """A line of `replies.jsonl`: what went out under the asker's post."""

    question_id: Id
    network: Network
    state: SendState
    key: Annotated[str, msgspec.Meta(max_length=13)]
    text: Text
    clip: Annotated[str, msgspec.Meta(max_length=24)]
    media: Media
    alt: Text
    created_at: Moment
    asked_at: Moment
    by: Name
    sent_at: Moment | None
    remote_id: Id512
    remote_version: Annotated[str, msgspec.Meta(max_length=120)]
    url: Address


Light: TypeAlias = Literal["day", "air"]
Colour: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^#[0-9a-f]{6}$")]


class LookTexts(Row):
    """What the room says its own way in one language; "" as the house does."""

    name: Annotated[str, msgspec.Meta(max_length=80)] = ""
    hashtag: Annotated[str, msgspec.Meta(max_length=40)] = ""
    ask: Annotated[str, msgspec.Meta(max_length=80)] = ""
    goodbye: Name = ""


class LookLogo(Row):
    """A logo: a PNG of the folder, and its size."""

    file: Annotated[str, msgspec.Meta(pattern=r"^look/(day|air)\.png$")]
    width_px: Annotated[int, msgspec.Meta(ge=1, le=4096)]
    height_px: Annotated[int, msgspec.Meta(ge=1, le=4096)]


class Look(Row):
    """`look.json`: what the room chose for its screens by day and on air; empty for the house's.

    Archives of the first form may lack the file.
    """

    colours: dict[Light, dict[Literal["accent", "ground", "card"], Colour]] = {}
    faces: dict[Literal["voice", "text"], Word] = {}
    texts: dict[Literal["fr", "en"], LookTexts] = {}
    logos: dict[Light, LookLogo] = {}


class MinuteCount(Row):
    """How many posts of a network came in one minute."""

    minute: Moment
    network: Network
    posts: Number


class Metrics(Row):
    """`metrics.json`. Counts leave out what was deleted, but for `deleted` itself."""

    posts: Number
    deleted: Number
    messages: Number
    authors: Number
    posts_by_network: dict[str, Number]
    languages: dict[str, Number]
    questions: Number
    questions_by_state: dict[str, Number]
    askers: Number
    answered: Number
    decisions: Number
    replies_by_state: dict[str, Number]
    recorded_s: float
    clips: Number
    clips_s: float
    clip_durations_s: dict[str, float]
    posts_per_minute: Annotated[list[MinuteCount], msgspec.Meta(max_length=2_000_000)]
