"""How smoothly the heat map runs with many points, and how fast a late wall catches up.

    python bench/walls.py [--points 10000 100000 1000000] [--seconds 6] [--without-maplibre]

Runs the real program with so many points in its database, and opens the heat map in Chromium at
1920x1080 on this machine's processors alone, in a replay at x120 (the most that moves at once).
Counted: pictures drawn a second (the wall draws 30 at most) and frames that the browser composed,
how busy the page's main thread was, the bytes of the points on the wire, the time from opening the
address until every point is there: the first wall of a process, seconds after the points are in its
database, and then another.
Beside it MapLibre GL shows the same points as a heatmap layer without a base map, redrawn as often
as it can; it is fetched from npm into a temporary folder.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import math
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, CDPSession, Error, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from bench.machine import machine  # noqa: E402 - found by the line above

from blueroom.places.blur import cell_of, degrees_of  # noqa: E402
from blueroom.places.gazetteer import Gazetteer  # noqa: E402
from tests.journeys import chromium, crew  # noqa: E402
from tests.running import House, running_house  # noqa: E402

MAPLIBRE = "maplibre-gl@5"
MAPLIBRE_WAIT_S = 150  # for all of its points
HOURS = 2
SETTLED_S = 6.0  # a process that serves reads its maps by itself within some seconds
TOWNS = """Paris Lyon Marseille Toulouse Bordeaux Nantes Lille Strasbourg Rennes Nice Bruxelles
Liège Genève Lausanne Londres Manchester Dublin Berlin Hambourg Munich Vienne Madrid Barcelone
Lisbonne Rome Milan Alger Tunis Casablanca Dakar Abidjan Montréal Toronto Chicago Tokyo"""
Point = tuple[int, int, int, str]  # x, y, second, code
COUNT_PICTURES = """() => {
  window.drawn = 0;
  window.composed = 0;
  const draw = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (image, ...rest) {
    if (image.width === 480) window.drawn += 1;
    return draw.call(this, image, ...rest);
  };
  const count = () => { window.composed += 1; requestAnimationFrame(count); };
  requestAnimationFrame(count);
}"""
MAPLIBRE_PAGE = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="maplibre.css">
<style>html,body,#map{margin:0;width:1920px;height:1080px;background:#0b1726}</style>
<div id="map"></div><script src="maplibre.js"></script><script>
const began = performance.now();
const map = new maplibregl.Map({ container: 'map', center: [9, 46.5], zoom: 3.6, fadeDuration: 0,
  attributionControl: false, style: { version: 8, sources: {}, layers: [
    { id: 'sea', type: 'background', paint: { 'background-color': '#0b1726' } }] } });
map.on('load', () => {
  map.addSource('posts', { type: 'geojson', data: 'points.json' });
  map.addLayer({ id: 'heat', type: 'heatmap', source: 'posts',
    paint: { 'heatmap-radius': 20, 'heatmap-intensity': 0.2 } });
  map.once('idle', () => { window.ready_ms = performance.now() - began; });
});
window.drawn = 0;
map.on('render', () => { window.drawn += 1; if (window.ready_ms) map.triggerRepaint(); });
window.go = () => map.triggerRepaint();
</script>"""


def points_like_an_evening(number: int, began_s: int) -> list[Point]:
    """Posts around towns, with waves, in the order of time; the same each run."""
    rng = random.Random("evening")
    found = Gazetteer()
    towns = [place for name in TOWNS.split() if (place := found.find(name)) is not None]
    weights = [1 / (rank + 1) for rank in range(len(towns))]
    waves = [1 + 4 * math.exp(-(((m % 40) - 20) ** 2) / 18) for m in range(HOURS * 60)]
    minutes = rng.choices(range(HOURS * 60), waves, k=number)
    seconds = sorted(began_s + 60 * minute + rng.randrange(60) for minute in minutes)
    points = []
    for at_s, town in zip(seconds, rng.choices(towns, weights, k=number), strict=True):
        wide = 3.0 if rng.random() < 0.18 else 0.4
        x, y = cell_of(town.lat + rng.gauss(0, wide / 2), town.lon + rng.gauss(0, wide * 0.65))
        points.append((x, y, at_s, town.code))
    return points


