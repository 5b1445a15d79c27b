"""What one part of the house tells the hub: that something on a topic changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec


class Announcement(msgspec.Struct, frozen=True):
    """Changes of one topic, each encoded and under its key.

    `is_stale` says that changes were lost on the way: whoever follows the topic needs a new
    snapshot. An empty topic, with `is_stale`, means every topic.
    """

    topic: str
    changes: list[tuple[str, msgspec.Raw]] = []
    at_once: bool = False
    is_stale: bool = False


class Announcer(Protocol):
    """Whatever takes changes towards the hub."""

    def announce(
        self, topic: str, changes: Sequence[msgspec.Struct], *, at_once: bool = False
    ) -> None:
        """Tell who follows `topic`; from any thread, after the transaction that changed it."""


class Taker(Protocol):
    """Whatever a door hands announcements to: the hub."""

    def take(self, announcement: Announcement) -> None:
        """Take an announcement; from any thread."""


def announcement_of(
    topic: str, changes: Sequence[msgspec.Struct], *, at_once: bool = False
) -> Announcement:
    """What carries `changes`, encoded now: what they say later does not matter."""
    return Announcement(
        topic=topic,
        changes=[(key_of(change), msgspec.Raw(msgspec.json.encode(change))) for change in changes],
        at_once=at_once,
    )


def key_of(change: msgspec.Struct) -> str:
    """What a change is about: its kind, and the id it or its `row` carries.

    Of two changes with one key in one message, only the later is told.
    """
    named = getattr(change, "row", change)
    return f"{change.__struct_config__.tag}:{getattr(named, 'id', '')}"


def is_of_one(key: str) -> bool:
    """Whether a change under that key says all there is of its kind, not of one row among many."""
    return key.endswith(":")
