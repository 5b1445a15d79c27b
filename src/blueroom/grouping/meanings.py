"""Which questions may mean the same, by a sentence model: what letters cannot see."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from blueroom.grouping.flood import Key
from blueroom.grouping.index import Index
from blueroom.grouping.likeness import MERGED_FROM, PROPOSED_FROM
from blueroom.grouping.vectors import Vectors

SUREST = MERGED_FROM - 0.01  # whatever a model thinks, a machine does not merge by it


class Meaning(Protocol):
    """A model that knows what sentences mean (see `semantic`)."""

    dimensions: int
    proposed_from: float  # cosine from which two sentences may mean the same

    def vectors_of(self, texts: Sequence[str]) -> Vectors:
        """One row of length 1 for each text."""


class Near(NamedTuple):
    """The question that another one may mean; the score is one for a proposal, 0.48 to 0.79."""

    key: Key
    score: float


class Meanings:
    """The questions of one session by what they mean, the newest `most` of them: as many bytes
    each as the model has dimensions, four times. Not for several threads at once."""

    def __init__(self, model: Meaning, *, most: int) -> None:
        self._model = model
        self._most = most
        self._index: Index[Key] = Index(model.dimensions, most)
        self._places: OrderedDict[Key, int] = OrderedDict()

    def place(self, asked: Sequence[tuple[Key, str]]) -> list[Near | None]:
        """For each question, by key and text, the one that means nearly the same, of those held
        and of those before it; None where there is none. From now on they are held too."""
        if not asked:
            return []
        vectors = self._model.vectors_of([text for _, text in asked])
        least = self._model.proposed_from
        held = self._index.near(vectors, [""] * len(asked), least=least, most=1)
        within = vectors @ vectors.T
        found = []
        for at, (key, _) in enumerate(asked):
            near = [one for one in held[at] if one[1] != key]
            near += [(float(within[at, row]), asked[row][0]) for row in range(at)]
            cosine, nearest = max(near, key=lambda one: one[0], default=(-1.0, key))
            share = (cosine - least) / (1 - least)
            score = min(SUREST, PROPOSED_FROM + share * (SUREST - PROPOSED_FROM))
            found.append(Near(nearest, round(score, 3)) if share >= 0 else None)
        for (key, _), vector in zip(asked, vectors, strict=True):
            self.forget(key)
            if len(self._places) >= self._most:
                self.forget(next(iter(self._places)))
            self._places[key] = self._index.add(key, vector)
        return found

    def forget(self, key: Key) -> None:
        """Compare with this question no more."""
        if (place := self._places.pop(key, None)) is not None:
            self._index.remove(place)
