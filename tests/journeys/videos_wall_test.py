"""The videos wall in a real browser and the real program: cameras come, go on air and leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.camera import film
from tests.journeys import crew
from tests.journeys.barriers import barriers, needs_axe
from tests.journeys.studio import POST, Feed, Studio, open_studio
from tests.journeys.watch import Watch
from tests.running import House, running_house
from tests.sending import Encoder, relay
from tests.sending import Page as Sender

pytestmark = pytest.mark.journey

LEAVES_MS = 12_000  # it takes one to three seconds; the rest is for a busy machine
SENT_S = 180.0  # longer than any journey here, on a slow machine too
OpenBrowser = Callable[..., Page]
LONG_NAME = "Marie-Charlotte Vandenbroucke-Lapeyrère de Saint-Exupéry et Montmorency"
LONG_QUESTION = (
    "Vous qui chantez depuis trente ans dans des salles de toutes les tailles, du café du port "
    "jusqu’aux stades, qu’entendez-vous encore du public quand la lumière vous aveugle et que "
    "l’orchestre couvre presque tout, jusqu’à votre voix, le soir de la toute première ?"
)


@pytest.fixture(scope="module")
def upright() -> list[bytes]:
    """What a phone held upright sends, as a browser records it."""
    return film("webm", seconds=SENT_S, fps=10, size=(180, 320))


@pytest.fixture(scope="module")
def encoded() -> list[bytes]:
    """What an encoder sends."""
    return film("flv", seconds=SENT_S, fps=10, sound="aac")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    folder = tmp_path / "room"
    with running_house(folder, "--no-rehearsal", BLUEROOM_RTMP="127.0.0.1:0") as house:
        yield house


@pytest.fixture
def studio(house: House) -> Iterator[Studio]:
    """A session on air."""
    with house.client() as api:
        studio = open_studio(house, api)
        api.post(f"/sessions/{studio.slug}/start").raise_for_status()
        yield studio


@pytest.fixture
def wall(studio: Studio, open_browser: OpenBrowser, watch: Watch) -> Page:
    """The television."""
    # What a player hears of a stream that has not begun, or whose server is away.
    watch.foreseen += ["status of 404", "status of 503", "ERR_CONNECTION_REFUSED", "status of 410"]
    page = open_browser(crew.WALL)
    page.goto(link(studio))
    return page


def link(studio: Studio) -> str:
    """A new address of the videos wall."""
    plan = {"screen": "wall_videos"}
    made = studio.api.post(f"/sessions/{studio.slug}/links", json=plan).raise_for_status().json()
    return str(made["url"])


def put_on_wall(studio: Studio, feed: Feed, is_on: bool = True) -> None:
    body = {"is_on_wall": is_on}
    studio.api.patch(f"/feeds/{feed.id}", json=body).raise_for_status()


def step(studio: Studio, feed: Feed, verb: str) -> None:
    studio.api.post(f"/feeds/{feed.id}/{verb}").raise_for_status()


def ask(studio: Studio, text: str) -> None:
    """A question that is on air."""
    post = POST | {"id": "asked", "text": text, "author": {"id": "zoe", "name": LONG_NAME}}
    studio.api.post(f"/sessions/{studio.slug}/posts", json=[post]).raise_for_status()
    path = f"/sessions/{studio.slug}/questions"
    found = crew.within(15, lambda: studio.api.get(path).json()["items"])
    for verb in ("approve", "air"):
        studio.api.post(f"/questions/{found[0]['id']}/{verb}").raise_for_status()


def tile(wall: Page, name: str) -> Locator:
    """A camera that is seen; one whose picture stands still is inert."""
    return wall.locator("li.tile:not([inert])").filter(has_text=name)


def expect_to_play(video: Locator) -> None:
    """Until it moved on for a second."""
    place = "(video) => video.currentTime"
    crew.within(20, lambda: video.evaluate(place) > 0)
    began_s = video.evaluate(place)
    crew.within(15, lambda: video.evaluate(place) > began_s + 1)


def heard(wall: Page) -> list[str]:
    """The names of what can be heard."""
    return wall.eval_on_selector_all(
        "video", "(all) => all.filter((one) => !one.muted).map((one) => one.ariaLabel)"
    )


def area(place: Locator) -> float:
    box = place.bounding_box()
    assert box
    return box["width"] * box["height"]


def stays_inside(wall: Page) -> list[str]:
    """What of the words is cut off by the screen's edge."""
    found: list[str] = wall.evaluate(
        """() => [...document.querySelectorAll('h1, h2, p, b, footer, .tile, article')]
             .filter((one) => !one.closest('.sr, [inert]'))
             .map((one) => [one.className, one.getBoundingClientRect()])
             .filter(([, { left, top, right, bottom }]) =>
               left < -4 || top < -4 || right > innerWidth + 4 || bottom > innerHeight + 4)
             .map(([name, box]) => `${name} ${JSON.stringify(box)}`)"""
    )
    return found


@pytest.fixture
def ana(studio: Studio, upright: list[bytes]) -> Iterator[Feed]:
    """A fan who sends from a phone held upright, and is ready."""
    feed = studio.feed(LONG_NAME, "fan")
    step(studio, feed, "admit")
    sender = Sender(feed.page_url, upright)
    sender.start()
    yield feed
    sender.leave()


@pytest.fixture
def guest(studio: Studio, encoded: list[bytes]) -> Iterator[Feed]:
    """The guest's camera, by an encoder."""
    feed = studio.feed("Inès")
    encoder = Encoder(feed.rtmp_url, feed.stream_key, encoded).start()
    yield feed
    encoder.stop()


