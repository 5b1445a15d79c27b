"""Chance that can be repeated: what a rehearsal draws comes from its seed alone."""

from __future__ import annotations

from random import Random


def chance(seed: str, *drawn: object) -> Random:
    """A source of chance for what is `drawn`: the same for the same seed, everywhere."""
    return Random(":".join(map(str, (seed, *drawn))))  # noqa: S311  # to be foreseen, on purpose
