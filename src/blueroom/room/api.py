"""The API's sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from ninja import Router, Schema, Status
from pydantic import AwareDatetime, Field

from blueroom.base.clock import now
from blueroom.room import actions
from blueroom.room.access import NotFound, session_of
from blueroom.room.actor import Actor
from blueroom.room.cards import absolute
from blueroom.room.links import path_of
from blueroom.room.models import Link, Screen, Session, SessionState, Strictness

router = Router(tags=["sessions"])


class SessionPlan(Schema):
    """What a session needs to be known; the rest has sensible defaults."""

    guest: str = Field(min_length=1, max_length=400)
    hashtags: list[str] = Field(min_length=1, max_length=20)
    title: str = Field("", max_length=400)
    starts_at: AwareDatetime | None = None
    minutes: int = 60
    languages: list[str] = Field(default=["fr", "en"], max_length=20)
    format: str = "interview"
    keep_recordings_days: int | None = None
    strictness: Strictness = Strictness.NORMAL
    needs_two: bool = False
    takes_votes: bool = True
    takes_hearts: bool = True
    shows_counts: bool = True


class SessionOut(Schema):
    """A session with its addresses. `links` are absolute; walls' and prompters' hold a secret."""

    slug: str
    title: str
    guest: str
    hashtags: list[str]
    languages: list[str]
    format: str
    state: str
    starts_at: datetime
    minutes: int
    on_air_at: datetime | None
    keep_recordings_days: int
    strictness: str
    needs_two: bool
    takes_votes: bool
    takes_hearts: bool
    shows_counts: bool
    links: dict[str, str]


def links_of(session: Session) -> dict[str, str]:
    """Every address of the session by screen, absolute."""
    links = {
        "session": absolute(reverse("session", args=[session.slug])),
        "desk": absolute(reverse("desk", args=[session.slug])),
        "phone": absolute(reverse("phone", args=[session.slug])),
    }
    for link in session.links.filter(revoked_at__isnull=True).order_by("-id"):
        links[Screen(link.screen).value] = absolute(path_of(link))
    return links


def told(session: Session) -> dict[str, Any]:
    """A session as the API tells it."""
    return {
        "slug": session.slug,
        "title": session.title,
        "guest": session.guest.name,
        "hashtags": session.hashtags,
        "languages": session.languages,
        "format": session.format,
        "state": session.state,
        "starts_at": session.starts_at,
        "minutes": session.planned_minutes,
        "on_air_at": session.on_air_at,
        "keep_recordings_days": session.keep_recordings_days,
        "strictness": session.strictness,
        "needs_two": session.needs_two,
        "takes_votes": session.takes_votes,
        "takes_hearts": session.takes_hearts,
        "shows_counts": session.shows_counts,
        "links": links_of(session),
    }


@router.post("/sessions", response={201: SessionOut}, summary="Plan a session")
def plan_session(request: HttpRequest, plan: SessionPlan) -> Status[dict[str, Any]]:
    room = request.auth.first_room("plan_session")
    moment = now()
    session = actions.plan_session(
        room=room,
        title=plan.title,
        guest=plan.guest,
        hashtags=plan.hashtags,
        starts_at=plan.starts_at or moment,
        minutes=plan.minutes,
        languages=plan.languages,
        format=plan.format,
        keep_recordings_days=plan.keep_recordings_days,
        strictness=plan.strictness,
        needs_two=plan.needs_two,
        takes_votes=plan.takes_votes,
        takes_hearts=plan.takes_hearts,
        shows_counts=plan.shows_counts,
        now=moment,
        by=request.auth.actor_in(room.pk, "plan_session"),
    )
    return Status(201, told(session))


@router.get("/sessions", response=list[SessionOut], summary="The room's sessions, newest first")
def sessions(request: HttpRequest, limit: int = 50) -> list[dict[str, Any]]:
    room = request.auth.first_room("see_session")
    found = Session.objects.select_related("guest").filter(room=room)
    return [told(session) for session in found[: max(1, min(limit, 200))]]


@router.get("/sessions/{slug}", response=SessionOut, summary="One session and its addresses")
def session(request: HttpRequest, slug: str) -> dict[str, Any]:
    found = session_of(slug)
    request.auth.actor_in(found.room_id, "see_session")
    return told(found)


class SessionChange(Schema):
    """What may be changed; what is left out stays."""

    guest: str | None = Field(None, min_length=1, max_length=400)
    hashtags: list[str] | None = Field(None, min_length=1, max_length=20)
    title: str | None = Field(None, max_length=400)
    starts_at: AwareDatetime | None = None
    minutes: int | None = None
    languages: list[str] | None = None
    format: str | None = None
    keep_recordings_days: int | None = None
    strictness: Strictness | None = None
    needs_two: bool | None = None
    takes_votes: bool | None = None
    takes_hearts: bool | None = None
    shows_counts: bool | None = None


@router.patch("/sessions/{slug}", response=SessionOut, summary="Change a session")
def change_session(request: HttpRequest, slug: str, change: SessionChange) -> dict[str, Any]:
    found = session_of(slug)
    by = request.auth.actor_in(found.room_id, "change_session")
    wanted = {
        "title": found.title,
        "guest": found.guest.name,
        "hashtags": found.hashtags,
        "starts_at": found.starts_at,
        "minutes": found.planned_minutes,
        "languages": found.languages,
        "format": found.format,
        **change.dict(exclude_none=True),
    }
    return told(actions.change_session(session=found, now=now(), by=by, **wanted))


_STEPS = {
    "open": (actions.open_session, "open_session"),
    "start": (actions.start_session, "start_session"),
    "close": (actions.close_session, "close_session"),
}


@router.post("/sessions/{slug}/open", response=SessionOut, summary="Take questions")
def open_session(request: HttpRequest, slug: str) -> dict[str, Any]:
    return _step(request, slug, "open")


@router.post("/sessions/{slug}/start", response=SessionOut, summary="Go on air")
def start_session(request: HttpRequest, slug: str) -> dict[str, Any]:
    return _step(request, slug, "start")


@router.post("/sessions/{slug}/close", response=SessionOut, summary="End the session")
def close_session(request: HttpRequest, slug: str) -> dict[str, Any]:
    return _step(request, slug, "close")


def _step(request: HttpRequest, slug: str, step: str) -> dict[str, Any]:
    found = session_of(slug)
    action, verb = _STEPS[step]
    by = request.auth.actor_in(found.room_id, verb)
    if found.state != _LEADS[step]:  # asking for what is already so is no error
        found = action(session=found, now=now(), by=by)
    return told(found)


_LEADS = {"open": SessionState.OPEN, "start": SessionState.ON_AIR, "close": SessionState.CLOSED}


class LinkOut(Schema):
    """One address that needs no password, until it is revoked."""

    id: int
    screen: str
    label: str
    url: str


@router.post("/links/{link_id}/revoke", response={204: None}, summary="Withdraw an address")
def revoke_link(request: HttpRequest, link_id: int) -> Status[None]:
    link, by = _link(request, link_id, "revoke_link")
    actions.revoke_link(link=link, now=now(), by=by)
    return Status(204, None)


@router.post("/links/{link_id}/renew", response=LinkOut, summary="Replace an address by a new one")
def renew_link(request: HttpRequest, link_id: int) -> dict[str, Any]:
    link, by = _link(request, link_id, "renew_link")
    return _told_link(actions.renew_link(link=link, now=now(), by=by))


class LinkPlan(Schema):
    screen: Screen


@router.post(
    "/sessions/{slug}/links", response={201: LinkOut}, summary="One more address of a screen"
)
def make_link(request: HttpRequest, slug: str, plan: LinkPlan) -> Status[dict[str, Any]]:
    found = session_of(slug)
    by = request.auth.actor_in(found.room_id, "renew_link")
    link = actions.make_link(session=found, screen=plan.screen, now=now(), by=by)
    return Status(201, _told_link(link))


@router.get("/sessions/{slug}/links", response=list[LinkOut], summary="Addresses in force")
def links(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    found = session_of(slug)
    request.auth.actor_in(found.room_id, "see_session")
    return [_told_link(link) for link in found.links.filter(revoked_at__isnull=True)]


def _told_link(link: Link) -> dict[str, Any]:
    url = absolute(path_of(link))
    return {"id": link.pk, "screen": link.screen, "label": link.label, "url": url}


def _link(request: HttpRequest, link_id: int, verb: str) -> tuple[Link, Actor]:
    link = Link.objects.select_related("session__guest", "session__room").filter(pk=link_id).first()
    if link is None:
        raise NotFound
    return link, request.auth.actor_in(link.session.room_id, verb)
