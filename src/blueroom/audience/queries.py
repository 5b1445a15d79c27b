"""What a phone is shown: what is public, and what became of its own questions."""

from __future__ import annotations

from blueroom.audience import rules
from blueroom.audience.wire import OwnQuestion, PhoneState
from blueroom.desk.models import Question
from blueroom.desk.queries import card_on_air, cards_answered, questions_counted
from blueroom.room.cards import card_of_session
from blueroom.room.models import Session

OWN_LIMIT = 50


def phone_state(session: Session) -> PhoneState:
    """Everything public of a session."""
    return PhoneState(
        session=card_of_session(session),
        on_air=card_on_air(session),
        answered=cards_answered(session),
        questions=questions_counted(session)[0],
    )


def own_questions(session: Session, *, asker: str) -> list[OwnQuestion]:
    """What this phone asked in this session, newest first; nothing for one that never asked."""
    if not asker:
        return []
    found = Question.objects.filter(
        session=session, post__author__network="page", post__author__remote_id=asker
    )
    return [
        OwnQuestion(
            id=question.pk,
            text=question.text,
            state=rules.state_told(question.state, is_withdrawn=question.withdrawn_at is not None),
            answer=question.answer_text if question.state == "answered" else "",
        )
        for question in found.order_by("-id")[:OWN_LIMIT]
    ]
