"""How long from a decision at the desk until the walls show it.

    python bench/wall.py [--decisions 100] [--rounds 3] [--walls 3]

Runs the real program and opens walls in Chromium at 1920x1080, each a browser of its own as three
televisions are. A client of the API puts one question after another on air. Counted from just
before the request is sent to the first frame that holds the new question, by the clock of this one
machine: a MutationObserver sees the text come, and the next animation frame is taken for painted
when it has ended. The movement that follows (the question rises and fades in, 0.45 s) is meant,
and not counted. Prints a Markdown table of all rounds together, each round's p95, and the machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from bench.machine import HEAD, machine, percentile, row  # noqa: E402 - found by the line above

from tests.journeys import chromium, crew  # noqa: E402
from tests.running import House, running_house  # noqa: E402

BETWEEN_S = 0.6  # nobody decides faster, and the last movement has ended
NOTE_PAINTS = """() => {
  window.painted = {};
  window.changed = {};
  const look = () => {
    const scenes = document.querySelectorAll('.scene:not([inert]) article .say');
    const number = scenes[0]?.textContent.match(/numéro (\\d+)/)?.[1];
    if (!number || number in window.painted) return;
    window.painted[number] = 0;
    window.changed[number] = performance.timeOrigin + performance.now();
    requestAnimationFrame(() => {
      const channel = new MessageChannel(); // its message comes after the frame is painted
      channel.port1.onmessage = () => {
        window.painted[number] = performance.timeOrigin + performance.now();
      };
      channel.port2.postMessage(null);
    });
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
}"""


def prepared(client: httpx.Client, number: int) -> tuple[dict[str, Any], list[int]]:
    """A session on air with so many approved questions: what the API said of it, and their ids."""
    session, ids = with_questions(client, number)
    for one in ids:
        client.post(f"/questions/{one}/approve").raise_for_status()
    client.post(f"/sessions/{session['slug']}/start").raise_for_status()
    return session, ids


def with_questions(client: httpx.Client, number: int) -> tuple[dict[str, Any], list[int]]:
    """An open session with so many questions that wait: what the API said of it, and their ids."""
    session = crew.plan(client)
    posts = [
        {
            "network": "bench",
            "id": f"post-{n}",
            "author": {"id": f"author-{n}", "name": f"Auteur {n}", "handle": f"auteur{n}"},
            "text": f"Quelle est la chanson numéro {n} de votre vie, et qui vous l’a apprise ?",
            "published_at": "2026-11-20T20:00:00Z",
        }
        for n in range(number)
    ]
    client.post(f"/sessions/{session['slug']}/posts", json=posts).raise_for_status()
    return session, crew.within(30, lambda: all_sorted(client, str(session["slug"]), number))


def all_sorted(client: httpx.Client, slug: str, number: int) -> list[int]:
    """The ids of the questions by the number in their text, once all are there."""
    found = client.get(f"/sessions/{slug}/questions", params={"limit": 1000}).json()["items"]
    by_number = {int(item["text"].split("numéro ")[1].split()[0]): item["id"] for item in found}
    return [by_number[n] for n in range(number)] if len(by_number) == number else []


def open_walls(browser: Browser, address: str, walls: int) -> list[Page]:
    pages = []
    for _ in range(walls):
        page = browser.new_context(viewport=crew.WALL, locale=crew.FRENCH).new_page()
        page.goto(address)
        page.wait_for_timeout(1_500)
        page.evaluate(NOTE_PAINTS)
        pages.append(page)
    return pages


def decide(client: httpx.Client, ids: list[int]) -> tuple[list[float], list[float]]:
    """Put them on air one by one: when each was sent, and how long its answer took, in ms."""
    sent_at_ms, answered_ms = [], []
    for one in ids:
        began = time.time()
        client.post(f"/questions/{one}/air").raise_for_status()
        sent_at_ms.append(began * 1000)
        answered_ms.append((time.time() - began) * 1000)
        time.sleep(BETWEEN_S)
    return sent_at_ms, answered_ms


def measure(house: House, browser: Browser, decisions: int, walls: int) -> dict[str, list[float]]:
    """One round; milliseconds."""
    with house.client() as client:
        session, ids = prepared(client, decisions + 1)
        links: Any = session["links"]
        pages = open_walls(browser, links["wall_questions"], walls)
        client.post(
            f"/questions/{ids[-1]}/air"
        ).raise_for_status()  # the first paint is not counted
        time.sleep(2)
        sent_at_ms, answered_ms = decide(client, ids[:-1])
    changed, painted = (
        [page.evaluate(f"window.{name}") for page in pages] for name in ("changed", "painted")
    )
    for page in pages:
        page.context.close()
    arrived, shown = (
        [[wall[str(n)] - at for n, at in enumerate(sent_at_ms)] for wall in noted]
        for noted in (changed, painted)
    )
    return {
        "the API has answered": answered_ms,
        "each wall has it in its page": [ms for wall in arrived for ms in wall],
        "each wall shows it": [ms for wall in shown for ms in wall],
        f"the last of {walls} walls shows it": [max(late) for late in zip(*shown, strict=True)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--walls", type=int, default=3)
    asked = parser.parse_args()
    rounds = []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        for number in range(asked.rounds):
            data = Path(folder) / f"room-{number}"
            with (
                running_house(data, "--no-rehearsal") as house,
                playwright.chromium.launch(**chromium.launch_words()) as browser,
            ):
                rounds.append(measure(house, browser, asked.decisions, asked.walls))
    print(HEAD)
    for name in rounds[0]:
        print(row(name, [ms for found in rounds for ms in found[name]]))
    last = [percentile(list(found.values())[-1], 0.95) for found in rounds]
    print(f"\n{asked.rounds} rounds; p95 of the last line in each: ", end="")
    print(", ".join(f"{ms:.0f}" for ms in last) + f" ms. {machine()} Chromium on the same cores.")


if __name__ == "__main__":
    main()
