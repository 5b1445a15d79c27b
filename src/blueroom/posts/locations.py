"""Where posts are on the map, and how that is stored: beside the posts, in their transaction.

A post's own point comes first, then what a person at the desk said of its author in this session,
then what the author states. Each row carries a revision that grows within its session, so that who
has read up to one has missed nothing; a post that leaves the map keeps an empty row, for those who
have it already. Whoever writes here has the session's turn (see `posts.store`).
"""

# ruff: noqa: S608  (names of tables and columns are the models'; every value is a parameter)
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from blueroom.places.gazetteer import Gazetteer
from blueroom.places.locating import Spot, spot_of_point, spot_of_text
from blueroom.posts.models import Location, LocationSource, Post

_LOCATIONS = Location._meta.db_table
_POSTS = Post._meta.db_table
COLUMNS = ("post_id", "session_id", "revision", "source", "level", "place", "x", "y", "received_s")
_KEYS_A_QUERY = 900  # SQLite before 3.32 takes 999 parameters
Row = tuple[Any, ...]


@cache
def gazetteer() -> Gazetteer:
    """The list of places of this installation."""
    return Gazetteer()


@dataclass(frozen=True)
class Placed:
    """A post and where it is; without a spot it is nowhere."""

    post_id: int
    received_s: int  # seconds since 1970
    spot: Spot | None
    source: LocationSource


def placed(
    *, post_id: int, received_at: datetime, lat: float | None, lon: float | None, stated: str
) -> Placed:
    """Where a post is by its own point, else by what its author states."""
    received_s = int(received_at.timestamp())
    if lat is not None and lon is not None:
        spot: Spot | None = spot_of_point(gazetteer(), lat, lon)
        return Placed(post_id, received_s, spot, LocationSource.POINT)
    spot = spot_of_text(gazetteer(), stated) if stated else None
    return Placed(post_id, received_s, spot, LocationSource.STATED)


def rows_of(cursor: Any, session_id: int, posts: Iterable[Placed]) -> list[Row]:
    """Rows for posts that have none yet; those without a spot get none."""
    somewhere = [post for post in posts if post.spot is not None]
    first = next_revision(cursor, session_id) if somewhere else 0
    return [_row(session_id, first + at, post) for at, post in enumerate(somewhere)]


def move(cursor: Any, session_id: int, posts: Iterable[Placed], *, by_person: bool = False) -> None:
    """Put posts where they are now, on the map or off it.

    What somebody at the desk said of a post stays, unless it is said `by_person` again.
    """
    posts = list(posts)
    if not posts:
        return
    nowhere = [post.post_id for post in posts if post.spot is None]
    if by_person:
        _keep_off(cursor, session_id, [post for post in posts if post.spot is None])
    else:
        take_off(cursor, session_id, nowhere, keeps_said=True)
    marks = ",".join(["%s"] * len(COLUMNS))
    changed = ",".join(f"{column}=excluded.{column}" for column in COLUMNS[2:-1])
    unless = "" if by_person else f" WHERE {_LOCATIONS}.source<>'{LocationSource.PERSON.value}'"
    cursor.executemany(
        f"INSERT INTO {_LOCATIONS} ({','.join(COLUMNS)}) VALUES ({marks})"
        f" ON CONFLICT (post_id) DO UPDATE SET {changed}{unless}",
        rows_of(cursor, session_id, posts),
    )


def take_off(
    cursor: Any, session_id: int, post_ids: Sequence[int], *, keeps_said: bool = False
) -> None:
    """Empty the rows of posts that are on the map. May be repeated.

    `keeps_said` leaves those that somebody at the desk put where they are.
    """
    if not post_ids:
        return
    first = next_revision(cursor, session_id)
    unless = f" AND source<>'{LocationSource.PERSON.value}'" if keeps_said else ""
    cursor.executemany(
        f"UPDATE {_LOCATIONS} SET revision=%s, source='', level='', place='', x=NULL, y=NULL"
        f" WHERE post_id=%s AND source<>''{unless}",
        [(first + at, post_id) for at, post_id in enumerate(post_ids)],
    )


def _keep_off(cursor: Any, session_id: int, posts: Sequence[Placed]) -> None:
    """Keep that somebody took these off the map: their authors' next posts stay off it too."""
    first = next_revision(cursor, session_id)
    cursor.executemany(
        f"INSERT INTO {_LOCATIONS} ({','.join(COLUMNS)}) VALUES (%s,%s,%s,%s,'','',NULL,NULL,%s)"
        " ON CONFLICT (post_id) DO UPDATE SET revision=excluded.revision, source=excluded.source,"
        " level='', place='', x=NULL, y=NULL",
        [
            (post.post_id, session_id, first + at, LocationSource.PERSON.value, post.received_s)
            for at, post in enumerate(posts)
        ],
    )


def next_revision(cursor: Any, session_id: int) -> int:
    """The revision that the session's next row gets."""
    cursor.execute(f"SELECT MAX(revision) FROM {_LOCATIONS} WHERE session_id=%s", [session_id])
    return int(cursor.fetchone()[0] or 0) + 1


def said_of_authors(cursor: Any, session_id: int) -> dict[int, Spot | None]:
    """Where people at the desk put the session's authors, by the author's id; None for nowhere."""
    cursor.execute(
        f"SELECT author_id, x, y, level, place FROM {_LOCATIONS}"
        f" JOIN {_POSTS} ON {_POSTS}.id = post_id"
        f" WHERE {_LOCATIONS}.session_id=%s AND source='{LocationSource.PERSON.value}'"
        " AND lat IS NULL ORDER BY revision",
        [session_id],
    )
    return {
        author_id: Spot(x=x, y=y, level=level, code=place) if level else None
        for author_id, x, y, level, place in cursor.fetchall()
    }


def posts_of_authors(
    cursor: Any, session_id: int, author_ids: Sequence[int]
) -> Iterator[tuple[int, int, datetime]]:
    """The authors' posts that are still there and carry no point: author, post, when received."""
    for start in range(0, len(author_ids), _KEYS_A_QUERY):
        found = Post.objects.filter(
            session_id=session_id,
            author_id__in=author_ids[start : start + _KEYS_A_QUERY],
            deleted_at=None,
            lat=None,
        )
        yield from found.order_by("id").values_list("author_id", "id", "received_at")


def _row(session_id: int, revision: int, post: Placed) -> Row:
    spot = post.spot
    assert spot is not None  # whoever calls left the others out
    return (
        post.post_id,
        session_id,
        revision,
        post.source.value,
        spot.level,
        spot.code,
        spot.x,
        spot.y,
        post.received_s,
    )
