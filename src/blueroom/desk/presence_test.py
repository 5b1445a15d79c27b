from __future__ import annotations

from datetime import timedelta

import pytest

from blueroom.desk.presence import GONE_AFTER, note_presence, people_at
from blueroom.room.models import Membership, Role


@pytest.fixture
def notices(monkeypatch, django_capture_on_commit_callbacks):
    """What the screens were told while something is done."""
    told = []
    monkeypatch.setattr("blueroom.updates.tell._deliver", lambda _id, notice: told.append(notice))

    def during(work):
        told.clear()
        with django_capture_on_commit_callbacks(execute=True):
            work()
        return [notice.crew for notice in told]

    return during


def test_those_at_the_desk_are_known_until_they_give_no_sign(
    session, make_member, make_question, moment
):
    question = make_question()
    lea, max_ = make_member().person, make_member(Role.MODERATOR, "Max").person
    note_presence(session=session, person_id=lea.pk, question_id=question.pk, now=moment)
    note_presence(session=session, person_id=max_.pk, question_id=None, now=moment)

    there = [(one.name, one.question) for one in people_at(session, now=moment)]
    assert there == [("Léa", question.pk), ("Max", None)]

    late = moment + GONE_AFTER
    note_presence(session=session, person_id=max_.pk, question_id=None, now=late)
    assert [one.name for one in people_at(session, now=late)] == ["Max"]


def test_a_moderator_who_lost_the_role_is_there_no_more(session, make_member, moment):
    lea = make_member()
    note_presence(session=session, person_id=lea.person_id, question_id=None, now=moment)

    Membership.objects.filter(pk=lea.pk).update(role=Role.GUEST)

    assert people_at(session, now=moment) == []


def test_screens_are_told_of_a_change_and_not_of_every_sign(session, make_member, notices, moment):
    person_id = make_member().person_id

    def sign(question_id, after_s=0, **more):
        at = moment + timedelta(seconds=after_s)
        return lambda: note_presence(
            session=session, person_id=person_id, question_id=question_id, now=at, **more
        )

    assert notices(sign(7)) == [True]
    assert notices(sign(7, 10)) == []
    assert notices(sign(8, 11)) == [True]
    assert notices(sign(None, 12, leaves=True)) == [True]
    assert people_at(session, now=moment + timedelta(seconds=12)) == []
