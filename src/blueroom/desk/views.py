"""The desk's page."""

from __future__ import annotations

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from blueroom.desk.stream import SCREEN
from blueroom.room import rules
from blueroom.room.tickets import panic_ticket
from blueroom.room.views import crew, session_for, ticket_for
from blueroom.updates.panic import PATH
from blueroom.updates.slate import slates


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
        "remote_url": reverse("remote", args=[session.slug]),
        "addresses_url": reverse("session", args=[session.slug]),
        "login_url": f"{reverse('account_login')}?next={request.path}",
        "may_run": rules.may(by.role, "start_session"),
        "me": str(request.user),  # as decisions name them
        "me_id": request.user.pk,
        "slate": msgspec.to_builtins(slates().of(session.slug)),
        "panic": {
            "url": f"{PATH}{session.slug}",
            "ticket": panic_ticket(subject=f"person:{request.user.pk}", session=session),
            "ticket_url": reverse("desk_panic_ticket", args=[session.slug]),
        },
    }
    return render(request, "desk/desk.html", {"session": session, "boot": boot})


@require_safe
def ticket(request: HttpRequest, slug: str) -> JsonResponse:
    """A fresh address of the desk's stream."""
    return ticket_for(request, slug, SCREEN)


@crew
@require_safe
def fresh_panic_ticket(request: HttpRequest, slug: str) -> JsonResponse:
    """A ticket for the panic button that is good for another twelve hours."""
    session, _by = session_for(request, slug, "cover_programme")
    ticket = panic_ticket(subject=f"person:{request.user.pk}", session=session)
    return JsonResponse({"ticket": ticket})
