from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import InvalidStatus

from blueroom.base.outbound import (
    AddressRefused,
    AllowListUnreadable,
    AnswerTooLarge,
    Door,
    NoAnswer,
    door,
    is_public,
)

Answer = Callable[[asyncio.StreamWriter, str], Awaitable[None]]


@asynccontextmanager
async def web_server(answer: Answer, **options: object) -> AsyncIterator[int]:
    """A server on 127.0.0.1 that gives each request's head to `answer`; yields its port."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(writer, (await reader.readuntil(b"\r\n\r\n")).decode())
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, **options)  # type: ignore[arg-type]
    async with server:
        yield server.sockets[0].getsockname()[1]


def says(*parts: str) -> Answer:
    async def answer(writer: asyncio.StreamWriter, _: str) -> None:
        writer.write("".join(parts).encode())
        await writer.drain()

    return answer


OK = says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "172.31.0.1",
        "192.0.0.8",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "fc00::1",
        "fe80::1%eth0",
        "ff02::1",
    ],
)
def test_is_public_says_no_to_special_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "172.32.0.1", "2606:4700:4700::1111", "64:ff9b::808:808"]
)
def test_is_public_says_yes_to_addresses_of_the_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_client_refuses_our_own_machine_however_it_is_written(host: str) -> None:
    async def ask() -> None:
        async with web_server(OK) as port, Door().client() as client:
            await client.get(f"http://{host}:{port}/")

    with pytest.raises(AddressRefused):
        asyncio.run(ask())


@pytest.mark.parametrize(
    "entry", ["127.0.0.1", "127.0.0.1:{port}", "127.0.0.0/8", " 127.0.0.1 , localhost"]
)
def test_client_reaches_what_the_allow_list_names(entry: str) -> None:
    async def ask() -> str:
        async with web_server(OK) as port:
            allow = entry.format(port=port).split(",")
            async with Door(allow).client() as client:
                return (await client.get(f"http://127.0.0.1:{port}/")).text

    assert asyncio.run(ask()) == "hi"


def test_client_refuses_another_port_than_the_allowed_one() -> None:
    async def ask() -> None:
        async with web_server(OK) as port, Door([f"127.0.0.1:{port + 1}"]).client() as client:
            await client.get(f"http://127.0.0.1:{port}/")

    with pytest.raises(AddressRefused):
        asyncio.run(ask())


@pytest.mark.parametrize("entry", ["http://localhost", "local host:x", "a/b", "user@host", ":80"])
def test_door_says_so_when_an_entry_of_the_allow_list_makes_no_sense(entry: str) -> None:
    with pytest.raises(AllowListUnreadable) as caught:
        Door([entry])

    assert caught.value.details == {"entry": entry}


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/", "gopher://x/"])
def test_client_refuses_what_is_not_http(url: str) -> None:
    async def ask() -> None:
        async with Door().client() as client:
            await client.get(url)

    with pytest.raises(AddressRefused):
        asyncio.run(ask())


def test_client_connects_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int, *_: object, **__: object) -> list[object]:
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "127.0.0.2"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    async def ask() -> str:
        heads: list[str] = []

        async def answer(writer: asyncio.StreamWriter, head: str) -> None:
            heads.append(head)
            await OK(writer, head)

        async with web_server(answer) as port, Door(["127.0.0.1"]).client() as client:
            monkeypatch.setattr(socket, "getaddrinfo", resolve)
            await client.get(f"http://fickle.test:{port}/")
        return heads[0].split("\r\n")[1].partition(":")[2].strip().partition(":")[0]

    assert asyncio.run(ask()) == "fickle.test"
    assert asked == ["fickle.test"]


@pytest.mark.parametrize("first", ["127.0.0.2", "127.0.0.3"])
def test_connections_are_made_to_the_next_address_where_the_first_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    def resolve(host: str, port: int, *_: object, **__: object) -> list[object]:
        both = (first, port), ("127.0.0.1", port)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in both]

    async def ask() -> str:
        door = Door(["127.0.0.2", "127.0.0.1"])  # the third is not even tried
        async with web_server(OK) as port, door.client() as client:
            monkeypatch.setattr(socket, "getaddrinfo", resolve)
            with pytest.raises(InvalidStatus):
                await door.websocket(f"ws://two.test:{port}/")
            return (await client.get(f"http://two.test:{port}/")).text

    assert asyncio.run(ask()) == "hi"


def test_client_names_the_host_in_the_tls_handshake() -> None:
    names: list[str | None] = []

    async def ask() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = lambda _, name, __: names.append(name)
        async with (
            web_server(OK, ssl=context) as port,
            Door([f"localhost:{port}"]).client() as client,
        ):
            await client.get(f"https://localhost:{port}/")

    with pytest.raises(NoAnswer):  # the server has no certificate
        asyncio.run(ask())
    assert names == ["localhost"]


def test_client_checks_each_hop_when_it_follows_redirects() -> None:
    async def ask() -> None:
        there = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2/\r\nContent-Length: 0\r\n\r\n"
        async with (
            web_server(says(there)) as port,
            Door(["127.0.0.1"]).client(follow_redirects=True) as client,
        ):
            await client.get(f"http://127.0.0.1:{port}/")

    with pytest.raises(AddressRefused):
        asyncio.run(ask())


def test_client_follows_no_redirect_unless_told() -> None:
    async def ask() -> int:
        there = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"
        async with web_server(says(there)) as port, Door(["127.0.0.1"]).client() as client:
            return (await client.get(f"http://127.0.0.1:{port}/")).status_code

    assert asyncio.run(ask()) == 302


@pytest.mark.parametrize("length", ["Content-Length: 5000\r\n", ""])
def test_client_cuts_an_answer_that_is_too_large(length: str) -> None:
    async def ask() -> None:
        large = says(f"HTTP/1.1 200 OK\r\n{length}\r\n", "x" * 5000)
        async with (
            web_server(large) as port,
            Door(["127.0.0.1"]).client(size_limit_bytes=4999) as client,
        ):
            await client.get(f"http://127.0.0.1:{port}/")

    with pytest.raises(AnswerTooLarge):
        asyncio.run(ask())


def test_client_takes_no_compressed_answer() -> None:
    async def ask() -> None:
        bomb = says("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx")
        async with web_server(bomb) as port, Door(["127.0.0.1"]).client() as client:
            await client.get(f"http://127.0.0.1:{port}/")

    with pytest.raises(NoAnswer):
        asyncio.run(ask())


def test_client_gives_up_on_an_answer_that_drips() -> None:
    async def drip(writer: asyncio.StreamWriter, _: str) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _n in range(100):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def ask() -> None:
        async with web_server(drip) as port, Door(["127.0.0.1"]).client(timeout_s=0.2) as client:
            await client.get(f"http://127.0.0.1:{port}/")

    with pytest.raises(NoAnswer):
        asyncio.run(ask())


@pytest.mark.parametrize(
    "answer", ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", "nonsense"]
)
def test_client_says_no_answer_when_the_server_breaks_off(answer: str) -> None:
    async def ask() -> None:
        async with web_server(says(answer)) as port, Door(["127.0.0.1"]).client() as client:
            await client.get(f"http://127.0.0.1:{port}/")

    with pytest.raises(NoAnswer):
        asyncio.run(ask())


def test_client_says_no_answer_when_nobody_listens_or_the_name_is_unknown() -> None:
    async def ask(url: str) -> None:
        async with Door(["127.0.0.1"]).client() as client:
            await client.get(url)

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound, not listening
        with pytest.raises(NoAnswer):
            asyncio.run(ask(f"http://127.0.0.1:{held.getsockname()[1]}/"))
    with pytest.raises(NoAnswer):
        asyncio.run(ask(f"http://{'x' * 70}.invalid/"))


def test_errors_and_logs_hold_no_path_and_no_header(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def ask() -> None:
        async with web_server(OK) as port, Door(["127.0.0.1"]).client() as client:
            await client.get(
                f"http://127.0.0.1:{port}/?token=hush", headers={"Authorization": "Bearer hush"}
            )
        async with web_server(says("")) as port, Door(["127.0.0.1"]).client() as client:
            await client.get(f"http://127.0.0.1:{port}/?token=hush")

    with pytest.raises(NoAnswer) as caught:
        asyncio.run(ask())
    assert "hush" not in caplog.text + str(caught.value) + str(caught.value.details)


def test_websocket_passes_messages_to_an_allowed_host_and_refuses_others() -> None:
    async def echo(connection: ServerConnection) -> None:
        await connection.send(await connection.recv())

    async def talk() -> str | bytes:
        async with serve(echo, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(AddressRefused):
                await Door().websocket(f"ws://127.0.0.1:{port}/")
            async with await Door([f"localhost:{port}"]).websocket(
                f"ws://localhost:{port}/"
            ) as connection:
                await connection.send("hi")
                return await connection.recv()

    assert asyncio.run(talk()) == "hi"


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "ws://", "ws://127.0.0.1:99999/", "wss:x"])
def test_websocket_refuses_what_is_no_websocket_address(url: str) -> None:
    with pytest.raises(AddressRefused):
        asyncio.run(Door(["127.0.0.1"]).websocket(url))


def test_websocket_follows_no_redirect_and_gives_other_statuses_to_the_caller() -> None:
    async def ask(answer: str) -> None:
        async with web_server(says(answer)) as port:
            await Door(["127.0.0.1"]).websocket(f"ws://127.0.0.1:{port}/")

    with pytest.raises(InvalidStatus) as caught:
        asyncio.run(ask("HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}"))
    assert (caught.value.response.status_code, caught.value.response.body) == (400, b"{}")
    with pytest.raises(NoAnswer):
        asyncio.run(ask("HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.2/\r\n\r\n"))


def test_websocket_says_no_answer_when_the_server_is_silent_or_no_server() -> None:
    async def silent(writer: asyncio.StreamWriter, _: str) -> None:
        await asyncio.sleep(1)

    async def ask(answer: Answer) -> None:
        async with web_server(answer) as port:
            await Door(["127.0.0.1"]).websocket(f"ws://127.0.0.1:{port}/", timeout_s=0.2)

    for answer in (silent, says(""), says("nonsense\r\n\r\n")):
        with pytest.raises(NoAnswer):
            asyncio.run(ask(answer))


def test_door_of_the_process_lets_through_what_the_setting_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BLUEROOM_OUTBOUND_ALLOW", "127.0.0.1:80, 10.0.0.0/8")
    door.cache_clear()
    try:
        assert door().lets_through("127.0.0.1", 80, "127.0.0.1")
        assert door().lets_through("cellar.test", 443, "10.0.0.9")
        assert not door().lets_through("127.0.0.1", 81, "127.0.0.1")
    finally:
        door.cache_clear()
