from __future__ import annotations

from datetime import timedelta

from blueroom.desk.actions import decide
from blueroom.desk.models import Question, QuestionState
from blueroom.prompter import stream
from blueroom.prompter.queries import prompter_state
from blueroom.prompter.wire import MessagesChanged, NextChanged, OnAirChanged
from blueroom.studio.actions import make_feed, note_receipt, say_to_feed, say_to_guest
from blueroom.updates.tell import Notice

S = timedelta(seconds=1)


def line_up(question, moderator, moment):
    for verb in ("approve", "line_up"):
        decide(question_id=question.pk, verb=verb, now=moment, by=moderator)


def test_prompter_shows_what_is_on_air_and_the_next_two(session, make_question, moderator, moment):
    questions = [make_question(f"{name} ?", number=i) for i, name in enumerate("ABCDE")]
    for question in questions:
        line_up(question, moderator, moment)
    decide(question_id=questions[1].pk, verb="air", now=moment + S, by=moderator)

    state = prompter_state(session)

    assert state.on_air is not None
    assert (state.on_air.card.text, state.on_air.revision, state.on_air.on_air_at) == (
        "B ?",
        4,
        moment + S,
    )
    assert [(one.card.text, one.revision, one.on_air_at) for one in state.next] == [
        ("A ?", 3, None),
        ("C ?", 3, None),
    ]


def test_prompter_never_shows_what_was_not_lined_up(session, make_question, moment):
    for number, state in enumerate(QuestionState.values):
        question = make_question(f"{state} ?", number=number)
        position = 0 if state == QuestionState.LINED_UP else None
        Question.objects.filter(pk=question.pk).update(state=state, position=position)
    Question.objects.filter(state__in=("on_air", "lined_up")).update(withdrawn_at=moment)

    withdrawn = prompter_state(session)
    Question.objects.update(withdrawn_at=None)
    shown = prompter_state(session)

    assert (withdrawn.on_air, withdrawn.next) == (None, [])
    assert shown.on_air is not None
    assert [shown.on_air.card.text, *(one.card.text for one in shown.next)] == [
        "on_air ?",
        "lined_up ?",
    ]


def test_prompter_shows_what_was_written_to_the_guest_and_to_nobody_else(session, producer, moment):
    guest, fan = (
        make_feed(session=session, kind=kind, name=kind, now=moment, by=producer)
        for kind in ("guest", "fan")
    )
    say_to_feed(feed=fan, text="Attendez", now=moment, by=producer)
    say_to_feed(feed=guest, text="Plus près", now=moment, by=producer)
    said = say_to_guest(session=session, text="Deux minutes", now=moment, by=producer)
    note_receipt(message_id=said.pk, is_seen=True, now=moment)

    messages = prompter_state(session).messages

    assert [(one.text, one.is_seen) for one in messages] == [
        ("Plus près", False),
        ("Deux minutes", True),
    ]


def test_prompter_asks_the_same_for_one_question_and_for_three(
    session, make_question, moderator, moment, django_assert_num_queries
):
    line_up(make_question(), moderator, moment)
    with django_assert_num_queries(6):
        prompter_state(session)
    for number in (2, 3):
        line_up(make_question(f"{number} ?", number=number), moderator, moment)
    with django_assert_num_queries(6):
        prompter_state(session)


def test_prompter_is_told_of_decisions_and_messages_not_of_new_questions(session):
    def kinds(notice):
        return [type(change) for change in stream.changes(session, notice)]

    assert kinds(Notice(questions=[1], counts=True)) == []
    assert kinds(Notice(questions=[1], at_once=True)) == [OnAirChanged, NextChanged]
    assert kinds(Notice(studio=True, at_once=True)) == [MessagesChanged]
