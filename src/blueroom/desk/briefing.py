"""What somebody who takes over the desk has to know, to be read in half a minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Q, QuerySet

from blueroom.desk import rules
from blueroom.desk.bans import bans_of
from blueroom.desk.criteria import SHARE_FACTOR, SHARE_MODULUS
from blueroom.desk.models import Ban, Decision, Note, Question, QuestionState
from blueroom.desk.presence import people_at
from blueroom.desk.queries import questions_of, rows, states_counted
from blueroom.desk.wire import Row
from blueroom.room.models import Session

State = QuestionState
PAST = timedelta(hours=1)
MOST = 8  # of each kind, the newest; how many more there are is said
VERBS = ("approve", "later", "hold", "reject", "air", "answer")


@dataclass(frozen=True, kw_only=True)
class Some:
    """The first of a list, and how many more there are."""

    rows: list[Row]
    more: int


@dataclass(frozen=True, kw_only=True)
class Work:
    """What one person, or key of the API, decided: how often, in the order of `VERBS`."""

    name: str
    times: list[int]


@dataclass(frozen=True, kw_only=True)
class Share:
    """Somebody who has the desk open, and how much of what waits is theirs if it is shared out."""

    name: str
    waiting: int


@dataclass(frozen=True, kw_only=True)
class Briefing:
    """`answered`, `held` and `rejected` are of the last hour, as they still stand, by people;
    `work` is everything decided in it, what was undone too. `half` was approved by one of two,
    `asked` are those whose author was asked what they mean. `notes` are the newest of each question
    that is not done with."""

    at: datetime
    on_air: Row | None
    running_order: Some
    counts: dict[str, int]
    work: list[Work]
    answered: Some
    held: Some
    rejected: Some
    sensitive: Some
    half: Some
    asked: Some
    unsent: Some
    notes: list[Note]
    bans: list[Ban]
    shares: list[Share]


def briefing_of(session: Session, *, now: datetime) -> Briefing:
    """The session's briefing at that moment."""
    found = questions_of(session)
    is_open = found.filter(state__in=rules.OPEN).order_by("-changed_at", "-id")
    recent = found.filter(changed_at__gt=now - PAST).order_by("-changed_at", "-id")
    on_air = rows(found.filter(state=State.ON_AIR))
    return Briefing(
        at=now,
        on_air=on_air[0] if on_air else None,
        running_order=_some(found.filter(state=State.LINED_UP).order_by("position", "id")),
        counts=states_counted(session),
        work=_work(session, now),
        answered=_some(recent.filter(state=State.ANSWERED, last_verb="answer")),
        held=_some(recent.filter(state=State.HELD, last_verb__in=("hold", "ban"))),
        rejected=_some(recent.filter(state=State.REJECTED, last_verb="reject")),
        sensitive=_some(is_open.filter(is_sensitive=True)),
        half=_some(is_open.exclude(first_by_name="").exclude(state__in=rules.APPROVED)),
        asked=_some(is_open.filter(clarification__state="sent")),
        unsent=_some(found.filter(reply_state="failed").order_by("-changed_at", "-id")),
        notes=_notes(session),
        bans=list(bans_of(session)[:MOST]),
        shares=_shares(session, now),
    )


def _some(found: QuerySet[Question]) -> Some:
    first = rows(found[:MOST])
    return Some(rows=first, more=found.count() - MOST if len(first) == MOST else 0)


def _work(session: Session, now: datetime) -> list[Work]:
    """The busiest first."""
    recent = Decision.objects.filter(
        question__session=session, at__gt=now - PAST, verb__in=VERBS
    ).order_by()
    times: dict[str, dict[str, int]] = {}
    for name, verb, number in recent.values_list("by_name", "verb").annotate(number=Count("id")):
        times.setdefault(name, {})[verb] = number
    work = [
        Work(name=name, times=[of.get(verb, 0) for verb in VERBS]) for name, of in times.items()
    ]
    return sorted(work, key=lambda one: (-sum(one.times), one.name))


def _notes(session: Session) -> list[Note]:
    open_ones = Q(question__state__in=rules.OPEN, question__withdrawn_at=None)
    newest = Note.objects.filter(open_ones, question__session=session).order_by("-id")
    notes: dict[int, Note] = {}
    for note in newest.select_related("question__wording")[: MOST * MOST]:
        notes.setdefault(note.question_id, note)
    return list(notes.values())[:MOST]


def _shares(session: Session, now: datetime) -> list[Share]:
    people = people_at(session, now=now)
    if not people:
        return []
    waiting = questions_of(session).filter(state=State.WAITING).order_by()
    reader = F("id") * SHARE_FACTOR % SHARE_MODULUS % len(people)
    parts = waiting.annotate(reader=reader).values_list("reader").annotate(number=Count("id"))
    counted = dict(parts)
    return [Share(name=person.name, waiting=counted.get(at, 0)) for at, person in enumerate(people)]
