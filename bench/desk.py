"""What the desk makes of a rehearsal, and how fast: holding, grouping, search, decisions.

    python bench/desk.py [--posts 100000]

Takes in the rehearsal's posts, whose truth is known, in groups of 500 as the listener does, on a
fresh SQLite file. Says how many posts a second are stored and sorted; of an evening of 13,000 how
many lines are left to read, and what was held, rightly and wrongly; and how long a search takes as
one types, the opening of a desk, the house's order and the themes of the newest 5,000, and a
decision on 500 questions.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime

from machine import HEAD, machine, row

from blueroom.networks.rehearsal.labels import labelled_posts
from blueroom.networks.rehearsal.options import Options

EVENING = 13_000
GROUP = 500
UNSAFE = {"insult", "spam", "private", "flood"}
TYPED = ("m", "mu", "musique", "écriv mat", "sous la pluie", "zoe", "concert lyon", "qzx")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--posts", type=int, default=100_000)
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
        _measure(wanted)
    print(f"\n{machine()}")


def _measure(wanted: int) -> None:
    from blueroom.desk import actions, order, queries, search, themes
    from blueroom.desk.calm import CALM
    from blueroom.desk.criteria import Criteria
    from blueroom.desk.models import Question
    from blueroom.posts.models import Post
    from blueroom.room.actor import Actor
    from blueroom.room.models import Guest, Role, Room, Session

    moment = datetime.now(UTC)
    room = Room.objects.create(slug="bench", name="Bench", created_at=moment)
    guest = Guest.objects.create(room=room, name="Nour")
    session = Session.objects.create(
        room=room, guest=guest, slug="bench", title="Bench", state="open",
        starts_at=moment, created_at=moment,
    )  # fmt: skip
    by = Actor(name="Bench", role=Role.OWNER, room_id=room.pk)
    rates = []
    kinds: dict[str, str] = {}
    for first in range(0, wanted, 10_000):
        pairs = labelled_posts(Options(), first=first, count=min(10_000, wanted - first))
        kinds |= {post.id: label.kind for post, label in pairs if not post.deleted}
        for start in range(0, len(pairs), GROUP):
            posts = [post for post, _label in pairs[start : start + GROUP]]
            began_s = time.perf_counter()
            actions.take_in(session=session, posts=posts, now=moment)
            rates.append(len(posts) / (time.perf_counter() - began_s))
            if first + start + len(posts) == EVENING:
                _tell_evening(Question, Post, kinds)
    print(f"Stored and sorted, of {wanted:,}: {statistics.median(rates):,.0f} posts/s (median)\n")
    began_s = time.perf_counter()
    while search.index_new_posts():
        pass
    took_s = time.perf_counter() - began_s
    print(f"Index of words: {wanted / took_s:,.0f} posts/s\n\n{HEAD}")
    sought = [Criteria(text=typed) for typed in TYPED for _ in range(5)]
    in_one = [Criteria(text=typed, state="waiting") for typed in TYPED for _ in range(5)]
    for name, asked in (("search, as one types", sought), ("search in one state", in_one)):
        newest = {"now": moment, "is_newest_first": True, "limit": 200}
        took = [_ms(queries.questions_page, session, one, **newest) for one in asked]
        print(row(name, took))
    print(row("the desk opens", [_ms(queries.desk_state, session, now=moment) for _ in range(5)]))
    lists = [order.Orders() for _ in range(3)]
    print(row("a list in order, unread", [_ms(one.of, session, "waiting", moment)
              for one in lists]))  # fmt: skip
    print(row("a list in order again", [_ms(one.of, session, "waiting", moment + times * CALM)
              for one in lists for times in range(1, 6)]))  # fmt: skip
    unread = [themes.Sessions() for _ in range(3)]
    print(row("the themes, unread", [_ms(one.of, session, moment) for one in unread]))
    print(row("the themes again", [_ms(one.of, session, moment + times * CALM)
              for one in unread for times in range(3, 8)]))  # fmt: skip
    waiting = Question.objects.filter(session=session, state="waiting").order_by("id")
    for verb in ("reject", "undo"):
        rows = waiting if verb == "reject" else Question.objects.filter(last_verb="reject")
        revisions = dict(rows.values_list("pk", "revision")[:500])
        took = _ms(
            actions.decide_on_many,
            session=session, verb=verb, revisions=revisions, now=moment, by=by,
        )  # fmt: skip
        print(row(f"{verb} 500 at once", [took]))


def _ms(work, *positional, **named):  # type: ignore[no-untyped-def]
    began_s = time.perf_counter()
    work(*positional, **named)
    return (time.perf_counter() - began_s) * 1000


def _tell_evening(questions, posts, kinds: dict[str, str]) -> None:  # type: ignore[no-untyped-def]
    states = Counter(questions.objects.values_list("state", flat=True))
    held = questions.objects.exclude(reasons=None).values_list("post__remote_id", "reasons")
    wrong = Counter(
        reason["code"]
        for remote_id, reasons in held
        if kinds.get(remote_id) not in UNSAFE
        for reason in reasons[:1]
    )
    asked = questions.objects.values_list("post__remote_id", flat=True)
    unsafe = [one for one in asked if kinds.get(one) in UNSAFE]
    caught = {remote_id for remote_id, _reasons in held}
    print(f"An evening of {posts.objects.count():,} posts: {dict(states)}")
    print(f"unsafe among questions: {len(unsafe)}, held {len(caught & set(unsafe))}")
    print(f"held of the rest, by first reason: {dict(wrong)}\n")


if __name__ == "__main__":
    main()
