from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from blueroom.updates import local
from blueroom.updates.conftest import House, Told
from blueroom.updates.local import AlreadyServed, LocalDoor, LocalSender

OpenHouse = Callable[..., House]

ANNOUNCE_ELSEWHERE = """
import sys
from pathlib import Path
import msgspec
from blueroom.updates.local import LocalSender

class Told(msgspec.Struct, frozen=True, tag_field="kind", tag="told"):
    id: int
    value: int

sender = LocalSender(Path(sys.argv[1]))
sender.announce("show/phone", [Told(1, 1)])
sender.announce("show/phone", [Told(2, 2), Told(3, 3)], at_once=True)
"""


def test_change_announced_in_another_process_is_told(open_house: OpenHouse, tmp_path: Path) -> None:
    client = open_house(doors=[LocalDoor(tmp_path)]).follow("/live/show/phone")
    client.next()

    subprocess.run([sys.executable, "-c", ANNOUNCE_ELSEWHERE, str(tmp_path)], check=True)

    events = [client.next(), client.next()]
    told = [change for event in events if event for change in event.data["changes"]]
    assert told == [{"kind": "told", "id": number, "value": number} for number in (1, 2, 3)]


def test_data_directory_with_a_long_name_works_too(open_house: OpenHouse, tmp_path: Path) -> None:
    data_dir = tmp_path / ("long" * 30)
    data_dir.mkdir()
    client = open_house(doors=[LocalDoor(data_dir)]).follow("/live/show/phone")
    client.next()

    sender = LocalSender(data_dir)
    sender.announce("show/phone", [Told(1, 7)])

    event = client.next()
    assert event is not None
    assert event.data["changes"][0]["value"] == 7
    sender.close()


def test_announcement_too_large_to_send_becomes_a_snapshot(
    open_house: OpenHouse, tmp_path: Path
) -> None:
    house = open_house(doors=[LocalDoor(tmp_path)])
    client = house.follow("/live/show/phone")
    client.next()
    house.values["show/phone"] = {"1": 7}

    sender = LocalSender(tmp_path)
    sender.announce("show/phone", [Told(1, 7, "x" * 150_000)])

    event = client.next()
    assert event is not None
    assert (event.name, event.data["state"]["values"]) == ("snapshot", {"1": 7})
    sender.close()


def test_announcement_that_did_not_get_through_becomes_a_snapshot_later(
    open_house: OpenHouse, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(tmp_path / local.SOCKET_NAME))
        sender = LocalSender(tmp_path)
        began_s = time.monotonic()
        while not sender._owed:
            sender.announce("show/phone", [Told(1, 1)])
            assert time.monotonic() - began_s < 5
        assert time.monotonic() - began_s < 1
    house = open_house(doors=[LocalDoor(tmp_path)])
    client = house.follow("/live/show/phone")
    client.next()

    event = client.next()

    assert event is not None
    assert event.name == "snapshot"
    sender.close()


def test_announcing_where_nobody_serves_is_harmless(tmp_path: Path) -> None:
    sender = LocalSender(tmp_path)
    sender.announce("show/phone", [Told(1, 1)])
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as killed:
        killed.bind(str(tmp_path / local.SOCKET_NAME))
    sender.announce("show/phone", [Told(1, 1)])

    assert not sender._owed
    sender.close()


def test_door_takes_the_place_of_a_killed_one_and_of_no_living_one(
    open_house: OpenHouse, tmp_path: Path
) -> None:
    path = tmp_path / local.SOCKET_NAME
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as killed:
        killed.bind(str(path))

    open_house(doors=[LocalDoor(tmp_path)])

    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(AlreadyServed):
        local._clear(str(path))


def test_rubbish_at_the_door_is_logged_and_left(
    open_house: OpenHouse, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = open_house(doors=[LocalDoor(tmp_path)]).follow("/live/show/phone")
    client.next()
    path = str(tmp_path / local.SOCKET_NAME)

    sender = LocalSender(tmp_path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
        for rubbish in (b"", b"\xff\0", b"[]", b'{"topic":7}', b"x" * 200_000):
            stranger.sendto(rubbish, path)
    sender.announce("show/phone", [Told(1, 7)])

    event = client.next()
    assert event is not None
    assert event.data["changes"][0]["value"] == 7
    assert caplog.text.count("an announcement could not be read") == 5
    sender.close()
