"""What the questions wall's stream says. Each change carries the whole new value."""

from __future__ import annotations

import msgspec

from blueroom.desk.wire import Card, SessionChanged
from blueroom.room.wire import SessionCard


class WallCounts(msgspec.Struct, frozen=True, kw_only=True):
    """`curve` holds posts per minute, oldest first, the last 20 minutes."""

    posts: int
    questions: int
    answered: int
    curve: list[int]


class WallState(msgspec.Struct, frozen=True, kw_only=True):
    """The wall's snapshot. `next` is the head of the running order, at most three."""

    session: SessionCard
    on_air: Card | None
    next: list[Card]
    counts: WallCounts


class OnAirChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="on_air"):
    card: Card | None


class NextChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="next"):
    cards: list[Card]


class WallCountsChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="counts"):
    counts: WallCounts


WallChange = OnAirChanged | NextChanged | WallCountsChanged | SessionChanged
