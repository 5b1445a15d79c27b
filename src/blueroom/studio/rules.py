"""What may be done in the studio. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from blueroom.studio.models import FeedKind, FeedState

FEEDS_MAX = 40  # of one session, those that ended not counted
ANSWER_MAX = timedelta(hours=1)
MESSAGE_LENGTH_MAX = 400
# A fan who waits has no picture with us yet: nothing is taken from anybody before a person tests.
MAY_SEND = (FeedState.TESTING, FeedState.READY)
# From which states a verb leads on, and where to.
STEPS = {
    "test": ((FeedState.WAITING, FeedState.READY, FeedState.REFUSED), FeedState.TESTING),
    "admit": ((FeedState.WAITING, FeedState.TESTING), FeedState.READY),
    "refuse": ((FeedState.WAITING, FeedState.TESTING, FeedState.READY), FeedState.REFUSED),
    "end": (tuple(FeedState), FeedState.ENDED),
}


class Stretch(Protocol):
    """A recording, as far as finding stretches needs it."""

    began_at: datetime
    duration_s: float


def may_send(state: str) -> bool:
    """Whether what this feed sends is received."""
    return state in MAY_SEND


def first_state(kind: str) -> FeedState:
    """Fans wait to be tested; the crew's feeds are ready."""
    return FeedState.WAITING if kind == FeedKind.FAN else FeedState.READY


def overlap_s(stretch: Stretch, *, in_at: datetime, out_at: datetime) -> tuple[float, float] | None:
    """Where the two moments lie in a recording, in seconds of it; None where they do not touch."""
    in_s = max(0.0, (in_at - stretch.began_at).total_seconds())
    out_s = min(stretch.duration_s, (out_at - stretch.began_at).total_seconds())
    return (in_s, out_s) if out_s > in_s else None


def covered_s(stretches: Iterable[tuple[float, float]]) -> float:
    """How long stretches are together."""
    return sum(out_s - in_s for in_s, out_s in stretches)
