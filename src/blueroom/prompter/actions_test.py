from __future__ import annotations

from datetime import timedelta

import pytest

from blueroom.desk.actions import clear_air, decide
from blueroom.desk.errors import StaleRevision
from blueroom.desk.models import Decision, Question
from blueroom.prompter import actions
from blueroom.prompter.errors import NotForGuest, TooLateToUndo
from blueroom.room.actions import NotAllowed
from blueroom.room.actor import Actor
from blueroom.room.models import Role

S = timedelta(seconds=1)


@pytest.fixture
def guest(room):
    return Actor(name="Inès Carat", role=Role.GUEST, room_id=room.pk)


@pytest.fixture
def lined_up(make_question, moderator, moment):
    """Three questions in the running order."""
    made = [make_question(f"{name} ?", number=i) for i, name in enumerate("ABC")]
    for question in made:
        for verb in ("approve", "line_up"):
            decide(question_id=question.pk, verb=verb, now=moment, by=moderator)
    return [Question.objects.get(pk=question.pk) for question in made]


def states():
    """Where the questions stand, A first; with their place in the running order."""
    order = list(Question.objects.exclude(position=None).order_by("position"))
    return [
        f"{question.state} {order.index(question) + 1}" if question in order else question.state
        for question in Question.objects.order_by("id")
    ]


def act(do, question, by, now):
    question.refresh_from_db()
    return do(
        session=question.session,
        question_id=question.pk,
        revision=question.revision,
        now=now,
        by=by,
    )


def test_guest_takes_the_next_one_and_what_was_on_air_stays_approved(
    lined_up, moderator, guest, moment
):
    decide(question_id=lined_up[0].pk, verb="air", now=moment, by=moderator)

    taken = act(actions.take_question, lined_up[2], guest, moment)

    assert states() == ["approved", "lined_up 1", "on_air"]
    assert (taken.last_verb, taken.last_by, taken.on_air_at) == ("air", "Inès Carat", moment)
    last = Decision.objects.get(question=taken, revision=taken.revision)
    assert (last.verb, last.by_name, last.by_person) == ("air", "Inès Carat", None)


def test_guest_puts_off_what_is_on_air_or_lined_up(lined_up, moderator, guest, moment):
    decide(question_id=lined_up[0].pk, verb="air", now=moment, by=moderator)

    for question in lined_up[:2]:
        act(actions.put_off, question, guest, moment)

    assert states() == ["later", "later", "lined_up 1"]


@pytest.mark.parametrize("verb", ["approve", "hold", "later", "reject"])
def test_guest_decides_nothing_that_is_not_before_them(
    make_question, moderator, guest, moment, verb
):
    question = make_question()
    decide(question_id=question.pk, verb=verb, now=moment, by=moderator)

    for do in (actions.take_question, actions.put_off):
        with pytest.raises(NotForGuest):
            act(do, question, guest, moment)

    assert Decision.objects.count() == 1


def test_guest_decides_on_no_other_session(lined_up, session, guest, moment):
    session.pk, session.slug = None, "autre"
    session.save()

    with pytest.raises(NotForGuest):
        actions.put_off(
            session=session,
            question_id=lined_up[0].pk,
            revision=lined_up[0].revision,
            now=moment,
            by=guest,
        )


def test_who_decided_at_the_desk_meanwhile_has_the_last_word(
    lined_up, session, moderator, guest, moment
):
    seen = lined_up[0]
    decide(question_id=seen.pk, verb="approve", now=moment, by=moderator)

    with pytest.raises(StaleRevision):
        actions.take_question(
            session=session, question_id=seen.pk, revision=seen.revision, now=moment, by=guest
        )

    assert states()[0] == "approved"


def test_the_same_tap_again_changes_nothing(lined_up, session, guest, moment):
    question = lined_up[0]
    twice = [
        actions.take_question(
            session=session, question_id=question.pk, revision=3, now=moment + n * S, by=guest
        )
        for n in range(2)
    ]

    assert [one.revision for one in twice] == [4, 4]
    assert Decision.objects.filter(verb="air").count() == 1


def test_undo_puts_everything_back_to_where_it_was(lined_up, moderator, guest, moment):
    decide(question_id=lined_up[0].pk, verb="air", now=moment, by=moderator)
    before = states()

    act(actions.take_question, lined_up[1], guest, moment + S)
    act(actions.undo, lined_up[1], guest, moment + 5 * S)
    after_take = states()
    act(actions.put_off, lined_up[0], guest, moment + 20 * S)
    act(actions.undo, lined_up[0], guest, moment + 24 * S)

    assert before == after_take == states() == ["on_air", "lined_up 1", "lined_up 2"]


def test_undo_leaves_alone_what_the_desk_did_since(lined_up, session, moderator, guest, moment):
    decide(question_id=lined_up[0].pk, verb="air", now=moment, by=moderator)
    act(actions.take_question, lined_up[1], guest, moment + S)
    decide(question_id=lined_up[0].pk, verb="reject", now=moment + 2 * S, by=moderator)

    act(actions.undo, lined_up[1], guest, moment + 3 * S)
    assert states() == ["rejected", "lined_up 1", "lined_up 2"]

    act(actions.take_question, lined_up[1], guest, moment + 4 * S)
    clear_air(session=session, now=moment + 5 * S, by=moderator)
    with pytest.raises(TooLateToUndo):
        act(actions.undo, lined_up[1], guest, moment + 6 * S)


def test_undo_is_for_the_guest_s_own_and_for_some_seconds(lined_up, moderator, guest, moment):
    with pytest.raises(TooLateToUndo):
        act(actions.undo, lined_up[0], guest, moment)  # lined up by the desk
    act(actions.put_off, lined_up[0], guest, moment)
    with pytest.raises(TooLateToUndo):
        act(actions.undo, lined_up[0], guest, moment + 16 * S)

    assert states()[0] == "later"


@pytest.mark.parametrize("role", [Role.COACH, Role.VIEWER])
def test_others_decide_nothing_here(lined_up, room, moment, role):
    by = Actor(name="Zoé", role=role, room_id=room.pk)

    for do in (actions.put_off, actions.take_question, actions.undo):
        with pytest.raises(NotAllowed):
            act(do, lined_up[0], by, moment)
