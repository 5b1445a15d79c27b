"""Filters that people of the crew keep by name: for themselves, or for everybody at the room's
desks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.db.transaction import on_commit

from blueroom.desk.errors import FilterUnusable, PersonsFilter, TooManyFilters
from blueroom.desk.models import SavedFilter
from blueroom.desk.presence import open_desks
from blueroom.room.access import NotFound
from blueroom.room.actor import Actor
from blueroom.room.rules import may
from blueroom.room.writing import one_transaction
from blueroom.updates.tell import changed

NAME_LIMIT = 40  # characters
MOST = 50  # of one person


def filters_of(by: Actor) -> QuerySet[SavedFilter]:
    """One's own and those that are shared, the oldest first: a number stays with its filter while
    others are added."""
    own = Q(person_id=by.person_id) if by.person_id else Q()
    found = SavedFilter.objects.filter(own | Q(is_shared=True), room_id=by.room_id)
    return found.select_related("person").order_by("id")


def save_filter(
    *, name: str, asked: Mapping[str, Any], is_shared: bool, now: datetime, by: Actor
) -> SavedFilter:
    """Keep what a list is narrowed down to; by the name of one's own filter it replaces that.

    Raises:
        FilterUnusable: the name is not 1 to 40 characters.
        PersonsFilter: a key of the API is nobody's.
        TooManyFilters: somebody has 50 already.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= NAME_LIMIT:
        raise FilterUnusable
    if by.person_id is None:
        raise PersonsFilter
    with one_transaction():
        own = SavedFilter.objects.filter(room_id=by.room_id, person_id=by.person_id)
        if own.exclude(name=name).count() >= MOST:
            raise TooManyFilters
        kept, _is_new = SavedFilter.objects.update_or_create(
            room_id=by.room_id,
            person_id=by.person_id,
            name=name,
            defaults={"asked": dict(asked), "is_shared": is_shared, "at": now},
        )
        _tell(by, now)
    return kept


def may_remove(kept: SavedFilter, by: Actor) -> bool:
    """Their own, and a producer those that are shared."""
    is_own = by.person_id is not None and kept.person_id == by.person_id
    return is_own or (kept.is_shared and may(by.role, "change_session"))


def remove_filter(*, filter_id: int, now: datetime, by: Actor) -> None:
    """Raises NotFound for what is not theirs to remove."""
    with one_transaction():
        kept = filters_of(by).filter(pk=filter_id).first()
        if kept is None or not may_remove(kept, by):
            raise NotFound
        kept.delete()
        _tell(by, now)


def _tell(by: Actor, now: datetime) -> None:
    """The desks of all the room's sessions: a filter is good in each."""
    for session_id in open_desks(by.room_id, now=now):
        changed(session_id, filters=True, when=on_commit)
