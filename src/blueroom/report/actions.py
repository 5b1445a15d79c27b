"""Sharing a report, and taking that back; counting the audience."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

from django.db.models import F

from blueroom.report.models import AudienceCount, SharedReport
from blueroom.room.actions import NotAllowed
from blueroom.room.actor import Actor
from blueroom.room.links import new_nonce
from blueroom.room.models import Session
from blueroom.room.rules import may
from blueroom.room.writing import one_transaction

log = logging.getLogger(__name__)
SHARES = "change_session"  # who may, shares


def share_report(*, session: Session, now: datetime, by: Actor) -> SharedReport:
    """The address that shows this session's report; a new one where there is one already, and the
    old one shows nothing any more. Raises NotAllowed."""
    with one_transaction():
        revoke_share(session=session, now=now, by=by)
        made = SharedReport.objects.create(
            session=session, nonce=new_nonce(), made_at=now, made_by_id=by.person_id
        )
    log.info("%s shares the report of %s", by.name, session.slug)
    return made


def revoke_share(*, session: Session, now: datetime, by: Actor) -> int:
    """Whoever has the address sees nothing any more; how many addresses that were. May be repeated.

    Raises NotAllowed.
    """
    if by.room_id != session.room_id or not may(by.role, SHARES):
        raise NotAllowed(verb=SHARES)
    return SharedReport.objects.filter(session=session, revoked_at=None).update(revoked_at=now)


def note_audience(phones: Mapping[int, int], *, minute: datetime) -> None:
    """Add what one process counted for a minute, by session."""
    with one_transaction():
        for session_id, number in sorted(phones.items()):
            row, _ = AudienceCount.objects.get_or_create(session_id=session_id, minute=minute)
            AudienceCount.objects.filter(pk=row.pk).update(phones=F("phones") + number)
