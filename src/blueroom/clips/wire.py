"""What the clips' stream says. Each change carries the whole new value."""

from __future__ import annotations

from datetime import datetime

import msgspec

from blueroom.desk.wire import SessionChanged
from blueroom.room.wire import SessionCard


class RenderLine(msgspec.Struct, frozen=True, kw_only=True):
    """A file for sharing. `path` is where it is, empty before the first is made."""

    id: int
    shape: str  # 16x9, 9x16, 1x1
    language: str  # of the captions in the picture; empty: none
    state: str  # due, working, ready, failed
    progress: float  # 0 to 1
    size_bytes: int
    width_px: int
    height_px: int
    path: str
    code: str
    message: str


class CaptionsLine(msgspec.Struct, frozen=True, kw_only=True):
    """Captions in one language, without their words. `lines` counts them."""

    language: str
    is_translation: bool
    source: str  # typed, imported, heard
    is_checked: bool
    revision: int
    lines: int
    changed_by: str


class ClipLine(msgspec.Struct, frozen=True, kw_only=True):
    """A clip as the crew sees it. `version` changes with its file; paths are empty before."""

    slug: str
    title: str
    state: str  # due, working, ready, failed
    revision: int  # of the answer, that it is cut at or is to be
    is_public: bool
    page_url: str
    video: str
    poster: str
    version: str
    in_at: datetime | None
    out_at: datetime | None
    duration_s: float
    width_px: int
    height_px: int
    crop_x: float
    crop_y: float
    code: str
    message: str
    renders: list[RenderLine]
    captions: list[CaptionsLine]
    hearing: str  # empty, due, working, ready, failed
    hearing_progress: float
    hearing_message: str


class AnswerLine(msgspec.Struct, frozen=True, kw_only=True):
    """An answer on video. `out_at` is null while the guest speaks; `clip` until it is released."""

    id: int
    question_id: int
    question: str
    language: str
    asker: str
    in_at: datetime
    out_at: datetime | None
    revision: int
    clip: ClipLine | None


class ClipsState(msgspec.Struct, frozen=True, kw_only=True):
    """The snapshot of the page of clips; answers newest first."""

    session: SessionCard
    answers: list[AnswerLine]


class AnswersChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="answers"):
    answers: list[AnswerLine]


ClipsChange = AnswersChanged | SessionChanged
