"""The API's groups of questions, several decisions at once, notes, bans, and who is at the desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from blueroom.base.clock import now
from blueroom.desk import actions, bans, groups, presence, queries
from blueroom.desk.api import IF_MATCH, QuestionOut, actor_of, revision_of, told
from blueroom.desk.models import Note, Question
from blueroom.posts.models import Author
from blueroom.room.access import NotFound, session_of
from blueroom.room.actor import Actor
from blueroom.room.models import Session

router = Router(tags=["groups"])


# Groups


@router.get(
    "/questions/{question_id}/group", response=list[QuestionOut], summary="Who else asks it"
)
def group(request: HttpRequest, question_id: int) -> list[Any]:
    actor_of(request, question_id)
    return [told(row) for row in queries.members_of(question_id)]


class Members(Schema):
    ids: list[int] = Field(min_length=1, max_length=500)


@router.post(
    "/questions/{question_id}/merge",
    response=QuestionOut,
    summary="Put others into the group of this question",
)
def merge(request: HttpRequest, question_id: int, members: Members) -> Any:
    by = actor_of(request, question_id)
    session_id = Question.objects.values_list("session_id", flat=True).get(pk=question_id)
    found = Question.objects.filter(pk__in=members.ids, session_id=session_id).count()
    if found != len(set(members.ids)):
        raise NotFound
    groups.merge_questions(head_id=question_id, question_ids=members.ids, now=now(), by=by)
    return told(queries.row_of(question_id))


def _one_step(request: HttpRequest, question_id: int, step: Any, if_match: str) -> Any:
    by = actor_of(request, question_id)
    step(question_id=question_id, now=now(), by=by, revision=revision_of(if_match))
    return told(queries.row_of(question_id))


@router.post(
    "/questions/{question_id}/split", response=QuestionOut, summary="Take it out of its group"
)
def split(request: HttpRequest, question_id: int, if_match: str = IF_MATCH) -> Any:
    return _one_step(request, question_id, groups.split_question, if_match)


@router.post(
    "/questions/{question_id}/accept-group",
    response=QuestionOut,
    summary="Put it into the group that is proposed",
)
def accept_group(request: HttpRequest, question_id: int, if_match: str = IF_MATCH) -> Any:
    return _one_step(request, question_id, groups.accept_proposal, if_match)


@router.post(
    "/questions/{question_id}/refuse-group",
    response=QuestionOut,
    summary="Keep it apart from the group that is proposed",
)
def refuse_group(request: HttpRequest, question_id: int, if_match: str = IF_MATCH) -> Any:
    return _one_step(request, question_id, groups.refuse_proposal, if_match)


class Wording(Schema):
    """The question whose words stand for the whole group."""

    member: int = Field(ge=1, le=2**62)


@router.post(
    "/questions/{question_id}/wording", response=QuestionOut, summary="Choose the group's words"
)
def wording(
    request: HttpRequest, question_id: int, wording: Wording, if_match: str = IF_MATCH
) -> Any:
    by = actor_of(request, question_id)
    if not Question.objects.filter(pk=wording.member).exists():
        raise NotFound
    groups.choose_wording(
        question_id=question_id,
        member_id=wording.member,
        now=now(),
        by=by,
        revision=revision_of(if_match),
    )
    return told(queries.row_of(question_id))


# Several at once


class OneOf(Schema):
    """A question and the revision that the decision was made on."""

    id: int
    revision: int


class Decisions(Schema):
    verb: Literal["approve", "hold", "later", "reject", "undo"]
    questions: list[OneOf] = Field(min_length=1, max_length=500)


class RefusedOut(Schema):
    id: int
    code: str
    message: str


class DecidedOut(Schema):
    """Each question stands in one of the two: as it now is, or why nothing was done."""

    done: list[QuestionOut]
    refused: list[RefusedOut]


@router.post(
    "/sessions/{slug}/decide", response=DecidedOut, summary="Decide on up to 500 questions"
)
def decide(request: HttpRequest, slug: str, decisions: Decisions) -> dict[str, Any]:
    session, by = _desk(request, slug)
    wanted = {one.id: one.revision for one in decisions.questions}
    decided, refused = actions.decide_on_many(
        session=session, verb=decisions.verb, revisions=wanted, now=now(), by=by
    )
    return {
        "done": [told(row) for row in queries.rows_of_ids(session.pk, decided)],
        "refused": [
            {"id": question_id, "code": error.code, "message": str(error.message)}
            for question_id, error in refused.items()
        ],
    }


def _desk(request: HttpRequest, slug: str) -> tuple[Session, Actor]:
    session = session_of(slug)
    return session, request.auth.actor_in(session.room_id, "moderate")


# Notes


class NoteOut(Schema):
    text: str
    by: str
    at: datetime


class NoteIn(Schema):
    text: str = Field(max_length=20_000)


def _told_note(note: Note) -> dict[str, Any]:
    return {"text": note.text, "by": note.by_name, "at": note.at}


@router.get("/questions/{question_id}/notes", response=list[NoteOut], summary="The crew's notes")
def notes(request: HttpRequest, question_id: int) -> list[dict[str, Any]]:
    actor_of(request, question_id)
    return [_told_note(note) for note in queries.notes_of(question_id)]


@router.post("/questions/{question_id}/notes", response={201: NoteOut}, summary="Leave a note")
def write_note(request: HttpRequest, question_id: int, note: NoteIn) -> Status[dict[str, Any]]:
    by = actor_of(request, question_id)
    text = note.text.replace("\0", "")
    kept = actions.write_note(question_id=question_id, text=text, now=now(), by=by)
    return Status(201, _told_note(kept))


# Bans


class BanOut(Schema):
    """An author whose posts are held. `author` is their number here."""

    author: int
    name: str
    handle: str
    network: str
    by: str
    at: datetime


@router.get("/sessions/{slug}/bans", response=list[BanOut], summary="Who is banned")
def banned(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    session, _by = _desk(request, slug)
    return [
        {
            "author": ban.author_id,
            "name": ban.author.name,
            "handle": ban.author.handle,
            "network": ban.author.network,
            "by": ban.by_name,
            "at": ban.at,
        }
        for ban in bans.bans_of(session)
    ]


@router.post("/questions/{question_id}/ban", response=list[QuestionOut], summary="Ban its author")
def ban(request: HttpRequest, question_id: int) -> list[Any]:
    """What they asked in this session and is not answered, now held."""
    by = actor_of(request, question_id)
    found = Question.objects.select_related("session", "post__author").get(pk=question_id)
    held = bans.ban_author(session=found.session, author=found.post.author, now=now(), by=by)
    return [told(row) for row in queries.rows_of_ids(found.session_id, (one.pk for one in held))]


@router.delete(
    "/sessions/{slug}/bans/{author_id}", response=list[QuestionOut], summary="Lift a ban"
)
def lift_ban(request: HttpRequest, slug: str, author_id: int) -> list[Any]:
    """What waits again."""
    session, by = _desk(request, slug)
    author = Author.objects.filter(bans__room_id=session.room_id, pk=author_id).first()
    if author is None:
        raise NotFound
    waiting = bans.lift_ban(session=session, author=author, now=now(), by=by)
    return [told(row) for row in queries.rows_of_ids(session.pk, (one.pk for one in waiting))]


# Who is there


class Here(Schema):
    """What is being read; `leaves` where the desk is closed."""

    question: int | None = Field(None, ge=1, le=2**62)
    leaves: bool = False


@router.post("/sessions/{slug}/here", response={204: None}, summary="Say what one reads")
def here(request: HttpRequest, slug: str, here: Here) -> Status[None]:
    """Good for half a minute; a key of the API is nobody, and says nothing by it."""
    session, by = _desk(request, slug)
    if by.person_id is not None:
        presence.note_presence(
            session=session,
            person_id=by.person_id,
            question_id=here.question,
            now=now(),
            leaves=here.leaves,
        )
    return Status(204, None)
