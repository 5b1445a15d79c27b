"""The API's questions and what is decided about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
from django.http import HttpRequest
from ninja import Header, Query, Router, Schema, Status
from pydantic import Field

from blueroom.base.clock import now
from blueroom.desk import actions, queries
from blueroom.desk.criteria import Criteria
from blueroom.desk.models import Question, QuestionState
from blueroom.desk.wire import Row
from blueroom.posts.models import Post
from blueroom.room.access import NotFound, session_of
from blueroom.room.actor import Actor

router = Router(tags=["questions"])


class AskerOut(Schema):
    name: str
    handle: str
    place: str


class DecisionOut(Schema):
    verb: str
    by: str
    at: datetime


class ReplyOut(Schema):
    state: str
    url: str
    code: str
    message: str


class ClarificationOut(Schema):
    """What its author was asked; states as of a reply. `message` says what to do where it failed,
    or what it waits for."""

    state: str
    text: str
    url: str
    code: str
    message: str
    by: str
    at: datetime


class ReasonOut(Schema):
    """Why it is held: a code, and where in what that was found, counted in characters."""

    code: str
    excerpt: str
    where: str
    start: int
    end: int


class ProposalOut(Schema):
    """The group that a machine proposes, by its head; `score` from 0 to 1."""

    id: int
    text: str
    score: float


class QuestionOut(Schema):
    """A question. `revision` grows with every decision: send it back as If-Match.

    `text` is what is shown; `original` what its author wrote where that is not the same;
    `translation` what is shown below it, typed by somebody of the crew. `head` is
    the question that one in a group belongs to; `askers` and `networks` are the whole group's.
    `first_by` approved it where a second person has to as well.
    """

    id: int
    text: str
    original: str
    translation: str
    translation_language: str
    state: QuestionState
    language: str
    network: str
    revision: int
    head: int | None
    askers: int
    networks: list[str]
    votes: int
    votes_given: int
    are_votes_odd: bool
    published_at: datetime
    author: AskerOut
    url: str
    position: int | None
    answer: str
    reasons: list[ReasonOut]
    proposal: ProposalOut | None
    first_by: str
    is_sensitive: bool
    notes: int
    last: DecisionOut | None
    reply: ReplyOut | None
    clarification: ClarificationOut | None


class QuestionPage(Schema):
    """`next` is the `after` of the following page; null where there is none."""

    items: list[QuestionOut]
    next: int | None


def told(row: Row) -> Any:
    """A row as plain values."""
    return msgspec.to_builtins(row, builtin_types=(datetime,))


class Sought(Schema):
    """What questions are wanted: all that is given has to be met.

    `network` is that of any of a group's askers, `askers` and `votes` the least wanted,
    `within_minutes` and `older_minutes` the age of the post, `theme` the key of what it is about.
    `share`: a part of the list, from 0, and of how many, as 0/3.
    """

    state: QuestionState | Literal[""] = ""
    q: str = Field("", max_length=200)
    network: str = Field("", max_length=40)
    language: str = Field("", max_length=12)
    reason: str = Field("", max_length=20)
    askers: int = Field(0, ge=0, le=2**31)
    votes: int = Field(0, ge=0, le=2**31)
    within_minutes: int = Field(0, ge=0, le=1_000_000)
    older_minutes: int = Field(0, ge=0, le=1_000_000)
    theme: str = Field("", max_length=40)
    share: str = Field("", pattern=r"^([0-9]{1,3}/[1-9][0-9]{0,2})?$")

    def criteria(self) -> Criteria:
        part, _, parts = self.share.partition("/")
        return Criteria(
            state=self.state,
            text=self.q,
            network=self.network.replace("\0", ""),
            language=self.language.replace("\0", ""),
            reason=self.reason.replace("\0", ""),
            askers=self.askers,
            votes=self.votes,
            within_minutes=self.within_minutes,
            older_minutes=self.older_minutes,
            theme=self.theme,
            share=(int(part), int(parts)) if parts else None,
        )


@router.get("/sessions/{slug}/questions", response=QuestionPage, summary="Questions by page")
def questions(
    request: HttpRequest,
    slug: str,
    sought: Query[Sought],
    after: int = Query(0, ge=0, le=2**62),
    limit: int = Query(100, ge=1, le=1000),
    order: Literal["oldest", "newest"] = "oldest",
) -> dict[str, Any]:
    session = session_of(slug)
    request.auth.actor_in(session.room_id, "moderate")
    found = queries.questions_page(
        session,
        sought.criteria(),
        now=now(),
        after=after,
        limit=limit + 1,
        is_newest_first=order == "newest",
    )
    page = found[:limit]
    return {
        "items": [told(row) for row in page],
        "next": page[-1].id if len(found) > limit else None,
    }


@router.get("/questions/{question_id}", response=QuestionOut, summary="One question")
def question(request: HttpRequest, question_id: int) -> Any:
    actor_of(request, question_id)
    return told(queries.row_of(question_id))


def actor_of(request: HttpRequest, question_id: int) -> Actor:
    """Who decides. Raises NotFound also for questions of rooms that are none of theirs."""
    found = Question.objects.filter(pk=question_id).values_list("session__room_id", flat=True)
    room_id = found.first() if abs(question_id) < 2**63 else None
    if room_id is None:
        raise NotFound
    return request.auth.actor_in(room_id, "moderate")


def revision_of(if_match: str) -> int | None:
    """The revision that a decision was made on, from the header; None for "*" or nothing."""
    text = if_match.strip().removeprefix("W/").strip('"')
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


IF_MATCH = Header("", alias="If-Match", description="The revision that was decided on.")


def _decide(request: HttpRequest, question_id: int, verb: str, if_match: str) -> Any:
    by = actor_of(request, question_id)
    actions.decide(
        question_id=question_id, verb=verb, now=now(), by=by, revision=revision_of(if_match)
    )
    return told(queries.row_of(question_id))


@router.post("/questions/{question_id}/approve", response=QuestionOut, summary="Approve")
def approve(request: HttpRequest, question_id: int, if_match: str = IF_MATCH) -> Any:
    return _decide(request, question_id, "approve", if_match)


@router.post("/questions/{question_id}/hold", response=QuestionOut, summary="Hold")
def hold(request: HttpRequest, question_id: int, if_match: str = IF_MATCH) -> Any:
    return _decide(request, question_id, "hold", if_match)


@router.post("/questions/{question_id}/reject", response=QuestionOut, summary="Reject")
def reject(request: HttpRequest, question_id: int, if_match: str = IF_MATCH) -> Any:
    return _decide(request, question_id, "reject", if_match)


@router.post("/questions/{question_id}/later", response=QuestionOut, summary="Keep for later")
def later(request: HttpRequest, question_id: int, if_match: str = IF_MATCH) -> Any:
    return _decide(request, question_id, "later", if_match)


@router.post(
    "/questions/{question_id}/line-up", response=QuestionOut, summary="Add to the running order"
)
def line_up(request: HttpRequest, question_id: int, if_match: str = IF_MATCH) -> Any:
    return _decide(request, question_id, "line_up", if_match)


@router.post("/questions/{question_id}/air", response=QuestionOut, summary="Put on air")
def air(request: HttpRequest, question_id: int, if_match: str = IF_MATCH) -> Any:
    return _decide(request, question_id, "air", if_match)


class Answer(Schema):
    text: str = Field(max_length=20_000)


@router.post("/questions/{question_id}/answer", response=QuestionOut, summary="Mark answered")
def answer(request: HttpRequest, question_id: int, answer: Answer, if_match: str = IF_MATCH) -> Any:
    by = actor_of(request, question_id)
    actions.answer_question(
        question_id=question_id,
        text=answer.text.replace("\0", ""),
        now=now(),
        by=by,
        revision=revision_of(if_match),
    )
    return told(queries.row_of(question_id))


@router.post(
    "/questions/{question_id}/undo", response=QuestionOut, summary="Undo the last decision"
)
def undo(request: HttpRequest, question_id: int, if_match: str = IF_MATCH) -> Any:
    by = actor_of(request, question_id)
    actions.undo_decision(question_id=question_id, now=now(), by=by, revision=revision_of(if_match))
    return told(queries.row_of(question_id))


class Place(Schema):
    """A place in the running order, counted from 0."""

    position: int = Field(ge=0, le=100_000)


@router.post(
    "/questions/{question_id}/move", response=QuestionOut, summary="Move in the running order"
)
def move(request: HttpRequest, question_id: int, place: Place, if_match: str = IF_MATCH) -> Any:
    by = actor_of(request, question_id)
    actions.move_in_order(
        question_id=question_id,
        position=place.position,
        now=now(),
        by=by,
        revision=revision_of(if_match),
    )
    return told(queries.row_of(question_id))


class Words(Schema):
    """The words for air; none brings back what the author wrote."""

    text: str = Field("", max_length=20_000)


@router.post(
    "/questions/{question_id}/reword", response=QuestionOut, summary="Edit the words for air"
)
def reword(request: HttpRequest, question_id: int, words: Words, if_match: str = IF_MATCH) -> Any:
    by = actor_of(request, question_id)
    actions.reword_question(
        question_id=question_id,
        text=words.text.replace("\0", ""),
        now=now(),
        by=by,
        revision=revision_of(if_match),
    )
    return told(queries.row_of(question_id))


class Translation(Schema):
    """What is shown, in `language` (BCP 47); no text takes it away."""

    text: str = Field("", max_length=20_000)
    language: str = Field("", max_length=40)


@router.post(
    "/questions/{question_id}/translate", response=QuestionOut, summary="Translate for the screens"
)
def translate(
    request: HttpRequest, question_id: int, translation: Translation, if_match: str = IF_MATCH
) -> Any:
    by = actor_of(request, question_id)
    actions.translate_question(
        question_id=question_id,
        text=translation.text.replace("\0", ""),
        language=translation.language,
        now=now(),
        by=by,
        revision=revision_of(if_match),
    )
    return told(queries.row_of(question_id))


class Mark(Schema):
    is_sensitive: bool


@router.post(
    "/questions/{question_id}/sensitive", response=QuestionOut, summary="Mark as sensitive"
)
def sensitive(request: HttpRequest, question_id: int, mark: Mark, if_match: str = IF_MATCH) -> Any:
    by = actor_of(request, question_id)
    actions.mark_sensitive(
        question_id=question_id,
        is_sensitive=mark.is_sensitive,
        now=now(),
        by=by,
        revision=revision_of(if_match),
    )
    return told(queries.row_of(question_id))


@router.post(
    "/sessions/{slug}/off-air",
    response={200: QuestionOut, 204: None},
    summary="Take down what is on air",
)
def off_air(request: HttpRequest, slug: str) -> Any:
    session = session_of(slug)
    by = request.auth.actor_in(session.room_id, "moderate")
    question = actions.clear_air(session=session, now=now(), by=by)
    if question is None:
        return Status(204, None)
    return Status(200, told(queries.row_of(question.pk)))


@router.post("/posts/{post_id}/promote", response={201: QuestionOut}, summary="Make it a question")
def promote(request: HttpRequest, post_id: int) -> Status[Any]:
    post = Post.objects.select_related("session").filter(pk=post_id).first()
    if post is None:
        raise NotFound
    by = request.auth.actor_in(post.session.room_id, "moderate")
    question = actions.promote_post(post=post, now=now(), by=by)
    return Status(201, told(queries.row_of(question.pk)))
