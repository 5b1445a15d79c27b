"""What the walls' streams say. Each change carries the whole new value."""

from __future__ import annotations

from datetime import datetime

import msgspec

from blueroom.desk.wire import Answered, Card, SessionChanged
from blueroom.room.wire import SessionCard
from blueroom.studio.wire import LiveCard


class WallCounts(msgspec.Struct, frozen=True, kw_only=True):
    """`curve` holds posts per minute, oldest first, the last 20 minutes."""

    posts: int
    questions: int
    answered: int
    curve: list[int]


class SceneLine(msgspec.Struct, frozen=True, kw_only=True):
    """What the crew chose for one wall. Among several questions `focus_id` stands out, from `since`
    on the next one every `advance_s` seconds; 0: only by hand. At `until` the scene gives way to
    `then`; null: it stays."""

    link_id: int
    scene: str  # auto, question, next, answered, call, countdown, video, thanks, slate
    layout: str  # one, three, voices
    focus_id: int | None
    advance_s: int
    since: datetime
    until: datetime | None
    then: str


class WallState(msgspec.Struct, frozen=True, kw_only=True):
    """The wall's snapshot. `next` is the head of the running order, at most three.

    `scenes` are those of walls for which the crew chose one. `voices` are questions that the
    public may see, the one on air and the next first, at most twelve; `answered` are the newest,
    at most six.
    """

    session: SessionCard
    on_air: Card | None
    next: list[Card]
    counts: WallCounts
    scenes: list[SceneLine]
    voices: list[Card]
    answered: list[Answered]
    live: LiveCard | None


class OnAirChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="on_air"):
    card: Card | None


class NextChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="next"):
    cards: list[Card]


class WallCountsChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="counts"):
    counts: WallCounts


class ScenesChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="scenes"):
    scenes: list[SceneLine]


class VoicesChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="voices"):
    cards: list[Card]


class AnsweredChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="answered"):
    answered: list[Answered]


class LiveChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="live"):
    live: LiveCard | None


WallChange = (
    OnAirChanged
    | NextChanged
    | WallCountsChanged
    | ScenesChanged
    | VoicesChanged
    | AnsweredChanged
    | LiveChanged
    | SessionChanged
)


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


class RelayTile(msgspec.Struct, frozen=True, kw_only=True):
    """A video from elsewhere on the videos wall. Its page lies below the wall's own address and is
    opened anew with each `version`."""

    id: int
    name: str
    place: str
    version: str
    is_large: bool
    is_heard: bool


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
    """The videos wall's snapshot. `programme` is null where it is off. At most nine `tiles` and
    `relays` together."""

    session: SessionCard
    programme: WallProgramme | None
    tiles: list[Tile]
    relays: list[RelayTile]
    on_air: Card | None


class ProgrammeChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="programme"):
    programme: WallProgramme | None


class TilesChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="tiles"):
    tiles: list[Tile]


class RelaysChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="relays"):
    relays: list[RelayTile]


VideosChange = RelaysChanged | ProgrammeChanged | TilesChanged | OnAirChanged | SessionChanged
