from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from blueroom.updates.conftest import State
from blueroom.updates.message import (
    beat_message,
    bye_message,
    changes_message,
    snapshot_message,
)

AT = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)


def test_snapshot_is_an_event_with_an_id() -> None:
    assert snapshot_message("show/desk", "e.4", AT, State({"1": 2}, "a\nb\u2028")) == (
        b"id: e.4\nevent: snapshot\n"
        b'data: {"topic":"show/desk","id":"e.4","at":"2026-03-01T20:00:00.000Z",'
        b'"state":{"values":{"1":2},"padding":"a\\nb\xe2\x80\xa8"}}\n\n'
    )


def test_changes_are_an_event_with_an_id() -> None:
    changes = [msgspec.Raw(b'{"kind":"a"}'), msgspec.Raw(b'{"kind":"b"}')]

    assert changes_message("show/desk", "e.5", AT, changes) == (
        b"id: e.5\nevent: changes\n"
        b'data: {"topic":"show/desk","id":"e.5","at":"2026-03-01T20:00:00.000Z",'
        b'"changes":[{"kind":"a"},{"kind":"b"}]}\n\n'
    )


def test_beat_and_bye_carry_no_id() -> None:
    assert beat_message(AT) == b'event: beat\ndata: {"at":"2026-03-01T20:00:00.000Z"}\n\n'
    assert bye_message("shutdown") == b'event: bye\ndata: {"reason":"shutdown"}\n\n'
    assert bye_message("forbidden", "show/desk") == (
        b'event: bye\ndata: {"reason":"forbidden","topic":"show/desk"}\n\n'
    )
