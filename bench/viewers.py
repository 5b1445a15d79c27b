"""Players of LL-HLS that decode nothing: each reloads the playlist, blocking, and takes each part.

    python bench/viewers.py http://127.0.0.1:8000/hls/KEY/live.m3u8 --viewers 100 --seconds 20

Prints a line of JSON with what the last `--seconds` were like, after `--warm` seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import uvloop

SEQUENCE = re.compile(rb"#EXT-X-MEDIA-SEQUENCE:(\d+)")
PART = re.compile(rb'#EXT-X-PART:.*?URI="([^"]+)"')
GIVE_UP_S = 15.0


@dataclass
class Counts:
    """What all viewers together have seen."""

    requests: int = 0
    body_bytes: int = 0
    errors: int = 0
    took_ms: list[float] = field(default_factory=list)  # parts

    def begin(self) -> None:
        self.requests = self.body_bytes = self.errors = 0
        self.took_ms.clear()


class Connection:
    """One kept alive, with one request at a time."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def get(self, path: str) -> tuple[int, bytes]:
        if self._writer is None:
            opening = asyncio.open_connection(self._host, self._port, limit=1 << 20)
            self._reader, self._writer = await opening
        assert self._reader
        self._writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n\r\n".encode()
        )
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        if length is None:
            raise ConnectionError("an answer without a length")
        return status, await self._reader.readexactly(int(length[1]))

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


async def watch(address: str, counts: Counts) -> None:
    """One viewer, for ever."""
    place = urlsplit(address)
    folder = place.path.rpartition("/")[0]
    connection = Connection(place.hostname or "127.0.0.1", place.port or 80)
    query, seen = "", b""
    while True:
        try:
            async with asyncio.timeout(GIVE_UP_S):
                text = await take(connection, place.path + query, counts)
                parts = PART.findall(text)
                news = parts[parts.index(seen) + 1 :] if seen in parts else parts[-1:]
                for name in news:
                    began_s = time.perf_counter()
                    await take(connection, f"{folder}/{name.decode()}", counts)
                    counts.took_ms.append((time.perf_counter() - began_s) * 1000)
                    seen = name
                query = next_of(text)
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            counts.errors += 1
            connection.close()
            query = ""
            await asyncio.sleep(0.5)


async def take(connection: Connection, path: str, counts: Counts) -> bytes:
    status, body = await connection.get(path)
    counts.requests += 1
    counts.body_bytes += len(body)
    if status != 200:
        raise ConnectionError(status)
    return body


def next_of(playlist: bytes) -> str:
    """What to ask for that is not in there yet: the next part."""
    sequence = SEQUENCE.search(playlist)
    assert sequence
    open_one = int(sequence[1]) + playlist.count(b"#EXTINF:")
    parts = len(PART.findall(playlist[playlist.rfind(b"#EXTINF:") :]))
    return f"?_HLS_msn={open_one}&_HLS_part={parts}"


async def run(address: str, viewers: int, warm_s: float, seconds: float) -> None:
    counts = Counts()
    tasks = []
    for _ in range(viewers):
        tasks.append(asyncio.create_task(watch(address, counts)))
        await asyncio.sleep(warm_s / 2 / viewers)
    await asyncio.sleep(warm_s / 2)
    counts.begin()
    print("measuring", flush=True)
    began_s = time.perf_counter()
    await asyncio.sleep(seconds)
    passed_s = time.perf_counter() - began_s
    took = sorted(counts.took_ms) or [0.0]
    found = {
        "requests_s": counts.requests / passed_s,
        "mbit_s": counts.body_bytes * 8 / passed_s / 1e6,
        "errors": counts.errors,
        "p50_ms": took[len(took) // 2],
        "p95_ms": took[len(took) * 95 // 100],
    }
    print(json.dumps(found), flush=True)
    for task in tasks:
        task.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("address")
    parser.add_argument("--viewers", type=int, default=100)
    parser.add_argument("--warm", type=float, default=4)
    parser.add_argument("--seconds", type=float, default=15)
    asked = parser.parse_args()
    uvloop.run(run(asked.address, asked.viewers, asked.warm, asked.seconds))


if __name__ == "__main__":
    main()
