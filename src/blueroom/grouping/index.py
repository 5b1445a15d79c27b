"""Finds which of many vectors lie near: plain matrix products, in bounded memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

import numpy as np

from blueroom.grouping.vectors import Vectors

Item = TypeVar("Item")


class Index(Generic[Item]):
    """At most so many things by their vectors (of length 1); a freed place is taken again."""

    def __init__(self, dimensions: int, most: int) -> None:
        self.items: list[Item | None] = []
        # untouched pages of zeros cost no memory
        self._vectors: Vectors = np.zeros((most, dimensions), np.float32)
        self._languages = np.zeros(most, np.int16)
        self._numbers: dict[str, int] = {}
        self._free: list[int] = []

    def add(self, item: Item, vector: Vectors, language: str = "") -> int:
        """The place where it lies from now on."""
        if self._free:
            place = self._free.pop()
            self.items[place] = item
        else:
            place = len(self.items)
            self.items.append(item)
        self._vectors[place] = vector
        self._languages[place] = self._number(language)
        return place

    def remove(self, place: int) -> None:
        """Forget what lies there."""
        self.items[place] = None
        self._vectors[place] = 0.0
        self._free.append(place)

    def vector(self, place: int) -> Vectors:
        """What lies there, as a view."""
        return self._vectors[place]  # type: ignore[no-any-return]

    def near(
        self,
        vectors: Vectors,
        languages: Sequence[str],
        *,
        least: float,
        abroad: float = 0.0,
        most: int,
    ) -> list[list[tuple[float, Item]]]:
        """For each vector the nearest things and how near they are (cosine), the nearest first.

        `abroad` is added where languages differ; what is nearer than `least` then counts.
        """
        size = len(self.items)
        found: list[list[tuple[float, Item]]] = [[] for _ in languages]
        if not size:
            return found
        cosines = vectors @ self._vectors[:size].T
        if abroad:
            numbers = [self._number(language) for language in languages]
            spoken = self._languages[:size]
            more = {each: np.float32(abroad) * (spoken != each) for each in set(numbers)}
            for row, number in enumerate(numbers):
                cosines[row] += more[number]
        # one pass over all of it: a row at a time costs more in calls than in work
        rows, places = np.divmod(np.flatnonzero(cosines.ravel() > least), size)
        starts = np.searchsorted(rows, np.arange(len(languages) + 1))
        for row in range(len(languages)):
            some = places[starts[row] : starts[row + 1]]
            if not len(some):
                continue
            how_near = cosines[row, some]
            if len(some) > most:
                nearest = np.argpartition(how_near, -most)[-most:]
                some, how_near = some[nearest], how_near[nearest]
            for at in np.lexsort((some, -how_near)):
                item = self.items[some[at]]
                if item is not None:
                    found[row].append((float(how_near[at]), item))
        return found

    def _number(self, language: str) -> int:
        return self._numbers.setdefault(language, len(self._numbers))
