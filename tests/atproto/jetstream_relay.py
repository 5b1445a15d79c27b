"""Turns the event stream of a real PDS into Jetstream lines, of version 1 and of version 2.

For tests on one machine: python jetstream_relay.py PDS_URL PORT. It keeps everything in memory,
listens on 127.0.0.1, prints a JSON line when it is ready, ends when its standard input closes, and
cuts every listener's connection on SIGUSR1.

What it reads: https://atproto.com/specs/event-stream and
https://docs.bsky.app/docs/api/com-atproto-sync-subscribe-repos (frames of two DAG-CBOR objects,
records in a CAR). What it writes: https://github.com/bluesky-social/jetstream/blob/main/docs/README.md
(sections 5.1 and 5.2). Left out: compression, the options-update message, wildcards, rate limits.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import signal
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import libipld
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.http11 import Request, Response

V1_PATH = "/subscribe"
V2_PATH = "/xrpc/network.bsky.jetstream.subscribeEvents"
V2_TYPE = "network.bsky.jetstream.subscribeEvents"
TIMES_FROM = 10**15  # a v2 cursor from here on is a time in microseconds, below it a sequence


@dataclass(frozen=True)
class Event:
    """One change of one record; `seq` counts from 1 without holes."""

    seq: int
    time_us: int
    did: str
    commit: dict[str, Any]

    def line(self, *, v2: bool) -> str:
        if not v2:
            whole = {"did": self.did, "time_us": self.time_us, "kind": "commit"}
            return compact({**whole, "commit": self.commit})
        at = datetime.fromtimestamp(self.time_us / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        head = {"$type": f"{V2_TYPE}#commit", "seq": self.seq, "did": self.did, "time": at}
        return compact({"$type": "message", "payload": {**head, **self.commit}})


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def as_json(value: Any) -> Any:
    """A DAG-CBOR value in the JSON form of https://atproto.com/specs/data-model."""
    if isinstance(value, dict):
        return {key: as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_json(inner) for inner in value]
    if isinstance(value, bytes) and len(value) == 36 and value[0] == 1:
        return {"$link": cid(value)}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode().rstrip("=")}
    return value


def cid(value: str | bytes) -> str:
    return value if isinstance(value, str) else libipld.encode_cid(value)


class Relay:
    """Everything that the PDS has said since it began, and who listens to it."""

    def __init__(self, pds_url: str) -> None:
        self.pds_url = pds_url
        self.events: list[Event] = []
        self.more = asyncio.Condition()
        self.listeners: set[ServerConnection] = set()

    async def read_pds(self) -> None:
        """Read the event stream for ever, from its beginning, again after each break."""
        cursor = 0
        url = self.pds_url.replace("http", "ws", 1) + "/xrpc/com.atproto.sync.subscribeRepos"
        while True:
            with contextlib.suppress(OSError, WebSocketException):
                async with connect(f"{url}?cursor={cursor}", max_size=None) as stream:
                    async for frame in stream:
                        head, body = libipld.decode_dag_cbor_multi(frame)
                        if head.get("t") == "#commit":
                            await self.add(body)
                        cursor = body.get("seq", cursor)
            await asyncio.sleep(0.2)

    async def add(self, body: dict[str, Any]) -> None:
        blocks = libipld.decode_car(bytes(body["blocks"]))[1] if body["ops"] else {}
        for op in body["ops"]:
            collection, _, rkey = op["path"].partition("/")
            commit = {"rev": body["rev"], "operation": op["action"]}
            commit |= {"collection": collection, "rkey": rkey}
            if op["cid"]:
                commit |= {"record": as_json(blocks.get(op["cid"])), "cid": cid(op["cid"])}
            now_us = max(time.time_ns() // 1000, self.events[-1].time_us + 1 if self.events else 0)
            self.events.append(Event(len(self.events) + 1, now_us, body["repo"], commit))
        async with self.more:
            self.more.notify_all()

    def refuse(self, connection: ServerConnection, request: Request) -> Response | None:
        """The HTTP answer to a request that gets no stream."""
        path, cursor = urlsplit(request.path).path, asked(request, "cursor")
        if path not in (V1_PATH, V2_PATH):
            return connection.respond(HTTPStatus.NOT_FOUND, "no such stream\n")
        if path == V2_PATH and cursor and int(cursor[0]) == 0:  # a sequence from before the first
            answer = compact({"error": "CursorTooOld", "message": "before the first event"})
            return connection.respond(HTTPStatus.BAD_REQUEST, answer)
        return None

    def place(self, cursor: list[str]) -> int:
        """Where in `events` a stream begins. Cursors are inclusive in both versions."""
        if not cursor:
            return len(self.events)
        wanted = int(cursor[0])
        for place, event in enumerate(self.events):
            if (event.time_us if wanted >= TIMES_FROM else event.seq) >= wanted:
                return place
        return len(self.events)

    async def serve(self, listener: ServerConnection) -> None:
        """Send one listener the events it asked for, as they come."""
        assert listener.request
        v2 = urlsplit(listener.request.path).path == V2_PATH
        collections = asked(listener.request, "collections" if v2 else "wantedCollections")
        place = self.place(asked(listener.request, "cursor"))
        self.listeners.add(listener)
        try:
            while True:
                async with self.more:
                    while place == len(self.events):
                        await self.more.wait()
                for event in self.events[place:]:
                    place += 1
                    if not collections or event.commit["collection"] in collections:
                        await listener.send(event.line(v2=v2))
        except ConnectionClosed:
            pass
        finally:
            self.listeners.discard(listener)

    def drop_listeners(self) -> None:
        for listener in self.listeners:
            listener.transport.abort()


def asked(request: Request, name: str) -> list[str]:
    """The values of one parameter of a request's query."""
    return parse_qs(urlsplit(request.path).query).get(name, [])


async def main(pds_url: str, port: int) -> None:
    relay = Relay(pds_url)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, relay.drop_listeners)
    loop.add_reader(sys.stdin, lambda: sys.stdin.buffer.read1(1) or ended.set())
    reading = asyncio.create_task(relay.read_pds())
    async with serve(relay.serve, "127.0.0.1", port, process_request=relay.refuse):
        print(json.dumps({"ready": True, "pid": os.getpid()}), flush=True)
        await ended.wait()
        reading.cancel()
        relay.drop_listeners()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
