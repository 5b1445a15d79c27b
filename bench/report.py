"""How long a session's report takes on the server: reading it, the whole page, the spreadsheet.

    python bench/report.py [--posts 13000 100000]

Takes in the rehearsal's posts on a fresh SQLite file, spread over an hour; has 40 questions
answered, 2,500 others approved or rejected, and asks for the report as a producer does.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from bench.machine import HEAD, machine, row

from blueroom.networks.rehearsal.labels import labelled_posts
from blueroom.networks.rehearsal.options import Options

GROUP = 500
TIMES = 12
ANSWERED, DECIDED = 40, 2500


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--posts", type=int, nargs="+", default=[13_000, 100_000])
    wanted = arguments.parse_args().posts
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "blueroom.config.settings",
            "BLUEROOM_DATA": folder,
        }
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        print(HEAD)
        for posts in wanted:
            _measure(posts)
    print(f"\n{machine()}")


def _measure(wanted: int) -> None:
    from django.conf import settings
    from django.test import Client

    from blueroom.desk import actions
    from blueroom.desk.models import Question
    from blueroom.posts.models import PostCount
    from blueroom.report.queries import report_of
    from blueroom.room.actor import Actor
    from blueroom.room.models import Guest, Membership, Person, Role, Room, Session

    settings.ALLOWED_HOSTS = ["*"]
    moment = datetime.now(UTC).replace(second=0, microsecond=0)
    room = Room.objects.create(slug=f"bench-{wanted}", name="Bench", created_at=moment)
    guest = Guest.objects.create(room=room, name="Nour")
    session = Session.objects.create(
        room=room, guest=guest, slug=f"bench-{wanted}", title="Bench", state="on_air",
        starts_at=moment, created_at=moment, opened_at=moment, on_air_at=moment,
    )  # fmt: skip
    by = Actor(name="Bench", role=Role.OWNER, room_id=room.pk)
    for first in range(0, wanted, 10_000):
        pairs = labelled_posts(Options(), first=first, count=min(10_000, wanted - first))
        for start in range(0, len(pairs), GROUP):
            posts = [post for post, _label in pairs[start : start + GROUP]]
            at = moment + timedelta(minutes=60 * (first + start) / wanted)
            actions.take_in(session=session, posts=posts, now=at)
    PostCount.objects.filter(session=session).delete()
    for minute in range(60):
        PostCount.objects.create(
            session=session, network="rehearsal", minute=moment + timedelta(minutes=minute),
            posts=wanted // 60,
        )  # fmt: skip
    waiting = Question.objects.filter(session=session, state="waiting").order_by("-askers", "id")
    ids = list(waiting.values_list("pk", flat=True))
    for number, pk in enumerate(ids[:DECIDED]):
        at = moment + timedelta(minutes=60 * number / DECIDED)
        verb = "approve" if number < ANSWERED or number % 3 else "reject"
        actions.decide(question_id=pk, verb=verb, now=at, by=by)
        if number < ANSWERED:
            actions.decide(question_id=pk, verb="air", now=at, by=by)
            actions.answer_question(question_id=pk, text="Oui.", now=at, by=by)
    person = Person.objects.create_user(username=f"bench-{wanted}", password="-")
    Membership.objects.create(room=room, person=person, role=Role.PRODUCER, since_at=moment)
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    later = moment + timedelta(minutes=61)
    states = Counter(Question.objects.filter(session=session).values_list("state", flat=True))
    page = f"/sessions/{session.slug}/report/"
    for name, work in (
        ("read", lambda: report_of(session, "producer", now=later)),
        ("the whole page", lambda: _got(client, page)),
        ("the spreadsheet", lambda: _got(client, f"{page}questions.csv")),
    ):
        work()
        took = [_ms(work) for _ in range(TIMES if name != "the spreadsheet" else 3)]
        print(row(f"{wanted:,} posts, {states.total():,} questions: {name}", took), flush=True)


def _got(client, path: str) -> None:  # type: ignore[no-untyped-def]
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code


def _ms(work) -> float:  # type: ignore[no-untyped-def]
    began_s = time.perf_counter()
    work()
    return (time.perf_counter() - began_s) * 1000


if __name__ == "__main__":
    main()
