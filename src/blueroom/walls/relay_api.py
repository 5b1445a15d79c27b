"""The API's videos from elsewhere: the list that the crew keeps for the videos wall."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from blueroom.base.clock import now
from blueroom.base.outbound import AddressRefused, AnswerTooLarge, NoAnswer
from blueroom.room.access import NotFound, session_of
from blueroom.room.actor import Actor
from blueroom.walls import errors
from blueroom.walls import relay_actions as actions
from blueroom.walls.models import Relay
from blueroom.walls.relay_addresses import ADDRESS_LENGTH_MAX
from blueroom.walls.relay_queries import posts_with_videos, relays_of, still_on

router = Router(tags=["walls"])
WHY = {
    error.code: error.sentence
    for error in (
        errors.RelayEnded,
        errors.RelayGone,
        errors.RelayNotShared,
        errors.RelayNotVideo,
        errors.RelayStill,
        AddressRefused,
        AnswerTooLarge,
        NoAnswer,
    )
}


class RelayOut(Schema):
    """A video from elsewhere. `state`: waiting (for somebody to put it on the wall), shown, gone
    (nothing plays; `message` says why). `still_on` counts screens where its picture stands still.
    `may_be_heard`: its player can be told so."""

    id: int
    way: str
    page: str
    name: str
    place: str
    state: str
    is_on_wall: bool
    is_large: bool
    is_heard: bool
    may_be_heard: bool
    code: str
    message: str
    still_on: int
    made_at: datetime
    made_by: str
    approved_by: str


class RelayPlan(Schema):
    """`address` is what a person would paste: of a player's page, a playlist, a file, a post."""

    address: str = Field(min_length=1, max_length=ADDRESS_LENGTH_MAX)
    name: str = Field("", max_length=200)
    place: str = Field("", max_length=200)


class RelayChange(Schema):
    """What is left out stays as it is. `position` counts from 0."""

    name: str | None = Field(None, max_length=200)
    place: str | None = Field(None, max_length=200)
    is_on_wall: bool | None = None
    is_large: bool | None = None
    is_heard: bool | None = None
    position: int | None = Field(None, ge=0, le=1000)


class VideoPostOut(Schema):
    """A post that holds a video; its `url` can be added as a relay's address."""

    id: int
    url: str
    author: str
    text: str


@router.get("/sessions/{slug}/relays", response=list[RelayOut], summary="Videos from elsewhere")
def relays(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    session = session_of(slug)
    request.auth.actor_in(session.room_id, "moderate")
    still = still_on(session)
    return [_told(relay, still) for relay in relays_of(session)]


@router.post("/sessions/{slug}/relays", response={201: RelayOut}, summary="Add a video")
def add(request: HttpRequest, slug: str, relay: RelayPlan) -> Status[dict[str, Any]]:
    session = session_of(slug)
    by = request.auth.actor_in(session.room_id, "moderate")
    added = actions.add_relay(session=session, now=now(), by=by, **relay.dict())
    return Status(201, _told(added, {}))


@router.patch("/relays/{relay_id}", response=RelayOut, summary="Show, name, order, hear a video")
def change(request: HttpRequest, relay_id: int, change: RelayChange) -> dict[str, Any]:
    relay, by = _relay(request, relay_id)
    asked = change.dict(exclude={"position"})
    if any(value is not None for value in asked.values()):
        relay = actions.change_relay(relay=relay, now=now(), by=by, **asked)
    if change.position is not None:
        actions.move_relay(relay=relay, position=change.position, by=by)
    return _told(relay, still_on(relay.session))


@router.delete("/relays/{relay_id}", response={204: None}, summary="Remove a video")
def remove(request: HttpRequest, relay_id: int) -> Status[None]:
    relay, by = _relay(request, relay_id)
    actions.remove_relay(relay=relay, by=by)
    return Status(204, None)


@router.get(
    "/sessions/{slug}/relays/posts",
    response=list[VideoPostOut],
    summary="Posts that hold a video",
)
def posts(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    session = session_of(slug)
    request.auth.actor_in(session.room_id, "moderate")
    return [
        {"id": post.pk, "url": post.url, "author": str(post.author), "text": post.text}
        for post in posts_with_videos(session)
    ]


def _relay(request: HttpRequest, relay_id: int) -> tuple[Relay, Actor]:
    found = Relay.objects.select_related("session").filter(pk=min(relay_id, 2**62)).first()
    if found is None:
        raise NotFound
    return found, request.auth.actor_in(found.session.room_id, "moderate")


def _told(relay: Relay, still: dict[int, int]) -> dict[str, Any]:
    is_gone = bool(relay.code) or (relay.post is not None and relay.post.deleted_at is not None)
    return {
        "id": relay.pk,
        "way": relay.way,
        "page": relay.page,
        "name": relay.name,
        "place": relay.place,
        "state": "gone" if is_gone else "shown" if relay.is_on_wall else "waiting",
        "is_on_wall": relay.is_on_wall,
        "is_large": relay.is_large,
        "is_heard": relay.is_heard,
        "may_be_heard": relay.way in actions.HEARABLE,
        "code": relay.code,
        "message": _(str(WHY[relay.code])) if relay.code in WHY else "",
        "still_on": still.get(relay.pk, 0),
        "made_at": relay.made_at,
        "made_by": relay.made_by,
        "approved_by": relay.approved_by,
    }
