from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from blueroom.networks.bluesky import NETWORK
from blueroom.networks.interface import (
    ChecksAccount,
    DescribesAuthors,
    Listening,
    Previews,
    Refused,
)


def test_network_can_be_listed_without_loading_a_web_client() -> None:
    check = "import sys, blueroom.networks.bluesky; print('httpx' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)

    assert said.stdout == "False\n"


def test_network_asks_for_a_handle_and_one_secret() -> None:
    secrets = {field.name: field.secret for field in NETWORK.account_fields}

    assert secrets == {
        "handle": False,
        "app_password": True,
        "service": False,
        "jetstream": False,
        "directory": False,
        "video_service": False,
    }


def test_network_reads_without_an_account_and_knows_its_authors() -> None:
    source = NETWORK.source(Listening(session="launch", tags=["AskGuetta"]))

    assert NETWORK.listens_without_account
    assert isinstance(source, DescribesAuthors)


def test_network_reads_from_the_servers_that_the_account_names() -> None:
    fields = {"jetstream": " ws://127.0.0.1:1/subscribe,, "}
    source = NETWORK.source(Listening(session="launch", tags=["AskGuetta"], fields=fields))
    assert source

    async def listen() -> None:
        await anext(aiter(source.batches(after="")))

    with pytest.raises(Refused, match="public internet"):  # the door of the process is shut to it
        asyncio.run(listen())


def test_network_publishes_with_previews_and_checks() -> None:
    publisher = NETWORK.publisher({"handle": "room.test", "app_password": "x"}, {})

    assert isinstance(publisher, Previews)
    assert isinstance(publisher, ChecksAccount)
    asyncio.run(publisher.close())
