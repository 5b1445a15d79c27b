"""Pytest fixtures of the real Bluesky network: `atproto` runs it, `person` adds people to it,
`video_service` converts their videos.

The servers start once for a test run. Where they cannot be installed the tests that want them are
skipped and say why, except under CI, where that is a failure.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator

import pytest

from tests.atproto.person import Person
from tests.atproto.server import CannotInstallError, Network, network
from tests.atproto.video_service import VideoServer, video_server


@pytest.fixture(scope="session")
def atproto() -> Iterator[Network]:
    """The running network."""
    with contextlib.ExitStack() as stack:
        try:
            running = stack.enter_context(network())
        except CannotInstallError as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(f"no real Bluesky server: {error}")
        yield running


@pytest.fixture
def person(atproto: Network) -> Iterator[Callable[..., Person]]:
    """Makes people: `person("zoe")`, `person("room", display_name="The room")`."""
    with contextlib.ExitStack() as stack:
        yield lambda name, **words: stack.enter_context(Person(atproto.pds_url, name, **words))


@pytest.fixture
def video_service(atproto: Network) -> Iterator[VideoServer]:
    """Our double of Bluesky's video service, which serves the accounts of the test network."""
    with video_server(atproto.plc_url) as running:
        yield running
