"""Notices one author who floods, and one text that many authors send, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from blueroom.holding.reasons import Reason

LAST_TEXTS = 4  # that are remembered of each author


@dataclass(frozen=True, kw_only=True)
class FloodLimits:
    """How much is too much. A level falls steadily, by `..._per_minute`, and each post adds one."""

    posts: int = 8  # of one author at once
    posts_per_minute: float = 6.0
    repeated_within_s: float = 600.0  # one author saying the same again
    askers: int = 10  # authors with the same words
    askers_per_minute: float = 10.0
    most_authors: int = 50_000
    most_texts: int = 20_000


@dataclass(slots=True)
class _Level:
    """What has run in and not yet run out; `last` are the newest few that ran in."""

    at_s: float
    level: float = 0.0
    last: OrderedDict[object, float] = field(default_factory=OrderedDict)

    def add(self, now_s: float, per_minute: float) -> float:
        self.level = max(0.0, self.level - max(0.0, now_s - self.at_s) * per_minute / 60) + 1
        self.at_s = max(self.at_s, now_s)
        return self.level


class FloodWatch:
    """Sees every post of a session once, in about the order they came."""

    def __init__(self, limits: FloodLimits | None = None) -> None:
        self.limits = limits or FloodLimits()
        self._authors: OrderedDict[str, _Level] = OrderedDict()
        self._texts: OrderedDict[int, _Level] = OrderedDict()

    def see(self, author: str, text_hash: int | None, at: datetime) -> Reason | None:
        """Whether this post is one too many: `flood` of its author, or `same_text` of many.

        `text_hash` is of the normalised text; None for a text too short to be anybody's own
        ("Bonsoir"), which many may send. What is held counts too, so a flood stays held.
        """
        now_s = at.timestamp()
        flooded = self._author_floods(author, text_hash, now_s)
        shared = text_hash is not None and self._text_floods(text_hash, author, now_s)
        if flooded:
            return Reason(code="flood")
        return Reason(code="same_text") if shared else None

    def _author_floods(self, author: str, text_hash: int | None, now_s: float) -> bool:
        limits = self.limits
        level = _take(self._authors, author, now_s, limits.most_authors)
        too_many = level.add(now_s, limits.posts_per_minute) > limits.posts
        if text_hash is None:
            return too_many
        said_at_s = level.last.pop(text_hash, None)
        level.last[text_hash] = now_s
        if len(level.last) > LAST_TEXTS:
            level.last.popitem(last=False)
        return too_many or (said_at_s is not None and now_s - said_at_s < limits.repeated_within_s)

    def _text_floods(self, text_hash: int, author: str, now_s: float) -> bool:
        limits = self.limits
        level = _take(self._texts, text_hash, now_s, limits.most_texts)
        if author in level.last:
            return level.level > limits.askers
        level.last[author] = now_s
        if len(level.last) > limits.askers:
            level.last.popitem(last=False)
        return level.add(now_s, limits.askers_per_minute) > limits.askers


Key = TypeVar("Key")


def _take(levels: OrderedDict[Key, _Level], key: Key, now_s: float, most: int) -> _Level:
    """The level of a key, made newest; the one not met for longest makes room."""
    level = levels.pop(key, None) or _Level(now_s)
    levels[key] = level
    if len(levels) > most:
        levels.popitem(last=False)
    return level
