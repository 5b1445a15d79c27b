from __future__ import annotations

import pytest

from blueroom.room.actor import house
from blueroom.room.models import Role
from blueroom.studio.models import Programme
from blueroom.updates.slate import Slate, Slates, slates, slates_by
from blueroom.walls.models import Panic
from blueroom.walls.worker import remember_slates, write_panics


@pytest.fixture(autouse=True)
def own_slates():
    slates_by(Slates())
    yield
    slates_by(Slates())


def test_what_was_decided_without_the_database_is_written_with_who_and_when(
    session, make_member, moment
):
    person = make_member(Role.MODERATOR, "Léa").person
    slates().decide("askines", is_on=True, by=f"person:{person.pk}", now=moment)
    slates().decide("gone", is_on=True, by=f"person:{person.pk}", now=moment)

    write_panics()
    write_panics()

    assert list(Panic.objects.values_list("session__slug", "is_on", "at", "by_name")) == [
        ("askines", True, moment, "Léa")
    ]
    assert slates().unwritten() == []


@pytest.mark.parametrize(
    ("before", "is_on", "after"),
    [("live", True, "slate"), ("off", True, "off"), ("live", False, "live")],
)
def test_the_programme_is_covered_while_the_slate_stands(session, moment, before, is_on, after):
    programme = Programme.objects.create(session=session, state=before, changed_at=moment)
    slates().decide("askines", is_on=True, by="token:99", now=moment)
    if not is_on:
        slates().decide("askines", is_on=False, by="token:99", now=moment)

    write_panics()

    programme.refresh_from_db()
    assert programme.state == after
    assert Panic.objects.last().by_name == house(session.room_id).name


def test_a_host_that_lost_its_file_learns_from_the_database(session, moment):
    from blueroom.base.clock import now

    at = now()
    Panic.objects.create(session=session, is_on=True, at=at, number=5)

    remember_slates()

    assert slates().of("askines") == Slate(is_on=True, since=at, number=5)
