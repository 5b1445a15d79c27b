"""Texts that want to harm or only look wild: every screen shows them, inert and unbroken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.journeys import crew
from tests.running import House, running_house

pytestmark = pytest.mark.journey

OpenBrowser = Callable[..., Page]
NARROW = {"width": 360, "height": 740}
FAMILY = "👨‍👩‍👧‍👦"
LONG_NAME = (
    "Jean-Baptiste-Emmanuel Vandenberghe-Kerdoncuff de la Très Grande Maison du Bout du Chemin"
)
LONG_TEXT = (
    "On vous a vue un soir de novembre dans une toute petite salle, il pleuvait, il y avait trente"
    " personnes et un gros chien, et vous avez chanté comme s’il y en avait dix mille : est-ce que"
    " ces soirs-là vous manquent, maintenant que les salles sont si grandes ?"
)
SCRIPT = "<script>window.harmed = 1</script>"
IMAGE = "<img src=x onerror='window.harmed = 1'>"


@dataclass(frozen=True)
class Wild:
    """A post, and words of it that must be there to be read."""

    text: str
    seen: str
    name: str = "Ana"
    handle: str = "ana"
    place: str = ""


WILD = {
    "script": Wild(
        text=f"{SCRIPT}{IMAGE} Vous me lisez ?",
        seen="Vous me lisez ?",
        name=f"{SCRIPT}Eve",
        handle=f"{IMAGE}eve",
        place=f"<b>{IMAGE}",
    ),
    "closing": Wild(
        text='"></p></main></script><h1>Fin ?</h1>',
        seen="Fin ?",
        name="\"'><h1>Zoé",
        handle="'\"><i>",
        place="--><x>",
    ),
    "turned": Wild(
        text="Lisez \u202eriovner\u202c dans quel sens ? \u2066abc",
        seen="dans quel sens",
        name="\u202eelliM",
        handle="m\u202e1",
    ),
    "zalgo": Wild(
        text="Q" + "\u0335\u0321\u0489\u0311" * 30 + "ui êtes-vous ?",
        seen="ui êtes-vous",
        name="Z" + "\u0321\u0489" * 40 + "o",
    ),
    "emoji": Wild(
        text=f"Vous écrivez le matin ? {FAMILY * 290}",
        seen=FAMILY,
        name=FAMILY * 12,
        handle="famille",
        place=FAMILY * 12,
    ),
    "long": Wild(text=LONG_TEXT, seen="maintenant que les salles sont si grandes", name="Océane"),
    "arabic": Wild(
        text="هل تكتبين الأغاني في الصباح أم في الليل؟",
        seen="الأغاني",
        name="نور الهدى",
        handle="نور",
        place="الدار البيضاء",
    ),
    "long name": Wild(
        text="Un nom court, c’est plus simple, non ?",
        seen="plus simple",
        name=LONG_NAME,
        handle="x" * 90,
        place=LONG_NAME,
    ),
    "one word": Wild(
        text="W" * 290 + " ?", seen="WWWW", name="V" * 80, handle="w" * 90, place="M" * 80
    ),
    "no name": Wild(
        text="Faut-il un nom pour demander ?", seen="Faut-il un nom", name="", handle=""
    ),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One room for all of them: its owner link is used once."""
    with running_house(tmp_path_factory.mktemp("hostile") / "room", "--no-rehearsal") as house:
        yield house


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[httpx.Client]:
    """Another program with a producer's token."""
    with house.client() as client:
        yield client


@pytest.fixture(scope="module")
def session(client: httpx.Client) -> dict[str, object]:
    """A session on air, with every wild post in it, by way of the door for other programs."""
    session = crew.plan(client)
    posts = [
        {
            "network": "wild",
            "id": kind,
            "author": {
                "id": kind, "name": post.name, "handle": post.handle, "place": post.place
            },
            "text": post.text,
            "published_at": "2026-11-20T20:00:00Z",
        }
        for kind, post in WILD.items()
    ]  # fmt: skip
    taken = client.post(f"/sessions/{session['slug']}/posts", json=posts).raise_for_status().json()
    assert (taken["stored"], taken["refused"]) == (len(WILD), [])
    client.post(f"/sessions/{session['slug']}/start").raise_for_status()
    return session


