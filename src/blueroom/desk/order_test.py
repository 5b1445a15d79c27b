from __future__ import annotations

from datetime import timedelta

import pytest

from blueroom.desk import order
from blueroom.desk.actions import answer_question, decide, note_votes, sort_posts
from blueroom.desk.calm import CALM
from blueroom.desk.models import Question, QuestionState
from blueroom.posts.models import Author

ALBUM = "Quand sort votre prochain album ?"
NIGHT = "Vous écrivez la nuit ?"
SPINACH = "Aimez-vous les épinards ?"
VALLEY = "Faut-il fermer la centrale de la vallée ?"


@pytest.fixture
def ask(session, make_post, moment):
    """Lets somebody ask, an hour ago where nothing else is said, and the desk sort it."""
    numbers = iter(range(1, 1000))

    def ask(text, *, at=moment - timedelta(hours=1), followers=9_000):
        number = next(numbers)
        author = Author.objects.create(
            network="rehearsal", remote_id=f"fan {number}", followers=followers
        )
        post = make_post(text, number=number, author=author, published_at=at)
        sort_posts(session_id=session.pk, now=moment)
        return Question.objects.get(post=post)

    return ask


def ranked(session, moment, state="waiting"):
    """The ids in the house's order, each with why."""
    found = order.orders.of(session, QuestionState(state), moment)
    return [(id_, found.reasons[at]) for id_, at in zip(found.ids, found.why, strict=True)]


def test_the_house_looks_at_what_many_ask_then_at_what_is_new(session, ask, moment):
    alone = ask(SPINACH)
    group = ask(ALBUM)
    for _ in range(5):
        ask(ALBUM)
    newest = ask(NIGHT, at=moment)

    assert ranked(session, moment) == [
        (group.pk, ["many_askers"]),
        (newest.pk, ["just_asked"]),
        (alone.pk, ["next_best"]),
    ]
    assert ranked(session, moment, "approved") == []


def test_what_is_like_an_answer_goes_down_and_who_asks_it_again_brings_a_group_up(
    session, ask, moderator, moment
):
    answered, again = ask(ALBUM), ask("Votre prochain disque, il sort quand ?")
    for verb in ("approve", "air"):
        decide(question_id=answered.pk, verb=verb, now=moment, by=moderator)
    answer_question(question_id=answered.pk, text="En mai.", now=moment, by=moderator)
    group, other = ask(VALLEY), ask(SPINACH)
    assert [id_ for id_, _ in ranked(session, moment)] == [other.pk, group.pk, again.pk]
    assert ranked(session, moment)[0] == (other.pk, ["new_topic"])

    ask(VALLEY, at=moment)

    later = moment + CALM
    assert ranked(session, later)[0] == (group.pk, ["just_asked", "new_topic"])


def test_votes_count_by_how_many_people_vote_at_all(session, ask, moderator, moment, monkeypatch):
    voted, fresh = ask(ALBUM), ask(SPINACH, at=moment)
    for question in (voted, fresh):
        decide(question_id=question.pk, verb="approve", now=moment, by=moderator)
    note_votes(question_id=voted.pk, votes=30, given=30)

    assert ranked(session, moment, "approved")[0] == (fresh.pk, ["just_asked"])
    monkeypatch.setattr(order, "_count_voters", lambda _session_id: 40)
    assert ranked(session, moment + CALM, "approved")[0] == (voted.pk, ["many_votes"])
    session.takes_votes = False
    assert ranked(session, moment + 2 * CALM, "approved")[0] == (fresh.pk, ["just_asked"])


def test_of_ten_at_most_three_are_about_one_theme(session, ask, moment):
    asked = "Votre album parle-t-il {} ?"
    about_album = [ask(asked.format(of)) for of in ("d'amour", "du fleuve", "de Lyon", "du loup")]
    for text in (SPINACH, NIGHT, VALLEY):
        ask(text)
    for question in about_album:
        Question.objects.filter(pk=question.pk).update(askers=9)

    album = {one.pk for one in about_album}
    is_album = [id_ in album for id_, _ in ranked(session, moment)]

    assert (is_album[0], sum(is_album[:6]), is_album[-1]) == (True, 3, True)


def test_an_order_is_made_once_in_ten_seconds_and_has_another_version_when_it_is_another(
    session, ask, moment, django_assert_num_queries
):
    ask(ALBUM)
    first = order.orders.of(session, QuestionState.WAITING, moment)
    ask(SPINACH)

    with django_assert_num_queries(0):
        assert order.orders.of(session, QuestionState.WAITING, moment) is first
    second = order.orders.of(session, QuestionState.WAITING, moment + CALM)
    third = order.orders.of(session, QuestionState.WAITING, moment + 2 * CALM)

    assert (len(second.ids), second.version == first.version) == (2, False)
    assert third.version == second.version
    with django_assert_num_queries(4):
        order.orders.of(session, QuestionState.WAITING, moment + 3 * CALM)
