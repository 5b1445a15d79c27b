"""Every screen of the house in one room: by day in English, on air in French, nobody is shut out.

The prompter's sizes, the videos wall's scenes and the phone's widths have journeys of their own.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.camera import film
from tests.journeys import crew
from tests.journeys.barriers import barriers, needs_axe
from tests.journeys.studio import Feed, Studio, open_studio
from tests.journeys.watch import Watch
from tests.running import House, running_house
from tests.sending import Page as Sender

pytestmark = pytest.mark.journey

OpenBrowser = Callable[..., Page]
SHOWN_S = 4  # of the programme, before its answer is marked
ASKED = {
    "answered": "Quel disque vous a fait pleurer ?",
    "on air": "On vous a vue un soir de novembre dans une toute petite salle, il pleuvait, il y "
    "avait trente personnes et un gros chien, et vous avez chanté comme s’il y en avait dix mille :"
    " est-ce que ces soirs-là vous manquent, maintenant que les salles sont si grandes 🎻 ?",
    "next": "Do you write in the morning?",
    "after": "Qui vous a appris à nager ?",
    "held": "Are you really such a f*cking idiot?",
    "approved": "هل تكتبين الأغاني في الصباح أم في الليل؟",
    "waiting": "Votre plus grande peur, sur scène ?",
}


@dataclass
class Filled:
    """A session with something of everything, and the addresses of its screens."""

    house: House
    studio: Studio
    ids: dict[str, int]
    links: dict[str, str]
    guest_page: str
    clip: str
    cookies: list[Any] = field(default_factory=list)

    def session(self, path: str = "") -> str:
        return f"{self.house.url}/sessions/{self.studio.slug}/{path}"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_house(tmp_path_factory.mktemp("screens") / "room", "--no-rehearsal") as house:
        yield house


@pytest.fixture(scope="module")
def filled(house: House) -> Iterator[Filled]:
    with house.client() as api:
        studio = open_studio(house, api, title="Une heure avec Inès, et tout ce qu’on lui demande")
        camera = studio.feed("Marie-Charlotte Vandenbroucke-Lapeyrère")
        sender = Sender(camera.page_url, film("webm", seconds=180, fps=10, size=(160, 120)))
        sender.start()
        ids = hand_in(studio)
        answer(studio, camera, ids["answered"])
        for name, verb in (("approved", "approve"), ("next", "line-up"), ("after", "line-up")):
            if verb == "line-up":
                api.post(f"/questions/{ids[name]}/approve").raise_for_status()
            api.post(f"/questions/{ids[name]}/{verb}").raise_for_status()
        for verb in ("approve", "air"):
            api.post(f"/questions/{ids['on air']}/{verb}").raise_for_status()
        api.patch(f"/feeds/{camera.id}", json={"is_on_wall": True}).raise_for_status()
        api.post(f"/sessions/{studio.slug}/say", json={"text": "Deux minutes"}).raise_for_status()
        api.post(f"/sessions/{studio.slug}/exports").raise_for_status()
        links: Any = api.get(f"/sessions/{studio.slug}").json()["links"]
        guest_page = studio.feed("Léo", "fan").page_url
        yield Filled(house, studio, ids, links, guest_page, cut_clip(studio))
        sender.leave()


def hand_in(studio: Studio) -> dict[str, int]:
    """Everything that is asked; the ids by name."""
    author = {"id": "zoe", "name": "Zoé", "handle": "zoe.example", "place": "Saint-Malo"}
    posts = [
        {"network": "sms", "id": name, "text": text, "published_at": "2026-11-26T20:00:00Z"}
        | {"author": author | {"id": name}}
        for name, text in ASKED.items()
    ]
    path = f"/sessions/{studio.slug}"
    studio.api.post(f"{path}/posts", json=posts).raise_for_status()

    def sorted_all() -> dict[str, int]:
        items = studio.api.get(f"{path}/questions", params={"limit": 100}).json()["items"]
        found = {item["text"]: int(item["id"]) for item in items}
        return {name: found[text] for name, text in ASKED.items()} if len(found) == 7 else {}

    return crew.within(15, sorted_all)


def answer(studio: Studio, camera: Feed, question: int) -> None:
    """Put it on air, live, and mark its answer."""
    for verb in ("approve", "air"):
        studio.api.post(f"/questions/{question}/{verb}").raise_for_status()
    crew.within(20, lambda: studio.line(camera)["state"] == "ready")
    studio.go_live(camera)
    began_s = time.monotonic()
    studio.mark(question, "in")
    crew.within(2 * SHOWN_S, lambda: time.monotonic() > began_s + SHOWN_S)
    studio.mark(question, "out")
    body = {"text": "« Nebraska », un soir de pluie, et je n’ai pas honte de le dire."}
    studio.api.post(f"/questions/{question}/answer", json=body).raise_for_status()


def cut_clip(studio: Studio) -> str:
    """The path of the answer's clip, for everybody to see."""
    (clip,) = crew.within(60, lambda: [one for one in studio.clips() if one["state"] == "ready"])
    studio.api.post(f"/clips/{clip['slug']}/publish").raise_for_status()
    return f"/a/{clip['slug']}/"


