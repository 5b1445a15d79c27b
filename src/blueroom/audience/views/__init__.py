"""The phone page: ask and vote without an account, see what became of it; also without scripts."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from blueroom.audience import actions as audience
from blueroom.audience.actions import TAKING, ask, pace_address
from blueroom.audience.errors import (
    AskedTooOften,
    HeartsOff,
    HeartsTooFast,
    HeartsUnclear,
    NoLivePicture,
    NotTakingQuestions,
    NotUpForVote,
    QuestionTooLong,
    VotedTooOften,
    VotedTooSoon,
    VotesOff,
    VoteUnclear,
)
from blueroom.audience.forms import AskForm
from blueroom.audience.queries import own_questions, phone_state, voted_for
from blueroom.audience.rules import QUESTION_LENGTH_MAX, VOTE_AFTER_S, state_told
from blueroom.audience.stream import SCREEN
from blueroom.audience.views.announcing import page_address, picture_address
from blueroom.audience.views.public import session_at
from blueroom.audience.visitors import (
    address_of,
    asker_of,
    device_of,
    known_asker,
    remember_asker,
)
from blueroom.audience.wire import OwnQuestion
from blueroom.base.clock import now
from blueroom.base.errors import BlueRoomError, TryLater
from blueroom.base.ids import new_secret
from blueroom.room.access import NotFound
from blueroom.room.models import Session
from blueroom.studio.errors import SessionNotOpen
from blueroom.studio.secrets import page_secret
from blueroom.updates.slate import slates

BODY_SIZE_MAX_BYTES = 200_000  # the longest lawful question is far below; more is not shown again
SMALL_SIZE_MAX_BYTES = 1_000  # hearts, a vote
Sent = TypeVar("Sent")


@never_cache
@require_safe
def phone(request: HttpRequest, slug: str) -> HttpResponse:
    """What is on air, what was answered, the form, and this phone's own questions."""
    return _page(request, session_at(slug), AskForm())


def _page(request: HttpRequest, session: Session, form: AskForm, status: int = 200) -> HttpResponse:
    asker = asker_of(request)
    state = phone_state(session)
    mine = own_questions(session, asker=asker)
    voted = voted_for(session, device=asker)
    slate = slates().of(session.slug)
    boot = {
        "slug": session.slug,
        "language": get_language(),
        "topic": f"{session.slug}/{SCREEN}",
        "stream": f"/live/{session.slug}/{SCREEN}",
        "ticket_url": None,
        "api": "/api/v1",
        "csrf": get_token(request),
        "ask_url": reverse("ask_question", args=[session.slug]),
        "hearts_url": reverse("send_hearts", args=[session.slug]),
        "mine_url": reverse("own_questions", args=[session.slug]),
        "video_url": reverse("ask_by_video", args=[session.slug]),
        "vote_url": reverse("vote", args=[session.slug]),
        "vote_after_s": VOTE_AFTER_S,
        "now_url": f"/now/{session.slug}/{SCREEN}",
        "calendar_url": f"{reverse('calendar', args=[session.slug])}?lang={get_language()}",
        "offline_url": f"{reverse('phone_offline', args=[session.slug])}?lang={get_language()}",
        "worker_url": reverse("phone_worker"),
        "length_max": QUESTION_LENGTH_MAX,
        "zone": session.room.time_zone,
        "state": msgspec.to_builtins(state),
        "slate": msgspec.to_builtins(slate),
        "mine": msgspec.to_builtins(mine),
        "voted": voted,
        "typed": {name: form.data.get(name, "") for name in ("text", "name", "place")},
        "refusal": " ".join(error for errors in form.errors.values() for error in errors),
    }
    context: dict[str, Any] = {
        "session": session,
        "state": state,
        "mine": mine,
        "voted": voted,
        "form": form,
        "boot": boot,
        "is_taking": session.state in TAKING,
        "key": new_secret(12),
        "page_url": page_address(request, session),
        "picture_url": picture_address(request, session),
        "calendar_url": boot["calendar_url"],
        "is_covered": slate.is_on,
    }
    response = render(request, "audience/phone.html", context, status=status)
    # From now on this phone is known: what it sends again counts once, and it may vote.
    remember_asker(request, response, asker)
    return response


