"""A small evening of which every figure is known, and the crew that reads about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.test import Client

from blueroom.clips.models import Clip
from blueroom.desk.actions import answer_question, decide, sort_posts
from blueroom.desk.models import Question
from blueroom.posts.models import Author, Post, PostCount
from blueroom.publish.models import Reply
from blueroom.room.actor import Actor
from blueroom.room.models import Membership, Role, Session
from blueroom.studio.models import Answer, Feed

LONG = f"Pourquoi {'si ' * 82}tard ?"  # 258 characters
ARABIC = "هل تكتب في الليل؟"


@dataclass(frozen=True)
class Evening:
    """`at` gives a moment by the minutes after 20:00 UTC; questions go by who asked them."""

    session: Session
    at: Callable[[float], datetime]
    asked: dict[str, Question]
    eva: Author


@pytest.fixture
def evening(
    session: Session, make_post: Callable[..., Post], moderator: Actor, moment: datetime
) -> Evening:
    """Open at 20:00, on air from 20:10 to 20:40. Ana and Bo ask the same, Zeinab in Arabic on the
    page, Eva what is answered too, Flo at length; Dan asks nothing."""

    def at(minutes: float) -> datetime:
        return moment + timedelta(minutes=minutes)

    said = [
        ("Ana", "rehearsal", "Vous écrivez le matin ?"),
        ("Bo", "rehearsal", "Vous écrivez le matin ?"),
        ("زينب", "page", ARABIC),
        ("Dan", "rehearsal", "Bravo !"),
        ("Eva", "rehearsal", "=Quel plat de votre mère cuisinez-vous encore ?"),
        ("Flo", "rehearsal", LONG),
    ]
    for number, (name, network, text) in enumerate(said, 1):
        author = Author.objects.create(network=network, remote_id=name, name=name, place="Lyon")
        make_post(
            text,
            number=number,
            network=network,
            author=author,
            language="ar" if name == "زينب" else "fr",
            is_asked=network == "page",
            published_at=at(number),
            received_at=at(number),
        )
        PostCount.objects.create(session=session, network=network, minute=at(number), posts=1)
    sort_posts(session_id=session.pk, now=at(7))
    asked = {one.post.author.name: one for one in Question.objects.select_related("post__author")}
    by = moderator
    for name, minute in (("Ana", 5), ("Eva", 8), ("زينب", 20)):
        decide(question_id=asked[name].pk, verb="approve", now=at(minute), by=by)
    for name, minute in (("Ana", 12), ("Eva", 16)):
        decide(question_id=asked[name].pk, verb="air", now=at(minute), by=by)
        answer_question(question_id=asked[name].pk, text="Oui.", now=at(minute + 3), by=by)
    Session.objects.filter(pk=session.pk).update(state="closed", on_air_at=at(10), closed_at=at(40))
    session.refresh_from_db()
    asked = {one.post.author.name: one for one in Question.objects.select_related("post__author")}
    eva = Author.objects.get(name="Eva")
    return Evening(session=session, at=at, asked=asked, eva=eva)


@pytest.fixture
def clip(evening: Evening) -> Clip:
    """The clip of the answer to Ana: 90 s, public a second after its end."""
    at = evening.at
    feed = Feed.objects.create(
        session=evening.session, name="Inès", nonce="n", monitor_key="m", created_at=at(0)
    )
    answer = Answer.objects.create(
        question=evening.asked["Ana"],
        feed=feed,
        in_at=at(12.5),
        out_at=at(14),
        made_at=at(14),
        made_by_name="Léa",
    )
    return Clip.objects.create(
        answer=answer,
        slug="matin",
        state="ready",
        file="c.mp4",
        poster="p.jpg",
        is_public=True,
        duration_s=90.0,
        published_at=at(14) + timedelta(seconds=1),
        due_at=at(14),
        created_at=at(14),
        changed_at=at(14),
    )


@pytest.fixture
def replies(evening: Evening) -> None:
    """The reply to Ana is out a minute after the answer, the one to Bo failed."""
    for name, state in (("Ana", "sent"), ("Bo", "failed")):
        Reply.objects.create(
            question=evening.asked[name],
            state=state,
            key=name,
            text="Oui.",
            created_at=evening.at(15),
            asked_at=evening.at(15),
            due_at=evening.at(15),
            by_name="Léa",
            sent_at=evening.at(15) if state == "sent" else None,
            url="https://bsky.example/1" if state == "sent" else "",
            error_code="" if state == "sent" else "rate_limited",
            error_message="" if state == "sent" else "Léa shall try again.",
        )


@pytest.fixture
def log_in(make_member: Callable[..., Membership]) -> Callable[[Role, str], Client]:
    """A browser in which somebody of that role is logged in and reads that language."""

    def log_in(role: Role, language: str = "en") -> Client:
        person = make_member(role, "Nora").person
        person.language = language
        person.save()
        client = Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return log_in
