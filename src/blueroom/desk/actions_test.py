from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from blueroom.desk.actions import (
    answer_question,
    clear_air,
    decide,
    move_in_order,
    note_reply,
    promote_post,
    sort_posts,
    undo_decision,
)
from blueroom.desk.errors import (
    AlreadyQuestion,
    AlreadyReplied,
    AnswerEmpty,
    AnswerTooLong,
    NotAllowedFrom,
    NotApproved,
    NothingToUndo,
    StaleRevision,
    Withdrawn,
)
from blueroom.desk.models import Decision, Question
from blueroom.posts.models import Post, Sorting


def past(question):
    rows = question.decisions.values_list("verb", "from_state", "to_state", "revision", "by_name")
    return list(rows)


def order(session):
    lined_up = Question.objects.filter(session=session, state="lined_up").order_by("position")
    return list(lined_up.values_list("text", "position"))


def do(question, verb, moderator, moment, **more):
    return decide(question_id=question.pk, verb=verb, now=moment, by=moderator, **more)


@pytest.fixture
def lined_up(make_question, moderator, moment):
    """Three questions in the running order: A, B, C."""
    questions = [make_question(f"{name} ?", number=i) for i, name in enumerate("ABC")]
    for question in questions:
        do(question, "approve", moderator, moment)
        do(question, "line_up", moderator, moment)
    return questions


def test_sort_posts_makes_questions_of_what_asks_and_leaves_messages(session, make_post, moment):
    asks = make_post("Le matin ?", number=1)
    make_post("Bravo !", number=2)
    form = make_post("Parlez-nous de Rennes", number=3, is_asked=True)

    done = sort_posts(session_id=session.pk, now=moment)

    assert done.posts == 3
    assert list(Question.objects.values_list("post_id", "text", "state", "revision")) == [
        (asks.pk, "Le matin ?", "waiting", 1),
        (form.pk, "Parlez-nous de Rennes", "waiting", 1),
    ]
    assert list(Post.objects.order_by("pk").values_list("sorting", flat=True)) == [
        Sorting.QUESTION,
        Sorting.MESSAGE,
        Sorting.QUESTION,
    ]
    assert sort_posts(session_id=session.pk, now=moment).posts == 0


def test_sort_posts_leaves_other_sessions_alone(session, make_post, moment, room):
    other = type(session).objects.create(
        room=room,
        guest=session.guest,
        slug="other",
        title="Other",
        starts_at=moment,
        created_at=moment,
    )
    make_post("Le matin ?", number=1)
    elsewhere = make_post("Le soir ?", number=2, session=other)
    make_post("À midi ?", number=3)

    sort_posts(session_id=session.pk, now=moment)

    elsewhere.refresh_from_db()
    assert elsewhere.sorting == Sorting.NEW
    assert Question.objects.count() == 2


def test_sort_posts_sends_an_approved_question_back_when_its_words_change(
    session, make_question, moderator, moment
):
    question = make_question("Le matin ?")
    do(question, "approve", moderator, moment)
    Post.objects.update(text="Le soir ?", edited_at=moment, sorting=Sorting.NEW)

    sort_posts(session_id=session.pk, now=moment)

    question.refresh_from_db()
    assert (question.text, question.state, question.revision) == ("Le soir ?", "waiting", 3)
    assert past(question)[-1] == ("edit", "approved", "waiting", 3, "blue room")
    with pytest.raises(NothingToUndo):
        undo_decision(question_id=question.pk, now=moment, by=moderator)


def test_sort_posts_takes_a_deleted_post_off_the_air(session, make_question, moderator, moment):
    question = make_question("Le matin ?")
    do(question, "approve", moderator, moment)
    do(question, "air", moderator, moment)
    Post.objects.update(text="", deleted_at=moment, sorting=Sorting.NEW)

    done = sort_posts(session_id=session.pk, now=moment)

    question.refresh_from_db()
    assert done.withdrawn_ids == [question.pk]
    assert (question.text, question.state, question.withdrawn_at) == ("", "rejected", moment)
    with pytest.raises(Withdrawn):
        do(question, "approve", moderator, moment)


def test_decide_keeps_who_did_what_and_when(make_question, moderator, moment):
    question = make_question()
    later = moment + timedelta(seconds=5)

    do(question, "hold", moderator, moment)
    do(question, "approve", moderator, later)

    assert list(
        Decision.objects.values_list(
            "verb", "from_state", "to_state", "by_name", "by_person_id", "at"
        )
    ) == [
        ("hold", "waiting", "held", "Léa", moderator.person_id, moment),
        ("approve", "held", "approved", "Léa", moderator.person_id, later),
    ]


def test_decide_changes_nothing_when_it_is_already_so(make_question, moderator, moment):
    question = make_question()
    do(question, "approve", moderator, moment)

    again = do(question, "approve", moderator, moment)

    assert (again.state, again.revision, Decision.objects.count()) == ("approved", 2, 1)


def test_decide_refuses_a_stale_revision(make_question, moderator, moment):
    question = make_question()
    do(question, "reject", moderator, moment, revision=1)

    with pytest.raises(StaleRevision) as caught:
        do(question, "approve", moderator, moment, revision=1)

    assert caught.value.details == {"revision": 2, "by": "Léa"}
    question.refresh_from_db()
    assert question.state == "rejected"


