"""How long from a decision until everybody has been told: up to 1,000 walls, 10,000 phones.

    python bench/reach.py [--walls 1 100 300 1000] [--phones 10000] [--decisions 20] [--rounds 3]

Runs the real program with a session as it is in the middle of a show, twenty questions answered.
Walls and phones are streams as their pages open them, all in one process of the bench; beside them
one questions wall is open in Chromium at 1920x1080. A client of the API lines questions up and puts
them on air (walls), approves them and puts them on air (phones). Counted from just before the
request is sent until the change has been read by the last stream, and until the wall in Chromium
has painted it, by the clock of this one machine. The reading is on the same cores, and counted too.
Prints a Markdown table of all rounds together, each round's p95, the processor time of the house
and the machine. It needs as many open files as streams (`ulimit -n`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import psutil
import uvloop
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from bench.machine import machine, percentile  # noqa: E402 - found by the line above
from bench.wall import BETWEEN_S, open_walls, with_questions  # noqa: E402

from blueroom.updates.serve import allow_many_connections  # noqa: E402
from tests.journeys import chromium  # noqa: E402
from tests.running import House, running_house  # noqa: E402

STREAMS_A_LINK = 40  # as many as the house allows
ANSWERED = 20
OPENING_AT_ONCE = 200
OPEN_WITHIN_S, TOLD_WITHIN_S = 60.0, 20.0
ANSWER = (
    "Longtemps j’ai cru qu’il fallait attendre d’être prête. Puis un soir, dans une petite salle, "
    "la lumière est tombée en panne, et j’ai chanté quand même."
)


# The followers' process.


class Follower(asyncio.Protocol):
    """One stream; notes in `told` when what is looked for has come."""

    looked_for = b""  # for all of them

    def __init__(self, path: str, told: list[float], opened: asyncio.Future[None]) -> None:
        self._path, self._told, self._opened = path, told, opened

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        head = f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n"
        cast(asyncio.Transport, transport).write(head.encode())

    def data_received(self, data: bytes) -> None:
        if self.looked_for and self.looked_for in data:
            self._told.append(time.time() * 1000)
        if not self._opened.done() and b"event: snapshot" in data:
            self._opened.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._opened.done():
            self._opened.set_exception(exc or ConnectionError(f"refused: {self._path}"))


async def run_followers(port: int) -> None:
    """Open the streams of the first line; then say for each later line when what it names came."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    told: list[float] = []
    gate = asyncio.Semaphore(OPENING_AT_ONCE)

    async def open_one(path: str) -> None:
        opened: asyncio.Future[None] = loop.create_future()
        async with gate:
            await loop.create_connection(lambda: Follower(path, told, opened), "127.0.0.1", port)
            await opened

    paths = [path for path, times in json.loads(await lines.readline()) for _ in range(times)]
    async with asyncio.timeout(OPEN_WITHIN_S):
        await asyncio.gather(*map(open_one, paths))
    say(opened=len(paths))
    while looked_for := (await lines.readline()).strip():
        told.clear()
        Follower.looked_for = looked_for
        say(ready=True)
        until_s = time.monotonic() + TOLD_WITHIN_S
        # An event set by each stream would be part of what is measured.
        while len(told) < len(paths) and time.monotonic() < until_s:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        Follower.looked_for = b""
        say(told=len(told), first=min(told), middle=percentile(told, 0.5), last=max(told))


def say(**words: object) -> None:
    print(json.dumps(words), flush=True)


