from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from blueroom.base import clock
from blueroom.updates.conftest import Following, House, Told
from blueroom.updates.slate import Slates

pytest.importorskip("redis", reason="the extra `redis` is not installed")

from blueroom.updates.redis_line import RedisLine

OpenHouse = Callable[..., House]

REDIS = shutil.which("redis-server")

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(REDIS is None, reason="redis-server is not installed"),
]


class Redis:
    """A Redis server of the test's own, which can be ended and started again."""

    def __init__(self, directory: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        self._directory = directory
        self.start()

    def start(self) -> None:
        command = [REDIS or "", "--bind", "127.0.0.1", "--port", str(self.port), "--save", ""]
        self._process = subprocess.Popen(
            command, cwd=self._directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end_s = time.monotonic() + 5
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
            except ConnectionRefusedError:
                assert time.monotonic() < end_s
                time.sleep(0.02)
            else:
                return

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(5)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    server = Redis(tmp_path)
    yield server
    server.end()


def next_values(client: Following) -> dict[str, int]:
    """The values of the next changes, or of the next snapshot."""
    event = client.next()
    assert event is not None
    if event.name == "snapshot":
        return dict(event.data["state"]["values"])
    return {str(change["id"]): change["value"] for change in event.data["changes"]}


def test_change_announced_on_one_host_is_told_on_all(open_house: OpenHouse, redis: Redis) -> None:
    lines = [RedisLine(redis.url) for _ in range(2)]
    clients = [open_house(doors=[line]).follow("/live/show/phone") for line in lines]
    for client in clients:
        client.next()
    time.sleep(0.3)  # The first subscription declares every topic stale, once.

    lines[0].announce("show/phone", [Told(1, 7)], at_once=True)

    for client in clients:
        while (values := next_values(client)) != {"1": 7}:
            assert values == {}


def test_what_redis_lost_while_it_was_away_comes_as_a_snapshot(
    open_house: OpenHouse, redis: Redis
) -> None:
    line = RedisLine(redis.url)
    house = open_house(doors=[line])
    client = house.follow("/live/show/phone")
    client.next()
    redis.end()
    house.values["show/phone"] = {"1": 7}
    line.announce("show/phone", [Told(1, 7)])

    redis.start()

    while (values := next_values(client)) != {"1": 7}:
        assert values == {}


def test_what_redis_said_while_a_host_was_cut_off_comes_as_a_snapshot(
    open_house: OpenHouse, redis: Redis
) -> None:
    house = open_house(doors=[RedisLine(redis.url)])
    client = house.follow("/live/show/phone")
    client.next()
    time.sleep(0.5)
    with socket.create_connection(("127.0.0.1", redis.port)) as operator:
        operator.sendall(b"CLIENT KILL TYPE pubsub\r\n")
        assert operator.recv(100) == b":1\r\n"
    house.values["show/phone"] = {"1": 7}

    while (values := next_values(client)) != {"1": 7}:
        assert values == {}


def test_slate_put_on_while_redis_was_away_reaches_a_host_that_opens_later(
    open_house: OpenHouse, redis: Redis
) -> None:
    here, line = Slates(), RedisLine(redis.url)
    here.tell_by(lambda _announcement: None, line.keep)
    redis.end()
    here.decide("show", is_on=True, by="person:1", now=clock.now())
    here.keep("show")
    redis.start()

    later = Slates()
    open_house(doors=[RedisLine(redis.url)], at_hand=later.state, hear=later.hear)

    end_s = time.monotonic() + 8
    while not later.of("show").is_on:
        assert time.monotonic() < end_s
        time.sleep(0.02)