@pytest.fixture
def open_inside(filled: Filled, open_browser: OpenBrowser) -> Callable[[str], Page]:
    """Opens the owner's browser in a language; the owner link is used once."""

    def open_page(language: str) -> Page:
        page = open_browser(crew.DESK, language)
        if filled.cookies:
            page.context.add_cookies(filled.cookies)
        else:
            crew.come_in(page, filled.house.owner_link, "Jo")
            kept = [one for one in page.context.cookies() if one["name"] == "sessionid"]
            filled.cookies = kept
        return page

    return open_page


def crew_screens(filled: Filled) -> dict[str, tuple[str, str]]:
    """The address of each screen of the crew, and what is there once it is open."""
    url, slug = filled.house.url, filled.studio.slug
    return {
        "home": (f"{url}/", "main h1"),
        "people": (f"{url}/people/", "main form"),
        "networks": (f"{url}/networks/", "main form"),
        "plan": (f"{url}/sessions/new/", "main form"),
        "password": (f"{url}/accounts/password/change/", "main form"),
        "two factors": (f"{url}/accounts/2fa/", "main"),
        "session": (filled.session(), "main h1"),
        "change session": (filled.session("edit/"), "main form"),
        "archive": (filled.session("archive/"), "main h1"),
        "report": (filled.session("report/"), "main h1"),
        "studio": (filled.session("studio/"), "main video, main canvas, main .tile, main section"),
        "clips": (filled.session("clips/"), "main"),
        "remote": (f"{url}/remote/{slug}/", ".card.air"),
        "nothing": (f"{url}/sessions/no-such/", "h1"),
    }


def public_screens(filled: Filled, words: str) -> dict[str, tuple[str, str]]:
    """The same of screens that need no account. `words` are what a wall's address may say."""
    url, links = filled.house.url, filled.links
    overlay = links["wall_questions"].replace("/w/", "/o/")
    return {
        "login": (f"{url}/accounts/login/", "form"),
        "forgotten": (f"{url}/accounts/password/reset/", "form"),
        "no page": (f"{url}/no/such/page", "h1"),
        "phone": (links["phone"], "section.now"),
        "phone without a line": (f"{links['phone']}offline", "body"),
        "guest's camera": (filled.guest_page, "main"),
        "clip": (f"{url}{filled.clip}", "video"),
        "clip in a page": (f"{url}{filled.clip}embed", "video"),
        "pair": (f"{url}/pair/", "h1"),
        "no report": (f"{url}/report/nothing/", "h1"),
        "no wall": (f"{url}/w/nothing/", "h1"),
        "overlay": (f"{overlay}{words}", "div.overlay"),
        "heat wall": (f"{links['wall_heat']}{words}", ".towns li"),
        "heat wall, replayed": (f"{links['wall_heat']}{words}&frame=world", ".towns li"),
        "videos wall": (f"{links['wall_videos']}{words}", ".wall"),
        "prompter": (f"{links['prompter']}{words}", ".question .scene"),
    }


# What walls can be told to show, and what is there then.
SCENES = (
    ({"scene": "question", "layout": "one"}, ".asker"),
    ({"layout": "three"}, "li .say"),
    ({"layout": "voices"}, ".of .say"),
    ({"scene": "next", "layout": "one"}, "h1 ~ ul li .say"),
    ({"scene": "answered"}, "h1 ~ ul li .say"),
    ({"scene": "call"}, ".call"),
    ({"scene": "countdown"}, "[role=timer]"),
    ({"scene": "thanks"}, ".back"),
    ({"scene": "slate"}, ".slate"),
)


@needs_axe
@pytest.mark.parametrize(
    ("language", "is_on_air"), [(crew.ENGLISH, False), (crew.FRENCH, True)], ids=["day", "on air"]
)
def test_no_screen_has_a_serious_barrier(
    filled: Filled,
    open_inside: Callable[[str], Page],
    open_browser: OpenBrowser,
    watch: Watch,
    language: str,
    is_on_air: bool,
) -> None:
    # Pages that are not there, players before the first part, a reply that its network cannot have.
    watch.foreseen += ["status of 404", "status of 503", "status of 409"]
    if is_on_air:
        filled.studio.api.post(f"/sessions/{filled.studio.slug}/start").raise_for_status()
    words = f"?lang={language[:2]}&air={'on' if is_on_air else 'off'}"
    inside = open_inside(language)
    found = {}

    def look(page: Page, name: str, address: str, place: str) -> None:
        page.goto(address)
        expect(page.locator(place).first).to_be_visible()
        found[name] = barriers(page)

    for name, (address, place) in crew_screens(filled).items():
        look(inside, name, address, place)
    for name, (address, place) in public_screens(filled, words).items():
        is_phone = name in ("phone", "phone without a line", "guest's camera", "clip", "login")
        page = open_browser(crew.PHONE if is_phone else crew.WALL, language)
        look(page, name, address, place)
        page.context.close()
    found |= look_at_desk(inside, filled)
    found |= look_at_scenes(open_browser(crew.WALL, language), filled, words)

    assert {name: what for name, what in found.items() if what} == {}


