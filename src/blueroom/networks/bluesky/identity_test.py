from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from blueroom.base.outbound import Door
from blueroom.networks.bluesky.identity import Home, RecordPlace, find_home
from blueroom.networks.interface import Refused, Unavailable

ZOE = "did:plc:zoezoezoezoezoezoezoezoe"
PDS = {
    "id": "#atproto_pds",
    "type": "AtprotoPersonalDataServer",
    "serviceEndpoint": "https://pds.test",
}
LABELER = {"id": "#atproto_labeler", "serviceEndpoint": "https://labels.test"}


def find(did: str, status: int = 200, document: Any = None) -> tuple[Home, str]:
    """The home of `did` by a directory that gives this answer, and what it was asked."""
    asked: list[str] = []
    content = document if isinstance(document, bytes) else json.dumps(document).encode()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode().split()[1])
        writer.write(b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\n\r\n" % (status, len(content)))
        writer.write(content)
        await writer.drain()
        writer.close()

    async def run() -> Home:
        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        async with server:
            directory = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            return await find_home(did, directory=directory, door=Door(["127.0.0.1"]))

    return asyncio.run(run()), asked[0]


def test_find_home_reads_server_and_handle_from_the_directory() -> None:
    document = {
        "id": ZOE,
        "alsoKnownAs": ["https://zoe.example.org", "at://zoe.test", "at://second.test"],
        "service": [LABELER, PDS],
    }

    assert find(ZOE, document=document) == (Home("zoe.test", "https://pds.test"), f"/{ZOE}")


def test_find_home_gives_no_handle_where_there_is_none() -> None:
    home, _ = find(ZOE, document={"service": [{**PDS, "id": f"{ZOE}#atproto_pds"}]})

    assert home == Home("", "https://pds.test")


@pytest.mark.parametrize(
    ("status", "document"),
    [
        (404, {"message": "DID not registered"}),
        (410, {"message": "DID not available"}),
        (200, {"service": [LABELER]}),
        (200, {"service": [{**PDS, "serviceEndpoint": {"uri": "x"}}]}),
        (200, {"service": None}),
        (200, b"<html>\xff"),
        (200, b"x" * 100_001),
    ],
)
def test_find_home_is_refused_where_there_is_no_home(status: int, document: Any) -> None:
    with pytest.raises(Refused):
        find(ZOE, status, document)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_find_home_is_unavailable_when_the_directory_is(status: int) -> None:
    with pytest.raises(Unavailable):
        find(ZOE, status, {})


@pytest.mark.parametrize(
    "did",
    [
        "",
        "zoe.test",
        "did:plc:short",
        f"{ZOE}/../admin",
        "did:key:zQ3",
        "did:web:localhost",
        "did:web:pds.test%3A80",
        "did:web:pds.test:users:zoe",
    ],
)
def test_find_home_is_refused_for_what_is_no_author(did: str) -> None:
    with pytest.raises(Refused, match="not an author's id"):
        find(did, document={"service": [PDS]})


def test_find_home_does_not_ask_our_own_network() -> None:
    with pytest.raises(Refused, match="public internet"):
        asyncio.run(find_home("did:web:127.0.0.1", directory="", door=Door()))


def test_record_place_reads_an_address() -> None:
    place = RecordPlace.read(f"at://{ZOE}/app.bsky.feed.post/3mqa2bcdefg2h")

    assert place == RecordPlace(ZOE, "app.bsky.feed.post", "3mqa2bcdefg2h")


@pytest.mark.parametrize(
    "uri", ["", "at://", f"at://{ZOE}", f"at://{ZOE}/a", f"at://{ZOE}/a/b/c", f"at://{ZOE}/a/b?c"]
)
def test_record_place_refuses_anything_else(uri: str) -> None:
    with pytest.raises(Refused):
        RecordPlace.read(uri)
