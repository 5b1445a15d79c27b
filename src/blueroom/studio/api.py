"""The API's studio: feeds, the programme, answers."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any, Literal

import msgspec
from django.http import HttpRequest
from django.urls import reverse
from ninja import Router, Schema, Status
from pydantic import AwareDatetime, Field

from blueroom.base.clock import now
from blueroom.desk.models import Question
from blueroom.room.access import NotFound, session_of
from blueroom.room.actor import Actor
from blueroom.room.cards import absolute
from blueroom.room.models import Session
from blueroom.studio import actions, queries
from blueroom.studio.models import Answer, AnswerKind, CrewMessage, Feed
from blueroom.studio.photos import PhotoUnreadable
from blueroom.studio.queries import rtmp_address
from blueroom.studio.secrets import page_secret, stream_key

router = Router(tags=["studio"])
Kind = Literal["guest", "camera", "fan"]


class FeedOut(Schema):
    """A feed. `way` is empty where nobody sends by it."""

    id: int
    kind: str
    name: str
    state: str
    way: str
    connected_at: datetime | None
    width_px: int
    height_px: int
    is_on_air: bool
    is_on_wall: bool
    monitor: str
    whep: str
    question_id: int | None
    question: str
    code: str
    message: str


class ProgrammeOut(Schema):
    """What the public sees. `hls` is the path of its playlist."""

    state: str
    feed_id: int | None
    delay_s: int
    least_delay_s: int
    is_muted: bool
    started_at: datetime | None
    hls: str
    changed_by: str


class PhotoOut(Schema):
    """A photo by its path; the public may see it once its question is marked as answered."""

    path: str
    alt: str
    width_px: int
    height_px: int


class AnswerOut(Schema):
    """An answer: between two moments of a feed, by when the pictures were taken; or a photo."""

    id: int
    question_id: int
    question: str
    kind: str
    feed_id: int | None
    in_at: datetime
    out_at: datetime | None
    revision: int
    clip_state: str
    clip_path: str
    is_clip_public: bool
    photo: PhotoOut | None


class DiskOut(Schema):
    free_bytes: int
    is_low: bool
    is_full: bool


class StudioOut(Schema):
    programme: ProgrammeOut
    feeds: list[FeedOut]
    answers: list[AnswerOut]
    disk: DiskOut


class AddressesOut(Schema):
    """How to send by a feed. The stream key is a secret: whoever has it is on air with it."""

    page_url: str
    rtmp_url: str
    stream_key: str
    whip_url: str


class DumpedOut(Schema):
    dumped_s: float


class CrewMessageOut(Schema):
    """What the crew wrote, with its receipt. `feed_id` is null where it is for the guest."""

    id: int
    feed_id: int | None
    to: str
    text: str
    sent_by: str
    sent_at: datetime
    delivered_at: datetime | None
    seen_at: datetime | None


class TiedOut(Schema):
    """A question that a feed's person may ask."""

    id: int
    text: str
    state: str
    name: str


def _session(request: HttpRequest, slug: str, verb: str) -> tuple[Session, Actor]:
    session = session_of(slug)
    return session, request.auth.actor_in(session.room_id, verb)


def _feed(request: HttpRequest, feed_id: int, verb: str) -> tuple[Feed, Actor]:
    found = Feed.objects.select_related("session__room", "session__guest").filter(pk=feed_id)
    feed = found.first() if abs(feed_id) < 2**63 else None
    if feed is None:
        raise NotFound
    return feed, request.auth.actor_in(feed.session.room_id, verb)


def _answer(request: HttpRequest, answer_id: int, verb: str) -> tuple[Answer, Actor]:
    found = Answer.objects.select_related("question__session", "feed").filter(pk=answer_id)
    answer = found.first() if abs(answer_id) < 2**63 else None
    if answer is None:
        raise NotFound
    return answer, request.auth.actor_in(answer.question.session.room_id, verb)


def _told(value: msgspec.Struct) -> Any:
    return msgspec.to_builtins(value, builtin_types=(datetime,))


def _feed_told(feed: Feed) -> Any:
    return _told(queries.feed_line(feed))


def _programme_told(session: Session) -> Any:
    return _told(queries.programme_card(session))


