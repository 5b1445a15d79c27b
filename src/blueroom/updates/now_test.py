from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Callable, Iterator

import pytest

from blueroom.updates.conftest import House
from blueroom.updates.now import PATH, Now

OpenHouse = Callable[..., House]
Ask = Callable[..., tuple[http.client.HTTPResponse, bytes]]


@pytest.fixture
def house(open_house: OpenHouse) -> House:
    house = open_house()
    house.front._mounts[PATH] = Now(house.snapshot, house.authorize)
    return house


@pytest.fixture
def ask(house: House) -> Iterator[Ask]:
    connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=6)

    def ask(
        topic: str, method: str = "GET", **headers: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, f"/now/{topic}", headers=named)
        answer = connection.getresponse()
        return answer, answer.read()

    yield ask
    connection.close()


def test_state_is_read_once_for_all_and_may_be_kept_a_second(house: House, ask: Ask) -> None:
    house.values["show/phone"] = {"a": 1}

    answers = [ask("show/phone") for _ in range(50)]

    assert {answer.status for answer, _ in answers} == {200}
    assert {body for _, body in answers} == {b'{"values":{"a":1},"padding":""}'}
    first = answers[0][0]
    assert first.headers["Cache-Control"] == "public, max-age=1, stale-while-revalidate=3"
    assert first.headers["Snapshot-At"].endswith("Z")
    assert first.headers["Set-Cookie"] is None
    assert house.snapshots_taken <= 2  # a second may have passed


def test_state_that_is_known_is_not_sent_again(house: House, ask: Ask) -> None:
    house.values["show/phone"] = {"a": 1}

    first, _ = ask("show/phone")
    again, body = ask("show/phone", If_None_Match=first.headers["ETag"])
    head, nothing = ask("show/phone", "HEAD")

    assert (again.status, body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert again.headers["Snapshot-At"]
    assert (head.status, nothing, head.headers["Content-Length"]) == (
        200,
        b"",
        first.headers["Content-Length"],
    )


def test_large_states_are_packed_for_who_can_unpack(house: House, ask: Ask) -> None:
    house.padding = "x" * 5_000

    plain, body = ask("show/phone")
    packed, small = ask("show/phone", Accept_Encoding="gzip, br")

    assert (plain.headers["Content-Encoding"], packed.headers["Content-Encoding"]) == (None, "gzip")
    assert gzip.decompress(small) == body
    assert len(small) < 200
    assert packed.headers["Vary"] == "accept-encoding"


@pytest.mark.parametrize("topic", ["show/desk", "nowhere/phone", "gone/phone", "", "a/b/c", "%00"])
def test_only_public_states_are_there(ask: Ask, topic: str) -> None:
    answer, body = ask(topic)

    assert (answer.status, json.loads(body)["code"]) == (404, "unknown")
    assert answer.headers["Cache-Control"] == "no-store"


def test_states_are_read_and_not_written(ask: Ask) -> None:
    answer, _ = ask("show/phone", "POST")

    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