def fill(house: House, slug: str, points: list[Point]) -> None:
    """Put the points into the session's map as the listener would have, and count their posts."""
    with sqlite3.connect(house.data / "room.sqlite3", timeout=60) as database:
        query = "SELECT id FROM room_session WHERE slug = ?"
        (session,) = database.execute(query, [slug]).fetchone()
        database.execute("DELETE FROM posts_location")
        database.execute("DELETE FROM posts_postcount")
        database.executemany(
            "INSERT INTO posts_location (post_id, session_id, revision, source, level, place, x, y,"
            " received_s) VALUES (?, ?, ?, 'point', 'point', ?, ?, ?, ?)",
            (
                (n, session, n, code, x, y, at_s)
                for n, (x, y, at_s, code) in enumerate(points, start=1)
            ),
        )
        minutes: dict[int, int] = {}
        for _, _, at_s, _ in points:
            minutes[at_s // 60] = minutes.get(at_s // 60, 0) + 1
        database.executemany(
            "INSERT INTO posts_postcount (session_id, network, minute, posts)"
            " VALUES (?, 'bench', ?, ?)",
            (
                (session, f"{datetime.fromtimestamp(60 * minute, UTC):%Y-%m-%d %H:%M:%S}", posts)
                for minute, posts in minutes.items()
            ),
        )


def busy_s(client: CDPSession) -> float:
    """Seconds that the page's main thread has worked so far."""
    metrics = client.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


def watch(page: Page, seconds: float) -> dict[str, float]:
    """How smoothly a page runs that counts its pictures."""
    client = page.context.new_cdp_session(page)
    client.send("Performance.enable")
    page.evaluate("window.drawn = 0; window.composed = 0")
    began_s, was_busy_s = time.monotonic(), busy_s(client)
    page.wait_for_timeout(seconds * 1000)
    counted = page.evaluate("[window.drawn, window.composed || 0]")
    took_s = time.monotonic() - began_s
    return {
        "drawn": counted[0] / took_s,
        "composed": counted[1] / took_s,
        "busy": (busy_s(client) - was_busy_s) / took_s,
    }


def open_wall(browser: Browser, url: str, number: int) -> tuple[Page, float]:
    """The wall with every point, and the seconds that took."""
    page = browser.new_context(viewport=crew.WALL, locale="en-GB").new_page()
    page.goto("about:blank")
    began_s = time.monotonic()
    page.goto(f"{url}?lang=en&air=on", wait_until="commit")
    page.get_by_text(f"{number:,} of").wait_for(timeout=120_000)
    return page, time.monotonic() - began_s


def measure_wall(browser: Browser, url: str, number: int, seconds: float) -> dict[str, float]:
    page, cold_s = open_wall(browser, url, number)
    page.context.close()
    page, late_s = open_wall(browser, url, number)
    page.evaluate(COUNT_PICTURES)
    page.keyboard.press(" ")
    page.evaluate("document.querySelectorAll('.controls button')[4].click()")  # x120
    page.wait_for_timeout(1_000)
    found = watch(page, seconds)
    page.context.close()
    with httpx.stream("GET", f"{url}points", headers={"Accept-Encoding": "gzip"}) as answer:
        size = sum(len(chunk) for chunk in answer.iter_raw())
    return found | {"cold_s": cold_s, "late_s": late_s, "bytes": size}


@contextmanager
def maplibre_served(folder: Path) -> Iterator[str]:
    """The address of a page with MapLibre, from npm."""
    npm = shutil.which("npm") or "npm"
    words = [npm, "install", "--no-save", "--no-audit", "--no-fund", "--silent", MAPLIBRE]
    subprocess.run([*words, "--prefix", str(folder)], check=True, stdout=sys.stderr)
    built = folder / "node_modules/maplibre-gl/dist"
    shutil.copy(built / "maplibre-gl.js", folder / "maplibre.js")
    shutil.copy(built / "maplibre-gl.css", folder / "maplibre.css")
    (folder / "index.html").write_text(MAPLIBRE_PAGE)
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words: Any) -> None:
        pass


def measure_maplibre(
    browser: Browser, url: str, folder: Path, points: list[Point], seconds: float
) -> dict[str, float]:
    features = [
        {"type": "Feature", "properties": {"t": at_s}, "geometry": {"type": "Point",
         "coordinates": [round(lon, 4), round(lat, 4)]}}
        for x, y, at_s, _ in points
        for lat, lon in [degrees_of(x, y)]
    ]  # fmt: skip
    data = json.dumps({"type": "FeatureCollection", "features": features})
    (folder / "points.json").write_text(data)
    page = browser.new_context(viewport=crew.WALL).new_page()
    page.goto(url)
    try:
        page.wait_for_function("window.ready_ms", timeout=1000 * MAPLIBRE_WAIT_S)
    except Error:
        page.context.close()
        return {"drawn": 0, "composed": 0, "busy": 0, "bytes": len(data), "late_s": math.inf}
    page.evaluate("window.go()")
    found = watch(page, seconds)
    ready_s = page.evaluate("window.ready_ms") / 1000
    page.context.close()
    return found | {"late_s": ready_s, "bytes": len(data)}


def line(name: str, number: int, found: dict[str, float]) -> str:
    cold = f"{found['cold_s']:.1f}" if "cold_s" in found else ""
    composed = f"{found['composed']:.0f}" if found["composed"] else ""
    return (
        f"| {name} | {number:,} | {found['drawn']:.1f} | {composed} | {100 * found['busy']:.0f} % |"
        f" {found['bytes'] / 1e6:.2f} MB | {cold} | {found['late_s']:.2f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--without-maplibre", action="store_true")
    asked = parser.parse_args()
    began_s = int((datetime.now(UTC) - timedelta(hours=HOURS, minutes=1)).timestamp())
    lines = []
    with (
        tempfile.TemporaryDirectory() as folder,
        running_house(Path(folder) / "room", "--no-rehearsal") as house,
        sync_playwright() as playwright,
        playwright.chromium.launch(**chromium.launch_words()) as browser,
        house.client() as client,
    ):
        for number in asked.points:
            session = crew.plan(client)
            links: Any = session["links"]
            points = points_like_an_evening(number, began_s)
            fill(house, str(session["slug"]), points)
            time.sleep(SETTLED_S)
            found = measure_wall(browser, links["wall_heat"], number, asked.seconds)
            lines.append(line("heat map", number, found))
            print(lines[-1], file=sys.stderr, flush=True)
            if asked.without_maplibre:
                continue
            other = Path(folder) / f"maplibre-{number}"
            other.mkdir()
            with maplibre_served(other) as url:
                found = measure_maplibre(browser, url, other, points, asked.seconds)
            lines.append(line("MapLibre", number, found))
            print(lines[-1], file=sys.stderr, flush=True)
    print(
        "| map | points | drawn/s | composed/s | main thread | on the wire | first, s | late, s |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    print("\n".join(lines))
    print(f"\n{machine()} Chromium on the same cores, without a graphics card.")


if __name__ == "__main__":
    main()
