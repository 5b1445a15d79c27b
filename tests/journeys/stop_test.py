"""Ending, tools beside a running room, backup and restore: with the real program."""

from __future__ import annotations

import contextlib
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.journeys import crew
from tests.running import COMMAND, House, running_house

pytestmark = pytest.mark.journey

STREAMS = 50
ENDS_S = 15.0  # a machine may be busy; what holds an end up does so for ever


@contextlib.contextmanager
def open_streams(house: House, slug: str) -> Iterator[list[Iterator[str]]]:
    """So many phones that follow the session; their lines, from after the snapshot on."""
    limits = httpx.Limits(max_connections=STREAMS)
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(httpx.Client(base_url=house.url, limits=limits, timeout=30))
        lines = []
        for _ in range(STREAMS):
            answer = stack.enter_context(client.stream("GET", f"/live/{slug}/phone"))
            told = answer.iter_lines()
            while not next(told).startswith("event: snapshot"):
                pass
            lines.append(told)
        yield lines


def run(house: House, *words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command line with these words, whatever comes of it."""
    return subprocess.run(
        [*COMMAND, *words, "--data", str(folder or house.data)],
        env=house.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def posts_in(house: House) -> int:
    with sqlite3.connect(house.data / "room.sqlite3", timeout=10) as database:
        number: int = database.execute("SELECT count(*) FROM posts_post").fetchone()[0]
        return number


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_room_with_open_streams_ends_at_once(tmp_path: Path, number: signal.Signals) -> None:
    with (
        running_house(tmp_path / "room") as house,
        open_streams(house, "ines-carat") as streams,
    ):
        began = time.monotonic()
        status = house.stop(number)
        took_s = time.monotonic() - began
        ends = ["".join(stream) for stream in streams]

    assert status == 0
    assert took_s < ENDS_S
    assert all('"reason":"shutdown"' in end for end in ends)
    assert "Traceback" not in "".join(house.said)


def test_a_token_is_printed_alone_and_leaves_the_owner_link_valid(tmp_path: Path) -> None:
    with running_house(tmp_path / "room", "--no-rehearsal") as house:
        made = run(house, "token", "--role", "producer")
        token = made.stdout.removesuffix("\n")
        opened = httpx.get(house.owner_link)
        allowed = httpx.get(
            f"{house.url}/api/v1/sessions", headers={"Authorization": f"Bearer {token}"}
        )

    assert (made.returncode, made.stderr) == (0, "")
    assert re.fullmatch(r"\S{20,}", token)
    assert allowed.status_code == 200
    assert opened.status_code == 200
    assert 'name="password"' in opened.text


def test_a_backup_taken_in_a_wave_is_a_room_again(tmp_path: Path) -> None:
    file = tmp_path / "room.tar"
    with running_house(tmp_path / "room", "--no-rehearsal") as house:
        house.tool("rehearse", "--rate=30000", "--script=steady", "--seed=backup")
        crew.within(30, lambda: posts_in(house) > 1_000)
        before = posts_in(house)
        written = run(house, "backup", str(file))
        after = posts_in(house)
        secret = (house.data / "secret-key").read_bytes()
        with house.client() as client:
            session = client.get("/sessions/ines-carat").raise_for_status().json()
            token = client.headers["Authorization"]
    laid_out = run(house, "restore", str(file), folder=tmp_path / "again")
    refused = run(house, "restore", str(file), folder=tmp_path / "again")
    with running_house(tmp_path / "again", "--no-rehearsal") as again:
        restored = posts_in(again)
        # The token was made after the backup; that the key is the same shows in the old links.
        with again.client() as client:
            same = client.get("/sessions/ines-carat").raise_for_status().json()
        stranger = httpx.get(
            f"{again.url}/api/v1/sessions/ines-carat", headers={"Authorization": token}
        )

    assert (written.returncode, laid_out.returncode) == (0, 0), written.stderr + laid_out.stderr
    assert after > before  # else nothing came in meanwhile, and this shows nothing
    assert restored >= before
    assert (tmp_path / "again" / "secret-key").read_bytes() == secret
    assert (same["slug"], same["title"]) == (session["slug"], session["title"])
    assert path_of(same["links"]["wall_questions"]) == path_of(session["links"]["wall_questions"])
    assert stranger.status_code == 401
    assert refused.returncode == 1
    assert "is not empty" in refused.stderr


def path_of(address: str) -> str:
    return httpx.URL(address).path


def test_a_second_room_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with running_house(tmp_path / "room", "--no-rehearsal") as house:
        second = run(house, "--port", str(house.port + 1), "--no-rehearsal")

    assert second.returncode == 1
    (sentence,) = second.stderr.splitlines()
    assert sentence.startswith("room: This room is already open in another process.")


def test_a_taken_port_is_told_in_a_sentence(tmp_path: Path) -> None:
    with running_house(tmp_path / "room", "--no-rehearsal") as house:
        second = run(house, "--port", str(house.port), folder=tmp_path / "other")

    assert second.returncode == 1
    assert second.stdout == ""
    (sentence,) = second.stderr.splitlines()
    assert sentence.startswith("room: ")
    assert str(house.port) in sentence


def test_doctor_says_what_is_there_and_what_is_missing(tmp_path: Path) -> None:
    model = str(tmp_path / "no model")
    with running_house(tmp_path / "room", "--no-rehearsal", BLUEROOM_SEMANTIC_MODEL=model) as house:
        told = run(house, "doctor")

    assert told.stderr == ""
    assert re.search(r"^  ok  The database \(sqlite\) answers", told.stdout, re.MULTILINE)
    assert re.search(r"^  !!  Nobody owns the room yet", told.stdout, re.MULTILINE)
    # By the extra that is not installed, or by the folder: the room opens without, and says so.
    why = r"BLUEROOM_SEMANTIC_MODEL .*\(meaning_(not_installed|model_missing)\)$"
    assert re.search(f"^  !!  .*{why}", told.stdout, re.MULTILINE)
    assert re.search(f"WARNING .*{why}", "".join(house.said), re.MULTILINE)
    assert told.returncode == 1
