"""Rounds of work on archives, found by their state: each says how much it found."""

from __future__ import annotations

from blueroom.archive import actions
from blueroom.archive.queries import due_exports, sessions_to_forget
from blueroom.base.clock import now


def make_due_exports() -> int:
    """Make the archive that has waited longest: one, it reads every byte of a session."""
    export_id = due_exports(now()).values_list("pk", flat=True).first()
    if export_id is None:
        return 0
    actions.make_export(export_id=export_id, now=now())
    return 1


def forget_recordings() -> int:
    """Erase recordings that were kept for as long as their session says."""
    moment = now()
    return actions.forget_recordings(now=moment, sessions=sessions_to_forget(moment))
