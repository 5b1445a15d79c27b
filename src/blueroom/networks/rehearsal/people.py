"""Who asks: authors put together from names, towns and habits, the same for the same number."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from blueroom.networks.interface import Author
from blueroom.networks.rehearsal.audience import (
    Names,
    Town,
    read_people,
    read_towns,
)
from blueroom.networks.rehearsal.chance import chance
from blueroom.networks.rehearsal.options import Language

CROWD = 12_000  # people of each language
PLAIN = str.maketrans("àâäáãéèêëíîïóôöõúùûüçñāœæ", "aaaaaeeeeiiioooouuuucnaoa")


class Person(NamedTuple):
    """An author, and what only we know: the true town, and whether the name itself is an insult."""

    author: Author
    town: Town | None
    has_rude_name: bool


class Crowd:
    """Everybody who may ask, each made when first met."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._people = read_people()
        self._met: dict[tuple[Language, int], Person] = {}
        self._towns: dict[Language, list[Town]] = {"fr": [], "en": []}
        for town in read_towns():
            self._towns[town.language].append(town)

    def someone(self, language: Language, rng: Random) -> Person:
        """Anyone of that language; some speak up more often than others."""
        return self.person(language, int(CROWD * rng.random() ** 1.3))

    def person(self, language: Language, number: int) -> Person:
        """The person of that number, below `CROWD`."""
        key = (language, number)
        person = self._met.get(key)
        if person is None:
            person = self._met[key] = self._make(language, number)
        return person

    def _make(self, language: Language, number: int) -> Person:
        rng = chance(self._seed, language, number)
        name, is_rude = _name(self._people.names[language], rng)
        town = rng.choice(self._towns[language]) if rng.random() < 0.62 else None
        author = Author(
            id=f"rehearsal:{self._seed}:{language}{number}",
            name=name,
            handle=_handle(name, number, self._people.handles["words"], rng),
            followers=_followers(rng),
            place=self._place(town, rng),
        )
        return Person(author, town, is_rude)

    def _place(self, town: Town | None, rng: Random) -> str:
        habit = rng.random()
        if town is None:
            return rng.choice(self._people.places["nowhere"]) if habit < 0.25 else ""
        if habit < 0.45:
            return town.name
        if habit < 0.8:
            return f"{town.name}, {town.country}"
        return town.country if habit < 0.9 else town.name.lower()


def _name(names: Names, rng: Random) -> tuple[str, bool]:
    habit = rng.random()
    first, last = rng.choice(names.first), rng.choice(names.last)
    if habit < 0.42:
        return f"{first} {last}", False
    if habit < 0.60:
        return first, False
    if habit < 0.70:
        return f"{first} {last[0]}.", False
    if habit < 0.78:
        return first.lower(), False
    if habit < 0.84:
        return f"{first} {rng.choice('🌊🌙💙🎶🌿🐑✨🍉')}", False
    if habit < 0.955:
        return rng.choice(names.pseudonyms), False
    if habit < 0.98:
        return rng.choice(names.rtl), False
    if habit < 0.99:
        return rng.choice(names.long), False
    return rng.choice(names.rude), True


def _handle(name: str, number: int, words: list[str], rng: Random) -> str:
    plain = name.lower().translate(PLAIN)
    slug = "".join(c for c in plain.replace(" ", ".") if c.isascii() and (c.isalnum() or c == "."))
    if rng.random() < 0.3 or len(slug) < 3:
        slug = f"{rng.choice(words)}_{rng.choice(words)}"
    return f"{slug[:24].strip('.')}{number}"


def _followers(rng: Random) -> int | None:
    """A long tail: half below 180, one in a hundred above 9,000, a very few in the millions."""
    return None if rng.random() < 0.03 else min(int(rng.lognormvariate(5.2, 1.7)), 4_000_000)
