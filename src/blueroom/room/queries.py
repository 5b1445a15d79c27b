"""What the pages of a room read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from blueroom.room.links import hash_secret, path_of
from blueroom.room.models import (
    Account,
    Invitation,
    Link,
    Membership,
    Person,
    Room,
    Screen,
    Session,
    SessionState,
    Token,
)

LIVELY = (SessionState.ON_AIR, SessionState.OPEN, SessionState.PLANNED, SessionState.CLOSED)


def memberships_of(person: Person) -> list[Membership]:
    """The person's rooms with their roles there, by name."""
    return list(person.memberships.select_related("room", "person").order_by("room__name", "id"))


def membership_in(person: Person, room: Room) -> Membership | None:
    """The person's role in that room; None for a stranger."""
    return person.memberships.filter(room=room).select_related("room", "person").first()


def sessions_of(rooms: Iterable[Room]) -> list[Session]:
    """The rooms' sessions, on air first, then by state, the next or latest first.

    Each has `questions_count` and `answered_count`. Questions belong to a later room and are
    reached through their foreign key, as counts only.
    """
    asked = Q(questions__withdrawn_at=None)
    found = (
        Session.objects.filter(room__in=list(rooms))
        .select_related("guest", "room")
        .annotate(
            questions_count=Count("questions", filter=asked),
            answered_count=Count("questions", filter=asked & Q(questions__state="answered")),
        )
    )
    places = {state: place for place, state in enumerate(LIVELY)}
    coming = sorted(found, key=lambda session: session.starts_at)
    over = [session for session in reversed(coming) if session.state == SessionState.CLOSED]
    ahead = [session for session in coming if session.state != SessionState.CLOSED]
    return sorted(ahead, key=lambda session: places[SessionState(session.state)]) + over


def session_for(person: Person, slug: str) -> tuple[Session, Membership] | None:
    """The session and the person's role in its room; None where there is no such, or no role."""
    session = Session.objects.select_related("room", "guest").filter(slug=slug).first()
    membership = membership_in(person, session.room) if session else None
    return (session, membership) if session and membership else None


def links_in_use(session: Session) -> list[Link]:
    """The links of a session that open something, oldest first."""
    links = list(session.links.filter(revoked_at=None).order_by("id"))
    for link in links:
        link.session = session
    return links


def prompters_of(sessions: Iterable[Session]) -> dict[int, str]:
    """The paths of the newest prompters of those sessions that are not over, by session."""
    found = Link.objects.filter(
        session__in=list(sessions), screen=Screen.PROMPTER, revoked_at=None
    ).exclude(session__state=SessionState.CLOSED)
    return {link.session_id: path_of(link) for link in found.order_by("id")}


def members_of(room: Room) -> list[Membership]:
    """Who belongs to the room, the strongest role first, then by name."""
    found = room.memberships.select_related("person").order_by("person__first_name", "id")
    roles = [value for value, _label in Membership._meta.get_field("role").choices or ()]
    return sorted(found, key=lambda member: roles.index(member.role))


def invitations_open(room: Room, *, now: datetime) -> QuerySet[Invitation]:
    """Invitations that can still be used, newest first."""
    return room.invitations.filter(used_at=None, expires_at__gt=now).order_by("-id")


def invitation_of(secret: str, *, now: datetime) -> Invitation | None:
    """The invitation behind a link, while it can be used."""
    found = Invitation.objects.select_related("room").filter(secret_hash=hash_secret(secret))
    return found.filter(used_at=None, expires_at__gt=now).first()


def accounts_of(room: Room) -> QuerySet[Account]:
    """The room's accounts, by network."""
    return room.accounts.order_by("network", "handle")


def tokens_of(room: Room) -> QuerySet[Token]:
    """The keys of the API that open something, newest first."""
    return room.tokens.filter(revoked_at=None).select_related("created_by").order_by("-id")