@router.get("/sessions/{slug}/studio", response=StudioOut, summary="Feeds, programme and answers")
def studio(request: HttpRequest, slug: str) -> dict[str, Any]:
    session, _by = _session(request, slug, "see_studio")
    return {
        "programme": _programme_told(session),
        "feeds": [_told(line) for line in queries.feed_lines(session)],
        "answers": [_told(line) for line in queries.answer_lines(session)],
        "disk": _told(queries.disk()),
    }


# The programme


class LivePlan(Schema):
    """Which feed to show; left out: the one chosen before, else the guest's."""

    feed_id: int | None = None


@router.post("/sessions/{slug}/programme/live", response=ProgrammeOut, summary="Go live")
def go_live(request: HttpRequest, slug: str, plan: LivePlan | None = None) -> Any:
    session, by = _session(request, slug, "run_programme")
    feed = None
    if plan is not None and plan.feed_id is not None:
        feed = Feed.objects.filter(pk=plan.feed_id, session=session).first()
        if feed is None:
            raise NotFound
    actions.go_live(session=session, now=now(), by=by, feed=feed)
    return _programme_told(session)


@router.post("/sessions/{slug}/programme/slate", response=ProgrammeOut, summary="Cover it at once")
def slate(request: HttpRequest, slug: str) -> Any:
    session, by = _session(request, slug, "cover_programme")
    actions.put_on_slate(session=session, now=now(), by=by)
    return _programme_told(session)


@router.post("/sessions/{slug}/programme/stop", response=ProgrammeOut, summary="End the programme")
def stop(request: HttpRequest, slug: str) -> Any:
    session, by = _session(request, slug, "run_programme")
    actions.stop_programme(session=session, now=now(), by=by)
    return _programme_told(session)


@router.post(
    "/sessions/{slug}/programme/dump",
    response=DumpedOut,
    summary="Throw away what the delay holds back",
)
def dump(request: HttpRequest, slug: str) -> dict[str, float]:
    """No segment, recording or clip keeps it; the slate covers until there is a delay again."""
    session, by = _session(request, slug, "cover_programme")
    return {"dumped_s": actions.dump_held(session=session, now=now(), by=by)}


class ProgrammePlan(Schema):
    """What is left out stays as it is."""

    delay_s: int | None = Field(None, ge=0, le=30)
    least_delay_s: int | None = Field(None, ge=0, le=30)
    is_muted: bool | None = None


@router.patch("/sessions/{slug}/programme", response=ProgrammeOut, summary="Delay and sound")
def change_programme(request: HttpRequest, slug: str, plan: ProgrammePlan) -> Any:
    verb = "cover_programme" if plan.is_muted is not None else "run_programme"
    session, by = _session(request, slug, verb)
    if plan.is_muted is not None:
        actions.mute_programme(session=session, is_muted=plan.is_muted, now=now(), by=by)
    if plan.delay_s is not None or plan.least_delay_s is not None:
        actions.set_delay(
            session=session,
            now=now(),
            by=by,
            delay_s=plan.delay_s,
            least_delay_s=plan.least_delay_s,
        )
    return _programme_told(session)


# Feeds


class FeedPlan(Schema):
    kind: Kind = "guest"
    name: str = Field(max_length=200)


@router.post("/sessions/{slug}/feeds", response={201: FeedOut}, summary="A new way in for a camera")
def make_feed(request: HttpRequest, slug: str, plan: FeedPlan) -> Status[Any]:
    session, by = _session(request, slug, "make_feed")
    feed = actions.make_feed(session=session, kind=plan.kind, name=plan.name, now=now(), by=by)
    return Status(201, _feed_told(feed))


@router.get("/feeds/{feed_id}/addresses", response=AddressesOut, summary="How to send by it")
def addresses(request: HttpRequest, feed_id: int) -> dict[str, str]:
    feed, _by = _feed(request, feed_id, "make_feed")
    page = reverse("feed", args=[page_secret(feed)])
    return {
        "page_url": absolute(page),
        "rtmp_url": rtmp_address(),
        "stream_key": stream_key(feed),
        "whip_url": absolute(f"/feed/{page_secret(feed)}/whip") if queries.has_webrtc() else "",
    }


