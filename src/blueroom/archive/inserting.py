"""Rows by the hundred thousand. Made by the ORM they take ten times as long, and the whole house
waits to write meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Max, Model

Row = Mapping[str, Any]  # by column, every column but the id; all of a call name the same ones


def insert(model: type[Model], rows: Sequence[Row]) -> None:
    """Store new rows, in this order, in the transaction that is open."""
    if not rows:
        return
    quoted = connection.ops.quote_name
    columns = ", ".join(map(quoted, rows[0]))
    marks = ", ".join(["%s"] * len(rows[0]))
    statement = f"INSERT INTO {quoted(model._meta.db_table)} ({columns}) VALUES ({marks})"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(statement, [_plain(row) for row in rows])


def insert_of_session(model: type[Model], rows: Sequence[Row], session_id: int) -> list[int]:
    """The same for rows of one session, to which nobody else adds any; their ids in this order."""
    mine = model._default_manager.filter(session_id=session_id)
    last = mine.aggregate(last=Max("pk"))["last"] or 0
    insert(model, rows)
    return list(mine.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True))


def _plain(row: Row) -> list[Any]:
    """The values as the database's own library takes them."""
    is_sqlite = connection.vendor == "sqlite"
    return [
        str(value.astimezone(UTC).replace(tzinfo=None))  # as Django's own adapter writes it
        if is_sqlite and isinstance(value, datetime)
        else value
        for value in row.values()
    ]
