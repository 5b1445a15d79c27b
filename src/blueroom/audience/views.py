"""The phone page: ask without an account, see what became of it. Works without JavaScript."""

from __future__ import annotations

from typing import Annotated, Any

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
    HeartsTooFast,
    HeartsUnclear,
    NoLivePicture,
    NotTakingQuestions,
    QuestionTooLong,
)
from blueroom.audience.forms import AskForm
from blueroom.audience.queries import own_questions, phone_state
from blueroom.audience.rules import QUESTION_LENGTH_MAX, state_told
from blueroom.audience.stream import SCREEN
from blueroom.audience.visitors import address_of, asker_of, known_asker, remember_asker
from blueroom.audience.wire import OwnQuestion
from blueroom.base.clock import now
from blueroom.base.errors import BlueRoomError
from blueroom.room.access import NotFound, session_of
from blueroom.room.models import Session
from blueroom.studio import actions
from blueroom.studio.errors import SessionNotOpen
from blueroom.studio.secrets import page_secret

BODY_SIZE_MAX_BYTES = 200_000  # the longest lawful question is far below; more is not shown again
HEARTS_SIZE_MAX_BYTES = 1_000


def _session(slug: str) -> Session:
    try:
        return session_of(slug)
    except NotFound as error:
        raise Http404 from error


@never_cache
@require_safe
def phone(request: HttpRequest, slug: str) -> HttpResponse:
    """What is on air, what was answered, the form, and this phone's own questions."""
    return _page(request, _session(slug), AskForm(), known_asker(request))


def _page(
    request: HttpRequest, session: Session, form: AskForm, asker: str, status: int = 200
) -> HttpResponse:
    state = phone_state(session)
    mine = own_questions(session, asker=asker)
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
        "length_max": QUESTION_LENGTH_MAX,
        "zone": session.room.time_zone,
        "state": msgspec.to_builtins(state),
        "mine": msgspec.to_builtins(mine),
        "typed": {name: form.data.get(name, "") for name in form.fields},
        "refusal": " ".join(error for errors in form.errors.values() for error in errors),
    }
    context: dict[str, Any] = {
        "session": session,
        "state": state,
        "mine": mine,
        "form": form,
        "boot": boot,
        "is_taking": session.state in TAKING,
    }
    return render(request, "audience/phone.html", context, status=status)


@never_cache
@require_POST
def ask_question(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes a question; who asks for JSON gets {"item": …} or {"code", "message"}."""
    session = _session(slug)
    wants_json = request.accepts("application/json") and not request.accepts("text/html")
    form = AskForm(request.POST)
    if int(request.META.get("CONTENT_LENGTH") or 0) > BODY_SIZE_MAX_BYTES:
        return _refusal(request, session, AskForm({}), QuestionTooLong(), wants_json)
    asker = asker_of(request)
    if not form.is_valid():
        if wants_json:
            message = " ".join(error for errors in form.errors.values() for error in errors)
            return JsonResponse({"code": "invalid", "message": message}, status=422)
        return _page(request, session, form, known_asker(request), 422)
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
        id=question.pk, text=question.text, state=state, answer="", clip="", photo=None
    )
    response: HttpResponse
    if wants_json:
        response = JsonResponse({"item": msgspec.to_builtins(item)}, status=201)
    else:
        response = HttpResponseRedirect(reverse("phone", args=[slug]) + "#mine")
        response.status_code = 303
    remember_asker(response, asker)
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
        response = _page(request, session, form, known_asker(request), status)
    if isinstance(error, AskedTooOften) and error.retry_after_s:
        response.headers["Retry-After"] = str(round(error.retry_after_s))
    return response


@never_cache
@require_POST
def ask_by_video(request: HttpRequest, slug: str) -> HttpResponse:
    """A place in the queue of those who ask by video; leads to the page that sends."""
    session = _session(slug)
    asker = asker_of(request)
    try:
        pace_address(address_of(request), now=now())
        feed = actions.ask_by_video(
            session=session,
            name=request.POST.get("name", "")[:2_000],
            asker=asker,
            agrees=request.POST.get("agrees") == "yes",
            now=now(),
        )
    except BlueRoomError as error:
        status = {AskedTooOften: 429, SessionNotOpen: 409}.get(type(error), 422)
        message = gettext(str(error.message))
        return JsonResponse({"code": error.code, "message": message}, status=status)
    page = reverse("feed", args=[page_secret(feed)])
    response = JsonResponse({"url": page}, status=201)
    remember_asker(response, asker)
    return response


class HeartsSent(msgspec.Struct, frozen=True):
    """A phone's batch."""

    hearts: Annotated[int, msgspec.Meta(ge=1)]


@never_cache
@require_POST
def send_hearts(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes hearts for the live picture, {"hearts": n} as JSON or as a form; 204."""
    try:
        hearts = _hearts_in(request)
        audience.send_hearts(slug=slug, hearts=hearts, address=address_of(request), now=now())
    except NotFound as error:
        raise Http404 from error
    except BlueRoomError as error:
        status = {HeartsTooFast: 429, NoLivePicture: 409}.get(type(error), 422)
        refused = {"code": error.code, "message": gettext(str(error.message))}
        return JsonResponse(refused, status=status)
    return HttpResponse(status=204)


def _hearts_in(request: HttpRequest) -> int:
    """Raises: HeartsUnclear."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > HEARTS_SIZE_MAX_BYTES:
        raise HeartsUnclear
    try:
        if request.content_type == "application/json":
            return msgspec.json.decode(request.body, type=HeartsSent).hearts
        return msgspec.convert(request.POST.dict(), HeartsSent, strict=False).hearts
    except msgspec.MsgspecError as error:
        raise HeartsUnclear from error


@never_cache
@require_safe
def mine(request: HttpRequest, slug: str) -> JsonResponse:
    """What this phone asked, newest first."""
    items = own_questions(_session(slug), asker=known_asker(request))
    return JsonResponse({"items": msgspec.to_builtins(items)})
