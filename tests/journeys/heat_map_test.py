"""The heat map in a real browser and the real program: points come, are gone through, and leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys import crew
from tests.journeys.watch import Watch
from tests.running import House

pytestmark = pytest.mark.journey

OpenBrowser = Callable[..., Page]
BACKLOG = 400
# How many pixels of what moves on the map are not empty.
LIT = """(map) => {
  const { width, height } = map;
  const pen = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  pen.drawImage(map, 0, 0);
  const { data } = pen.getImageData(0, 0, width, height);
  let lit = 0;
  for (let i = 3; i < data.length; i += 4) lit += data[i] > 12;
  return lit;
}"""


def located(wall: Page) -> int:
    """How many posts the wall says are on the map."""
    said = wall.locator(".located").inner_text().replace("\u202f", "").replace("\u00a0", "")
    return int("".join(letter for letter in said.split()[0] if letter.isdigit()) or 0)


def glow(wall: Page) -> Locator:
    return wall.locator(".map canvas").nth(1)


def test_a_rehearsals_posts_are_points_and_can_be_gone_through(
    house: House, open_browser: OpenBrowser
) -> None:
    house.tool("rehearse", f"--backlog={BACKLOG}", "--rate=600", "--script=steady")
    with house.client() as api:
        session = api.get("/sessions").json()[0]
        wall = open_browser(crew.WALL)
        wall.goto(session["links"]["wall_heat"])

        before = crew.within(20, lambda: located(wall))
        crew.within(20, lambda: located(wall) > before)  # live
        came = api.get(f"/sessions/{session['slug']}/counts").json()["total"]
        assert located(wall) < came  # some state no place, some none that there is
    crew.within(10, lambda: glow(wall).evaluate(LIT) > 2_000)
    expect(wall.get_by_role("complementary")).to_contain_text("Ça parle d’où")

    wall.keyboard.press("Home")
    crew.within(10, lambda: located(wall) == 0)
    crew.within(5, lambda: glow(wall).evaluate(LIT) == 0)
    expect(wall.get_by_text("Revoir")).to_be_visible()
    wall.mouse.move(900, 500)
    wall.get_by_role("button", name="×120").click()
    crew.within(20, lambda: located(wall) > 0)
    wall.get_by_role("button", name="Pause").click()
    expect(wall.get_by_role("button", name="Lecture")).to_be_visible()
    wall.get_by_role("button", name="Monde").click()
    assert "frame=world" in wall.url
    wall.get_by_role("button", name="Direct").click()
    crew.within(10, lambda: located(wall) >= before)


def post(number: int, place: str, **more: Any) -> dict[str, Any]:
    author = {"id": f"a{number}", "name": f"Fan {number}", "place": place}
    at = "2026-11-20T20:00:00Z"
    kept = {"network": "api", "id": f"p{number}", "author": author, "published_at": at}
    return kept | {"text": "Et après ?"} | more


def test_what_is_deleted_corrected_or_withdrawn_leaves_the_map(
    house: House, open_browser: OpenBrowser, watch: Watch
) -> None:
    watch.foreseen += ["status of 410", "status of 403"]  # once the address was withdrawn
    with house.client() as api:
        session: Any = crew.plan(api)
        path = f"/sessions/{session['slug']}"
        api.post(f"{path}/posts", json=[post(1, "Lyon"), post(2, "Lyon"), post(3, "")])
        wall = open_browser(crew.WALL)
        wall.goto(session["links"]["wall_heat"])
        expect(wall.get_by_text("2 localisés sur 3")).to_be_visible()
        towns = wall.locator(".towns li")
        expect(towns).to_have_text(["Lyon 2"])

        found = api.get(f"{path}/questions").json()["items"]
        nantes = api.get(f"{path}/places", params={"q": "Nantes"}).json()[0]["code"]
        body = {"code": nantes}
        api.put(f"/questions/{found[0]['id']}/location", json=body).raise_for_status()
        expect(wall.locator(".towns")).to_contain_text("Nantes")

        api.post(f"{path}/posts", json=[post(2, "", deleted=True)]).raise_for_status()
        expect(wall.get_by_text("1 localisé sur 3")).to_be_visible()
        expect(towns).to_have_text(["Nantes 1"])

        links = api.get(f"{path}/links").json()
        mine = next(one for one in links if one["screen"] == "wall_heat")
        api.post(f"/links/{mine['id']}/revoke").raise_for_status()
        expect(wall.get_by_role("heading", name="Cet écran est détaché")).to_be_visible()
        expect(wall.locator(".map")).to_be_hidden()
