"""What the prompter's stream says. Each change carries the whole new value."""

from __future__ import annotations

from datetime import datetime

import msgspec

from blueroom.desk.wire import Card, SessionChanged
from blueroom.room.wire import SessionCard
from blueroom.studio.wire import MessageCard


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """A question as the guest reads it. `revision` goes back with what the guest decides."""

    card: Card
    revision: int
    on_air_at: datetime | None  # since when it is on air; null where it is not


class PrompterState(msgspec.Struct, frozen=True, kw_only=True):
    """The prompter's snapshot. `next` is the head of the running order, at most two.

    `messages` are those of the crew to the guest, oldest first.
    """

    session: SessionCard
    on_air: Prompt | None
    next: list[Prompt]
    messages: list[MessageCard]


class OnAirChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="on_air"):
    prompt: Prompt | None


class NextChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="next"):
    prompts: list[Prompt]


class MessagesChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="messages"):
    messages: list[MessageCard]


PrompterChange = OnAirChanged | NextChanged | MessagesChanged | SessionChanged
