"""The way from what was decided to the process that has the feeds.

The database says what shall be; whoever receives the feeds makes it so. `Control` is that receiver
as actions see it. Where there is none (a process that only works), nothing is told: the receiver
reads the database when it starts.
"""

from __future__ import annotations

from typing import Protocol


class Control(Protocol):
    """What may be called from any thread. Nothing here raises for a feed that is away."""

    def programme_changed(self, session_id: int) -> None:
        """Read the session's programme again and make it so."""
        ...

    def feed_changed(self, feed_id: int) -> None:
        """Read the feed again: tell its page, or cut it off where it may not send any more."""
        ...

    def want_key_frame(self, feed_id: int) -> None:
        """Ask the sender for a key frame, so that a cut can begin here without encoding."""
        ...

    def messages_changed(self, feed_id: int) -> None:
        """Let the feed's page read again what the crew wrote."""
        ...

    def rtmp_port(self) -> int | None:
        """Where encoders are answered; None where they are not."""
        ...

    def dump(self, session_id: int) -> float | None:
        """Throw away what is held back by the delay, recordings included; how many seconds.

        None where nothing was held. Waits until it is done, two seconds at most.
        """
        ...


_control: Control | None = None


def control_by(control: Control | None) -> None:
    """Set who receives the feeds of this process."""
    global _control
    _control = control


def control() -> Control | None:
    """Who receives the feeds, where this process does."""
    return _control
