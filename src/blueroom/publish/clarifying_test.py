from __future__ import annotations

import pytest

from blueroom.audience.queries import own_questions
from blueroom.desk.actions import decide
from blueroom.desk.briefing import briefing_of
from blueroom.desk.queries import row_of
from blueroom.networks.interface import Refused
from blueroom.posts.models import Author
from blueroom.publish.clarifying import ask_author, preview_clarification
from blueroom.publish.errors import NotToClarify, ReplyRefused, WordsNeeded

ASKED = "Could you say which album you mean?"


@pytest.fixture
def ask(make_question, moderator, moment):
    question = make_question("C’est lequel, le plus beau ?")

    def ask(text=ASKED, of=question):
        return ask_author(question_id=of.pk, text=text, now=moment, by=moderator)

    ask.question = question
    return ask


def test_an_author_is_asked_once_under_their_post_and_the_desk_sees_it(board, ask, moment):
    asked = ask()
    again = ask("Something else?")

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


def test_what_failed_is_told_and_sent_again_by_hand_with_the_same_key(board, ask):
    board.failures = [Refused("Wrong password.")]
    assert (ask().state, row_of(ask.question.pk).clarification.message) == (
        "failed",
        "Wrong password.",
    )

    assert (ask().state, len(board.replies), board.calls) == ("sent", 1, 2)


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


def test_who_asked_on_the_phone_page_reads_it_there(board, ask, session, make_post, moment):
    author = Author.objects.create(network="page", remote_id="asker", name="Zoé")
    post = ask.question.post
    post.author, post.network = author, "page"
    post.save()

    assert ask().state == "sent"
    assert board.calls == 0
    assert [one.clarification for one in own_questions(session, asker="asker")] == [ASKED]
