"""How many posts a second go the whole way in: source, child, pipe, store, desk, announcement.

    python bench/ingest.py [--seconds 60] [--rate 10310] [--rounds 3] [--postgres ADDRESS]
                           [--firehose 143199]

Runs the real listener (child process and writer) on a fresh database each time: SQLite in a file,
and PostgreSQL where `--postgres postgresql://user:password@host:port/name` gives a server on which
databases may be added. The source is ours: texts of 60 to 280 characters, one in eight a question,
300 bytes of payload, an author in three new. First at the rate given, with the lag of each post
from the source to the commit and to the desk having sorted and announced it; then as fast as it
goes. With `--firehose`, at the first of the two a process of its own searches so many posts a
second that are not ours for hashtags, as the listener of a whole network does. Prints a Markdown
table of medians, and the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from blueroom.networks.interface import Author, Batch, Field, Listening, Post, Source

CEILING_POSTS = 200_000
QUESTION = "Est-ce que vous écrivez la musique le matin, ou plutôt la nuit quand tout dort"
MESSAGE = "Merci pour le concert d’hier à Lyon, on a dansé jusqu’au bout de la nuit 🎶 "
RAW = json.dumps({"made": "by the bench", "filling": "x" * 260}).encode()
STEP_S = 0.01


class Bench:
    """A network that speaks at a set rate, or as fast as it is listened to (`rate` 0)."""

    slug, name, listens_without_account = "bench", "Bench", True
    account_fields: Sequence[Field] = ()

    def source(self, listening: Listening) -> Source:
        return _Source(int(listening.fields["posts"]), float(listening.fields["rate"]))

    def publisher(self, *_: object) -> None:
        return None


class _Source:
    def __init__(self, posts: int, rate: float) -> None:
        self._posts = posts
        self._rate = rate

    async def batches(self, *, after: str) -> AsyncIterator[Batch]:
        made = int(after or 0)
        began_s, began_at = time.monotonic(), made
        while made < self._posts:
            due = self._posts
            if self._rate:
                due = began_at + int((time.monotonic() - began_s) * self._rate)
            end = min(due, made + 500, self._posts)
            if end == made:
                await asyncio.sleep(STEP_S)
                continue
            # A post is as old as it is due, also where the listener made its source wait.
            late_s = (
                (time.monotonic() - began_s) - (end - began_at) / self._rate if self._rate else 0
            )
            moment = datetime.now(UTC) - timedelta(seconds=max(0.0, late_s))
            yield Batch(
                posts=[_post(n, moment) for n in range(made, end)],
                cursor=str(end),
                seen=end - made,
            )
            made = end
            if not self._rate:
                await asyncio.sleep(0)


def _post(n: int, moment: datetime) -> Post:
    person = n if n % 3 == 0 else n % 20_000
    text = f"{QUESTION} ? {n}" if n % 8 == 0 else f"{MESSAGE * (1 + n % 4)}{n}"
    return Post(
        network="bench",
        id=f"at://did:plc:{person:024}/app.bsky.feed.post/{n:013}",
        version=f"bafyrei{n:052}",
        published_at=moment,
        author=Author(id=f"did:plc:{person:024}", name=f"Personne {person}", handle=f"p{person}.x"),
        text=text,
        url=f"https://bsky.app/profile/p{person}.x/post/{n:013}",
        lang="fr",
        raw=RAW,
    )


NETWORK = Bench()


def run_house(posts: int, rate: float) -> None:
    """One run on the database that the environment names; says what it measured."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from blueroom.config import house
    from blueroom.posts.actions import Received
    from blueroom.posts.models import Channel, Post, PostCount

    call_command("migrate", verbosity=0)
    session = make_session()
    Channel.objects.create(
        session=session, network="bench", fields={"posts": str(posts), "rate": str(rate)}
    )
    told = 0

    def announce(*_: object, **__: object) -> None:
        nonlocal told
        told += 1

    commits: list[tuple[int, float, float]] = []
    everything = threading.Event()
    stored = 0

    def on_received(session_id: int, received: Received) -> None:
        nonlocal stored
        committed_s = time.time()
        house.on_received(session_id, received)
        commits.append((received.stored, committed_s, time.time()))
        stored += received.stored
        if stored >= posts:
            everything.set()

    # Every topic has followers: all that screens would be told is made.
    announcements = house.Announcements(announce, is_followed=bool)
    announcements.start()
    listener = house.new_listener()
    listener._on_received = on_received
    before = resource.getrusage(resource.RUSAGE_SELF)
    listener.start()
    everything.wait(60 + posts / 1000)  # a slow machine is slow, it has lost nothing yet
    after = resource.getrusage(resource.RUSAGE_SELF)
    listener.stop()
    announcements.stop()
    child = resource.getrusage(resource.RUSAGE_CHILDREN)

    published = list(Post.objects.order_by("id").values_list("published_at", flat=True))
    stored_lags, told_lags, at = [], [], 0
    for number, committed_s, announced_s in commits:
        for moment in published[at : at + number]:
            stored_lags.append(committed_s - moment.timestamp())
            told_lags.append(announced_s - moment.timestamp())
        at += number
    took_s = commits[-1][2] - published[0].timestamp()
    counted = sum(PostCount.objects.values_list("posts", flat=True))
    print(
        json.dumps(
            {
                "posts": len(published),
                "lost": posts - len(set(Post.objects.values_list("remote_id", flat=True))),
                "counted": counted,
                "rate": len(published) / took_s,
                "transactions": len(commits),
                "announcements": told,
                "stored_ms": percentiles(stored_lags),
                "told_ms": percentiles(told_lags),
                "writer_cpu": (cpu_s(after) - cpu_s(before)) / took_s,
                "child_cpu": cpu_s(child) / took_s,
                "size_bytes": size_bytes(connection),
            }
        )
    )


