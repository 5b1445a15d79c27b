"""A session that happened: posts, decisions, a recording, a clip with captions, a reply."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from blueroom.clips.actions import cut_clip, open_clips, save_captions
from blueroom.clips.conftest import (  # noqa: F401  # the same recording as clips are cut from
    feed,
    film,
    house_folder,
    make_answer,
    question,
    recording,
    show,
)
from blueroom.clips.files import folder_of
from blueroom.clips.models import Clip, Render
from blueroom.clips.queries import clip_by_id
from blueroom.clips.rules import Line
from blueroom.desk.actions import answer_question
from blueroom.desk.models import Question
from blueroom.posts.models import Author, Post, PostCount
from blueroom.publish.models import Reply
from blueroom.room.actor import Actor, actor_of_membership, house
from blueroom.room.models import Membership, Role, Room, Session
from blueroom.room.themes import keep_logo, keep_theme
from blueroom.studio.models import Answer, AnswerKind, Feed, FeedKind, FeedState, Recording, Shown
from blueroom.studio.queries import pictures_folder, recordings_folder

JPEG = b"\xff\xd8\xff\xe0 a photo \xff\xd9"


@dataclass(frozen=True)
class Past:
    """The session and the rows that tests look at."""

    session: Session
    question: Question
    clip: Clip
    recording: Recording
    reply: Reply
    fan: Author
    fan_feed: Feed


@pytest.fixture
def producer(make_member: Callable[..., Membership]) -> Actor:
    return actor_of_membership(make_member(Role.PRODUCER, "Nora"))


@pytest.fixture
def past(
    session: Session,
    question: Question,  # noqa: F811
    recording: Recording,  # noqa: F811
    make_answer: Callable[..., Answer],  # noqa: F811
    make_post: Callable[..., Post],
    show: Callable[..., Shown],  # noqa: F811
    moderator: Actor,
    producer: Actor,
    moment: datetime,
) -> Past:
    """Everything that a session may have left, with real films."""
    after = moment + timedelta(minutes=5)
    make_post("Bravo !", number=2, alts="Un piano\nLa mer")
    make_post("", number=3, deleted_at=after)
    show()
    make_answer()
    open_clips(now=after)
    clip = clip_by_id(Clip.objects.get().pk)
    cut_clip(clip_id=clip.pk, now=after)
    clip = clip_by_id(clip.pk)
    lines = [Line(0.0, 1.5, "Le matin, toujours."), Line(1.5, 2.0, "Sauf <b>hier</b>.")]
    save_captions(clip=clip, language="fr", lines=lines, now=after, by=producer, is_checked=True)
    save_captions(clip=clip, language="en", lines=lines[:1], now=after, by=producer)
    _render(clip, after)
    answer_question(question_id=question.pk, text="Le matin.", now=after, by=moderator)
    pictures_folder().mkdir()
    (pictures_folder() / "photo.jpg").write_bytes(JPEG)
    Answer.objects.create(
        question=question,
        kind=AnswerKind.PHOTO,
        in_at=after,
        out_at=after + timedelta(microseconds=1),
        photo="photo.jpg",
        photo_width_px=1200,
        photo_height_px=900,
        alt="Une photo signée",
        made_at=after,
        made_by_name="Léa",
    )
    reply = Reply.objects.create(
        question=question,
        state="sent",
        key="3mabcdefghijk",
        text="Le matin.",
        clip=clip,
        media="video",
        created_at=after,
        asked_at=after,
        by_name="Léa",
        due_at=after,
        sent_at=after,
        remote_id="at://room/app.bsky.feed.post/1",
        url="https://bsky.app/profile/room/post/1",
    )
    fan = Author.objects.create(network="page", remote_id="phone-7", name="Zoé Petit")
    make_post("Et le soir ?", number=4, network="page", author=fan, is_asked=True)
    fan_feed = _fan_feed(session, after)
    PostCount.objects.create(session=session, network="rehearsal", minute=moment, posts=2)
    PostCount.objects.create(session=session, network="page", minute=after, posts=1)
    from blueroom.desk.actions import sort_posts

    sort_posts(session_id=session.pk, now=after)
    Session.objects.filter(pk=session.pk).update(
        state="closed", on_air_at=moment, closed_at=after + timedelta(hours=1)
    )
    session.refresh_from_db()
    return Past(
        session=session,
        question=Question.objects.get(pk=question.pk),
        clip=clip_by_id(clip.pk),
        recording=recording,
        reply=reply,
        fan=fan,
        fan_feed=fan_feed,
    )


def _render(clip: Clip, after: datetime) -> None:
    """A file for sharing, as the renderer leaves it."""
    folder = folder_of(clip.slug)
    shutil.copy(folder / clip.file, folder / "share-16x9-1.mp4")
    clip.renders.filter(shape="16x9").delete()
    Render.objects.create(
        clip=clip,
        shape="16x9",
        language="fr",
        state="ready",
        progress=1.0,
        due_at=after,
        compared_at=after,
        file="share-16x9-1.mp4",
        size_bytes=(folder / "share-16x9-1.mp4").stat().st_size,
        width_px=1280,
        height_px=720,
    )


def _fan_feed(session: Session, after: datetime) -> Feed:
    """A fan's camera, and what it left."""
    made = Feed.objects.create(
        session=session,
        kind=FeedKind.FAN,
        name="Zoé",
        state=FeedState.ENDED,
        nonce="fan nonce",
        monitor_key="fan monitor",
        asker="phone-7",
        consent_at=after,
        created_at=after,
    )
    shutil.copy(recordings_folder() / "feed-1.mp4", recordings_folder() / "fan-1.mp4")
    Recording.objects.create(
        feed=made,
        epoch=1,
        file="fan-1.mp4",
        began_at=after,
        ended_at=after + timedelta(seconds=6),
        duration_s=6.0,
        size_bytes=(recordings_folder() / "fan-1.mp4").stat().st_size,
        width_px=320,
        height_px=240,
    )
    return made


def wear(room: Room, moment: datetime) -> None:
    """Give the room a look of its own, with a logo."""
    picture = io.BytesIO()
    Image.new("RGB", (300, 100), "#c1121f").save(picture, "PNG")
    by = house(room.pk)
    keep_theme(
        room=room,
        colours={"air": {"ground": "#1a0008"}},
        faces={"voice": "sans"},
        texts={"fr": {"name": "Radio Exemple"}},
        now=moment,
        by=by,
    )
    keep_logo(room=room, light="day", picture=picture.getvalue(), now=moment, by=by)
    room.refresh_from_db(fields=["theme"])


@pytest.fixture
def exported(past: Past, tmp_path: Path, moment: datetime) -> Path:
    """The session as a folder."""
    from blueroom.archive.exporting import export_session

    folder = tmp_path / "archive"
    export_session(past.session, folder, lambda _part: None, now=moment + timedelta(days=1))
    return folder


@pytest.fixture(scope="session")
def base_url() -> None:
    """Pages lie on the disk. (That of pytest-base-url is of a kind that pytest will not take.)"""
