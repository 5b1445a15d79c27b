"""Pages, listener and work as three processes over PostgreSQL and Redis: the same room."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.running import COMMAND, House, running_house
from tests.servers import running_postgres, running_redis


@contextmanager
def running_part(house: House, word: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [*COMMAND, word, "--data", str(house.data)],
        env=house.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        assert process.wait(20) == 0


def changes(house: House, token: str, slug: str, told: list[dict[str, object]]) -> None:
    """Follow the desk's stream, and keep what it says."""
    address = f"{house.url}/live/{slug}/desk"
    with (
        httpx.Client(timeout=60) as client,
        client.stream("GET", address, headers={"Authorization": f"Bearer {token}"}) as stream,
    ):
        for line in stream.iter_lines():
            if line.startswith("data: {") and '"changes"' in line:
                told.extend(json.loads(line[6:])["changes"])
            if "bye" in line:
                return


@pytest.mark.journey
def test_three_processes_are_one_room(tmp_path: Path) -> None:
    with ExitStack() as stack:
        house = stack.enter_context(
            running_house(
                tmp_path / "room",
                word="serve",
                BLUEROOM_DATABASE=stack.enter_context(running_postgres()),
                BLUEROOM_REDIS=stack.enter_context(running_redis(tmp_path)),
            )
        )
        stack.enter_context(running_part(house, "listen"))
        stack.enter_context(running_part(house, "work"))
        slug = house.tool("rehearse", "--rate", "600").rstrip("/").rpartition("/")[2]
        token = house.tool("token")
        told: list[dict[str, object]] = []
        follower = threading.Thread(target=changes, args=(house, token, slug, told), daemon=True)
        follower.start()
        with house.client() as client:
            deadline = time.monotonic() + 30
            while not (items := client.get(f"/sessions/{slug}/questions").json()["items"]):
                assert time.monotonic() < deadline
                time.sleep(0.2)
            question = f"/questions/{items[0]['id']}"
            for step in ("approve", "air"):
                assert client.post(f"{question}/{step}").status_code == 200
            client.post(f"{question}/answer", json={"text": "La nuit."})
            reply = client.post(f"{question}/reply")
            while len({change["kind"] for change in told} & {"question", "counts"}) < 2:
                assert time.monotonic() < deadline, told
                time.sleep(0.1)

        arrived = [
            change["row"]["id"]
            for change in told
            if change["kind"] == "question" and change["row"]["state"] == "waiting"
        ]
        answered = [
            change["row"]["id"]
            for change in told
            if change["kind"] == "question" and change["row"]["state"] == "answered"
        ]
        assert reply.json()["state"] == "sent"
        assert len(arrived) >= 3  # told by the listener, in another process
        assert items[0]["id"] in answered
