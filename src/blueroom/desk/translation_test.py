from __future__ import annotations

import pytest

from blueroom.desk.actions import (
    decide,
    reword_question,
    sort_posts,
    translate_question,
    undo_decision,
)
from blueroom.desk.errors import LanguageUnusable, NotAllowedFrom, StaleRevision, WordsUnusable
from blueroom.desk.models import Question
from blueroom.desk.queries import card_on_air, row_of
from blueroom.posts.models import Post

TEXT = "Do you write in the morning?"


@pytest.fixture
def question(make_question):
    question = make_question()
    Question.objects.update(language="fr")
    return question


@pytest.fixture
def translate(question, moderator, moment):
    def translate(text=TEXT, language="EN", **more):
        return translate_question(
            question_id=question.pk, text=text, language=language, now=moment, by=moderator, **more
        )

    return translate


def translation(question):
    row = row_of(question.pk)
    return row.translation, row.translation_language


def test_translation_is_public_with_its_question(session, question, translate, moderator, moment):
    translate(revision=question.revision)
    for verb in ("approve", "air"):
        decide(question_id=question.pk, verb=verb, now=moment, by=moderator)

    card = card_on_air(session)
    assert (card.text, card.translation, card.translation_language) == (question.text, TEXT, "en")
    with pytest.raises(StaleRevision):
        translate("Sleep?", revision=question.revision)


def test_translation_goes_with_the_words_and_comes_back_with_them(
    question, translate, moderator, moment
):
    translate()
    reword_question(question_id=question.pk, text="Le matin ?", now=moment, by=moderator)
    assert translation(question) == ("", "")
    undo_decision(question_id=question.pk, now=moment, by=moderator)
    assert translation(question) == (TEXT, "en")
    translate(text="", language="")
    assert translation(question) == ("", "")


@pytest.mark.parametrize("change", ["edited", "deleted"])
def test_translation_goes_when_its_author_changes_the_words(question, translate, moment, change):
    translate()
    text = "Et le soir, vous dormez ?" if change == "edited" else ""
    Post.objects.update(text=text, **{f"{change}_at": moment}, sorting=0)
    sort_posts(session_id=question.session_id, now=moment)

    question.refresh_from_db()
    assert (question.text, question.translation) == (text, "")


def test_translation_of_what_two_approved_waits_for_both_again(
    session, question, translate, moderator, moment
):
    decide(question_id=question.pk, verb="approve", now=moment, by=moderator)
    type(session).objects.update(needs_two=True)
    translate()

    assert row_of(question.pk).state == "waiting"


def test_translation_that_cannot_be_one_is_refused(question, translate, moderator, moment):
    for language in ("fr", "", "klingon, surely"):
        with pytest.raises(LanguageUnusable):
            translate(language=language)
    with pytest.raises(WordsUnusable):
        translate("a" * 1001)
    for verb in ("approve", "answer"):
        decide(question_id=question.pk, verb=verb, now=moment, by=moderator)
    with pytest.raises(NotAllowedFrom):
        translate()
    assert translation(question) == ("", "")
