"""What can go wrong before any post is read."""

from __future__ import annotations

from blueroom.base.errors import NeedsPerson


class UnreadableSigns(NeedsPerson):
    """A line of a list of signs is not written as the README of this room says."""

    code = "unreadable_signs"

    def __init__(self, *, line: str) -> None:
        super().__init__(f"This line in a list of signs cannot be read, correct it: {line}")
