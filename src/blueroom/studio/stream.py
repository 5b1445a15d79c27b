"""What the studio's screens are told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from blueroom.desk.queries import card_on_air, cards_next
from blueroom.desk.wire import SessionChanged
from blueroom.room.cards import card_of_session
from blueroom.room.models import Session
from blueroom.studio.control import control
from blueroom.studio.queries import (
    answer_lines,
    disk,
    feed_lines,
    message_lines,
    programme_card,
    studio_state,
)
from blueroom.studio.wire import (
    AnswersChanged,
    FeedsChanged,
    MessagesChanged,
    ProgrammeChanged,
    QuestionsChanged,
    StudioChange,
    StudioState,
)
from blueroom.updates.tell import Notice

SCREEN = "studio"


def snapshot(session: Session) -> StudioState:
    """Everything the studio shows when it opens."""
    return studio_state(session)


def follow(session_id: int, notice: Notice) -> Iterable[tuple[str, list[StudioChange]]]:
    """Have the programme's slate say and wear what the session and its room do now."""
    receiver = control()
    if notice.session and receiver is not None:
        receiver.programme_changed(session_id)
    return ()


def changes(session: Session, notice: Notice) -> Iterator[StudioChange]:
    """What the session's screens are told of a notice."""
    if notice.session:
        yield SessionChanged(card_of_session(session))
    if notice.studio:
        yield ProgrammeChanged(programme_card(session))
        yield FeedsChanged(feed_lines(session), disk())
        yield AnswersChanged(answer_lines(session))
        yield MessagesChanged(message_lines(session))
    # New questions are no news here: only decisions, which come at once, change what is on air.
    if notice.questions and notice.at_once:
        yield QuestionsChanged(card_on_air(session), cards_next(session))
