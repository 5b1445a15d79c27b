"""The errors that the house foresees, by what they ask of whoever meets them."""

from __future__ import annotations

from typing import ClassVar


class BlueRoomError(Exception):
    """A foreseen failure: a stable code, a sentence an operator can act on, and its data."""

    code: ClassVar[str] = "error"
    sentence: ClassVar[str] = "Something went wrong."

    def __init__(self, sentence: str | None = None, **details: object) -> None:
        self.details = details
        self.message = sentence or self.sentence
        super().__init__(self.message)


class TryLater(BlueRoomError):
    """The same call may succeed after a while; nothing is asked of a person.

    `retry_after_s` is None where the other side did not say how long.
    """

    code = "try_later"

    def __init__(
        self, sentence: str | None = None, *, retry_after_s: float | None = None, **details: object
    ) -> None:
        super().__init__(sentence, **details)
        self.retry_after_s = retry_after_s


class NeedsPerson(BlueRoomError):
    """The call will fail until a person changes something: a password, a right, a setting."""

    code = "needs_person"


class NotAcceptable(BlueRoomError):
    """What came in breaks a rule; sending it again unchanged is useless."""

    code = "not_acceptable"
