"""Finds the place that somebody means by what they wrote in a profile or a form.

People write "Lyon 🇫🇷", "75011 Paris", "Born in Lagos, living in London", "dans tes rêves". What is
found has a level: a town, or only the region or the country where no more is said. Where in doubt
it is nothing: a post that is not on the map is better than one in the wrong place.
"""

from __future__ import annotations

import math
import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from blueroom.places.names import key_of

FILE = Path(__file__).parent / "gazetteer.sqlite"
NOT_PLACES = Path(__file__).parent / "not_places.txt"
Level = Literal["point", "city", "region", "country"]
DIGITS = 12  # of an id of GeoNames, at most
LONGEST = 120  # letters of a stated place that are looked at
KNOWN_PEOPLE = 150_000  # a town that is known by its name in the middle of a sentence
KNOWN_ALONE = 15_000  # a town that is known by a name of few letters: Albi, but not Tea
TELLING = 5  # letters
ALTERNATE_COUNTS = 0.35  # another name than its main one speaks less for a town
OWN_SHARE = 0.2  # of a region's people that live in the town it is called after: then it is meant
NEAR_KM = 60.0  # how far around a point a town gives it its name
REGION_KM = 160.0  # around the middle of a region without a GeoNames division

_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_SEGMENTS = re.compile(r"[,/|•·–—;()\[\]&+>➡→←⇄:\n]|\s-\s|\bet\b|\band\b|\bvia\b", re.IGNORECASE)
_ORIGIN = re.compile(r"\b(?:nee?|born|from|originaire|raised)\b")
_POST_CODE = re.compile(r"\b(?:\d{5}|0[1-9]|[1-8]\d|9[0-5]|2[ab]|97[1-6])\b", re.IGNORECASE)
_NUMBER = re.compile(r"\b\d[\da-z]*\b")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A town, region or country. `code` is a GeoNames id, an ISO 3166-2 or an ISO 3166-1 code.

    `lat` and `lon` are degrees, WGS 84: of a region or country the middle of its people.
    """

    code: str
    level: Level
    country: str
    lat: float
    lon: float
    name_fr: str
    name_en: str


@dataclass(frozen=True)
class _Candidate:
    place: Place
    admin: str
    people: int
    is_main: bool

    @property
    def weight(self) -> float:
        return self.people * (1.0 if self.is_main else ALTERNATE_COUNTS)

    def holds(self, town: _Candidate) -> bool:
        """Whether the town lies in this region or country."""
        if self.place.country != town.place.country:
            return False
        if self.place.level == "country":
            return True
        if self.admin:
            return self.admin == town.admin
        return _apart_km(self.place.lat, self.place.lon, town.place) < REGION_KM


_COLUMNS = "id, code, level, country, lat, lon, name_fr, name_en, admin, people"


class Gazetteer:
    """The places of a file that `build.write_gazetteer` wrote. For any thread."""

    def __init__(self, path: Path = FILE) -> None:
        self._file = sqlite3.connect(
            f"file:{path}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        self._turn = threading.Lock()
        self._never, self._alone = _words()
        # Of the authors of a session most share their places with others.
        self.find = lru_cache(50_000)(self._find)
        self._by_key = lru_cache(20_000)(self._look_up)

    def place(self, code: str) -> Place | None:
        """The place with that code."""
        is_town = code.isascii() and code.isdigit() and len(code) <= DIGITS
        key = "id" if is_town else "code <> '' AND code"
        found = self._rows(f"SELECT {_COLUMNS}, 1 FROM place WHERE {key} = ?", (code,))  # noqa: S608
        return found[0].place if found else None

    def places(self, codes: Iterable[str]) -> dict[str, Place]:
        """The places with these codes, those that there are."""
        return {code: place for code in codes if (place := self.place(code)) is not None}

    def nearest(self, lat: float, lon: float) -> Place | None:
        """The town that a point is named after: the largest, the nearer counting more."""
        tall = NEAR_KM / 111.0
        wide = tall / max(0.05, math.cos(math.radians(lat)))
        towns = self._rows(
            f"SELECT {_COLUMNS}, 1 FROM place WHERE level = 'city'"  # noqa: S608
            " AND lat BETWEEN ? AND ? AND lon BETWEEN ? AND ?",
            (lat - tall, lat + tall, lon - wide, lon + wide),
        )
        if not towns:
            return None

        def drawn(town: _Candidate) -> float:
            return town.people / (3.0 + _apart_km(lat, lon, town.place)) ** 2

        return max(towns, key=drawn).place

    def like(self, text: str, *, limit: int = 8) -> list[Place]:
        """Places whose names begin so, the largest first: to choose from while typing."""
        key = key_of(text[:LONGEST])
        if not key:
            return []
        found = self._rows(
            f"SELECT {_COLUMNS}, is_main FROM name JOIN place ON place.id = name.place"  # noqa: S608
            " WHERE key >= ? AND key < ? ORDER BY people DESC LIMIT 60",
            (key, key + "\U0010ffff"),
        )
        ranked = sorted(found, key=lambda candidate: -candidate.weight)
        return list({candidate.place.code: candidate.place for candidate in ranked}.values())[
            :limit
        ]

    def _find(self, text: str) -> Place | None:
        """What `find` gives: the place meant by a text, or None."""
        text = text[:LONGEST]
        flags = [_letters(flag) for flag in _FLAG.findall(text)]
        segments = [
            key for part in _SEGMENTS.split(_FLAG.sub(" , ", text)) if (key := key_of(part))
        ]
        areas = [area for flag in flags for area in self._country(flag)]
        by_segment = [self._areas(key, at, segments) for at, key in enumerate(segments)]
        is_coded = bool(_POST_CODE.search(text))
        for at, key in enumerate(segments):
            around = [*areas, *(a for n, some in enumerate(by_segment) if n != at for a in some)]
            found = self._town(key, around, by_segment[at], len(segments) == 1, is_coded)
            if found is not None:
                return found.place
        every = [*areas, *(area for some in by_segment for area in some)]
        inside = None if any(by_segment) else self._within(segments, every)
        if inside is not None:
            return inside.place
        coded = [_states_alone(key, some) for key, some in zip(segments, by_segment, strict=True)]
        return _narrowest([*areas, *(area for some in coded for area in some)])

    def _areas(self, key: str, at: int, segments: list[str]) -> list[_Candidate]:
        """The regions and countries of that name, the largest first."""
        found = [one for one in self._by_key(key) if one.place.level != "city" and one.is_main]
        if len(key) <= 2 and at == 0 and len(segments) > 1:
            return []  # "LA, CA": codes stand behind what they belong to
        if len(key) == 2 and not (at == 0 and key in self._never):
            found += self._country(key.upper())
        if len(key) <= 3 and len(segments) == 1 and any(o.place.level == "region" for o in found):
            found = [one for one in found if one.place.level == "country"]  # "IN", "OR", "ME"
        return sorted(found, key=lambda one: -one.people)

    def _country(self, code: str) -> list[_Candidate]:
        return list(
            self._rows(
                f"SELECT {_COLUMNS}, 1 FROM place"  # noqa: S608
                " WHERE code <> '' AND code = ? AND level = 'country'",
                (code,),
            )
        )

    def _town(
        self,
        key: str,
        around: list[_Candidate],
        own: list[_Candidate],
        is_alone: bool,
        is_coded: bool,
    ) -> _Candidate | None:
        """The town that a whole segment names, where the other segments agree."""
        key = _NUMBER.sub("", key).strip() or key
        if key in self._never and not (key in self._alone and (is_alone or around)):
            return None
        towns = [one for one in self._by_key(key) if one.place.level == "city"]
        if around:
            towns = [town for town in towns if any(area.holds(town) for area in around)]
        elif is_coded:
            towns = [town for town in towns if town.place.country == "FR"] or towns
        else:
            towns = [town for town in towns if len(key) >= TELLING or town.people >= KNOWN_ALONE]
        best = max(towns, key=lambda town: town.weight, default=None)
        if best is None or not own:
            return best
        # "New York, USA" is the town, "California, USA" is not a village in Maryland.
        named = [area for area in own if not around or any(_may_hold(o, area) for o in around)]
        if not named or (best.is_main and best.people >= OWN_SHARE * named[0].people):
            return best
        return None

    def _within(self, segments: list[str], areas: list[_Candidate]) -> _Candidate | None:
        """A place named inside a sentence: a well-known one, or any in a country that is named."""
        best: tuple[int, float, _Candidate] | None = None
        for key in segments:
            if len(segments) > 1 and _ORIGIN.search(key):
                continue
            for length, words in _runs(key):
                if words in self._never or (length == 1 and len(words) < 4):
                    continue
                for one in self._by_key(words):
                    if not self._is_known(one, length, areas):
                        continue
                    if best is None or (length, one.weight) > best[:2]:
                        best = (length, one.weight, one)
        return best[2] if best else None

    def _is_known(self, one: _Candidate, length: int, areas: list[_Candidate]) -> bool:
        if areas and not any(area.holds(one) for area in areas):
            return False
        if one.place.level == "city":
            return bool(areas) or one.weight >= KNOWN_PEOPLE
        return one.is_main and (length > 1 or len(one.place.name_en) > 4)

    def _look_up(self, key: str) -> tuple[_Candidate, ...]:
        return self._rows(
            f"SELECT {_COLUMNS}, is_main FROM name JOIN place ON place.id = name.place"  # noqa: S608
            " WHERE key = ? ORDER BY people DESC",
            (key,),
        )

    def _rows(self, sql: str, parameters: tuple[object, ...]) -> tuple[_Candidate, ...]:
        with self._turn:
            rows = self._file.execute(sql, parameters).fetchall()
        return tuple(map(_candidate, rows))


def _candidate(row: tuple[Any, ...]) -> _Candidate:
    number, code, level, country, lat, lon, name_fr, name_en, admin, people, is_main = row
    place = Place(
        code=code or str(number),
        level=level,
        country=country,
        lat=lat,
        lon=lon,
        name_fr=name_fr or name_en,
        name_en=name_en,
    )
    return _Candidate(place, admin, people, bool(is_main))


def _may_hold(area: _Candidate, inner: _Candidate) -> bool:
    return area.place.country == inner.place.country


def _states_alone(key: str, areas: list[_Candidate]) -> list[_Candidate]:
    """Of what two letters may mean the states and provinces, where there are any."""
    states = [area for area in areas if area.place.level == "region"]
    return states if len(key) == 2 and states else areas


def _narrowest(areas: list[_Candidate]) -> Place | None:
    """What is said most exactly: a region in a country that is named, else any region."""
    regions = [area for area in areas if area.place.level == "region"]
    countries = [area for area in areas if area.place.level == "country"]
    named = {country.place.country for country in countries}
    fitting = [region for region in regions if not named or region.place.country in named]
    chosen = fitting or countries or regions
    return chosen[0].place if chosen else None


def _runs(key: str) -> Iterator[tuple[int, str]]:
    """One to four words in a row, and how many they are."""
    words = key.split()
    for length in (4, 3, 2, 1):
        for at in range(len(words) - length + 1):
            yield length, " ".join(words[at : at + length])


def _letters(flag: str) -> str:
    return "".join(chr(ord(letter) - 0x1F1E6 + 65) for letter in flag)


def _apart_km(lat: float, lon: float, place: Place) -> float:
    """Kilometres between a point and a place, good enough below a thousand."""
    tall = (place.lat - lat) * 111.2
    wide = (place.lon - lon) * 111.2 * math.cos(math.radians((lat + place.lat) / 2))
    return math.hypot(tall, wide)


def _words() -> tuple[frozenset[str], frozenset[str]]:
    """Words that are no places, and those of them that are where they stand alone."""
    lines = NOT_PLACES.read_text(encoding="utf-8").splitlines()
    never: set[str] = set()
    alone: set[str] = set()
    for line in lines:
        if line.startswith("alone:"):
            alone |= set(line.removeprefix("alone:").split())
        elif not line.startswith("#"):
            never |= set(line.split()) | {line.strip()}
    return frozenset(never | alone), frozenset(alone)
