from __future__ import annotations

from datetime import timedelta

import pytest

from blueroom.audience.queries import own_questions
from blueroom.desk.actions import decide
from blueroom.desk.briefing import briefing_of
from blueroom.desk.models import Clarification, Question
from blueroom.desk.queries import row_of
from blueroom.networks.interface import Refused, Unavailable
from blueroom.posts.models import Author
from blueroom.publish.clarifying import (
    ask_author,
    clarifications,
    preview_clarification,
    take_back_clarification,
)
from blueroom.publish.errors import (
    ClarificationOnItsWay,
    NotAsked,
    NotToClarify,
    ReplyRefused,
    WordsNeeded,
)

ASKED = "Could you say which album you mean?"


@pytest.fixture
def ask(make_question, moderator, moment):
    question = make_question("C’est lequel, le plus beau ?")

    def ask(text=ASKED, of=question, at=moment):
        return ask_author(question_id=of.pk, text=text, now=at, by=moderator)

    ask.question = question
    return ask


def send_at(moment):
    for asked in clarifications.due(now=moment):
        clarifications.send(asked.pk, now=moment)


def test_an_author_is_asked_once_under_their_post_and_the_desk_sees_it(board, ask, moment):
    asked = ask()
    assert (board.calls, row_of(ask.question.pk).clarification.state) == (0, "due")
    with pytest.raises(ClarificationOnItsWay):
        ask("Something else?")
    ask()
    send_at(moment)
    again = ask("Something else?")
    send_at(moment)

    assert board.texts() == [ASKED]
    assert (asked.pk, again.text) == (again.pk, ASKED)
    told = row_of(ask.question.pk).clarification
    briefing = briefing_of(ask.question.session, now=moment)
    assert [row.id for row in briefing.asked.rows] == [ask.question.pk]
    assert (told.state, told.text, told.by, told.at, told.url) == (
        "sent",
        ASKED,
        "Léa",
        moment,
        f"https://board.example/{asked.key}",
    )


def test_a_dead_network_is_tried_again_by_itself_until_it_is_there_once(board, ask, moment):
    board.failures = [Unavailable(), Unavailable(retry_after_s=30)]
    ask()

    for seconds in (0, 1, 2, 3, 31, 32):
        send_at(moment + timedelta(seconds=seconds))
        if seconds == 1:
            told = row_of(ask.question.pk).clarification
            assert (told.state, told.code) == ("due", "network_unavailable")

    assert (row_of(ask.question.pk).clarification.state, board.calls) == ("sent", 3)
    assert board.texts() == [ASKED]


def test_after_an_hour_of_silence_an_asked_author_needs_somebody(board, ask, moment):
    board.failures = [Unavailable()]
    ask()

    send_at(moment + timedelta(minutes=61))

    assert row_of(ask.question.pk).clarification.state == "failed"


def test_what_failed_is_told_and_sent_again_by_hand_with_the_same_key(board, ask, moment):
    board.failures = [Refused("Wrong password.")]
    key = ask().key
    send_at(moment)
    told = row_of(ask.question.pk).clarification
    assert (told.state, told.message) == ("failed", "Wrong password.")

    again = ask()
    send_at(moment)

    assert (again.key, len(board.replies), board.calls) == (key, 1, 2)
    assert row_of(ask.question.pk).clarification.state == "sent"


def test_what_an_author_was_asked_is_taken_back_and_may_be_asked_anew(
    board, ask, moderator, moment
):
    def take_back():
        return take_back_clarification(question_id=ask.question.pk, by=moderator).state

    with pytest.raises(NotAsked):
        take_back()
    ask()
    assert (take_back(), board.calls) == ("taken_back", 0)  # it never went out
    later = moment + timedelta(seconds=1)
    key = ask(at=later).key
    send_at(later)

    assert (take_back(), take_back(), board.texts()) == ("taken_back", "taken_back", [])
    assert row_of(ask.question.pk).clarification.url == ""
    later += timedelta(seconds=1)
    again = ask("Which song?", at=later)
    send_at(later)
    assert (again.key != key, board.texts()) == (True, ["Which song?"])


def test_nobody_is_asked_who_took_the_question_away_meanwhile(board, ask, moment):
    ask()
    Question.objects.update(withdrawn_at=moment)

    send_at(moment)

    assert (Clarification.objects.get().error_code, board.calls) == ("not_to_clarify", 0)


def test_nothing_goes_out_that_the_network_would_not_take(board, ask):
    with pytest.raises(WordsNeeded):
        ask(" ")
    with pytest.raises(ReplyRefused):
        ask("x" * 61)

    assert board.calls == 0
    assert row_of(ask.question.pk).clarification is None
    shown = preview_clarification(ask.question, text="x" * 61)
    assert (shown.length, shown.limit, shown.problems) == (61, 60, [("too_long", "Too long.")])


def test_no_author_is_asked_about_what_is_done_with(board, ask, moderator, moment):
    decide(question_id=ask.question.pk, verb="reject", now=moment, by=moderator, revision=None)

    with pytest.raises(NotToClarify):
        ask()


def test_who_asked_on_the_phone_page_reads_it_there_until_it_is_taken_back(
    board, ask, session, moderator
):
    author = Author.objects.create(network="page", remote_id="asker", name="Zoé")
    post = ask.question.post
    post.author, post.network = author, "page"
    post.save()

    assert ask().state == "sent"
    assert board.calls == 0
    assert [one.clarification for one in own_questions(session, asker="asker")] == [ASKED]
    take_back_clarification(question_id=ask.question.pk, by=moderator)
    assert [one.clarification for one in own_questions(session, asker="asker")] == [""]
