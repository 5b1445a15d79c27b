"""Proposes what letters cannot see, where the operator gave a sentence model; merges nothing.

A sentence takes milliseconds, so none is read while posts are stored: a worker reads the lines that
are there, a few at a time, and compares each with those before it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.db.transaction import on_commit

from blueroom.desk.models import Question, QuestionState
from blueroom.grouping.meanings import Meaning, Meanings, Near
from blueroom.room.models import Session
from blueroom.room.writing import one_transaction
from blueroom.updates.tell import changed

State = QuestionState
CALM = timedelta(seconds=2)
AT_ONCE = 32  # sentences of a session in a round: some tenths of a second
MOST_LINES = 5_000  # of a session, the newest
MOST_SESSIONS = 8
REFUSED = ("keep_apart", "split")  # a person said that it stands for itself


class _Known:
    """The lines of a session that were read, with the texts they had then."""

    def __init__(self, model: Meaning) -> None:
        self.meanings = Meanings(model, most=MOST_LINES)
        self.texts: dict[int, str] = {}


class ProposeByMeaning:
    """A round of a worker: reads some lines of each open session, oldest first."""

    def __init__(self, model: Meaning, now: Callable[[], datetime]) -> None:
        self._model = model
        self._now = now
        self._due_at: datetime | None = None
        self._by_session: OrderedDict[int, _Known] = OrderedDict()

    def __call__(self) -> int:
        moment = self._now()
        if self._due_at is not None and moment < self._due_at:
            return 0
        sessions = Session.objects.filter(closed_at=None, questions__isnull=False)
        newest = sessions.order_by("-id").values_list("id", flat=True).distinct()[:MOST_SESSIONS]
        done = sum(self._read_some(session_id) for session_id in newest)
        if not done:
            self._due_at = moment + CALM
        return done

    def _read_some(self, session_id: int) -> int:
        known = self._by_session.pop(session_id, None) or _Known(self._model)
        self._by_session[session_id] = known
        if len(self._by_session) > MOST_SESSIONS:
            self._by_session.popitem(last=False)
        newest = _lines(session_id).order_by("-id").values_list("id", "text")
        texts = dict(reversed(list(newest[:MOST_LINES])))
        for id_ in [id_ for id_, text in known.texts.items() if texts.get(id_) != text]:
            known.meanings.forget(id_)
            del known.texts[id_]
        some = [(id_, text) for id_, text in texts.items() if id_ not in known.texts][:AT_ONCE]
        found = known.meanings.place(some)
        known.texts.update(some)
        near = {id_: one for (id_, _), one in zip(some, found, strict=True) if one}
        if near:
            propose(session_id=session_id, near=near)
        return len(some)


def _lines(session_id: int) -> QuerySet[Question]:
    """What others may be put under."""
    lines = Question.objects.filter(
        session_id=session_id, head=None, withdrawn_at=None, to_compare=False
    )
    return lines.exclude(state=State.HELD)


def propose(*, session_id: int, near: Mapping[int, Near]) -> list[int]:
    """Propose for questions, by id, the one that each may mean; the ids of those for which it was.

    What somebody has decided on, or kept apart, and what has a proposal already stays as it is.
    """
    with one_transaction():
        heads = _lines(session_id).filter(pk__in={one.key for one in near.values()})
        there = set(heads.values_list("pk", flat=True))
        open_ = Question.objects.filter(
            pk__in=near, state=State.WAITING, withdrawn_at=None, proposal=None, head=None
        )
        free = open_.exclude(decisions__verb__in=REFUSED).values_list("pk", flat=True)
        told = [pk for pk in sorted(free) if near[pk].key in there]
        for pk in told:
            Question.objects.filter(pk=pk).update(
                proposal_id=near[pk].key, proposal_score=near[pk].score
            )
        if told:
            changed(session_id, questions=told, when=on_commit)
    return told
