"""What the desk's screens are told."""

from __future__ import annotations

from collections.abc import Iterator

from blueroom.base.clock import now
from blueroom.desk.presence import people_at
from blueroom.desk.queries import channel_lines, desk_counts, desk_state, rows_of_ids
from blueroom.desk.wire import (
    ApprovalChanged,
    ChannelsChanged,
    CountsChanged,
    CrewChanged,
    DeskChange,
    DeskState,
    FiltersChanged,
    QuestionChanged,
    QuestionGone,
    SessionChanged,
)
from blueroom.room.cards import card_of_session
from blueroom.room.models import Session
from blueroom.updates.tell import Notice

SCREEN = "desk"


def snapshot(session: Session) -> DeskState:
    """Everything a desk shows when it opens."""
    return desk_state(session, now=now())


def changes(session: Session, notice: Notice) -> Iterator[DeskChange]:
    """What the session's screens are told of a notice."""
    if notice.session:
        yield SessionChanged(card_of_session(session))
        yield ApprovalChanged(session.needs_two)
    if notice.questions:
        found = rows_of_ids(session.pk, set(notice.questions))
        yield from (QuestionChanged(row) for row in found)
        for gone in sorted(set(notice.questions) - {row.id for row in found}):
            yield QuestionGone(gone)
    if notice.counts:
        yield CountsChanged(desk_counts(session, now=now()))
    if notice.channels:
        yield ChannelsChanged(channel_lines(session))
    if notice.crew:
        yield CrewChanged(people_at(session, now=now()))
    if notice.filters:
        yield FiltersChanged()
