"""The API's count of what a filter finds, and the filters that are kept by name."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from blueroom.base.clock import now
from blueroom.desk import filters, queries
from blueroom.desk.api import Sought
from blueroom.desk.models import SavedFilter
from blueroom.room.access import session_of
from blueroom.room.actor import Actor

router = Router(tags=["questions"])


class CountOut(Schema):
    count: int


@router.get(
    "/sessions/{slug}/questions/count", response=CountOut, summary="How many questions there are"
)
def count(request: HttpRequest, slug: str, sought: Query[Sought]) -> dict[str, int]:
    session = session_of(slug)
    request.auth.actor_in(session.room_id, "moderate")
    return {"count": queries.questions_found(session, sought.criteria(), now=now())}


class Asked(Schema):
    """What a list of the desk is narrowed down to; each as in a list of questions."""

    list: Literal[
        "waiting", "approved", "held", "later", "rejected", "lined_up", "aired", "all"
    ] = "waiting"
    q: str = Field("", max_length=200)
    network: str = Field("", max_length=40)
    language: str = Field("", max_length=12)
    reason: str = Field("", max_length=20)
    askers: int = Field(0, ge=0, le=1_000_000)
    votes: int = Field(0, ge=0, le=1_000_000)
    within_minutes: int = Field(0, ge=0, le=1_000_000)
    older_minutes: int = Field(0, ge=0, le=1_000_000)
    theme: str = Field("", max_length=40)
    mine: bool = False


class FilterIn(Schema):
    name: str = Field(max_length=200)
    asked: Asked
    is_shared: bool = False


class FilterOut(Schema):
    """`may_remove`: whether whoever asks may."""

    id: int
    name: str
    by: str
    is_shared: bool
    may_remove: bool
    asked: Asked


def _told(kept: SavedFilter, by: Actor) -> dict[str, Any]:
    return {
        "id": kept.pk,
        "name": kept.name,
        "by": str(kept.person),
        "is_shared": kept.is_shared,
        "may_remove": filters.may_remove(kept, by),
        "asked": kept.asked,
    }


@router.get(
    "/sessions/{slug}/filters",
    response=list[FilterOut],
    summary="Filters that are kept",
)
def saved(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    """One's own and those that are shared, the oldest first; good in all sessions of the room."""
    by = request.auth.actor_in(session_of(slug).room_id, "moderate")
    return [_told(kept, by) for kept in filters.filters_of(by)]


@router.post("/sessions/{slug}/filters", response={201: FilterOut}, summary="Keep a filter")
def save(request: HttpRequest, slug: str, wanted: FilterIn) -> Status[dict[str, Any]]:
    """By the name of one's own filter it replaces that."""
    by = request.auth.actor_in(session_of(slug).room_id, "moderate")
    kept = filters.save_filter(
        name=wanted.name.replace("\0", ""),
        asked=wanted.asked.dict(exclude_defaults=True),
        is_shared=wanted.is_shared,
        now=now(),
        by=by,
    )
    return Status(201, _told(kept, by))


@router.delete("/sessions/{slug}/filters/{filter_id}", response={204: None}, summary="Remove one")
def remove(request: HttpRequest, slug: str, filter_id: int) -> Status[None]:
    by = request.auth.actor_in(session_of(slug).room_id, "moderate")
    filters.remove_filter(filter_id=filter_id, now=now(), by=by)
    return Status(204, None)
