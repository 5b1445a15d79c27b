"""Server-sent events, encoded once for all who get them.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html (event stream format).
JSON is written on one line, so one `data:` field carries it whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from blueroom.base import clock

# Where a browser's own reconnection is at work, it waits this long; our screens use their own.
OPENING = b"retry: 2000\n\n"


class _Snapshot(msgspec.Struct, frozen=True):
    topic: str
    id: str
    at: str
    state: msgspec.Struct


class _Changes(msgspec.Struct, frozen=True):
    topic: str
    id: str
    at: str
    changes: list[msgspec.Raw]


class _Beat(msgspec.Struct, frozen=True):
    at: str


class _Bye(msgspec.Struct, frozen=True, omit_defaults=True):
    reason: str
    topic: str = ""


def snapshot_message(topic: str, message_id: str, at: datetime, state: msgspec.Struct) -> bytes:
    """The whole state of a screen."""
    return _event("snapshot", _Snapshot(topic, message_id, clock.to_text(at), state), message_id)


def changes_message(
    topic: str, message_id: str, at: datetime, changes: Iterable[msgspec.Raw]
) -> bytes:
    """What changed on a screen, oldest first; the changes come encoded."""
    return _event(
        "changes", _Changes(topic, message_id, clock.to_text(at), list(changes)), message_id
    )


def beat_message(at: datetime) -> bytes:
    """The sign of life of a quiet stream."""
    return _event("beat", _Beat(clock.to_text(at)))


def bye_message(reason: str, topic: str = "") -> bytes:
    """Why the stream ends: "shutdown", "forbidden" or "closed"; `topic` where it is for one."""
    return _event("bye", _Bye(reason, topic))


def _event(name: str, body: msgspec.Struct, message_id: str = "") -> bytes:
    lines = [b"event: ", name.encode(), b"\ndata: ", msgspec.json.encode(body), b"\n\n"]
    return b"".join([b"id: ", message_id.encode(), b"\n", *lines] if message_id else lines)
