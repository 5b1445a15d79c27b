"""What a phone is shown: what is public, and what became of its own questions."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from django.db.models import Count, QuerySet, Sum

from blueroom.audience import rules
from blueroom.audience.models import HeartCount, Vote
from blueroom.audience.wire import (
    AnsweredCard,
    OwnQuestion,
    PhoneState,
    QuestionsCounted,
    VoteCard,
)
from blueroom.desk.models import Clarification, Decision, Question, QuestionState
from blueroom.desk.queries import (
    IDS_A_QUERY,
    card_of_row,
    card_on_air,
    cards_answered,
    questions_counted,
    questions_of,
    rows,
)
from blueroom.desk.rules import OPEN
from blueroom.desk.wire import Row
from blueroom.room.cards import card_of_session
from blueroom.room.models import Session, SessionState
from blueroom.studio.queries import live_card, public_clips, public_photos

OWN_LIMIT = 50
UP_FOR_VOTE = (QuestionState.APPROVED, QuestionState.LINED_UP)
# What a phone is shown of them: those with the most votes, and the newest, which have none yet.
MOST_VOTED, NEWEST = 30, 10
ANSWERS_MEANWHILE, ANSWERS_AFTER = 20, 100


def phone_state(session: Session) -> PhoneState:
    """Everything public of a session."""
    live = live_card(session)
    counted = questions_told(session)
    shows_hearts = live is not None and session.takes_hearts and session.shows_counts
    return PhoneState(
        session=card_of_session(session),
        on_air=card_on_air(session),
        answered=answered_cards(session),
        up_for_vote=cards_up_for_vote(session),
        questions=counted.questions,
        questions_answered=counted.answered,
        live=live,
        hearts_total=hearts_counted(session.pk) if shows_hearts else 0,
    )


def questions_told(session: Session) -> QuestionsCounted:
    """How many questions there are as phones are told; none where they are not to say so."""
    return QuestionsCounted(*(questions_counted(session) if session.shows_counts else (0, 0)))


def hearts_counted(session_id: int) -> int:
    """How many hearts a session's live picture got, without those of the last seconds."""
    counted = HeartCount.objects.filter(session_id=session_id).aggregate(total=Sum("hearts"))
    return int(counted["total"] or 0)


def answered_cards(session: Session) -> list[AnsweredCard]:
    """The newest answered questions, once it is over practically all, with what the public may see
    of their clips and photos.
    """
    is_over = session.state == SessionState.CLOSED
    answered = cards_answered(session, limit=ANSWERS_AFTER if is_over else ANSWERS_MEANWHILE)
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


def up_for_vote(session: Session) -> QuerySet[Question]:
    """The questions that the public votes on: approved, or in the running order."""
    if not session.takes_votes:
        return Question.objects.none()
    return questions_of(session).filter(state__in=UP_FOR_VOTE)


def is_up_for_vote(session: Session, question_id: int) -> bool:
    """Whether the public votes on that question of the session."""
    return up_for_vote(session).filter(pk=question_id).exists()


def voters_counted(session_id: int) -> int:
    """How many phones have voted for anything in a session, those forgotten left out."""
    votes = Vote.objects.filter(question__session_id=session_id)
    return votes.aggregate(devices=Count("device", distinct=True))["devices"] or 0


def cards_up_for_vote(session: Session) -> list[VoteCard]:
    """Some of them, those with the most votes first."""
    found = up_for_vote(session)
    most = rows(found.order_by("-votes", "-id")[:MOST_VOTED])
    newest = rows(found.order_by("-id")[:NEWEST])
    several = {row.id: row for row in chain(most, newest)}
    return [_vote_card(row, session) for row in several.values()]


def _vote_card(row: Row, session: Session) -> VoteCard:
    shows = session.shows_counts
    return VoteCard(card=card_of_row(row, shows_counts=shows), votes=row.votes if shows else 0)


def cards_voted_on(session: Session, ids: Iterable[int]) -> dict[int, VoteCard]:
    """By id, those of some questions that the public votes on."""
    wanted = set(ids)
    found = up_for_vote(session)
    known = wanted.intersection(found.values_list("pk", flat=True))
    return {row.id: _vote_card(row, session) for row in rows(found.filter(pk__in=known))}


def were_up_for_vote(ids: Iterable[int]) -> set[int]:
    """Those of some questions that the public may have voted on: taken away by a decision, or
    erased with all that was decided."""
    wanted, found = sorted(ids), set[int]()
    for start in range(0, len(wanted), IDS_A_QUERY):
        some = wanted[start : start + IDS_A_QUERY]
        past = Decision.objects.filter(question_id__in=some, from_state__in=UP_FOR_VOTE)
        found.update(past.values_list("question_id", flat=True))
        there = Question.objects.filter(pk__in=some).values_list("pk", flat=True)
        found.update(set(some).difference(there))
    return found


def voted_for(session: Session, *, device: str) -> list[int]:
    """The questions that this phone gave its vote, while the public votes on them."""
    if not device:
        return []
    given = Vote.objects.filter(device=device, question__in=up_for_vote(session))
    return list(given.order_by("question_id").values_list("question_id", flat=True))


def own_questions(session: Session, *, asker: str) -> list[OwnQuestion]:
    """What this phone asked in this session, newest first; nothing for one that never asked."""
    if not asker:
        return []
    found = Question.objects.filter(
        session=session, post__author__network="page", post__author__remote_id=asker
    )
    own = list(found.select_related("head").order_by("-id")[:OWN_LIMIT])
    shows_votes = session.takes_votes and session.shows_counts
    # What became of the group became of each who asks it.
    ids = [(question.head or question).pk for question in own]
    clips, photos = public_clips(ids), public_photos(ids)
    asked = Clarification.objects.filter(question__in=own, state="sent")
    asked_back = dict(asked.values_list("question_id", "text"))
    return [
        OwnQuestion(
            id=question.pk,
            text=question.text,
            state=rules.state_told(group.state, is_withdrawn=question.withdrawn_at is not None),
            others=group.askers - 1 if session.shows_counts else 0,
            votes=group.votes if shows_votes and group.state in UP_FOR_VOTE else 0,
            answer=group.answer_text if group.state == "answered" else "",
            clip=clips.get(group.pk, ""),
            clarification=asked_back.get(question.pk, "") if group.state in OPEN else "",
            photo=photos.get(group.pk),
        )
        for question, group in ((question, question.head or question) for question in own)
    ]
