"""What the videos walls are told."""

from __future__ import annotations

from collections.abc import Iterator

from blueroom.desk.queries import card_on_air
from blueroom.desk.wire import SessionChanged
from blueroom.room.cards import card_of_session
from blueroom.room.models import Session
from blueroom.updates.tell import Notice
from blueroom.walls.queries import tiles, videos_state, wall_programme
from blueroom.walls.relay_queries import relay_tiles
from blueroom.walls.wire import (
    OnAirChanged,
    ProgrammeChanged,
    RelaysChanged,
    TilesChanged,
    VideosChange,
    VideosState,
)

SCREEN = "videos"


def snapshot(session: Session) -> VideosState:
    """Everything a videos wall shows when it opens."""
    return videos_state(session)


def changes(session: Session, notice: Notice) -> Iterator[VideosChange]:
    """What the session's screens are told of a notice."""
    if notice.session:
        yield SessionChanged(card_of_session(session))
    # New questions are no news for a wall: only decisions, which come at once, change its cards.
    is_decision = bool(notice.questions) and notice.at_once
    if notice.studio:
        yield ProgrammeChanged(wall_programme(session))
    if notice.walls:
        yield RelaysChanged(relay_tiles(session))
    if notice.studio or notice.walls or is_decision:
        yield TilesChanged(tiles(session))
    if is_decision:
        yield OnAirChanged(card_on_air(session))
