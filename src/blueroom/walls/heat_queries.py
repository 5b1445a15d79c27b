"""What the heat map shows beside its points."""

from __future__ import annotations

from datetime import datetime, timedelta

from blueroom.desk import rules as desk
from blueroom.desk.models import Decision
from blueroom.posts.queries import curve_of, map_revision, posts_counted
from blueroom.room.cards import card_of_session
from blueroom.room.models import Session
from blueroom.walls.heat_wire import HeatCounts, HeatState, Moment

CURVE = timedelta(hours=24)  # of the minutes that are told; posts before count all the same
TAIL = timedelta(minutes=2)
MOMENT_LETTERS = 160


def heat_state(session: Session, *, now: datetime) -> HeatState:
    """The heat map's snapshot."""
    # Read before the counts: what comes in between is told as a change after it.
    revision = map_revision(session.pk)
    return HeatState(
        session=card_of_session(session),
        counts=heat_counts(session, now=now),
        moments=moments(session),
        revision=revision,
    )


def heat_counts(session: Session, *, now: datetime, is_tail: bool = False) -> HeatCounts:
    """How many posts came, and when; with `is_tail` the last two minutes alone."""
    over_at = min(now, session.closed_at or now)
    since = (now - TAIL if is_tail else over_at - CURVE).replace(second=0, microsecond=0)
    from_at, curve = curve_of(session, since=since)
    return HeatCounts(posts=posts_counted(session), from_at=from_at, curve=curve)


def moments(session: Session) -> list[Moment]:
    """What happened in the session, oldest first.

    Of its questions those that were on air and may still be seen, each as often as it was.
    """
    known = (
        ("opened", session.opened_at),
        ("on_air", session.on_air_at),
        ("closed", session.closed_at),
    )
    found = [Moment(kind=kind, at=at, text="") for kind, at in known if at is not None]
    aired = (
        Decision.objects.filter(
            question__session=session,
            question__withdrawn_at=None,
            question__state__in=desk.APPROVED,
            verb="air",
        )
        .order_by("id")
        .values_list("at", "question__text")
    )
    found += [Moment(kind="question", at=at, text=text[:MOMENT_LETTERS]) for at, text in aired]
    return sorted(found, key=lambda moment: moment.at)
