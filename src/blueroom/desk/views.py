"""The desk's page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from blueroom.desk.stream import SCREEN
from blueroom.room import rules
from blueroom.room.views import crew, session_for, ticket_for


@ensure_csrf_cookie
@crew
@require_safe
def desk(request: HttpRequest, slug: str) -> HttpResponse:
    """The screen, which fills itself by the stream."""
    session, by = session_for(request, slug, "moderate")
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
        "may_run": rules.may(by.role, "start_session"),
        "me": str(request.user),  # as decisions name them
        "me_id": request.user.pk,
    }
    return render(request, "desk/desk.html", {"session": session, "boot": boot})


@require_safe
def ticket(request: HttpRequest, slug: str) -> JsonResponse:
    """A fresh address of the desk's stream."""
    return ticket_for(request, slug, SCREEN)
