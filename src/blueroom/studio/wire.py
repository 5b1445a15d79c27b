"""What the studio's stream says. Each change carries the whole new value."""

from __future__ import annotations

from datetime import datetime

import msgspec

from blueroom.desk.wire import Card, SessionChanged
from blueroom.room.wire import SessionCard


class FeedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A feed as the crew sees it. `monitor` is the path of its own HLS, not delayed."""

    id: int
    kind: str  # guest, camera, fan
    name: str
    state: str  # waiting, testing, ready, refused, ended
    way: str  # webm, mp4, rtmp, whip; empty where nobody sends
    connected_at: datetime | None
    width_px: int
    height_px: int
    is_on_air: bool
    is_on_wall: bool
    monitor: str
    whep: str  # where WebRTC viewers ask for it; empty where that is not installed
    question_id: int | None  # what a fan wants to ask, as far as that is known
    question: str
    code: str
    message: str


class FeedFigures(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="figures"):
    """How a feed comes in, twice a second; lost ones are harmless. Levels in dBFS."""

    id: int
    video_kbps: float
    fps: float
    rms_db: float
    peak_db: float
    lost: int


class ProgrammeCard(msgspec.Struct, frozen=True, kw_only=True):
    """What the public sees. `hls` is the path of its playlist."""

    state: str  # off, slate, live
    feed_id: int | None
    delay_s: int
    least_delay_s: int
    is_muted: bool
    started_at: datetime | None
    hls: str
    changed_by: str


class PhotoCard(msgspec.Struct, frozen=True, kw_only=True):
    """A photo given as an answer, by its path. Sizes are 0 where nobody knows them."""

    path: str
    alt: str
    width_px: int
    height_px: int


class AnswerLine(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, newest first in lists: marked in a recording, or a photo.

    `clip_path` is the page of its clip; `photo` is null for a video.
    """

    id: int
    question_id: int
    question: str
    kind: str  # video, photo
    feed_id: int | None
    in_at: datetime
    out_at: datetime | None
    revision: int
    clip_state: str  # empty, due, working, ready, failed
    clip_path: str
    is_clip_public: bool
    photo: PhotoCard | None


class MessageLine(msgspec.Struct, frozen=True, kw_only=True):
    """What the crew wrote, with its receipt. `feed_id` is null where it is for the guest."""

    id: int
    feed_id: int | None
    to: str  # the feed's name, or the guest's
    text: str
    sent_by: str
    sent_at: datetime
    delivered_at: datetime | None  # it first stood on a screen of whom it is for
    seen_at: datetime | None  # and they said so


class MessageCard(msgspec.Struct, frozen=True, kw_only=True):
    """The same as whom it is for sees it."""

    id: int
    text: str
    sent_at: datetime
    is_seen: bool


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """How much disk is left for recordings, and whether that is little."""

    free_bytes: int
    is_low: bool
    is_full: bool  # no new feed is let in


class StudioState(msgspec.Struct, frozen=True, kw_only=True):
    """The studio's snapshot. `messages` are newest first, at most 30."""

    session: SessionCard
    programme: ProgrammeCard
    feeds: list[FeedLine]
    answers: list[AnswerLine]
    messages: list[MessageLine]
    on_air: Card | None
    next: list[Card]
    disk: Room


class ProgrammeChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="programme"):
    programme: ProgrammeCard


class FeedsChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="feeds"):
    feeds: list[FeedLine]
    disk: Room


class AnswersChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="answers"):
    answers: list[AnswerLine]


class MessagesChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="messages"):
    messages: list[MessageLine]


class QuestionsChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="questions"):
    on_air: Card | None
    next: list[Card]


StudioChange = (
    ProgrammeChanged
    | FeedsChanged
    | AnswersChanged
    | MessagesChanged
    | QuestionsChanged
    | SessionChanged
    | FeedFigures
)


class LiveCard(msgspec.Struct, frozen=True, kw_only=True):
    """The live picture as the public may know it."""

    state: str  # slate, live
    hls: str
