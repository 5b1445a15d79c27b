"""Sends what is due."""

from __future__ import annotations

from blueroom.base.clock import now
from blueroom.publish.actions import send_reply
from blueroom.publish.queries import replies_due


def send_due_replies(limit: int = 20) -> int:
    """Send replies that are due, oldest first; how many were tried. For a worker's round.

    Sending a video takes as long as its upload: give this a worker of its own.
    """
    due = list(replies_due(now=now()).values_list("pk", flat=True)[:limit])
    for reply_id in due:
        send_reply(reply_id=reply_id, now=now())
    return len(due)
