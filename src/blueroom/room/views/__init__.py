"""What the pages of a room have in common: who may open them, the language, what went wrong."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from blueroom.base.errors import BlueRoomError
from blueroom.room import actions, queries, rules
from blueroom.room.access import NotFound, Visitor, session_of, visitor_of_request
from blueroom.room.actions import NotAllowed
from blueroom.room.actor import Actor
from blueroom.room.cards import absolute
from blueroom.room.language import remember_language
from blueroom.room.models import Person, Room, Session
from blueroom.room.tickets import RIGHT_TO_FOLLOW, stream_answer

View = Callable[..., HttpResponse]


def crew(view: View) -> View:
    """A page for whoever is logged in; 404 for what is not theirs, 403 for what they may not do."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        try:
            return view(request, *args, **named)
        except NotFound as error:
            raise Http404 from error
        except NotAllowed as error:
            raise PermissionDenied(str(error.message)) from error

    return cast(View, never_cache(login_required(wrapped)))


def visitor_of(request: HttpRequest) -> Visitor:
    visitor = visitor_of_request(request)
    if visitor is None:
        raise NotFound
    return visitor


def session_for(request: HttpRequest, slug: str, verb: str) -> tuple[Session, Actor]:
    session = session_of(slug)
    return session, visitor_of(request).actor_in(session.room_id, verb)


@never_cache
def ticket_for(request: HttpRequest, slug: str, screen: str) -> JsonResponse:
    """A fresh address of the stream of one of the crew's screens; 401 and 403 say why not."""
    if not request.user.is_authenticated:
        answer = {"code": "not_logged_in", "message": gettext("Log in again.")}
        return JsonResponse(answer, status=401)
    try:
        session, _by = session_for(request, slug, RIGHT_TO_FOLLOW[screen])
    except (NotFound, NotAllowed) as error:
        answer = {"code": error.code, "message": str(error.message)}
        return JsonResponse(answer, status=403)
    return stream_answer(subject=f"person:{request.user.pk}", session=session, screen=screen)


def room_for(request: HttpRequest, verb: str) -> tuple[Room, Actor]:
    """The room that `?room=` names, else the first in which the person may do that."""
    visitor = visitor_of(request)
    wanted = request.GET.get("room", "")
    memberships = queries.memberships_of(cast(Person, request.user))
    rooms = [member.room for member in memberships if wanted in ("", member.room.slug)]
    able = [m.room for m in memberships if m.room in rooms and rules.may(m.role, verb)]
    if wanted and not rooms:
        raise NotFound
    if not able:
        raise NotAllowed(verb=verb)
    return able[0], visitor.actor_in(able[0].pk, verb)


def tell(request: HttpRequest, error: BlueRoomError) -> None:
    messages.error(request, gettext(str(error.message)))


def full_address(request: HttpRequest, path: str) -> str:
    """A path with the address under which the room is reached."""
    return absolute(path) if settings.PUBLIC_URL else request.build_absolute_uri(path)


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Speaks another language from now on, on the page one came from."""
    language = request.POST.get("language", "")
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    response = HttpResponseRedirect(back)
    if language in actions.PERSON_LANGUAGES:
        if request.user.is_authenticated:
            actions.choose_language(person=request.user, language=language)
        remember_language(response, language)
    return response


def _error(request: HttpRequest, status: int, title: str, sentence: str) -> HttpResponse:
    context = {"status": status, "heading": title, "sentence": sentence}
    return render(request, "room/error.html", context, status=status)


def error_400(request: HttpRequest, exception: object = None) -> HttpResponse:
    return _error(
        request,
        400,
        gettext("We could not read that"),
        gettext("What your browser sent made no sense to us. Go back, reload the page, try again."),
    )


def error_403(request: HttpRequest, exception: object = None) -> HttpResponse:
    sentence = gettext("Your role does not open this door. An owner of the room can change that.")
    return _error(request, 403, gettext("Not with this key"), sentence)


def error_404(request: HttpRequest, exception: object = None) -> HttpResponse:
    sentence = gettext("There is nothing at this address, or it is in somebody else’s room.")
    return _error(request, 404, gettext("An empty corner"), sentence)


def error_500(request: HttpRequest) -> HttpResponse:
    sentence = gettext("Something broke on our side and was written to the log. Try again.")
    return _error(request, 500, gettext("The light went out"), sentence)


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    sentence = gettext(
        "This page was open for too long, or your browser keeps no cookies. "
        "Go back, reload it and send again: what you typed is still there."
    )
    return _error(request, 403, pgettext("a form was not taken", "Once more, please"), sentence)
