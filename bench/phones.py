"""What a phone costs the server: by an event stream that it holds, and by a state that it asks for.

    python bench/phones.py [--phones 1000 4000] [--seconds 12] [--rounds 3]

The real server in one process, its phones in a second, on loopback. One change a second is told to
all streams; phones without one ask for the state every four seconds, as the page does, half of
them with the tag of what they know. Prints a Markdown table. About half a minute a size.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from typing import Any

import msgspec
import uvloop
from machine import machine, percentile

from blueroom.updates.front import Front
from blueroom.updates.hub import Hub
from blueroom.updates.live import PUBLIC, Grant, Limits, Live
from blueroom.updates.now import PATH, Now
from blueroom.updates.serve import allow_many_connections, listen, serve

TOPIC = "show/phone"
ASK_EVERY_S = 4.0
OPENING_AT_ONCE = 100
STREAM = b"GET /live/show/phone HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"
ASK = "GET /now/show/phone HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip, br\r\n"
LETTERS = "aaeeiioudlmnprstv"


class State(msgspec.Struct):
    """As large as a phone page's in the middle of a show."""

    cards: list[str]
    votes: int


class Votes(msgspec.Struct, tag_field="kind", tag="votes"):
    id: int
    votes: int


def cards() -> list[str]:
    """Sixty texts of 240 letters that pack as words do: to a third, not to nothing."""
    chance = random.Random(7)  # the same in each run
    words = ["".join(chance.choices(LETTERS, k=chance.randint(2, 9))) for _ in range(1500)]
    return [" ".join(chance.choices(words, k=40)) for _ in range(60)]


def run_server() -> None:
    """Serve; obey lines on stdin: "tell", "usage". The end of stdin ends it."""
    state = State(cards(), 0)
    hub = Hub(lambda _topic: state)

    def authorize(topic: str, _ticket: str, _headers: object) -> Grant:
        return Grant(PUBLIC, topic)

    live = Live(
        hub, authorize=authorize, still_allowed=lambda _: set(), limits=Limits(streams=1_000_000)
    )
    sock = listen("127.0.0.1", 0)

    def obey() -> None:
        say(port=sock.getsockname()[1])
        for line in sys.stdin:
            if line.strip() == "tell":
                state.votes += 1
                hub.announce(TOPIC, [Votes(7, state.votes)])
            else:
                say(cpu_s=time.process_time(), streams=len(hub.streams))
        os.kill(os.getpid(), 15)

    front = Front(live, lambda *_: [], mounts={PATH: Now(lambda _topic: state, authorize)})
    serve(front, sock, on_ready=threading.Thread(target=obey, daemon=True).start)