@pytest.mark.parametrize("state", ["waiting", "held", "later", "rejected"])
@pytest.mark.parametrize("verb", ["air", "line_up"])
def test_decide_shows_nothing_that_was_not_approved(make_question, moderator, moment, state, verb):
    question = make_question()
    Question.objects.update(state=state)

    with pytest.raises(NotApproved):
        do(question, verb, moderator, moment)


def test_decide_takes_nothing_back_from_answered_but_by_undo(make_question, moderator, moment):
    question = make_question()
    do(question, "approve", moderator, moment)
    answer_question(question_id=question.pk, text="Le soir.", now=moment, by=moderator)

    with pytest.raises(NotAllowedFrom):
        do(question, "reject", moderator, moment)


def test_air_puts_the_former_question_back_to_the_approved_ones(lined_up, moderator, moment):
    first, second, _ = lined_up
    do(first, "air", moderator, moment)

    do(second, "air", moderator, moment)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("approved", "on_air")
    assert past(first)[-1] == ("off_air", "on_air", "approved", 5, "Léa")


def test_line_up_adds_at_the_end_and_leaving_makes_no_hole_that_matters(
    session, lined_up, moderator, moment
):
    do(lined_up[1], "later", moderator, moment)

    assert order(session) == [("A ?", 0), ("C ?", 2)]


def test_move_in_order_renumbers(session, lined_up, moderator, moment):
    move_in_order(question_id=lined_up[2].pk, position=0, now=moment, by=moderator)

    assert order(session) == [("C ?", 0), ("A ?", 1), ("B ?", 2)]


def test_move_in_order_refuses_what_is_not_lined_up(make_question, moderator, moment):
    question = make_question()

    with pytest.raises(NotAllowedFrom):
        move_in_order(question_id=question.pk, position=0, now=moment, by=moderator)


def test_undo_puts_a_question_back_into_its_place(session, lined_up, moderator, moment):
    do(lined_up[1], "reject", moderator, moment)

    undo_decision(question_id=lined_up[1].pk, now=moment, by=moderator)

    assert [text for text, _ in order(session)] == ["A ?", "B ?", "C ?"]


def test_undo_goes_back_step_by_step_to_the_beginning(make_question, moderator, moment):
    question = make_question()
    do(question, "approve", moderator, moment)
    do(question, "air", moderator, moment)

    states = [
        undo_decision(question_id=question.pk, now=moment, by=moderator).state for _ in range(2)
    ]

    assert states == ["approved", "waiting"]
    with pytest.raises(NothingToUndo):
        undo_decision(question_id=question.pk, now=moment, by=moderator)


def test_answer_takes_words_and_changes_them(make_question, moderator, moment):
    question = make_question()
    do(question, "approve", moderator, moment)

    answer_question(question_id=question.pk, text=" Le soir. ", now=moment, by=moderator)
    answer_question(question_id=question.pk, text="La nuit.", now=moment, by=moderator)

    question.refresh_from_db()
    assert (question.state, question.answer_text, question.answered_at) == (
        "answered",
        "La nuit.",
        moment,
    )


@pytest.mark.parametrize(
    ("text", "error"), [("", AnswerEmpty), (" \n", AnswerEmpty), ("a" * 10_001, AnswerTooLong)]
)
def test_answer_refuses_what_is_no_answer(make_question, moderator, moment, text, error):
    question = make_question()
    do(question, "approve", moderator, moment)

    with pytest.raises(error):
        answer_question(question_id=question.pk, text=text, now=moment, by=moderator)


def test_answer_and_undo_are_refused_once_the_reply_is_out(make_question, moderator, moment):
    question = make_question()
    do(question, "approve", moderator, moment)
    answer_question(question_id=question.pk, text="Le soir.", now=moment, by=moderator)
    note_reply(question_id=question.pk, state="sent", url="", code="", message="")

    with pytest.raises(AlreadyReplied):
        answer_question(question_id=question.pk, text="La nuit.", now=moment, by=moderator)
    with pytest.raises(AlreadyReplied):
        undo_decision(question_id=question.pk, now=moment, by=moderator)


def test_clear_air_keeps_the_question_approved(session, make_question, moderator, moment):
    question = make_question()
    do(question, "approve", moderator, moment)
    do(question, "air", moderator, moment)

    assert clear_air(session=session, now=moment, by=moderator).state == "approved"
    assert clear_air(session=session, now=moment, by=moderator) is None


def test_promote_makes_a_question_of_a_message_once(session, make_post, moderator, moment):
    post = make_post("Bravo !")
    sort_posts(session_id=session.pk, now=moment)

    question = promote_post(post=post, now=moment, by=moderator)

    assert (question.state, question.text, question.last_verb) == ("waiting", "Bravo !", "promote")
    with pytest.raises(AlreadyQuestion):
        promote_post(post=post, now=moment, by=moderator)
    with pytest.raises(NothingToUndo):
        undo_decision(question_id=question.pk, now=moment, by=moderator)


def test_promote_refuses_a_deleted_post(session, make_post, moderator, moment):
    post = make_post("", deleted_at=moment, sorting=Sorting.MESSAGE)

    with pytest.raises(Withdrawn):
        promote_post(post=post, now=moment, by=moderator)


def test_decisions_cannot_be_changed_by_anybody(make_question, moderator, moment):
    question = make_question()
    do(question, "approve", moderator, moment)

    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Decision.objects.update(by_name="Somebody else")
