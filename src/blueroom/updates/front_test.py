from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from blueroom.updates import front as front_module
from blueroom.updates.conftest import House
from blueroom.updates.front import Pages

OpenHouse = Callable[..., House]


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answers with what it was given, as JSON."""
    read = environ["wsgi.input"].read()
    seen = {
        name: value
        for name, value in environ.items()
        if name.startswith("HTTP_X") or name in ("QUERY_STRING", "PATH_INFO", "CONTENT_LENGTH")
    }
    body = json.dumps({**seen, "read_bytes": len(read)}).encode()
    start_response("200 OK", [("Content-Type", "application/json")])
    return [body]


def raw(house: House, request: bytes, *, then: bytes = b"") -> bytes:
    with socket.create_connection(("127.0.0.1", house.port), timeout=6) as client:
        client.sendall(request)
        if then:
            client.sendall(then)
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    return answer


def test_page_gets_its_path_and_query(open_house: OpenHouse) -> None:
    house = open_house(echo)

    status, _, body = house.request("GET", "/s/%C3%A9t%C3%A9/?q=%C3%A9&p=%20")

    assert status == 200
    assert json.loads(body) == {
        "PATH_INFO": "/s/été/".encode().decode("latin-1"),  # as WSGI has it
        "QUERY_STRING": "q=%C3%A9&p=%20",
        "read_bytes": 0,
    }


def test_address_beyond_ascii_is_refused(open_house: OpenHouse) -> None:
    house = open_house(echo)

    for address in ("/é", "/?q=é"):
        answer = raw(house, f"GET {address} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("size", [1_000, 300_000, 5_000_000])
def test_page_gets_large_and_chunked_bodies_whole(open_house: OpenHouse, size: int) -> None:
    house = open_house(echo)
    pieces = [b"x" * 1000 for _ in range(size // 1000)]

    whole: dict[str, Any] = {"body": b"".join(pieces)}
    chunked: dict[str, Any] = {"body": iter(pieces), "encode_chunked": True}
    for sent in (whole, chunked):
        status, _, answer = house.request("POST", "/", **sent)
        assert status == 200
        assert json.loads(answer) == {
            "CONTENT_LENGTH": str(size),
            "PATH_INFO": "/",
            "QUERY_STRING": "",
            "read_bytes": size,
        }


def test_header_with_an_underscore_does_not_pass_for_another(open_house: OpenHouse) -> None:
    house = open_house(echo)

    _, _, body = house.request(
        "GET", "/", headers={"X-Real": "1", "X_Forwarded_For": "6.6.6.6", "x_real": "2"}
    )

    seen = json.loads(body)
    assert {name: seen[name] for name in seen if name.startswith("HTTP")} == {"HTTP_X_REAL": "1"}


@pytest.mark.parametrize("chunked", [False, True])
def test_body_too_large_is_refused_with_code_and_sentence(
    open_house: OpenHouse, chunked: bool
) -> None:
    called: list[object] = []

    def page(environ: Any, start_response: Any) -> list[bytes]:
        called.append(environ)
        return echo(environ, start_response)

    house = open_house(page, pages=Pages(body_limit_bytes=1_000_000))
    pieces = [b"x" * 100_000 for _ in range(30)]

    if chunked:
        status, headers, body = house.request("POST", "/", body=iter(pieces), encode_chunked=True)
    else:
        status, headers, body = house.request("POST", "/", body=b"".join(pieces))

    assert (status, headers["connection"]) == (413, "close")
    assert json.loads(body) == {"code": "too_large", "message": "This is too large."}
    assert called == []


def test_body_declared_too_large_is_refused_before_it_is_sent(open_house: OpenHouse) -> None:
    house = open_house(echo)

    with socket.create_connection(("127.0.0.1", house.port), timeout=6) as client:
        client.sendall(
            b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n"
            b"expect: 100-continue\r\n\r\n"
        )
        assert client.recv(65536).startswith(b"HTTP/1.1 413")


def test_body_that_does_not_come_is_refused_in_time(open_house: OpenHouse) -> None:
    house = open_house(echo, pages=Pages(body_within_s=0.3))

    answer = raw(
        house,
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\nconnection: close\r\n\r\nhalf",
    )

    assert answer.startswith(b"HTTP/1.1 408")
    assert b'{"code":"too_slow"' in answer


def test_request_that_broke_off_never_reaches_the_page(open_house: OpenHouse) -> None:
    bodies: list[bytes] = []

    def page(environ: Any, start_response: Any) -> list[bytes]:
        bodies.append(environ["wsgi.input"].read())
        start_response("200 OK", [])
        return [b"ok"]

    house = open_house(page)
    with socket.create_connection(("127.0.0.1", house.port)) as client:
        client.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf")
        time.sleep(0.1)
    house.request("POST", "/", body=b"whole")

    assert bodies == [b"whole"]


def test_slow_bodies_and_slow_readers_keep_no_thread_from_others(open_house: OpenHouse) -> None:
    def page(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"x" * 65536] * 100 if environ["PATH_INFO"] == "/large" else [b"ok"]

    house = open_house(page, pages=Pages(threads=2))
    slow = []
    for _ in range(10):
        uploading = socket.create_connection(("127.0.0.1", house.port))
        uploading.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf")
        reading = socket.socket()
        reading.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reading.connect(("127.0.0.1", house.port))
        reading.sendall(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n")
        slow += [uploading, reading]
    time.sleep(0.3)

    began_s = time.monotonic()
    status, _, body = house.request("GET", "/")

    assert (status, body) == (200, b"ok")
    assert time.monotonic() - began_s < 1
    for client in slow:
        client.close()


def test_reader_that_takes_nothing_is_given_up_and_its_thread_is_free(
    open_house: OpenHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front_module, "ANSWER_PAUSE_S", 0.3)
    ended = threading.Event()

    def page(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        try:
            for _ in range(2000):
                yield b"x" * 65536
        finally:
            ended.set()

    house = open_house(page)
    with socket.socket() as reading:
        reading.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reading.connect(("127.0.0.1", house.port))
        reading.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")

        assert ended.wait(5)


def test_request_above_what_may_wait_is_told_to_come_later(open_house: OpenHouse) -> None:
    release = threading.Event()

    def page(environ: Any, start_response: Any) -> list[bytes]:
        release.wait(5)
        start_response("200 OK", [])
        return [b"ok"]

    house = open_house(page, pages=Pages(threads=1, waiting=2))
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(house.request("GET", "/")[0]))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    while len(statuses) < 2:
        time.sleep(0.01)
    release.set()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200, 200, 200, 503, 503]


def test_page_that_fails_is_a_500_and_the_next_one_is_served(open_house: OpenHouse) -> None:
    def page(environ: Any, start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/bad":
            raise RuntimeError("no")
        start_response("200 OK", [])
        return [b"ok"]

    house = open_house(page)

    assert house.request("GET", "/bad")[0] == 500
    assert house.request("GET", "/")[0] == 200


def test_log_of_requests_holds_nothing_secret(
    open_house: OpenHouse, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "blueroom.access")
    house = open_house()

    house.request("GET", "/w/KmJ2c3VwZXJzZWNyZXR0b2tlbg/ticket?key=hidden")
    house.request("GET", "/a%0Aforged")
    house.follow("/live/show/phone?ticket=hidden").next()

    messages = [
        record.getMessage() for record in caplog.records if record.name == "blueroom.access"
    ]
    assert messages == [
        "127.0.0.1 GET /w/KmJ2~/ticket 200",
        "127.0.0.1 GET /a%0Aforged 200",
        "127.0.0.1 GET /live/show/phone stream",
    ]
    assert "hidden" not in caplog.text
