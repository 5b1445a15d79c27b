"""The API's replies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import Router, Schema, Status
from pydantic import Field

from blueroom.base.clock import now
from blueroom.desk.api import QuestionOut, told
from blueroom.desk.models import Question, SendState
from blueroom.desk.queries import row_of
from blueroom.publish import actions, clarifying
from blueroom.publish.composing import Composed, Wish
from blueroom.publish.models import Media, Reply
from blueroom.publish.offers import ClipOffer, PhotoOffer
from blueroom.publish.queries import others_asking, preview_reply
from blueroom.room.access import NotFound

router = Router(tags=["replies"])
Way = Literal["video", "photo", "link", "none", ""]


class PartOut(Schema):
    text: str
    kind: str
    href: str


class ProblemOut(Schema):
    code: str
    message: str


class ClipOut(Schema):
    """The clip that may come along.

    `state`: private (not public), making, failed or ready; `progress` from 0 to 1. `alt` is read
    aloud to who does not see the video.
    """

    state: str
    progress: float
    url: str
    kind: str
    poster: str
    duration_s: float
    alt: str


class PhotoOut(Schema):
    """The picture that may come along; `url` is the page that shows it, `path` itself."""

    path: str
    width_px: int
    height_px: int
    url: str
    alt: str


class PreviewOut(Schema):
    """The reply as its network will show it. It may go out where `problems` is empty.

    `words` is the text without the link. `choices` are the values that `media` may have, the
    proposed one first; `obstacles` say why "video" or "photo" is not among them. `state` is empty
    before anybody asked for it to go out. `others` is how many more people of the question's group
    get it.
    """

    text: str
    words: str
    media: str
    or_link: bool
    choices: list[str]
    obstacles: list[ProblemOut]
    clip: ClipOut | None
    photo: PhotoOut | None
    parts: list[PartOut]
    length: int
    limit: int
    unit: str
    others: int
    network: str
    account: str
    problems: list[ProblemOut]
    state: str
    url: str
    code: str
    message: str


class ReplyOut(Schema):
    """Where a reply stands; `message` says what to do where it failed, or what it waits for."""

    state: str
    text: str
    media: str
    url: str
    id: str
    code: str
    message: str


class ReplyPlan(Schema):
    """Other words than the answer's, where they are wanted, and how clip or photo come along.

    `media`: "video", "photo", "link", "none", or "" for what the house proposes. `or_link` lets a
    link take the place of the video or the picture where the network refuses it.
    """

    text: str = Field("", max_length=20_000)
    media: Way = ""
    alt: str = Field("", max_length=2_000)
    or_link: bool = False


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
        "media": reply.media,
        "url": reply.url,
        "id": reply.remote_id,
        "code": reply.error_code,
        "message": gettext(reply.error_message) if reply.error_message else "",
    }


def _clip_told(offer: ClipOffer, composed: Composed) -> dict[str, Any]:
    return {
        "state": offer.state,
        "progress": round(offer.progress, 2),
        "url": offer.url,
        "kind": "video" if offer.file.media_type.startswith("video/") else "picture",
        "poster": offer.poster_url,
        "duration_s": offer.file.duration_s,
        "alt": _alt(composed, Media.VIDEO) or offer.file.alt,
    }


def _photo_told(offer: PhotoOffer, composed: Composed) -> dict[str, Any]:
    return {
        "path": offer.photo.path,
        "width_px": offer.photo.width_px,
        "height_px": offer.photo.height_px,
        "url": offer.url,
        "alt": _alt(composed, Media.PHOTO) or offer.photo.alt,
    }


def _alt(composed: Composed, way: Media) -> str:
    """What somebody wrote to describe it, where it is what comes along."""
    return composed.alt if composed.media == way else ""


def _problems_told(problems: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"code": code, "message": gettext(said)} for code, said in problems]


@router.get("/questions/{question_id}/reply", response=PreviewOut, summary="Preview the reply")
def preview(
    request: HttpRequest,
    question_id: int,
    text: str = "",
    media: Way = "",
    alt: str = "",
) -> dict[str, Any]:
    question = _question(request, question_id)
    wish = Wish(words=text[:20_000], media=media, alt=alt[:2_000].strip())
    desk, composed, offers = preview_reply(question, wish=wish)
    shown = composed.preview
    reply = Reply.objects.filter(question=question).first()
    is_sent = reply is not None and reply.state == SendState.SENT
    return {
        "text": shown.text,
        "words": composed.words,
        "media": composed.media,
        "or_link": composed.or_link,
        "choices": list(composed.choices),
        "obstacles": _problems_told(composed.obstacles),
        "clip": _clip_told(offers.clip, composed) if offers.clip else None,
        "photo": _photo_told(offers.photo, composed) if offers.photo else None,
        "parts": [{"text": p.text, "kind": p.kind, "href": p.href} for p in shown.parts],
        "length": shown.length,
        "limit": shown.limits.text_limit,
        "unit": shown.limits.text_unit,
        "others": len(others_asking(question)),
        "network": desk.network.slug,
        "account": desk.account.handle if desk.account else "",
        "problems": [] if is_sent else _problems_told(shown.problems),
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
    """200 where the network has it, 202 where it goes out later, is tried again or needs somebody.

    A video or a picture goes out later: it takes longer than a request may.
    """
    question = _question(request, question_id)
    by = request.auth.actor_in(question.session.room_id, "reply")
    plan = plan or ReplyPlan()
    moment = now()
    reply = actions.ask_for_reply(
        question_id=question_id,
        now=moment,
        by=by,
        text=plan.text,
        media=plan.media,
        alt=plan.alt,
        or_link=plan.or_link,
    )
    if not reply.is_with_file:
        reply = actions.send_reply(reply_id=reply.pk, now=moment)
    return Status(200 if reply.state == "sent" else 202, _told(reply))


class ClarificationPreview(Schema):
    """As its network will show it; it may go out where `problems` is empty. `network` "page": the
    phone page tells its author, and no network does."""

    network: str
    account: str
    length: int
    limit: int
    problems: list[ProblemOut]


class Words(Schema):
    text: str = Field(max_length=20_000)


@router.get(
    "/questions/{question_id}/clarification",
    response=ClarificationPreview,
    summary="How its author would be asked what they mean",
)
def preview_asking(request: HttpRequest, question_id: int, text: str = "") -> dict[str, Any]:
    question = _question(request, question_id)
    shown = clarifying.preview_clarification(question, text=text[:20_000])
    return {
        "network": shown.network,
        "account": shown.account,
        "length": shown.length,
        "limit": shown.limit,
        "problems": _problems_told(shown.problems),
    }


@router.post(
    "/questions/{question_id}/clarification",
    response=QuestionOut,
    summary="Ask its author what they mean, once, under their post",
)
def ask_author(request: HttpRequest, question_id: int, words: Words) -> Any:
    """The question, whose `clarification` says how far that is; it goes out in the background."""
    question = _question(request, question_id)
    by = request.auth.actor_in(question.session.room_id, "reply")
    clarifying.ask_author(
        question_id=question_id, text=words.text.replace("\0", ""), now=now(), by=by
    )
    return told(row_of(question_id))


@router.delete(
    "/questions/{question_id}/clarification",
    response=QuestionOut,
    summary="Take back what its author was asked",
)
def take_back_asking(request: HttpRequest, question_id: int) -> Any:
    """Deleted where it is published, stopped where it waits to be."""
    question = _question(request, question_id)
    by = request.auth.actor_in(question.session.room_id, "reply")
    clarifying.take_back_clarification(question_id=question_id, by=by)
    return told(row_of(question_id))


@router.delete("/questions/{question_id}/reply", response=ReplyOut, summary="Take the reply back")
def take_back(request: HttpRequest, question_id: int) -> dict[str, Any]:
    question = _question(request, question_id)
    by = request.auth.actor_in(question.session.room_id, "reply")
    return _told(actions.take_back_reply(question_id=question_id, now=now(), by=by))
