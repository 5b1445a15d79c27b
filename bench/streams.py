"""How many event streams one process holds: memory, time to tell all, CPU, pages beside them.

    python bench/streams.py [--streams 1000 5000 10000] [--rounds 3]

Runs the real server in one process, its clients in a second, and askers of a plain page in a
third, all on loopback. Prints a Markdown table of medians of interleaved rounds, and the machine.
It needs as many open files as streams (`ulimit -n`); about a minute a round.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, cast

import msgspec
import uvloop

from blueroom.updates.front import Front
from blueroom.updates.hub import Hub
from blueroom.updates.live import PUBLIC, Grant, Limits, Live
from blueroom.updates.serve import allow_many_connections, listen, serve

TOPIC = "show/phone"
MESSAGES = 12
BETWEEN_MESSAGES_S = 0.5
PAGES_S = 4.0
PAGE_CLIENTS = 8
CONNECTING_AT_ONCE = 200
STREAMS_AN_ADDRESS = 20_000
GIVE_UP_S = 60.0

# What Chromium sends for an EventSource, so that the server keeps what it would keep.
REQUEST = (
    b"GET /live/show/phone HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nConnection: keep-alive\r\n"
    b'sec-ch-ua-platform: "Android"\r\nCache-Control: no-cache\r\n'
    b"User-Agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    b"Chrome/140.0.0.0 Mobile Safari/537.36\r\n"
    b'sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24"\r\nsec-ch-ua-mobile: ?1\r\n'
    b"Accept: text/event-stream\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\n"
    b"Sec-Fetch-Dest: empty\r\nReferer: http://127.0.0.1:8000/s/show/\r\n"
    b"Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: fr-FR,fr;q=0.9,en;q=0.8\r\n"
    b"Cookie: csrftoken=abcdefghijklmnopqrstuvwxyzabcdef; sessionid=abcdefghijklmnopqrstuvwxyz\r\n"
    b"\r\n"
)
PAGE_REQUEST = b"GET /s/show/ HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nAccept: text/html\r\n\r\n"
SENT = b'"sent_ns":'
PAGE = b"<!doctype html><title>A page</title>" + b"<p>Questions are open.</p>" * 80
QUESTION = "Pourquoi avoir quitté la scène si longtemps, et qu'est-ce qui vous y a ramené ? " * 3


class State(msgspec.Struct, frozen=True):
    answered: list[str]


class OnAirChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="on_air"):
    sent_ns: int
    text: str


# The server's process.


def run_server() -> None:
    """Serve; obey lines on stdin: "tell", "usage". The end of stdin ends it."""
    state = State([QUESTION] * 20)
    hub = Hub(lambda _topic: state)
    live = Live(
        hub,
        authorize=lambda topic, _ticket, _headers: Grant(PUBLIC, topic),
        still_allowed=lambda _grants: set(),
        limits=Limits(streams=1_000_000),
    )

    def page(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        length = ("Content-Length", str(len(PAGE)))
        start_response("200 OK", [("Content-Type", "text/html"), length])
        return [PAGE]

    sock = listen("127.0.0.1", 0)

    def obey() -> None:
        say(port=sock.getsockname()[1])
        for line in sys.stdin:
            if line.strip() == "tell":
                change = OnAirChanged(time.monotonic_ns(), QUESTION)
                hub.announce(TOPIC, [change], at_once=True)
            else:
                say(cpu_s=time.process_time(), pss_kb=pss_kb(), streams=len(hub.streams))
        os.kill(os.getpid(), 15)

    def on_ready() -> None:
        threading.Thread(target=obey, daemon=True).start()

    serve(Front(live, page), sock, on_ready=on_ready)


def pss_kb() -> float:
    """The memory of this process, in kB, shared pages counted by their share."""
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return float(line.split()[1])
    raise RuntimeError("this kernel does not say PSS")


# The clients' process.


class Client(asyncio.Protocol):
    """One stream: notes when the snapshot came, and how long each change took."""

    def __init__(self, took_ms: list[float], opened: asyncio.Future[None]) -> None:
        self.took_ms = took_ms
        self.opened = opened
        self.head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).write(REQUEST)

    def data_received(self, data: bytes) -> None:
        if not self.opened.done():
            self.head += data
            if b"event: snapshot" in self.head and self.head.endswith(b"\n\n\r\n"):
                self.opened.set_result(None)
                self.head = b""
            return
        now_ns = time.monotonic_ns()
        at = data.find(SENT)
        while at >= 0:
            sent_ns = int(data[at + len(SENT) : data.index(b",", at)])
            self.took_ms.append((now_ns - sent_ns) / 1e6)
            at = data.find(SENT, at + 1)  # Two messages come at once when we are late.

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionError("closed before the snapshot"))


async def run_clients(port: int, count: int) -> None:
    """Open `count` streams, say how long that took, then what each told message took."""
    loop = asyncio.get_running_loop()
    took_ms: list[float] = []
    gate = asyncio.Semaphore(CONNECTING_AT_ONCE)

    async def open_one(number: int) -> None:
        opened: asyncio.Future[None] = loop.create_future()
        # Bound only where ports run out: bind() would also avoid the ports of the round before.
        more = number // STREAMS_AN_ADDRESS
        source = (f"127.0.0.{1 + more}", 0) if more else None
        async with gate:
            await loop.create_connection(
                lambda: Client(took_ms, opened), "127.0.0.1", port, local_addr=source
            )
            await opened

    began_s = time.monotonic()
    async with asyncio.timeout(GIVE_UP_S):
        await asyncio.gather(*map(open_one, range(count)))
    say(connect_s=time.monotonic() - began_s)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while expected := await reader.readline():
        end_s = time.monotonic() + GIVE_UP_S
        # An event set for each message would be part of what is measured.
        while len(took_ms) < int(expected) and time.monotonic() < end_s:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        say(took_ms=took_ms)
        took_ms.clear()


# The page askers' process.


async def run_pages(port: int, for_s: float) -> None:
    """Ask for a page again and again on a few connections; say how many came a second."""
    end_s = time.monotonic() + for_s

    async def ask() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answered = 0
        while time.monotonic() < end_s:
            writer.write(PAGE_REQUEST)
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(len(PAGE))
            answered += 1
        writer.close()
        return answered

    counts = await asyncio.gather(*(ask() for _ in range(PAGE_CLIENTS)))
    say(pages_per_s=sum(counts) / for_s)


# The conductor's process.


class Child:
    """One of the processes, spoken to in lines."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, __file__, *map(str, arguments)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def say(self, word: str) -> None:
        _pipe(self.process.stdin).write(f"{word}\n")
        _pipe(self.process.stdin).flush()

    def hear(self) -> dict[str, Any]:
        line = _pipe(self.process.stdout).readline()
        if not line:
            raise SystemExit("a process of the bench ended early; see above")
        heard: dict[str, Any] = json.loads(line)
        return heard

    def ask(self, word: str) -> dict[str, Any]:
        self.say(word)
        return self.hear()

    def end(self) -> None:
        _pipe(self.process.stdin).close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        _pipe(self.process.stdout).close()