def make_session() -> Any:
    from blueroom.room.models import Guest, Room, Session

    moment = datetime.now(UTC)
    room = Room.objects.create(slug="bench", name="Bench", created_at=moment)
    guest = Guest.objects.create(room=room, name="Bench")
    return Session.objects.create(
        room=room,
        guest=guest,
        slug="bench",
        title="Bench",
        state="on_air",
        starts_at=moment,
        created_at=moment,
    )


def run_firehose(rate: float) -> None:
    """Search lines that hold nothing of ours at a set rate, until standard input ends."""
    import random

    import prefilter

    chance = random.Random(1)
    lines = [prefilter.line(chance, tagged=0.2) for _ in range(prefilter.LINES)]
    every = prefilter.blocks(lines)
    ends = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ends.set()), daemon=True).start()
    print("ready", flush=True)
    began_s, searched = time.perf_counter(), 0
    while not ends.is_set():
        block = every[searched // prefilter.BLOCK_LINES % len(every)]
        prefilter.search(["askines"], [block])
        searched += len(block)
        time.sleep(max(0.0, began_s + searched / rate - time.perf_counter()))
    took_s = time.perf_counter() - began_s
    print(json.dumps({"rate": searched / took_s, "cpu": time.process_time() / took_s}))


@contextlib.contextmanager
def firehose(rate: float, found: dict[str, Any]) -> Iterator[None]:
    """Beside what happens in this context; then says in `found` how many it has searched."""
    words = [sys.executable, __file__, "--as-firehose", str(rate)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(words, text=True, **pipes) as process:  # type: ignore[call-overload]
        process.stdout.readline()
        yield
        found["firehose"] = json.loads(process.communicate()[0])


def percentiles(lags_s: list[float]) -> list[float]:
    """p50, p95, p99, in milliseconds."""
    cut = statistics.quantiles(lags_s, n=100)
    return [cut[at - 1] * 1000 for at in (50, 95, 99)]


def cpu_s(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


def size_bytes(connection: Any) -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
        else:
            cursor.execute(
                "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
            )
        return int(cursor.fetchone()[0])


def measure(posts: int, rate: float, server: str) -> dict[str, Any]:
    """One run in a process and on a database of its own."""
    with tempfile.TemporaryDirectory(prefix="blueroom-bench-") as folder:
        about = Path(folder) / "bench-1.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: bench\nVersion: 1\n")
        (about / "entry_points.txt").write_text("[blueroom.networks]\nbench = ingest:NETWORK\n")
        here = Path(__file__).resolve().parent
        name = f"blueroom_bench_{os.getpid()}"
        environment = os.environ | {
            "BLUEROOM_DATA": folder,
            "BLUEROOM_DATABASE": f"{server.rpartition('/')[0]}/{name}" if server else "",
            "BLUEROOM_LOG": "warning",
            "DJANGO_SETTINGS_MODULE": "blueroom.config.settings",
            "PYTHONPATH": os.pathsep.join([folder, str(here), *filter(None, sys.path)]),
        }
        if server:
            on_server(server, f'CREATE DATABASE "{name}"')
        try:
            done = subprocess.run(
                [sys.executable, __file__, "--as-house", str(posts), str(rate)],
                env=environment,
                stdout=subprocess.PIPE,
                check=True,
            )
        finally:
            if server:
                on_server(server, f'DROP DATABASE "{name}" WITH (FORCE)')
        found: dict[str, Any] = json.loads(done.stdout)
        return found


def on_server(server: str, sql: str) -> None:
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql)  # type: ignore[call-overload]


def conduct(seconds: float, rate: float, rounds: int, postgres: str, beside: float) -> None:
    databases = {"SQLite": ""} | ({"PostgreSQL": postgres} if postgres else {})
    plans = [(f"{rate:,.0f}/s for {seconds:.0f} s", int(rate * seconds), rate)]
    plans.append((f"as fast as it goes, {CEILING_POSTS:,} posts", CEILING_POSTS, 0.0))
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for turn in range(rounds):  # interleaved, so that a slow minute hits all alike
        for name, server in databases.items():
            for plan, posts, pace in plans:
                noted: dict[str, Any] = {}
                with firehose(beside, noted) if beside and pace else contextlib.nullcontext():
                    one = measure(posts, pace, server)
                one |= noted
                found.setdefault((plan, name), []).append(one)
                load = os.getloadavg()[0]
                print(f"round {turn + 1}, {name}, {plan}, load {load:.1f}: {one}", file=sys.stderr)
    print(
        "| | database | posts/s stored and told | lost | lag to commit p50 / p95 / p99 "
        "| lag to told p50 / p95 / p99 | posts a transaction | CPU writer + child | bytes a post |"
    )
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|")
    for (plan, name), runs in sorted(found.items(), key=lambda item: item[0][0]):
        print(f"| {plan} | {name} | {row(runs)} |")
    print()
    searched = [one["firehose"] for runs in found.values() for one in runs if "firehose" in one]
    if searched:
        many, cpu = (statistics.median(one[name] for one in searched) for name in ("rate", "cpu"))
        print(f"Beside it {many:,.0f} posts/s were searched for hashtags: {cpu:.2f} of a core.")
    print(machine(), f"Medians of {rounds} rounds.")


def row(runs: list[dict[str, Any]]) -> str:
    def median(name: str) -> float:
        return statistics.median(run[name] for run in runs)

    def lags(name: str) -> str:
        return " / ".join(f"{statistics.median(r[name][i] for r in runs):,.0f}" for i in range(3))

    return " | ".join(
        [
            f"{median('rate'):,.0f}",
            str(max(run["lost"] for run in runs)),
            f"{lags('stored_ms')} ms",
            f"{lags('told_ms')} ms",
            f"{statistics.median(r['posts'] / r['transactions'] for r in runs):,.0f}",
            f"{median('writer_cpu'):.2f} + {median('child_cpu'):.2f}",
            f"{statistics.median(r['size_bytes'] / r['posts'] for r in runs):,.0f}",
        ]
    )


def machine() -> str:
    """The machine in one line."""
    models = [
        line.partition(": ")[2]
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return (
        f"{len(os.sched_getaffinity(0))} cores of {models[0] if models else platform.processor()},"
        f" {platform.system()} {platform.release().partition('-')[0]},"
        f" Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} at the end."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=10_310)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", default="", metavar="ADDRESS")
    parser.add_argument("--firehose", type=float, default=0, metavar="RATE")
    parser.add_argument("--as-firehose", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--as-house", nargs=2, metavar=("POSTS", "RATE"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.as_house:
        run_house(int(asked.as_house[0]), float(asked.as_house[1]))
    elif asked.as_firehose:
        run_firehose(asked.as_firehose)
    else:
        conduct(asked.seconds, asked.rate, asked.rounds, asked.postgres, asked.firehose)


if __name__ == "__main__":
    main()
