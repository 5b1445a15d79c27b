"""The prompter's page, opened by a link, and what the guest does there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from blueroom.base.clock import now, to_text
from blueroom.base.errors import BlueRoomError, NotAcceptable
from blueroom.desk.models import Question
from blueroom.prompter import actions
from blueroom.prompter.errors import ActUnclear
from blueroom.prompter.queries import prompter_state
from blueroom.prompter.stream import SCREEN
from blueroom.room.actor import actor_of_link
from blueroom.room.links import LinkRevoked, LinkUnknown, open_link
from blueroom.room.models import Link, Screen, Session
from blueroom.room.tickets import stream_answer
from blueroom.studio.queries import messages_for_guest
from blueroom.studio.views import keep_receipt

SPOKEN = ("fr", "en")  # what the prompter has words in: web/words/
SIZE_MAX_BYTES = 1_000


def _open(secret: str) -> Link:
    return open_link(secret, screens=(Screen.PROMPTER,))


@never_cache
@require_safe
def prompter(request: HttpRequest, secret: str) -> HttpResponse:
    """The screen with what it shows at first; the stream keeps it up to date."""
    try:
        link = _open(secret)
    except (LinkUnknown, LinkRevoked) as error:
        return render(request, "prompter/closed.html", {"error": error}, status=_status(error))
    session = link.session
    language = _language(request, session)
    boot: dict[str, Any] = {
        "slug": session.slug,
        "language": language,
        "topic": f"{session.slug}/{SCREEN}",
        "stream": None,
        "ticket_url": reverse("prompter_ticket", args=[secret]),
        "api": "/api/v1",
        "csrf": "",
        "url": reverse("prompter", args=[secret]),
        "zone": session.room.time_zone,
        "at": to_text(now()),
        "state": msgspec.to_builtins(prompter_state(session)),
    }
    with translation.override(language):
        response = render(request, "prompter/prompter.html", {"session": session, "boot": boot})
    response.headers["Content-Language"] = language
    response.headers["Referrer-Policy"] = "no-referrer"  # the address is a secret
    return response


def _language(request: HttpRequest, session: Session) -> str:
    """`?lang=` where it is given, else the session's first: the guest may be no native of here."""
    wanted = (request.GET.get("lang", ""), *session.languages, translation.get_language())
    return next((language for language in wanted if language in SPOKEN), SPOKEN[1])


@never_cache
@require_safe
def ticket(request: HttpRequest, secret: str) -> JsonResponse:
    """A fresh address of the prompter's stream; 410 once the link was withdrawn."""
    try:
        link = _open(secret)
    except (LinkUnknown, LinkRevoked) as error:
        return _refusal(error, _status(error))
    return stream_answer(subject=f"link:{link.pk}", session=link.session, screen=SCREEN)


class Act(msgspec.Struct, frozen=True):
    """What the guest decided on: the revision that they saw."""

    revision: Annotated[int, msgspec.Meta(ge=0, lt=2**31)]


Do = Callable[..., Question]
ACTS: dict[str, Do] = {
    "later": actions.put_off,
    "take": actions.take_question,
    "undo": actions.undo,
}


# Whoever has the address has its secret: there is no login here that another site could use.
@csrf_exempt
@never_cache
@require_POST
def act(request: HttpRequest, secret: str, question_id: int, *, act: str) -> JsonResponse:
    """Takes {"revision": n}; the question's id and its revision by now."""
    try:
        link = _open(secret)
        question = ACTS[act](
            session=link.session,
            question_id=question_id,
            revision=_act_in(request).revision,
            now=now(),
            by=actor_of_link(link),
        )
    except (LinkUnknown, LinkRevoked) as error:
        return _refusal(error, _status(error))
    except ActUnclear as error:
        return _refusal(error, 422)
    except BlueRoomError as error:
        return _refusal(error, 409)
    return JsonResponse({"question_id": question.pk, "revision": question.revision})


def _act_in(request: HttpRequest) -> Act:
    """Raises ActUnclear."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > SIZE_MAX_BYTES:
        raise ActUnclear
    try:
        return msgspec.json.decode(request.body, type=Act)
    except msgspec.MsgspecError as error:
        raise ActUnclear from error


# As above.
@csrf_exempt
@never_cache
@require_POST
def receipt(request: HttpRequest, secret: str, message_id: int, *, is_seen: bool) -> HttpResponse:
    """The screen shows the message, or the guest has seen it; 204."""
    try:
        link = _open(secret)
    except (LinkUnknown, LinkRevoked) as error:
        raise Http404 from error
    return keep_receipt(messages_for_guest(link.session), message_id, is_seen=is_seen)


def _refusal(error: BlueRoomError, status: int) -> JsonResponse:
    answer = {"code": error.code, "message": gettext(str(error.message))}
    return JsonResponse(answer, status=status)


def _status(error: NotAcceptable) -> int:
    return 410 if isinstance(error, LinkRevoked) else 404
