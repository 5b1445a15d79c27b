"""How long from a post on a Bluesky server until a moderator sees it.

    python bench/post_to_desk.py [--posts 100]

Runs the real program beside Bluesky's own server (`tests/atproto`), whose stream a small relay of
ours turns into Jetstream lines, and opens the desk in Chromium. A person posts with the hashtag,
one post after another; counted from just before the post is sent to the first frame of the desk
that holds it. Between the two lie the server's own answer, the relay's stamp and the moment when
the listener's batch is stored, all by the clock of this one machine. Prints a Markdown table and
the machine.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from bench.machine import HEAD, machine, row  # noqa: E402 - found by the line above

from tests.atproto.person import Person  # noqa: E402
from tests.atproto.server import Network, network  # noqa: E402
from tests.journeys import chromium, crew  # noqa: E402
from tests.running import House, running_house  # noqa: E402

BETWEEN_S = (0.2, 0.5)
NOTE_PAINTS = """() => {
  window.painted = {};
  const look = () => {
    for (const row of document.querySelectorAll('[role=option]')) {
      const number = row.textContent.match(/numéro (\\d+)/)?.[1];
      if (!number || number in window.painted) continue;
      window.painted[number] = 0;
      requestAnimationFrame(() => {
        const channel = new MessageChannel(); // its message comes after the frame is painted
        channel.port1.onmessage = () => {
          window.painted[number] = performance.timeOrigin + performance.now();
        };
        channel.port2.postMessage(null);
      });
    }
  };
  new MutationObserver(look).observe(document.body, {
    childList: true, subtree: true, characterData: true,
  });
}"""


def listening_desk(house: House, browser: Browser, servers: Network) -> Page:
    """A desk in Chromium whose session is listened for on the test network."""
    desk = browser.new_context(viewport=crew.DESK, locale=crew.ENGLISH).new_page()
    crew.come_in(desk, house.owner_link, "Jo")
    with Person(servers.pds_url, "room") as account:
        crew.keep_bluesky_account(desk, house.url, servers, account.handle, account.password)
    with house.client() as client:
        session = crew.plan(client, is_heard=True)
    desk.goto(f"{house.url}/desk/{session['slug']}/")
    crew.wait_for_bluesky(desk)
    desk.evaluate(NOTE_PAINTS)
    return desk


def shown(desk: Page) -> int:
    """How many of the posts the desk has painted."""
    number: int = desk.evaluate("Object.values(window.painted).filter(Boolean).length")
    return number


def post(fan: Person, number: int) -> tuple[float, float]:
    """Write one post: when it was sent, and when the server had answered, in ms."""
    began = time.time()
    fan.post(
        f"Quelle est la chanson numéro {number} de votre vie, et qui vous l’a appris ? #AskInes"
    )
    return began * 1000, time.time() * 1000


def stored_ms(house: House) -> dict[int, tuple[float, float]]:
    """By number: the relay's stamp, and when the post was stored."""
    with sqlite3.connect(house.data / "room.sqlite3", timeout=10) as database:
        rows = database.execute(
            "SELECT post.text, payload.raw, post.received_at FROM posts_post post"
            " JOIN posts_payload payload ON payload.post_id = post.id"
        ).fetchall()
    return {
        int(text.split("numéro ")[1].split()[0]): (
            json.loads(raw)["time_us"] / 1000,
            datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() * 1000,
        )
        for text, raw, at in rows
        if "numéro" in text
    }


def measure(house: House, browser: Browser, servers: Network, posts: int) -> dict[str, list[float]]:
    """Milliseconds from just before each post is sent."""
    chance = random.Random(3)
    desk = listening_desk(house, browser, servers)
    written: list[tuple[float, float]] = []
    with Person(servers.pds_url, "fan", display_name="Zoé") as fan:
        post(fan, posts)  # the first of all meets cold caches, and is not counted
        crew.within(20, lambda: shown(desk) == 1)
        for number in range(posts):
            written.append(post(fan, number))
            time.sleep(chance.uniform(*BETWEEN_S))
    crew.within(20, lambda: shown(desk) == posts + 1)
    painted, kept = desk.evaluate("window.painted"), stored_ms(house)
    sent = [at for at, _ in written]
    return {
        "the server has answered": [answered - at for at, answered in written],
        "the relay has stamped it": [kept[n][0] - at for n, at in enumerate(sent)],
        "the listener's batch is at the database": [kept[n][1] - at for n, at in enumerate(sent)],
        "the desk shows it": [painted[str(n)] - at for n, at in enumerate(sent)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=100)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        network() as servers,
        running_house(
            Path(folder) / "room", "--no-rehearsal", BLUEROOM_OUTBOUND_ALLOW="127.0.0.1,localhost"
        ) as house,
        sync_playwright() as playwright,
        playwright.chromium.launch(**chromium.launch_words()) as browser,
    ):
        found = measure(house, browser, servers, asked.posts)
    print(HEAD)
    for name, values_ms in found.items():
        print(row(name, values_ms))
    print(f"\n{machine()} Bluesky's server, relay and Chromium on the same cores.")


if __name__ == "__main__":
    main()
