from __future__ import annotations

import msgspec

from blueroom.updates.announcement import Announcement, announcement_of, key_of
from blueroom.updates.conftest import Told


class Row(msgspec.Struct, frozen=True):
    id: int


class QuestionChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="question"):
    row: Row


class OnAirChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="on_air"):
    card: Row | None


class ListChanged(msgspec.Struct, tag_field="kind", tag="list"):
    items: list[int]


def test_key_names_the_kind_and_the_row_where_there_is_one() -> None:
    changes = [QuestionChanged(Row(5)), Told(6, 1), OnAirChanged(Row(7)), OnAirChanged(None)]

    assert list(map(key_of, changes)) == ["question:5", "told:6", "on_air:", "on_air:"]


def test_announcement_says_what_the_change_said_when_it_was_announced() -> None:
    change = ListChanged([1])
    announcement = announcement_of("show/desk", [change], at_once=True)

    change.items.append(2)

    encoded = msgspec.json.encode(announcement)
    assert encoded == (
        b'{"topic":"show/desk","changes":[["list:",{"kind":"list","items":[1]}]],'
        b'"at_once":true,"is_stale":false}'
    )
    assert msgspec.json.encode(msgspec.json.decode(encoded, type=Announcement)) == encoded
