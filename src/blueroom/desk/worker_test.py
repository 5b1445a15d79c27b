from __future__ import annotations

from datetime import timedelta

import pytest

from blueroom.desk import worker
from blueroom.desk.actions import decide, sort_posts
from blueroom.desk.models import Question
from blueroom.desk.worker import DescribeAskers
from blueroom.networks.interface import Author as Described
from blueroom.networks.interface import Refused, Unavailable
from blueroom.posts.models import Author, Channel


class Directory:
    """A network that names its authors by id only, and tells who they are."""

    account_fields = ("handle",)

    def __init__(self):
        self.asked = []
        self.answers = {}

    def source(self, listening):
        return self

    async def describe(self, author):
        self.asked.append(author.id)
        answer = self.answers.get(author.id, Described(id=author.id, name=f"Name of {author.id}"))
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def directory(monkeypatch):
    directory = Directory()
    monkeypatch.setattr(worker, "networks", lambda: {"sky": directory})
    return directory


@pytest.fixture
def ask(session, make_post, moment):
    Channel.objects.create(session=session, network="sky")

    def ask(name, text="Le matin ?", number=1):
        author = Author.objects.create(network="sky", remote_id=name)
        make_post(text, number=number, network="sky", author=author)
        sort_posts(session_id=session.pk, now=moment)
        return author

    return ask


def test_those_who_asked_are_described_once(directory, ask, moment):
    asker = ask("did:1")
    ask("did:2", "Bravo !", number=2)
    describe = DescribeAskers(lambda: moment)

    assert (describe(), describe()) == (1, 0)

    asker.refresh_from_db()
    assert (asker.name, asker.described_at) == ("Name of did:1", moment)
    assert directory.asked == ["did:1"]


def test_a_network_that_does_not_answer_is_left_alone_for_a_while(directory, ask, moment):
    ask("did:1")
    directory.answers["did:1"] = Unavailable()
    clock = [moment]
    describe = DescribeAskers(lambda: clock[0])

    assert (describe(), describe()) == (0, 0)
    clock[0] = moment + timedelta(seconds=31)
    directory.answers.clear()
    assert describe() == 1
    assert directory.asked == ["did:1", "did:1"]


def test_an_author_who_cannot_be_described_is_not_asked_for_again(directory, ask, moment):
    asker = ask("did:1")
    directory.answers["did:1"] = Refused()
    describe = DescribeAskers(lambda: moment)

    assert (describe(), describe()) == (1, 0)
    asker.refresh_from_db()
    assert (asker.name, asker.described_at) == ("", moment)


def test_a_rude_name_that_is_learnt_later_takes_its_question_off_the_air(
    directory, ask, moderator, moment
):
    ask("did:1")
    question = Question.objects.get()
    for verb in ("approve", "air"):
        decide(question_id=question.pk, verb=verb, now=moment, by=moderator)
    directory.answers["did:1"] = Described(id="did:1", name="Le C0nnard du 93")

    DescribeAskers(lambda: moment)()

    question.refresh_from_db()
    assert (question.state, question.reasons[0]["where"]) == ("held", "name")
