"""The page's WebSocket, with a real server and a client that sends as a browser does."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from blueroom.media.live import Live
from blueroom.media.live_test import Rooms, Slates, film, grant, receiving, slates, slices, until
from blueroom.media.packing_line import Way
from blueroom.media.recording import open_recording
from blueroom.media.sending import MESSAGES, MimeRefused, SendingApp, way_of

pytestmark = pytest.mark.alone

__all__ = ["slates"]  # a fixture
HELLO = {"kind": "hello", "recorder": "r1", "mime": "video/webm;codecs=h264,opus", "next": 0}


@asynccontextmanager
async def page_server(live: Live) -> AsyncIterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        config = uvicorn.Config(
            SendingApp(live), ws="websockets-sansio", lifespan="off", log_config=None
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[sock]))
        await until(lambda: server.started)
        yield sock.getsockname()[1]
        server.should_exit = True
        await serving


@asynccontextmanager
async def house(tmp_path: Path, slates: Slates) -> AsyncIterator[tuple[Live, Rooms, int]]:
    async with receiving(tmp_path, slates) as (live, rooms), page_server(live) as port:
        rooms.grants[1] = grant(tmp_path)
        yield live, rooms, port


def page(port: int, secret: str = "1", **options: Any) -> Any:
    return connect(f"ws://127.0.0.1:{port}/feed/{secret}/socket", **options)


async def hear(connection: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of that kind."""
    async with asyncio.timeout(10):
        while True:
            said: dict[str, Any] = json.loads(await connection.recv())
            if said["kind"] == kind:
                return said


async def hello(connection: ClientConnection, **values: object) -> dict[str, Any]:
    await connection.send(json.dumps(HELLO | values))
    return await hear(connection, "welcome")


def chunk(number: int, content: bytes) -> bytes:
    return number.to_bytes(4) + content


def test_chunks_are_taken_in_order_and_acknowledged(tmp_path: Path, slates: Slates) -> None:
    async def go() -> None:
        async with house(tmp_path, slates) as (live, _rooms, port), page(port) as connection:
            state = await hear(connection, "state")
            assert (state["programme"], state["is_on_air"]) == ("off", False)
            assert await hello(connection) == {"kind": "welcome", "next": 0}
            pieces = list(slices(film(3), 3))
            for number, piece in enumerate(pieces):
                await connection.send(chunk(number, piece))
                await asyncio.sleep(0.02)
            assert (await hear(connection, "ack"))["next"] > 0
            await connection.send(json.dumps({"kind": "end"}))
            await until(lambda: live.run_of(1) is None)

    asyncio.run(go())
    assert open_recording(tmp_path / "7/feed-1-0.mp4").duration_s == pytest.approx(3, abs=0.1)


def test_a_lost_connection_goes_on_where_it_was(tmp_path: Path, slates: Slates) -> None:
    pieces = list(slices(film(4), 4))
    half = len(pieces) // 2

    async def go() -> None:
        async with house(tmp_path, slates) as (live, rooms, port):
            async with page(port) as connection:
                await hello(connection)
                for number in range(half):
                    await connection.send(chunk(number, pieces[number]))
                await until(lambda: (run := live.run_of(1)) and run.next_chunk == half)
                connection.transport.abort()
            await until(lambda: ("lost", 1, "connection_lost") in rooms.told)
            async with page(port) as connection:
                # What was sent and never acknowledged is sent again, and is in there once.
                welcome = await hello(connection, next=half - 2)
                assert welcome["next"] == half
                for number in range(half - 2, len(pieces)):
                    await connection.send(chunk(number, pieces[number]))
                await connection.send(json.dumps({"kind": "end"}))
                await until(lambda: live.run_of(1) is None)

    asyncio.run(go())
    assert open_recording(tmp_path / "7/feed-1-0.mp4").duration_s == pytest.approx(4, abs=0.1)


