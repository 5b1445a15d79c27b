"""Sends what is due."""

from __future__ import annotations

from typing import Any

from blueroom.base.clock import now
from blueroom.publish.actions import replies
from blueroom.publish.clarifying import clarifications
from blueroom.publish.outbox import Outbox


def send_due_replies(limit: int = 20) -> int:
    """Send replies that are due, oldest first; how many were tried. For a worker's round.

    Sending a video takes as long as its upload: give this a worker of its own.
    """
    return _send_due(replies, limit)


def send_due_clarifications(limit: int = 20) -> int:
    """Ask the authors who are to be asked, as `send_due_replies`."""
    return _send_due(clarifications, limit)


def _send_due(outbox: Outbox[Any], limit: int) -> int:
    due = list(outbox.due(now=now()).values_list("pk", flat=True)[:limit])
    for id_ in due:
        outbox.send(id_, now=now())
    return len(due)
