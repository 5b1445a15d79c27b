"""The public's phone on a bad line: what is typed is kept, sent by itself, and asked once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.journeys import crew
from tests.journeys.barriers import barriers, needs_axe
from tests.journeys.watch import Watch
from tests.running import House, running_house

pytestmark = pytest.mark.journey

OpenBrowser = Callable[..., Page]
LONG = "Pourquoi " + "avoir quitté la scène si longtemps, et qu’est-ce qui vous y ramène " * 4
OTHER = "Quand " + "jouerez-vous sur la petite place du port où tout a commencé pour vous " * 4
RTL = "كيف تكتبين أغانيك الجديدة 🎈 ولماذا في الليل فقط؟"
UNBROKEN = "Anticonstitutionnellement" * 10 + " ?"
# What there is to see on every screen of the page: nothing is wider than the phone.
WIDTHS = (320, 390, 834)
NO_LINE = ["ERR_INTERNET_DISCONNECTED", "ERR_NETWORK_CHANGED", "ERR_FAILED"]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with running_house(tmp_path / "room", "--no-rehearsal") as house:
        yield house


@pytest.fixture
def client(house: House) -> Iterator[httpx.Client]:
    with house.client() as client:
        yield client


@pytest.fixture
def slug(client: httpx.Client) -> str:
    """A session that takes questions."""
    planned = client.post("/sessions", json={"guest": "Inès Carat", "hashtags": ["AskInes"]})
    slug = str(planned.json()["slug"])
    client.post(f"/sessions/{slug}/open").raise_for_status()
    return slug


def ask(client: httpx.Client, slug: str, text: str, *verbs: str, name: str = "") -> int:
    asked = client.post(f"/sessions/{slug}/ask", json={"text": text, "name": name}).json()
    for verb in verbs:
        client.post(f"/questions/{asked['id']}/{verb}").raise_for_status()
    return int(asked["id"])


def texts_of(client: httpx.Client, slug: str) -> list[str]:
    return [one["text"] for one in client.get(f"/sessions/{slug}/questions").json()["items"]]


def open_phone(open_browser: OpenBrowser, house: House, slug: str, **more: object) -> Page:
    phone = open_browser(crew.PHONE, has_touch=True, is_mobile=True, **more)
    phone.goto(f"{house.url}/s/{slug}/")
    expect(phone.get_by_role("region", name="Vos questions")).to_have_count(0)
    return phone


def test_what_is_typed_without_a_line_goes_out_once_by_itself(
    house: House, client: httpx.Client, slug: str, open_browser: OpenBrowser, watch: Watch
) -> None:
    watch.foreseen += NO_LINE
    voted = ask(client, slug, "Une question déjà retenue ?", "approve")
    phone = open_phone(open_browser, house, slug)
    vote = phone.get_by_role("button", name="Voter pour cette question")
    expect(vote).to_be_visible()

    phone.context.set_offline(True)
    phone.get_by_label("Votre question").fill("Entendez-vous la mer d’ici ?")
    phone.get_by_label("Prénom").fill("Maëlle")
    phone.get_by_role("button", name="Envoyer").tap()
    vote.tap()

    expect(phone.get_by_text("Gardée sur ce téléphone.")).to_be_visible()
    mine = phone.get_by_role("region", name="Vos questions").get_by_role("listitem").first
    expect(mine).to_contain_text("Entendez-vous la mer d’ici ?")
    expect(vote).to_have_attribute("aria-pressed", "true")
    assert texts_of(client, slug) == ["Une question déjà retenue ?"]
    # Meanwhile the show goes on.
    aired = ask(client, slug, "Et pendant la coupure ?", "approve", "air")

    phone.context.set_offline(False)

    expect(phone.get_by_text("Votre question est arrivée en régie.")).to_be_visible()
    expect(mine).to_contain_text("Arrivée en régie")
    expect(phone.get_by_role("region", name="En ce moment à l’antenne")).to_contain_text(
        "Et pendant la coupure ?"
    )
    crew.within(10, lambda: client.get(f"/questions/{voted}").json()["votes"] == 1)
    phone.reload()
    expect(mine).to_contain_text("Entendez-vous la mer d’ici ?")
    expect(vote).to_have_attribute("aria-pressed", "true")
    assert texts_of(client, slug).count("Entendez-vous la mer d’ici ?") == 1
    assert client.get(f"/questions/{aired}").json()["state"] == "on_air"


def test_a_question_whose_answer_was_lost_is_asked_once(
    house: House, client: httpx.Client, slug: str, open_browser: OpenBrowser, watch: Watch
) -> None:
    watch.foreseen += NO_LINE
    phone = open_phone(open_browser, house, slug)
    lost: list[str] = []

    def lose_answer(route) -> None:  # type: ignore[no-untyped-def]  # Playwright's Route
        answer = route.fetch()
        lost.append(str(answer.status))
        route.abort()

    phone.route("**/ask", lose_answer, times=1)
    phone.get_by_label("Votre question").fill("Partie, et la réponse perdue ?")
    phone.get_by_role("button", name="Envoyer").tap()

    expect(phone.get_by_text("Votre question est arrivée en régie.")).to_be_visible()
    assert lost == ["201"]
    assert texts_of(client, slug) == ["Partie, et la réponse perdue ?"]


def test_a_phone_that_cannot_hold_the_stream_follows_by_asking(
    house: House, client: httpx.Client, slug: str, open_browser: OpenBrowser, watch: Watch
) -> None:
    watch.foreseen += [*NO_LINE, "/live/"]
    phone = open_browser(crew.PHONE)
    # The line of all tabs is a shared worker, whose requests only its context can refuse.
    phone.add_init_script("delete window.SharedWorker")
    phone.context.route("**/live/**", lambda route: route.abort())
    phone.goto(f"{house.url}/s/{slug}/")
    with phone.expect_response("**/now/*/phone", timeout=15_000) as answered:
        pass

    ask(client, slug, "Et sans le flux ?", "approve", "air")

    assert answered.value.headers["cache-control"].startswith("public, max-age=1")
    on_air = phone.get_by_role("region", name="En ce moment à l’antenne")
    expect(on_air).to_contain_text("Et sans le flux ?")
    expect(phone.locator(".age")).to_have_count(0)


def test_a_phone_without_a_line_says_so_and_comes_back(
    house: House, client: httpx.Client, slug: str, open_browser: OpenBrowser, watch: Watch
) -> None:
    watch.foreseen += ["ERR_", "status of 50"]
    phone = open_phone(open_browser, house, slug)
    kept = """async () => (await (await caches.open('phone-offline-1')).keys()).length"""
    crew.within(30, lambda: phone.evaluate(kept) or phone.wait_for_timeout(200))
    names = phone.evaluate(
        """async () => {
          const names = await caches.keys();
          const kept = names.map(async (name) => (await caches.open(name)).keys());
          return (await Promise.all(kept)).flat().map(({ url }) => new URL(url).pathname);
        }"""
    )
    phone.get_by_label("Votre question").fill("Commencée avant la coupure")

    house.stop()
    phone.reload()
    expect(phone.get_by_role("status").filter(has_text="Pas de connexion.")).to_be_visible()
    expect(phone.get_by_label("Votre question")).to_have_value("Commencée avant la coupure")
    phone.get_by_label("Votre question").fill("Finie pendant la coupure ?")
    house.start()

    expect(phone.get_by_role("button", name="Envoyer")).to_be_visible()
    expect(phone.get_by_label("Votre question")).to_have_value("Finie pendant la coupure ?")
    # Nothing of anybody and no state of the session is among what was kept.
    assert [
        name
        for name in names
        if not name.startswith("/static/ui/assets/") and name != f"/s/{slug}/offline"
    ] == []


def wide(page: Page) -> list[str]:
    """What is wider than the phone."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('body *')]
          .filter((one) => one.getClientRects().length && !one.closest('.sr'))
          .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
          .map((one) => `${one.tagName}.${one.className}`)"""
    )
    return found


@needs_axe
@pytest.mark.parametrize("language", [crew.FRENCH, crew.ENGLISH])
def test_any_words_fit_any_phone_and_nobody_is_shut_out(
    house: House, client: httpx.Client, slug: str, open_browser: OpenBrowser, language: str
) -> None:
    for text, name in ((LONG, "Wolfeschlegelsteinhausenbergerdorff" * 2), (RTL, "ليلى")):
        ask(client, slug, text, "approve", name=name)
    ask(client, slug, UNBROKEN, "approve")
    answered = ask(client, slug, f"{RTL} {LONG}"[:258], "approve", "air")
    client.post(f"/questions/{answered}/answer", json={"text": LONG}).raise_for_status()
    ask(client, slug, OTHER[:258], "approve", "air", name="👩🏽‍🎤 " * 20)
    found = {}
    for state in ("open", "start", "close"):
        client.post(f"/sessions/{slug}/{state}").raise_for_status()
        for width in WIDTHS:
            phone = open_browser({"width": width, "height": 844}, language, reduced_motion="reduce")
            phone.goto(f"{house.url}/s/{slug}/")
            expect(phone.locator("h1")).to_be_visible()
            found[state, width] = (wide(phone), barriers(phone))
            phone.context.close()

    assert {where: what for where, what in found.items() if what != ([], [])} == {}
