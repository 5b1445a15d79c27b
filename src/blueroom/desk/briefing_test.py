from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from blueroom.desk import actions
from blueroom.desk.bans import ban_author
from blueroom.desk.briefing import Share, Work, briefing_of
from blueroom.desk.models import Question
from blueroom.desk.presence import note_presence
from blueroom.room.actor import actor_of_membership
from blueroom.room.models import Role

TEXTS = {
    "air": "Vous écrivez le matin ?",
    "next": "Quel est votre pain préféré ?",
    "answered": "How long were you on the road?",
    "rejected": "Where did you grow up as a child?",
    "waiting": "Avez-vous peur de l’avion ?",
}


@pytest.fixture
def asked(make_question):
    return {
        name: make_question(text, number=number)
        for number, (name, text) in enumerate(TEXTS.items())
    }


def decide(question, by, now, *verbs):
    for verb in verbs:
        actions.decide(question_id=question.pk, verb=verb, now=now, by=by, revision=None)


@pytest.fixture
def told(session, asked, make_member, moderator, moment):
    """An hour's work of two people, and what an hour before is too old to be told."""
    max_ = actor_of_membership(make_member(Role.MODERATOR, "Max"))
    old = moment - timedelta(hours=2)
    decide(asked["rejected"], max_, old, "reject")
    decide(asked["air"], moderator, old, "approve")
    decide(asked["air"], moderator, moment, "air")
    decide(asked["next"], moderator, moment, "approve", "line_up")
    decide(asked["answered"], max_, moment, "approve")
    actions.answer_question(
        question_id=asked["answered"].pk, text="A year.", now=moment, by=max_, revision=None
    )
    actions.write_note(question_id=asked["next"].pk, text="Vérifier", now=moment, by=max_)
    actions.mark_sensitive(
        question_id=asked["waiting"].pk, is_sensitive=True, now=moment, by=max_, revision=None
    )
    Question.objects.filter(pk=asked["waiting"].pk).update(first_by_name="Léa")
    note_presence(session=session, person_id=max_.person_id, question_id=None, now=moment)
    return briefing_of(session, now=moment)


def texts(some):
    return [row.text for row in some.rows]


def test_briefing_tells_what_is_on_what_comes_and_what_was_done_by_whom(told):
    assert told.on_air is not None
    assert told.on_air.text == TEXTS["air"]
    assert texts(told.running_order) == [TEXTS["next"]]
    assert texts(told.answered) == [TEXTS["answered"]]
    assert texts(told.rejected) == []  # of two hours ago
    assert (texts(told.sensitive), texts(told.half)) == ([TEXTS["waiting"]],) * 2
    assert [(note.text, note.by_name) for note in told.notes] == [("Vérifier", "Max")]
    assert told.work == [
        Work(name="Léa", times=[1, 0, 0, 0, 1, 0]),
        Work(name="Max", times=[1, 0, 0, 0, 0, 1]),
    ]
    assert told.shares == [Share(name="Max", waiting=1)]


def test_briefing_holds_what_a_ban_held_and_who_is_banned(session, asked, moderator, moment):
    author = asked["air"].post.author

    ban_author(session=session, author=author, now=moment, by=moderator)

    told = briefing_of(session, now=moment)
    assert (len(told.held.rows), told.held.more) == (5, 0)
    assert [(ban.author, ban.by_name) for ban in told.bans] == [(author, "Léa")]


@pytest.mark.parametrize(("language", "words"), [("fr", "Relève"), ("en", "Briefing")])
def test_briefing_is_a_page_and_a_text(told, session, make_member, language, words):
    person = make_member(Role.PRODUCER, "Zoé").person
    person.language = language
    person.save()
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")

    page = client.get(f"/desk/{session.slug}/briefing/").content.decode()

    text = page.partition("<textarea")[2].partition("</textarea>")[0].partition(">")[2]
    assert f"{words} – Inès Carat" in text
    assert f"- {TEXTS['next']} (Ana Sousa)" in text
    assert text.count("\n\n") == 7  # between its parts
