from __future__ import annotations

from datetime import UTC, datetime, timedelta

from blueroom.holding.flood import FloodLimits, FloodWatch
from blueroom.holding.reasons import Reason

START = datetime(2026, 1, 1, 20, 0, tzinfo=UTC)
FLOOD = Reason(code="flood")
SAME_TEXT = Reason(code="same_text")


def test_flood_watch_holds_an_author_who_posts_too_fast_until_it_slows_down() -> None:
    watch = FloodWatch(FloodLimits(posts=3, posts_per_minute=6))

    at_once = [watch.see("a", number, START) for number in range(5)]
    later = watch.see("a", 9, START + timedelta(minutes=2))

    assert at_once == [None, None, None, FLOOD, FLOOD]
    assert later is None


def test_flood_watch_holds_what_one_author_says_again() -> None:
    watch = FloodWatch()

    assert watch.see("a", 1, START) is None
    assert watch.see("a", 1, START + timedelta(minutes=5)) == FLOOD
    assert watch.see("b", 1, START + timedelta(minutes=5)) is None
    assert watch.see("a", 1, START + timedelta(hours=1)) is None


def test_flood_watch_holds_one_text_of_many_authors_but_not_of_many_over_an_hour() -> None:
    watch = FloodWatch(FloodLimits(askers=3, askers_per_minute=3))

    at_once = [watch.see(f"a{number}", 7, START) for number in range(5)]
    slowly = [watch.see(f"b{number}", 8, START + timedelta(minutes=number)) for number in range(10)]

    assert at_once == [None, None, None, SAME_TEXT, SAME_TEXT]
    assert slowly == [None] * 10


def test_flood_watch_does_not_mind_many_authors_with_a_short_greeting() -> None:
    watch = FloodWatch(FloodLimits(askers=2))

    assert [watch.see(f"a{number}", None, START) for number in range(20)] == [None] * 20


def test_flood_watch_forgets_whom_it_has_not_met_for_longest() -> None:
    watch = FloodWatch(FloodLimits(posts=1, most_authors=2, most_texts=2))

    for author in ("a", "b", "c"):
        watch.see(author, hash(author), START)

    assert watch.see("a", 1, START) is None
    assert watch.see("c", 2, START) == FLOOD
    assert (len(watch._authors), len(watch._texts)) == (2, 2)
