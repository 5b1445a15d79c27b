"""A served house for the tests of live updates: the real server, real sockets, a tiny state."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from blueroom.base.errors import NotAcceptable
from blueroom.updates.front import Front, Pages
from blueroom.updates.hub import Hub
from blueroom.updates.live import PUBLIC, Grant, Limits, Live
from blueroom.updates.serve import listen, server_of


class State(msgspec.Struct, frozen=True):
    values: dict[str, int]
    padding: str = ""


class Told(msgspec.Struct, frozen=True, tag_field="kind", tag="told"):
    id: int
    value: int
    padding: str = ""


class Event(msgspec.Struct, frozen=True):
    name: str
    id: str
    data: dict[str, Any]

    @property
    def number(self) -> int:
        return int(self.id.partition(".")[2])


class Following:
    """A client of one event stream."""

    def __init__(self, port: int, path: str, headers: dict[str, str]) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=6)
        self.connection.request("GET", path, headers=headers)
        self.answer = self.connection.getresponse()
        self.status = self.answer.status

    def next(self) -> Event | None:
        """The next event; None when the stream has ended."""
        fields: dict[str, str] = {}
        while line := self.answer.readline():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "event" in fields:
                data = json.loads(fields["data"])
                return Event(fields["event"], fields.get("id", ""), data)
        return None

    def rest(self) -> list[Event]:
        """Every event until the stream ends."""
        events = []
        while (event := self.next()) is not None:
            events.append(event)
        return events

    def refusal(self) -> dict[str, str]:
        refusal: dict[str, str] = json.loads(self.answer.read())
        return refusal

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


class House:
    """A server in a thread, with topics that are counters by number.

    Ticket "t:<subject>" opens any topic as that subject, while the subject is not in `revoked`;
    the screen "phone" is public; the session "nowhere" does not exist.
    """

    def __init__(
        self,
        wsgi: Any,
        pages: Pages | None,
        limits: Limits | None,
        doors: Any,
        proxies: str,
        mounts: Any,
        at_hand: Any,
        hear: Any,
    ) -> None:
        self.values: dict[str, dict[str, int]] = {}
        self.padding = ""
        self.revoked: set[str] = set()
        self.snapshots_taken = 0
        self.snapshot_s = 0.0
        self.expires_at: Any = None
        self.check_fails = False
        self.lock = threading.Lock()
        self.hub = Hub(self.snapshot, at_hand=at_hand, hear=hear)
        self.live = Live(self.hub, authorize=self.authorize, still_allowed=self.lost, limits=limits)
        self.front = Front(self.live, wsgi, pages=pages, doors=doors, mounts=mounts)
        self.sock = listen("127.0.0.1", 0)
        self.port: int = self.sock.getsockname()[1]
        self.clients: list[Following] = []
        ready = threading.Event()
        self.server = server_of(self.front, trusted_proxies=proxies, on_ready=ready.set)
        self.thread = threading.Thread(target=self.server.run, args=([self.sock],))
        self.thread.start()
        assert ready.wait(5)

    def snapshot(self, topic: str) -> State | None:
        if topic.startswith("gone/"):
            return None
        self.snapshots_taken += 1
        with self.lock:
            state = State(dict(self.values.get(topic, {})), self.padding)
        time.sleep(self.snapshot_s)  # What is told meanwhile must follow the snapshot.
        return state

    def authorize(self, topic: str, ticket: str, _headers: object) -> Grant | None:
        if topic.startswith("nowhere/"):
            return None
        if topic.endswith("/phone"):
            return Grant(PUBLIC, topic, self.expires_at)
        subject = ticket.removeprefix("t:")
        if not subject or subject in self.revoked:
            raise NotAcceptable("No.")
        return Grant(subject, topic, self.expires_at)

    def lost(self, grants: set[tuple[str, str]]) -> set[tuple[str, str]]:
        if self.check_fails:
            raise OSError("no database")
        return {(subject, topic) for subject, topic in grants if subject in self.revoked}

    def set(self, topic: str, number: int, value: int, *, at_once: bool = False) -> None:
        """Change the state, then tell: as an action does."""
        with self.lock:
            self.values.setdefault(topic, {})[str(number)] = value
        self.hub.announce(topic, [Told(number, value)], at_once=at_once)

    def follow(self, path: str, **headers: str) -> Following:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.clients.append(Following(self.port, path, named))
        return self.clients[-1]

    def request(self, method: str, path: str, **more: Any) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=6)
        try:
            connection.request(method, path, **more)
            answer = connection.getresponse()
            return answer.status, dict(answer.headers), answer.read()
        finally:
            connection.close()

    def close(self) -> None:
        """May be called again."""
        for client in self.clients:
            client.close()
        self.server.should_exit = True
        self.thread.join(6)
        assert not self.thread.is_alive()
        self.sock.close()


def no_pages(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


@pytest.fixture
def open_house() -> Iterator[Callable[..., House]]:
    """Opens houses; they are closed after the test."""
    houses = []

    def open_one(
        wsgi: Any = no_pages,
        *,
        pages: Pages | None = None,
        limits: Limits | None = None,
        doors: Any = (),
        trusted_proxies: str = "",
        mounts: Any = None,
        at_hand: Any = lambda _topic: None,
        hear: Any = lambda _announcement: None,
    ) -> House:
        houses.append(House(wsgi, pages, limits, doors, trusted_proxies, mounts, at_hand, hear))
        return houses[-1]

    yield open_one
    for house in houses:
        house.close()


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    """One open house."""
    return open_house()
