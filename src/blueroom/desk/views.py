"""The desk's page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from blueroom.desk.stream import SCREEN
from blueroom.room import rules
from blueroom.room.access import NotFound, session_of, visitor_of_request
from blueroom.room.actions import NotAllowed
from blueroom.room.models import Session
from blueroom.room.tickets import stream_answer


def _opened(request: HttpRequest, slug: str) -> tuple[Session, str]:
    """The session and the visitor's role there. Raises NotFound and NotAllowed."""
    visitor = visitor_of_request(request)
    session = session_of(slug)
    if visitor is None:
        raise NotFound
    return session, visitor.actor_in(session.room_id, "moderate").role


@ensure_csrf_cookie
@login_required
@require_safe
def desk(request: HttpRequest, slug: str) -> HttpResponse:
    """The screen, which fills itself by the stream."""
    try:
        session, role = _opened(request, slug)
    except NotFound as error:
        raise Http404 from error
    except NotAllowed as error:
        raise PermissionDenied from error
    boot = {
        "slug": session.slug,
        "language": get_language(),
        "topic": f"{session.slug}/{SCREEN}",
        "stream": None,
        "ticket_url": reverse("desk_ticket", args=[session.slug]),
        "api": "/api/v1",
        "csrf": get_token(request),
        "addresses_url": reverse("session", args=[session.slug]),
        "login_url": f"{reverse('account_login')}?next={request.path}",
        "may_run": rules.may(role, "start_session"),
        "me": str(request.user),  # as decisions name them
    }
    return render(request, "desk/desk.html", {"session": session, "boot": boot})


@require_safe
def ticket(request: HttpRequest, slug: str) -> JsonResponse:
    """A fresh address of the desk's stream."""
    if not request.user.is_authenticated:
        answer = {"code": "not_logged_in", "message": gettext("Log in again.")}
        return JsonResponse(answer, status=401)
    try:
        session, _role = _opened(request, slug)
    except (NotFound, NotAllowed) as error:
        answer = {"code": error.code, "message": str(error.message)}
        return JsonResponse(answer, status=403)
    return stream_answer(subject=f"person:{request.user.pk}", session=session, screen=SCREEN)
