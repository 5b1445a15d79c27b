"""How a report writes lengths and shares."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.templatetags.static import static
from django.utils.translation import gettext

from blueroom.report import rules

register = template.Library()
HOUR_S, MINUTE_S = 3600, 60


@register.filter
def as_length(seconds: float | None) -> str:
    """Seconds as people say them: "8 s", "4 min 12 s", "36 min", "2 h 05 min", "3 days".

    What nobody knows, None, is "–".
    """
    if seconds is None:
        return "–"
    whole = round(seconds)
    if whole < MINUTE_S:
        return gettext("%(s)d s") % {"s": whole}
    if whole < 10 * MINUTE_S:
        values = {"m": whole // MINUTE_S, "s": f"{whole % MINUTE_S:02d}"}
        return gettext("%(m)d min %(s)s s") % values
    if whole < HOUR_S:
        return gettext("%(m)d min") % {"m": whole // MINUTE_S}
    if whole < 48 * HOUR_S:
        values = {"h": whole // HOUR_S, "m": f"{whole % HOUR_S // MINUTE_S:02d}"}
        return gettext("%(h)d h %(m)s min") % values
    return gettext("%(d)d days") % {"d": whole // (24 * HOUR_S)}


@register.filter
def per_cent(part: int, whole: int) -> int | None:
    """What share the part is of the whole."""
    return rules.share(part, whole)


@register.filter
def width_of(part: float, whole: float) -> str:
    """The same as a drawing takes it: of 100, with a point whatever the language."""
    return f"{100 * part / whole:.2f}" if whole else "0"


@register.filter
def minutes_after(at: datetime, minutes: float) -> datetime:
    """A moment so many minutes later."""
    return at + timedelta(minutes=minutes)


@register.simple_tag
def land() -> str:
    """The address of the land below a map's dots, as the screens' build draws it."""
    return f"{static('ui/land.svg')}#land"
