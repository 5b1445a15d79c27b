"""Shows a group that waits in the most presentable of its askers' words, until a person chose any.

What a moderator decides on must be what they read: so another wording is a decision of the house,
with a revision of its own, and never comes where somebody reads, approved or chose words.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import QuerySet

from blueroom.desk.models import Presence, Question, QuestionState
from blueroom.desk.presence import GONE_AFTER
from blueroom.desk.steps import move_question, take_question
from blueroom.grouping.wording import Wording, best_wording
from blueroom.room.actor import house
from blueroom.room.models import Session
from blueroom.room.writing import one_transaction

State = QuestionState
VERB = "house_words"
CHOSEN = ("wording", "reword", "undo")  # after these the words are a person's
CALM = timedelta(seconds=5)
AT_ONCE = 20  # groups a round
MOST_READ = 200  # members of a group, the newest
MOST_WORDINGS = 40  # different ones
MOST_KNOWN = 10_000  # groups that were looked at


def word_group(*, question_id: int, now: datetime) -> bool:
    """Show a group in the best of its words; whether they are others now. May be repeated.

    Raises Withdrawn: its author took it away.
    """
    with one_transaction():
        question = take_question(question_id)
        if not _may_word(question, now):
            return False
        wordings = _wordings(question)
        best = int(best_wording(wordings, question.language).key)
        if best == wordings[0].key:
            return False
        change = {"wording_id": None if best == question.pk else best}
        by = house(question.session.room_id)
        move_question(question, verb=VERB, to=State.WAITING, by=by, now=now, change=change)
    return True


def _may_word(question: Question, now: datetime) -> bool:
    """Whether nobody has to do with its words yet."""
    if question.state != State.WAITING or question.air_text or question.first_by_id:
        return False
    is_read = _read_now(now).filter(question_id=question.pk).exists()
    return not is_read and not question.decisions.filter(verb__in=CHOSEN).exists()


def _read_now(now: datetime) -> QuerySet[Presence]:
    """Who has a question under their eyes."""
    return Presence.objects.filter(question_id__isnull=False, seen_at__gt=now - GONE_AFTER)


def _wordings(question: Question) -> list[Wording]:
    """What is shown now, then each other way in which it was asked; nothing that was held."""
    members = question.members.filter(withdrawn_at=None, reasons__isnull=True, is_sensitive=False)
    newest = list(members.order_by("-id").values_list("id", "text", "language")[:MOST_READ])
    shown = question.worded_by
    rows = [(one.pk, one.text, one.language) for one in (shown, question)] + newest[::-1]
    different: dict[str, Wording] = {}
    for id_, text, language in rows:
        different.setdefault(text, Wording(id_, text, language))
    return list(different.values())[:MOST_WORDINGS]


class WordGroups:
    """A round of a worker: looks at groups that wait, and again when twice as many ask."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._due_at: datetime | None = None
        self._looked_at: OrderedDict[int, int] = OrderedDict()  # askers, by head

    def __call__(self) -> int:
        moment = self._now()
        if self._due_at is not None and moment < self._due_at:
            return 0
        due = self._due_groups(moment)
        for question_id, askers in due[:AT_ONCE]:
            self._looked_at.pop(question_id, None)
            self._looked_at[question_id] = askers
            word_group(question_id=question_id, now=moment)
        while len(self._looked_at) > MOST_KNOWN:
            self._looked_at.popitem(last=False)
        if len(due) <= AT_ONCE:
            self._due_at = moment + CALM
        return len(due[:AT_ONCE])

    def _due_groups(self, now: datetime) -> list[tuple[int, int]]:
        open_sessions = Session.objects.filter(closed_at=None).values("pk")
        waiting = Question.objects.filter(
            session__in=open_sessions, state=State.WAITING, withdrawn_at=None, askers__gt=1
        ).exclude(last_verb__in=CHOSEN)
        waiting = waiting.exclude(pk__in=_read_now(now).values("question_id"))
        return [
            (question_id, askers)
            for question_id, askers in waiting.order_by("-askers").values_list("id", "askers")
            if askers >= 2 * self._looked_at.get(question_id, 1)
        ]
