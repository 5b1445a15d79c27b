"""A guest answers with a picture: from the desk to the phone of who asked, and away again."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from tests.journeys import crew
from tests.journeys.watch import Watch
from tests.running import House, running_house

pytestmark = pytest.mark.journey

ASKED = "Vous dessinez encore ? 🎨"
GUEST = "Inès Carat"
ALT = "Un carnet ouvert, la mer au fusain"
LOADED = "(image) => image.complete && image.naturalWidth > 0"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with running_house(tmp_path / "room", "--no-rehearsal", BLUEROOM_RTMP="off") as house:
        yield house


def large_png() -> FilePayload:
    """Larger than the server takes, in bytes."""
    written = io.BytesIO()
    Image.effect_noise((3600, 2400), 120).convert("RGB").save(written, "PNG")
    assert written.tell() > 12_000_000
    return {"name": "croquis.png", "mimeType": "image/png", "buffer": written.getvalue()}


def test_a_picture_answers_on_the_phone_and_is_taken_away(
    house: House, open_browser: Callable[..., Page], watch: Watch
) -> None:
    watch.foreseen += ["status of 422", "status of 404"]
    desk, fan = open_browser(crew.DESK, crew.ENGLISH), open_browser(crew.PHONE)
    crew.come_in(desk, house.owner_link, "Jo")
    with house.client() as client:
        slug = str(crew.plan(client)["slug"])
        fan.goto(f"{house.url}/s/{slug}/")
        fan.get_by_label("Votre question").fill(ASKED)
        fan.get_by_role("button", name="Envoyer").click()
        desk.goto(f"{house.url}/desk/{slug}/")
        expect(crew.row(desk, "Vous dessinez encore")).to_be_visible()
        desk.keyboard.press("j")
        desk.keyboard.press("y")
        desk.get_by_role("navigation", name="Lists").get_by_role("button", name="Approved").click()
        desk.keyboard.press("j")
        desk.keyboard.press("Enter")
        answer = desk.get_by_role("group", name="A picture as the answer")

        # What is none is refused before it is sent, and a large one made smaller.
        pick = answer.locator("input[type=file]")
        pick.set_input_files({"name": "a.png", "mimeType": "image/heic", "buffer": b"nothing"})
        expect(answer.get_by_role("alert")).to_contain_text("cannot be read")
        pick.set_input_files(large_png())
        shows = answer.get_by_label("What it shows")
        expect(shows).to_have_value(re.compile(f"{GUEST} answers “Vous dessinez encore.+” with"))
        shows.fill("  ")
        expect(answer.get_by_role("button", name="Add the picture")).to_be_disabled()
        shows.fill(ALT)
        answer.get_by_role("button", name="Add the picture").click()
        picture = answer.get_by_role("img", name=ALT)
        expect(picture).to_be_visible()
        expect(answer).to_contain_text("For the crew only")
        path = picture.get_attribute("src")
        assert fan.request.get(f"{house.url}{path}").status == 404
        expect(fan.get_by_role("img", name=ALT)).to_have_count(0)

        # Marked as answered it is the public's.
        desk.get_by_label(f"{GUEST}’s answer").fill("Tous les matins.")
        desk.get_by_role("button", name="Mark as answered").click()
        expect(answer).to_contain_text("On the phone page")
        shown = fan.get_by_role("region", name="Répondues").get_by_role("img", name=ALT)
        expect(shown).to_be_visible(timeout=crew.SOON_MS)
        shown.scroll_into_view_if_needed()
        fan.wait_for_function(LOADED, arg=shown.element_handle())
        box = shown.bounding_box()
        assert box
        assert box["width"] / box["height"] == pytest.approx(1.5, abs=0.02)
        own = fan.get_by_role("region", name="Vos questions").get_by_role("img", name=ALT)
        expect(own).to_be_visible(timeout=crew.SOON_MS)
        reply = desk.get_by_role("region", name="The reply that goes out")
        expect(reply).to_contain_text("shows the picture by itself")
        answer.get_by_label("What it shows").fill("La mer, au fusain")
        answer.get_by_role("button", name="Keep the description").click()
        expect(fan.get_by_role("img", name="La mer, au fusain").first).to_be_visible()

        answer.get_by_role("button", name="Remove").click()
        answer.get_by_role("button", name="Delete it").click()
        expect(answer.get_by_role("img")).to_have_count(0)
        expect(fan.get_by_role("img", name="La mer, au fusain")).to_have_count(0)
        assert fan.request.get(f"{house.url}{path}").status == 404
        assert list((house.data / "pictures").iterdir()) == []


PASTE = """async () => {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [600, 900];
  const picture = await new Promise((done) => canvas.toBlob(done, 'image/png'));
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([picture], 'a.png', { type: 'image/png' }));
  window.dispatchEvent(new ClipboardEvent('paste', { clipboardData, cancelable: true }));
}"""


def test_a_picture_goes_out_with_the_reply(
    house: House, open_browser: Callable[..., Page], watch: Watch
) -> None:
    desk = open_browser(crew.DESK, crew.ENGLISH)
    crew.come_in(desk, house.owner_link, "Jo")
    with house.client() as client:
        slug = str(crew.plan(client)["slug"])
        post = {
            "network": "rehearsal",
            "id": "1",
            "text": ASKED,
            "published_at": "2026-11-26T20:00:00Z",
            "author": {"id": "zoe", "name": "Zoé"},
        }
        client.post(f"/sessions/{slug}/posts", json=[post]).raise_for_status()
        questions = f"/sessions/{slug}/questions"
        (asked,) = crew.within(10, lambda: client.get(questions).json()["items"])
        client.post(f"/questions/{asked['id']}/approve").raise_for_status()
        answer_url = f"/questions/{asked['id']}/answer"
        client.post(answer_url, json={"text": "Tous les matins."}).raise_for_status()
        desk.goto(f"{house.url}/desk/{slug}/")
        desk.get_by_role("navigation", name="Lists").get_by_role("button", name="All").click()
        expect(crew.row(desk, "Vous dessinez encore")).to_be_visible()
        desk.keyboard.press("j")
        desk.keyboard.press("Enter")
        reply = desk.get_by_role("region", name="The reply that goes out")
        expect(reply).to_contain_text("Tous les matins.")
        answer = desk.get_by_role("group", name="A picture as the answer")

        desk.evaluate(PASTE)
        answer.get_by_label("What it shows").fill(ALT)
        answer.get_by_role("button", name="Add the picture").click()

        way = reply.get_by_role("radio", name="With the picture")
        expect(way).to_be_checked()
        expect(reply.locator("figure")).to_contain_text(ALT)
        expect(reply.get_by_label("Description of the picture")).to_have_value(ALT)
        reply.get_by_role("radio", name="With a link").check()
        expect(reply.locator("figure")).to_contain_text(f"/s/{slug}/")
        way.check()
        expect(reply.locator("figure")).to_contain_text(ALT)
        desk.get_by_role("button", name="Publish the reply").click()
        expect(reply.get_by_role("status").first).to_have_text("Published")
