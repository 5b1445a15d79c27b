"""What a crew at the desk feels: an evening triaged by three people, and a desk that is very full.

    python bench/triage.py [--minutes 10] [--speed 6] [--posts 13000] [--stored 100000]

An evening: the real program plays a rehearsal, `--posts` over `--minutes` of its time, `--speed`
times as fast. Two moderators, each with their share, and a producer have the desk open in Chromium.
A moderator decides every 1.5 s of the rehearsal's time, by key; the producer puts a question on air
every 30 s of it. Says how many decisions a minute were stored, the time from the key to the frame
without the row, to the server's answer, and each page's heap after garbage is collected.

A full desk: `--stored` posts of the rehearsal in the database, of which the desk is given 5,000
rows: from the address to the first row, from each letter typed into the search and each filter
picked to the frame with what was found, and to the server's answer. Prints Markdown tables.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from bench.machine import HEAD, machine, row  # noqa: E402 - found by the line above

from tests.journeys import chromium, crew  # noqa: E402
from tests.running import House, running_house  # noqa: E402

PACE_S = 1.5  # of a moderator who reads: 40 decisions a minute
AIR_EVERY_S = 30.0
SHARES = (("n", 55), ("y", 25), ("m", 15), ("h", 5))
TYPED = ("musique", "concert lyon", "album", "who writes", "écriv")
GROUP = 500

# Notes from each key or letter to the frame that shows its effect, and what the server took.
NOTE_TIMES = """() => {
  window.gone = [];
  window.found = [];
  const painted = (then) => requestAnimationFrame(() => {
    const channel = new MessageChannel(); // its message comes after the frame is painted
    channel.port1.onmessage = then;
    channel.port2.postMessage(null);
  });
  document.addEventListener('keydown', ({ key, timeStamp }) => {
    const row = document.querySelector('[role=option].selected');
    if (!row || !'nymh'.includes(key) || document.activeElement?.tagName === 'INPUT') return;
    const look = () => (row.isConnected && row.classList.contains('selected')
      ? requestAnimationFrame(look)
      : painted(() => window.gone.push(performance.now() - timeStamp)));
    queueMicrotask(look);
  }, true);
  document.addEventListener('input', ({ timeStamp }) =>
    painted(() => window.found.push(performance.now() - timeStamp)), true);
}"""
ANSWERS = """(wanted) => performance.getEntriesByType('resource')
  .filter(({ name }) => new RegExp(wanted).test(name)).map(({ duration }) => duration)"""
VERBS = r"/questions/\d+/(approve|reject|later|hold)$"


async def heap_mb(page: Page) -> float:
    """What the page's scripts hold once garbage is collected."""
    tools = await page.context.new_cdp_session(page)
    await tools.send("HeapProfiler.collectGarbage")
    await tools.send("Performance.enable")
    metrics = (await tools.send("Performance.getMetrics"))["metrics"]
    await tools.detach()
    return next(one["value"] for one in metrics if one["name"] == "JSHeapUsedSize") / 1e6


async def come_in(browser: Browser, link: str, name: str) -> Page:
    page = await (await browser.new_context(viewport=crew.DESK, locale=crew.ENGLISH)).new_page()
    await page.goto(link)
    await page.get_by_label("Your name").fill(name)
    await page.get_by_label("E-mail address").fill(f"{name}@example.org")
    await page.get_by_role("textbox", name="Password").fill(crew.PASSWORD)
    await page.get_by_role("button", name="Come in", exact=True).click()
    await page.get_by_role("heading", name="Sessions").wait_for()
    return page


async def open_desk(page: Page, url: str) -> None:
    await page.goto(url)
    await page.get_by_role("option").first.wait_for(timeout=60_000)
    await page.evaluate("() => performance.setResourceTimingBufferSize(100_000)")
    await page.evaluate(NOTE_TIMES)


