"""The whole loop in browsers: a guest's camera goes live, an answer is marked, its clip is on its
page and lies, as a video, under the asker's post on a real Bluesky server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserType, Page, expect

from tests.atproto.person import Person
from tests.atproto.server import Network
from tests.journeys import crew
from tests.journeys.watch import TELL_VIOLATIONS, Watch
from tests.running import House, running_house

pytestmark = pytest.mark.journey

CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
LIVE_MS = 30_000
SHARED_MS = 120_000  # two renderings of a few seconds, on a busy machine
PLAYS = "(video) => video.readyState >= 2 && video.currentTime > 0.2 && !video.error"
# A playlist that is not there yet, or a piece that was let go, is a 404 that players expect.
PLAY = "(video) => { video.muted = true; return video.play(); }"
FORESEEN = ["status of 404", "was preloaded", "AudioContext"]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with running_house(
        tmp_path / "room",
        "--no-rehearsal",
        BLUEROOM_OUTBOUND_ALLOW="127.0.0.1,localhost",
        BLUEROOM_RTMP="127.0.0.1:0",
    ) as house:
        yield house


@pytest.fixture
def camera(
    browser_type: BrowserType, browser_type_launch_args: dict[str, object], watch: Watch
) -> Iterator[Browser]:
    """A browser with a camera and a microphone that are Chromium's own."""
    words = dict(browser_type_launch_args)
    words["args"] = [*list(words.get("args", [])), *CAMERA]  # type: ignore[call-overload]
    browser = browser_type.launch(**words)  # type: ignore[arg-type]
    yield browser
    browser.close()


