"""What the page of clips is told."""

from __future__ import annotations

from collections.abc import Iterator

from blueroom.clips.queries import answer_lines
from blueroom.clips.wire import AnswersChanged, ClipsChange, ClipsState
from blueroom.desk.wire import SessionChanged
from blueroom.room.cards import card_of_session
from blueroom.room.models import Session
from blueroom.updates.tell import Notice

SCREEN = "clips"


def snapshot(session: Session) -> ClipsState:
    """Everything the page of clips shows when it opens."""
    return ClipsState(session=card_of_session(session), answers=answer_lines(session))


def changes(session: Session, notice: Notice) -> Iterator[ClipsChange]:
    """What the session's screens are told of a notice."""
    if notice.session:
        yield SessionChanged(card_of_session(session))
    if notice.studio:
        yield AnswersChanged(answer_lines(session))
