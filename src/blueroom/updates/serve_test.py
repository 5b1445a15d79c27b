from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from blueroom.updates import serve as serve_module
from blueroom.updates.conftest import Following, House
from blueroom.updates.front import Pages
from blueroom.updates.serve import AddressTaken, listen

pytestmark = pytest.mark.alone

SERVED = """
import asyncio
import time
from blueroom.updates.asgi import send_json
from blueroom.updates.conftest import State
from blueroom.updates.front import Front
from blueroom.updates.hub import Hub
from blueroom.updates.live import PUBLIC, Grant, Live
from blueroom.updates.serve import listen, serve

def page(environ, start_response):
    if environ["PATH_INFO"] == "/stuck":
        time.sleep(60)
    start_response("200 OK", [])
    if environ["PATH_INFO"] == "/endless":
        return iter(lambda: b"x" * 65536, b"")
    return [b"x" * 9_000_000 if environ["PATH_INFO"] == "/large" else b"ok"]

hub = Hub(lambda topic: State({}, "x" * 9_000_000 if topic == "show/large" else ""))
live = Live(
    hub,
    authorize=lambda topic, ticket, headers: Grant(PUBLIC, topic),
    still_allowed=lambda grants: set(),
)
news = asyncio.Event()

async def wait(scope, receive, send):
    await news.wait()
    await send_json(send, 503, b"{}")

front = Front(live, page, mounts={"/wait/": wait}, let_go=news.set)
sock = listen("127.0.0.1", 0)
serve(front, sock, on_ready=lambda: print(sock.getsockname()[1], flush=True))
print("end", flush=True)
"""

HALF = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf"


@pytest.fixture
def served() -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    process = subprocess.Popen([sys.executable, "-c", SERVED], stdout=subprocess.PIPE)
    assert process.stdout is not None
    port = int(process.stdout.readline())
    yield process, port
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.parametrize(
    ("sent", "stuck", "within_s"),
    [
        (signal.SIGTERM, b"GET /live/show/large HTTP/1.1\r\nhost: x\r\n\r\n", 2.5),
        (signal.SIGINT, b"GET /live/show/large HTTP/1.1\r\nhost: x\r\n\r\n", 2.5),
        (signal.SIGTERM, b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n", 5),
        (signal.SIGTERM, b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n", 5),
        (signal.SIGTERM, b"GET /stuck HTTP/1.1\r\nhost: x\r\n\r\n", 5),
        (signal.SIGTERM, HALF, 5),
    ],
)
def test_signal_ends_200_open_streams_and_stuck_clients_in_time_with_status_0(
    served: tuple[subprocess.Popen[bytes], int],
    sent: signal.Signals,
    stuck: bytes,
    within_s: float,
) -> None:
    process, port = served
    clients = [Following(port, "/live/show/phone", {}) for _ in range(200)]
    for client in clients:
        client.next()
    readers = [socket.socket() for _ in range(12)]  # more than there are threads
    for reader in readers:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", port))
        reader.sendall(stuck)
    time.sleep(0.3)

    began_s = time.monotonic()
    process.send_signal(sent)
    byes = [client.rest() for client in clients]

    assert process.wait(6) == 0
    assert time.monotonic() - began_s < within_s
    assert [[(event.name, event.data) for event in events] for events in byes] == [
        [("bye", {"reason": "shutdown"})]
    ] * 200
    assert process.stdout is not None
    assert process.stdout.read() == b"end\n"
    for client in clients:
        client.close()
    for reader in readers:
        reader.close()


def test_server_ends_while_more_readers_are_stuck_than_there_are_threads(
    open_house: Callable[..., House],
) -> None:
    def page(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"x" * 65536] * 400

    house = open_house(page, pages=Pages(threads=2))
    readers = [socket.socket() for _ in range(10)]
    for reader in readers:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", house.port))
        reader.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    time.sleep(0.3)

    # The loop fails to close over a connection that is left, and the thread with it.
    house.close()

    for reader in readers:
        reader.close()


def test_signal_ends_an_idle_server_quickly(
    served: tuple[subprocess.Popen[bytes], int],
) -> None:
    process, _ = served
    began_s = time.monotonic()

    process.send_signal(signal.SIGTERM)

    assert process.wait(6) == 0
    assert time.monotonic() - began_s < 2


def test_who_waits_is_answered_when_the_server_stops(
    served: tuple[subprocess.Popen[bytes], int],
) -> None:
    process, port = served
    with socket.create_connection(("127.0.0.1", port), timeout=6) as player:
        player.sendall(b"GET /wait/ HTTP/1.1\r\nhost: x\r\n\r\n")
        assert httpx.get(f"http://127.0.0.1:{port}/").text == "ok"  # so it was taken before

        process.send_signal(signal.SIGTERM)

        assert player.recv(100).startswith(b"HTTP/1.1 503")
    assert process.wait(6) == 0


def test_taken_address_is_said_in_words() -> None:
    with listen("127.0.0.1", 0) as sock:
        port = sock.getsockname()[1]
        with pytest.raises(AddressTaken) as refused:
            listen("127.0.0.1", port)

    assert refused.value.details == {"host": "127.0.0.1", "port": port}
    assert f"port {port}" in refused.value.message


def test_connection_that_asks_for_nothing_is_closed(
    open_house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve_module, "SILENT_AT_MOST_S", 1)
    house = open_house()
    stream = house.follow("/live/show/phone")
    stream.next()

    with socket.create_connection(("127.0.0.1", house.port), timeout=6) as silent:
        silent.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nunfinished: ")
        assert silent.recv(10) == b""
    house.set("show/phone", 1, 1)
    event = stream.next()

    assert event is not None
    assert event.name == "changes"


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux alone has it")
def test_kernel_drops_a_client_that_takes_nothing(
    open_house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve_module, "UNREAD_AT_MOST_S", 1)
    house = open_house()
    house.padding = "x" * 3_000_000
    stuck = socket.socket()
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stuck.connect(("127.0.0.1", house.port))
    stuck.sendall(b"GET /live/show/phone HTTP/1.1\r\nhost: x\r\n\r\n")
    end_s = time.monotonic() + 3
    while not house.hub.streams:
        assert time.monotonic() < end_s

    end_s = time.monotonic() + 10
    while house.hub.streams:
        time.sleep(0.05)
        assert time.monotonic() < end_s
    stuck.close()


@pytest.mark.parametrize(
    ("trusted", "seen"), [("", "127.0.0.1"), ("127.0.0.1", "6.6.6.6"), ("10.0.0.1", "127.0.0.1")]
)
def test_proxy_is_believed_only_when_it_is_trusted(
    open_house: Callable[..., House], trusted: str, seen: str
) -> None:
    def page(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [environ["REMOTE_ADDR"].encode()]

    house = open_house(page, trusted_proxies=trusted)

    _, _, body = house.request("GET", "/", headers={"X-Forwarded-For": "6.6.6.6"})

    assert body.decode() == seen