@pytest.fixture
def guest(camera: Browser, watch: Watch) -> Page:
    """The guest's laptop, in English."""
    context = camera.new_context(locale=crew.ENGLISH, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(LIVE_MS)
    context.add_init_script(TELL_VIOLATIONS)
    watch.over(context)
    return context.new_page()


@pytest.fixture
def producer(house: House, open_browser: Callable[..., Page], watch: Watch) -> Page:
    watch.foreseen += FORESEEN
    page = open_browser(crew.DESK, crew.ENGLISH)
    crew.come_in(page, house.owner_link, "Jo")
    return page


def send_from(guest: Page, house: House, client: httpx.Client, slug: str, name: str) -> int:
    """The guest opens the page of a new feed, looks at their picture, and is ready."""
    feed = client.post(f"/sessions/{slug}/feeds", json={"kind": "guest", "name": name}).json()
    address = client.get(f"/feeds/{feed['id']}/addresses").json()["page_url"]
    guest.goto(address)
    # A browser that gives its camera unasked needs no button for it.
    ready = guest.get_by_role("button", name="I am ready")
    ready.or_(guest.get_by_role("button", name="Turn on camera and microphone")).first.wait_for()
    if not ready.is_visible():
        guest.get_by_role("button", name="Turn on camera and microphone").click()
    expect(ready).to_be_enabled(timeout=LIVE_MS)
    ready.click()
    expect(guest.get_by_text("The crew sees and hears you")).to_be_visible(timeout=LIVE_MS)
    return int(feed["id"])


def plays(page: Page, selector: str = "video") -> None:
    """Wait until the picture moves."""
    handle = page.locator(selector).first.element_handle(timeout=LIVE_MS)
    page.wait_for_function(PLAYS, arg=handle, timeout=LIVE_MS)


def open_question(client: httpx.Client, slug: str, text: str) -> int:
    """A question that is approved and on air; its id."""
    post = {
        "network": "sms",
        "id": text,
        "text": text,
        "published_at": "2026-11-23T10:00:00Z",
        "author": {"id": "zoe", "name": "Zoé"},
    }
    client.post(f"/sessions/{slug}/posts", json=[post]).raise_for_status()
    found = crew.within(10, lambda: client.get(f"/sessions/{slug}/questions").json()["items"])
    number = int(found[0]["id"])
    client.post(f"/questions/{number}/approve").raise_for_status()
    client.post(f"/questions/{number}/air").raise_for_status()
    return number


def test_a_guest_goes_live_and_the_answer_is_a_clip(
    house: House, producer: Page, guest: Page, open_browser: Callable[..., Page]
) -> None:
    with house.client() as client:
        slug = str(crew.plan(client)["slug"])
        send_from(guest, house, client, slug, "Inès")
        number = open_question(client, slug, "Vous écrivez le matin ou le soir ?")

        studio = producer
        studio.goto(f"{house.url}/sessions/{slug}/studio/")
        expect(studio.get_by_role("region", name="Question on air")).to_contain_text("le matin")
        phone = open_browser(crew.PHONE, crew.ENGLISH)
        phone.goto(f"{house.url}/s/{slug}/")
        expect(phone.locator("video")).to_have_count(0)  # nothing is public before somebody says so

        studio.keyboard.press("l")
        studio.get_by_role("dialog").get_by_role("button", name="Go live").click()
        programme = studio.get_by_role("region", name="Programme")
        expect(programme.get_by_role("status").first).to_contain_text("Live")
        expect(guest.get_by_text("On air", exact=True).first).to_be_visible()
        plays(phone)
        expect(phone.get_by_text("Vous écrivez le matin ou le soir ?").first).to_be_visible()

        # The programme has to have been out for a moment: what nobody saw is not public by itself.
        crew.within(20, lambda: _shown_s(house, client, slug) > 3)
        studio.keyboard.press("i")
        expect(studio.get_by_text("Answer running")).to_be_attached()
        studio.wait_for_timeout(6_000)
        studio.keyboard.press("o")
        link = studio.get_by_role("link", name="See the clip")
        expect(link).to_be_visible(timeout=LIVE_MS)

        # It is public as soon as the house has heard that the public saw all of it.
        page = f"{house.url}{link.get_attribute('href')}"
        crew.within(20, lambda: httpx.get(page).status_code == 200)
        clip = open_browser(crew.PHONE, crew.ENGLISH)  # of somebody who never logged in
        clip.goto(page)
        expect(clip.get_by_text("Vous écrivez le matin ou le soir ?").first).to_be_visible()
        clip.locator("video").first.evaluate(PLAY)
        plays(clip)
        length_s = clip.locator("video").first.evaluate("(video) => video.duration")
        assert 4 < length_s < 9

        client.post(f"/questions/{number}/answer", json={"text": "Le soir."}).raise_for_status()
        live, answered = phone.locator("video"), phone.get_by_role("region", name="Answered")
        live.evaluate("(video) => { video.muted = false; }")
        answered.get_by_role("link", name="Watch the answer").click()
        inside = answered.frame_locator("iframe").locator("video")
        crew.within(LIVE_MS / 1000, lambda: inside.evaluate(PLAYS))
        assert live.evaluate("(video) => video.muted")  # one sound at a time

        studio.keyboard.press("s")
        expect(guest.get_by_text("The slate is on")).to_be_visible()
        studio.keyboard.press("x")
        studio.get_by_role("dialog").get_by_role("button", name="Stop").click()
        expect(phone.locator("video")).to_have_count(0, timeout=LIVE_MS)


def _has_public_clip(client: httpx.Client, number: int) -> bool:
    clip = client.get(f"/questions/{number}/reply").json()["clip"]
    return bool(clip) and clip["state"] != "private"


def _shown_s(house: House, client: httpx.Client, slug: str) -> float:
    """For how long the programme's playlist has shown the feed."""
    hls = client.get(f"/sessions/{slug}/studio").json()["programme"]["hls"]
    answer = httpx.get(f"{house.url}{hls}")
    if answer.status_code != 200:
        return 0.0
    lines = answer.text.split("#EXT-X-DISCONTINUITY\n")[-1].splitlines()
    return sum(float(line[8:].rstrip(",")) for line in lines if line.startswith("#EXTINF:"))


def test_a_camera_that_goes_away_is_covered_and_comes_back(
    house: House, producer: Page, guest: Page, open_browser: Callable[..., Page]
) -> None:
    with house.client() as client:
        slug = str(crew.plan(client)["slug"])
        feed_id = send_from(guest, house, client, slug, "Inès")
        client.post(
            f"/sessions/{slug}/programme/live", json={"feed_id": feed_id}
        ).raise_for_status()
        phone = open_browser(crew.PHONE, crew.ENGLISH)
        phone.goto(f"{house.url}/s/{slug}/")
        plays(phone)
        crew.within(20, lambda: _shown_s(house, client, slug) > 3)
        hls = client.get(f"/sessions/{slug}/studio").json()["programme"]["hls"]
        breaks = _breaks(house, hls)

        guest.context.set_offline(True)
        crew.within(15, lambda: _breaks(house, hls) > breaks)  # the slate, in the stream itself
        guest.context.set_offline(False)
        crew.within(30, lambda: _breaks(house, hls) > breaks + 1)  # and the camera again
        plays(phone)
        expect(guest.get_by_text("On air", exact=True).first).to_be_visible()


def _breaks(house: House, hls: str) -> int:
    """How many discontinuities the programme has had."""
    text = httpx.get(f"{house.url}{hls}").text
    before = int(text.split("#EXT-X-DISCONTINUITY-SEQUENCE:")[1].split("\n")[0])
    return before + text.count("#EXT-X-DISCONTINUITY\n")


@pytest.mark.pds
def test_the_answer_goes_back_to_the_asker_as_a_video(
    house: House,
    producer: Page,
    guest: Page,
    person: Callable[..., Person],
    atproto: Network,
    watch: Watch,
) -> None:
    fan, account = person("zoe", display_name="Zoé"), person("room", display_name="The room")
    crew.keep_bluesky_account(producer, house.url, atproto, account.handle, account.password)
    with house.client() as client:
        slug = str(crew.plan(client, is_heard=True, hashtags=["AskInes"])["slug"])
        send_from(guest, house, client, slug, "Inès")
        client.post(f"/sessions/{slug}/programme/live").raise_for_status()
        desk = producer
        desk.goto(f"{house.url}/desk/{slug}/")
        crew.wait_for_bluesky(desk)
        asked = fan.post("Quel disque vous a fait pleurer ? #AskInes")
        expect(crew.row(desk, "Quel disque")).to_be_visible()
        number = client.get(f"/sessions/{slug}/questions").json()["items"][0]["id"]
        for verb in ("approve", "air"):
            client.post(f"/questions/{number}/{verb}").raise_for_status()
        crew.within(30, lambda: _shown_s(house, client, slug) > 3)
        client.post(f"/questions/{number}/answers/in").raise_for_status()
        desk.wait_for_timeout(5_000)
        client.post(f"/questions/{number}/answers/out").raise_for_status()
        client.post(
            f"/questions/{number}/answer", json={"text": "« Nebraska »."}
        ).raise_for_status()
        crew.within(60, lambda: _has_public_clip(client, number), every_s=0.3)

        sent = client.post(f"/questions/{number}/reply", json={"media": "video"})
        assert sent.status_code == 202, sent.text
        crew.within(
            SHARED_MS / 1000,
            lambda: client.get(f"/questions/{number}/reply").json()["state"] == "sent",
            every_s=0.5,
        )

        (published,) = account.posts()
        assert published["value"]["reply"] == {"parent": asked.ref, "root": asked.ref}
        assert published["value"]["embed"]["$type"] == "app.bsky.embed.video"
        assert published["value"]["embed"]["video"]["mimeType"] == "video/mp4"
        assert "/a/" in published["value"]["text"]
        again = client.post(f"/questions/{number}/reply", json={"media": "video"})
        assert again.json()["state"] == "sent"
        assert account.posts() == [published]