def measure(streams: int) -> dict[str, float]:
    """One round at one size."""
    server = Child("--as", "server")
    port = server.hear()["port"]
    warm = Child("--as", "clients", "--port", port, "--streams", 50)
    warm.hear()
    warm.end()
    time.sleep(0.5)
    empty = server.ask("usage")

    clients = Child("--as", "clients", "--port", port, "--streams", streams)
    connect_s = clients.hear()["connect_s"]
    time.sleep(1.5)
    full = server.ask("usage")
    if full["streams"] != streams:
        raise SystemExit(f"{full['streams']} streams are open instead of {streams}")

    expected = streams * tell(server, MESSAGES)
    told_ms = sorted(clients.ask(str(expected))["took_ms"])
    told = server.ask("usage")
    if len(told_ms) != expected:
        raise SystemExit(f"{len(told_ms)} messages came instead of {expected}")

    pages = Child("--as", "pages", "--port", port)
    expected_beside = streams * tell(server, int(PAGES_S / BETWEEN_MESSAGES_S))
    pages_per_s = pages.hear()["pages_per_s"]
    pages.end()
    beside_ms = sorted(clients.ask(str(expected_beside))["took_ms"])
    # The server first: the side that closes keeps its ports for a minute.
    began_s = time.monotonic()
    server.end()
    stop_s = time.monotonic() - began_s
    clients.end()
    return {
        "connect_s": connect_s,
        "kb_a_stream": (full["pss_kb"] - empty["pss_kb"]) * 1.024 / streams,
        "p50_ms": percentile(told_ms, 50),
        "p95_ms": percentile(told_ms, 95),
        "p99_ms": percentile(told_ms, 99),
        "max_ms": told_ms[-1],
        "cpu_us": (told["cpu_s"] - full["cpu_s"]) * 1e6 / expected,
        "pages_per_s": pages_per_s,
        "beside_p99_ms": percentile(beside_ms, 99),
        "stop_s": stop_s,
    }


