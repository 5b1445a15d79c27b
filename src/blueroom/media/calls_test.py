"""WHIP and WHEP as browsers speak them: over HTTP, with aiortc at the other end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aioice.ice
import httpx
import pytest
import uvicorn

from blueroom.media.calls import Calls
from blueroom.media.live import Live
from blueroom.media.live_test import (
    Camera,
    Rooms,
    Slates,
    grant,
    receiving,
    send,
    shelf_of,
    slates,
    until,
)
from blueroom.media.recording import open_recording
from blueroom.media.sending import SendingApp
from blueroom.media.webrtc.line import Answer, WebRtc
from blueroom.media.webrtc.line_test import HERE, Browser

pytestmark = pytest.mark.alone

__all__ = ["slates"]  # a fixture


@pytest.fixture(autouse=True)
def only_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own end uses the loopback too, which aioice leaves out."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda **_: HERE)


@asynccontextmanager
async def house(
    tmp_path: Path, slates: Slates
) -> AsyncIterator[tuple[Live, Rooms, httpx.AsyncClient]]:
    async with receiving(tmp_path, slates) as (live, rooms):
        rooms.grants[1] = grant(tmp_path)
        calls = Calls(live, hosts=HERE)
        sending = SendingApp(live, calls.whip)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            whep = scope["path"].startswith("/monitor/")
            await (calls.whep if whep else sending)(scope, receive, send)

        with socket.create_server(("127.0.0.1", 0)) as sock:
            server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, ws="none"))
            serving = asyncio.create_task(server.serve(sockets=[sock]))
            await until(lambda: server.started)
            address = f"http://127.0.0.1:{sock.getsockname()[1]}"
            async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
                yield live, rooms, client
            server.should_exit = True
            await serving
        await calls.close()


class Http(WebRtc):
    """What a `Browser` takes for the WebRTC process: the same by HTTP."""

    def __init__(self, client: httpx.AsyncClient, path: str) -> None:  # no process of its own
        self._client = client
        self._path = path

    async def _offer(self, feed: str, sdp: str) -> Answer:
        answer = await self._client.post(
            self._path, content=sdp, headers={"Content-Type": "application/sdp"}
        )
        assert answer.status_code == 201, answer.text
        return Answer(answer.text, answer.headers["location"])

    offer_in = offer_out = _offer


def test_a_browser_sends_by_whip_and_is_recorded_and_watched_by_whep(
    tmp_path: Path, slates: Slates
) -> None:
    async def go() -> None:
        async with house(tmp_path, slates) as (live, rooms, client):
            guest, crew = Browser(), Browser()
            await guest.send(Http(client, "/feed/1/whip"), "1")
            await until(lambda: shelf_of(live, "monitor-1").is_ready, within_s=30)
            await until(lambda: ("begun", 1, 0, 320, 180) in rooms.told)
            assert ("connected", 1, "frames") in rooms.told

            await crew.watch(Http(client, "/monitor/monitor-1/whep"), "1")
            await until(lambda: len(crew.seen) > 10, within_s=20)

            assert (await client.delete(guest.resource)).status_code == 200
            await until(lambda: live.run_of(1) is None)
            await guest.close()
            await crew.close()

    asyncio.run(go())
    assert open_recording(tmp_path / "7/feed-1-0.mp4").duration_s > 1.5


def test_a_feed_by_websocket_can_be_watched_by_whep(tmp_path: Path, slates: Slates) -> None:
    async def go() -> None:
        async with house(tmp_path, slates) as (live, _rooms, client):
            run = await live.receive(grant(tmp_path), "webm", Camera(), takes_over=False)
            sending = asyncio.create_task(send(run, 8))
            await until(lambda: run.epoch is not None)
            crew = Browser()
            await crew.watch(Http(client, "/monitor/monitor-1/whep"), "1")
            await until(lambda: len(crew.seen) > 10, within_s=20)
            await crew.close()
            await sending

    asyncio.run(go())


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/feed/2/whip", "v=0", 404, "feed_unknown"),
        ("/feed/1/whip", "no offer", 406, "offer_malformed"),
        ("/feed/1/whip", "x" * 70_000, 409, "offer_too_large"),
        ("/monitor/monitor-1/whep", "v=0", 409, "monitor_unknown"),
        ("/monitor/", "v=0", 409, "monitor_unknown"),
    ],
)
def test_what_is_no_call_is_refused_with_a_sentence(
    tmp_path: Path, slates: Slates, path: str, body: str, status: int, code: str
) -> None:
    async def go() -> httpx.Response:
        async with house(tmp_path, slates) as (_live, _rooms, client):
            return await client.post(path, content=body)

    answer = asyncio.run(go())
    assert (answer.status_code, bool(answer.json()["message"])) == (status, True)
    assert answer.json()["code"] == code


def test_a_fan_who_waits_cannot_call(tmp_path: Path, slates: Slates) -> None:
    async def go() -> None:
        async with house(tmp_path, slates) as (_live, rooms, client):
            rooms.grants[1] = grant(tmp_path, may_send=False, state="waiting")
            fan = Browser()
            fan.prepare()
            await fan.peer.setLocalDescription(await fan.peer.createOffer())
            answer = await client.post("/feed/1/whip", content=fan.peer.localDescription.sdp)
            assert (answer.status_code, answer.json()["code"]) == (409, "feed_not_admitted")
            await fan.close()

    asyncio.run(go())
