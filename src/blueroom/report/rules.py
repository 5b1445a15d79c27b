"""How a report reckons. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median

from blueroom.report.contents import Curve, Median, Stretch

STEPS_MOST = 180  # of a curve: more cannot be seen
BEFORE_AIR = timedelta(minutes=15)  # of the curve, when a session has been open for days
MINUTE = timedelta(minutes=1)
# What a spreadsheet takes for the beginning of a formula; the wide ones are typed in Japan.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def median_of(lengths: Iterable[timedelta]) -> Median:
    """The middle of some lengths; one that is below nothing is a clock's fault and counts as 0."""
    seconds = [max(0.0, length.total_seconds()) for length in lengths]
    return Median(seconds=round(median(seconds), 1) if seconds else None, of=len(seconds))


def curve_from(
    first_at: datetime, values: Sequence[int], *, from_at: datetime, until_at: datetime
) -> Curve | None:
    """The part of a curve by minute (its first at `first_at`) from one moment to another.

    Where there would be more than 180 steps, each stands for several minutes: their mean. None
    where nothing came at all.
    """
    if not any(values):
        return None
    from_at = from_at.replace(second=0, microsecond=0)
    minutes = max(1, math.ceil((until_at - from_at) / MINUTE))
    skipped = int((from_at - first_at) / MINUTE)
    shown = [values[at] if 0 <= at < len(values) else 0 for at in range(skipped, skipped + minutes)]
    step = math.ceil(minutes / STEPS_MOST)
    steps = [shown[start : start + step] for start in range(0, minutes, step)]
    peak = max(shown)
    return Curve(
        from_at=from_at,
        step_minutes=step,
        values=[round(sum(some) / len(some), 2) for some in steps],
        peak=peak,
        peak_at=from_at + shown.index(peak) * MINUTE,
        earlier=sum(values[: max(0, skipped)]),
    )


def stretches_of(steps: Iterable[tuple[datetime, str, str]]) -> list[Stretch]:
    """When a question was on air, by its decisions (moment, from state, to state), oldest first."""
    found: list[Stretch] = []
    for at, left, entered in steps:
        if left == entered:
            continue
        if entered == "on_air":
            found.append(Stretch(from_at=at, until_at=None))
        elif left == "on_air" and found and found[-1].until_at is None:
            found[-1] = Stretch(from_at=found[-1].from_at, until_at=at)
    return found


def seconds_on_air(stretches: Iterable[Stretch], *, now: datetime) -> int | None:
    """How long altogether, until now for what still is; None for what never was."""
    lengths = [(one.until_at or now) - one.from_at for one in stretches]
    return round(sum(lengths, timedelta()).total_seconds()) if lengths else None


def safe_cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula: what looks like one begins with a quote.

    As OWASP has it ("CSV Injection", read 2026-11-26).
    """
    if value is None:
        return ""
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def share(part: int, whole: int) -> int | None:
    """Per cent, rounded; None of nothing. What is a little is 1, what is not all is 99."""
    if not whole:
        return None
    exact = 100 * part / whole
    return min(99, max(1, round(exact))) if 0 < part < whole else round(exact)
