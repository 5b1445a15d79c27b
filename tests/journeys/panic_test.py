"""The database is gone in the middle of the show: the slate comes all the same, on every screen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.journeys import crew
from tests.running import House, running_house
from tests.servers import running_postgres


@contextmanager
def following(house: House, path: str) -> Iterator[Iterator[dict[str, object]]]:
    """What a public stream says, message by message."""
    with (
        httpx.Client(base_url=house.url, timeout=20) as client,
        client.stream("GET", path) as stream,
    ):
        lines = stream.iter_lines()
        yield (json.loads(line[6:]) for line in lines if line.startswith('data: {"topic"'))


@pytest.mark.journey
def test_the_slate_comes_when_postgresql_has_stopped(tmp_path: Path) -> None:
    database = ExitStack()
    with (
        database,
        running_house(
            tmp_path / "room", BLUEROOM_DATABASE=database.enter_context(running_postgres())
        ) as house,
    ):
        with house.client() as client:
            slug = crew.plan(client)["slug"]
            way = client.post(f"/sessions/{slug}/panic-ticket").json()
        slate = f"/live/{slug}/slate"
        phone = f"/live/{slug}/phone?also={slug}/slate::"
        with following(house, slate) as wall, following(house, phone) as on_phone:
            assert next(wall)["state"]["is_on"] is False
            assert {next(on_phone)["topic"], next(on_phone)["topic"]} == {
                f"{slug}/phone",
                f"{slug}/slate",
            }
            database.close()

            for is_on in (True, False, True):
                pressed = httpx.post(
                    f"{house.url}/panic/{slug}",
                    json={"is_on": is_on},
                    headers={"Authorization": f"Bearer {way['ticket']}"},
                )
                assert pressed.json()["is_on"] is is_on
                assert pressed.json()["is_kept"]
                for screen in (wall, on_phone):
                    (change,) = next(screen)["changes"]
                    assert change["slate"]["is_on"] is is_on
            with following(house, slate) as later:
                assert next(later)["state"]["is_on"] is True
        kept = json.loads((tmp_path / "room/slates.json").read_bytes())
        assert kept["slates"][slug]["is_on"] is True
        assert [one["slate"]["is_on"] for one in kept["unwritten"]] == [True, False, True]
