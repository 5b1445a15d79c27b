from __future__ import annotations

from pathlib import Path

import pytest

from blueroom.places.build import Country, State, Town, write_gazetteer
from blueroom.places.gazetteer import Gazetteer


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    """The list of places as the set-up wrote it."""
    return Gazetteer()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Lyon 🇫🇷", ("Lyon", "FR", "city")),
        ("75011 Paris", ("Paris", "FR", "city")),
        ("Born in Lagos, living in London", ("Londres", "GB", "city")),
        ("London, Ontario", ("London", "CA", "city")),
        ("Saint-Denis (93)", ("Saint-Denis", "FR", "city")),
        ("St Denis, Réunion", ("Saint-Denis", "RE", "city")),
        ("NYC", ("New York", "US", "city")),
        ("New York, USA", ("New York", "US", "city")),
        ("Nice", ("Nice", "FR", "city")),
        ("Reading, UK", ("Reading", "GB", "city")),
        ("Genève, Suisse", ("Genève", "CH", "city")),
        ("Plouha", ("Plouha", "FR", "city")),
        ("California, USA", ("California", "US", "region")),
        ("quelque part en Bretagne", ("Bretagne", "FR", "region")),
        ("White County, IN", ("Indiana", "US", "region")),
        ("🇧🇪", ("Belgique", "BE", "country")),
        ("États-Unis", ("États-Unis", "US", "country")),
    ],
)
def test_find_gives_the_place_that_is_meant(
    gazetteer: Gazetteer, written: str, meant: tuple[str, str, str]
) -> None:
    place = gazetteer.find(written)

    assert place is not None
    assert (place.name_fr, place.country, place.level) == meant


@pytest.mark.parametrize(
    "written",
    ["", "🌍", "dans tes rêves", "she/her | tea", "Nice people only", "Hell", "2 rue de la paix"],
)
def test_find_leaves_what_is_no_place(gazetteer: Gazetteer, written: str) -> None:
    assert gazetteer.find(written) is None


def test_nearest_names_a_point_after_the_town_that_it_belongs_to(gazetteer: Gazetteer) -> None:
    montreuil, at_sea = gazetteer.nearest(48.863, 2.443), gazetteer.nearest(45.0, -30.0)

    assert (montreuil and montreuil.name_fr, at_sea) == ("Paris", None)


def test_like_proposes_the_largest_first(gazetteer: Gazetteer) -> None:
    assert [place.name_fr for place in gazetteer.like("marseil")][:1] == ["Marseille"]
    assert gazetteer.like("%") == []


def test_place_is_found_by_its_code_however_wrong(gazetteer: Gazetteer) -> None:
    lyon = gazetteer.find("Lyon")

    assert lyon is not None
    assert gazetteer.places([lyon.code, "FR-BRE", "-1", "", "nowhere", "9" * 40]) == {
        lyon.code: lyon,
        "FR-BRE": gazetteer.find("Bretagne"),
    }


def test_write_gazetteer_takes_the_middle_of_a_countrys_people(tmp_path: Path) -> None:
    path = tmp_path / "places.sqlite"
    towns = [
        Town(id=1, name="Grande", country="FR", admin="11", lat=40, lon=0, people=30_000),
        Town(id=2, name="Petite", country="FR", admin="11", lat=44, lon=4, people=10_000),
    ]
    for version in (1, 2):  # written over what is there
        write_gazetteer(
            path,
            version=version,
            towns=towns,
            countries=[Country(code="FR", name_fr="France", name_en="France")],
            states=[State(code="TX", name="Texas")],
        )

    gazetteer = Gazetteer(path)
    france, idf = gazetteer.place("FR"), gazetteer.place("FR-IDF")

    assert france is not None
    assert (france.lat, france.lon, france.level) == (41.0, 1.0, "country")
    assert (idf and idf.level, gazetteer.place("US-TX")) == ("region", None)
