"""What walls show."""

from __future__ import annotations

from datetime import datetime

from blueroom.desk.queries import card_on_air, cards_next, questions_counted
from blueroom.posts.queries import counts_of
from blueroom.room.cards import card_of_session
from blueroom.room.models import Session
from blueroom.walls.wire import WallCounts, WallState

CURVE_MINUTES = 20


def wall_counts(session: Session, *, now: datetime) -> WallCounts:
    """How much came in and was answered; the curve's last minute is still running."""
    arrived = counts_of(session, now=now)
    questions, answered = questions_counted(session)
    return WallCounts(
        posts=arrived.posts,
        questions=questions,
        answered=answered,
        curve=arrived.curve[-CURVE_MINUTES:],
    )


def wall_state(session: Session, *, now: datetime) -> WallState:
    """The questions wall's snapshot."""
    return WallState(
        session=card_of_session(session),
        on_air=card_on_air(session),
        next=cards_next(session),
        counts=wall_counts(session, now=now),
    )
