"""Finds posts by their words, as one types, among hundreds of thousands.

An index of its own beside the posts: small letters without accents, begun words found too. It is
filled by a worker rather than when posts are stored, for a flood must not wait for it; what is not
in it yet is read through instead. SQLite has FTS5 for it (sqlite.org/fts5.html), PostgreSQL a
tsvector (postgresql.org/docs/current/textsearch.html). The dictionary "simple" and our own folding
make both find the same.
"""

# ruff: noqa: S608, S611  (names of tables are ours; every value is a parameter)
from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from django.db import connection
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from blueroom.desk.models import WordIndex
from blueroom.holding.letters import fold
from blueroom.posts.models import Post
from blueroom.room.models import Session
from blueroom.room.writing import one_transaction

TABLE = "desk_words"
SLICE = 2000  # posts put into the index at once
SESSIONS = 20  # that get a slice in one round
IDS_A_QUERY = 900  # SQLite before 3.32 takes 999 parameters
MOST_WORDS = 8  # of what was typed
_WORD = re.compile(r"[^\W_]+")


def words_in(typed: str) -> list[str]:
    """The words to look for, folded as the index is."""
    return _WORD.findall(fold(typed))[:MOST_WORDS]


def said_by(session_id: int, typed: str, *, post: str) -> Q:
    """The condition that each of these words begins a word of the post's text, or of its author's
    name, handle or place. `post` is the column that holds the post's id. Everything fulfils it
    where nothing was typed that is a word."""
    words = words_in(typed)
    if not words:
        return Q()
    return Q(**{f"{post}__in": _in_index(session_id, words)}) | Q(
        **{f"{post}__in": _beyond(session_id, words)}
    )


def _in_index(session_id: int, words: Sequence[str]) -> RawSQL:
    if connection.vendor == "sqlite":
        wanted = " ".join(f'"{word}"*' for word in words)
        return RawSQL(
            f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s",
            [f"session:s{session_id} AND words:({wanted})"],
        )
    return RawSQL(
        f"SELECT post_id FROM {TABLE} WHERE session_id = %s AND words @@ to_tsquery('simple', %s)",
        [session_id, " & ".join(f"{word}:*" for word in words)],
    )


def _beyond(session_id: int, words: Sequence[str]) -> list[int]:
    """Those that came since the index was last filled, read one by one."""
    indexed = WordIndex.objects.filter(session_id=session_id).values_list("up_to", flat=True)
    found = []
    for post_id, *texts in _texts(session_id).filter(id__gt=indexed.first() or 0):
        said = _WORD.findall(fold(" ".join(texts)))
        if all(any(one.startswith(word) for one in said) for word in words):
            found.append(post_id)
    return found


def _texts(session_id: int):  # type: ignore[no-untyped-def]  # a QuerySet of five columns
    posts = Post.objects.filter(session_id=session_id, deleted_at=None).order_by("id")
    return posts.values_list("id", "text", "author__name", "author__handle", "author__place")


def index_new_posts(limit: int = SLICE) -> int:
    """Put the next posts of each session into the index; how many. For a worker's round."""
    last = Post.objects.filter(session_id=OuterRef("pk")).order_by("-id").values("id")[:1]
    behind = Session.objects.annotate(
        last=Subquery(last), up_to=Coalesce("word_index__up_to", 0)
    ).filter(last__gt=F("up_to"))
    return sum(
        _index_session(session_id, limit)
        for session_id in behind.values_list("pk", flat=True)[:SESSIONS]
    )


def _index_session(session_id: int, limit: int) -> int:
    with one_transaction():
        index, _is_new = WordIndex.objects.select_for_update().get_or_create(session_id=session_id)
        posts = Post.objects.filter(session_id=session_id, id__gt=index.up_to).order_by("id")
        post_ids = list(posts.values_list("id", flat=True)[:limit])
        if post_ids:
            _add(session_id, post_ids)
            index.up_to = post_ids[-1]
            index.save(update_fields=["up_to"])
    return len(post_ids)


def forget_words(session_id: int, post_ids: Iterable[int]) -> None:
    """Put posts whose words or names changed into the index anew; what is deleted is in it no
    longer. Within the transaction that changed them."""
    wanted = sorted(set(post_ids))
    if not wanted:
        return
    index = WordIndex.objects.filter(session_id=session_id).first()
    wanted = [post_id for post_id in wanted if index is not None and post_id <= index.up_to]
    if wanted:
        _drop(wanted)
        _add(session_id, wanted)


def _drop(post_ids: Sequence[int]) -> None:
    column = "rowid" if connection.vendor == "sqlite" else "post_id"
    with connection.cursor() as cursor:
        cursor.executemany(
            f"DELETE FROM {TABLE} WHERE {column} = %s", [(post_id,) for post_id in post_ids]
        )


def _add(session_id: int, post_ids: Sequence[int]) -> None:
    is_sqlite = connection.vendor == "sqlite"
    session = f"s{session_id}" if is_sqlite else session_id
    rows = [
        (post_id, session, " ".join(_WORD.findall(fold(" ".join(texts)))))
        for start in range(0, len(post_ids), IDS_A_QUERY)
        for post_id, *texts in _texts(session_id).filter(
            id__in=post_ids[start : start + IDS_A_QUERY]
        )
    ]
    columns, words = ("rowid", "%s") if is_sqlite else ("post_id", "to_tsvector('simple', %s)")
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {TABLE} ({columns}, {'session' if is_sqlite else 'session_id'}, words)"
            f" VALUES (%s, %s, {words})",
            rows,
        )
