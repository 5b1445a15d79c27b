"""Times as the house writes them: aware, UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, aware, UTC. Read it at the edge and pass it in."""
    return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """RFC 3339 with milliseconds and "Z", as the wire carries it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
