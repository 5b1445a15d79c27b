"""A hashtag on a real Bluesky server, a desk, a wall, and the answer under the fan's own post."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import regex
from playwright.sync_api import Page, expect

from tests.atproto.person import Person, Posted
from tests.atproto.server import Network
from tests.journeys import crew
from tests.journeys.watch import Watch
from tests.running import House, running_house

pytestmark = [pytest.mark.journey, pytest.mark.pds]

ASKED = "Quel disque vous a fait pleurer ? 🎧👨‍👩‍👧 #AskDavid"
REGRETTED = "Pourquoi avoir arrêté le piano ? #AskDavid"
PRECISELY = "Un disque de quelle année ? 🎧"
ANSWER = "« Nebraska », seul dans la voiture 🚗👨‍👩‍👧‍👦. Encore ce matin !"


@pytest.fixture
def house(atproto: Network, tmp_path: Path) -> Iterator[House]:
    """An empty room that may call this machine."""
    with running_house(
        tmp_path / "room", "--no-rehearsal", BLUEROOM_OUTBOUND_ALLOW="127.0.0.1,localhost"
    ) as house:
        yield house


@pytest.fixture
def fan(person: Callable[..., Person]) -> Person:
    return person("zoe", display_name="Zoé d’Arcy 🎸")


@pytest.fixture
def account(person: Callable[..., Person]) -> Person:
    return person("room", display_name="The room")


@pytest.fixture
def producer(house: House, open_browser: Callable[..., Page]) -> Page:
    """The owner's browser, in English, inside."""
    page = open_browser(crew.DESK, crew.ENGLISH)
    crew.come_in(page, house.owner_link, "Jo")
    return page


def plan_and_open(page: Page, house: House) -> str:
    """Plan a session in the one form and open it for questions; its slug."""
    page.goto(house.url)
    page.get_by_role("link", name="Plan a session").click()
    page.get_by_label("Guest").fill("David Guetta")
    page.get_by_label("Hashtag").fill("#AskDavid")
    page.get_by_role("button", name="Plan the session").click()
    page.get_by_role("button", name="Open for questions").click()
    expect(page.get_by_role("link", name="Go on air")).to_be_visible()
    return page.url.rstrip("/").rpartition("/")[2]


def open_wall(page: Page, wall: Page) -> None:
    """From the session's page of addresses."""
    address = page.get_by_label("Address: Questions wall").input_value()
    wall.goto(address)
    expect(wall.get_by_text("#AskDavid").first).to_be_visible()


def ask_back_and_take_it_back(desk: Page, account: Person, fan: Person, asked: Posted) -> None:
    """Of the first question of the list, from its panel."""
    desk.keyboard.press("j")
    desk.keyboard.press("Enter")
    asking = desk.get_by_role("region", name="Ask its author")
    asking.get_by_role("button", name=re.compile("what they mean")).click()
    asking.get_by_role("textbox").fill(PRECISELY)
    asking.get_by_role("button", name="Ask on Bluesky").click()
    expect(asking.get_by_role("link", name="see it there")).to_be_visible()

    (published,) = account.posts()
    assert published["value"]["text"] == PRECISELY
    assert published["value"]["reply"] == {"parent": asked.ref, "root": asked.ref}
    asking.get_by_role("button", name="Take it back").click()
    expect(asking).to_contain_text("Taken back")
    assert account.posts() == []
    desk.keyboard.press("Escape")


def test_a_wrong_app_password_is_told_and_nothing_is_kept(
    house: House, producer: Page, account: Person, atproto: Network, watch: Watch
) -> None:
    watch.foreseen += ["status of 422"]

    crew.keep_bluesky_account(producer, house.url, atproto, account.handle, "not the password")

    expect(producer.get_by_role("alert")).to_contain_text(re.compile("password", re.IGNORECASE))
    producer.goto(f"{house.url}/networks/")
    expect(producer.get_by_text(account.handle)).to_have_count(0)


