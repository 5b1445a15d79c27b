"""What can go wrong before anything is held."""

from __future__ import annotations

from blueroom.base.errors import NeedsPerson


class UnreadableWords(NeedsPerson):
    """A line of a list of words is not written as the README of this room says."""

    code = "unreadable_words"
    sentence = "A line in a list of words cannot be read. Correct it and start again."
