"""What is read of posts: how many came, and which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db import connection
from django.db.models import Q, Sum

from blueroom.posts.models import Location, Post, PostCount, Sorting
from blueroom.room.models import Session

CURVE_MINUTES = 60
Kind = Literal["", "message", "question"]
_SORTINGS = {"message": Sorting.MESSAGE, "question": Sorting.QUESTION}


@dataclass(frozen=True, kw_only=True)
class PostCounts:
    """How many posts came, those deleted since included. `curve` is by minute, oldest first."""

    posts: int
    by_network: dict[str, int]
    curve: list[int]


def counts_of(session: Session, *, now: datetime) -> PostCounts:
    """What came for the session until now; the last minute of the curve is still running."""
    kept = PostCount.objects.filter(session=session)
    by_network = dict(kept.values_list("network").annotate(posts=Sum("posts")).order_by("network"))
    last = now.replace(second=0, microsecond=0)
    first = last - timedelta(minutes=CURVE_MINUTES - 1)
    by_minute = dict(
        kept.filter(minute__gte=first).values_list("minute").annotate(posts=Sum("posts")).order_by()
    )
    curve = [by_minute.get(first + timedelta(minutes=i), 0) for i in range(CURVE_MINUTES)]
    return PostCounts(posts=sum(by_network.values()), by_network=by_network, curve=curve)


def posts_counted(session: Session) -> int:
    """How many posts came for the session, those deleted since included."""
    found = PostCount.objects.filter(session=session).aggregate(posts=Sum("posts"))
    return int(found["posts"] or 0)


def posts_after(
    *,
    session_id: int,
    after: int = 0,
    limit: int = 100,
    kind: Kind = "",
    among: Q | None = None,
    is_newest_first: bool = False,
) -> tuple[list[Post], int | None]:
    """A page of posts with their authors, without deleted ones.

    Holds what comes after the id `after` in the order asked for, 0 being its beginning; the
    second value is the `after` of the next page, None where this is the last. `among` is a further
    condition. What the desk has not looked at yet is of neither kind.
    """
    found = Post.objects.filter(session_id=session_id, deleted_at=None)
    if after:
        found = found.filter(id__lt=after) if is_newest_first else found.filter(id__gt=after)
    if kind:
        found = found.filter(sorting=_SORTINGS[kind])
    if among is not None:
        found = found.filter(among)
    order = "-id" if is_newest_first else "id"
    posts = list(found.select_related("author").order_by(order)[: limit + 1])
    page = posts[:limit]
    return page, (page[-1].pk if len(posts) > limit else None)


LocationRow = tuple[int, int, str, str, int | None, int | None, int]


def locations_after(*, session_id: int, revision: int = 0) -> Iterator[list[LocationRow]]:
    """What happened on a session's map after that revision, in its order, in lists of some 20,000.

    Rows hold revision, post, level, place, x, y and when the post came (seconds since 1970); the
    level is empty where a post left the map.
    """
    table = Location._meta.db_table
    columns = "revision, post_id, level, place, x, y, received_s"
    where = "session_id=%s AND revision>%s ORDER BY revision LIMIT 20000"
    select = f"SELECT {columns} FROM {table} WHERE {where}"  # noqa: S608
    after = revision
    with connection.cursor() as cursor:
        while True:
            cursor.execute(select, [session_id, after])
            rows: list[Any] = cursor.fetchall()
            if not rows:
                return
            yield rows
            after = rows[-1][0]


def points_on_map(session_id: int) -> tuple[str, str]:
    """All that is on a session's map now, as two texts of words with a space between, in one order.

    The first holds two numbers a point: its post, and when it came and where in one: seconds since
    1970 above 32 bits, of which x has the upper 16. The other holds the places, empty for none. A
    million points come so in half a second, as rows in four on a busy machine: for each row Python
    stops its other threads and they stop it.
    """
    joined = "string_agg" if connection.vendor == "postgresql" else "group_concat"
    point = "(received_s * 4294967296 + x * CAST(65536 AS bigint) + y)"
    words = f"{joined}(post_id || ' ' || {point}, ' '), {joined}(place, ' ')"
    table = Location._meta.db_table
    select = f"SELECT {words} FROM {table} WHERE session_id=%s AND level<>''"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(select, [session_id])
        numbers, places = cursor.fetchone()
    return numbers or "", places or ""


def map_revision(session_id: int) -> int:
    """The last revision of a session's map; 0 where nothing was ever on it."""
    newest = Location.objects.filter(session_id=session_id).order_by("-revision")
    return newest.values_list("revision", flat=True).first() or 0


def newest_post(session_id: int) -> int:
    """The id of the session's last post; 0 where there is none."""
    found = Post.objects.filter(session_id=session_id).order_by("-id")
    return found.values_list("id", flat=True).first() or 0


def location_of(post_id: int) -> Location | None:
    """Where a post is on the map."""
    return Location.objects.filter(post_id=post_id).exclude(level="").first()


def curve_of(
    session: Session, *, since: datetime | None = None
) -> tuple[datetime | None, list[int]]:
    """How many posts came in each minute from the first one on, or from `since`, and its moment.

    Ends with the last minute that has any; the first value is None where none came.
    """
    kept = PostCount.objects.filter(session=session)
    if since is not None:
        kept = kept.filter(minute__gte=since)
    by_minute = dict(kept.values_list("minute").annotate(posts=Sum("posts")).order_by("minute"))
    if not by_minute:
        return None, []
    first, last = next(iter(by_minute)), next(reversed(by_minute))
    minutes = int((last - first).total_seconds()) // 60 + 1
    return first, [by_minute.get(first + timedelta(minutes=n), 0) for n in range(minutes)]
