"""Questions as vectors: hashed character n-grams of the words that count, and their ideas."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from blueroom.grouping.reading import Reading, Term

DIMENSIONS = 512
GRAM = 3
OF_IDEA = 0.5  # of the square of a word's length; the rest are its letters
Vectors = npt.NDArray[np.float32]


def vectors_of(readings: Sequence[Reading]) -> Vectors:
    """One row each, of length 1 (0 where no word counts); the same on every machine."""
    places: list[int] = []
    values: list[float] = []
    for row, reading in enumerate(readings):
        start = row * DIMENSIONS
        for term in reading.terms:
            at, value = _features(term)
            places.extend([start + each for each in at])
            values.extend(value)
    size = len(readings) * DIMENSIONS
    flat = np.bincount(np.array(places, np.int64), np.array(values, np.float64), size)
    vectors = flat.reshape(len(readings), DIMENSIONS)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return unit


@lru_cache(maxsize=20_000)
def _features(term: Term) -> tuple[list[int], list[float]]:
    """Where a term stands among the dimensions, and how much of it there."""
    edged = f"<{term.form}>".encode()
    features: dict[int, float] = {}
    for gram in [edged, *(edged[at : at + GRAM] for at in range(len(edged) - GRAM + 1))]:
        place, sign = _hashed(gram)
        features[place] = features.get(place, 0.0) + sign
    length = math.sqrt(sum([value * value for value in features.values()])) or 1.0
    scale = term.weight * (math.sqrt(1 - OF_IDEA) if term.idea else 1.0) / length
    places, values = list(features), [scale * value for value in features.values()]
    if term.idea:
        place, sign = _hashed(term.idea.encode())
        places.append(place)
        values.append(term.weight * math.sqrt(OF_IDEA) * sign)
    return places, values


@lru_cache(maxsize=50_000)
def _hashed(feature: bytes) -> tuple[int, int]:
    # not hash(): it differs from one process to the next
    number = zlib.crc32(feature)
    return number % DIMENSIONS, 1 if number & 0x8000_0000 else -1
