from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache

from blueroom.audience.actions import ask, ask_by_video
from blueroom.audience.errors import (
    AskedTooOften,
    NotTakingQuestions,
    QuestionEmpty,
    QuestionTooLong,
)
from blueroom.audience.rules import ADDRESS_PACE
from blueroom.desk.models import Question
from blueroom.posts.models import Post
from blueroom.room.models import Session, SessionState
from blueroom.studio.errors import AlreadyAskedByVideo, ConsentMissing
from blueroom.studio.models import Feed


@pytest.fixture(autouse=True)
def no_past() -> Iterator[None]:
    """Addresses are counted in memory, which tests would share."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def asked(session: Session, moment: datetime) -> Any:
    def make(text: str = "Vous écrivez le matin ?", **changes: Any) -> Question:
        entered = {
            "session": session,
            "text": text,
            "name": "Camille",
            "place": "Rennes",
            "asker": "asker-1",
            "address": "192.0.2.1",
            "now": moment,
        }
        return ask(**(entered | changes))

    return make


def test_ask_stores_a_post_and_makes_it_a_question(asked: Any, session: Session) -> None:
    question = asked("Sans point d’interrogation")

    post = Post.objects.get()
    assert (question.post, question.state, question.text) == (
        post,
        "waiting",
        "Sans point d’interrogation",
    )
    assert (post.session, post.network, post.is_asked) == (session, "page", True)
    assert (post.author.name, post.author.place, post.author.remote_id) == (
        "Camille",
        "Rennes",
        "asker-1",
    )


def test_ask_sorts_what_came_before_it(asked: Any, make_post: Any) -> None:
    for number in range(3):
        make_post(f"Une question {number} ?", number=number)

    question = asked()

    assert Question.objects.count() == 4
    assert Question.objects.order_by("-id").first() == question


@pytest.mark.parametrize("state", [SessionState.PLANNED, SessionState.CLOSED])
def test_ask_is_refused_while_no_questions_are_taken(
    asked: Any, session: Session, state: str
) -> None:
    session.state = state

    with pytest.raises(NotTakingQuestions):
        asked()

    assert not Post.objects.exists()


@pytest.mark.parametrize("text", ["", " \n ", "\x00\u200b\u202e"])
def test_ask_refuses_nothing(asked: Any, text: str) -> None:
    with pytest.raises(QuestionEmpty):
        asked(text)


def test_ask_counts_as_people_do(asked: Any) -> None:
    family = "👨\u200d👩\u200d👧\u200d👦"

    assert asked(family * 300).text == family * 300
    with pytest.raises(QuestionTooLong):
        asked("x" * 501)
    with pytest.raises(QuestionTooLong):
        asked("x" * 10_000_000)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("<script>alert(1)</script> ?", "<script>alert(1)</script> ?"),
        ("a\x00b\ud800c ?", "abc ?"),
        ("\u202eà l’envers ?", "à l’envers ?"),
    ],
)
def test_ask_keeps_an_inert_text(asked: Any, text: str, kept: str) -> None:
    assert asked(text, name=text, place=text).text == kept
    author = Post.objects.get().author
    assert (author.name, author.place) == (kept, kept)


def test_ask_lets_a_phone_ask_three_times_a_minute(asked: Any, moment: datetime) -> None:
    for _ in range(3):
        asked()

    with pytest.raises(AskedTooOften) as refused:
        asked(now=moment + timedelta(seconds=20))
    assert refused.value.retry_after_s == 40
    assert asked(asker="asker-2")
    assert asked(now=moment + timedelta(seconds=61))


def test_ask_lets_a_phone_ask_twenty_times_an_hour(asked: Any, moment: datetime) -> None:
    for number in range(20):
        asked(now=moment + timedelta(seconds=61 * number))

    with pytest.raises(AskedTooOften):
        asked(now=moment + timedelta(seconds=61 * 20))
    assert asked(now=moment + timedelta(seconds=3601))


def test_ask_lets_an_address_ask_as_often_as_a_hall_does(asked: Any) -> None:
    for number in range(ADDRESS_PACE.times):
        asked(asker=f"asker-{number}")

    with pytest.raises(AskedTooOften):
        asked(asker="asker-more")
    assert asked(asker="asker-more", address="192.0.2.2")


def test_ask_with_one_key_asks_once_whatever_is_sent_again(asked: Any) -> None:
    first = asked(key="k1")
    again = [asked(key="k1") for _ in range(5)]
    other_phone = asked(key="k1", asker="asker-2")
    other_key = asked("Une autre ?", key="k2")

    assert again == [first] * 5
    assert len({first.pk, other_phone.pk, other_key.pk}) == 3
    assert Question.objects.count() == 3


@pytest.fixture
def by_video(session: Session, moment: datetime) -> Any:
    def make(text: str = "Vous écrivez le soir ?", **changes: Any) -> Feed:
        entered = {
            "session": session,
            "text": text,
            "name": "Camille",
            "agrees": True,
            "asker": "asker-1",
            "address": "192.0.2.1",
            "now": moment,
        }
        return ask_by_video(**(entered | changes))

    return make


def test_ask_by_video_asks_the_question_too(by_video: Any) -> None:
    feed = by_video()

    question = Question.objects.get()
    assert (feed.kind, feed.state, feed.question) == ("fan", "waiting", question)
    assert (question.text, question.state) == ("Vous écrivez le soir ?", "waiting")
    assert (question.post.author.remote_id, question.post.author.name) == ("asker-1", "Camille")


@pytest.mark.parametrize(
    ("text", "tied"),
    [
        ("Vous écrivez le matin ?", "Vous écrivez le matin ?"),
        (" Vous écrivez le matin ? ", "Vous écrivez le matin ?"),
        ("", "Et le soir ?"),
    ],
)
def test_ask_by_video_means_a_question_asked_before(
    asked: Any, by_video: Any, text: str, tied: str
) -> None:
    for own in ("Vous écrivez le matin ?", "Et le soir ?", "Et le dimanche ?"):
        asked(own)
    asked("Pas la mienne ?", asker="asker-2")
    Question.objects.filter(text="Et le dimanche ?").update(state="rejected")

    feed = by_video(text)

    assert feed.question is not None
    assert feed.question.text == tied
    assert Question.objects.count() == 4


def test_ask_by_video_without_words_knows_no_question(by_video: Any) -> None:
    assert by_video("").question is None
    assert not Question.objects.exists()


def test_ask_by_video_asks_nothing_where_there_is_no_place(by_video: Any) -> None:
    with pytest.raises(ConsentMissing):
        by_video(agrees=False)
    first = by_video()
    with pytest.raises(AlreadyAskedByVideo):
        by_video("Et la nuit ?")

    assert list(Question.objects.all()) == [first.question]
