"""Questions that ask the same in other words: asks the room `grouping`, and keeps what it compares
with in step with the database, in which other processes and people decide too.

What is known here may be behind. So whatever `grouping` answers is looked up before it counts.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Literal, NamedTuple

from django.db.models import Q, QuerySet

from blueroom.desk.models import Decision, Question, QuestionState
from blueroom.grouping.flood import Key
from blueroom.grouping.heads import Asked, Heads, Limits, Placed, Row
from blueroom.room.models import Session

State = QuestionState
How = Literal["stands", "joins", "perhaps", "piled"]
_Group = tuple[int | None, int | None]  # a head's id, or its post where it is of the same call
MOST_SESSIONS = 8  # up to 45 MB each
A_SECOND = 500  # questions compared in one process: at most a quarter of a core goes there
AT_ONCE = 200  # of them in one go, before the clock has moved on
IDS_A_QUERY = 200  # ids in a query
OVERLAP = 100  # decisions: on PostgreSQL one may be committed after one with a higher id
# What makes a line of a question, or none, or another one.
REGROUPING = ("merge", "split", "edit", "withdraw", "inherit", "undo", "promote")


class Where(NamedTuple):
    """Where a question belongs: it `stands` alone, `joins` a group, perhaps belongs to one, or is
    `piled` up under one with very many that are nearly the same.

    The group is told by its head's id, or by its post where that is of the same call.
    """

    how: How
    head_id: int | None = None
    head_post_id: int | None = None
    score: float | None = None


class _Found(NamedTuple):
    id: int
    post_id: int
    text: str
    language: str
    state: str
    head_post_id: int | None
    is_withdrawn: bool

    @property
    def is_line(self) -> bool:
        """Whether it is a head, or alone; who is held is compared with nobody."""
        return self.head_post_id is None and not self.is_withdrawn and self.state != State.HELD


def _found(questions: QuerySet[Question]) -> list[_Found]:
    rows = questions.values_list(
        "id", "post_id", "text", "language", "state", "head__post_id", "withdrawn_at"
    )
    return [_Found(*row[:6], row[6] is not None) for row in rows]


class _Known:
    """What the questions of one session are compared with."""

    def __init__(self, session_id: int) -> None:
        self._session_id = session_id
        self._last_decision = _last_id(Decision.objects.all())
        self._last_question = _last_id(self._questions())
        # Lines that nobody compared with anything yet, oldest first.
        self._to_compare = deque(
            self._questions().filter(to_compare=True).order_by("id").values_list("id", flat=True)
        )
        session = Session.objects.select_related("guest").get(pk=session_id)
        limits = Limits()
        is_line = Q(head=None, to_compare=False) & ~Q(state=State.HELD)
        by_people = Q(last_verb="merge") & ~Q(head__state=State.HELD)
        compared = self._questions().filter(is_line | by_people, withdrawn_at=None)
        newest = _found(compared.order_by("-id")[: limits.wordings])
        self.heads = Heads(
            [
                Row(one.post_id, one.text, one.language, one.head_post_id or one.post_id)
                for one in reversed(newest)
            ],
            ignored=[session.guest.name, *session.hashtags],
            limits=limits,
        )

    def _questions(self) -> QuerySet[Question]:
        return Question.objects.filter(session_id=self._session_id)

    def catch_up(self) -> None:
        """Take in what was stored and decided since the last time, by whomever."""
        self._see_new_lines()
        self._follow_decisions()
        self._see_compared_lines()

    def _see_new_lines(self) -> None:
        new = self._questions().filter(pk__gt=self._last_question).order_by("id")
        rows = new.values_list("id", "post_id", "state", "head_id", "to_compare")
        missing = []
        for id_, post_id, state, head_id, to_compare in rows:
            self._last_question = id_
            if to_compare:
                self._to_compare.append(id_)
            elif state != State.HELD and head_id is None and post_id not in self.heads:
                missing.append(id_)
        self._add(missing)

    def _see_compared_lines(self) -> None:
        """What stood as a line without having been compared, and is one for good."""
        waiting = self._questions().filter(to_compare=True)
        while self._to_compare and not waiting.filter(pk=self._to_compare[0]).exists():
            ids = list(islice(self._to_compare, IDS_A_QUERY))
            left = set(waiting.filter(pk__in=ids).values_list("pk", flat=True))
            done = []
            while self._to_compare and len(done) < len(ids) and self._to_compare[0] not in left:
                done.append(self._to_compare.popleft())
            self._add(done)

    def _add(self, ids: Sequence[int]) -> None:
        for start in range(0, len(ids), IDS_A_QUERY):
            some = self._questions().filter(pk__in=ids[start : start + IDS_A_QUERY])
            for one in _found(some.order_by("id")):
                if one.is_line and one.post_id not in self.heads:
                    self.heads.split(one.post_id, one.text, one.language)

    def _follow_decisions(self) -> None:
        last = _last_id(Decision.objects.all())
        if last == self._last_decision:
            return
        made = Decision.objects.filter(
            Q(verb__in=REGROUPING) | Q(from_state=State.HELD) | Q(to_state=State.HELD),
            pk__gt=self._last_decision - OVERLAP,
            question__session_id=self._session_id,
        )
        rows = list(made.order_by("id").values_list("question_id", "verb", "before"))
        self._last_decision = last
        heirs = {
            question_id: before["head_id"]
            for question_id, verb, before in rows
            if verb == "inherit" and before and before.get("head_id")
        }
        decided = list(dict.fromkeys(row[0] for row in reversed(rows)))[::-1]
        for start in range(0, len(decided), IDS_A_QUERY):
            self._follow_some(decided[start : start + IDS_A_QUERY], heirs)

    def _follow_some(self, decided: Sequence[int], heirs: dict[int, int]) -> None:
        formers = [heirs[question_id] for question_id in decided if question_id in heirs]
        wanted = self._questions().filter(pk__in=[*decided, *formers])
        found = {one.id: one for one in _found(wanted)}
        for question_id in decided:
            former = found.get(heirs.get(question_id, 0))
            if one := found.get(question_id):
                self._follow(one, former.post_id if former else None)
        # Whom people had put under them came along.
        for one in _found(self._questions().filter(head__in=decided, last_verb="merge")):
            if one.post_id in self.heads:
                self._follow(one, None)

    def _follow(self, one: _Found, former_head: int | None) -> None:
        """Compare with a question as it is now, and not as it was."""
        if one.is_withdrawn or one.state == State.HELD:
            self.heads.forget(one.post_id)
            return
        self.heads.split(one.post_id, one.text, one.language)
        try:
            if one.head_post_id is not None:
                self.heads.merge(one.post_id, into=one.head_post_id)
            elif former_head is not None:
                self.heads.merge(former_head, into=one.post_id)
        except KeyError:
            if one.head_post_id is not None:  # nobody is compared with its head
                self.heads.forget(one.post_id)

    def place(self, asked: Sequence[Asked], now: datetime) -> list[Where]:
        """Where each belongs, with what the database says of the heads that were found."""
        placed = self.heads.place(asked, at=now)
        texts = {one.key: one for one in asked}
        groups = self._groups({one.head_key for one in placed} - texts.keys())
        found = []
        for one in placed:
            where = self._where(one, texts[one.key], groups)
            if where.how in ("stands", "perhaps"):
                groups[one.key] = (None, int(one.key))
            found.append(where)
        return found

    def _where(self, placed: Placed, asked: Asked, groups: dict[Key, _Group]) -> Where:
        key, head = placed.key, placed.head_key
        if head == key:
            return Where("stands")
        how: How = "joins"
        if placed.how == "proposed":
            how = "piled" if placed.is_piled else "perhaps"
        if head in groups:
            return Where(how, *groups[head], score=placed.score)
        if how != "perhaps":
            # Its head is gone, or held: what comes next joins this one.
            self.heads.forget(head)
            self.heads.split(key, asked.text, asked.language)
            groups[head] = (None, int(key))
        return Where("stands")

    def _groups(self, posts: Iterable[Key]) -> dict[Key, _Group]:
        """The groups that these posts are of, those that who is not held may join."""
        rows = self._questions().filter(post__in=posts, withdrawn_at=None, head__withdrawn_at=None)
        return {
            post_id: (head_id or id_, None)
            for post_id, id_, state, head_id, head_state in rows.values_list(
                "post_id", "id", "state", "head_id", "head__state"
            )
            if State.HELD not in (state, head_state)
        }


def _last_id(rows: QuerySet[Any]) -> int:
    return rows.order_by("-id").values_list("id", flat=True).first() or 0


class Sessions:
    """What is known of the sessions in which something was placed last, in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_session: OrderedDict[int, _Known] = OrderedDict()
        self._left = float(AT_ONCE)
        self._looked_at: datetime | None = None

    def place(self, session_id: int, asked: Sequence[Asked], now: datetime) -> list[Where]:
        """Where questions belong that are to be stored as this says; the keys are ids of posts."""
        if not asked:
            return []
        with self._lock:
            known = self._by_session.pop(session_id, None)
            if known is None:
                known = _Known(session_id)
            else:
                known.catch_up()
            found = known.place(asked, now)
            # Where something failed it is read anew the next time.
            self._by_session[session_id] = known
            if len(self._by_session) > MOST_SESSIONS:
                self._by_session.popitem(last=False)
        return found

    def allow(self, wanted: int, now: datetime) -> int:
        """How many questions may be compared at this moment, of those wanted."""
        with self._lock:
            if self._looked_at is not None:
                passed_s = max(0.0, (now - self._looked_at).total_seconds())
                self._left = min(AT_ONCE, self._left + passed_s * A_SECOND)
            self._looked_at = now
            given = min(wanted, int(self._left))
            self._left -= given
        return given


sessions = Sessions()
