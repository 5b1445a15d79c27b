"""What journeys share: a house, and browsers that are watched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.crew import FRENCH
from tests.journeys.watch import Watch
from tests.running import House, running_house

# For what has no promised time: machines that test are slow now and then.
PATIENCE_MS = 15_000


@pytest.fixture(scope="session")
def base_url() -> None:
    """None: each journey has its own. Playwright's fixture warns, and warnings are errors here."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An empty room; journeys that need another have their own."""
    with running_house(tmp_path / "room", "--no-rehearsal") as house:
        yield house


@pytest.fixture
def api(house: House) -> Iterator[httpx.Client]:
    """Another program with a producer's token."""
    with house.client() as api:
        yield api


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails the journey where a page complained of something."""
    watch = Watch()
    yield watch
    assert watch.complaints == []


@pytest.fixture
def open_browser(new_context: Callable[..., BrowserContext], watch: Watch) -> Callable[..., Page]:
    """Opens a browser of its own (its own cookies) with a page of that size and language."""
    expect.set_options(timeout=PATIENCE_MS)

    def open_page(size: dict[str, int], language: str = FRENCH, **more: object) -> Page:
        context = new_context(viewport=size, locale=language, **more)
        context.set_default_timeout(PATIENCE_MS)
        watch.over(context)
        return context.new_page()

    return open_page
