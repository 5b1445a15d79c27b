"""Videos from elsewhere in a real browser and the real program: added, looked at, shown, gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.elsewhere import Elsewhere, live_elsewhere
from tests.journeys import crew
from tests.journeys.barriers import barriers, needs_axe
from tests.journeys.watch import Watch
from tests.running import House, running_house

pytestmark = pytest.mark.journey

LASTS_S = 150  # longer than the journey, on a slow machine too
NAME = "Radio Tempête"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    with live_elsewhere(tmp_path_factory.mktemp("film"), LASTS_S) as elsewhere:
        yield elsewhere


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, elsewhere: Elsewhere) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("relays") / "room"
    with running_house(folder, "--no-rehearsal", BLUEROOM_OUTBOUND_ALLOW=elsewhere.host) as house:
        yield house


@pytest.fixture(scope="module")
def api(house: House) -> Iterator[httpx.Client]:
    with house.client() as api:
        yield api


def video_in(place: Locator) -> Locator:
    """The video in the frame there, once it has moved."""
    return place.frame_locator("iframe").locator("video.moves")


@needs_axe
def test_stream_from_elsewhere_is_added_plays_dies_and_leaves(
    house: House,
    api: httpx.Client,
    elsewhere: Elsewhere,
    open_browser: Callable[..., Page],
    watch: Watch,
) -> None:
    watch.foreseen += ["status of 404"]  # what its player hears once the stream is gone
    slug = crew.plan(api)["slug"]
    links = f"/sessions/{slug}/links"
    url = api.post(links, json={"screen": "wall_videos"}).raise_for_status().json()["url"]
    wall = open_browser(crew.WALL)
    wall.goto(url)
    remote = open_browser(crew.DESK)
    crew.come_in(remote, house.owner_link, "Léa")
    remote.goto(f"{house.url}/remote/{slug}/")

    remote.get_by_label("Adresse d’une vidéo").fill(f"{elsewhere.url}/live.m3u8")
    remote.get_by_label("Qui l’on voit").fill(NAME)
    remote.get_by_label("Où (facultatif)").fill("Brest")
    remote.get_by_role("button", name="Ajouter à la liste").click()
    line = remote.locator("li").filter(has_text=NAME)
    expect(line).to_contain_text("attend votre accord")
    assert wall.locator("li.tile").count() == 0

    line.get_by_role("button", name="Voir").click()
    expect(video_in(line)).to_have_count(1, timeout=20_000)
    line.get_by_role("button", name="Voir").click()

    line.get_by_role("button", name="Mettre sur le mur").click()
    tile = wall.locator("li.tile:not([inert])").filter(has_text="Brest")
    expect(video_in(tile)).to_have_count(1, timeout=20_000)
    expect(line).to_contain_text("sur le mur")
    assert barriers(remote) == []

    wall.keyboard.press("m")
    video = video_in(tile)
    assert video.evaluate("(video) => video.muted")
    line.get_by_role("button", name="Son").click()
    crew.within(5, lambda: not video.evaluate("(video) => video.muted"))

    elsewhere.is_gone = True
    expect(tile).to_have_count(0, timeout=20_000)
    expect(line).to_contain_text("Rien ne joue", timeout=30_000)
    expect(wall.locator("li.tile")).to_have_count(0, timeout=20_000)

    elsewhere.is_gone = False
    expect(video_in(tile)).to_have_count(1, timeout=40_000)
    line.get_by_role("button", name="Ôter du mur").click()
    expect(wall.locator("li.tile")).to_have_count(0)
