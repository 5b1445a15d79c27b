"""What phones are told. Everything in it is public."""

from __future__ import annotations

from collections.abc import Iterator

from blueroom.audience.queries import (
    answered_cards,
    cards_voted_on,
    phone_state,
    questions_told,
    were_up_for_vote,
)
from blueroom.audience.wire import (
    AnsweredChanged,
    LiveChanged,
    OnAirChanged,
    PhoneChange,
    PhoneState,
    UpForVoteChanged,
    VotesCounted,
)
from blueroom.desk.queries import card_on_air
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
    if notice.questions and session.takes_votes:
        yield from _votes(session, notice)
    if notice.studio:
        yield LiveChanged(live_card(session))
    if notice.counts:
        yield questions_told(session)


def _votes(session: Session, notice: Notice) -> Iterator[UpForVoteChanged | VotesCounted]:
    """Whole cards after decisions only: what votes weigh is told to every phone again and again."""
    up = cards_voted_on(session, notice.questions)
    if not notice.at_once:
        if session.shows_counts:
            yield from (VotesCounted(number, entry.votes) for number, entry in up.items())
        return
    yield from (UpForVoteChanged(number, entry) for number, entry in up.items())
    gone = were_up_for_vote(set(notice.questions) - up.keys())
    yield from (UpForVoteChanged(number, None) for number in sorted(gone))
