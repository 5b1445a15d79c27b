"""How new questions are stored: many at a time. The ORM makes an object and a statement of each,
at seven times the cost; in a flood one post in two may be a question.
"""

# ruff: noqa: S608  (names of tables and columns are the models'; every value is a parameter)
from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from blueroom.desk.models import Question, QuestionState

_COLUMNS = (
    "session_id",
    "post_id",
    "text",
    "language",
    "published_at",
    "changed_at",
    "key",
    "reasons",
    "head_id",
    "proposal_id",
    "proposal_score",
    "to_compare",
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
_FIXED = (1, 1, 0, "", "", "", "", "", "", "")
_INSERT = (
    f"INSERT INTO {Question._meta.db_table} ({', '.join(_COLUMNS)}) "
    f"VALUES ({', '.join(['%s'] * len(_COLUMNS))})"
)


class NewQuestion(NamedTuple):
    """What a question begins with: held for its reasons, a member of its head's group, or waiting.

    A member that is held is so by its head.
    """

    session_id: int
    post_id: int
    text: str
    language: str
    published_at: datetime
    changed_at: datetime
    key: str
    reasons: list[dict[str, Any]]
    head_id: int | None
    proposal_id: int | None
    proposal_score: float | None
    to_compare: bool

    @property
    def state(self) -> QuestionState:
        if self.head_id is not None:
            return QuestionState.MERGED
        return QuestionState.HELD if self.reasons else QuestionState.WAITING


def insert_questions(new: Sequence[NewQuestion]) -> dict[int, int]:
    """Store questions of one session; their ids by post. Within the caller's transaction."""
    if not new:
        return {}
    adapt = connection.ops.adapt_datetimefield_value
    rows = [
        (
            *one[:4],
            adapt(one.published_at),
            adapt(one.changed_at),
            one.key,
            json.dumps(one.reasons, ensure_ascii=False) if one.reasons else None,
            *one[8:],
            one.state.value,
            *_FIXED,
        )
        for one in new
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT, rows)
    posts = [one.post_id for one in new]
    stored = Question.objects.filter(session_id=new[0].session_id, post_id__in=posts)
    return dict(stored.values_list("post_id", "id"))
