"""Why a post should wait for a person: asks the room `holding`, with the words of its own room."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from blueroom.desk.models import Ban, Question
from blueroom.desk.rules import words_said
from blueroom.holding.flood import FloodLimits, FloodWatch
from blueroom.holding.reasons import Strictness, reasons_to_hold
from blueroom.holding.words import Words
from blueroom.room.models import Session

Reasons = list[dict[str, Any]]
BANNED = "banned"  # the reason of posts whose author is banned in the room
NEAR_COPIES = "near_copies"  # of one of very many that are nearly the same
WORDS_OF_ONES_OWN = 3  # a shorter text ("Et demain ?") is nobody's own: many may send it
MOST_WATCHED = 64  # sessions
SEEN_AGAIN = timedelta(seconds=FloodLimits().repeated_within_s)  # what lies before counts no more
MOST_SEEN_AGAIN = 2_000  # questions of a session, when a process has not watched it


class Seen(NamedTuple):
    """As much of a post as is looked at. `key` is `rules.key_of` its words, `words` how many."""

    author_id: int
    text: str
    alts: str  # of its pictures, a line each
    name: str
    handle: str
    language: str
    key: str
    words: int
    at: datetime


class Watches:
    """Who posted how much in which session, in this process alone.

    A process that starts anew sees again what was asked in the last minutes. Where several take
    posts in, each watches those that it takes.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_session: OrderedDict[int, FloodWatch] = OrderedDict()

    def see(self, session_id: int, seen: Seen) -> str:
        """The code of the flood that this post is part of, or ""."""
        with self._lock:
            watch = self._by_session.pop(session_id, None) or _watch_of(session_id, seen.at)
            self._by_session[session_id] = watch
            if len(self._by_session) > MOST_WATCHED:
                self._by_session.popitem(last=False)
            found = watch.see(str(seen.author_id), _hash(seen.key, seen.words), seen.at)
        return found.code if found else ""


watches = Watches()


def _hash(key: str, words: int) -> int | None:
    return int(key, 16) if key and words >= WORDS_OF_ONES_OWN else None


def _watch_of(session_id: int, at: datetime) -> FloodWatch:
    """Who posted how much in the last minutes, as the questions that are stored tell it."""
    asked = Question.objects.filter(session_id=session_id).order_by("-id")
    newest = asked.values_list("published_at", "post__author_id", "key", "text")[:MOST_SEEN_AGAIN]
    watch = FloodWatch()
    for published_at, author_id, key, text in reversed(list(newest)):
        if published_at > at - SEEN_AGAIN:
            watch.see(str(author_id), _hash(key, len(words_said(text))), published_at)
    return watch


@lru_cache(maxsize=16)
def _words(own: tuple[str, ...], ignored: tuple[str, ...], domains: tuple[str, ...]) -> Words:
    """Ready to be looked for; making them ready takes as long as some thousand posts."""
    return Words(own=own, ignored=ignored, domains=domains)


def screen_posts(session: Session, posts: Iterable[Seen]) -> list[Reasons]:
    """Why each of these new posts should be held, in their order; empty where nothing was found."""
    found = list(posts)
    banned = banned_authors(session, {seen.author_id for seen in found})
    return [_screen(session, seen, banned) for seen in found]


def _screen(session: Session, seen: Seen, banned: Collection[int]) -> Reasons:
    reasons = reasons_in(
        session,
        text=seen.text,
        alts=seen.alts,
        name=seen.name,
        handle=seen.handle,
        language=seen.language,
    )
    if seen.author_id in banned:
        reasons.insert(0, reason(BANNED))
    if code := watches.see(session.pk, seen):
        reasons.append(reason(code))
    return reasons


def reasons_in(
    session: Session, *, text: str, name: str, handle: str, language: str, alts: str = ""
) -> Reasons:
    """Why these words, this name or what its pictures are said to show (`alts`, a line each) should
    be held, whoever they are of; the worst first."""
    room = session.room
    strictness: Strictness = session.strictness  # type: ignore[assignment]  # Strictness's values
    found = reasons_to_hold(
        text,
        name=name,
        handle=handle,
        alt_texts=alts.splitlines(),
        language=language[:2].lower(),
        strictness=strictness,
        words=_words(
            tuple(room.held_words), tuple(room.ignored_words), tuple(room.allowed_domains)
        ),
    )
    return [msgspec.to_builtins(one) for one in found]


def reason(code: str) -> dict[str, Any]:
    """A reason that is of the post as a whole."""
    return {"code": code, "excerpt": "", "where": "text", "start": 0, "end": 0}


def banned_authors(session: Session, author_ids: Collection[int]) -> set[int]:
    """Those of these authors who are banned in the session's room."""
    bans = Ban.objects.filter(room_id=session.room_id).values_list("author_id", flat=True)
    return set(bans) & set(author_ids)
