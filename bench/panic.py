"""How long from the panic button until every screen is covered, with and without the database.

    python bench/panic.py [--presses 20] [--rounds 3]

Runs the real program on a PostgreSQL of its own and opens, in Chromium, a questions wall, a videos
wall and an overlay at 1920x1080 and two phone pages. The slate is put on and taken off as the
desk's button does it: a POST with the ticket it holds. Counted from just before the request is sent
to the first frame that holds the slate, by the clock of this one machine. First while all is well;
then with every process of PostgreSQL stopped in its tracks (SIGSTOP), so that nothing answers and
nothing fails either. Prints a Markdown table of all rounds together, and the machine.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import psutil
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from bench.machine import HEAD, machine, percentile, row  # noqa: E402 - found by the line above

from tests.journeys import chromium, crew  # noqa: E402
from tests.running import House, running_house  # noqa: E402
from tests.servers import running_postgres  # noqa: E402

BETWEEN_S = 0.6
NOTE_PAINTS = """() => {
  window.covered = [];
  let was = !!document.querySelector('.slate');
  new MutationObserver(() => {
    const is = !!document.querySelector('.slate');
    if (is === was) return;
    was = is;
    if (!is) return;
    requestAnimationFrame(() => {
      const channel = new MessageChannel(); // its message comes after the frame is painted
      channel.port1.onmessage = () =>
        window.covered.push(performance.timeOrigin + performance.now());
      channel.port2.postMessage(null);
    });
  }).observe(document.body, { childList: true, subtree: true });
}"""


def open_screens(browser: Browser, links: dict[str, str]) -> list[Page]:
    overlay = links["wall_questions"].replace("/w/", "/o/")
    wanted = [
        (links["wall_questions"], crew.WALL),
        (links["wall_videos"], crew.WALL),
        (overlay, crew.WALL),
        (links["phone"], crew.PHONE),
        (links["phone"], crew.PHONE),
    ]
    pages = []
    for address, size in wanted:
        page = browser.new_context(viewport=size, locale=crew.FRENCH).new_page()
        page.goto(address)
        page.wait_for_timeout(1_500)
        page.evaluate(NOTE_PAINTS)
        pages.append(page)
    return pages


def press(house: House, way: dict[str, str], slug: str, presses: int) -> tuple[list[float], ...]:
    """Put the slate on and take it off: when each was sent, and how long its answer took, in ms."""
    sent_at_ms, answered_ms = [], []
    headers = {"Authorization": f"Bearer {way['ticket']}"}
    with httpx.Client(headers=headers, timeout=10) as client:
        for is_on in (True, False) * presses:
            began = time.time()
            client.post(f"{house.url}/panic/{slug}", json={"is_on": is_on}).raise_for_status()
            if is_on:
                sent_at_ms.append(began * 1000)
                answered_ms.append((time.time() - began) * 1000)
            time.sleep(BETWEEN_S)
    return sent_at_ms, answered_ms


def measure(
    house: House, browser: Browser, postgres: list[psutil.Process], presses: int
) -> dict[str, list[float]]:
    """One round; milliseconds."""
    with house.client() as client:
        session: dict[str, Any] = crew.plan(client)
        slug = str(session["slug"])
        way = client.post(f"/sessions/{slug}/panic-ticket").json()
    pages = open_screens(browser, session["links"])
    found: dict[str, list[float]] = {}
    for name in ("the database answers", "the database hangs"):
        if name == "the database hangs":
            for process in postgres:
                process.send_signal(signal.SIGSTOP)
        sent_at_ms, answered_ms = press(house, way, slug, presses)
        covered = [page.evaluate("window.covered.splice(0)") for page in pages]
        assert {len(times) for times in covered} == {presses}, covered
        late = [
            [at - sent for at, sent in zip(times, sent_at_ms, strict=True)] for times in covered
        ]
        found[f"{name}: the button has its answer"] = answered_ms
        found[f"{name}: each screen shows the slate"] = [ms for times in late for ms in times]
        found[f"{name}: the last of 5 screens"] = [max(ms) for ms in zip(*late, strict=True)]
    for process in postgres:
        process.send_signal(signal.SIGCONT)
    for page in pages:
        page.context.close()
    return found


def postgres_at(address: str) -> list[psutil.Process]:
    """The server that answers there, which is a child of ours, and its own children."""
    port = address.rpartition(":")[2].partition("/")[0]
    ours = psutil.Process(os.getpid()).children(recursive=True)
    server = next(one for one in ours if f"-p {port}" in " ".join(one.cmdline()))
    return [server, *server.children()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presses", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    rounds = []
    for _ in range(asked.rounds):
        with ExitStack() as stack:
            data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            address = stack.enter_context(running_postgres())
            house = stack.enter_context(
                running_house(data / "room", "--no-rehearsal", BLUEROOM_DATABASE=address)
            )
            playwright = stack.enter_context(sync_playwright())
            browser = playwright.chromium.launch(**chromium.launch_words())
            rounds.append(measure(house, browser, postgres_at(address), asked.presses))
            browser.close()
    print(HEAD)
    for name in rounds[0]:
        print(row(name, [ms for found in rounds for ms in found[name]]))
    last = [percentile(list(found.values())[-1], 0.5) for found in rounds]
    print(f"\n{asked.rounds} rounds; p50 of the last line in each: ", end="")
    print(", ".join(f"{ms:.0f}" for ms in last) + f" ms. {machine()} Chromium on the same cores.")


if __name__ == "__main__":
    main()
