"""What an hour does to open walls: memory, nodes and listeners, once garbage is collected.

    python bench/hour.py [--speed 20] [--minutes 60]

Runs the real program with a rehearsal at that speed, an hour in three minutes, and a camera that
sends. A questions wall, a videos wall with the camera on it and the heat map are open in Chromium
at 1920x1080. Meanwhile a question is put on air and answered for each minute of the hour, and what
the questions wall shows is changed. At ten moments garbage is collected and counted: JavaScript's
memory, nodes of the document, listeners. Prints a Markdown table, and the machine.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import CDPSession, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from bench.machine import machine  # noqa: E402 - found by the line above

from tests.camera import film  # noqa: E402
from tests.journeys import chromium, crew  # noqa: E402
from tests.journeys.studio import Studio  # noqa: E402
from tests.running import House, running_house  # noqa: E402
from tests.sending import Page as Sender  # noqa: E402

WALLS = ("questions", "videos", "heat")
LOOKS = 10
SCENES = itertools.cycle(
    (
        {"scene": "auto", "layout": "one"},
        {"layout": "three"},
        {"layout": "voices"},
        {"scene": "next"},
        {"scene": "answered", "layout": "one"},
        {"scene": "call"},
    )
)


def counted(client: CDPSession) -> tuple[float, int, int]:
    """MB of JavaScript, nodes and listeners of a page whose garbage was just collected."""
    client.send("HeapProfiler.collectGarbage")
    metrics = {
        one["name"]: one["value"] for one in client.send("Performance.getMetrics")["metrics"]
    }
    return metrics["JSHeapUsedSize"] / 1e6, int(metrics["Nodes"]), int(metrics["JSEventListeners"])


def decide(api: httpx.Client, slug: str) -> None:
    """What a crew does in a minute: the question on air is answered, the one that was lined up goes
    on air, another is lined up; what the walls show changes."""

    def first(state: str) -> list[dict[str, Any]]:
        path = f"/sessions/{slug}/questions"
        found: list[dict[str, Any]] = api.get(path, params={"state": state}).json()["items"]
        return found[:1]

    for one in first("on_air"):
        api.post(f"/questions/{one['id']}/answer", json={"text": "Oui."}).raise_for_status()
    for one in first("lined_up"):
        api.post(f"/questions/{one['id']}/air").raise_for_status()
    for one in first("waiting"):
        for verb in ("approve", "line-up"):
            api.post(f"/questions/{one['id']}/{verb}").raise_for_status()
    api.post(f"/sessions/{slug}/scene", json=next(SCENES)).raise_for_status()


def open_walls(house: House, playwright: Any, links: dict[str, str]) -> dict[str, Page]:
    """Each in a browser of its own, as three televisions are."""
    pages = {}
    for name in WALLS:
        browser = playwright.chromium.launch(**chromium.launch_words())
        page = browser.new_context(viewport=crew.WALL, locale=crew.FRENCH).new_page()
        page.goto(links[f"wall_{name}"])
        pages[name] = page
    return pages


def measure(house: House, asked: argparse.Namespace) -> list[str]:
    """The lines of the table."""
    words = (f"--speed={asked.speed}", "--rate=75", "--backlog=40")
    slug = house.tool("rehearse", *words).rstrip("/").rpartition("/")[2]
    lines = []
    took_s = 60 * asked.minutes / asked.speed
    with house.client() as api, sync_playwright() as playwright:
        studio = Studio(house, api, slug)
        feed = studio.feed("Inès")
        api.patch(f"/feeds/{feed.id}", json={"is_on_wall": True}).raise_for_status()
        sender = Sender(feed.page_url, film("webm", seconds=took_s + 60, fps=10, size=(320, 180)))
        sender.start()
        links: Any = api.get(f"/sessions/{slug}").json()["links"]
        pages = open_walls(house, playwright, links)
        clients = {name: page.context.new_cdp_session(page) for name, page in pages.items()}
        for client in clients.values():
            client.send("Performance.enable")
        began_s = time.monotonic()
        for minute in range(asked.minutes + 1):
            due_s = began_s + 60 * minute / asked.speed
            pages["questions"].wait_for_timeout(1000 * max(0.0, due_s - time.monotonic()))
            decide(api, slug)
            if minute % max(1, asked.minutes // LOOKS) == 0:
                posts = api.get(f"/sessions/{slug}/counts").json()["total"]
                found = [counted(client) for client in clients.values()]
                figures = " | ".join(f"{mb:.1f} MB, {nodes:,}, {on:,}" for mb, nodes, on in found)
                lines.append(f"| {minute} | {posts:,} | {figures} |")
                print(lines[-1], file=sys.stderr, flush=True)
        sender.leave()
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speed", type=float, default=20)
    parser.add_argument("--minutes", type=int, default=60)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_house(Path(folder) / "room", "--no-rehearsal", BLUEROOM_RTMP="off") as house,
    ):
        lines = measure(house, asked)
    print("| minute | posts | " + " | ".join(f"{name} wall" for name in WALLS) + " |")
    print("|---:|---:|" + "---:|" * len(WALLS))
    print("\n".join(lines))
    print(f"\nMemory, nodes, listeners. {machine()} Chromium on the same cores.")


if __name__ == "__main__":
    main()
