import re
import statistics
import unicodedata
from random import Random

from blueroom.networks.interface import Author
from blueroom.networks.rehearsal.people import Crowd, Person


def crowd_of(count: int) -> list[Person]:
    crowd = Crowd("7")
    return [crowd.person("fr", number) for number in range(count)]


def test_person_is_the_same_for_the_same_number_whoever_was_met_before() -> None:
    first, second = Crowd("7"), Crowd("7")
    second.person("en", 3)

    met = [first.person("fr", 12), second.person("fr", 12)]

    assert met[0] == met[1]
    assert met[0] != first.person("fr", 13)


def test_person_differs_by_seed() -> None:
    assert Crowd("7").person("fr", 12).author != Crowd("8").person("fr", 12).author


def test_authors_have_handles_that_a_network_would_take() -> None:
    authors = [person.author for person in crowd_of(2000)]

    assert len({author.id for author in authors}) == 2000
    assert len({author.handle for author in authors}) == 2000
    assert [a.handle for a in authors if not re.fullmatch(r"[a-z0-9._]{3,32}", a.handle)] == []


def test_followers_have_a_long_tail() -> None:
    known = sorted(
        person.author.followers
        for person in crowd_of(12_000)
        if person.author.followers is not None
    )

    assert 11_400 < len(known) < 11_800
    assert 140 < statistics.median(known) < 230
    assert 6_000 < known[int(len(known) * 0.99)] < 14_000
    assert known[-1] > 60_000


def test_names_are_at_times_right_to_left_very_long_or_rude() -> None:
    people = crowd_of(3000)

    rtl = sum(unicodedata.bidirectional(p.author.name[0]) in ("R", "AL") for p in people)
    long = sum(len(p.author.name) >= 40 for p in people)
    rude = sum(p.has_rude_name for p in people)

    assert {20 < count < 150 for count in (rtl, long, rude)} == {True}


def test_places_are_at_times_empty_or_nowhere() -> None:
    people = crowd_of(3000)

    empty = sum(p.author.place == "" for p in people)
    nowhere = sum(p.town is None and p.author.place != "" for p in people)

    assert 700 < empty < 1000
    assert 180 < nowhere < 400


def test_someone_is_anyone_but_some_speak_more_often() -> None:
    crowd, rng = Crowd("7"), Random(1)

    spoken: list[Author] = [crowd.someone("en", rng).author for _ in range(3000)]

    assert 2400 < len({author.id for author in spoken}) < 2900
