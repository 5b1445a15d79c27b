"""The desk's page."""

from __future__ import annotations

import re

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from blueroom.base.clock import now
from blueroom.desk.briefing import briefing_of
from blueroom.desk.stream import SCREEN
from blueroom.room import rules
from blueroom.room.tickets import panic_ticket
from blueroom.room.views import crew, session_for, ticket_for
from blueroom.updates.panic import PATH
from blueroom.updates.slate import slates

VERB_NAMES = (
    pgettext_lazy("several", "Approved"),
    _("Later"),
    pgettext_lazy("several", "Held"),
    pgettext_lazy("several", "Rejected"),
    pgettext_lazy("several", "On air"),
    pgettext_lazy("several", "Answered"),
)


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
        "briefing_url": reverse("briefing", args=[session.slug]),
        "report_url": reverse("report", args=[session.slug]),
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


@crew
@require_safe
def briefing(request: HttpRequest, slug: str) -> HttpResponse:
    """What somebody who takes over has to know; to read, copy and print."""
    session, _by = session_for(request, slug, "moderate")
    told = briefing_of(session, now=now())
    lists = (
        (_("One of two approved it"), told.half),
        (_("Sensitive"), told.sensitive),
        (_("Asked back"), told.asked),
        (_("Replies that did not go out"), told.unsent),
        (pgettext_lazy("several", "Answered"), told.answered),
        (_("Held by somebody"), told.held),
        (pgettext_lazy("several", "Rejected"), told.rejected),
    )
    work = [
        (one.name, [pair for pair in zip(VERB_NAMES, one.times, strict=True) if pair[1]])
        for one in told.work
    ]
    known = {"session": session, "briefing": told}
    text = render_to_string("desk/briefing.txt", known | {"lists": lists, "work": work}, request)
    text = re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
    return render(request, "desk/briefing.html", known | {"text": text, "verbs": VERB_NAMES})


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
