"""What the guest decides by the prompter: decisions like the desk's, which the desk can undo."""

from __future__ import annotations

from datetime import datetime, timedelta

from blueroom.desk.actions import decide, undo_decision
from blueroom.desk.models import Decision, Question, QuestionState
from blueroom.prompter.errors import NotForGuest, TooLateToUndo
from blueroom.room.actions import NotAllowed
from blueroom.room.actor import Actor
from blueroom.room.models import Session
from blueroom.room.rules import may
from blueroom.room.writing import one_transaction

# The page offers it for 5 s; the rest is for a slow network.
UNDO_WITHIN = timedelta(seconds=15)
BEFORE_GUEST = {
    "later": (QuestionState.ON_AIR, QuestionState.LINED_UP),
    "air": (QuestionState.LINED_UP,),
}


def put_off(
    *, session: Session, question_id: int, revision: int, now: datetime, by: Actor
) -> Question:
    """Not now: it leaves the air, or the running order, and waits at the desk under Later.

    `revision` is the one that the guest saw. May be repeated.

    Raises:
        NotForGuest: it is neither on air nor lined up, or another session's.
        StaleRevision, Withdrawn: as `desk.actions.decide`.
    """
    return _decide(session, question_id, "later", revision, now, by)


def take_question(
    *, session: Session, question_id: int, revision: int, now: datetime, by: Actor
) -> Question:
    """The guest answers it now: a question that is lined up goes on air.

    Raises: as `put_off`; here it has to be lined up.
    """
    return _decide(session, question_id, "air", revision, now, by)


def _decide(
    session: Session, question_id: int, verb: str, revision: int, now: datetime, by: Actor
) -> Question:
    _check(by)
    with one_transaction():
        question = _question(session, question_id)
        last = question.decisions.last()
        if last is not None and last.verb == verb and _is_own(last, by, revision + 1):
            return question  # the same once more: its answer was lost on the way
        if question.revision == revision and question.state not in BEFORE_GUEST[verb]:
            raise NotForGuest
        return decide(question_id=question.pk, verb=verb, now=now, by=by, revision=revision)


def undo(
    *, session: Session, question_id: int, revision: int, now: datetime, by: Actor
) -> Question:
    """Take back what the guest decided last; what it pushed off the air is on air again.

    `revision` is the one that the guest's decision made.

    Raises:
        TooLateToUndo: more than 15 seconds ago, or somebody decided on it since.
        NotForGuest: another session's.
    """
    _check(by)
    with one_transaction():
        question = _question(session, question_id)
        last = question.decisions.last()
        if last is None or last.verb not in BEFORE_GUEST or not _is_own(last, by, revision):
            raise TooLateToUndo
        if question.revision != revision or now - last.at > UNDO_WITHIN:
            raise TooLateToUndo
        pushed = _pushed_off(last)
        question = undo_decision(question_id=question.pk, now=now, by=by, revision=revision)
        if pushed is not None:
            undo_decision(question_id=pushed.question_id, now=now, by=by, revision=pushed.revision)
    return question


def _check(by: Actor) -> None:
    if not may(by.role, "choose_question"):
        raise NotAllowed(verb="choose_question")


def _question(session: Session, question_id: int) -> Question:
    found = Question.objects.select_for_update().filter(session=session, pk=question_id)
    question = found.first() if abs(question_id) < 2**63 else None
    if question is None:
        raise NotForGuest
    return question


def _is_own(decision: Decision, by: Actor, revision: int) -> bool:
    who = (decision.by_name, decision.by_person_id)
    return who == (by.name, by.person_id) and decision.revision == revision


def _pushed_off(taken: Decision) -> Decision | None:
    """What had to leave the air for it, while nobody decided on that since."""
    found = Decision.objects.filter(
        question__session=taken.question.session_id,
        verb="off_air",
        at=taken.at,
        by_name=taken.by_name,
    )
    pushed = found.select_related("question").last() if taken.verb == "air" else None
    is_last = pushed is not None and pushed.question.revision == pushed.revision
    return pushed if is_last and pushed.question.withdrawn_at is None else None
