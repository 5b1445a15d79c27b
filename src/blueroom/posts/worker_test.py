"""The listener with real processes and a database of its own: a file, or PostgreSQL."""

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from blueroom.base.ids import new_secret
from blueroom.networks.interface import Author, Post
from blueroom.posts import worker
from blueroom.posts.actions_test import make_session
from blueroom.posts.handover import Delivery
from blueroom.posts.models import Channel, Sorting
from blueroom.posts.models import Post as StoredPost

pytestmark = pytest.mark.alone

SERVER = os.environ.get("BLUEROOM_DATABASE", "")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

# A connector as somebody else would install it. Its cursor is the number of its last post.
STEADY = """
    import asyncio, os
    from datetime import UTC, datetime, timedelta
    from blueroom.networks.interface import Author, Batch, Post

    class Steady:
        slug, name, account_fields, listens_without_account = "steady", "Steady", (), True

        def source(self, listening):
            self.fields = listening.fields
            return self

        def publisher(self, fields, state):
            return None

        async def batches(self, *, after):
            with open(self.fields["opened"], "a") as file:
                print(os.getppid(), os.getpid(), after or 0, file=file)
            total, size = int(self.fields["total"]), int(self.fields["size"])
            start = int(after or 0)
            while start < total:
                end = min(start + size, total)
                yield Batch(posts=[one for n in range(start, end) for one in posts(n)],
                            cursor=str(end), seen=size)
                start = end
                await asyncio.sleep(float(self.fields.get("pause_s", 0)))

    def posts(n):
        at = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=n)
        author = Author(id=str(n % 700), name=f"Person {n % 700}", handle=f"p{n % 700}")
        text = f"Question number {n} ?" if n % 8 == 0 else f"Message number {n}, bravo l’artiste"
        yield Post(network="steady", id=f"p{n}", published_at=at, author=author, text=text,
                   raw=b"x" * 300)
        if n % 10 == 9:
            yield Post(network="steady", id=f"p{n - 5}", published_at=at, author=author,
                       text="again")
        if n % 50 == 49:
            yield Post(network="steady", id=f"p{n - 7}", published_at=at, deleted=True)

    NETWORK = Steady()
"""
HOUSE = """
    import json, signal, sys
    import django
    django.setup()
    from blueroom.posts.worker import Listener

    def on_received(session_id, received):
        print(json.dumps(["received", received.stored, len(received.post_ids)]), flush=True)

    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    listener = Listener(on_received=on_received, in_child=sys.argv[1] == "child")
    listener.start()
    signal.sigwait([signal.SIGTERM])
    listener.stop()
    print(json.dumps(["stopped", listener.is_running]), flush=True)
"""
FURNISH = """
    import json, sys
    from datetime import UTC, datetime
    import django
    django.setup()
    from django.core.management import call_command
    call_command("migrate", verbosity=0)
    from blueroom.posts.models import Channel
    from blueroom.room.models import Guest, Room, Session

    now = datetime.now(UTC)
    room = Room.objects.create(slug="room", name="R", created_at=now)
    guest = Guest.objects.create(room=room, name="David Guetta")
    session = Session.objects.create(room=room, guest=guest, slug="s", title="s", state="open",
                                     starts_at=now, created_at=now)
    Channel.objects.create(session=session, network="steady")
"""


