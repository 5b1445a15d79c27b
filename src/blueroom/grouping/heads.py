"""One line for one question: holds the heads of a session's groups and places what arrives."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

import numpy as np

from blueroom.grouping.flood import Flood, Key
from blueroom.grouping.index import Index
from blueroom.grouping.likeness import PROPOSED_FROM, UNLIKE, Likeness, likeness
from blueroom.grouping.reading import Reading, read, words_ignored
from blueroom.grouping.vectors import DIMENSIONS, Vectors, vectors_of

CHUNK = 64  # questions that are compared with all heads at once
NEAR = 0.34  # what is this near (cosine) is compared word by word
ABROAD = 0.2  # in another language ideas and names alone agree: about half of a vector at most
MOST_COMPARED = 6
MOST_STEPS = 8  # from a proposal to the head that it was made of

How = Literal["exact", "merged", "proposed", "new"]


class Asked(NamedTuple):
    """A question to place; `language` is what its network said of it, or ""."""

    key: Key
    text: str
    language: str = ""


class Placed(NamedTuple):
    """Where a question belongs.

    `exact`, `merged`: under `head_key`. `new`: it is a head itself. `proposed`: perhaps under
    `head_key`, which a person says; until then it is a head itself. Only where `is_piled` it is
    none: one of very many that are nearly the same, kept under `head_key` until a person takes it
    out by `split`.
    """

    key: Key
    head_key: Key
    how: How
    score: float  # 0 to 1; from 0.48 on proposed, from 0.8 on merged
    is_piled: bool = False


class Row(NamedTuple):
    """A wording to compare with: `head_key` is its own key, or that of the head it stands for."""

    key: Key
    text: str
    language: str
    head_key: Key


class Limits(NamedTuple):
    """Bounds of memory: about 3.5 kB a wording, half a kB a text."""

    wordings: int = 10_000  # that are compared with; those not met for longest make room
    texts: int = 20_000  # that were placed and are recognised at once when they come again


@dataclass(slots=True)
class _Wording:
    """A text that others are compared with; several may stand for one head."""

    key: Key
    head_key: Key
    reading: Reading
    place: int = -1  # in the index
    near: Key | None = None  # the head it was proposed to


@dataclass(slots=True)
class _Chunk:
    """Some questions that are compared with everything held at once; `made` are new wordings."""

    readings: Sequence[Reading]
    vectors: Vectors
    within: Vectors = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    near: list[list[tuple[float, _Wording]]] = field(default_factory=list)
    made: list[tuple[int, _Wording]] = field(default_factory=list)


class Heads:
    """The heads of one session. Not for several threads at once; the same calls give the same.

    `ignored` are words that tell nothing apart here: the guest's name, the session's hashtags.
    """

    def __init__(
        self,
        rows: Iterable[Row] = (),
        *,
        ignored: Iterable[str] = (),
        limits: Limits | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self._ignored = words_ignored(ignored)
        self._index: Index[_Wording] = Index(DIMENSIONS, self.limits.wordings)
        self._wordings: OrderedDict[Key, _Wording] = OrderedDict()  # the last one was met last
        self._of_head: dict[Key, set[Key]] = {}
        self._by_text: dict[str, Key] = {}
        self._placed: OrderedDict[str, Placed] = OrderedDict()  # by text, of what is no wording
        self._flood = Flood()
        self._take(list(rows))

    def __len__(self) -> int:
        return len(self._of_head)

    def __contains__(self, key: Key) -> bool:
        """Whether others are compared with this wording."""
        return key in self._wordings

    def place(self, asked: Sequence[Asked], *, at: datetime) -> list[Placed]:
        """Where each question belongs, in their order; each may come under one before it.

        A key that is held with another text was edited: its old wording is forgotten.
        """
        placed: list[Placed] = []
        for start in range(0, len(asked), CHUNK):
            placed += self._place_chunk(asked[start : start + CHUNK], at.timestamp())
        return placed

    def merge(self, key: Key, into: Key) -> None:
        """A person says that a head asks the same as another: its wordings stand for that one.

        Raises:
            KeyError: one of them is no head that is held.
        """
        if key == into:
            return
        target = self._of_head[into]
        for wording in self._of_head.pop(key):
            self._wordings[wording].head_key = into
            target.add(wording)
        self._flood.forget(key)
        self._placed.clear()

    def split(self, key: Key, text: str, language: str = "") -> None:
        """A person says that a question is one of its own: it becomes a head."""
        self.forget(key)
        self._placed.clear()
        self._take([Row(key, text, language, key)])

    def lead(self, key: Key, text: str, language: str = "", *, instead_of: Key) -> None:
        """Another question of a group becomes its head, when the old one goes or is worse.

        Raises:
            KeyError: `instead_of` is no head that is held.
        """
        others = self._of_head[instead_of] - {key}
        self._placed.clear()
        self._take([Row(key, text, language, key)])
        if key == instead_of:
            return
        self._of_head.pop(instead_of, None)
        self._flood.forget(instead_of)
        for other in others & self._wordings.keys():  # one may have made room
            self._wordings[other].head_key = key
            self._of_head[key].add(other)

    def forget(self, key: Key) -> None:
        """Compare with this wording no more; a head goes when its last wording does."""
        if wording := self._wordings.get(key):
            self._drop(wording)
        self._placed.clear()

    def vectors(self, keys: Sequence[Key]) -> Vectors:
        """The vectors of wordings, one row each; of those not held, zeros."""
        rows = np.zeros((len(keys), DIMENSIONS), np.float32)
        for row, key in enumerate(keys):
            if wording := self._wordings.get(key):
                rows[row] = self._index.vector(wording.place)
        return rows

    def _place_chunk(self, asked: Sequence[Asked], now_s: float) -> list[Placed]:
        readings = [read(each.text, each.language, ignored=self._ignored) for each in asked]
        # what was said before, word for word, needs no vector
        rows = [row for row, reading in enumerate(readings) if self._again(reading) is None]
        chunk = self._chunk([readings[row] for row in rows])
        row_in_chunk = {row: at for at, row in enumerate(rows)}
        placed: list[Placed] = []
        for row, (each, reading) in enumerate(zip(asked, readings, strict=True)):
            if again := self._again(reading):
                placed.append(again._replace(key=each.key))
                continue
            one, at = chunk, row_in_chunk.get(row)
            if at is None:  # what it repeats made room meanwhile
                one, at = self._chunk([reading]), 0
            placed.append(self._place_one(each.key, one, at, now_s))
        return placed

    def _again(self, reading: Reading) -> Placed | None:
        """Where the same text went before, if that still stands."""
        key = self._by_text.get(reading.plain)
        if key is not None:
            self._wordings.move_to_end(key)
            return Placed(key, self._wordings[key].head_key, "exact", 1.0)
        before = self._placed.get(reading.plain)
        return before if before and before.head_key in self._of_head else None

    def _chunk(self, readings: Sequence[Reading]) -> _Chunk:
        chunk = _Chunk(readings, vectors_of(readings))
        if not readings:
            return chunk
        languages = [reading.language for reading in readings]
        chunk.near = self._index.near(
            chunk.vectors, languages, least=NEAR, abroad=ABROAD, most=MOST_COMPARED
        )
        chunk.within = chunk.vectors @ chunk.vectors.T
        return chunk

    def _place_one(self, key: Key, chunk: _Chunk, at: int, now_s: float) -> Placed:
        reading = chunk.readings[at]
        if edited := self._wordings.get(key):
            self._drop(edited)
        alike, wording = self._most_alike(chunk, at)
        if wording and alike.is_certain:
            self._wordings.move_to_end(wording.key)
            placed = Placed(key, wording.head_key, "merged", alike.score)
            return self._remember(reading, placed)
        root = self._root(wording) if wording and alike.score >= PROPOSED_FROM else None
        flooded = self._flood.head_of(reading, now_s)
        if flooded is None and root and self._flood.takes(root.head_key, now_s):
            flooded = root.head_key
        if flooded is not None:
            root = self._wording_of(flooded)
        if root:
            self._flood.note(root.head_key, root.reading, now_s)
        if flooded is not None:
            placed = Placed(key, flooded, "proposed", alike.score, is_piled=True)
            return self._remember(reading, placed)
        if root and wording:
            placed = Placed(key, wording.head_key, "proposed", alike.score)
        else:
            placed = Placed(key, key, "new", alike.score)
        near = placed.head_key if placed.how == "proposed" else None
        self._add(_Wording(key, key, reading, near=near), chunk, at)
        return placed

    def _most_alike(self, chunk: _Chunk, at: int) -> tuple[Likeness, _Wording | None]:
        """The wording that is most alike, of those held and of those before it in its chunk."""
        reading = chunk.readings[at]
        near = list(chunk.near[at])
        for row, wording in chunk.made:
            foreign = ABROAD if wording.reading.language != reading.language else 0.0
            if (cosine := float(chunk.within[at, row]) + foreign) > NEAR:
                near.append((cosine, wording))
        near.sort(key=lambda each: -each[0])
        best, found = UNLIKE, None
        for _, wording in near[:MOST_COMPARED]:
            if wording.place < 0:
                continue
            alike = likeness(reading, wording.reading)
            if (alike.is_certain, alike.score) > (best.is_certain, best.score):
                best, found = alike, wording
        return best, found

    def _remember(self, reading: Reading, placed: Placed) -> Placed:
        """Recognise this text when it comes again."""
        how = "exact" if placed.how == "merged" else placed.how
        self._placed[reading.plain] = placed._replace(how=how)
        if len(self._placed) > self.limits.texts:
            self._placed.popitem(last=False)
        return placed

    def _root(self, wording: _Wording) -> _Wording:
        """The head that a chain of proposals leads to, so that what floods adds up there."""
        root = self._wording_of(wording.head_key)
        for _ in range(MOST_STEPS):
            if root.near is None or root.near not in self._of_head:
                break
            root = self._wording_of(root.near)
        return root

    def _wording_of(self, head_key: Key) -> _Wording:
        """The head's own wording, or one that stands for it where its own made room."""
        own = self._wordings.get(head_key)
        if own is not None:
            return own
        return self._wordings[min(self._of_head[head_key], key=str)]

    def _take(self, rows: Sequence[Row]) -> None:
        rows = rows[-self.limits.wordings :]
        for start in range(0, len(rows), CHUNK):
            some = rows[start : start + CHUNK]
            readings = [read(row.text, row.language, ignored=self._ignored) for row in some]
            chunk = _Chunk(readings, vectors_of(readings))
            for at, row in enumerate(some):
                self._add(_Wording(row.key, row.head_key, readings[at]), chunk, at)

    def _add(self, wording: _Wording, chunk: _Chunk, at: int) -> None:
        if held := self._wordings.get(wording.key):
            self._drop(held)
        if len(self._wordings) >= self.limits.wordings:
            self._drop(next(iter(self._wordings.values())))
        language = wording.reading.language
        wording.place = self._index.add(wording, chunk.vectors[at], language)
        self._wordings[wording.key] = wording
        self._of_head.setdefault(wording.head_key, set()).add(wording.key)
        self._by_text.setdefault(wording.reading.plain, wording.key)
        self._flood.know(wording.reading)
        chunk.made.append((at, wording))

    def _drop(self, wording: _Wording) -> None:
        del self._wordings[wording.key]
        self._index.remove(wording.place)
        wording.place = -1
        self._flood.unknow(wording.reading)
        if self._by_text.get(wording.reading.plain) == wording.key:
            del self._by_text[wording.reading.plain]
        left = self._of_head[wording.head_key]
        left.discard(wording.key)
        if not left:
            del self._of_head[wording.head_key]
            self._flood.forget(wording.head_key)
