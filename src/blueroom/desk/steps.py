"""What every decision is made of: take a question, change it, keep who did it, tell the screens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import F, Max, QuerySet
from django.db.transaction import on_commit

from blueroom.desk import rules
from blueroom.desk.errors import StaleRevision, Withdrawn
from blueroom.desk.models import Decision, Question, QuestionState
from blueroom.room.actor import Actor
from blueroom.updates.tell import changed

State = QuestionState


def take_question(question_id: int, revision: int | None = None) -> Question:
    """The question, locked, if it may still be decided on.

    Raises:
        Withdrawn: its author took it away.
        StaleRevision: somebody decided since that revision.
    """
    question = (
        Question.objects.select_for_update(of=("self",))
        .select_related("session")
        .get(pk=question_id)
    )
    if question.withdrawn_at:
        raise Withdrawn
    if revision is not None and revision != question.revision:
        raise StaleRevision(revision=question.revision, by=question.last_by)
    return question


def running_order(session_id: int) -> QuerySet[Question]:
    """What is lined up, in its order."""
    lined_up = Question.objects.filter(session_id=session_id, state=State.LINED_UP)
    return lined_up.order_by("position", "id")


def move_question(
    question: Question,
    *,
    verb: str,
    to: QuestionState,
    by: Actor,
    now: datetime,
    position: int | None = None,
    change: Mapping[str, Any] | None = None,
    kept: Mapping[str, Any] | None = None,
) -> None:
    """Change the state and the columns of `change`, keep the decision, tell the screens.

    What the columns held, and what is in `kept`, is there for undoing.
    """
    before, stood = State(question.state), question.position
    change = dict(change or {})
    if _drops_first_approval(question, verb, to):
        change |= {"first_by_id": None, "first_by_name": ""}
    kept = {**(kept or {}), **{name: getattr(question, name) for name in change}}
    for name, value in change.items():
        setattr(question, name, value)
    question.state = to
    question.position = stood if to == before else None
    if to == State.LINED_UP != before:
        last = running_order(question.session_id).aggregate(last=Max("position"))["last"]
        question.position = 0 if last is None else last + 1
        if position is not None and last is not None and position <= last:
            running_order(question.session_id).filter(position__gte=position).update(
                position=F("position") + 1
            )
            question.position = position
    if to == State.ON_AIR != before:
        question.on_air_at = now
    if to == State.ANSWERED:
        question.answered_at = question.answered_at or now
    elif before == State.ANSWERED:
        question.answered_at = None
    question.revision += 1
    question.last_verb, question.last_by, question.changed_at = verb, by.name, now
    question.save()
    keep_decision(question, verb, before, stood, by, now, kept=kept)
    tell([question])


def _drops_first_approval(question: Question, verb: str, to: QuestionState) -> bool:
    """Whether a first approval, of two that are needed, is void: it was of something else."""
    is_step = verb in ("approve_1st", "undo", "merge", "split", "mark", "unmark")
    return bool(question.first_by_id) and to not in rules.APPROVED and not is_step


def keep_decision(
    question: Question,
    verb: str,
    before: QuestionState,
    stood: int | None,
    by: Actor,
    now: datetime,
    *,
    kept: Mapping[str, Any] | None = None,
) -> None:
    """Add the row of the past; `kept` is what to put back when it is undone."""
    Decision.objects.create(
        question=question,
        verb=verb,
        from_state=before,
        to_state=question.state,
        revision=question.revision,
        position=stood,
        before=dict(kept) if kept else None,
        by_person_id=by.person_id,
        by_name=by.name,
        at=now,
    )


def tell(questions: Iterable[Question]) -> None:
    """Tell the screens of one session, once it is committed, that somebody decided on these."""
    found = list(questions)
    if found:
        changed(
            found[0].session_id,
            questions=[question.pk for question in found],
            counts=True,
            at_once=True,
            when=on_commit,
        )