class FeedChange(Schema):
    """What is left out stays as it is."""

    name: str | None = Field(None, max_length=200)
    is_on_wall: bool | None = None


@router.patch("/feeds/{feed_id}", response=FeedOut, summary="Rename, put on the videos wall")
def change_feed(request: HttpRequest, feed_id: int, change: FeedChange) -> Any:
    feed, by = _feed(request, feed_id, "admit_feed")
    if change.name is not None:
        feed = actions.rename_feed(feed=feed, name=change.name, now=now(), by=by)
    if change.is_on_wall is not None:
        feed = actions.show_on_wall(feed=feed, is_on=change.is_on_wall, now=now(), by=by)
    return _feed_told(feed)


@router.post("/feeds/{feed_id}/renew", response=FeedOut, summary="New address and stream key")
def renew_feed(request: HttpRequest, feed_id: int) -> Any:
    feed, by = _feed(request, feed_id, "make_feed")
    return _feed_told(actions.renew_feed(feed=feed, now=now(), by=by))


def _step(request: HttpRequest, feed_id: int, verb: str) -> Any:
    feed, by = _feed(request, feed_id, "admit_feed")
    return _feed_told(actions.step_feed(feed=feed, verb=verb, now=now(), by=by))


@router.post("/feeds/{feed_id}/test", response=FeedOut, summary="See and hear it, alone")
def test_feed(request: HttpRequest, feed_id: int) -> Any:
    return _step(request, feed_id, "test")


@router.post("/feeds/{feed_id}/admit", response=FeedOut, summary="Let it in")
def admit_feed(request: HttpRequest, feed_id: int) -> Any:
    return _step(request, feed_id, "admit")


@router.post("/feeds/{feed_id}/refuse", response=FeedOut, summary="Send it away")
def refuse_feed(request: HttpRequest, feed_id: int) -> Any:
    return _step(request, feed_id, "refuse")


@router.post("/feeds/{feed_id}/end", response=FeedOut, summary="End it: its secrets open nothing")
def end_feed(request: HttpRequest, feed_id: int) -> Any:
    return _step(request, feed_id, "end")


@router.get("/feeds/{feed_id}/questions", response=list[TiedOut], summary="What its person may ask")
def questions_to_tie(request: HttpRequest, feed_id: int) -> list[dict[str, Any]]:
    """Their own questions, and those lined up or on air; newest first, 50 at most."""
    feed, _by = _feed(request, feed_id, "admit_feed")
    return [
        {
            "id": question.pk,
            "text": question.text,
            "state": question.state,
            "name": question.post.author.name or question.post.author.handle,
        }
        for question in queries.questions_to_tie(feed)[:50]
    ]


class Tie(Schema):
    """null: nobody knows what they want to ask."""

    question_id: int | None = Field(ge=1, lt=2**63)


@router.put("/feeds/{feed_id}/question", response=FeedOut, summary="Say what its person asks")
def tie_question(request: HttpRequest, feed_id: int, tie: Tie) -> Any:
    feed, by = _feed(request, feed_id, "admit_feed")
    question = Question.objects.filter(pk=tie.question_id).first()
    if question is None and tie.question_id is not None:
        raise NotFound
    return _feed_told(actions.tie_question(feed=feed, question=question, now=now(), by=by))


# What the crew writes


class Message(Schema):
    text: str = Field(max_length=2000)


@router.post("/feeds/{feed_id}/say", response=CrewMessageOut, summary="A message to whoever sends")
def say_to_feed(request: HttpRequest, feed_id: int, message: Message) -> Any:
    feed, by = _feed(request, feed_id, "say")
    return _message_told(
        actions.say_to_feed(feed=feed, text=message.text, now=now(), by=by), feed.session
    )


@router.post("/sessions/{slug}/say", response=CrewMessageOut, summary="A message to the guest")
def say_to_guest(request: HttpRequest, slug: str, message: Message) -> Any:
    session, by = _session(request, slug, "say")
    return _message_told(
        actions.say_to_guest(session=session, text=message.text, now=now(), by=by), session
    )


