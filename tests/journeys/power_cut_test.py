"""The power goes twenty times during a burst: nothing is lost, nothing is there twice."""

from __future__ import annotations

import random
import sqlite3
import time
from collections import Counter
from pathlib import Path

import pytest

from blueroom.config.tools import REHEARSAL_GUEST, REHEARSAL_HASHTAG
from blueroom.networks.interface import Listening
from blueroom.networks.rehearsal.labels import labelled_posts
from blueroom.networks.rehearsal.options import read_options
from blueroom.posts.rules import clean_text
from tests.running import House, running_house

POSTS = 20_000
CUTS = 20
FIELDS = {
    "seed": "power",
    "speed": "1",
    "rate_per_minute": "24000",
    "limit": str(POSTS),
    "backlog": "40",
    "script": "steady",
}


def expected() -> dict[str, str]:
    """What must be kept in the end: each post's last words, none where it was deleted."""
    listening = Listening(
        session="any",
        tags=[REHEARSAL_HASHTAG],
        languages=["fr", "en"],
        fields={**FIELDS, "guest_name": REHEARSAL_GUEST.partition(" ")[0]},
    )
    kept: dict[str, str] = {}
    for post, _label in labelled_posts(read_options(listening), count=POSTS):
        kept[post.id] = "" if post.deleted else clean_text(post.text)
    return kept


def stored(data: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(data / "room.sqlite3") as database:
        return database.execute("SELECT remote_id, text FROM posts_post").fetchall()


def count(data: Path) -> int:
    with sqlite3.connect(data / "room.sqlite3", timeout=10) as database:
        return database.execute("SELECT COUNT(*) FROM posts_post").fetchone()[0]


def wait_for(house: House, number: int, *, limit_s: float) -> None:
    deadline = time.monotonic() + limit_s
    while count(house.data) < number:
        assert time.monotonic() < deadline, f"{count(house.data)} of {number}"
        time.sleep(0.1)


@pytest.mark.journey
def test_twenty_power_cuts_in_a_burst_lose_nothing_and_repeat_nothing(tmp_path):
    want = expected()
    chance = random.Random(7)
    with running_house(tmp_path / "room", "--no-rehearsal") as house:
        words = [f"--{name.removesuffix('_per_minute')}={value}" for name, value in FIELDS.items()]
        house.tool("rehearse", *words)
        cuts_in_the_burst = 0
        for _ in range(CUTS):
            before = count(house.data)
            wait_for(house, min(before + 1, len(want)), limit_s=30)
            time.sleep(chance.random() * 0.6)
            cuts_in_the_burst += count(house.data) < len(want)
            house.kill()
            house.start()
        wait_for(house, len(want), limit_s=60)
        time.sleep(1)
        found = stored(house.data)

    assert cuts_in_the_burst >= CUTS // 2  # else the burst was over too soon to prove anything
    assert [number for number in Counter(key for key, _ in found).values() if number > 1] == []
    assert {key for key, _ in found} == set(want)
    assert {key: text for key, text in found if want[key] != text} == {}
