"""How posts are stored: many at a time, with the same outcome on SQLite and on PostgreSQL.

One writer of a session at a time. On SQLite the transaction itself sees to that (IMMEDIATE), on
PostgreSQL a lock of the session; so what is looked up stays true until the commit, and the ids of a
session become visible in their order: who has read up to an id has missed nothing below it.

What a delivery does depends on what is stored under its id, and on its version:

- nothing: it is stored; a deletion leaves a tombstone;
- the same version: nothing, it is repeated;
- another version: an edit, except where both versions tell their order (`rules.is_older`) and the
  delivery is the older one: then it is repeated. Where they do not, what came last wins. The desk
  looks again (`sorting` is NEW) where the words changed;
- a tombstone: nothing, deleted stays deleted.
"""

# ruff: noqa: S608  (names of tables and columns are the models'; every value is a parameter)
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.db import connection

from blueroom.networks import interface
from blueroom.places.locating import Spot
from blueroom.posts import locations
from blueroom.posts.locations import Placed, placed
from blueroom.posts.models import (
    Author,
    Location,
    LocationSource,
    Payload,
    Post,
    PostCount,
    Sorting,
)
from blueroom.posts.rules import is_older

Key = tuple[str, str]  # network, id there
IsMessage = Callable[[interface.Post], bool]

_AUTHORS = Author._meta.db_table
_POSTS = Post._meta.db_table
_PAYLOADS = Payload._meta.db_table
_COUNTS = PostCount._meta.db_table
_LOCATIONS = Location._meta.db_table
_AUTHOR_COLUMNS = ("network", "remote_id", "name", "handle", "followers", "place")
_POST_COLUMNS = (
    "session_id",
    "network",
    "remote_id",
    "version",
    "author_id",
    "text",
    "alts",
    "published_at",
    "received_at",
    "url",
    "in_reply_to",
    "thread_root",
    "language",
    "lat",
    "lon",
    "is_asked",
    "sorting",
    "edited_at",
    "deleted_at",
)
_PAYLOAD_COLUMNS = ("post_id", "raw", "received_at")
_KEYS_A_QUERY = 900  # SQLite before 3.32 takes 999 parameters
_LOCK_SPACE = (
    0x626C7565  # "blue": PostgreSQL's advisory locks are shared by all who use the database
)


@dataclass(frozen=True)
class Received:
    """What became of delivered posts, each counted once, and the ids of those that changed.

    `left_out` are posts by authors who objected to being kept.
    """

    stored: int = 0
    repeated: int = 0
    edited: int = 0
    deleted: int = 0
    left_out: int = 0
    post_ids: list[int] = field(default_factory=list)

    def __add__(self, other: Received) -> Received:
        return Received(
            stored=self.stored + other.stored,
            repeated=self.repeated + other.repeated,
            edited=self.edited + other.edited,
            deleted=self.deleted + other.deleted,
            left_out=self.left_out + other.left_out,
            post_ids=self.post_ids + other.post_ids,
        )


