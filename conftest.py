"""What the tests of all rooms share: a room with its crew, a session, posts and questions."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from datetime import UTC, datetime

import pytest
from django.utils import translation

from blueroom.desk import alike, order, screening, themes
from blueroom.desk.actions import sort_posts
from blueroom.desk.models import Question
from blueroom.posts.models import Author, Post
from blueroom.room.actor import Actor, actor_of_membership
from blueroom.room.models import Guest, Membership, Person, Role, Room, Session, SessionState
from tests.journeys.chromium import launch_words

pytest_plugins = ["tests.atproto.fixtures"]

MOMENT = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None]:
    """Tests in a browser are marked, and come last: Playwright leaves an event loop running in this
    thread, and asyncio.run() then refuses."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    yield
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Nothing is left to the next test: not the language of a page that was asked for, and no
    scheduling policy (a library that makes this process a real-time one starves all others)."""
    translation.deactivate()
    if os.sched_getscheduler(0) != os.SCHED_OTHER:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        pytest.fail(f"{item.nodeid} left this process with another scheduling policy")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """The machine's own Chromium where there is one, else Playwright's."""
    return {**browser_type_launch_args, **launch_words()}


@pytest.fixture(autouse=True)
def seen_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins with nobody having flooded or asked anything, and nothing in order."""
    monkeypatch.setattr(screening, "watches", screening.Watches())
    monkeypatch.setattr(alike, "sessions", alike.Sessions())
    monkeypatch.setattr(order, "orders", order.Orders())
    monkeypatch.setattr(themes, "sessions", themes.Sessions())


@pytest.fixture
def moment() -> datetime:
    """When the tests happen."""
    return MOMENT


@pytest.fixture
def room(db: None) -> Room:
    return Room.objects.create(
        slug="maison", name="La chambre bleue", languages=["fr", "en"], created_at=MOMENT
    )


@pytest.fixture
def session(room: Room) -> Session:
    """A session that takes questions."""
    guest = Guest.objects.create(room=room, name="Inès Carat")
    return Session.objects.create(
        room=room,
        guest=guest,
        slug="askines",
        title="Inès Carat",
        hashtags=["AskInes"],
        languages=["fr", "en"],
        state=SessionState.OPEN,
        starts_at=MOMENT,
        created_at=MOMENT,
        opened_at=MOMENT,
    )


@pytest.fixture
def make_member(room: Room) -> Callable[..., Membership]:
    """Makes a person with a role in the room."""

    def make(role: Role = Role.MODERATOR, name: str = "Léa") -> Membership:
        person = Person.objects.create_user(
            username=f"{name}@example.org".lower(),
            email=f"{name}@example.org".lower(),
            password="une phrase assez longue",  # noqa: S106  # of nobody real
            first_name=name,
        )
        return Membership.objects.create(room=room, person=person, role=role, since_at=MOMENT)

    return make


@pytest.fixture
def moderator(make_member: Callable[..., Membership]) -> Actor:
    return actor_of_membership(make_member())


@pytest.fixture
def make_post(session: Session) -> Callable[..., Post]:
    """Stores a post as the listener would have."""

    def make(text: str = "Vous écrivez le matin ?", *, number: int = 1, **values: object) -> Post:
        author, _ = Author.objects.get_or_create(
            network="rehearsal", remote_id="ana", defaults={"name": "Ana Sousa", "handle": "ana"}
        )
        defaults = {
            "session": session,
            "network": "rehearsal",
            "remote_id": f"post-{number}",
            "author": author,
            "published_at": MOMENT,
            "received_at": MOMENT,
        }
        return Post.objects.create(text=text, **(defaults | values))

    return make


@pytest.fixture
def make_question(session: Session, make_post: Callable[..., Post]) -> Callable[..., Question]:
    """Stores a post and lets the desk sort it."""

    def make(text: str = "Vous écrivez le matin ?", *, number: int = 1) -> Question:
        post = make_post(text, number=number)
        sort_posts(session_id=session.pk, now=MOMENT)
        return Question.objects.get(post=post)

    return make
