"""Who does something: a person, a token or the house itself, with a role in one room."""

from __future__ import annotations

from dataclasses import dataclass

from blueroom.room.models import Link, Membership, Role, Token

HOUSE_NAME = "blue room"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """`person_id` is None for tokens and for the house; `name` is what decisions will show."""

    name: str
    role: Role
    room_id: int
    person_id: int | None = None


def actor_of_membership(membership: Membership) -> Actor:
    """The actor that a logged-in member is in that room."""
    return Actor(
        name=str(membership.person),
        role=Role(membership.role),
        room_id=membership.room_id,
        person_id=membership.person_id,
    )


def actor_of_token(token: Token) -> Actor:
    """The actor behind a key of the API."""
    return Actor(
        name=token.label or f"API {token.pk}", role=Role(token.role), room_id=token.room_id
    )


def actor_of_link(link: Link) -> Actor:
    """The guest, as whoever holds the prompter's address is taken to be."""
    session = link.session
    return Actor(name=session.guest.name, role=Role.GUEST, room_id=session.room_id)


def house(room_id: int) -> Actor:
    """The house acting by itself, with every right in that room."""
    return Actor(name=HOUSE_NAME, role=Role.OWNER, room_id=room_id)
