"""What a phone is shown: what is public, and what became of its own questions."""

from __future__ import annotations

from django.db.models import Sum

from blueroom.audience import rules
from blueroom.audience.models import HeartCount
from blueroom.audience.wire import AnsweredCard, OwnQuestion, PhoneState
from blueroom.desk.models import Question
from blueroom.desk.queries import card_on_air, cards_answered, questions_counted
from blueroom.room.cards import card_of_session
from blueroom.room.models import Session
from blueroom.studio.queries import live_card, public_clips, public_photos

OWN_LIMIT = 50


def phone_state(session: Session) -> PhoneState:
    """Everything public of a session."""
    live = live_card(session)
    return PhoneState(
        session=card_of_session(session),
        on_air=card_on_air(session),
        answered=answered_cards(session),
        questions=questions_counted(session)[0],
        live=live,
        hearts_total=hearts_counted(session.pk) if live else 0,
    )


def hearts_counted(session_id: int) -> int:
    """How many hearts a session's live picture got, without those of the last seconds."""
    counted = HeartCount.objects.filter(session_id=session_id).aggregate(total=Sum("hearts"))
    return int(counted["total"] or 0)


def answered_cards(session: Session) -> list[AnsweredCard]:
    """The newest answered questions, with the clips and photos that the public may see."""
    answered = cards_answered(session)
    ids = [one.card.id for one in answered]
    clips, photos = public_clips(ids), public_photos(ids)
    return [
        AnsweredCard(
            card=one.card,
            answer=one.answer,
            answered_at=one.answered_at,
            clip=clips.get(one.card.id, ""),
            photo=photos.get(one.card.id),
        )
        for one in answered
    ]


def own_questions(session: Session, *, asker: str) -> list[OwnQuestion]:
    """What this phone asked in this session, newest first; nothing for one that never asked."""
    if not asker:
        return []
    found = Question.objects.filter(
        session=session, post__author__network="page", post__author__remote_id=asker
    )
    own = list(found.select_related("head").order_by("-id")[:OWN_LIMIT])
    # What became of the group became of each who asks it.
    ids = [(question.head or question).pk for question in own]
    clips, photos = public_clips(ids), public_photos(ids)
    return [
        OwnQuestion(
            id=question.pk,
            text=question.text,
            state=rules.state_told(group.state, is_withdrawn=question.withdrawn_at is not None),
            answer=group.answer_text if group.state == "answered" else "",
            clip=clips.get(group.pk, ""),
            photo=photos.get(group.pk),
        )
        for question, group in ((question, question.head or question) for question in own)
    ]