@router.get(
    "/sessions/{slug}/messages",
    response=list[CrewMessageOut],
    summary="What the crew wrote, with receipts",
)
def messages(request: HttpRequest, slug: str) -> list[Any]:
    """Newest first, 30 at most."""
    session, _by = _session(request, slug, "see_studio")
    return [_told(line) for line in queries.message_lines(session)]


def _message_told(message: CrewMessage, session: Session) -> Any:
    return _told(queries.message_line(message, guest=session.guest.name))


# Answers


class InMark(Schema):
    """`at`: the moment that whoever marks was seeing; left out: now."""

    at: AwareDatetime | None = None
    feed_id: int | None = None


class OutMark(Schema):
    at: AwareDatetime | None = None


class Marks(Schema):
    """`revision`: the one that was adjusted; left out: whatever is there."""

    in_at: AwareDatetime
    out_at: AwareDatetime
    revision: int | None = None


class PhotoPlan(Schema):
    """`data` is the picture (JPEG, PNG or WebP) as base64; `alt` says what it shows, and must."""

    data: str = Field(max_length=11_000_000)
    alt: str = Field("", max_length=2000)


class Alt(Schema):
    alt: str = Field("", max_length=2000)


def _marker(request: HttpRequest, question_id: int) -> Actor:
    room_id = queries.room_of_question(question_id)
    if room_id is None:
        raise NotFound
    actor: Actor = request.auth.actor_in(room_id, "mark_answer")
    return actor


def _answer_told(answer: Answer) -> Any:
    return _told(queries.answer_line(answer))


@router.post("/questions/{question_id}/answers/in", response=AnswerOut, summary="The answer begins")
def mark_in(request: HttpRequest, question_id: int, mark: InMark | None = None) -> Any:
    by = _marker(request, question_id)
    mark = mark or InMark()
    feed = None
    if mark.feed_id is not None:
        feed, _by = _feed(request, mark.feed_id, "mark_answer")
    answer = actions.mark_in(question_id=question_id, now=now(), by=by, at=mark.at, feed=feed)
    return _answer_told(answer)


@router.post("/questions/{question_id}/answers/out", response=AnswerOut, summary="The answer ends")
def mark_out(request: HttpRequest, question_id: int, mark: OutMark | None = None) -> Any:
    by = _marker(request, question_id)
    at = mark.at if mark else None
    return _answer_told(actions.mark_out(question_id=question_id, now=now(), by=by, at=at))


@router.post(
    "/questions/{question_id}/answers/photo",
    response={201: AnswerOut},
    summary="Answer with a picture",
)
def add_photo(request: HttpRequest, question_id: int, photo: PhotoPlan) -> Status[Any]:
    """It takes the place of the photo that was there."""
    by = _marker(request, question_id)
    try:
        data = base64.b64decode(photo.data, validate=True)
    except binascii.Error:
        raise PhotoUnreadable from None
    answer = actions.add_photo(
        question_id=question_id, picture=data, alt=photo.alt, now=now(), by=by
    )
    return Status(201, _answer_told(answer))


@router.put("/answers/{answer_id}/alt", response=AnswerOut, summary="Say what a photo shows")
def describe_photo(request: HttpRequest, answer_id: int, told: Alt) -> Any:
    answer, by = _answer(request, answer_id, "mark_answer")
    if answer.kind != AnswerKind.PHOTO:
        raise NotFound
    return _answer_told(actions.describe_photo(answer=answer, alt=told.alt, now=now(), by=by))


@router.patch("/answers/{answer_id}", response=AnswerOut, summary="Move the marks; cut again")
def adjust(request: HttpRequest, answer_id: int, marks: Marks) -> Any:
    answer, by = _answer(request, answer_id, "mark_answer")
    answer = actions.adjust_answer(
        answer=answer,
        in_at=marks.in_at,
        out_at=marks.out_at,
        now=now(),
        by=by,
        revision=marks.revision,
    )
    return _answer_told(answer)


@router.delete("/answers/{answer_id}", response={204: None}, summary="Forget the marks, or a photo")
def remove(request: HttpRequest, answer_id: int) -> Status[None]:
    answer, by = _answer(request, answer_id, "mark_answer")
    actions.remove_answer(answer=answer, now=now(), by=by)
    return Status(204, None)
