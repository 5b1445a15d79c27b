"""What is read of the crew's work: what was held and why, what was decided, by whom, how fast."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from blueroom.desk.models import Decision
from blueroom.desk.queries import questions_of
from blueroom.report.contents import Moderation, Moderator, Reader, Reason
from blueroom.report.names import reason_name
from blueroom.report.rules import median_of
from blueroom.room.actor import HOUSE_NAME
from blueroom.room.models import Session

# What somebody does who has read a question and says what becomes of it.
DECIDING = ("approve", "approve_1st", "hold", "later", "reject", "line_up", "air", "answer", "ban")


def moderation_of(session: Session, reader: Reader) -> Moderation:
    """The figures of a session's desk; with the people behind them for producers alone."""
    verbs: Counter[str] = Counter()
    of_person: dict[str, Counter[str]] = defaultdict(Counter)
    first: dict[int, tuple[str, timedelta]] = {}
    for question_id, came_at, by_name, verb, at in _decided(session):
        verbs[verb] += 1
        of_person[by_name][verb] += 1
        if verb in DECIDING and question_id not in first:
            first[question_id] = (by_name, at - came_at)
    reasons = _reasons(session)
    return Moderation(
        held=sum(1 for codes in reasons if codes),
        reasons=_counted(reasons),
        approved=verbs["approve"],
        rejected=verbs["reject"],
        later=verbs["later"],
        merged=verbs["merge"],
        undone=verbs["undo"],
        decisions=verbs.total(),
        decided=len(first),
        median=median_of(length for _, length in first.values()),
        people=_people(of_person, first) if reader == "producer" else None,
    )


def _decided(session: Session) -> list[tuple[int, datetime, str, str, datetime]]:
    """What people and keys of the API decided, oldest first; not what the house did by itself."""
    found = Decision.objects.filter(question__session=session, question__withdrawn_at=None)
    by_people = found.exclude(by_person=None, by_name=HOUSE_NAME)
    columns = ("question_id", "question__post__received_at", "by_name", "verb", "at")
    return list(by_people.order_by("id").values_list(*columns))


def _reasons(session: Session) -> list[set[str]]:
    """The codes for which each question was held."""
    found = questions_of(session).exclude(reasons=None).values_list("reasons", flat=True)
    return [{reason["code"] for reason in reasons} for reasons in found.order_by()]


def _counted(reasons: list[set[str]]) -> list[Reason]:
    counted = Counter(code for codes in reasons for code in codes)
    return [
        Reason(code=code, name=reason_name(code), questions=number)
        for code, number in sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    ]


def _people(
    of_person: dict[str, Counter[str]], first: dict[int, tuple[str, timedelta]]
) -> list[Moderator]:
    """The busiest first."""
    lengths: dict[str, list[timedelta]] = defaultdict(list)
    for name, length in first.values():
        lengths[name].append(length)
    people = [
        Moderator(
            name=name,
            decisions=verbs.total(),
            approved=verbs["approve"],
            rejected=verbs["reject"],
            first=len(lengths[name]),
            median=median_of(lengths[name]),
        )
        for name, verbs in of_person.items()
    ]
    return sorted(people, key=lambda one: (-one.decisions, one.name))
