from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection

from blueroom.desk import alike, queries
from blueroom.desk.actions import decide, sort_posts, undo_decision
from blueroom.desk.groups import (
    accept_proposal,
    merge_questions,
    refuse_proposal,
    split_question,
)
from blueroom.desk.models import Question
from blueroom.desk.screening import NEAR_COPIES, reason
from blueroom.desk.worker import compare_what_waits
from blueroom.posts.models import Author, Post, Sorting
from blueroom.posts.store import _LOCK_SPACE

ALBUM = "Quand sort votre prochain album ?"
ALBUM_AGAIN = "Votre prochain album, il sort quand ?"
LIVE = "Quand sort votre prochain album de concert ?"
TOPICS = (
    "le théâtre", "les trains de nuit", "la mer en hiver", "le pain de seigle", "votre grand-mère",
    "les orages", "le silence", "la politique", "les chevaux", "le vélo en ville",
)  # fmt: skip
LAWFUL = [
    f"{verb} {topic} ?"
    for topic in TOPICS
    for verb in (
        "Aimez-vous",
        "Avez-vous peur quand vous pensez à",
        "Qui vous a appris",
        "Racontez-nous un souvenir avec",
        "Faut-il interdire",
    )
]


@pytest.fixture
def store(session, make_post):
    """Stores posts as the listener would have, each by an author of its own."""
    numbers = iter(range(100, 100_000))

    def store(*texts):
        posts = []
        for text in texts:
            number = next(numbers)
            author = Author.objects.create(network="rehearsal", remote_id=f"fan {number}")
            posts.append(make_post(text, number=number, author=author))
        return posts

    return store


@pytest.fixture
def ask(session, store, moment):
    """Lets somebody new ask each of these at once, and the desk sort it."""

    def ask(*texts):
        posts = store(*texts)
        sort_posts(session_id=session.pk, now=moment)
        return [Question.objects.get(post=post) for post in posts]

    return ask


def head_of(question):
    question.refresh_from_db()
    return question.head_id


def other_process(monkeypatch):
    """Continue as a process that has compared nothing so far; the one that did is returned."""
    before = alike.sessions
    monkeypatch.setattr(alike, "sessions", alike.Sessions())
    return before


def test_the_same_in_other_words_is_one_line_at_once_and_in_turn(ask):
    head, again = ask(ALBUM, ALBUM_AGAIN)
    [later], [other] = ask("quand sort votre prochain albun"), ask("Vous écrivez la nuit ?")

    assert [head_of(one) for one in (head, again, later, other)] == [None, head.pk, head.pk, None]
    head.refresh_from_db()
    assert (head.askers, later.state) == (3, "merged")


def test_who_says_what_a_newcomer_of_another_group_says_joins_that_group(ask):
    head, _, third = ask(ALBUM, ALBUM_AGAIN, ALBUM_AGAIN + " #AskInes")

    assert head_of(third) == head.pk


def test_what_is_only_like_is_proposed_also_of_the_same_moment(ask, moderator, moment):
    head, like, unlike = ask(ALBUM, LIVE, "When is your next album coming out?")
    assert [(one.state, one.proposal_id) for one in (like, unlike)] == [("waiting", head.pk)] * 2

    refuse_proposal(question_id=like.pk, now=moment, by=moderator)
    accept_proposal(question_id=unlike.pk, now=moment, by=moderator)

    [live], [album] = (
        ask("Votre prochain album de concert sort quand ?"),
        ask("Next album: coming when?"),
    )
    assert head_of(live) == like.pk
    assert album.proposal_id in (head.pk, None)
    [exactly] = ask("Hello! When is your next album coming out")
    assert head_of(exactly) == head.pk  # what a person merged stands for its head


@pytest.mark.parametrize("is_new_process", [False, True])
def test_what_a_person_split_stays_apart(ask, moderator, moment, monkeypatch, is_new_process):
    head, member = ask(ALBUM, ALBUM_AGAIN)
    split_question(question_id=member.pk, now=moment, by=moderator)
    if is_new_process:
        other_process(monkeypatch)

    like_member, like_head = ask("Bonjour ! " + ALBUM_AGAIN, "Bonjour ! " + ALBUM)

    assert (head_of(like_member), head_of(like_head)) == (member.pk, head.pk)


def test_what_a_person_merged_and_took_back_is_followed(ask, moderator, moment):
    head, other = ask("Vous écrivez la nuit ?", ALBUM)
    merge_questions(head_id=head.pk, question_ids=[other.pk], now=moment, by=moderator)
    assert head_of(ask(ALBUM_AGAIN)[0]) == head.pk

    undo_decision(question_id=other.pk, now=moment, by=moderator)

    assert head_of(ask("Quand sort votre prochain albun ?")[0]) == other.pk


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_questions_of_a_session_are_committed_in_the_order_of_their_ids(session, ask):
    ask(ALBUM)  # in the transaction of this test

    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_SPACE, session.pk])
        assert cursor.fetchone() == (False,)
    other.close()


