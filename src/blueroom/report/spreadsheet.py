"""A session's questions and answers as a file for spreadsheets."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import StringIO
from zoneinfo import ZoneInfo

from django.utils.translation import get_language, gettext

from blueroom.desk.models import QuestionState, SendState
from blueroom.report.contents import QuestionLine
from blueroom.report.rules import safe_cell
from blueroom.room.cards import absolute

BOM = "\ufeff"  # without it Excel reads UTF-8 as Windows-1252


def lines_of_csv(lines: Iterable[QuestionLine], *, zone: str) -> Iterator[str]:
    """The file, line by line: UTF-8 with its mark, in the language of the moment.

    French spreadsheets part cells by semicolons, English ones by commas. Moments are in the time
    zone given, lengths in seconds.
    """
    mark = ";" if (get_language() or "").startswith("fr") else ","
    yield BOM + _row(_heads(), mark)
    for line in lines:
        yield _row(_cells(line, ZoneInfo(zone)), mark)


def _row(cells: Iterable[object], mark: str) -> str:
    out = StringIO()
    csv.writer(out, delimiter=mark).writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()


def _heads() -> list[str]:
    return [
        gettext("Number of the answer"),
        gettext("State"),
        gettext("Question"),
        gettext("Language"),
        gettext("Asked by"),
        gettext("Handle"),
        gettext("Place"),
        gettext("Network"),
        gettext("Address of the post"),
        gettext("Asked at"),
        gettext("People who asked"),
        gettext("Votes"),
        gettext("On air at"),
        gettext("Seconds on air"),
        gettext("Answered at"),
        gettext("Answer"),
        gettext("Seconds of the answer"),
        gettext("Clip"),
        gettext("Reply"),
        gettext("Address of the reply"),
        gettext("Reply published at"),
        gettext("Replies published"),
    ]


def _cells(line: QuestionLine, zone: ZoneInfo) -> list[object]:
    reply = line.reply
    return [
        line.number or "",
        QuestionState(line.state).label,
        line.text,
        line.language,
        line.asker,
        line.handle,
        line.place,
        line.network_name,
        line.url,
        _at(line.asked_at, zone),
        line.askers,
        line.votes,
        _at(line.on_air[0].from_at if line.on_air else None, zone),
        line.on_air_s,
        _at(line.answered_at, zone),
        line.answer,
        line.answer_s,
        absolute(line.clip.path) if line.clip else "",
        SendState(reply.state).label if reply else "",
        reply.url if reply else "",
        _at(reply.sent_at if reply else None, zone),
        line.replies_sent,
    ]


def _at(moment: datetime | None, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}" if moment else ""
