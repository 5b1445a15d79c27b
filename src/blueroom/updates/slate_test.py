from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from blueroom.updates.announcement import Announcement
from blueroom.updates.slate import Decided, Slate, Slates

MOMENT = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
NUMBER = int(MOMENT.timestamp() * 1000)
ON = Slate(is_on=True, since=MOMENT, number=NUMBER)


def test_what_is_decided_is_told_and_survives_the_process(tmp_path: Path) -> None:
    told: list[Announcement] = []
    file = tmp_path / "slates.json"
    slates = Slates(file, tell=told.append)

    assert slates.decide("askines", is_on=True, by="person:3", now=MOMENT) == ON
    assert [one.topic for one in told] == ["askines/slate"]
    assert told[0].at_once
    assert slates.keep("askines")

    again = Slates(file)
    assert again.state("askines/slate") == ON
    assert again.state("askines/wall") is None
    assert again.unwritten() == [Decided("askines", ON, "person:3")]


def test_the_later_decision_holds_when_the_clock_went_back() -> None:
    slates = Slates()
    slates.decide("askines", is_on=True, by="person:3", now=MOMENT)

    off = slates.decide("askines", is_on=False, by="person:3", now=MOMENT - timedelta(hours=1))

    assert off.number == NUMBER + 1
    assert not slates.of("askines").is_on


def test_another_host_learns_what_is_newer_only() -> None:
    here, there = Slates(), Slates()
    here.tell_by(there.hear)
    here.decide("askines", is_on=True, by="person:3", now=MOMENT)
    assert there.of("askines") == ON

    there.decide("askines", is_on=False, by="token:1", now=MOMENT + timedelta(seconds=2))
    late = Slates(tell=there.hear)
    late.decide("askines", is_on=True, by="person:3", now=MOMENT + timedelta(seconds=1))

    assert not there.of("askines").is_on


def test_it_holds_where_the_disk_takes_nothing(tmp_path: Path) -> None:
    slates = Slates(tmp_path / "not there" / "slates.json")

    slates.decide("askines", is_on=True, by="person:3", now=MOMENT)

    assert not slates.keep("askines")
    assert slates.of("askines").is_on


def test_a_broken_file_is_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "slates.json"
    file.write_bytes(b"{")

    slates = Slates(file)
    slates.decide("askines", is_on=True, by="person:3", now=MOMENT)

    assert slates.keep("askines")
    assert Slates(file).of("askines") == ON


def test_what_is_written_is_asked_for_no_more(tmp_path: Path) -> None:
    slates = Slates(tmp_path / "slates.json")
    slates.decide("askines", is_on=True, by="person:3", now=MOMENT)
    slates.decide("askines", is_on=False, by="person:3", now=MOMENT + timedelta(seconds=1))

    first, second = slates.unwritten()
    slates.written(first)

    assert slates.unwritten() == [second]
    assert not slates.wait(0)
