"""How new questions are stored: many at a time. The ORM makes an object and a statement of each,
at seven times the cost; in a flood one post in two may be a question.
"""

# ruff: noqa: S608  (names of tables and columns are the models'; every value is a parameter)
from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from blueroom.desk.models import Question, QuestionState

_COLUMNS = (
    "session_id",
    "post_id",
    "text",
    "language",
    "published_at",
    "changed_at",
    "state",
    "revision",
    "askers",
    "votes",
    "answer_text",
    "last_verb",
    "last_by",
    "reply_state",
    "reply_url",
    "reply_code",
    "reply_message",
)
_FIXED = (QuestionState.WAITING.value, 1, 1, 0, "", "", "", "", "", "", "")
_INSERT = (
    f"INSERT INTO {Question._meta.db_table} ({', '.join(_COLUMNS)}) "
    f"VALUES ({', '.join(['%s'] * len(_COLUMNS))})"
)


class NewQuestion(NamedTuple):
    """What a question begins with."""

    session_id: int
    post_id: int
    text: str
    language: str
    published_at: datetime
    changed_at: datetime


def insert_questions(new: Sequence[NewQuestion]) -> list[int]:
    """Store questions of one session, waiting; their ids. Within the caller's transaction."""
    if not new:
        return []
    adapt = connection.ops.adapt_datetimefield_value
    rows = [(*one[:4], adapt(one.published_at), adapt(one.changed_at), *_FIXED) for one in new]
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT, rows)
    posts = [one.post_id for one in new]
    stored = Question.objects.filter(session_id=new[0].session_id, post_id__in=posts)
    return list(stored.order_by("id").values_list("id", flat=True))
