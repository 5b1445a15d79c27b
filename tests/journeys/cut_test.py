"""The network between the house and all of its screens is cut: each says so, and each recovers.

A cut without a word, as of a switch that lost its power: what is open hears nothing more, and stays
dead when the network is back. It lasts until every screen has said that what it shows is old, which
is what their time-outs are for: 25 s after the last word. A longer one would show nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.camera import film
from tests.journeys import crew
from tests.journeys.studio import Studio, open_studio
from tests.journeys.watch import Watch
from tests.running import House, running_house
from tests.sending import Page as Sender
from tests.sending import Relay, relay

pytestmark = pytest.mark.journey

OpenBrowser = Callable[..., Page]
BEFORE, MEANWHILE = "Vous écrivez le matin ?", "Qui vous a appris à nager ?"
SAYS_SO_MS = 40_000  # 25 s are promised
RECOVERS_MS = 30_000  # a dead connection that is tried again is given up after 8 s
# The house closes connections by which nothing comes for 5 s. A browser that is cut off before,
# just after it loaded a page, has half a dozen of them and tries one after the other.
IDLE_S = 7.0
PLACE = "(video) => video.currentTime"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with running_house(tmp_path / "room", "--no-rehearsal", BLUEROOM_RTMP="off") as house:
        yield house


@pytest.fixture
def network(house: House) -> Iterator[Relay]:
    """What is between every screen and the house."""
    with relay(house.port) as network:
        yield network


@pytest.fixture
def studio(house: House) -> Iterator[Studio]:
    """A session on air, with a question and a camera on the videos wall."""
    sender = None
    with house.client() as api:
        studio = open_studio(house, api)
        api.post(f"/sessions/{studio.slug}/start").raise_for_status()
        hand_in(studio, BEFORE, "Lyon")
        feed = studio.feed("Inès")
        api.patch(f"/feeds/{feed.id}", json={"is_on_wall": True}).raise_for_status()
        sender = Sender(feed.page_url, film("webm", seconds=180, fps=10, size=(160, 120)))
        sender.start()
        yield studio
        sender.leave()


def hand_in(studio: Studio, text: str, place: str) -> None:
    """A post from there, and its question on air."""
    author = {"id": place, "name": "Zoé", "place": place}
    at = "2026-11-26T20:00:00Z"
    post = {"network": "sms", "id": place, "text": text, "published_at": at, "author": author}
    path = f"/sessions/{studio.slug}"
    studio.api.post(f"{path}/posts", json=[post]).raise_for_status()
    found = crew.within(
        15, lambda: studio.api.get(f"{path}/questions", params={"q": text}).json()["items"]
    )
    for verb in ("approve", "air"):
        studio.api.post(f"/questions/{found[0]['id']}/{verb}").raise_for_status()


@pytest.fixture
def screens(
    house: House, network: Relay, studio: Studio, open_browser: OpenBrowser
) -> dict[str, Page]:
    """One of each kind, in French."""
    links: Any = studio.api.get(f"/sessions/{studio.slug}").json()["links"]

    def open_screen(address: str, size: dict[str, int] = crew.WALL) -> Page:
        page = open_browser(size)
        page.goto(address.replace(f":{house.port}/", f":{network.port}/"))
        return page

    desk = open_browser(crew.DESK)
    crew.come_in(desk, house.owner_link.replace(f":{house.port}/", f":{network.port}/"), "Jo")
    inside = {"desk": desk} | {name: desk.context.new_page() for name in ("remote", "studio")}
    paths = {"desk": "desk/{}/", "remote": "remote/{}/", "studio": "sessions/{}/studio/"}
    for name, page in inside.items():
        page.goto(f"http://127.0.0.1:{network.port}/{paths[name].format(studio.slug)}")
    return inside | {
        "questions wall": open_screen(links["wall_questions"]),
        "videos wall": open_screen(links["wall_videos"]),
        "heat wall": open_screen(links["wall_heat"]),
        "overlay": open_screen(links["wall_questions"].replace("/w/", "/o/")),
        "phone": open_screen(links["phone"], crew.PHONE),
        "prompter": open_screen(links["prompter"], {"width": 1180, "height": 820}),
    }


def on_air(screens: dict[str, Page]) -> dict[str, Locator]:
    """Where each screen shows the question on air; the map shows where posts came from."""
    places = {
        "desk": "section.air",
        "remote": ".card.air",
        "studio": "section.question",
        "questions wall": ".scene:not([inert]) article .say",
        "videos wall": ".wall",
        "heat wall": ".towns",
        "overlay": "div.overlay",
        "phone": "section.now",
        "prompter": ".question .scene:not([inert])",
    }
    return {name: screens[name].locator(place) for name, place in places.items()}


def expect_all(screens: dict[str, Page], text: str, town: str) -> None:
    for name, place in on_air(screens).items():
        expect(place).to_contain_text(town if name == "heat wall" else text, timeout=RECOVERS_MS)
    video = screens["videos wall"].locator("li.tile:not([inert]) video")
    expect(video).to_have_count(1, timeout=RECOVERS_MS)
    began_s = video.evaluate(PLACE)
    crew.within(30, lambda: video.evaluate(PLACE) > began_s + 1)


def test_every_screen_recovers_from_a_cut_and_shows_what_changed(
    studio: Studio, network: Relay, screens: dict[str, Page], watch: Watch
) -> None:
    # What a player hears of a stream that has only begun, and everybody of a network that is away.
    watch.foreseen += ["ERR_", "status of 404", "status of 503"]
    expect_all(screens, BEFORE, "Lyon")
    screens["prompter"].wait_for_timeout(IDLE_S * 1000)

    network.go_away()
    hand_in(studio, MEANWHILE, "Nantes")
    for name, page in screens.items():
        if name == "overlay":  # rather nothing than what is old
            expect(page.locator("div.overlay")).not_to_contain_text(BEFORE, timeout=SAYS_SO_MS)
        elif name == "prompter":
            lost = page.get_by_text("Liaison perdue, état d’il y a")
            expect(lost).to_be_visible(timeout=SAYS_SO_MS)
        else:
            expect(page.locator(".age span").first).to_be_visible(timeout=SAYS_SO_MS)
    expect(screens["questions wall"].locator("article .say").first).to_contain_text(BEFORE)

    network.come_back()
    expect_all(screens, MEANWHILE, "Nantes")
    for page in screens.values():
        expect(page.locator(".age span")).to_have_count(0)
    expect(screens["prompter"].get_by_text("Liaison perdue")).to_have_count(0)
