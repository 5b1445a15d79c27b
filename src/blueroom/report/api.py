"""The API's report of a session, and the address that shares it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from ninja import Router, Schema, Status

from blueroom.base.clock import now
from blueroom.report import actions, queries, views
from blueroom.report.contents import Report
from blueroom.report.models import SharedReport
from blueroom.room.access import NotFound, session_of
from blueroom.room.views import full_address

router = Router(tags=["report"])


@router.get(
    "/sessions/{slug}/report", response=Report, summary="What became of the session, as it is now"
)
def report(request: HttpRequest, slug: str) -> Report:
    session = session_of(slug)
    by = request.auth.actor_in(session.room_id, views.RIGHT)
    return queries.report_of(session, views.reader_of(by), now=now())


class ShareOut(Schema):
    """The address that shows the report without a password."""

    url: str
    made_at: datetime


def _told(request: HttpRequest, share: SharedReport) -> dict[str, Any]:
    path = reverse("shared_report", args=[queries.secret_of(share)])
    return {"url": full_address(request, path), "made_at": share.made_at}


@router.get("/sessions/{slug}/report/share", response=ShareOut, summary="404: it is not shared")
def share(request: HttpRequest, slug: str) -> dict[str, Any]:
    session = session_of(slug)
    request.auth.actor_in(session.room_id, actions.SHARES)
    found = queries.share_of(session)
    if found is None:
        raise NotFound
    return _told(request, found)


@router.post(
    "/sessions/{slug}/report/share",
    response={201: ShareOut},
    summary="Share it, or renew the address",
)
def share_report(request: HttpRequest, slug: str) -> Status[dict[str, Any]]:
    session = session_of(slug)
    by = request.auth.actor_in(session.room_id, actions.SHARES)
    made = actions.share_report(session=session, now=now(), by=by)
    return Status(201, _told(request, made))


@router.delete("/sessions/{slug}/report/share", response={204: None}, summary="Share it no more")
def revoke_share(request: HttpRequest, slug: str) -> Status[None]:
    session = session_of(slug)
    by = request.auth.actor_in(session.room_id, actions.SHARES)
    actions.revoke_share(session=session, now=now(), by=by)
    return Status(204, None)
