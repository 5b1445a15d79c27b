"""Where a post is shown: by its own point, else by what its author states."""

from __future__ import annotations

import re
from dataclasses import dataclass

from blueroom.places.blur import cell_of
from blueroom.places.gazetteer import Gazetteer, Level, Place

_COORDINATES = re.compile(r"(-?\d{1,2}\.\d{2,})\s*[,; ]\s*(-?\d{1,3}\.\d{2,})")


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A place on the map, blurred as `blur` says; `code` is the place's, "" for open country."""

    x: int
    y: int
    level: Level
    code: str


def spot_of_point(gazetteer: Gazetteer, lat: float, lon: float) -> Spot:
    """The spot of a post that carries its own point."""
    town = gazetteer.nearest(lat, lon)
    x, y = cell_of(lat, lon)
    return Spot(x=x, y=y, level="point", code=town.code if town else "")


def spot_of_place(place: Place) -> Spot:
    """The spot of a town, a region or a country."""
    x, y = cell_of(place.lat, place.lon)
    return Spot(x=x, y=y, level=place.level, code=place.code)


def spot_of_text(gazetteer: Gazetteer, text: str) -> Spot | None:
    """The spot of what an author states, where that names a place."""
    written = _COORDINATES.search(text)
    if written and abs(lat := float(written[1])) <= 90 and abs(lon := float(written[2])) <= 180:
        return spot_of_point(gazetteer, lat, lon)
    place = gazetteer.find(text)
    return spot_of_place(place) if place else None