class Followers:
    """The process of so many streams, spoken to in lines."""

    def __init__(self, port: int, paths: list[tuple[str, int]]) -> None:
        words = [sys.executable, __file__, "--as", "followers", "--port", str(port)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True)
        self.count = sum(times for _, times in paths)
        self._ask(json.dumps(paths))

    def look_for(self, change: str) -> None:
        """From now on, for the change of that kind."""
        self._ask(f'"kind":"{change}"')

    def told(self) -> dict[str, float]:
        """When the first, the middle and the last stream was told, in ms."""
        heard = self._hear()
        if heard["told"] != self.count:
            raise SystemExit(f"{heard['told']} of {self.count} were told")
        return heard

    def end(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def _ask(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        self._hear()

    def _hear(self) -> dict[str, float]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the streams ended early; see above")
        heard: dict[str, float] = json.loads(line)
        return heard


@contextmanager
def followed(port: int, paths: list[tuple[str, int]]) -> Iterator[Followers]:
    followers = Followers(port, paths)
    try:
        yield followers
    finally:
        followers.end()


# The conductor's process.


def prepared(client: httpx.Client, number: int) -> tuple[dict[str, Any], list[int]]:
    """A session on air with twenty questions answered, and so many that wait: their ids."""
    session, ids = with_questions(client, number + ANSWERED)
    client.post(f"/sessions/{session['slug']}/start").raise_for_status()
    for one in ids[number:]:
        for verb in ("approve", "air"):
            client.post(f"/questions/{one}/{verb}").raise_for_status()
        client.post(f"/questions/{one}/answer", json={"text": ANSWER}).raise_for_status()
    return session, ids[:number]


def wall_paths(client: httpx.Client, session: dict[str, Any], walls: int) -> list[tuple[str, int]]:
    """The streams of so many walls, each address opened as often as it may be."""
    paths = []
    slug = session["slug"]
    for opened in range(0, walls, STREAMS_A_LINK):
        link = client.post(f"/sessions/{slug}/links", json={"screen": "wall_questions"}).json()
        ticket = httpx.get(f"{link['url']}ticket").raise_for_status().json()
        path = f"{ticket['url']}&also={slug}/slate::"
        paths.append((path, min(STREAMS_A_LINK, walls - opened)))
    return paths


def decide(
    client: httpx.Client, followers: Followers, question: int, verb: str, change: str
) -> Any:
    """One decision: when it was sent, and the milliseconds until the answer and until the told."""
    followers.look_for(change)
    sent_at_ms = time.time() * 1000
    client.post(f"/questions/{question}/{verb}").raise_for_status()
    answered_ms = time.time() * 1000 - sent_at_ms
    told = followers.told()
    return sent_at_ms, answered_ms, told["middle"] - sent_at_ms, told["last"] - sent_at_ms


def measure(
    house: House, page: Page, client: httpx.Client, ids: list[int], followers: Followers, who: str
) -> dict[str, list[float]]:
    """One size; milliseconds."""
    first, change = ("line-up", "next") if who == "walls" else ("approve", "up_for_vote")
    if who == "walls":
        for question in ids:
            client.post(f"/questions/{question}/approve").raise_for_status()
        time.sleep(BETWEEN_S)
    found: dict[str, list[float]] = {}
    sent: dict[int, float] = {}
    assert house.process
    process = psutil.Process(house.process.pid)
    before_s = process.cpu_times().user + process.cpu_times().system
    for question in ids:
        for verb, told in ((first, change), ("air", "on_air")):
            sent_at_ms, *took_ms = decide(client, followers, question, verb, told)
            for name, ms in zip(("answered", "middle told", "last told"), took_ms, strict=True):
                found.setdefault(f"{verb}: {name}", []).append(ms)
            sent[question] = sent_at_ms
            time.sleep(BETWEEN_S)
    used_s = process.cpu_times().user + process.cpu_times().system - before_s
    found["CPU"] = [1000 * used_s / (2 * len(ids))]
    painted = page.evaluate("window.painted")
    number_of = {question: number for number, question in NUMBERS.items()}
    found["air: painted"] = [painted[str(number_of[one])] - at for one, at in sent.items()]
    return found


NUMBERS: dict[int, int] = {}  # the number in each question's text, and its id


def measure_round(browser: Browser, folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Every size once, in one house."""
    sizes = [("walls", n) for n in asked.walls] + [("phones", n) for n in asked.phones]
    found = {}
    with running_house(folder, "--no-rehearsal") as house, house.client() as client:
        session, ids = prepared(client, (len(sizes) + 1) * asked.decisions)
        NUMBERS.update(enumerate(ids))
        (page,) = open_walls(browser, session["links"]["wall_questions"], 1)
        for at, (who, number) in enumerate(sizes):
            phone = f"/live/{session['slug']}/phone?also={session['slug']}/slate::"
            paths = wall_paths(client, session, number) if who == "walls" else [(phone, number)]
            some = ids[at * asked.decisions : (at + 1) * asked.decisions]
            with followed(house.port, paths) as followers:
                time.sleep(2)
                found[f"{number:,} {who}"] = measure(house, page, client, some, followers, who)
            time.sleep(2)
        page.context.close()
    return found


def line(who: str, name: str, rounds: list[dict[str, Any]]) -> str:
    """A line of the table, of all rounds together."""
    times = [ms for found in rounds for ms in found[who][name]]
    each = ", ".join(f"{percentile(found[who][name], 0.95):.0f}" for found in rounds)
    shares = " | ".join(f"{percentile(times, share):.0f}" for share in (0.5, 0.95, 1))
    return f"| {who} | {name} | {shares} | {each} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--walls", type=int, nargs="*", default=[1, 100, 300, 1000])
    parser.add_argument("--phones", type=int, nargs="*", default=[10_000])
    parser.add_argument("--decisions", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--as", dest="role", choices=["followers"])
    parser.add_argument("--port", type=int)
    asked = parser.parse_args()
    allow_many_connections()
    if asked.role:
        uvloop.run(run_followers(asked.port))
        return
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(**chromium.launch_words()) as browser,
        tempfile.TemporaryDirectory() as folder,
    ):
        rounds = [
            measure_round(browser, Path(folder) / f"room-{number}", asked)
            for number in range(asked.rounds)
        ]
    print("| open | ms from the request until | p50 | p95 | worst | p95 of each round |")
    print("|---|---|---:|---:|---:|---:|")
    for who in rounds[0]:
        for name in rounds[0][who]:
            print(line(who, name, rounds))
    print(f"\n{asked.rounds} rounds. {machine()} Streams and Chromium on the same cores.")


if __name__ == "__main__":
    main()