class _Database(Protocol):
    """What is said differently to the two databases."""

    def take_turn(self, cursor: Any, session_id: int) -> None:
        """Wait until no other transaction stores posts of this session."""
        ...

    def moment(self, at: datetime) -> Any:
        """An aware UTC time as a parameter of raw SQL."""
        ...

    def find(
        self, cursor: Any, select: str, parameters: Sequence[Any], remote_ids: Sequence[str]
    ) -> Iterator[tuple[Any, ...]]:
        """Rows of a select that ends in a condition, for those that have one of the remote ids."""
        ...

    def insert(
        self, cursor: Any, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Add rows; their generated ids ascend in the order given."""
        ...


class _Sqlite:
    def take_turn(self, cursor: Any, session_id: int) -> None:
        pass  # the transaction is IMMEDIATE: it has the whole file

    def moment(self, at: datetime) -> str:
        return str(at.replace(tzinfo=None))  # as Django's own adapter writes it, five times faster

    def find(
        self, cursor: Any, select: str, parameters: Sequence[Any], remote_ids: Sequence[str]
    ) -> Iterator[tuple[Any, ...]]:
        for start in range(0, len(remote_ids), _KEYS_A_QUERY):
            some = remote_ids[start : start + _KEYS_A_QUERY]
            marks = ",".join(["%s"] * len(some))
            cursor.execute(f"{select} AND remote_id IN ({marks})", [*parameters, *some])
            yield from cursor.fetchall()

    def insert(
        self, cursor: Any, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        marks = ",".join(["%s"] * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({','.join(columns)}) VALUES ({marks})", rows)


class _Postgres:
    def take_turn(self, cursor: Any, session_id: int) -> None:
        key = session_id & 0x7FFFFFFF
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, key])

    def moment(self, at: datetime) -> datetime:
        return at

    def find(
        self, cursor: Any, select: str, parameters: Sequence[Any], remote_ids: Sequence[str]
    ) -> Iterator[tuple[Any, ...]]:
        # With "= ANY" a table that has no statistics yet is read as a whole for each batch.
        cursor.execute(
            "SELECT found.* FROM unnest(%s::text[]) AS wanted(remote_id),"
            f" LATERAL ({select} AND remote_id = wanted.remote_id LIMIT 1) AS found",
            [list(remote_ids), *parameters],
        )
        yield from cursor.fetchall()

    def insert(
        self, cursor: Any, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        statement = f"COPY {table} ({','.join(columns)}) FROM STDIN"
        # Django wraps the call that begins the copy only; a cut line while it runs is ours to name.
        with connection.wrap_database_errors, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)


_DATABASES: dict[str, _Database] = {"sqlite": _Sqlite(), "postgresql": _Postgres()}


class _Record:
    """A post while its deliveries are followed; `id` is None until it is stored."""

    __slots__ = ("alts", "deleted_at", "id", "is_edited", "latest", "reads_anew", "text", "version")

    def __init__(self, id: int | None, version: str, text: str, alts: str, deleted_at: Any) -> None:
        self.id = id
        self.version = version
        self.text = text
        self.alts = alts
        self.deleted_at = deleted_at
        self.latest: interface.Post | None = None  # the delivery that changes it, if any does
        self.is_edited = False
        self.reads_anew = False


def take_turn(cursor: Any, session_id: int) -> None:
    """Wait until no other transaction writes to posts of this session; within a transaction."""
    _DATABASES[connection.vendor].take_turn(cursor, session_id)


def store_posts(
    *,
    session_id: int,
    posts: Sequence[interface.Post],
    now: datetime,
    keeps_raw: bool,
    is_message: IsMessage | None = None,
) -> Received:
    """Store clean posts, oldest delivery first, in the transaction that is open."""
    if not posts:
        return Received()
    with connection.cursor() as cursor:
        database = _DATABASES[connection.vendor]
        batch = _Batch(database, cursor, session_id, now, keeps_raw, is_message)
        return batch.store(posts)


class _Batch:
    def __init__(
        self,
        database: _Database,
        cursor: Any,
        session_id: int,
        now: datetime,
        keeps_raw: bool,
        is_message: IsMessage | None,
    ) -> None:
        self._database = database
        self._cursor = cursor
        self._session_id = session_id
        self._now = now
        self._stamp = database.moment(now)
        self._keeps_raw = keeps_raw
        self._is_message = is_message
        self._stated: dict[Key, str] = {}  # what the batch's authors state as their place
        self._movers: dict[int, str] = {}  # those of them who state another one than before

    def store(self, posts: Sequence[interface.Post]) -> Received:
        self._database.take_turn(self._cursor, self._session_id)
        author_ids = self._authors(posts)
        records = self._known({(post.network, post.id): None for post in posts})
        counts: Counter[str] = Counter()
        for post in posts:
            if author_ids[_author_key(post)] is None:
                counts["left_out"] += 1
                continue
            key = (post.network, post.id)
            record = records.get(key)
            if record is None:
                counts[_begin(records, key, post)] += 1
            else:
                counts[_follow(record, post)] += 1
        new = [record for record in records.values() if record.id is None]
        changed = [r for r in records.values() if r.latest and r.id is not None]
        self._insert(new, author_ids)
        self._change(changed)
        self._locate(new, changed, author_ids)
        self._count(record for record in new if not record.latest.deleted)
        return Received(**counts, post_ids=[record.id for record in new + changed if record.id])

    def _authors(self, posts: Sequence[interface.Post]) -> dict[Key, int | None]:
        """The ids of the posts' authors, who are brought up to date; None for who objected."""
        wanted = {_author_key(post): post.author for post in posts}
        found = self._find_authors(wanted)
        missing = [key for key in wanted if key not in found]
        if missing:
            # Sorted, so that two sessions with the same new authors do not wait for one another.
            self._add_authors([(key, wanted[key]) for key in sorted(missing)])
            found |= self._find_authors(missing)
        changes = []
        ids: dict[Key, int | None] = {}
        for key, author in wanted.items():
            author_id, name, handle, followers, place, erased_at = found[key]
            ids[key] = None if erased_at and author.id else author_id
            # What a delivery leaves empty is not known to it, rather than gone.
            before = (name, handle, followers, place)
            after = (
                author.name or name,
                author.handle or handle,
                followers if author.followers is None else author.followers,
                author.place or place,
            )
            if after != before and author.id and not erased_at:
                changes.append((*after, author_id))
                if author.place and author.place != place:
                    self._movers[author_id] = author.place
            self._stated[key] = after[-1] if author.id else ""
        if changes:
            self._cursor.executemany(
                f"UPDATE {_AUTHORS} SET name=%s, handle=%s, followers=%s, place=%s WHERE id=%s",
                sorted(changes, key=lambda change: change[-1]),
            )
        return ids

    def _find_authors(self, keys: Iterable[Key]) -> dict[Key, tuple[Any, ...]]:
        found = {}
        for network, remote_ids in _by_network(keys).items():
            sql = (
                "SELECT remote_id, id, name, handle, followers, place, erased_at"
                f" FROM {_AUTHORS} WHERE network = %s"
            )
            for remote_id, *row in self._database.find(self._cursor, sql, [network], remote_ids):
                found[network, remote_id] = tuple(row)
        return found

    def _add_authors(self, authors: list[tuple[Key, interface.Author]]) -> None:
        # Authors are shared by all sessions: another one may add the same at this moment.
        for start in range(0, len(authors), _KEYS_A_QUERY // len(_AUTHOR_COLUMNS)):
            some = authors[start : start + _KEYS_A_QUERY // len(_AUTHOR_COLUMNS)]
            marks = ",".join(["(%s,%s,%s,%s,%s,%s)"] * len(some))
            self._cursor.execute(
                f"INSERT INTO {_AUTHORS} ({','.join(_AUTHOR_COLUMNS)}) VALUES {marks}"
                " ON CONFLICT (network, remote_id) DO NOTHING",
                [value for key, author in some for value in _author_row(key, author)],
            )

    def _known(self, keys: Iterable[Key]) -> dict[Key, _Record]:
        records = {}
        for network, remote_ids in _by_network(keys).items():
            sql = (
                f"SELECT remote_id, id, version, text, alts, deleted_at FROM {_POSTS}"
                " WHERE session_id = %s AND network = %s"
            )
            parameters = [self._session_id, network]
            for remote_id, *row in self._database.find(self._cursor, sql, parameters, remote_ids):
                records[network, remote_id] = _Record(*row)
        return records

    def _insert(self, new: list[_Record], author_ids: dict[Key, int | None]) -> None:
        if not new:
            return
        last = f"SELECT MAX(id) FROM {_POSTS} WHERE session_id = %s"
        self._cursor.execute(last, [self._session_id])
        last_id = self._cursor.fetchone()[0] or 0
        rows = [self._row(record, author_ids) for record in new]
        self._database.insert(self._cursor, _POSTS, _POST_COLUMNS, rows)
        self._cursor.execute(
            f"SELECT id FROM {_POSTS} WHERE session_id = %s AND id > %s ORDER BY id",
            [self._session_id, last_id],
        )
        for record, (post_id,) in zip(new, self._cursor.fetchall(), strict=True):
            record.id = post_id
        payloads = [
            (record.id, record.latest.raw, self._stamp) for record in new if self._has_raw(record)
        ]
        if payloads:
            self._database.insert(self._cursor, _PAYLOADS, _PAYLOAD_COLUMNS, payloads)

    def _row(self, record: _Record, author_ids: dict[Key, int | None]) -> tuple[Any, ...]:
        post, moment = record.latest, self._database.moment
        assert post is not None  # it is new: a delivery made it
        is_gone = record.deleted_at is not None
        return (
            self._session_id,
            post.network,
            post.id,
            post.version,
            author_ids[_author_key(post)],
            "" if is_gone else post.text,
            "" if is_gone else _lines(post.alts),
            moment(post.published_at),
            self._stamp,
            "" if is_gone else post.url,
            post.in_reply_to,
            post.thread_root,
            "" if is_gone else post.lang,
            None if is_gone else post.lat,
            None if is_gone else post.lon,
            post.asked,
            self._sorting(record, post),
            self._stamp if record.is_edited else None,
            moment(record.deleted_at) if is_gone else None,
        )

    def _sorting(self, record: _Record, post: interface.Post) -> int:
        is_past = record.deleted_at is not None
        if is_past or (self._is_message and self._is_message(post)):
            return Sorting.MESSAGE.value
        return Sorting.NEW.value

    def _has_raw(self, record: _Record) -> bool:
        return self._keeps_raw and record.deleted_at is None and bool(record.latest.raw)

    def _change(self, changed: list[_Record]) -> None:
        gone = [record for record in changed if record.deleted_at is not None]
        edited = [record for record in changed if record.deleted_at is None]
        if gone:
            self._cursor.executemany(
                f"UPDATE {_POSTS} SET text='', alts='', url='', language='', lat=NULL, lon=NULL,"
                f" sorting={Sorting.NEW.value}, deleted_at=%s WHERE id=%s",
                [(self._database.moment(record.deleted_at), record.id) for record in gone],
            )
        if edited:
            self._cursor.executemany(
                f"UPDATE {_POSTS} SET text=%s, alts=%s, version=%s, url=%s, language=%s, lat=%s,"
                f" lon=%s, edited_at=%s,"
                f" sorting=CASE WHEN %s THEN {Sorting.NEW.value} ELSE sorting END"
                " WHERE id=%s",
                [self._edited_row(record) for record in edited],
            )
        if changed:
            ids = [(record.id,) for record in changed]
            self._cursor.executemany(f"DELETE FROM {_PAYLOADS} WHERE post_id=%s", ids)
        payloads = [(r.id, r.latest.raw, self._stamp) for r in edited if self._has_raw(r)]
        if payloads:
            self._database.insert(self._cursor, _PAYLOADS, _PAYLOAD_COLUMNS, payloads)

    def _edited_row(self, record: _Record) -> tuple[Any, ...]:
        post = record.latest
        return (
            post.text,
            _lines(post.alts),
            post.version,
            post.url,
            post.lang,
            post.lat,
            post.lon,
            self._stamp,
            record.reads_anew,
            record.id,
        )

    def _locate(
        self, new: list[_Record], changed: list[_Record], author_ids: dict[Key, int | None]
    ) -> None:
        """Put the posts on the map, and those who tell their place only now with them."""
        cursor, session_id = self._cursor, self._session_id
        here = [record for record in new if record.deleted_at is None]
        said = locations.said_of_authors(cursor, session_id)
        if here:
            # Most posts say nothing of where they are, and cost nothing here.
            found = [
                self._placed(record, author_ids, said)
                for record in here
                if self._says_where(record, author_ids, said)
            ]
            if rows := locations.rows_of(cursor, session_id, found):
                self._database.insert(cursor, _LOCATIONS, locations.COLUMNS, rows)
        gone = [record.id for record in changed if record.deleted_at is not None and record.id]
        locations.take_off(cursor, session_id, gone)
        edited = [record for record in changed if record.deleted_at is None]
        moved = [self._placed(record, author_ids, said) for record in edited]
        movers = [author_id for author_id in self._movers if author_id not in said]
        for author_id, post_id, at in locations.posts_of_authors(cursor, session_id, movers):
            stated = self._movers[author_id]
            moved.append(placed(post_id=post_id, received_at=at, lat=None, lon=None, stated=stated))
        locations.move(cursor, session_id, moved)

    def _says_where(
        self,
        record: _Record,
        author_ids: dict[Key, int | None],
        said: dict[int, Spot | None],
    ) -> bool:
        post = record.latest
        assert post is not None
        key = _author_key(post)
        return post.lat is not None or bool(self._stated.get(key)) or author_ids[key] in said

    def _placed(
        self,
        record: _Record,
        author_ids: dict[Key, int | None],
        said: dict[int, Spot | None],
    ) -> Placed:
        post, post_id = record.latest, record.id
        assert post is not None
        assert post_id is not None  # it was stored just now
        key = _author_key(post)
        author_id = author_ids[key]
        if post.lat is None and author_id in said:
            at_s = int(self._now.timestamp())
            return Placed(post_id, at_s, said[author_id], LocationSource.PERSON)
        return placed(
            post_id=post_id,
            received_at=self._now,
            lat=post.lat,
            lon=post.lon,
            stated=self._stated.get(key, ""),
        )

    def _count(self, new: Iterable[_Record]) -> None:
        minute = self._database.moment(self._now.replace(second=0, microsecond=0))
        numbers = Counter(record.latest.network for record in new)
        rows = [(self._session_id, network, minute, n) for network, n in sorted(numbers.items())]
        self._cursor.executemany(
            f"INSERT INTO {_COUNTS} (session_id, network, minute, posts) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (session_id, network, minute)"
            f" DO UPDATE SET posts = {_COUNTS}.posts + excluded.posts",
            rows,
        )


def _lines(alts: Sequence[str]) -> str:
    return "\n".join(alts)


def _author_key(post: interface.Post) -> Key:
    # A deletion does not say whose post it was; nobody in particular stands for its author.
    return (post.network, "" if post.deleted else post.author.id)


def _author_row(key: Key, author: interface.Author) -> tuple[Any, ...]:
    if not key[1]:
        return (*key, "", "", None, "")
    return (*key, author.name, author.handle, author.followers, author.place)


def _by_network(keys: Iterable[Key]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for network, remote_id in keys:
        grouped.setdefault(network, []).append(remote_id)
    return grouped


def _begin(records: dict[Key, _Record], key: Key, post: interface.Post) -> str:
    """A first delivery becomes a record. Returns the word it is counted under."""
    records[key] = record = _Record(None, post.version, post.text, _lines(post.alts), None)
    record.latest = post
    if not post.deleted:
        return "stored"
    record.deleted_at = post.published_at
    return "deleted"


def _follow(record: _Record, post: interface.Post) -> str:
    """A further delivery changes the record, or not. Returns the word it is counted under."""
    if record.deleted_at is not None:
        return "repeated"
    if post.deleted:
        record.deleted_at = post.published_at
        record.latest = record.latest or post
        return "deleted"
    if post.version == record.version or is_older(post.version, than=record.version):
        return "repeated"
    record.is_edited = True
    alts = _lines(post.alts)
    record.reads_anew |= (post.text, alts) != (record.text, record.alts)
    record.version, record.text, record.alts = post.version, post.text, alts
    record.latest = post
    return "edited"
