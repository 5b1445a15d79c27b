from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blueroom.networks.interface import Author, Field, Limits, Refused
from blueroom.room import actions
from blueroom.room.actor import Actor, actor_of_membership, house
from blueroom.room.links import LinkRevoked, open_link, open_token, secret_of
from blueroom.room.models import Account, Guest, Link, Membership, Person, Role, Room, Session
from blueroom.room.rules import FieldRefused, HashtagRefused
from blueroom.room.seal import unseal

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
STARTS = datetime(2026, 12, 1, 19, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Room:
    return actions.open_house(now=NOW).room


def person(room: Room, role: str, name: str) -> Membership:
    made = Person.objects.create(username=f"{name}@room.test", first_name=name)
    return Membership.objects.create(room=room, person=made, role=role, since_at=NOW)


def actor(room: Room, role: str = "producer") -> Actor:
    return Actor(name="Ana", role=Role(role), room_id=room.pk)


def plan(room: Room, **changes: Any) -> Session:
    entered: dict[str, Any] = {
        "guest": "David Guetta",
        "hashtags": ["#AskGuetta"],
        "starts_at": STARTS,
        "now": NOW,
        "by": actor(room),
    }
    return actions.plan_session(room=room, **(entered | changes))


def welcome(secret: str, **changes: str) -> Person:
    entered = {
        "name": "Inès Carat",
        "email": "Ines@Room.test",
        "password": "a long enough night",
        "language": "fr",
    }
    return actions.use_invitation(secret=secret, now=NOW, **(entered | changes))


def test_open_house_makes_one_room_and_a_link_that_makes_its_owner() -> None:
    first = actions.open_house(now=NOW)
    again = actions.open_house(now=NOW)
    assert again.owner_secret is not None
    owner = welcome(again.owner_secret)

    assert first.room == again.room == actions.open_house(now=NOW).room
    assert actions.open_house(now=NOW).owner_secret is None
    membership = owner.memberships.get()
    assert (membership.role, membership.room) == ("owner", first.room)
    assert (owner.username, owner.email, owner.language) == ("ines@room.test",) * 2 + ("fr",)
    with pytest.raises(actions.InvitationClosed):
        welcome(str(first.owner_secret), email="other@room.test")


def test_use_invitation_works_once_and_not_after_a_week(room: Room) -> None:
    _, secret = actions.invite(room=room, role="moderator", now=NOW, by=actor(room))
    _, late = actions.invite(room=room, role="coach", now=NOW - timedelta(days=8), by=actor(room))
    welcome(secret)

    for closed in (secret, late, "made-up"):
        with pytest.raises(actions.InvitationClosed):
            welcome(closed, email="second@room.test")
    assert list(Membership.objects.values_list("role", flat=True)) == ["moderator"]


def test_use_invitation_leaves_the_link_when_something_cannot_be_taken(room: Room) -> None:
    _, secret = actions.invite(room=room, role="moderator", now=NOW, by=actor(room))
    Person.objects.create(username="taken@room.test", email="taken@room.test")
    bad = (
        ("password", "short"),
        ("password", "password123"),
        ("email", "no address"),
        ("email", "taken@room.test"),
        ("name", " "),
    )

    for field, value in bad:
        with pytest.raises(FieldRefused) as refused:
            welcome(secret, **{field: value})
        assert refused.value.details == {"field": field}
    assert welcome(secret).memberships.count() == 1


def test_join_by_invitation_adds_a_room_to_somebody_who_has_a_login(room: Room) -> None:
    _, secret = actions.invite(room=room, role="coach", now=NOW, by=actor(room))
    known = Person.objects.create(username="known@room.test")
    member = person(room, "viewer", "vi").person

    with pytest.raises(actions.AlreadyMember):
        actions.join_by_invitation(secret=secret, person=member, now=NOW)
    joined = actions.join_by_invitation(secret=secret, person=known, now=NOW)

    assert (joined.role, joined.person) == ("coach", known)


def test_withdraw_invitation_closes_the_link(room: Room) -> None:
    invitation, secret = actions.invite(room=room, role="coach", now=NOW, by=actor(room))

    actions.withdraw_invitation(invitation=invitation, now=NOW, by=actor(room))

    with pytest.raises(actions.InvitationClosed):
        welcome(secret)


def test_roles_are_given_and_taken_by_stronger_ones_only(room: Room) -> None:
    owner = person(room, "owner", "own")
    producer = person(room, "producer", "pro")
    moderator = person(room, "moderator", "mod")
    by = actor_of_membership(producer)

    assert actions.change_role(membership=moderator, role="coach", now=NOW, by=by).role == "coach"
    refusals = (
        lambda: actions.invite(room=room, role="producer", now=NOW, by=by),
        lambda: actions.change_role(membership=moderator, role="owner", now=NOW, by=by),
        lambda: actions.change_role(membership=owner, role="coach", now=NOW, by=by),
        lambda: actions.remove_member(membership=owner, now=NOW, by=by),
        lambda: actions.invite(room=room, role="viewer", now=NOW, by=actor(room, "moderator")),
    )
    for refusal in refusals:
        with pytest.raises(actions.NotAllowed):
            refusal()
    assert actions.remove_member(membership=moderator, now=NOW, by=by).person == moderator.person
    assert set(room.memberships.values_list("role", flat=True)) == {"owner", "producer"}


def test_the_last_owner_stays(room: Room) -> None:
    owner = person(room, "owner", "own")
    by = actor_of_membership(owner)

    with pytest.raises(actions.LastOwner):
        actions.remove_member(membership=owner, now=NOW, by=by)
    with pytest.raises(actions.LastOwner):
        actions.change_role(membership=owner, role="producer", now=NOW, by=by)
    person(room, "owner", "second")
    actions.remove_member(membership=owner, now=NOW, by=by)

    assert room.memberships.get().person.first_name == "second"


def test_plan_session_makes_guest_slug_and_links(room: Room) -> None:
    first = plan(room, title="Une heure avec David", minutes=45, languages=["en"])
    second = plan(room)

    assert (first.slug, first.title, first.guest.name) == (
        "david-guetta",
        "Une heure avec David",
        "David Guetta",
    )
    assert (second.slug, second.title, second.languages, second.planned_minutes) == (
        "david-guetta-2",
        "David Guetta",
        ["fr", "en"],
        60,
    )
    assert (first.state, first.hashtags, first.starts_at) == ("planned", ["AskGuetta"], STARTS)
    assert Guest.objects.count() == 1
    assert [link.screen for link in first.links.all()] == [
        "wall_questions",
        "wall_videos",
        "wall_heat",
        "prompter",
    ]


def test_plan_session_keeps_reserved_slugs_free(room: Room) -> None:
    assert plan(room, guest="New").slug == "new-2"


def test_plan_session_names_the_field_that_cannot_be_taken(room: Room) -> None:
    bad: tuple[tuple[str, Any], ...] = (
        ("guest", "  "),
        ("guest", "x" * 121),
        ("title", "x" * 161),
        ("hashtags", []),
        ("hashtags", ["ask-guetta"]),
        ("starts_at", STARTS.replace(tzinfo=None)),
        ("starts_at", datetime(9999, 12, 31, tzinfo=UTC)),
        ("minutes", 0),
        ("minutes", 1441),
        ("languages", ["xx"]),
        ("format", "opera"),
    )

    for field, value in bad:
        with pytest.raises(FieldRefused) as refused:
            plan(room, **{field: value})
        assert refused.value.details == {"field": field}
    assert not Session.objects.exists()


def test_plan_session_is_for_producers_of_that_room(room: Room) -> None:
    other = Room.objects.create(slug="other", name="Other", created_at=NOW)

    for by in (actor(room, "moderator"), actor(other, "owner")):
        with pytest.raises(actions.NotAllowed):
            plan(room, by=by)


def test_change_room_takes_name_languages_and_zone(room: Room) -> None:
    entered: dict[str, Any] = {
        "name": " La chambre  bleue ",
        "languages": ["fr", "es"],
        "time_zone": "Europe/Lisbon",
        "look": "night",
        "keep_raw_days": 7,
        "held_words": ["Grand prix"],
        "allowed_domains": ["https://radio.example.org/"],
    }

    actions.change_room(room=room, now=NOW, by=actor(room), **entered)

    kept = Room.objects.get()
    assert (kept.name, kept.languages, kept.time_zone, kept.look, kept.keep_raw_days) == (
        "La chambre bleue",
        ["fr", "es"],
        "Europe/Lisbon",
        "night",
        7,
    )
    assert (kept.held_words, kept.ignored_words, kept.allowed_domains) == (
        ["Grand prix"],
        [],
        ["radio.example.org"],
    )
    for field, value in (
        ("name", ""),
        ("languages", ["xx"]),
        ("time_zone", "../etc"),
        ("look", "pink"),
        ("keep_raw_days", -1),
        ("held_words", ["x" * 61]),
        ("allowed_domains", ["radio"]),
    ):
        with pytest.raises(FieldRefused) as refused:
            actions.change_room(room=room, now=NOW, by=actor(room), **(entered | {field: value}))
        assert refused.value.details == {"field": field}


@pytest.mark.parametrize(
    ("look", "state", "is_dark"),
    [
        ("dims", "open", False),
        ("dims", "on_air", True),
        ("day", "on_air", False),
        ("night", "open", True),
    ],
)
def test_session_is_dark_as_its_room_wants(
    room: Room, look: str, state: str, is_dark: bool
) -> None:
    session = plan(room)
    session.room.look, session.state = look, state

    assert session.is_dark is is_dark


def test_change_session_keeps_the_addresses(room: Room) -> None:
    session = plan(room)
    entered: dict[str, Any] = {
        "title": "Autre titre",
        "guest": "Inès Carat",
        "hashtags": ["AskInes", "ChambreBleue"],
        "starts_at": STARTS,
        "minutes": 90,
        "languages": ["fr"],
        "format": "after_show",
    }

    actions.change_session(session=session, now=NOW, by=actor(room), **entered)

    kept = Session.objects.get()
    assert (kept.slug, kept.title, kept.guest.name, kept.hashtags) == (
        "david-guetta",
        "Autre titre",
        "Inès Carat",
        ["AskInes", "ChambreBleue"],
    )
    off = {"takes_votes": False, "takes_hearts": False, "shows_counts": False}
    actions.change_session(session=session, now=NOW, by=actor(room), **entered, **off)
    actions.change_session(session=session, now=NOW, by=actor(room), **entered, takes_hearts=True)
    kept.refresh_from_db()
    assert (kept.takes_votes, kept.takes_hearts, kept.shows_counts) == (False, True, False)
    with pytest.raises(HashtagRefused):
        actions.change_session(
            session=session, now=NOW, by=actor(room), **(entered | {"hashtags": ["a b"]})
        )


def test_a_session_goes_from_planned_to_closed_and_back(room: Room) -> None:
    session, by = plan(room), actor(room)
    later = NOW + timedelta(hours=1)
    past = []
    for verb, at in (
        (actions.open_session, NOW),
        (actions.start_session, later),
        (actions.close_session, later),
        (actions.open_session, later),
    ):
        verb(session=session, now=at, by=by)
        kept = Session.objects.get()
        past.append((kept.state, kept.opened_at, kept.on_air_at, kept.closed_at))

    assert past == [
        ("open", NOW, None, None),
        ("on_air", NOW, later, None),
        ("closed", NOW, later, later),
        ("open", NOW, None, None),
    ]


def test_a_session_refuses_what_its_state_does_not_allow(room: Room) -> None:
    session, by = plan(room), actor(room)
    actions.close_session(session=session, now=NOW, by=by)

    for verb in (actions.start_session, actions.close_session):
        with pytest.raises(actions.WrongState) as refused:
            verb(session=session, now=NOW, by=by)
        assert refused.value.details == {"state": "closed"}


def test_renew_link_opens_the_screen_at_a_new_address_only(room: Room) -> None:
    old = plan(room).links.get(screen="wall_questions")

    new = actions.renew_link(link=old, now=NOW, by=actor(room))

    assert open_link(secret_of(new)) == new
    with pytest.raises(LinkRevoked):
        open_link(secret_of(old))
    assert actions.revoke_link(link=new, now=NOW, by=actor(room)).revoked_at == NOW
    later = NOW + timedelta(days=1)
    assert actions.revoke_link(link=new, now=later, by=actor(room)).revoked_at == NOW
    assert [link.screen for link in Link.objects.filter(revoked_at=None)] == [
        "wall_videos",
        "wall_heat",
        "prompter",
    ]


def test_make_token_gives_a_role_no_stronger_than_one_s_own(room: Room) -> None:
    token, secret = actions.make_token(
        room=room, role="producer", label="OBS", now=NOW, by=actor(room)
    )

    assert open_token(secret) == token
    with pytest.raises(actions.NotAllowed):
        actions.make_token(room=room, role="owner", label="", now=NOW, by=actor(room))
    actions.revoke_token(token=token, now=NOW, by=actor(room))
    assert open_token(secret) is None
    assert actions.make_token(room=room, role="owner", label="", now=NOW, by=house(room.pk))


class Bird:
    """A network whose only password is "right"."""

    slug, name = "bird", "Bird"
    account_fields = (
        Field(name="user", label="User"),
        Field(name="password", label="Password", secret=True),
    )
    listens_without_account = True
    limits = Limits(text_limit=300)
    closed = 0

    def source(self, listening: object) -> None:
        return None

    def publisher(self, fields: dict[str, str], state: dict[str, Any]) -> "Bird":
        self.fields, self.state = fields, state
        return self

    async def check_account(self) -> Author:
        if self.fields["password"] != "right":
            raise Refused
        self.state["access"] = "jwt"
        return Author(id="1", handle="room.bird.test")

    async def close(self) -> None:
        self.closed += 1


def test_keep_account_seals_what_the_network_took(room: Room) -> None:
    bird: Any = Bird()
    entered = {"user": " room ", "password": "right", "more": "ignored"}

    for _ in range(2):
        account = actions.keep_account(
            room=room, network=bird, fields=entered, now=NOW, by=actor(room)
        )

    assert Account.objects.get() == account
    assert (account.network, account.handle, account.checked_at) == ("bird", "room.bird.test", NOW)
    content = unseal(Account.objects.get().sealed)
    assert (content.fields, content.state) == (
        {"user": "room", "password": "right"},
        {"access": "jwt"},
    )
    assert bird.closed == 2


def test_keep_account_keeps_nothing_the_network_refused(room: Room) -> None:
    bird: Any = Bird()

    with pytest.raises(Refused):
        actions.keep_account(
            room=room,
            network=bird,
            fields={"user": "room", "password": "wrong"},
            now=NOW,
            by=actor(room),
        )
    with pytest.raises(FieldRefused) as refused:
        actions.keep_account(
            room=room, network=bird, fields={"user": "room"}, now=NOW, by=actor(room)
        )

    assert refused.value.details == {"field": "password"}
    assert not Account.objects.exists()
    assert bird.closed == 1


def test_remove_account_forgets_it(room: Room) -> None:
    bird: Any = Bird()
    entered = {"user": "room", "password": "right"}
    account = actions.keep_account(room=room, network=bird, fields=entered, now=NOW, by=actor(room))

    with pytest.raises(actions.NotAllowed):
        actions.remove_account(account=account, now=NOW, by=actor(room, "moderator"))
    actions.remove_account(account=account, now=NOW, by=actor(room))

    assert not Account.objects.exists()
