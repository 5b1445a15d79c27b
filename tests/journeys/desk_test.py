"""Two moderators at one desk: what is held, grouped, decided on at once, and approved by two."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.journeys import crew
from tests.running import House, running_house

pytestmark = pytest.mark.journey

OpenBrowser = Callable[..., Page]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with running_house(tmp_path / "room") as house:
        yield house


@pytest.fixture
def client(house: House) -> Iterator[httpx.Client]:
    with house.client() as client:
        yield client


def hand_in(client: httpx.Client, slug: str, *posts: tuple[str, str, str]) -> None:
    """Posts by (network, author, text), as any program hands them in."""
    client.post(
        f"/sessions/{slug}/posts",
        json=[
            {
                "network": network,
                "id": f"{author}-{text}",
                "author": {"id": author, "name": author},
                "text": text,
                "published_at": "2026-11-26T10:00:00Z",
            }
            for network, author, text in posts
        ],
    ).raise_for_status()


def choose(desk: Page, name: str) -> None:
    lists = desk.get_by_role("navigation", name="Lists")
    lists.get_by_role("button", name=re.compile(f"^{name}")).click()


def select(desk: Page, text: str) -> None:
    crew.row(desk, text).click()
    expect(crew.row(desk, text)).to_have_attribute("aria-selected", "true")


def test_two_moderators_hold_group_and_approve_together(
    house: House, client: httpx.Client, open_browser: OpenBrowser
) -> None:
    slug = str(crew.plan(client, needs_two=True)["slug"])
    hand_in(
        client,
        slug,
        ("bluesky", "Ana", "Do you write in the morning?"),
        ("mastodon", "Bo", "do you write in the MORNING?? #AskInes"),
        ("bluesky", "Cy", "Are you an early bird?"),
        ("bluesky", "Dee", "What did you read last?"),
        ("bluesky", "Eve", "Are you really such a f*cking idiot?"),
    )
    lea, max_ = open_browser(crew.DESK, crew.ENGLISH), open_browser(crew.DESK, crew.ENGLISH)
    crew.come_in(lea, house.owner_link, "Léa")
    invited = client.post("/invitations", json={"role": "moderator"}).raise_for_status().json()
    crew.come_in(max_, invited["url"], "Max")
    for desk in (lea, max_):
        desk.goto(f"{house.url}/desk/{slug}/")
        # The same words are one line already; what is unsafe is in a list of its own.
        expect(crew.rows(desk)).to_have_count(3)
    expect(lea.get_by_text("Here too: Max")).to_be_visible()

    choose(lea, "Held")
    held = crew.row(lea, "such a f*cking idiot")
    expect(held).to_contain_text("insult")
    choose(lea, "Waiting")

    # Each row says why it stands there, also when the desk is opened again.
    lea.keyboard.press("r")
    lea.reload()
    expect(lea.get_by_role("button", name="House order")).to_have_attribute("aria-pressed", "true")
    expect(crew.row(lea, "Do you write").locator(".why")).to_be_visible()
    expect(max_.get_by_role("button", name="Newest first")).to_have_attribute(
        "aria-pressed", "true"
    )

    select(lea, "early bird")
    expect(crew.row(max_, "early bird")).to_contain_text("Léa")  # who reads it
    lea.keyboard.press("x")
    select(lea, "Do you write")
    lea.keyboard.press("x")
    lea.keyboard.press("g")
    for desk in (lea, max_):
        expect(crew.rows(desk)).to_have_count(2)
        expect(crew.row(desk, "morning").get_by_title("3 people ask it")).to_be_visible()

    select(lea, "What did you read")
    select(max_, "morning")
    max_.keyboard.press("y")
    expect(crew.row(lea, "morning")).to_contain_text("1 of 2: Max")
    select(max_, "morning")
    max_.keyboard.press("y")
    expect(max_.get_by_text("somebody else has to approve it too").first).to_be_visible()
    select(lea, "morning")
    lea.keyboard.press("y")
    expect(crew.rows(lea)).to_have_count(1)

    choose(lea, "Approved")
    select(lea, "morning")
    lea.keyboard.press("e")
    lea.get_by_label("The words for air").fill("Do you write in the mornings?")
    lea.keyboard.press("Control+Enter")
    expect(lea.get_by_label("The words for air")).to_have_count(0)
    expect(lea.get_by_role("dialog").get_by_text("As its author wrote it:")).to_be_visible()
    lea.keyboard.press("Escape")
    # Other words wait for both again, and U takes them back.
    expect(crew.rows(lea)).to_have_count(0)
    lea.keyboard.press("u")
    expect(crew.rows(lea)).to_have_count(1)
