"""What the walls' streams say. Each change carries the whole new value."""

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


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """A feed on the videos wall. `hls` is the path of its own picture, not delayed: a secret."""

    id: int
    name: str
    kind: str  # guest, camera, fan
    question: str  # empty unless the desk let the public see it
    hls: str
    is_on_air: bool
    width_px: int  # 0 where that is not known yet
    height_px: int


class WallProgramme(msgspec.Struct, frozen=True, kw_only=True):
    """The live picture. `monitor` is the feed on air without delay, empty where none is: a secret.

    `name` and `kind` are of the feed on air.
    """

    state: str  # slate, live
    hls: str
    feed_id: int | None
    name: str
    kind: str
    monitor: str


class VideosState(msgspec.Struct, frozen=True, kw_only=True):
    """The videos wall's snapshot. `programme` is null where it is off; at most nine `tiles`."""

    session: SessionCard
    programme: WallProgramme | None
    tiles: list[Tile]
    on_air: Card | None


class ProgrammeChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="programme"):
    programme: WallProgramme | None


class TilesChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="tiles"):
    tiles: list[Tile]


VideosChange = ProgrammeChanged | TilesChanged | OnAirChanged | SessionChanged