def look_at_desk(desk: Page, filled: Filled) -> dict[str, list[str]]:
    """Its lists, its keys, a question that is answered, and several that are chosen."""
    desk.goto(filled.links["desk"])
    sheet = desk.locator("dialog[open]")
    expect(crew.row(desk, ASKED["waiting"])).to_be_visible()
    found = {"desk": barriers(desk)}
    lists = desk.get_by_role("navigation", name=re.compile("^(Lists|Listes)$"))
    lists.get_by_role("button", name=re.compile(r"^(All|Toutes)\s*\d")).click()
    expect(crew.row(desk, ASKED["answered"])).to_be_visible()
    found["desk, all"] = barriers(desk)
    desk.keyboard.press("?")
    expect(sheet).to_be_visible()
    found["desk, its keys"] = barriers(desk)
    desk.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    crew.row(desk, ASKED["answered"]).click()
    desk.keyboard.press("Enter")
    expect(sheet).to_be_visible()
    found["desk, answering"] = barriers(desk)
    desk.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    crew.row(desk, ASKED["waiting"]).click()
    desk.keyboard.press("x")
    expect(desk.locator(".many")).to_be_visible()
    found["desk, several"] = barriers(desk)
    return found


def look_at_scenes(wall: Page, filled: Filled, words: str) -> dict[str, list[str]]:
    """What the crew can have a questions wall show."""
    path, found = f"/sessions/{filled.studio.slug}/scene", {}
    for chosen, place in SCENES:
        filled.studio.api.post(path, json=chosen).raise_for_status()
        wall.goto(f"{filled.links['wall_questions']}{words}")
        within = "" if place == ".slate" else ".scene:not([inert]) "
        expect(wall.locator(f"{within}{place}").first).to_be_visible()
        found[f"questions wall: {' '.join(chosen.values())}"] = barriers(wall)
    filled.studio.api.post(path, json={"scene": "auto", "layout": "one"}).raise_for_status()
    return found


# The movements of more than a blink that a wall has begun, or makes for ever; and how far it stands
# aside, right and down.
MOVES = """() => document.getAnimations().flatMap((one) => {
  const frames = one.effect.getKeyframes().flatMap(Object.keys);
  const moves = ['transform', 'translate', 'scale', 'rotate', 'left', 'top'];
  const isEndless = !Number.isFinite(one.effect.getComputedTiming().endTime);
  const isLong = one.effect.getComputedTiming().duration > 200;
  const isMove = isLong && frames.some((name) => moves.includes(name));
  return isEndless || isMove ? [`${one.effect.target.className} ${frames}`] : [];
})"""
ASIDE_PX = """() => [...document.querySelector('.wall').style.translate.matchAll(/[\\d.]+rem/g)]
  .map(([rem]) => 10 * parseFloat(rem))"""


@pytest.mark.parametrize("asked_by", ["the system", "the address"])
def test_walls_stand_aside_against_burn_in_and_are_calm_where_asked(
    filled: Filled, open_browser: OpenBrowser, watch: Watch, asked_by: str
) -> None:
    watch.foreseen += ["status of 404", "status of 503"]
    api, ids = filled.studio.api, filled.ids
    calm = {"reduced_motion": "reduce"} if asked_by == "the system" else {}
    words = "" if calm else "?calm"
    walls = {name: open_browser(crew.WALL, **calm) for name in ("questions", "videos", "heat")}
    for name, wall in walls.items():
        wall.goto(f"{filled.links[f'wall_{name}']}{words}")
        expect(wall.locator(".wall")).to_be_visible()

    api.post(f"/questions/{ids['next']}/air").raise_for_status()
    expect(crew.wall_question(walls["questions"])).to_contain_text(ASKED["next"])
    moving = {name: wall.evaluate(MOVES) for name, wall in walls.items()}
    aside_px = {name: wall.evaluate(ASIDE_PX) for name, wall in walls.items()}
    api.post(f"/questions/{ids['on air']}/air").raise_for_status()

    assert moving == {"questions": [], "videos": [], "heat": []}
    assert [name for name, px in aside_px.items() if not px or max(px) > 3] == []