def test_two_processes_agree(ask, moderator, moment, monkeypatch):
    [head] = ask(ALBUM)
    first = other_process(monkeypatch)
    [spinach] = ask("Aimez-vous les épinards ?")
    split = ask("Quand sort votre prochain albun ?")[0]
    split_question(question_id=split.pk, now=moment, by=moderator)
    second = other_process(monkeypatch)

    for process in (first, second):
        monkeypatch.setattr(alike, "sessions", process)
        questions = ask("Les épinards, vous aimez ?", "Salut ! " + ALBUM, "Salut ! " + split.text)
        assert [head_of(one) for one in questions] == [spinach.pk, head.pk, split.pk]


def test_a_head_that_goes_leaves_its_group_to_whom_the_next_one_joins(ask, session, moment):
    head, heir = ask(ALBUM, ALBUM_AGAIN)
    Post.objects.filter(pk=head.post_id).update(sorting=Sorting.NEW, text="", deleted_at=moment)
    sort_posts(session_id=session.pk, now=moment)

    assert head_of(ask("Quand sort votre prochain albun ?")[0]) == heir.pk


def test_who_is_not_held_never_joins_who_is(ask, moderator, moment):
    held, insult = ask(ALBUM, "Quand sort votre prochain album, connard ?")
    assert (insult.state, insult.head_id, insult.proposal_id) == ("held", None, None)
    decide(question_id=held.pk, verb="hold", now=moment, by=moderator)

    alone, with_it = ask(ALBUM_AGAIN, "Votre prochain albun, il sort quand ?")
    assert (head_of(alone), head_of(with_it)) == (None, alone.pk)

    decide(question_id=held.pk, verb="approve", now=moment, by=moderator)
    assert head_of(ask("Bonjour ! " + ALBUM)[0]) == held.pk


COPIED = "Pourquoi avez-vous menti aux électeurs sur la centrale de la vallée ?"


def near_copies(count):
    """Texts that are nearly one, none of them twice."""
    dice = random.Random(7)
    letters = "abcdefghijklmnopqrstuvwxyz"
    made = set()
    while len(made) < count:
        written = list(COPIED)
        for _ in range(dice.randint(1, 6)):
            written[dice.randrange(len(written) - 1)] = dice.choice(letters)
        words = "".join(written).split()
        if dice.random() < 0.3:
            dice.shuffle(words)
        made.add(" ".join(words) + " ?")
    return sorted(made)


def test_a_flood_of_near_copies_is_hardly_a_line_and_the_lawful_stay(
    session, store, moment, monkeypatch
):
    monkeypatch.setattr(alike, "A_SECOND", 50)
    copies = near_copies(2_000)
    texts = copies + LAWFUL
    random.Random(3).shuffle(texts)
    store(COPIED, *texts)

    now = moment
    while sort_posts(session_id=session.pk, now=now, limit=500).posts:
        now += timedelta(seconds=1)
    waiting = queries.desk_counts(session, now=now).to_compare
    assert 0 < waiting < len(texts)
    while compare_what_waits(now=now) or queries.desk_counts(session, now=now).to_compare:
        now += timedelta(seconds=1)

    questions = Question.objects.filter(session=session)
    assert questions.count() == len(texts) + 1  # nothing is lost
    lines = Counter(
        "lawful" if text in LAWFUL else "copies"
        for text in questions.filter(state="waiting").values_list("text", flat=True)
    )
    assert lines["copies"] <= 20
    assert lines["lawful"] >= len(LAWFUL) - 2
    piled = questions.filter(state="held", reasons=[reason(NEAR_COPIES)])
    assert piled.count() > 1_500
    assert not piled.filter(proposal=None).exists()
    assert max(questions.values_list("askers", flat=True)) < 400  # only who is surely the same


def test_what_is_held_takes_no_place_of_what_waits_on_a_desk_that_opens(
    session, ask, moment, monkeypatch
):
    monkeypatch.setattr(queries, "SNAPSHOT_OPEN", 1)
    monkeypatch.setattr(queries, "SNAPSHOT_HELD", 1)
    [waits], *_ = ask(ALBUM), ask("Et pourquoi, connard ?"), ask("Pourquoi ça, pauvre connard ?")

    desk = queries.desk_state(session, now=moment)

    assert ([row.state for row in desk.rows], desk.rows[0].id) == (["waiting", "held"], waits.pk)
    assert desk.more


@pytest.mark.parametrize("is_new_process", [False, True])
def test_what_waits_to_be_compared_is_found_and_left_where_a_person_put_it(
    ask, moderator, moment, monkeypatch, is_new_process
):
    [head] = ask(ALBUM)
    alike.sessions.allow(alike.AT_ONCE, moment)
    late, approved = ask(ALBUM_AGAIN, "quand sort votre prochain albun")
    [same] = ask(ALBUM_AGAIN)
    assert (late.state, head_of(same), late.to_compare) == ("waiting", late.pk, True)
    decide(question_id=approved.pk, verb="approve", now=moment, by=moderator)
    if is_new_process:
        other_process(monkeypatch)

    assert compare_what_waits(now=moment + timedelta(seconds=1)) == 2

    assert [head_of(one) for one in (late, same, approved)] == [head.pk, head.pk, None]
    head.refresh_from_db()
    assert (head.askers, approved.state) == (3, "approved")
