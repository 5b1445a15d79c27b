"""A network in memory, an answered question, and clips that answer it."""

# ruff: noqa: ARG002  # the interface names the parameters, also those not needed here

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from blueroom.clips.files import folder_of
from blueroom.clips.models import Captions, Clip, Render
from blueroom.desk.actions import answer_question, decide
from blueroom.desk.models import Question
from blueroom.networks.attachments import media_problems
from blueroom.networks.interface import Attachment, Card, Limits, Part, Preview, Sent
from blueroom.publish import queries
from blueroom.room.actor import Actor
from blueroom.studio.models import Answer, Feed
from blueroom.studio.queries import photo_path, pictures_folder


@dataclass(frozen=True)
class Arrived:
    """A reply as the network got it."""

    text: str
    media: Sequence[Attachment]
    card: Card | None


@dataclass
class Board:
    """A network in memory that keeps a reply once a key, as real ones do."""

    slug: str = "rehearsal"
    account_fields: Sequence[object] = ()
    replies: dict[str, Arrived] = field(default_factory=dict)
    failures: list[BaseException] = field(default_factory=list)  # each raised once, after arriving
    calls: int = 0
    limits: Limits = Limits(text_limit=60, video_size_bytes=1000, video_duration_s=60)
    state: dict[str, object] | None = None

    def publisher(self, fields: dict[str, str], state: dict[str, Any]) -> Board:
        self.state = state
        return self

    async def reply(self, *, to, text, media=(), card=None, lang="", key, at, memory=None):
        self.calls += 1
        memory["tries"] = memory.get("tries", 0) + 1
        self.replies.setdefault(key, Arrived(text, media, card))
        if self.state is not None:
            self.state["token"] = f"fresh-{self.calls}"
        if self.failures:
            raise self.failures.pop(0)
        return Sent(id=key, url=f"https://board.example/{key}", version="v1")

    async def take_back(self, *, sent: Sent) -> None:
        self.replies.pop(sent.id, None)

    async def close(self) -> None:
        pass

    def preview(self, *, to, text, media=(), card=None):
        problems = [("too_long", "Too long.")] if len(text) > self.limits.text_limit else []
        return Preview(
            text=text,
            parts=[Part(text=text)],
            length=len(text),
            limits=self.limits,
            problems=[*problems, *media_problems(media, self.limits)],
        )

    def texts(self) -> list[str]:
        return [arrived.text for arrived in self.replies.values()]


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Board:
    board = Board()
    monkeypatch.setattr(queries, "networks", lambda: {"rehearsal": board})
    return board


@pytest.fixture
def answered(
    make_question: Callable[..., Question], moderator: Actor, moment: datetime
) -> Question:
    question = make_question()
    decide(question_id=question.pk, verb="approve", now=moment, by=moderator)
    return answer_question(question_id=question.pk, text="Le soir.", now=moment, by=moderator)


@pytest.fixture
def make_photo(moment: datetime, settings: Any, tmp_path: Any) -> Callable[..., Answer]:
    """Makes a photo that answers a question, with its file."""
    settings.DATA = tmp_path

    def make(question: Question, *, size_bytes: int = 5) -> Answer:
        pictures_folder().mkdir(exist_ok=True)
        photo_path("croquis.jpg").write_bytes(b"p" * size_bytes)
        return Answer.objects.create(
            question=question,
            kind="photo",
            photo="croquis.jpg",
            photo_width_px=1200,
            photo_height_px=900,
            alt="Un croquis de la mer",
            in_at=moment,
            out_at=moment + timedelta(microseconds=1),
            made_at=moment,
        )

    return make


@pytest.fixture
def make_clip(moment: datetime, settings: Any, tmp_path: Any) -> Callable[..., Clip]:
    """Makes the clip of an answer, cut and public, with its files and French captions.

    `render` is the state of the wide file; None where none was ever asked for.
    """
    settings.DATA = tmp_path

    def make(
        question: Question,
        *,
        render: str | None = "ready",
        is_public: bool = True,
        duration_s: float = 42.5,
        size_bytes: int = 4,
    ) -> Clip:
        feed = Feed.objects.create(
            session=question.session, name="Inès", nonce="n", monitor_key="m", created_at=moment
        )
        out_at = moment + timedelta(seconds=duration_s)
        answer = Answer.objects.create(
            question=question, feed=feed, in_at=moment, out_at=out_at, made_at=moment
        )
        folder = folder_of("soir")
        folder.mkdir(parents=True)
        for name, content in {"cut.mp4": b"cut", "wide.mp4": b"wide", "p.jpg": b"poster"}.items():
            (folder / name).write_bytes(content)
        clip = Clip.objects.create(
            answer=answer,
            slug="soir",
            state="ready",
            revision=1,
            is_public=is_public,
            file="cut.mp4",
            poster="p.jpg",
            in_at=moment,
            out_at=out_at,
            duration_s=duration_s,
            size_bytes=3,
            width_px=1280,
            height_px=720,
            created_at=moment,
            changed_at=moment,
            due_at=moment,
        )
        Captions.objects.create(
            clip=clip,
            language="fr",
            source="typed",
            is_checked=True,
            begins_at=moment,
            cues=[[0.0, 2.0, "Le soir, toujours"]],
            changed_at=moment,
        )
        if render:
            Render.objects.create(
                clip=clip,
                shape="16x9",
                language="fr",
                state=render,
                progress=0.4,
                file="wide.mp4" if render == "ready" else "",
                size_bytes=size_bytes,
                width_px=1920,
                height_px=1080,
                compared_at=moment,
                due_at=moment,
            )
        return clip

    return make
