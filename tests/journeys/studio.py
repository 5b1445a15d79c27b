"""A session's studio, worked by another program with a producer's key."""

from __future__ import annotations

import io
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import psutil

from blueroom.media.recording import open_recording
from tests.camera import Seen, read_back
from tests.journeys import crew
from tests.running import House

POST = {
    "network": "sms",
    "published_at": "2026-11-26T20:00:00Z",
    "author": {"id": "zoe", "name": "Zoé"},
}


@dataclass
class Feed:
    """A way in, with its secrets."""

    id: int
    page_url: str
    rtmp_url: str
    stream_key: str


@dataclass
class Studio:
    """A session that is open, in a running house. Make it by `open_studio`."""

    house: House
    api: httpx.Client
    slug: str
    _asked: int = field(default=0)

    def feed(self, name: str, kind: str = "guest") -> Feed:
        """A new feed."""
        made = self._post(f"/sessions/{self.slug}/feeds", {"kind": kind, "name": name})
        return self.addresses(made["id"])

    def addresses(self, feed_id: int) -> Feed:
        """The feed with its present secrets."""
        found = self.api.get(f"/feeds/{feed_id}/addresses").raise_for_status().json()
        names = ("page_url", "rtmp_url", "stream_key")
        return Feed(feed_id, *(found[name] for name in names))

    def renew(self, feed: Feed) -> Feed:
        """The feed with new secrets."""
        self._post(f"/feeds/{feed.id}/renew")
        return self.addresses(feed.id)

    def go_live(self, feed: Feed) -> dict[str, Any]:
        """Put a feed on air; the programme."""
        return self._post(f"/sessions/{self.slug}/programme/live", {"feed_id": feed.id})

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.api.get(f"/sessions/{self.slug}/studio").json()
        return found

    def line(self, feed: Feed) -> dict[str, Any]:
        """The feed as the crew sees it."""
        return next(one for one in self.state["feeds"] if one["id"] == feed.id)

    def question(self, text: str) -> int:
        """A question that is on air."""
        self._asked += 1
        post = POST | {"id": f"{self.slug}-{self._asked}", "text": text}
        self._post(f"/sessions/{self.slug}/posts", [post])
        read = {"q": text}
        found = crew.within(
            15,
            lambda: self.api.get(f"/sessions/{self.slug}/questions", params=read).json()["items"],
        )
        for verb in ("approve", "air"):
            self._post(f"/questions/{found[0]['id']}/{verb}")
        return int(found[0]["id"])

    def mark(self, question: int, end: str) -> dict[str, Any]:
        """Mark an answer's beginning, "in", or its end, "out"."""
        return self._post(f"/questions/{question}/answers/{end}")

    def clips(self) -> list[dict[str, Any]]:
        """The session's clips, newest first."""
        items = self.api.get(f"/sessions/{self.slug}/clips").raise_for_status().json()["items"]
        return [item["clip"] for item in items if item["clip"]]

    def recordings(self, feed: Feed) -> list[Path]:
        """The feed's recordings, by epoch."""
        found = (self.house.data / "recordings").glob(f"*/feed-{feed.id}-*.mp4")
        return sorted(found, key=lambda path: int(path.stem.rpartition("-")[2]))

    def recorded(self, feed: Feed) -> list[int]:
        """The numbers of the pictures in the feed's recordings, in order."""
        return [number for path in self.recordings(feed) for number in read_back(str(path)).numbers]

    def kept(self, feed: Feed) -> str:
        """What there is of the feed, and what the house said last: for a test that misses some."""
        lines = []
        for path in self.recordings(feed):
            found = open_recording(path)
            lines.append(
                f"{path.name}: {path.stat().st_size} bytes, {len(found.parts)} parts "
                f"to {found.duration_s:.2f} s"
            )
        query = "SELECT epoch, duration_s, size_bytes, ended_at FROM studio_recording"
        rows = self.rows(f"{query} WHERE feed_id = ?", feed.id)
        return "\n".join([*lines, *map(str, rows), *self.house.said[-40:]])

    def on_air(self) -> Seen:
        """What the public saw last: the newest whole segment of the programme."""
        return self.seen(self.state["programme"]["hls"])

    def seen(self, hls: str) -> Seen:
        """What lies in the newest whole segment of a playlist."""
        address = self.house.url + hls
        lines = httpx.get(address.replace("live.m3u8", "std.m3u8")).raise_for_status().text.split()
        init = [line for line in lines if line.startswith("#EXT-X-MAP")][-1].split('"')[1]
        names = [init, [line for line in lines if not line.startswith("#")][-1]]
        pieces = [httpx.get(urljoin(address, name)).raise_for_status().content for name in names]
        return read_back(io.BytesIO(b"".join(pieces)))

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database says."""
        with sqlite3.connect(self.house.data / "room.sqlite3", timeout=10) as database:
            found = database.execute(query, values).fetchall()
        database.close()
        return found

    def _post(self, path: str, body: object = None) -> Any:
        answer = self.api.post(path, json=body) if body is not None else self.api.post(path)
        return answer.raise_for_status().json() if answer.content else None


def open_studio(house: House, api: httpx.Client, **values: object) -> Studio:
    """A session's studio in this house."""
    return Studio(house, api, str(crew.plan(api, **values)["slug"]))


def children(house: House, module: str) -> list[psutil.Process]:
    """The running child processes of the house that are this module of ours."""
    assert house.process
    found = []
    for child in psutil.Process(house.process.pid).children(recursive=True):
        try:
            if module in child.cmdline() and child.status() != psutil.STATUS_ZOMBIE:
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return found


def packer_of(house: House, recording: Path) -> psutil.Process:
    """The packer that writes this recording."""

    def found() -> psutil.Process | None:
        for packer in children(house, "blueroom.media.packer"):
            if any(Path(file.path) == recording for file in packer.open_files()):
                return packer
        return None

    return crew.within(10, found)
