"""What the questions walls are told."""

from __future__ import annotations

from collections.abc import Iterator

from blueroom.base.clock import now
from blueroom.desk.queries import card_on_air, cards_answered, cards_next
from blueroom.desk.wire import SessionChanged
from blueroom.room.cards import card_of_session
from blueroom.room.models import Session
from blueroom.studio.queries import live_card
from blueroom.updates.tell import Notice
from blueroom.walls.queries import scene_lines, voices, wall_counts, wall_state
from blueroom.walls.rules import ANSWERED_MAX
from blueroom.walls.wire import (
    AnsweredChanged,
    LiveChanged,
    NextChanged,
    OnAirChanged,
    ScenesChanged,
    VoicesChanged,
    WallChange,
    WallCountsChanged,
    WallState,
)

SCREEN = "wall"


def snapshot(session: Session) -> WallState:
    """Everything a wall shows when it opens."""
    return wall_state(session, now=now())


def changes(session: Session, notice: Notice) -> Iterator[WallChange]:
    """What the session's screens are told of a notice."""
    if notice.session:
        yield SessionChanged(card_of_session(session))
        yield WallCountsChanged(wall_counts(session, now=now()))
    # New questions are no news for a wall: only decisions, which come at once, change its cards.
    # What the session says may be seen of them is in the cards.
    if notice.session or (notice.questions and notice.at_once):
        yield OnAirChanged(card_on_air(session))
        yield NextChanged(cards_next(session))
        yield VoicesChanged(voices(session))
        yield AnsweredChanged(cards_answered(session, limit=ANSWERED_MAX))
    if notice.walls:
        yield ScenesChanged(scene_lines(session))
    if notice.studio:
        yield LiveChanged(live_card(session))
    if notice.counts:
        yield WallCountsChanged(wall_counts(session, now=now()))
