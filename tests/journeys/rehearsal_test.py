"""A newcomer's first ten minutes, with the real program, a real browser and nobody's help."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys import crew
from tests.journeys.watch import Watch
from tests.running import House, running_house

pytestmark = pytest.mark.journey

OPENS_MS = 10_000  # a newcomer sees questions come within ten seconds
ASKED = "Et si vous n’aviez jamais osé, que feriez-vous aujourd’hui 🎈 ?"
ANSWER = "Je serais jardinière, et je chanterais aux tomates."
OpenBrowser = Callable[..., Page]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """What `./room` opens in an empty folder: a rehearsal."""
    with running_house(tmp_path / "room") as house:
        yield house


@pytest.fixture
def owner(house: House, open_browser: OpenBrowser) -> Page:
    """The newcomer's browser, in French, inside."""
    page = open_browser(crew.DESK)
    crew.come_in(page, house.owner_link, "Léa")
    return page


@pytest.fixture
def client(house: House) -> Iterator[httpx.Client]:
    """Another program with a producer's token."""
    with house.client() as client:
        yield client


def open_desk(page: Page) -> str:
    """From the first page; the session's slug."""
    page.get_by_role("link", name="Régie").click()
    expect(crew.rows(page).first).to_be_visible(timeout=OPENS_MS)
    return page.url.rstrip("/").rpartition("/")[2]


def address(page: Page, house: House, slug: str, title: str) -> str:
    """One of the session's addresses, as its page shows them."""
    page.goto(f"{house.url}/sessions/{slug}/")
    return page.get_by_label(f"Adresse : {title}").first.input_value()


def choose(desk: Page, name: str) -> None:
    """Show another list of the desk."""
    lists = desk.get_by_role("navigation", name="Listes")
    lists.get_by_role("button", name=re.compile(f"^{name}")).click()


def find(desk: Page, text: str) -> None:
    """Bring one question alone into the list and select it, by keyboard."""
    desk.keyboard.press("/")
    desk.keyboard.type(text)
    expect(crew.rows(desk)).to_have_count(1)
    desk.keyboard.press("Enter")
    expect(crew.row(desk, text)).to_have_attribute("aria-selected", "true")


def selected_text(desk: Page) -> str:
    """The words of the question that is selected."""
    chosen = desk.get_by_role("option", selected=True)
    expect(chosen).to_have_count(1)
    return chosen.locator(".text").inner_text().strip()


def words_of(text: str) -> re.Pattern[str]:
    """The same words, whatever spaces a screen sets between them."""
    return re.compile(r"\s+".join(map(re.escape, text.split())))


def test_a_newcomer_puts_a_question_on_the_wall(
    house: House, owner: Page, open_browser: OpenBrowser
) -> None:
    rehearsal = owner.get_by_role("listitem").filter(has_text="Inès Carat")
    expect(rehearsal).to_contain_text("Répétition")
    slug = open_desk(owner)
    wall = open_browser(crew.WALL)
    wall.goto(address(owner, house, slug, "Mur des questions"))
    expect(wall.get_by_text("#AskInes").first).to_be_visible()
    owner.go_back()
    desk = owner
    expect(crew.rows(desk).first).to_be_visible()

    desk.keyboard.press("j")
    first = selected_text(desk)
    desk.keyboard.press("j")
    second = selected_text(desk)
    desk.keyboard.press("k")
    assert selected_text(desk) == first != second
    desk.keyboard.press("y")
    choose(desk, "Retenues")
    expect(crew.rows(desk)).to_have_count(1)
    desk.keyboard.press("j")
    assert selected_text(desk) == first
    desk.keyboard.press("l")
    rundown = desk.get_by_role("region", name="Ordre de passage")
    expect(rundown.get_by_role("listitem")).to_have_text([words_of(first)])
    choose(desk, "Ordre de passage")
    desk.keyboard.press("j")
    desk.keyboard.press("a")

    expect(crew.wall_question(wall)).to_have_text(words_of(first))
    expect(crew.on_air(desk)).to_contain_text(words_of(first))
    desk.keyboard.press("u")
    expect(crew.wall_question(wall)).to_have_count(0)
    expect(rundown.get_by_role("listitem")).to_have_text([words_of(first)])


def test_questions_arrive_by_themselves(house: House, owner: Page) -> None:
    open_desk(owner)
    newest = int(crew.rows(owner).first.get_attribute("id")[1:])

    crew.within(20, lambda: int(crew.rows(owner).first.get_attribute("id")[1:]) > newest)


