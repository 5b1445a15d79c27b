"""The API's report of a session."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from blueroom.base.clock import now
from blueroom.report import queries, views
from blueroom.report.contents import Report
from blueroom.room.access import session_of

router = Router(tags=["report"])


@router.get(
    "/sessions/{slug}/report", response=Report, summary="What became of the session, as it is now"
)
def report(request: HttpRequest, slug: str) -> Report:
    session = session_of(slug)
    by = request.auth.actor_in(session.room_id, views.RIGHT)
    return queries.report_of(session, views.reader_of(by), now=now())
