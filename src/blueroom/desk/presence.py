"""Who has a desk open, and what they read: so that two do not read the same."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.transaction import on_commit

from blueroom.desk.models import Presence
from blueroom.desk.wire import Present
from blueroom.room.models import Membership, Session
from blueroom.room.rules import may
from blueroom.room.writing import one_transaction
from blueroom.updates.tell import changed

LATELY = timedelta(hours=1)  # a page that nobody sees gives signs more seldom
GONE_AFTER = timedelta(seconds=25)  # without a sign; the desk gives one every ten


def people_at(session: Session, *, now: datetime) -> list[Present]:
    """Who is there, each with what they read, in the order of their ids."""
    there = Presence.objects.filter(session=session, seen_at__gt=now - GONE_AFTER)
    members = Membership.objects.filter(room_id=session.room_id).select_related("person")
    names = {one.person_id: str(one.person) for one in members if may(one.role, "moderate")}
    return [
        Present(id=person_id, name=names[person_id], question=question_id)
        for person_id, question_id in there.order_by("person_id").values_list(
            "person_id", "question_id"
        )
        if person_id in names
    ]


def open_desks(room_id: int, *, now: datetime) -> list[int]:
    """The room's sessions whose desk may be open somewhere."""
    there = Presence.objects.filter(session__room_id=room_id, seen_at__gt=now - LATELY)
    return sorted(set(there.values_list("session_id", flat=True)))


def note_presence(
    *,
    session: Session,
    person_id: int,
    question_id: int | None,
    now: datetime,
    leaves: bool = False,
) -> None:
    """Keep that somebody is at the desk and what they read; the others are told of a change."""
    with one_transaction():
        before = Presence.objects.filter(session=session, person_id=person_id).first()
        is_there = before is not None and before.seen_at > now - GONE_AFTER
        Presence.objects.update_or_create(
            session=session,
            person_id=person_id,
            defaults={
                "question_id": None if leaves else question_id,
                "seen_at": now - GONE_AFTER if leaves else now,
            },
        )
        is_same = is_there and before is not None and before.question_id == question_id
        if leaves or not is_same:
            changed(session.pk, crew=True, when=on_commit)
