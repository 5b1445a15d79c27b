"""What prompters are told."""

from __future__ import annotations

from collections.abc import Iterator

from blueroom.desk.wire import SessionChanged
from blueroom.prompter.queries import (
    messages_shown,
    prompt_on_air,
    prompter_state,
    prompts_next,
)
from blueroom.prompter.wire import (
    MessagesChanged,
    NextChanged,
    OnAirChanged,
    PrompterChange,
    PrompterState,
)
from blueroom.room.cards import card_of_session
from blueroom.room.models import Session
from blueroom.updates.tell import Notice

SCREEN = "prompter"


def snapshot(session: Session) -> PrompterState:
    """Everything a prompter shows when it opens."""
    return prompter_state(session)


def changes(session: Session, notice: Notice) -> Iterator[PrompterChange]:
    """What the session's prompters are told of a notice."""
    if notice.session:
        yield SessionChanged(card_of_session(session))
    # New questions are no news for the guest: only decisions, which come at once.
    if notice.questions and notice.at_once:
        yield OnAirChanged(prompt_on_air(session))
        yield NextChanged(prompts_next(session))
    if notice.studio:  # whose notices tell of the crew's messages too
        yield MessagesChanged(messages_shown(session))
