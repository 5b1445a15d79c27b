from __future__ import annotations

import pytest

from blueroom.room.links import new_nonce
from blueroom.room.models import Link, Membership, Role, Token
from blueroom.room.tickets import lost

DESK, WALL, VIDEOS = "askines/desk", "askines/wall", "askines/videos"


@pytest.fixture
def link(session, moment):
    return Link.objects.create(
        session=session, screen="wall_questions", nonce=new_nonce(), created_at=moment
    )


@pytest.fixture
def token(room, moment):
    return Token.objects.create(
        room=room, role=Role.MODERATOR, secret_hash="x" * 64, created_at=moment
    )


def test_lost_keeps_those_who_may(session, make_member, link, token, django_assert_num_queries):
    person = make_member().person
    pairs = {
        (f"person:{person.pk}", DESK),
        (f"token:{token.pk}", DESK),
        (f"link:{link.pk}", WALL),
    }

    with django_assert_num_queries(4):
        assert lost(pairs) == set()


def test_lost_names_who_left_the_room(session, make_member):
    membership = make_member()
    pair = (f"person:{membership.person_id}", DESK)
    Membership.objects.all().delete()

    assert lost({pair}) == {pair}


@pytest.mark.parametrize("role", [Role.COACH, Role.GUEST, Role.VIEWER])
def test_lost_names_who_became_less_than_a_moderator(session, make_member, role):
    membership = make_member()
    pair = (f"person:{membership.person_id}", DESK)
    Membership.objects.update(role=role)

    assert lost({pair}) == {pair}


def test_lost_names_the_deactivated(session, make_member):
    person = make_member().person
    person.is_active = False
    person.save()

    assert lost({(f"person:{person.pk}", DESK)}) == {(f"person:{person.pk}", DESK)}


def test_lost_names_revoked_links_and_tokens(session, link, token, moment):
    Link.objects.update(revoked_at=moment)
    Token.objects.update(revoked_at=moment)
    pairs = {(f"link:{link.pk}", WALL), (f"token:{token.pk}", DESK)}

    assert lost(pairs) == pairs


def test_lost_lets_a_wall_link_open_no_desk(session, link):
    assert lost({(f"link:{link.pk}", DESK)}) == {(f"link:{link.pk}", DESK)}


@pytest.mark.parametrize(
    ("screen", "own", "other"), [("wall_questions", WALL, VIDEOS), ("wall_videos", VIDEOS, WALL)]
)
def test_lost_lets_a_wall_link_follow_its_own_wall_only(session, link, screen, own, other):
    Link.objects.update(screen=screen)
    subject = f"link:{link.pk}"

    assert lost({(subject, own), (subject, other)}) == {(subject, other)}


def test_lost_lets_no_link_follow_a_screen_that_is_gone(session, link):
    Link.objects.update(screen="wall_of_old")

    assert lost({(f"link:{link.pk}", WALL)}) == {(f"link:{link.pk}", WALL)}


def test_lost_lets_a_wall_link_follow_no_other_session(session, link, room):
    other = type(session).objects.create(
        room=room,
        guest=session.guest,
        slug="autre",
        title="Autre",
        starts_at=session.starts_at,
        created_at=session.created_at,
    )

    assert lost({(f"link:{link.pk}", f"{other.slug}/wall")}) == {(f"link:{link.pk}", "autre/wall")}


def test_lost_names_roles_that_may_not_see_the_videos_wall(session, make_member):
    pairs = {
        role: (f"person:{make_member(role, role.value).person_id}", VIDEOS)
        for role in (Role.MODERATOR, Role.COACH, Role.GUEST, Role.VIEWER)
    }

    assert lost(pairs.values()) == set(pairs.values()) - {pairs[Role.MODERATOR]}


def test_lost_lets_nobody_into_another_room(session, make_member, room):
    membership = make_member()
    other = type(room).objects.create(slug="ailleurs", name="Ailleurs", created_at=room.created_at)
    session.room = other
    session.save()

    assert lost({(f"person:{membership.person_id}", DESK)}) == {
        (f"person:{membership.person_id}", DESK)
    }
