"""A session as a calendar file, for phones to put it where people look.

iCalendar, RFC 5545 (read 2026-11): CRLF, lines of 75 octets, times by a zone that the file
describes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

LINE_BYTES = 75
ALARM_MINUTES = 10


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the calendar. Times are aware; `zone` is an IANA name."""

    uid: str
    stamp_at: datetime
    starts_at: datetime
    minutes: int
    zone: str
    title: str
    description: str
    url: str
    language: str


def calendar_file(event: Event) -> str:
    """The file's text, to be sent as UTF-8."""
    zone = ZoneInfo(event.zone)
    ends_at = event.starts_at + timedelta(minutes=event.minutes)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Blue Room//Phone page//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        *_time_zone(zone, event.starts_at),
        "BEGIN:VEVENT",
        f"UID:{event.uid}",
        f"DTSTAMP:{_utc(event.stamp_at)}",
        f"DTSTART;TZID={zone.key}:{_local(event.starts_at, zone)}",
        f"DTEND;TZID={zone.key}:{_local(ends_at, zone)}",
        f"SUMMARY;LANGUAGE={event.language}:{_text(event.title)}",
        f"DESCRIPTION;LANGUAGE={event.language}:{_text(event.description)}",
        f"URL:{event.url}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"TRIGGER:-PT{ALARM_MINUTES}M",
        f"DESCRIPTION:{_text(event.title)}",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(folded + "\r\n" for line in lines for folded in _folded(line))


def _time_zone(zone: ZoneInfo, at: datetime) -> Iterator[str]:
    """The zone's rules around that moment: one stretch of time for each change of its clocks."""
    yield "BEGIN:VTIMEZONE"
    yield f"TZID:{zone.key}"
    for begins_at, before in _stretches(zone, at):
        local = begins_at.astimezone(zone)
        kind = "DAYLIGHT" if local.dst() else "STANDARD"
        # By the clock as it stood before the change.
        onset = (begins_at + before).replace(tzinfo=None)
        yield f"BEGIN:{kind}"
        yield f"DTSTART:{onset:%Y%m%dT%H%M%S}"
        yield f"TZOFFSETFROM:{_offset(before)}"
        yield f"TZOFFSETTO:{_offset(local.utcoffset() or timedelta())}"
        yield f"TZNAME:{local.tzname()}"
        yield f"END:{kind}"
    yield "END:VTIMEZONE"


def _stretches(zone: ZoneInfo, at: datetime) -> Iterator[tuple[datetime, timedelta]]:
    """When the clocks changed, UTC, and the offset before; from half a year before to one after."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first, last = day - timedelta(days=200), day + timedelta(days=370)
    yield first, _offset_at(zone, first)
    while first < last:
        later = first + timedelta(days=1)
        before = _offset_at(zone, first)
        if _offset_at(zone, later) != before:
            yield _change_between(zone, first, later), before
        first = later


def _change_between(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """To the second, when the offset of `low` is no longer that of the zone."""
    before = _offset_at(zone, low)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        low, high = (middle, high) if _offset_at(zone, middle) == before else (low, middle)
    return high


def _offset_at(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _offset(offset: timedelta) -> str:
    seconds = round(abs(offset).total_seconds())
    hours, minutes = divmod(seconds // 60, 60)
    return f"{'-' if offset < timedelta() else '+'}{hours:02}{minutes:02}"


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y%m%dT%H%M%S}"


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """Section 3.3.11: what would end a value is escaped."""
    for mark in "\\;,":
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Section 3.1: pieces of at most 75 octets, all but the first after a space; no letter torn."""
    piece, taken = "", 0
    for letter in line:
        size = len(letter.encode())
        if taken + size > LINE_BYTES:
            yield piece
            piece, taken = " ", 1
        piece += letter
        taken += size
    yield piece
