"""The report of a session: the crew's page, its spreadsheet, and the page that is shared."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from blueroom.base.clock import now
from blueroom.report import actions, drawing, queries
from blueroom.report.answers import Answers, every_line
from blueroom.report.contents import Reader, Report
from blueroom.report.errors import ReportNotShared
from blueroom.report.spreadsheet import lines_of_csv
from blueroom.room import rules
from blueroom.room.actor import Actor
from blueroom.room.models import Session
from blueroom.room.views import crew, full_address, session_for

RIGHT = "see_session"
SIZES = {"wide": (1160, 330), "tall": (460, 300)}  # of a curve: on a desk and on paper, on a phone
SMALL = {"wide": (560, 190), "tall": (460, 190)}


def reader_of(by: Actor) -> Reader:
    """As whom a member of the crew reads."""
    return "producer" if rules.may(by.role, "see_people") else "crew"


@crew
@require_safe
def report(request: HttpRequest, slug: str) -> HttpResponse:
    """The report for the crew; once a session is over its figures are final."""
    session, by = session_for(request, slug, RIGHT)
    share = queries.share_of(session)
    path = reverse("shared_report", args=[queries.secret_of(share)]) if share else ""
    more = {
        "may_share": rules.may(by.role, actions.SHARES),
        "share": share,
        "shared_url": full_address(request, path) if path else "",
    }
    return _page(request, session, reader_of(by), "report/report.html", more)


@never_cache
@require_safe
def shared_report(request: HttpRequest, secret: str) -> HttpResponse:
    """The report for whoever has its address: nothing of it names the crew."""
    try:
        session = queries.session_shared(secret)
    except ReportNotShared as error:
        return render(request, "report/closed.html", {"error": error}, status=404)
    asked = request.GET.get("lang", "")
    language = asked if asked in dict(settings.LANGUAGES) else translation.get_language()
    with translation.override(language):
        response = _page(request, session, "public", "report/shared.html", {})
    response.headers["Content-Language"] = language or ""
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _page(
    request: HttpRequest, session: Session, reader: Reader, template: str, more: dict[str, Any]
) -> HttpResponse:
    zone = session.room.time_zone
    found = queries.report_of(session, reader, now=now())
    with timezone.override(ZoneInfo(zone)):
        context = {"session": session, "report": found, **_drawn(found, zone), **more}
        return render(request, template, context)


def _drawn(report: Report, zone: str) -> dict[str, Any]:
    """The pictures of a report."""
    phones = report.audience.phones
    return {
        "curves": [
            (name, drawing.draw_session(report, width=width, height=height, zone=zone))
            for name, (width, height) in SIZES.items()
        ]
        if report.posts
        else [],
        "phones": [
            (name, drawing.draw_curve(phones, width=width, height=height, zone=zone))
            for name, (width, height) in SMALL.items()
        ]
        if phones
        else [],
        "map": drawing.draw_map(report.places),
        "rows": drawing.rows_of(report),
        "most_askers": drawing.longest(report.unanswered.questions),
    }


@crew
@require_safe
def report_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Every question with what became of it, for spreadsheets."""
    session, by = session_for(request, slug, RIGHT)
    moment = now()
    lines = every_line(session, Answers(session, reader_of(by)), now=moment)
    response = HttpResponse(
        "".join(lines_of_csv(lines, zone=session.room.time_zone)),
        content_type="text/csv; charset=utf-8",
    )
    rehearsal = "-rehearsal" if session.is_rehearsal else ""
    name = f"{session.slug}{rehearsal}-{moment:%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@crew
@require_POST
def share_report(request: HttpRequest, slug: str) -> HttpResponse:
    session, by = session_for(request, slug, actions.SHARES)
    actions.share_report(session=session, now=now(), by=by)
    messages.success(request, gettext("Whoever has the address below can read the report."))
    return redirect("report", session.slug)


@crew
@require_POST
def revoke_share(request: HttpRequest, slug: str) -> HttpResponse:
    session, by = session_for(request, slug, actions.SHARES)
    actions.revoke_share(session=session, now=now(), by=by)
    messages.success(request, gettext("The address shows nothing any more."))
    return redirect("report", session.slug)