class House:
    """A furnished database with one channel, and the processes that listen for it."""

    def __init__(self, folder: Path, template: "House | None" = None) -> None:
        self.folder = folder
        self.opened = folder / "opened"
        plugin = folder / "plugin"
        about = plugin / "steady-1.dist-info"
        about.mkdir(parents=True)
        (plugin / "steady.py").write_text(textwrap.dedent(STEADY))
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: steady\nVersion: 1\n")
        (about / "entry_points.txt").write_text("[blueroom.networks]\nsteady = steady:NETWORK\n")
        self.database = f"room_{new_secret(6).lower().replace('-', '_')}" if SERVER else ""
        self.environment = os.environ | {
            "BLUEROOM_DATA": str(folder / "data"),
            "BLUEROOM_DATABASE": f"{SERVER.rpartition('/')[0]}/{self.database}" if SERVER else "",
            "BLUEROOM_LOG": "warning",
            "DJANGO_SETTINGS_MODULE": "blueroom.config.settings",
            "PYTHONPATH": os.pathsep.join([str(plugin), *filter(None, sys.path)]),
        }
        self.running: list[subprocess.Popen[str]] = []
        if SERVER:
            copied = f' TEMPLATE "{template.database}"' if template else ""
            self.on_server(f'CREATE DATABASE "{self.database}"{copied}')
        if template is None:
            program = textwrap.dedent(FURNISH)
            subprocess.run([sys.executable, "-c", program], env=self.environment, check=True)
        else:
            shutil.copytree(template.folder / "data", folder / "data")

    def on_server(self, sql: str) -> None:
        import psycopg

        with psycopg.connect(SERVER, autocommit=True) as connection:
            connection.execute(sql)  # type: ignore[call-overload]

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows from beside the program; committed at once."""
        if SERVER:
            import psycopg

            with psycopg.connect(self.environment["BLUEROOM_DATABASE"]) as connection:
                cursor = connection.execute(sql)  # type: ignore[call-overload]
                return cursor.fetchall() if cursor.description else []
        with (
            contextlib.closing(
                sqlite3.connect(self.folder / "data" / "room.sqlite3", timeout=20)
            ) as file,
            file,
        ):
            return file.execute(sql).fetchall()

    def play(self, total: int, **fields: Any) -> None:
        """Set what the channel brings."""
        written = {"total": str(total), "size": "100", "opened": str(self.opened)} | fields
        self.ask(f"UPDATE posts_channel SET fields = '{json.dumps(written)}'")

    def start(self, how: str = "child") -> subprocess.Popen[str]:
        house = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(HOUSE), how],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.running.append(house)
        return house

    def channel(self) -> tuple[Any, ...]:
        (row,) = self.ask("SELECT state, cursor, leased_by, error_code FROM posts_channel")
        return row

    def stored(self) -> int:
        return int(self.ask("SELECT COUNT(*) FROM posts_post")[0][0])

    def openings(self) -> list[list[str]]:
        """Each time that the channel was opened: process, listener, cursor."""
        return [line.split() for line in self.opened.read_text().splitlines()]

    def wait(self, until: Callable[[], Any], timeout_s: float = 30) -> None:
        end_s = time.monotonic() + timeout_s
        while not until():
            assert time.monotonic() < end_s, (self.channel(), self.stored())
            time.sleep(0.02)

    def wait_for_end(self, total: int) -> None:
        self.wait(lambda: self.channel()[:2] == ("ended", str(total)))

    def check_all_once(self, total: int) -> None:
        """Nothing lost, nothing twice, deletions followed, counters right."""
        ids = {row[0] for row in self.ask("SELECT remote_id FROM posts_post")}
        assert ids == {f"p{n}" for n in range(total)}
        assert self.stored() == total
        gone = {f"p{n - 7}" for n in range(49, total, 50)}
        deleted = "SELECT remote_id FROM posts_post WHERE deleted_at IS NOT NULL"
        assert {row[0] for row in self.ask(deleted)} == gone
        assert self.ask("SELECT SUM(posts) FROM posts_postcount") == [(total,)]
        assert self.ask("SELECT COUNT(*) FROM posts_payload") == [(total - len(gone),)]
        again = "SELECT COUNT(*) FROM posts_post WHERE text = 'again' OR edited_at IS NOT NULL"
        assert self.ask(again) == [(0,)]

    def close(self) -> None:
        for house in self.running:
            house.kill()
            house.wait()
            house.stdout.close()  # type: ignore[union-attr]
        if SERVER:
            self.on_server(f'DROP DATABASE "{self.database}" WITH (FORCE)')


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with contextlib.closing(House(tmp_path_factory.mktemp("template"))) as made:
        yield made


@pytest.fixture
def house(tmp_path: Path, template: House) -> Iterator[House]:
    with contextlib.closing(House(tmp_path, template)) as made:
        yield made


@pytest.mark.parametrize("how", ["child", "thread"])
def test_listener_stores_everything_and_ends_in_time(house: House, how: str) -> None:
    house.play(5000)
    running = house.start(how)
    house.wait_for_end(5000)
    house.check_all_once(5000)
    began_s = time.monotonic()
    running.terminate()
    said, _ = running.communicate(timeout=10)
    assert time.monotonic() - began_s < 2
    assert running.returncode == 0
    lines = [json.loads(line) for line in said.splitlines()]
    assert lines.pop() == ["stopped", False]
    assert sum(stored for _, stored, _ in lines) == 5000
    assert house.channel() == ("waiting", "5000", "", "")


def test_listener_goes_on_when_its_child_is_killed_in_a_burst(house: House) -> None:
    house.play(20_000, size="37", pause_s="0.001")
    running = house.start()
    for killed_at in (2000, 8000, 14_000):
        house.wait(lambda killed_at=killed_at: house.stored() > killed_at)
        for child in psutil.Process(running.pid).children():
            child.kill()
    house.wait_for_end(20_000)
    house.check_all_once(20_000)
    assert len(house.openings()) == 4


def test_listener_loses_and_doubles_nothing_when_everything_is_killed(house: House) -> None:
    house.play(20_000, size="37", pause_s="0.001")
    for killed_at in (1000, 8000, 15_000):
        running = house.start()
        house.wait(lambda killed_at=killed_at: house.stored() > killed_at)
        children = psutil.Process(running.pid).children()
        running.kill()
        running.wait()
        _, alive = psutil.wait_procs(children, timeout=2)
        assert alive == []
    house.start()
    house.wait_for_end(20_000)
    house.check_all_once(20_000)


def test_listener_is_the_only_one_of_a_channel_until_its_process_is_killed(house: House) -> None:
    house.play(4000, size="10", pause_s="0.005")
    first, second = house.start(), house.start()
    house.wait(lambda: house.stored() > 1000)
    assert len(house.openings()) == 1
    listening = {str(one.pid): one for one in (first, second)}
    killed = listening.pop(house.openings()[0][0])
    killed.kill()
    killed.wait()
    house.wait_for_end(4000)
    house.check_all_once(4000)
    assert [opening[0] for opening in house.openings()[1:]] == list(listening)


def test_listener_follows_a_channel_that_is_switched_off_and_on(house: House) -> None:
    house.play(100_000, size="1", pause_s="0.01")
    house.start()
    house.wait(lambda: house.channel()[0] == "listening")
    began_s = time.monotonic()
    house.ask("UPDATE posts_channel SET is_enabled = FALSE, state = 'off'")
    house.wait(lambda: house.channel()[2] == "")
    assert time.monotonic() - began_s < 2
    stored = house.stored()
    time.sleep(0.3)
    assert house.stored() - stored <= 10  # what was under way

    house.ask("UPDATE posts_channel SET is_enabled = TRUE, state = 'waiting'")
    house.wait(lambda: house.channel()[0] == "listening")
    house.ask("UPDATE room_session SET state = 'closed'")
    house.wait(lambda: house.channel()[0] == "off")


def test_listener_begins_an_ended_channel_again_when_asked(house: House) -> None:
    house.play(100)
    house.start()
    house.wait_for_end(100)
    house.ask("UPDATE posts_channel SET state = 'waiting'")
    house.wait(lambda: len(house.openings()) == 2)
    house.wait_for_end(100)
    house.play(200)  # other fields: begun again without being asked
    house.wait_for_end(200)
    house.check_all_once(200)


def test_listener_waits_for_a_database_that_is_away(house: House) -> None:
    house.play(10_000, size="37", pause_s="0.001")
    house.start()
    house.wait(lambda: house.stored() > 500)
    if SERVER:
        for _ in range(5):
            house.on_server(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                f" WHERE datname = '{house.database}'"
            )
            time.sleep(0.2)
    else:
        path = house.folder / "data" / "room.sqlite3"
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as file:
            file.execute("BEGIN EXCLUSIVE")
            time.sleep(2)
            file.execute("COMMIT")
    house.wait_for_end(10_000)
    house.check_all_once(10_000)


@pytest.mark.django_db
def test_listener_puts_a_post_aside_that_the_database_refuses(tmp_path: Path) -> None:
    session = make_session()
    channel = Channel.objects.create(session=session, network="steady")
    unfit = Author(id="a", followers=2**63)
    posts = [
        Post(
            network="steady",
            id=str(n),
            published_at=NOW,
            author=unfit if n == 1 else Author(id="b"),
        )
        for n in range(3)
    ]
    delivery = Delivery(
        channel_id=channel.pk, posts=posts, asking={"2"}, cursor="3", seen=3, behind_s=0
    )
    listener = worker.Listener(on_received=lambda *_: None, aside=tmp_path / "aside")
    received = listener._store(session.pk, [delivery])

    assert received is not None
    assert received.stored == 2
    assert set(StoredPost.objects.values_list("remote_id", "sorting")) == {
        ("0", Sorting.MESSAGE),
        ("2", Sorting.NEW),
    }
    (kept,) = (tmp_path / "aside").iterdir()
    assert msgspec.msgpack.decode(kept.read_bytes(), type=Post) == posts[1]
    channel.refresh_from_db()
    assert (channel.cursor, channel.seen) == ("3", 3)


@pytest.mark.django_db
def test_listener_drops_posts_of_a_session_that_is_gone() -> None:
    post = Post(network="steady", id="1", published_at=NOW)
    delivery = Delivery(channel_id=1, posts=[post], asking=set(), cursor="1", seen=1, behind_s=0)
    listener = worker.Listener(on_received=lambda *_: None)
    assert listener._store(404, [delivery]) == worker.Received()


def test_listen_ends_on_a_signal() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        child = worker._start_child(theirs)
        ours.recv(1)  # it beats: it is up
        began_s = time.monotonic()
        child.send_signal(signal.SIGTERM)
        assert child.wait(5) == 0
        assert time.monotonic() - began_s < 2
