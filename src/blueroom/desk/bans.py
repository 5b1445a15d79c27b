"""Authors whose posts are held in a room: banned at the desk, and let back in."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from blueroom.desk.errors import AuthorUnknown
from blueroom.desk.groups import count_askers
from blueroom.desk.models import Ban, Question, QuestionState
from blueroom.desk.screening import BANNED, reason
from blueroom.desk.steps import move_question
from blueroom.posts.models import Author
from blueroom.room.actor import Actor
from blueroom.room.models import Session
from blueroom.room.writing import one_transaction

State = QuestionState
# What an author asked that was answered stays so, and what was rejected or is held already.
HELD_BY_A_BAN = (
    State.WAITING,
    State.LATER,
    State.APPROVED,
    State.LINED_UP,
    State.ON_AIR,
    State.MERGED,
)


def ban_author(*, session: Session, author: Author, now: datetime, by: Actor) -> list[Question]:
    """Hold what an author asked in this session, on air too, and whatever they post from now on in
    the sessions of its room. May be repeated. The questions that were held by it.

    Raises:
        AuthorUnknown: the network does not say who that is.
    """
    if not author.remote_id:
        raise AuthorUnknown
    with one_transaction():
        Ban.objects.get_or_create(
            room_id=session.room_id,
            author=author,
            defaults={"by_person_id": by.person_id, "by_name": by.name, "at": now},
        )
        asked = _asked(session, author).filter(state__in=HELD_BY_A_BAN)
        questions = list(asked.select_for_update(of=("self",)))
        for question in questions:
            question.session = session
            change = {
                "reasons": [reason(BANNED), *_others(question)],
                "head_id": None,
                "proposal_id": None,
                "proposal_score": None,
            }
            heads = [question.head_id] if question.head_id else []
            move_question(question, verb="ban", to=State.HELD, by=by, now=now, change=change)
            count_askers(heads)
    return questions


def lift_ban(*, session: Session, author: Author, now: datetime, by: Actor) -> list[Question]:
    """Let an author back in: what was held in this session for nothing else waits again. May be
    repeated. The questions that wait again."""
    with one_transaction():
        Ban.objects.filter(room_id=session.room_id, author=author).delete()
        waiting = []
        for question in _asked(session, author).select_for_update(of=("self",)):
            if question.reasons is None or len(others := _others(question)) == len(
                question.reasons
            ):
                continue
            question.session = session
            is_held = question.state == State.HELD
            to = State.WAITING if is_held and not others else State(question.state)
            change = {"reasons": others or None}
            move_question(question, verb="unban", to=to, by=by, now=now, change=change)
            if to == State.WAITING:
                waiting.append(question)
    return waiting


def _asked(session: Session, author: Author):  # type: ignore[no-untyped-def]  # QuerySet[Question]
    return Question.objects.filter(
        session=session, post__author=author, withdrawn_at__isnull=True
    ).order_by("id")


def _others(question: Question) -> list[dict[str, object]]:
    return [one for one in question.reasons or [] if one["code"] != BANNED]


def bans_of(session: Session) -> QuerySet[Ban]:
    """Who is banned in the session's room, the newest first, with their authors."""
    return Ban.objects.filter(room_id=session.room_id).select_related("author")
