"""Keeps the log readable while phones or strangers knock too often: what repeats is left out."""

from __future__ import annotations

import logging
import math

AGAIN_S = 60.0  # after which a flood that goes on is said once more
KINDS_MOST = 1_000  # known at a time: whoever knocks may make paths up
TOO_MANY = 429
HEARTS = ("/hearts", 204)  # come by hundreds a second, and are well


class NoFloods(logging.Filter):
    """Lets through the first line of each kind, and one a minute while more of them come."""

    def __init__(self) -> None:
        super().__init__()
        self._said_s: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        kind = _kind(record)
        if kind is None:
            return True
        if record.created - self._said_s.get(kind, -math.inf) < AGAIN_S:
            return False
        if len(self._said_s) >= KINDS_MOST:
            self._said_s.clear()
        self._said_s[kind] = record.created
        return True


def _kind(record: logging.LogRecord) -> tuple[str, str] | None:
    """The logger and the path of a line that may come in floods; None for all others.

    Django's own lines know their status; those of `blueroom.access` end with path and status.
    """
    given = record.args if isinstance(record.args, tuple) else ()
    path, status = given[-2:] if len(given) > 1 else (given[0] if given else "", 0)
    status = getattr(record, "status_code", status)
    is_flood = status == TOO_MANY or (str(path).endswith(HEARTS[0]) and status == HEARTS[1])
    return (record.name, f"{path} {status}") if is_flood else None
