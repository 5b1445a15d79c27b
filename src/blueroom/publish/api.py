"""The API's replies."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import Router, Schema, Status
from pydantic import Field

from blueroom.base.clock import now
from blueroom.desk.models import Question
from blueroom.publish import actions
from blueroom.publish.models import Reply
from blueroom.publish.queries import preview_reply
from blueroom.room.access import NotFound

router = Router(tags=["replies"])


class PartOut(Schema):
    text: str
    kind: str
    href: str


class ProblemOut(Schema):
    code: str
    message: str


class PreviewOut(Schema):
    """The reply as its network will show it. It may go out where `problems` is empty.

    `state` is empty before anybody asked for it to go out.
    """

    text: str
    parts: list[PartOut]
    length: int
    limit: int
    unit: str
    network: str
    account: str
    problems: list[ProblemOut]
    state: str
    url: str
    code: str
    message: str


class ReplyOut(Schema):
    """Where a reply stands; `message` says what to do where it failed."""

    state: str
    text: str
    url: str
    id: str
    code: str
    message: str


class ReplyPlan(Schema):
    """Other words than the answer's, where they are wanted."""

    text: str = Field("", max_length=20_000)


def _question(request: HttpRequest, question_id: int) -> Question:
    found = Question.objects.select_related("session", "post__author").filter(
        pk=question_id, withdrawn_at__isnull=True
    )
    question = found.first() if abs(question_id) < 2**63 else None
    if question is None:
        raise NotFound
    request.auth.actor_in(question.session.room_id, "reply")
    return question


def _told(reply: Reply) -> dict[str, Any]:
    return {
        "state": reply.state,
        "text": reply.text,
        "url": reply.url,
        "id": reply.remote_id,
        "code": reply.error_code,
        "message": gettext(reply.error_message) if reply.error_message else "",
    }


@router.get("/questions/{question_id}/reply", response=PreviewOut, summary="Preview the reply")
def preview(request: HttpRequest, question_id: int, text: str = "") -> dict[str, Any]:
    question = _question(request, question_id)
    desk, shown = preview_reply(question, text=text[:20_000])
    reply = Reply.objects.filter(question=question).first()
    return {
        "text": shown.text,
        "parts": [{"text": p.text, "kind": p.kind, "href": p.href} for p in shown.parts],
        "length": shown.length,
        "limit": shown.limits.text_limit,
        "unit": shown.limits.text_unit,
        "network": desk.network.slug,
        "account": desk.account.handle if desk.account else "",
        "problems": [{"code": code, "message": gettext(said)} for code, said in shown.problems],
        "state": reply.state if reply else "",
        "url": reply.url if reply else "",
        "code": reply.error_code if reply else "",
        "message": gettext(reply.error_message) if reply and reply.error_message else "",
    }


@router.post(
    "/questions/{question_id}/reply",
    response={200: ReplyOut, 202: ReplyOut},
    summary="Publish the reply under the asker's post, once",
)
def publish(
    request: HttpRequest, question_id: int, plan: ReplyPlan | None = None
) -> Status[dict[str, Any]]:
    """200 where the network has it, 202 where it will be tried again or needs somebody."""
    question = _question(request, question_id)
    by = request.auth.actor_in(question.session.room_id, "reply")
    moment = now()
    reply = actions.ask_for_reply(
        question_id=question_id, now=moment, by=by, text=plan.text if plan else ""
    )
    reply = actions.send_reply(reply_id=reply.pk, now=moment)
    return Status(200 if reply.state == "sent" else 202, _told(reply))


@router.delete("/questions/{question_id}/reply", response=ReplyOut, summary="Take the reply back")
def take_back(request: HttpRequest, question_id: int) -> dict[str, Any]:
    question = _question(request, question_id)
    by = request.auth.actor_in(question.session.room_id, "reply")
    return _told(actions.take_back_reply(question_id=question_id, now=now(), by=by))
