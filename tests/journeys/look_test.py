"""A room's own look in a real browser: chosen, refused, taken, and worn by a wall at once."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.journeys import crew
from tests.journeys.barriers import barriers, needs_axe
from tests.running import House

pytestmark = pytest.mark.journey

OpenBrowser = Callable[..., Page]
GROUND = "getComputedStyle(document.documentElement).getPropertyValue('--wall').trim()"


def test_wall_takes_a_new_look_without_a_reload(
    house: House, api: httpx.Client, open_browser: OpenBrowser
) -> None:
    planned = {"guest": "Inès Carat", "hashtags": ["AskInes"], "starts_at": "2027-05-01T20:00:00Z"}
    slug = api.post("/sessions", json=planned).raise_for_status().json()["slug"]
    links = api.get(f"/sessions/{slug}/links").json()
    path = next(link["url"] for link in links if link["screen"] == "wall_questions")
    wall = open_browser(crew.WALL, crew.ENGLISH)
    wall.goto(house.url + httpx.URL(path).path)
    mark = wall.locator("header svg").first
    expect(mark).to_be_visible()
    wall.evaluate("window.isSame = true")
    theme = {"colours": {"day": {"ground": "#fff4e6"}}, "texts": {"fr": {"name": "Radio Exemple"}}}

    api.put("/room/theme", json=theme).raise_for_status()

    wall.wait_for_function(f"() => {GROUND} === '#fff4e6'")
    expect(wall.locator("header").get_by_text("Radio Exemple")).to_be_visible()

    api.delete("/room/theme").raise_for_status()

    wall.wait_for_function(f"() => {GROUND} === '#dceaf6'")
    assert wall.evaluate("window.isSame")


@needs_axe
def test_pages_of_the_look_keep_nobody_out(house: House, open_browser: OpenBrowser) -> None:
    page = open_browser(crew.DESK)
    crew.come_in(page, house.owner_link, "Ana")
    page.goto(f"{house.url}/room/look/")
    for language in ("Français", "English"):
        page.get_by_role("button", name=language).click()
        expect(page.locator(".preview").get_by_role("group")).to_have_count(6)
        assert barriers(page) == []

    day = page.get_by_role("group", name="By day", exact=True)
    day.get_by_label("Accent optional", exact=True).fill("#00aa55")
    refused = page.locator(".preview li")
    expect(refused).to_contain_text("2.17 to 1")
    refused.get_by_role("button", name="Take #").click()
    expect(refused).to_have_count(0)
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_text("The room’s look is saved.")).to_be_visible()

    page.goto(f"{house.url}/design/")
    for language, verdict in (
        ("Français", "paires de couleurs se lisent"),
        ("English", "can be read"),
    ):
        page.get_by_role("button", name=language).click()
        expect(page.locator(".verdict")).to_contain_text([verdict, verdict])
        assert barriers(page) == []
