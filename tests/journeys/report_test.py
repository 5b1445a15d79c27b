"""The report of a session in a real browser: while it runs, shared, and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import crew
from tests.journeys.barriers import barriers, needs_axe
from tests.running import House, running_house

pytestmark = pytest.mark.journey


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with running_house(tmp_path / "room", "--no-rehearsal") as house:
        yield house


@needs_axe
def test_report_leads_from_the_session_to_whom_it_is_shared_with(
    house: House, open_browser: Callable[..., Page]
) -> None:
    with house.client() as api:
        slug = crew.plan(api)["slug"]
        api.post(f"/sessions/{slug}/start").raise_for_status()
        for number, text in enumerate(("Vous écrivez le matin ?", "Who taught you to listen?")):
            post = {
                "network": "bluesky",
                "id": f"at://{number}",
                "author": {"id": f"did:{number}", "name": f"Ana {number}", "handle": "ana"},
                "text": text,
                "published_at": "2026-11-23T20:00:00Z",
            }
            api.post(f"/sessions/{slug}/posts", json=[post]).raise_for_status()
        found = crew.within(
            10, lambda: api.get(f"/sessions/{slug}/questions?order=oldest").json()["items"]
        )
        for verb in ("approve", "air"):
            api.post(f"/questions/{found[0]['id']}/{verb}").raise_for_status()
        answer = {"text": "Le matin."}
        api.post(f"/questions/{found[0]['id']}/answer", json=answer).raise_for_status()

    page = open_browser(crew.DESK)
    crew.come_in(page, house.owner_link, "Nora")
    page.goto(f"{house.url}/sessions/{slug}/")
    page.get_by_role("link", name="Bilan").click()
    answers = page.get_by_role("region", name="Ce qui a reçu une réponse")
    expect(answers).to_contain_text("Vous écrivez le matin")
    expect(page.get_by_role("button", name="Suivre les chiffres")).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("button", name="Créer une adresse").click()
    address = page.get_by_label("Adresse du bilan").input_value()

    phone = open_browser(crew.PHONE, crew.ENGLISH)
    phone.goto(address)
    shown = phone.get_by_role("region", name="What was answered")
    expect(shown).to_contain_text("Vous écrivez le matin")
    expect(phone.get_by_text(re.compile("Nora|Who taught you"))).to_have_count(0)
    assert phone.evaluate("document.documentElement.scrollWidth") <= crew.PHONE["width"]
    assert barriers(phone) == []
