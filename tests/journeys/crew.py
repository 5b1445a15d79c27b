"""What people of a journey do: come in by a link, open screens, find a question."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TypeVar

import httpx
from playwright.sync_api import Locator, Page

from tests.atproto.server import Network

PASSWORD = "une phrase assez longue"
PHONE = {"width": 390, "height": 844}
WALL = {"width": 1920, "height": 1080}
DESK = {"width": 1440, "height": 900}
FRENCH, ENGLISH = "fr-FR", "en-GB"
SOON_MS = 3_000  # promised within 2 s; the rest is for a busy machine
Found = TypeVar("Found")


def come_in(page: Page, link: str, name: str) -> None:
    """By an owner link or an invitation, with the words of either language."""
    page.goto(link)
    page.get_by_label(re.compile("Votre nom|Your name")).fill(name)
    mail = f"{name.encode('ascii', 'ignore').decode()}@example.org"
    page.get_by_label(re.compile("Adresse e-mail|E-mail address")).fill(mail)
    page.get_by_role("textbox", name=re.compile("Mot de passe|Password")).fill(PASSWORD)
    page.get_by_role("button", name=re.compile("^(Entrer|Come in)$")).click()
    page.get_by_role("heading", name="Sessions").wait_for()


def keep_bluesky_account(
    page: Page, url: str, servers: Network, handle: str, password: str
) -> None:
    """Fill in the form of the room's Bluesky account, in English, and send it."""
    page.goto(f"{url}/networks/")
    bluesky = page.get_by_role("region", name="Bluesky")
    bluesky.get_by_label("Handle").fill(handle)
    bluesky.get_by_role("textbox", name="App password").fill(password)
    server = bluesky.get_by_label("Server", exact=True)
    if not server.is_visible():
        bluesky.get_by_text("Servers", exact=True).click()
    server.fill(servers.pds_url)
    bluesky.get_by_label("Jetstream servers").fill(f"{servers.jetstream_url}/subscribe")
    bluesky.get_by_label("Directory of accounts").fill(servers.plc_url)
    bluesky.get_by_role("button", name="Try and keep").click()


def wait_for_bluesky(desk: Page) -> None:
    """Until the desk says, in English, that Bluesky is listened to."""
    channel = desk.get_by_role("listitem").filter(has_text="Bluesky")
    channel.filter(has_text="listening").wait_for()


def rows(page: Page) -> Locator:
    """The questions in the desk's list."""
    return page.get_by_role("option")


def row(page: Page, text: str) -> Locator:
    """The question with that text in the desk's list."""
    return rows(page).filter(has_text=text)


def on_air(page: Page) -> Locator:
    """The desk's panel of what is on air."""
    return page.get_by_role("region", name=re.compile("^(On air now|À l’antenne en ce moment)"))


def wall_question(page: Page) -> Locator:
    """The question that a wall shows large; what is on its way out is inert."""
    return page.locator(".scene:not([inert]) article .say")


def plan(client: httpx.Client, *, is_heard: bool = False, **values: object) -> dict[str, object]:
    """A session made by the API and open for questions, listened for only where `is_heard`."""
    plan = {
        "title": "Une heure avec Inès",
        "guest": "Inès Carat",
        "hashtags": ["AskInes"],
        "starts_at": "2027-01-01T20:00:00Z",
        "minutes": 60,
        "languages": ["fr", "en"],
    }
    made: dict[str, object] = client.post("/sessions", json=plan | values).raise_for_status().json()
    client.post(f"/sessions/{made['slug']}/open").raise_for_status()
    if not is_heard:
        channels = f"/sessions/{made['slug']}/channels"
        for channel in within(10, lambda: client.get(channels).json()):
            off = client.patch(f"{channels}/{channel['network']}", json={"is_enabled": False})
            off.raise_for_status()
    return made


def within(limit_s: float, look: Callable[[], Found], *, every_s: float = 0.05) -> Found:
    """What `look` gives once it is true; an assertion where that takes longer than `limit_s`."""
    deadline = time.monotonic() + limit_s
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {limit_s} s"
        time.sleep(every_s)
    return found
