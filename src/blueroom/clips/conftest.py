"""A recording of the camera that can be checked, and an answer marked in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from blueroom.clips.files import folder_of
from blueroom.clips.models import Clip
from blueroom.desk.actions import decide
from blueroom.desk.models import Question
from blueroom.room.actor import Actor
from blueroom.room.models import Session
from blueroom.studio.models import Answer, Feed, Recording, Shown
from blueroom.studio.queries import recordings_folder
from tests.filming import record

FILMED_S = 6.0


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds at 30 pictures a second, a key frame every second one, each numbered."""
    return record(tmp_path_factory.mktemp("film") / "film.mp4", seconds=FILMED_S)


@pytest.fixture(autouse=True)
def house_folder(settings: Any, tmp_path: Path) -> Path:
    """A data folder of the test's own."""
    settings.DATA = tmp_path
    settings.SPEECH_MODEL = ""
    return tmp_path


@pytest.fixture
def question(
    make_question: Callable[..., Question], moderator: Actor, moment: datetime
) -> Question:
    """A question that may be shown."""
    asked = make_question()
    return decide(question_id=asked.pk, verb="approve", now=moment, by=moderator)


@pytest.fixture
def feed(session: Session, moment: datetime) -> Feed:
    return Feed.objects.create(
        session=session, name="Inès", nonce="nonce", monitor_key="monitor", created_at=moment
    )


@pytest.fixture
def recording(feed: Feed, film: Path, moment: datetime) -> Recording:
    """What the feed left: its picture at 0 s is of `moment`."""
    folder = recordings_folder()
    folder.mkdir(parents=True)
    (folder / "feed-1.mp4").write_bytes(film.read_bytes())
    return Recording.objects.create(
        feed=feed,
        epoch=1,
        file="feed-1.mp4",
        began_at=moment,
        ended_at=moment + timedelta(seconds=FILMED_S),
        duration_s=FILMED_S,
        width_px=320,
        height_px=240,
    )


@pytest.fixture
def make_answer(
    question: Question, feed: Feed, recording: Recording, moment: datetime
) -> Callable[..., Answer]:
    """Marks an answer, in seconds of the recording."""

    def make(in_s: float = 1.0, out_s: float | None = 3.0, **values: Any) -> Answer:
        defaults = {"question": question, "feed": feed, "made_at": moment, "made_by_name": "Léa"}
        return Answer.objects.create(
            in_at=moment + timedelta(seconds=in_s),
            out_at=None if out_s is None else moment + timedelta(seconds=out_s),
            **(defaults | values),
        )

    return make


@pytest.fixture
def show(feed: Feed, moment: datetime) -> Callable[..., Shown]:
    """Lets the public have seen a stretch of the feed live."""

    def make(from_s: float = 0.0, until_s: float = FILMED_S) -> Shown:
        return Shown.objects.create(
            feed=feed,
            from_at=moment + timedelta(seconds=from_s),
            until_at=moment + timedelta(seconds=until_s),
        )

    return make


@pytest.fixture
def make_clip(make_answer: Callable[..., Answer], moment: datetime) -> Callable[..., Clip]:
    """Makes a clip as it is once cut, with files of a few bytes: for what plays none of them."""

    def make(slug: str = "soir", **values: Any) -> Clip:
        answer = values.pop("answer", None) or make_answer()
        folder = folder_of(slug)
        folder.mkdir(parents=True)
        (folder / "clip-1.mp4").write_bytes(bytes(range(256)) * 40)
        (folder / "poster-1.jpg").write_bytes(b"a still")
        defaults = {
            "state": "ready",
            "revision": answer.revision,
            "file": "clip-1.mp4",
            "poster": "poster-1.jpg",
            "in_at": answer.in_at,
            "out_at": answer.out_at,
            "cut_at": moment,
            "duration_s": 2.0,
            "size_bytes": 10_240,
            "width_px": 1280,
            "height_px": 720,
            "created_at": moment,
            "changed_at": moment,
            "due_at": moment,
        }
        return Clip.objects.create(answer=answer, slug=slug, **(defaults | values))

    return make
