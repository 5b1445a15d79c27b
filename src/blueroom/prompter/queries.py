"""What the prompter shows: what is on air and what is lined up, never anything else."""

from __future__ import annotations

from django.db.models import QuerySet

from blueroom.desk.models import Question, QuestionState
from blueroom.desk.queries import card_of_row, questions_of, rows
from blueroom.prompter.wire import Prompt, PrompterState
from blueroom.room.cards import card_of_session
from blueroom.room.models import Session
from blueroom.studio.queries import message_cards, messages_for_guest
from blueroom.studio.wire import MessageCard

NEXT = 2


def prompter_state(session: Session) -> PrompterState:
    """The prompter's snapshot."""
    return PrompterState(
        session=card_of_session(session),
        on_air=prompt_on_air(session),
        next=prompts_next(session),
        messages=messages_shown(session),
    )


def prompt_on_air(session: Session) -> Prompt | None:
    """The question on air."""
    found = _prompts(questions_of(session).filter(state=QuestionState.ON_AIR))
    return found[0] if found else None


def prompts_next(session: Session) -> list[Prompt]:
    """The head of the running order."""
    lined_up = questions_of(session).filter(state=QuestionState.LINED_UP)
    return _prompts(lined_up.order_by("position", "id")[:NEXT])


def messages_shown(session: Session) -> list[MessageCard]:
    """What the crew wrote to the guest, as far as it is shown."""
    return message_cards(messages_for_guest(session))


def _prompts(found: QuerySet[Question]) -> list[Prompt]:
    aired = dict(found.values_list("id", "on_air_at"))
    return [
        Prompt(
            card=card_of_row(row),
            revision=row.revision,
            on_air_at=aired.get(row.id) if row.state == QuestionState.ON_AIR else None,
        )
        for row in rows(found)
    ]