async def run_phones(port: int, count: int, seconds: float, *, by_streams: bool) -> None:
    """Open so many phones, say so; then what came for `seconds` from a line on stdin on."""
    gate = asyncio.Semaphore(OPENING_AT_ONCE)
    received = [0]
    took_ms: list[float] = []
    began = asyncio.Event()

    async def follow() -> None:
        async with gate:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
            writer.write(STREAM)
            await reader.readuntil(b"event: snapshot")
            await reader.readuntil(b"\n\n")
        opened.release()
        await began.wait()
        async with asyncio.timeout(seconds):
            while piece := await reader.read(65_536):
                received[0] += len(piece)

    async def ask_again(number: int) -> None:
        async with gate:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
        opened.release()
        await began.wait()
        end_s = time.monotonic() + seconds
        tag = ""
        await asyncio.sleep(ASK_EVERY_S * number / count)
        while time.monotonic() < end_s:
            asked_s = time.monotonic()
            knows = f"If-None-Match: {tag}\r\n" if tag and number % 2 else ""
            writer.write(f"{ASK}{knows}\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            named = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            size = 0 if " 304 " in head[:20] else int(named["content-length"])
            await reader.readexactly(size)
            received[0] += len(head) + size
            tag = named["etag"]
            took_ms.append((time.monotonic() - asked_s) * 1000)
            await asyncio.sleep(max(0.0, asked_s + ASK_EVERY_S - time.monotonic()))

    opened = asyncio.Semaphore(0)
    phones = [
        asyncio.create_task(follow() if by_streams else ask_again(number))
        for number in range(count)
    ]
    for _ in range(count):
        await opened.acquire()
    say(opened=count)
    await asyncio.to_thread(sys.stdin.readline)
    began.set()
    await asyncio.gather(*phones, return_exceptions=True)
    say(received=received[0], took_ms=took_ms)


def say(**words: object) -> None:
    print(json.dumps(words), flush=True)


class Child:
    """One of the processes, spoken to in lines."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, __file__, *map(str, arguments)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdin
        assert self.process.stdout
        self._in, self._out = self.process.stdin, self.process.stdout

    def say(self, word: str) -> None:
        self._in.write(f"{word}\n")
        self._in.flush()

    def hear(self) -> dict[str, Any]:
        heard: dict[str, Any] = json.loads(self._out.readline())
        return heard

    def end(self) -> None:
        self._in.close()
        self.process.wait(20)


def measure(phones: int, seconds: float, *, by_streams: bool) -> dict[str, float]:
    """One round of one row of the table."""
    server = Child("--as", "server")
    port = server.hear()["port"]
    way = "streams" if by_streams else "asking"
    clients = Child("--as", way, "--port", port, "--phones", phones, "--seconds", seconds)
    clients.hear()
    server.say("usage")
    before = server.hear()["cpu_s"]
    clients.say("go")
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        server.say("tell")
        time.sleep(1)
    told = clients.hear()
    server.say("usage")
    cpu_s = server.hear()["cpu_s"] - before
    server.end()
    clients.end()
    each = phones * seconds
    waits = told["took_ms"]
    return {
        "core": 100 * cpu_s / seconds,
        "phone": 1e6 * cpu_s / each,
        "one": 1e6 * cpu_s / (each if by_streams else len(waits)),
        "bytes": told["received"] / each,
        "p50": percentile(waits, 0.5) if waits else 0.0,
        "p99": percentile(waits, 0.99) if waits else 0.0,
    }


COLUMNS = {
    "core": ("of a core", "{:.1f} %"),
    "phone": ("each phone, a second", "{:.0f} µs"),
    "one": ("each message or request", "{:.0f} µs"),
    "bytes": ("bytes each, a second", "{:,.0f} B"),
    "p50": ("p50", "{:.1f} ms"),
    "p99": ("p99", "{:.1f} ms"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phones", type=int, nargs="+", default=[1000, 4000])
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--as", dest="role", choices=["server", "streams", "asking"])
    parser.add_argument("--port", type=int)
    asked = parser.parse_args()
    allow_many_connections()
    if asked.role == "server":
        run_server()
    elif asked.role:
        [count] = asked.phones
        is_stream = asked.role == "streams"
        uvloop.run(run_phones(asked.port, count, asked.seconds, by_streams=is_stream))
    else:
        conduct(asked.phones, asked.seconds, asked.rounds)


def conduct(sizes: list[int], seconds: float, rounds: int) -> None:
    """Measure every size in every round, and print the medians."""
    ways = [(phones, by_streams) for phones in sizes for by_streams in (True, False)]
    found = [
        {(phones, by): measure(phones, seconds, by_streams=by) for phones, by in ways}
        for _ in range(rounds)
    ]
    print("| phones | " + " | ".join(title for title, _ in COLUMNS.values()) + " |")
    print("|---|" + "---:|" * len(COLUMNS))
    for phones, by in ways:
        medians = [
            form.format(statistics.median(one[phones, by][name] for one in found))
            for name, (_, form) in COLUMNS.items()
        ]
        print(f"| {phones:,} {'streams' if by else 'asking'} | " + " | ".join(medians) + " |")
    print(f"\nMedians of {rounds} rounds. {machine()}")


if __name__ == "__main__":
    main()