@never_cache
@require_POST
def ask_question(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes a question; who asks for JSON gets {"item": …} or {"code", "message"}."""
    session = session_at(slug)
    wants_json = request.accepts("application/json") and not request.accepts("text/html")
    form = AskForm(request.POST)
    if int(request.META.get("CONTENT_LENGTH") or 0) > BODY_SIZE_MAX_BYTES:
        return _refusal(request, session, AskForm({}), QuestionTooLong(), wants_json)
    asker = asker_of(request)
    if not form.is_valid():
        if wants_json:
            message = " ".join(error for errors in form.errors.values() for error in errors)
            return JsonResponse({"code": "invalid", "message": message}, status=422)
        return _page(request, session, form, 422)
    try:
        question = ask(
            session=session,
            asker=asker,
            address=address_of(request),
            now=now(),
            **form.cleaned_data,
        )
    except BlueRoomError as error:
        return _refusal(request, session, form, error, wants_json)
    state = state_told(question.state, is_withdrawn=False)
    item = OwnQuestion(
        id=question.pk,
        text=question.text,
        state=state,
        others=0,
        votes=0,
        answer="",
        clip="",
        clarification="",
        photo=None,
    )
    response: HttpResponse
    if wants_json:
        response = JsonResponse({"item": msgspec.to_builtins(item)}, status=201)
    else:
        response = HttpResponseRedirect(reverse("phone", args=[slug]) + "#mine")
        response.status_code = 303
    remember_asker(request, response, asker)
    return response


def _refusal(
    request: HttpRequest, session: Session, form: AskForm, error: BlueRoomError, wants_json: bool
) -> HttpResponse:
    status = {AskedTooOften: 429, NotTakingQuestions: 409}.get(type(error), 422)
    message = gettext(str(error.message))
    response: HttpResponse
    if wants_json:
        response = JsonResponse({"code": error.code, "message": message}, status=status)
    else:
        form.add_error("text", message)
        response = _page(request, session, form, status)
    if isinstance(error, AskedTooOften) and error.retry_after_s:
        response.headers["Retry-After"] = str(round(error.retry_after_s))
    return response


@never_cache
@require_POST
def ask_by_video(request: HttpRequest, slug: str) -> HttpResponse:
    """A place in the queue of those who ask by video; leads to the page that sends."""
    session = session_at(slug)
    asker = asker_of(request)
    try:
        pace_address(address_of(request), now=now())
        feed = audience.ask_by_video(
            session=session,
            text=request.POST.get("text", "")[:20_000],
            name=request.POST.get("name", "")[:2_000],
            agrees=request.POST.get("agrees") == "yes",
            asker=asker,
            address=address_of(request),
            now=now(),
        )
    except BlueRoomError as error:
        status = {AskedTooOften: 429, SessionNotOpen: 409, NotTakingQuestions: 409}.get(
            type(error), 422
        )
        message = gettext(str(error.message))
        return JsonResponse({"code": error.code, "message": message}, status=status)
    page = reverse("feed", args=[page_secret(feed)])
    response = JsonResponse({"url": page}, status=201)
    remember_asker(request, response, asker)
    return response


class VoteSent(msgspec.Struct, frozen=True):
    """A phone's vote for a question, or the word that it takes it back."""

    question: int
    vote: bool


@never_cache
@require_POST
def vote(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes {"question": id, "vote": true or false} as JSON, or as the page's own form."""
    session = session_at(slug)
    is_form = request.content_type != "application/json"
    try:
        sent = _small(request, VoteSent)
        if sent is None:
            raise VoteUnclear
        audience.vote(
            session=session,
            question_id=sent.question,
            is_for=sent.vote,
            device=device_of(request),
            address=address_of(request),
            now=now(),
        )
    except BlueRoomError as error:
        return _vote_refused(request, session, error, is_form=is_form)
    if is_form:
        response = HttpResponseRedirect(reverse("phone", args=[slug]) + "#votes")
        response.status_code = 303
        return response
    return JsonResponse({"question": sent.question, "vote": sent.vote})


def _vote_refused(
    request: HttpRequest, session: Session, error: BlueRoomError, *, is_form: bool
) -> HttpResponse:
    status = {VotedTooSoon: 429, VotedTooOften: 429, NotUpForVote: 409, VotesOff: 409}.get(
        type(error), 422
    )
    message = gettext(str(error.message))
    response: HttpResponse
    if is_form:
        form = AskForm({})
        form.add_error(None, message)
        response = _page(request, session, form, status)
    else:
        response = JsonResponse({"code": error.code, "message": message}, status=status)
        remember_asker(request, response, asker_of(request))
    if isinstance(error, TryLater) and error.retry_after_s:
        response.headers["Retry-After"] = str(round(error.retry_after_s))
    return response


class HeartsSent(msgspec.Struct, frozen=True):
    """A phone's batch."""

    hearts: Annotated[int, msgspec.Meta(ge=1)]


@never_cache
@require_POST
def send_hearts(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes hearts for the live picture, {"hearts": n} as JSON or as a form; 204."""
    try:
        sent = _small(request, HeartsSent)
        if sent is None:
            raise HeartsUnclear
        audience.send_hearts(slug=slug, hearts=sent.hearts, address=address_of(request), now=now())
    except NotFound as error:
        raise Http404 from error
    except BlueRoomError as error:
        status = {HeartsTooFast: 429, NoLivePicture: 409, HeartsOff: 409}.get(type(error), 422)
        refused = {"code": error.code, "message": gettext(str(error.message))}
        return JsonResponse(refused, status=status)
    return HttpResponse(status=204)


def _small(request: HttpRequest, kind: type[Sent]) -> Sent | None:
    """What a small body says, as JSON or as a form; None where it is unclear."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > SMALL_SIZE_MAX_BYTES:
        return None
    try:
        if request.content_type == "application/json":
            return msgspec.json.decode(request.body, type=kind)
        return msgspec.convert(request.POST.dict(), kind, strict=False)
    except msgspec.MsgspecError:
        return None


@never_cache
@require_safe
def mine(request: HttpRequest, slug: str) -> JsonResponse:
    """What this phone asked, newest first, and what it voted for."""
    session, asker = session_at(slug), known_asker(request)
    items = own_questions(session, asker=asker)
    voted = voted_for(session, device=asker)
    return JsonResponse({"items": msgspec.to_builtins(items), "voted": voted})
