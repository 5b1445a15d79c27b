"""When the parts of a feed are due, so that a feed that comes in bursts is shown evenly.

Some browsers send two seconds at once, every two seconds; a line that was away sends what it kept
as fast as it can. A part is due when its place on the feed's own clock has come, counted from the
moment at which the feed last was on time.
"""

from __future__ import annotations

from blueroom.media.parts import Part

SILENCE_S = 3.0  # after such a pause a feed is catching up: its lateness is not its pace
SETTLE_S = 2.0
# A feed that was early for so long by more than SLACK_S waited for nothing: its clock is moved.
LOOK_BACK_S = 5.0
SLACK_S = 0.1


class Pace:
    """The clock of one epoch of one feed. All times are seconds of one steady clock."""

    def __init__(self) -> None:
        self._zero_s: float | None = None
        self._heard_s = 0.0
        self._settled_s = 0.0
        self._looked_s = 0.0
        self._least_slack_s = SILENCE_S

    def hear(self, part: Part, *, now: float, delay_s: float) -> None:
        """Learn from a part's coming. What the programme's delay absorbs is not late."""
        if self._zero_s is None:
            self._zero_s = now - part.late_s - part.start_s
            self._looked_s = now
            self._settled_s = now + (SETTLE_S if part.late_s > 0 else 0.0)
        elif now - self._heard_s > SILENCE_S:
            self._settled_s = now + SETTLE_S
        self._heard_s = now
        behind_s = now - self.ready_s(part) - delay_s
        if behind_s > 0 and now >= self._settled_s:
            self._zero_s += behind_s
        self._take_up_slack(self.ready_s(part) - now, now)

    def _take_up_slack(self, slack_s: float, now: float) -> None:
        self._least_slack_s = min(self._least_slack_s, slack_s)
        if now - self._looked_s < LOOK_BACK_S:
            return
        if self._least_slack_s > SLACK_S and self._zero_s is not None:
            self._zero_s -= self._least_slack_s
        self._looked_s, self._least_slack_s = now, slack_s

    def ready_s(self, part: Part) -> float:
        """When the part can be shown without delay."""
        return (self._zero_s or 0.0) + part.start_s
