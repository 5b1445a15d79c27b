from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from blueroom.base.outbound import Door
from blueroom.networks.bluesky.profiles import read_author
from blueroom.networks.interface import Author

ZOE = "did:plc:zoezoezoezoezoezoezoezoe"
NO_PROFILE = {"error": "RecordNotFound", "message": "no such record"}


def describe(*, handle: str = "zoe.test", profile: Any, resolves_to: str = ZOE) -> Author:
    """Zoe, by one server that is directory, home and resolver at once."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).decode().split()[1]
        host = writer.get_extra_info("sockname")
        if path == f"/{ZOE}":
            home = {"id": "#atproto_pds", "serviceEndpoint": f"http://{host[0]}:{host[1]}"}
            said: Any = {"alsoKnownAs": [f"at://{handle}"] if handle else [], "service": [home]}
        elif "getRecord" in path:
            said = profile
        else:
            said = {"did": resolves_to} if resolves_to else {"error": "InvalidRequest"}
        content = json.dumps(said).encode()
        status = 400 if "error" in said else 200
        writer.write(b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\n" % (status, len(content)))
        writer.write(b"Connection: close\r\n\r\n" + content)
        await writer.drain()
        writer.close()

    async def run() -> Author:
        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        async with server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            return await read_author(ZOE, service=url, directory=url, door=Door(["127.0.0.1"]))

    return asyncio.run(run())


def test_read_author_gives_name_and_handle() -> None:
    profile = {"value": {"displayName": "Zoé 🎧"}}

    assert describe(profile=profile) == Author(id=ZOE, name="Zoé 🎧", handle="zoe.test")


@pytest.mark.parametrize("resolves_to", ["did:plc:samsamsamsamsamsamsamsam", ""])
def test_read_author_gives_no_handle_that_is_somebody_else_s(resolves_to: str) -> None:
    profile = {"value": {"displayName": "The President"}}
    author = describe(handle="president.test", profile=profile, resolves_to=resolves_to)

    assert author == Author(id=ZOE, name="The President")


@pytest.mark.parametrize("profile", [NO_PROFILE, {"value": {}}, {"value": {"displayName": 7}}])
def test_read_author_does_without_a_profile(profile: Any) -> None:
    assert describe(profile=profile, handle="") == Author(id=ZOE)