def test_a_phone_hears_what_becomes_of_its_question(
    house: House, owner: Page, open_browser: OpenBrowser
) -> None:
    slug = open_desk(owner)
    phone = open_browser(crew.PHONE, device_scale_factor=2, is_mobile=True, has_touch=True)
    phone.goto(address(owner, house, slug, "Les téléphones du public"))
    owner.go_back()
    desk = owner
    expect(crew.rows(desk).first).to_be_visible()

    phone.get_by_label("Votre question").fill(ASKED)
    phone.get_by_label("Prénom").fill("Maëlle")
    phone.get_by_label("Ville").fill("Quimper")
    phone.get_by_role("button", name="Envoyer").tap()

    expect(crew.row(desk, ASKED)).to_be_visible(timeout=crew.SOON_MS)
    expect(crew.row(desk, ASKED)).to_contain_text("Maëlle")
    expect(phone.get_by_text("Votre question est arrivée en régie.")).to_be_visible()
    mine = phone.get_by_role("region", name="Vos questions").get_by_role("listitem")
    expect(mine).to_contain_text("Arrivée en régie")
    find(desk, "jamais osé")
    desk.keyboard.press("y")
    expect(crew.row(desk, ASKED)).to_have_count(0)
    phone.reload()  # else it asks every half minute
    expect(mine).to_contain_text("Lue et retenue")
    choose(desk, "Retenues")
    desk.keyboard.press("j")
    desk.keyboard.press("a")
    on_air = phone.get_by_role("region", name="En ce moment à l’antenne")
    expect(on_air).to_contain_text(ASKED)
    expect(on_air).to_contain_text("Maëlle")
    expect(mine).to_contain_text("À l’antenne en ce moment !")

    crew.on_air(desk).get_by_role("button", name="Répondue").click()
    desk.get_by_label("Réponse de Inès Carat").fill(ANSWER)
    desk.get_by_role("button", name="Marquer comme répondue").click()
    reply = desk.get_by_role("region", name="La réponse qui part sur Notre page")
    expect(reply).to_contain_text(ANSWER)
    expect(reply.get_by_role("status")).to_have_text("Prête à partir")
    reply.get_by_role("button", name="Publier la réponse").click()
    expect(reply.get_by_role("status")).to_have_text("Publiée")
    expect(mine).to_contain_text(ANSWER)
    expect(mine).to_contain_text("Répondue")


def invite_moderator(owner: Page, house: House, open_browser: OpenBrowser) -> Page:
    """Somebody whom the owner invites: Sam, in English, at the desk."""
    owner.goto(f"{house.url}/people/")
    owner.get_by_label("Rôle", exact=True).select_option("moderator")
    owner.get_by_role("button", name="Créer un lien").click()
    invitation = owner.get_by_label("Lien d’invitation").input_value()
    moderator = open_browser(crew.DESK, crew.ENGLISH)
    crew.come_in(moderator, invitation, "Sam")
    moderator.get_by_role("link", name="Desk").click()
    expect(crew.rows(moderator).first).to_be_visible()
    return moderator


def test_two_moderators_see_one_another_and_never_overwrite(
    house: House, owner: Page, client: httpx.Client, open_browser: OpenBrowser, watch: Watch
) -> None:
    watch.foreseen += ["status of 409"]
    sam = invite_moderator(owner, house, open_browser)
    owner.goto(house.url)
    slug = open_desk(owner)
    for text in ("Première question utile ?", "Seconde question utile ?"):
        client.post(f"/sessions/{slug}/ask", json={"text": text}).raise_for_status()
    lists = sam.get_by_role("navigation", name="Lists")

    lists.get_by_role("button", name="Approved").click()
    find(owner, "Première question utile")
    owner.keyboard.press("y")
    expect(crew.row(sam, "Première question utile")).to_contain_text(
        "Léa approved it", timeout=crew.SOON_MS
    )

    # Sam's decision is on its way while Léa's arrives.
    lists.get_by_role("button", name="Waiting").click()
    find(sam, "Seconde question utile")
    find(owner, "Seconde question utile")
    under_way: list[Route] = []

    def hold_back(route: Route) -> None:
        under_way.append(route)

    sam.route("**/api/v1/questions/*/reject", hold_back)
    sam.keyboard.press("n")
    crew.within(5, lambda: under_way or sam.wait_for_timeout(50))
    owner.keyboard.press("y")
    read = {"q": "Seconde question utile"}
    crew.within(
        5,
        lambda: client.get(f"/sessions/{slug}/questions", params=read).json()["items"][0]["last"],
    )
    under_way[0].continue_()

    notice = sam.locator(".notice")
    expect(notice).to_contain_text("Léa approved it")
    expect(notice).to_contain_text("Your decision changed nothing.")
    (kept,) = client.get(f"/sessions/{slug}/questions", params=read).json()["items"]
    assert (kept["state"], kept["last"]["by"]) == ("approved", "Léa")


def test_a_moderator_who_is_removed_loses_the_desk_at_once(
    house: House, owner: Page, open_browser: OpenBrowser, watch: Watch
) -> None:
    watch.foreseen += ["status of 403", "status of 404"]
    sam = invite_moderator(owner, house, open_browser)
    owner.goto(f"{house.url}/people/")

    owner.get_by_role("button", name="Retirer Sam").click()
    owner.get_by_role("dialog").get_by_role("button", name="Retirer").click()

    told = sam.get_by_role("dialog", name="You no longer have access to this desk")
    expect(told).to_be_visible(timeout=crew.SOON_MS)
    with sam.expect_response("**/desk/*/") as answered:
        sam.reload()
    assert answered.value.status == 404  # rooms of others are not even told of


def test_a_wall_comes_back_by_itself_when_the_room_is_restarted(
    house: House, owner: Page, open_browser: OpenBrowser, watch: Watch
) -> None:
    watch.foreseen += ["ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED", "ERR_CONNECTION_RESET"]
    slug = open_desk(owner)
    wall = open_browser(crew.WALL)
    wall.goto(address(owner, house, slug, "Mur des questions"))
    with house.client() as client:
        first, second = (
            client.post(f"/sessions/{slug}/ask", json={"text": text}).json()["id"]
            for text in ("Avant la coupure ?", "Après la coupure ?")
        )
        for number in (first, second):
            client.post(f"/questions/{number}/approve").raise_for_status()
        client.post(f"/questions/{first}/air").raise_for_status()
    expect(crew.wall_question(wall)).to_have_text("Avant la coupure ?")

    assert house.stop() == 0
    wall.wait_for_timeout(1_000)
    expect(crew.wall_question(wall)).to_have_text("Avant la coupure ?")
    house.start()
    with house.client() as client:
        client.post(f"/questions/{second}/air").raise_for_status()

    expect(crew.wall_question(wall)).to_have_text("Après la coupure ?")