def test_cameras_come_go_on_air_and_leave(
    studio: Studio, wall: Page, ana: Feed, guest: Feed
) -> None:
    expect(wall.get_by_role("heading", name="face caméra")).to_be_visible()

    put_on_wall(studio, guest)
    put_on_wall(studio, ana)
    for name in ("Inès", LONG_NAME):
        expect(tile(wall, name)).to_be_visible()
        expect_to_play(tile(wall, name).locator("video"))
    assert heard(wall) == []

    studio.go_live(ana)
    expect(tile(wall, LONG_NAME)).to_contain_text("À l’antenne")
    expect(tile(wall, "Inès")).not_to_contain_text("À l’antenne")
    crew.within(5, lambda: area(tile(wall, LONG_NAME)) > 1.5 * area(tile(wall, "Inès")))

    wall.keyboard.press("m")
    assert heard(wall) == [f"Image en direct\u00a0: {LONG_NAME}"]
    studio.go_live(guest)
    crew.within(5, lambda: heard(wall) == ["Image en direct\u00a0: Inès"])
    wall.mouse.click(700, 500)
    assert heard(wall) == []

    step(studio, ana, "refuse")
    expect(tile(wall, LONG_NAME)).to_have_count(0, timeout=LEAVES_MS)
    put_on_wall(studio, guest, False)
    expect(wall.locator("li.tile")).to_have_count(0, timeout=LEAVES_MS)
    expect_to_play(wall.locator("video"))
    assert wall.locator("video").evaluate("(one) => one.muted")
    studio.api.post(f"/sessions/{studio.slug}/programme/stop").raise_for_status()
    expect(wall.get_by_role("heading", name="face caméra")).to_be_visible()
    expect(wall.locator("video")).to_have_count(0)


def test_a_camera_that_falls_silent_leaves_and_comes_back_by_itself(
    house: House, studio: Studio, wall: Page, upright: list[bytes]
) -> None:
    feed = studio.feed("Léo", "fan")
    step(studio, feed, "admit")
    put_on_wall(studio, feed)
    with relay(house.port) as network:
        sender = Sender(feed.page_url, upright, port=network.port)
        sender.start()
        expect_to_play(tile(wall, "Léo").locator("video"))
        wall.wait_for_timeout(3_000)  # players that have only just begun are given more time

        network.go_away()  # nobody tells the house that it is gone
        expect(tile(wall, "Léo")).to_have_count(0, timeout=LEAVES_MS)
        expect(wall.get_by_role("heading", name="face caméra")).to_be_visible()

        sender.leave()
        network.come_back()
        sender.start(take_over=True)
        expect(tile(wall, "Léo")).to_be_visible()
        expect_to_play(tile(wall, "Léo").locator("video"))
        sender.leave()


def test_the_wall_recovers_when_the_house_starts_again(
    house: House, studio: Studio, wall: Page, watch: Watch, upright: list[bytes]
) -> None:
    watch.foreseen.append("status of 500")  # to who waits for a part as the house ends
    feed = studio.feed("Inès")
    put_on_wall(studio, feed)
    first = Sender(feed.page_url, upright)
    first.start()
    expect_to_play(tile(wall, "Inès").locator("video"))

    house.stop()
    first.leave()
    expect(tile(wall, "Inès")).to_have_count(0)
    house.start()
    second = Sender(feed.page_url, upright, recorder="second")
    second.start()

    expect(tile(wall, "Inès")).to_be_visible(timeout=20_000)
    expect_to_play(tile(wall, "Inès").locator("video"))
    expect(wall.locator(".age")).to_have_count(0)
    second.leave()


def test_a_wall_whose_address_was_withdrawn_shows_nobody(
    studio: Studio, wall: Page, guest: Feed
) -> None:
    put_on_wall(studio, guest)
    expect_to_play(tile(wall, "Inès").locator("video"))
    links = studio.api.get(f"/sessions/{studio.slug}/links").json()
    mine = next(one for one in links if urlsplit(one["url"]).path in wall.url)

    studio.api.post(f"/links/{mine['id']}/revoke").raise_for_status()

    expect(wall.get_by_role("heading", name="Cet écran est détaché")).to_be_visible()
    expect(wall.locator("video")).to_have_count(0)


@needs_axe
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("air", ["on", "off"])
def test_each_scene_can_be_read_by_all(
    studio: Studio, wall: Page, guest: Feed, ana: Feed, language: str, air: str
) -> None:
    wall.goto(f"{wall.url}?lang={language}&air={air}&calm")
    expect(wall.get_by_role("heading", level=1)).to_be_visible()
    found = {"invite": (barriers(wall), stays_inside(wall))}

    ask(studio, LONG_QUESTION)
    crew.within(20, lambda: studio.line(guest)["way"])
    studio.go_live(guest)
    expect(wall.locator("article .say")).to_contain_text("la toute première")
    expect_to_play(wall.locator("video"))
    found["single"] = (barriers(wall), stays_inside(wall))

    put_on_wall(studio, guest)
    put_on_wall(studio, ana)
    expect_to_play(tile(wall, LONG_NAME).locator("video"))
    expect(wall.locator("footer")).to_contain_text("Vous qui chantez")
    found["mosaic"] = (barriers(wall), stays_inside(wall))

    assert found == dict.fromkeys(("invite", "single", "mosaic"), ([], []))
