from __future__ import annotations

from datetime import timedelta

from blueroom.desk.actions import decide
from blueroom.desk.wire import Asker, Card
from blueroom.posts.models import PostCount
from blueroom.room.cards import card_of_session
from blueroom.walls.queries import wall_state
from blueroom.walls.wire import WallCounts, WallState

NOBODY_YET = WallCounts(posts=0, questions=0, answered=0, curve=[0] * 20)


def card_of(question):
    return Card(
        id=question.pk,
        text=question.text,
        language="",
        network="rehearsal",
        askers=1,
        author=Asker(name="Ana Sousa", handle="ana", place=""),
    )


def line_up(question, moderator, moment):
    for verb in ("approve", "line_up"):
        decide(question_id=question.pk, verb=verb, now=moment, by=moderator)


def test_wall_state_is_calm_when_nothing_came(session, moment):
    assert wall_state(session, now=moment) == WallState(
        session=card_of_session(session),
        on_air=None,
        next=[],
        counts=NOBODY_YET,
        scenes=[],
        voices=[],
        answered=[],
        live=None,
    )


def test_wall_state_shows_what_is_on_air_and_the_next_three(
    session, make_question, moderator, moment
):
    questions = [make_question(f"{name} ?", number=i) for i, name in enumerate("ABCDE")]
    for question in questions:
        line_up(question, moderator, moment)
    decide(question_id=questions[1].pk, verb="air", now=moment, by=moderator)

    state = wall_state(session, now=moment)

    assert state.on_air == card_of(questions[1])
    assert state.next == [card_of(questions[i]) for i in (0, 2, 3)]


def test_walls_say_no_numbers_where_they_are_turned_off(session, make_question, moderator, moment):
    questions = [make_question(f"{name} ?", number=i) for i, name in enumerate("ABC")]
    for question in questions:
        line_up(question, moderator, moment)
    for verb in ("air", "answer"):
        decide(question_id=questions[2].pk, verb=verb, now=moment, by=moderator)
    decide(question_id=questions[0].pk, verb="air", now=moment, by=moderator)
    type(questions[0]).objects.update(askers=3)
    session.shows_counts = False

    state = wall_state(session, now=moment)

    assert state.counts == WallCounts(posts=0, questions=0, answered=0, curve=[])
    shown = [state.on_air, *state.next, *state.voices, *(one.card for one in state.answered)]
    assert [card.askers for card in shown] == [1] * 6


def test_wall_state_shows_nothing_that_was_not_approved(session, make_question, moment):
    make_question("Encore en attente ?")

    state = wall_state(session, now=moment)

    assert (state.on_air, state.next, state.voices) == (None, [], [])


def test_voices_are_on_air_then_next_then_answered_and_no_other(
    session, make_question, moderator, moment
):
    questions = [make_question(f"{name} ?", number=i) for i, name in enumerate("ABCDE")]
    for question in questions[:4]:
        line_up(question, moderator, moment)
    for verb, question in (("air", questions[0]), ("answer", questions[0]), ("air", questions[2])):
        decide(question_id=question.pk, verb=verb, now=moment, by=moderator)
    decide(question_id=questions[4].pk, verb="approve", now=moment, by=moderator)

    state = wall_state(session, now=moment)

    assert state.voices == [card_of(questions[i]) for i in (2, 1, 3, 0)]


def test_wall_counts_hold_the_last_twenty_minutes(session, moment):
    for minutes, posts in ((0, 3), (19, 2), (20, 50)):
        PostCount.objects.create(
            session=session,
            network="rehearsal",
            minute=moment - timedelta(minutes=minutes),
            posts=posts,
        )

    counts = wall_state(session, now=moment).counts

    assert counts == WallCounts(posts=55, questions=0, answered=0, curve=[2, *[0] * 18, 3])


def test_wall_state_asks_the_same_for_one_question_and_for_three(
    session, make_question, moderator, moment, django_assert_num_queries
):
    with django_assert_num_queries(10):
        wall_state(session, now=moment)
    for number in range(3):
        line_up(make_question(f"{number} ?", number=number), moderator, moment)
    with django_assert_num_queries(10):
        wall_state(session, now=moment)