def test_a_question_on_bluesky_gets_its_answer_there_once(
    house: House,
    producer: Page,
    open_browser: Callable[..., Page],
    account: Person,
    fan: Person,
    atproto: Network,
) -> None:
    desk, wall = producer, open_browser(crew.WALL)
    crew.keep_bluesky_account(desk, house.url, atproto, account.handle, account.password)
    expect(desk.get_by_role("region", name="Bluesky")).to_contain_text(account.handle)
    slug = plan_and_open(desk, house)
    open_wall(desk, wall)
    desk.goto(f"{house.url}/desk/{slug}/")
    crew.wait_for_bluesky(desk)

    asked = fan.post(ASKED)

    question = crew.row(desk, "Quel disque vous a fait pleurer")
    expect(question).to_be_visible()
    expect(question).to_contain_text("Zoé d’Arcy 🎸")
    expect(question).to_contain_text(f"@{fan.handle}")
    expect(crew.wall_question(wall)).to_have_count(0)  # nothing is public before it is approved
    ask_back_and_take_it_back(desk, account, fan, asked)
    desk.keyboard.press("y")
    desk.get_by_role("navigation", name="Lists").get_by_role("button", name="Approved").click()
    desk.keyboard.press("j")
    desk.keyboard.press("a")
    expect(crew.on_air(desk)).to_contain_text("Quel disque")
    expect(crew.wall_question(wall)).to_contain_text("Quel disque vous a fait pleurer ?")
    expect(wall.get_by_role("heading", name="Zoé d’Arcy 🎸")).to_be_visible()

    crew.on_air(desk).get_by_role("button", name="Answered").click()
    desk.get_by_label("David Guetta’s answer").fill(ANSWER)
    desk.get_by_role("button", name="Mark as answered").click()
    reply = desk.get_by_role("region", name="The reply that goes out on Bluesky")
    expect(reply).to_contain_text(ANSWER)
    length = len(regex.findall(r"\X", ANSWER))
    expect(reply).to_contain_text(f"{length} of 300")
    expect(reply).to_contain_text(account.handle)
    assert account.posts() == []  # a preview is a preview
    reply.get_by_role("button", name="Publish the reply").click()
    expect(reply.get_by_role("status")).to_have_text("Published")

    (published,) = account.posts()
    assert published["value"]["text"] == ANSWER
    assert published["value"]["reply"] == {"parent": asked.ref, "root": asked.ref}
    with house.client() as client:
        (told,) = client.get(f"/sessions/{slug}/questions").json()["items"]
        again = client.post(f"/questions/{told['id']}/reply", json={})
        assert (again.status_code, again.json()["state"]) == (200, "sent")
    assert account.posts() == [published]


def test_a_post_that_is_deleted_leaves_desk_and_wall(
    house: House,
    producer: Page,
    open_browser: Callable[..., Page],
    account: Person,
    fan: Person,
    atproto: Network,
) -> None:
    desk, wall = producer, open_browser(crew.WALL)
    crew.keep_bluesky_account(desk, house.url, atproto, account.handle, account.password)
    slug = plan_and_open(desk, house)
    open_wall(desk, wall)
    desk.goto(f"{house.url}/desk/{slug}/")
    crew.wait_for_bluesky(desk)
    kept = fan.post(ASKED)
    regretted = fan.post(REGRETTED)
    expect(crew.rows(desk)).to_have_count(2)
    with house.client("moderator") as client:
        found = client.get(f"/sessions/{slug}/questions", params={"q": "piano"}).json()
        number = found["items"][0]["id"]
        client.post(f"/questions/{number}/approve").raise_for_status()
        client.post(f"/questions/{number}/air").raise_for_status()
    expect(crew.wall_question(wall)).to_contain_text("Pourquoi avoir arrêté le piano ?")
    expect(crew.on_air(desk)).to_contain_text("le piano")

    fan.delete(regretted)

    expect(crew.wall_question(wall)).to_have_count(0, timeout=crew.SOON_MS)
    expect(crew.on_air(desk)).not_to_contain_text("le piano", timeout=crew.SOON_MS)
    fan.delete(kept)
    expect(crew.rows(desk)).to_have_count(0, timeout=crew.SOON_MS)
    expect(wall.get_by_text("piano")).to_have_count(0)
