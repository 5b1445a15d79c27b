from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from blueroom.base import clock
from blueroom.updates import ticket as tickets
from blueroom.updates.conftest import House
from blueroom.updates.panic import Panic
from blueroom.updates.slate import Slates

SECRET = b"a secret of this test"


def ticket(slug: str = "s", *, now: datetime | None = None) -> str:
    at = now or clock.now()
    return tickets.sign(secret=SECRET, subject="person:3", topic=f"{slug}/panic", now=at)


def press(house: House, words: str, body: Any = None, path: str = "/panic/s") -> tuple[int, Any]:
    content = json.dumps({"is_on": True} if body is None else body)
    headers = {"Authorization": f"Bearer {words}"}
    status, _, answer = house.request("POST", path, body=content, headers=headers)
    return status, json.loads(answer)


@pytest.fixture
def slates(tmp_path: Path) -> Slates:
    return Slates(tmp_path / "slates.json")


@pytest.fixture
def house_with(
    open_house: Callable[..., House], slates: Slates
) -> Callable[[Callable[..., set[tuple[str, str]]]], House]:
    """A house with a panic button, by what it says of lost rights."""

    def make(lost: Callable[..., set[tuple[str, str]]]) -> House:
        panic = Panic(slates, secret=SECRET, lost=lost)
        house = open_house(mounts={"/panic/": panic}, at_hand=slates.state)
        slates.tell_by(house.hub.take)
        return house

    return make


def test_the_slate_reaches_who_follows_and_who_comes_later(house_with: Any) -> None:
    house = house_with(lambda _pairs: set())
    follower = house.follow("/live/s/slate")
    assert follower.next().data["state"] == {"is_on": False, "since": None, "number": 0}

    status, told = press(house, ticket())

    assert (status, told["is_on"], told["is_kept"]) == (200, True, True)
    (change,) = follower.next().data["changes"]
    assert change["slate"] == {name: told[name] for name in ("is_on", "since", "number")}
    later = house.follow("/live/s/slate")
    opened = later.next().data["state"]  # may be shared with who came a moment before
    assert opened["is_on"] or later.next().data["changes"][0]["slate"]["is_on"]
    assert not house.follow("/live/other/slate").next().data["state"]["is_on"]


def test_it_needs_no_database(house_with: Any) -> None:
    """The check of rights hangs, snapshots of all other screens hang: the slate comes."""
    hangs = threading.Event()

    def lost(pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
        hangs.wait(20)
        return set()

    house = house_with(lost)
    house.snapshot_s = 20.0
    stuck = [threading.Thread(target=house.follow, args=(f"/live/s{n}/phone",)) for n in range(6)]
    for thread in stuck:
        thread.daemon = True
        thread.start()
    follower = house.follow("/live/s/slate")
    assert follower.next().name == "snapshot"

    began = clock.now()
    assert press(house, ticket())[0] == 200
    assert follower.next().data["changes"][0]["slate"]["is_on"]
    assert clock.now() - began < timedelta(seconds=5)
    hangs.set()
    house.snapshot_s = 0.0


def test_whoever_lost_the_right_covers_nothing(house_with: Any, slates: Slates) -> None:
    house = house_with(lambda pairs: pairs)

    status, told = press(house, ticket())

    assert (status, told["code"]) == (403, "forbidden")
    assert not slates.of("s").is_on


def test_the_ticket_must_be_good_and_of_this_session(house_with: Any, slates: Slates) -> None:
    house = house_with(lambda _pairs: set())
    old = ticket(now=datetime(2020, 1, 1, tzinfo=UTC))

    assert press(house, "nonsense")[1]["code"] == "bad_ticket"
    assert press(house, ticket("other"))[1]["code"] == "bad_ticket"
    assert press(house, old)[1]["code"] == "ticket_expired"
    assert house.request("POST", "/panic/s", body="{}")[0] == 403
    assert not slates.of("s").is_on


def test_what_is_unclear_covers_nothing(house_with: Any, slates: Slates) -> None:
    house = house_with(lambda _pairs: set())
    headers = {"Authorization": f"Bearer {ticket()}"}

    assert press(house, ticket(), {"is_on": "yes"})[0] == 400
    assert press(house, ticket(), ["x" * 5000])[0] == 400
    assert house.request("GET", "/panic/s", headers=headers)[0] == 400
    assert press(house, ticket(), path="/panic/s/t")[0] == 400
    assert not slates.of("s").is_on