async def moderate(page: Page, pace_s: float, end_s: float, chance: random.Random) -> int:
    """Read and decide by key until the end; how many keys decided."""
    keys, weights = zip(*SHARES, strict=True)
    await page.get_by_role("button", name="My share").click()
    pressed = 0
    due_s = time.monotonic()
    while (due_s := due_s + pace_s) < end_s:
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))
        if not await page.evaluate("!!document.querySelector('[role=option].selected')"):
            await page.keyboard.press("j")
        await page.keyboard.press(chance.choices(keys, weights)[0])
        pressed += 1
    return pressed


async def produce(page: Page, pace_s: float, end_s: float) -> int:
    """Put the newest approved question on air again and again; how often."""
    lists = page.get_by_role("navigation", name="Lists")
    await lists.get_by_role("button", name="Approved").click()
    aired = 0
    while time.monotonic() + pace_s < end_s:
        await asyncio.sleep(pace_s)
        await page.keyboard.press("Escape")
        await page.keyboard.press("j")
        await page.keyboard.press("a")
        aired += 1
    return aired


async def triage(house: House, browser: Browser, asked: argparse.Namespace) -> None:
    """An evening, triaged."""
    names = ("Lea", "Max", "Nina")
    pages = [await come_in(browser, house.owner_link, names[0])]
    with house.client("owner") as client:
        for name, role in zip(names[1:], ("moderator", "producer"), strict=True):
            link = client.post("/invitations", json={"role": role}).raise_for_status().json()
            pages.append(await come_in(browser, link["url"], name))
        rate = asked.posts / asked.minutes
        slug = house.tool(
            "rehearse", "--rate", str(rate), "--speed", str(asked.speed), "--limit",
            str(asked.posts), "--script", "steady", "--backlog", "0",
        ).rstrip("/").rpartition("/")[2]  # fmt: skip
        for page in pages:
            await open_desk(page, f"{house.url}/desk/{slug}/")
        first_mb = [await heap_mb(page) for page in pages]
        lasts_s = asked.minutes * 60 / asked.speed
        end_s = time.monotonic() + lasts_s
        *pressed, aired = await asyncio.gather(
            *(
                moderate(page, PACE_S / asked.speed, end_s, random.Random(number))
                for number, page in enumerate(pages[:2])
            ),
            produce(pages[2], AIR_EVERY_S / asked.speed, end_s),
        )
        await asyncio.sleep(1)
        states = client.get(f"/sessions/{slug}/counts").json()
    gone = [ms for page in pages[:2] for ms in await page.evaluate("window.gone")]
    told = [ms for page in pages[:2] for ms in await page.evaluate(ANSWERS, VERBS)]
    last_mb = [await heap_mb(page) for page in pages]
    print(f"An evening of {states['total']:,} posts in {lasts_s:.0f} s (x{asked.speed:g}):")
    print(f"{sum(pressed)} keys pressed, {len(told)} decisions stored,", end=" ")
    print(f"{60 * len(told) / lasts_s:,.0f} a minute of ours; {aired} times on air.")
    heaps = (f"{one:.0f} to {other:.0f}" for one, other in zip(first_mb, last_mb, strict=True))
    print(f"Heap, MB: {', '.join(heaps)}.\n\n{HEAD}")
    print(row("a key, to the row gone", gone))
    print(row("a key, to the server's answer", told))
    for page in pages:
        await page.context.close()