def test_a_page_that_lost_chunks_is_told_to_begin_anew(tmp_path: Path, slates: Slates) -> None:
    async def go() -> None:
        async with house(tmp_path, slates) as (_live, _rooms, port):
            async with page(port) as connection:
                await hello(connection)
                await connection.send(chunk(5, b"x"))
                assert (await hear(connection, "refused"))["code"] == "chunks_missing"
            async with page(port) as connection:
                await connection.send(json.dumps(HELLO | {"recorder": "unknown", "next": 9}))
                assert (await hear(connection, "refused"))["code"] == "chunks_missing"

    asyncio.run(go())


def test_a_second_page_is_refused_until_it_takes_over(tmp_path: Path, slates: Slates) -> None:
    async def go() -> None:
        async with house(tmp_path, slates) as (_live, _rooms, port), page(port) as first:
            await hello(first)
            await first.send(chunk(0, film(1)))
            async with page(port) as second:
                await second.send(json.dumps(HELLO | {"recorder": "r2"}))
                assert (await hear(second, "refused"))["code"] == "feed_busy"
            async with page(port) as second:
                await hello(second, recorder="r2", take_over=True)
                assert (await hear(first, "refused"))["code"] == "feed_busy"
                with pytest.raises(ConnectionClosed) as closed:
                    await first.recv()
                assert closed.value.rcvd
                assert closed.value.rcvd.code == 4400

    asyncio.run(go())


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("{", "message_unclear"),
        ('{"kind":"dance"}', "message_unclear"),
        ("x" * 5000, "message_unclear"),
        (json.dumps(HELLO | {"mime": "application/x-mpegurl"}), "mime_refused"),
        (json.dumps(HELLO | {"mime": "video/quicktime"}), "mime_refused"),
    ],
)
def test_nonsense_gets_a_sentence_and_the_door(
    tmp_path: Path, slates: Slates, said: str, code: str
) -> None:
    async def go() -> None:
        async with house(tmp_path, slates) as (_live, _rooms, port), page(port) as connection:
            await connection.send(said)
            refused = await hear(connection, "refused")
            assert (refused["code"], bool(refused["message"])) == (code, True)

    asyncio.run(go())


def test_an_unknown_secret_learns_nothing_else(tmp_path: Path, slates: Slates) -> None:
    async def go() -> None:
        async with house(tmp_path, slates) as (_live, _rooms, port), page(port, "2") as stranger:
            assert json.loads(await stranger.recv())["code"] == "feed_unknown"

    asyncio.run(go())


def test_a_page_is_answered_in_its_language(tmp_path: Path, slates: Slates) -> None:
    async def go() -> None:
        async with house(tmp_path, slates) as (_live, _rooms, port):
            address = f"ws://127.0.0.1:{port}/feed/2/socket?language=fr"
            async with connect(address) as stranger:
                assert json.loads(await stranger.recv())["message"].startswith("[fr] ")

    asyncio.run(go())


def test_another_sites_page_cannot_connect(tmp_path: Path, slates: Slates) -> None:
    async def go() -> None:
        async with house(tmp_path, slates) as (_live, _rooms, port):
            with pytest.raises(Exception, match="403"):
                async with page(port, origin="https://evil.example"):
                    pass
            async with page(port, origin=f"http://127.0.0.1:{port}") as connection:
                await hear(connection, "state")

    asyncio.run(go())


def test_a_page_is_told_that_the_crew_wrote(tmp_path: Path, slates: Slates) -> None:
    async def go() -> None:
        async with house(tmp_path, slates) as (live, _rooms, port):
            live.tell_pages(1, MESSAGES)  # nobody is there
            async with page(port) as connection:
                await hear(connection, "state")
                live.tell_pages(1, MESSAGES)
                assert await hear(connection, "messages") == MESSAGES

    asyncio.run(go())


@pytest.mark.parametrize(
    ("mime", "way"),
    [
        ("video/webm;codecs=h264,opus", "webm"),
        ("video/x-matroska;codecs=avc1,opus", "webm"),
        ("video/mp4;codecs=avc1.42E01F,mp4a.40.2", "mp4"),
        ("Video/WebM", "webm"),
    ],
)
def test_way_of_knows_what_browsers_record(mime: str, way: Way) -> None:
    assert way_of(mime) == way


def test_way_of_refuses_what_is_no_recording() -> None:
    with pytest.raises(MimeRefused):
        way_of("text/html")