def tell(server: Child, times: int) -> int:
    for _ in range(times):
        server.say("tell")
        time.sleep(BETWEEN_MESSAGES_S)
    return times


def percentile(ordered: list[float], percent: int) -> float:
    """The value below which `percent` of the values lie."""
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


COLUMNS = {
    "connect_s": ("all connected, s", "{:.2f}"),
    "kb_a_stream": ("memory a stream, kB (PSS)", "{:.1f}"),
    "p50_ms": ("told, p50 ms", "{:.0f}"),
    "p95_ms": ("p95 ms", "{:.0f}"),
    "p99_ms": ("p99 ms", "{:.0f}"),
    "max_ms": ("max ms", "{:.0f}"),
    "cpu_us": ("CPU a message and stream, µs", "{:.1f}"),
    "pages_per_s": ("pages/s beside", "{:.0f}"),
    "beside_p99_ms": ("told p99 beside pages, ms", "{:.0f}"),
    "stop_s": ("SIGTERM to the end, s", "{:.1f}"),
}


def conduct(sizes: list[int], rounds: int) -> None:
    """Measure every size in every round, and print the medians."""
    found: dict[int, list[dict[str, float]]] = {size: [] for size in sizes}
    for number in range(rounds):
        for size in sizes:
            found[size].append(measure(size))
            print(f"round {number + 1}, {size} streams: {found[size][-1]}", file=sys.stderr)
    print("| streams | " + " | ".join(title for title, _ in COLUMNS.values()) + " |")
    print("|---:|" + "---:|" * len(COLUMNS))
    for size in sizes:
        medians = [
            form.format(statistics.median(row[name] for row in found[size]))
            for name, (_, form) in COLUMNS.items()
        ]
        print(f"| {size:,} | " + " | ".join(medians) + " |")
    print(f"\nMedians of {rounds} interleaved rounds, {MESSAGES} messages each. {machine()}")


def machine() -> str:
    """The machine in one line."""
    cpu = next(
        (
            line.partition(": ")[2]
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return (
        f"{len(os.sched_getaffinity(0))} cores of {cpu}, {platform.system()} "
        f"{platform.release().partition('-')[0]}, Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f} at the end. Loopback, no TLS; clients on the same cores; "
        "memory of sockets in the kernel is not counted."
    )


def say(**words: object) -> None:
    print(json.dumps(words), flush=True)


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, nargs="+", default=[1000, 5000, 10_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--as", dest="role", choices=["server", "clients", "pages"])
    parser.add_argument("--port", type=int)
    asked = parser.parse_args()
    allow_many_connections()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200
    sizes = [size for size in asked.streams if 0 < size <= min(most, 100_000)]
    match asked.role:
        case "server":
            run_server()
        case "clients":
            uvloop.run(run_clients(asked.port, sizes[0]))
        case "pages":
            uvloop.run(run_pages(asked.port, PAGES_S))
        case _:
            for left_out in set(asked.streams) - set(sizes):
                print(f"left out: {left_out} streams, {most} files may be open", file=sys.stderr)
            conduct(sizes, max(1, min(asked.rounds, 9)))


if __name__ == "__main__":
    main()