@pytest.fixture(scope="module")
def login(house: House, session: dict[str, object]) -> dict[str, object]:
    """Filled by the first who comes in: the owner's cookies, for every browser after."""
    return {}


@pytest.fixture
def open_inside(
    house: House, login: dict[str, object], open_browser: OpenBrowser
) -> Callable[[str], Page]:
    """Opens the owner's browser in a language."""

    def open_page(language: str) -> Page:
        page = open_browser(crew.DESK, language)
        if login:
            page.context.add_cookies(login["cookies"])
        else:
            crew.come_in(page, house.owner_link, "Jo")
            kept = [one for one in page.context.cookies() if one["name"] == "sessionid"]
            login["cookies"] = kept
        return page

    return open_page


def number_of(client: httpx.Client, session: dict[str, object], kind: str) -> int:
    """The id of the question that was made of a wild post; every one makes one."""
    found = crew.within(
        10,
        lambda: client.get(f"/sessions/{session['slug']}/questions", params={"limit": 100}).json()[
            "items"
        ],
    )
    (number,) = [item["id"] for item in found if WILD[kind].seen in item["text"]]
    return number


def put_on_air(client: httpx.Client, number: int) -> None:
    client.post(f"/questions/{number}/approve").raise_for_status()
    client.post(f"/questions/{number}/air").raise_for_status()


def harm(page: Page) -> list[str]:
    """What a wild text did to a page: ran, or broke out of its place."""
    found: list[str] = page.evaluate(
        """() => {
          const found = [];
          const root = document.documentElement;
          if (window.harmed) found.push('a script ran');
          if (root.scrollWidth > root.clientWidth) {
            found.push(`${root.scrollWidth} px wide in ${root.clientWidth}`);
          }
          for (const place of document.querySelectorAll('script:not([src]), img[src="x"]')) {
            found.push(`made an element: ${place.outerHTML.slice(0, 80)}`);
          }
          return found;
        }"""
    )
    return found


def outside(page: Page, inner: str, outer: str) -> list[str]:
    """Which of those elements reach out of the one that should hold them, by more than a pixel."""
    found: list[str] = page.evaluate(
        """([inner, outer]) => {
          const box = document.querySelector(outer).getBoundingClientRect();
          return [...document.querySelectorAll(inner)].flatMap((one) => {
            const own = one.getBoundingClientRect();
            const wide = Math.max(own.right - box.right, box.left - own.left);
            const tall = Math.max(own.bottom - box.bottom, box.top - own.top);
            const over = Math.max(wide, tall);
            return over > 1 ? [`${one.className}: ${Math.round(over)} px`] : [];
          });
        }""",
        [inner, outer],
    )
    return found


@pytest.mark.parametrize("kind", WILD)
def test_a_wild_post_is_inert_and_unbroken_on_every_screen(
    kind: str,
    house: House,
    client: httpx.Client,
    session: dict[str, object],
    open_browser: OpenBrowser,
    open_inside: Callable[[str], Page],
) -> None:
    links: dict[str, str] = session["links"]
    wall, phone = open_browser(crew.WALL), open_browser(NARROW, is_mobile=True, has_touch=True)
    desk = open_inside(crew.ENGLISH)
    wall.goto(links["wall_questions"])
    phone.goto(links["phone"])
    desk.goto(links["desk"])

    put_on_air(client, number_of(client, session, kind))

    post = WILD[kind]
    shown = wall.locator(".scene:not([inert]) article")
    expect(shown.locator(".say")).to_contain_text(post.seen)
    air = phone.locator("section.now")
    expect(air).to_contain_text(post.seen)
    expect(crew.on_air(desk)).to_contain_text(post.seen)
    wall.wait_for_timeout(700)  # the question has risen
    assert [harm(page) for page in (wall, phone, desk)] == [[], [], []]
    article = ".scene:not([inert]) article"
    assert outside(wall, f"{article} :is(.who, .asker, .say, .say p, h2, .town)", article) == []
    assert outside(phone, "section.now :is(blockquote, .by)", "section.now") == []
    assert outside(desk, "section.air :is(.text, .who)", "section.air") == []
