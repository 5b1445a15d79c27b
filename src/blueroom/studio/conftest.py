"""A producer, a guest's feed, and a receiver that remembers what it was told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from blueroom.desk.actions import decide
from blueroom.desk.models import Question
from blueroom.room.actor import Actor, actor_of_membership
from blueroom.room.models import Membership, Role, Session
from blueroom.studio.actions import make_feed, note_connected
from blueroom.studio.control import control_by
from blueroom.studio.models import Feed


class Receiver:
    """What a process that receives feeds is told, in order. It holds `held_s` seconds back."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []
        self.held_s: float | None = None

    def programme_changed(self, session_id: int) -> None:
        self.told.append(("programme", session_id))

    def feed_changed(self, feed_id: int) -> None:
        self.told.append(("feed", feed_id))

    def want_key_frame(self, feed_id: int) -> None:
        self.told.append(("key", feed_id))

    def messages_changed(self, feed_id: int) -> None:
        self.told.append(("messages", feed_id))

    def rtmp_port(self) -> int | None:
        return 1935

    def dump(self, session_id: int) -> float | None:
        self.told.append(("dump", session_id))
        return self.held_s


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """The receiver of this process, for the length of a test."""
    made = Receiver()
    control_by(made)
    yield made
    control_by(None)


@pytest.fixture
def producer(make_member: Callable[..., Membership]) -> Actor:
    return actor_of_membership(make_member(Role.PRODUCER, "Nora"))


@pytest.fixture
def guest_feed(session: Session, producer: Actor, moment: datetime) -> Feed:
    """The guest's feed, with somebody who sends."""
    feed = make_feed(session=session, kind="guest", name="Inès", now=moment, by=producer)
    note_connected(feed_id=feed.pk, way="webm", now=moment)
    feed.refresh_from_db()
    return feed


@pytest.fixture
def approved(
    make_question: Callable[..., Question], moderator: Actor, moment: datetime
) -> Question:
    """A question that may be answered."""
    question = make_question()
    return decide(question_id=question.pk, verb="approve", now=moment, by=moderator)
