from __future__ import annotations

import pytest

from blueroom.desk import wordings
from blueroom.desk.actions import decide, sort_posts
from blueroom.desk.groups import choose_wording
from blueroom.desk.models import Question
from blueroom.desk.presence import note_presence
from blueroom.desk.queries import row_of
from blueroom.posts.models import Author

SHOUTED = "QUAND SORT L'ALBUM ???"
CLEAR = "Bonsoir, quand sort votre album ?"


@pytest.fixture
def ask(session, make_post, moment):
    """Lets somebody new ask, and the desk sort it."""
    numbers = iter(range(1, 1000))

    def ask(text, name=""):
        number = next(numbers)
        author = Author.objects.create(network="rehearsal", remote_id=f"fan {number}", name=name)
        post = make_post(text, number=number, author=author)
        sort_posts(session_id=session.pk, now=moment)
        return Question.objects.get(post=post)

    return ask


@pytest.fixture
def group(ask):
    """A head that shouts, and a member that asks well."""
    head, member = ask(SHOUTED), ask(CLEAR, "Ana")
    assert member.head_id == head.pk
    return head, member


def words(question):
    row = row_of(question.pk)
    return row.text, row.author.name, row.original


def test_a_group_that_waits_is_shown_in_its_best_words_and_their_author_is_named(group, moment):
    head, _ = group
    again = wordings.WordGroups(lambda: moment)

    assert (again(), words(head)) == (1, (CLEAR, "Ana", SHOUTED))
    head.refresh_from_db()
    assert (head.state, head.revision, head.last_verb) == ("waiting", 2, "house_words")
    assert again() == 0  # at rest for a while
    assert not wordings.word_group(question_id=head.pk, now=moment)


def test_a_group_is_looked_at_again_when_twice_as_many_ask(group, ask, moment):
    clock = [moment]
    again = wordings.WordGroups(lambda: clock[0])
    rounds = [again()]
    for _ in range(2):
        ask(SHOUTED)
        clock[0] += wordings.CALM
        rounds.append(again())

    assert rounds == [1, 0, 1]


def test_what_a_person_chose_read_approved_or_undid_stays_as_it_is(
    group, session, moderator, moment
):
    head, _ = group
    assert moderator.person_id is not None
    here = {"session": session, "person_id": moderator.person_id, "now": moment}

    def is_worded():
        return wordings.word_group(question_id=head.pk, now=moment)

    note_presence(**here, question_id=head.pk)
    assert (wordings.WordGroups(lambda: moment)(), is_worded()) == (0, False)
    note_presence(**here, question_id=None)
    decide(question_id=head.pk, verb="approve", now=moment, by=moderator)
    assert not is_worded()
    Question.objects.filter(pk=head.pk).update(state="waiting")
    assert is_worded()
    choose_wording(question_id=head.pk, member_id=head.pk, now=moment, by=moderator)
    assert (is_worded(), words(head)[0]) == (False, SHOUTED)


def test_words_of_who_is_held_stand_for_nobody(group, moment):
    head, member = group
    Question.objects.filter(pk=member.pk).update(reasons=[{"code": "insult"}])

    assert not wordings.word_group(question_id=head.pk, now=moment)
