"""What phones are told. Everything in it is public."""

from __future__ import annotations

from collections.abc import Iterator

from blueroom.audience.queries import answered_cards, phone_state
from blueroom.audience.wire import (
    AnsweredChanged,
    LiveChanged,
    OnAirChanged,
    PhoneChange,
    PhoneState,
    QuestionsCounted,
)
from blueroom.desk.queries import card_on_air, questions_counted
from blueroom.desk.wire import SessionChanged
from blueroom.room.cards import card_of_session
from blueroom.room.models import Session
from blueroom.studio.queries import live_card
from blueroom.updates.tell import Notice

SCREEN = "phone"


def snapshot(session: Session) -> PhoneState:
    """Everything a phone shows when it opens."""
    return phone_state(session)


def changes(session: Session, notice: Notice) -> Iterator[PhoneChange]:
    """What the session's screens are told of a notice."""
    if notice.session:
        yield SessionChanged(card_of_session(session))
    if notice.questions and notice.at_once:
        yield OnAirChanged(card_on_air(session))
        yield AnsweredChanged(answered_cards(session))
    if notice.studio:
        yield LiveChanged(live_card(session))
    if notice.counts:
        yield QuestionsCounted(questions_counted(session)[0])
