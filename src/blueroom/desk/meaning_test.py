from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from blueroom.desk import meaning
from blueroom.desk.actions import decide, sort_posts
from blueroom.desk.groups import refuse_proposal
from blueroom.desk.models import Question
from blueroom.posts.models import Author

WAGE = "Combien gagne un député ?"
WAGE_AGAIN = "Salaire mensuel de nos élus ?"
NIGHT = "Vous écrivez la nuit ?"


class Money:
    """A model that knows one thing only: what is about money."""

    dimensions = 2
    proposed_from = 0.7

    def __init__(self):
        self.read = []

    def vectors_of(self, texts):
        self.read += texts
        about = [any(word in text for word in ("gagne", "alaire")) for text in texts]
        return np.array([[1, 0] if each else [0, 1] for each in about], np.float32)


@pytest.fixture
def model():
    return Money()


@pytest.fixture
def ask(session, make_post, moment):
    numbers = iter(range(1, 1000))

    def ask(text):
        number = next(numbers)
        author = Author.objects.create(network="rehearsal", remote_id=f"fan {number}")
        post = make_post(text, number=number, author=author)
        sort_posts(session_id=session.pk, now=moment)
        return Question.objects.get(post=post)

    return ask


def proposal(question):
    question.refresh_from_db()
    return question.state, question.proposal_id, question.proposal_score


def test_what_letters_cannot_see_is_proposed_and_each_line_is_read_once(ask, model, moment):
    clock = [moment]
    compare = meaning.ProposeByMeaning(model, lambda: clock[0])
    wage, night, again = ask(WAGE), ask(NIGHT), ask(WAGE_AGAIN)
    assert proposal(again) == ("waiting", None, None)

    assert (compare(), compare(), compare()) == (3, 0, 0)

    assert [proposal(one)[:2] for one in (wage, night)] == [("waiting", None)] * 2
    assert proposal(again) == ("waiting", wage.pk, 0.79)
    ask("Quel est le salaire d'un maire ?")
    assert compare() == 0  # calm for a moment
    clock[0] += timedelta(seconds=2)
    assert compare() == 1
    assert len(model.read) == 4


def test_what_a_person_kept_apart_or_decided_on_is_not_proposed_again(
    ask, model, moderator, moment
):
    wage, apart, approved = ask(WAGE), ask(WAGE_AGAIN), ask("Et le salaire des maires, alors ?")
    meaning.ProposeByMeaning(model, lambda: moment)()
    refuse_proposal(question_id=apart.pk, now=moment, by=moderator)
    Question.objects.filter(pk=approved.pk).update(proposal=None)
    decide(question_id=approved.pk, verb="approve", now=moment, by=moderator)

    assert meaning.ProposeByMeaning(model, lambda: moment)() == 3  # as after a restart

    assert [proposal(one)[1] for one in (wage, apart, approved)] == [None, None, None]


def test_nothing_is_proposed_under_what_is_held(ask, model, moderator, moment):
    wage, again = ask(WAGE), ask(WAGE_AGAIN)
    decide(question_id=wage.pk, verb="hold", now=moment, by=moderator)

    assert meaning.ProposeByMeaning(model, lambda: moment)() == 1

    assert proposal(again)[1] is None