async def crowd(house: House, browser: Browser, slug: str, state: Any) -> None:
    """A desk that is very full, and what one types there."""
    context = await browser.new_context(
        viewport=crew.DESK, locale=crew.ENGLISH, storage_state=state
    )
    opened = []
    for _ in range(5):
        page = await context.new_page()
        began_s = time.perf_counter()
        await open_desk(page, f"{house.url}/desk/{slug}/")
        opened.append((time.perf_counter() - began_s) * 1000)
        if len(opened) < 5:
            await page.close()
    rows = await page.get_by_role("option").first.get_attribute("aria-setsize")
    first_mb = await heap_mb(page)
    search = page.get_by_role("search").get_by_role("textbox")
    for typed in TYPED:
        await search.fill("")
        await search.press_sequentially(typed, delay=120)
        await page.wait_for_timeout(1_500)
    await search.fill("")
    found = await page.evaluate("window.found")
    pages_ms = await page.evaluate(ANSWERS, r"/questions\?.*q=")
    counts_ms = await page.evaluate(ANSWERS, r"/questions/count")
    picked = await filter_times(page)
    filtered_ms = (await page.evaluate(ANSWERS, r"/questions/count"))[len(counts_ms) :]
    print(f"\nA desk of {rows} rows: heap {first_mb:.0f} MB", end="")
    print(f", {await heap_mb(page):.0f} after searching and filtering.\n\n{HEAD}")
    print(row("the address, to the first row", opened))
    print(row("a letter typed, to what is loaded", found))
    print(row("the server's page of what was typed", pages_ms))
    print(row("the server's count of it", counts_ms))
    print(row("a filter, to what is loaded", picked))
    print(row("the server's count of a filter", filtered_ms))
    await context.close()


PICK = """(change) => new Promise((done) => {
  const began_ms = performance.now();
  document.querySelector(change).click();
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now() - began_ms);
    channel.port2.postMessage(null);
  });
})"""


async def filter_times(page: Page) -> list[float]:
    """From each criterion chosen in the panel to the frame that shows what meets it."""
    await page.get_by_role("option").first.click()
    await page.keyboard.press("f")
    await page.get_by_role("dialog").wait_for()
    took = []
    for group in range(3):  # age, votes, askers
        for choice in (2, 3, 1):
            button = f".groups .group:nth-child({group + 1}) .choice:nth-child({choice})"
            took.append(await page.evaluate(PICK, button))
            await page.wait_for_timeout(1_200)
    await page.keyboard.press("Escape")
    return took


def fill(folder: str, slug: str, wanted: int) -> None:
    """Take posts of the rehearsal in as the listener does, in a process of its own."""
    os.environ |= {"DJANGO_SETTINGS_MODULE": "blueroom.config.settings", "BLUEROOM_DATA": folder}
    import django

    django.setup()
    from blueroom.desk import actions, search
    from blueroom.networks.rehearsal.labels import labelled_posts
    from blueroom.networks.rehearsal.options import Options
    from blueroom.room.models import Session

    session = Session.objects.get(slug=slug)
    for start in range(0, wanted, GROUP):
        pairs = labelled_posts(Options(), first=start, count=GROUP)
        actions.take_in(
            session=session, posts=[post for post, _label in pairs], now=datetime.now(UTC)
        )
    while search.index_new_posts():
        pass


async def with_browser(work: Callable[[Browser], Any]) -> Any:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**chromium.launch_words())  # type: ignore[arg-type]
        found = await work(browser)
        await browser.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--speed", type=float, default=6)
    parser.add_argument("--posts", type=int, default=13_000)
    parser.add_argument("--stored", type=int, default=100_000)
    parser.add_argument("--fill", nargs=2, metavar=("FOLDER", "SLUG"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.fill:
        folder, slug = asked.fill
        fill(folder, slug, asked.stored)
        return
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        if asked.posts:
            with running_house(data / "evening", "--no-rehearsal") as house:
                asyncio.run(with_browser(lambda browser: triage(house, browser, asked)))
        if asked.stored:
            with running_house(data / "full", "--no-rehearsal") as house, house.client() as client:
                slug = str(crew.plan(client)["slug"])

                async def log_in(browser: Browser) -> Any:
                    page = await come_in(browser, house.owner_link, "Lea")
                    return await page.context.storage_state()

                state = asyncio.run(with_browser(log_in))
                house.stop()
                subprocess.run(
                    [sys.executable, __file__, "--stored", str(asked.stored), "--fill",
                     str(data / "full"), slug],
                    check=True,
                )  # fmt: skip
                house.start()
                asyncio.run(with_browser(lambda browser: crowd(house, browser, slug, state)))
    print(f"\n{machine()} Programs and Chromium on the same cores.")


if __name__ == "__main__":
    main()
