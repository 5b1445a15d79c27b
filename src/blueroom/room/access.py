"""Who is asking, and what they may do with what they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from blueroom.base.errors import NotAcceptable
from blueroom.room import rules
from blueroom.room.actions import NotAllowed
from blueroom.room.actor import Actor, actor_of_membership, actor_of_token
from blueroom.room.links import open_token
from blueroom.room.models import Membership, Person, Room, Session


class NotFound(NotAcceptable):
    """There is no such thing, or whoever asks may not know of it."""

    code: ClassVar[str] = "not_found"
    sentence = _("There is nothing here.")  # type: ignore[assignment]


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody who proved who they are: a person, or the bearer of a token."""

    person: Person | None = None
    token_actor: Actor | None = None
    token_id: int | None = None

    @property
    def subject(self) -> str:
        """Who it is, as tickets name them."""
        return f"token:{self.token_id}" if self.person is None else f"person:{self.person.pk}"

    def actor_in(self, room_id: int, verb: str) -> Actor:
        """The actor that the visitor is in that room.

        Raises:
            NotFound: the room is none of theirs.
            NotAllowed: their role there may not do this.
        """
        actor = self._actor(room_id)
        if actor is None:
            raise NotFound
        if not rules.may(actor.role, verb):
            raise NotAllowed(verb=verb)
        return actor

    def _actor(self, room_id: int) -> Actor | None:
        if self.token_actor is not None:
            return self.token_actor if self.token_actor.room_id == room_id else None
        found = Membership.objects.select_related("person").filter(
            person=self.person, person__is_active=True, room_id=room_id
        )
        membership = found.first()
        return actor_of_membership(membership) if membership else None

    def first_room(self, verb: str) -> Room:
        """The room that is meant where none is named: the visitor's only or oldest one.

        Raises: as `actor_in`.
        """
        if self.token_actor is not None:
            room = Room.objects.get(pk=self.token_actor.room_id)
        else:
            membership = (
                Membership.objects.select_related("room")
                .filter(person=self.person)
                .order_by("since_at", "id")
                .first()
            )
            if membership is None:
                raise NotFound
            room = membership.room
        self.actor_in(room.pk, verb)
        return room


def visitor_of_token(secret: str) -> Visitor | None:
    """Whoever holds this key of the API."""
    token = open_token(secret)
    return Visitor(token_actor=actor_of_token(token), token_id=token.pk) if token else None


def visitor_of_request(request: HttpRequest) -> Visitor | None:
    """The person who is logged in."""
    person = request.user
    return Visitor(person=person) if isinstance(person, Person) and person.is_active else None


def session_of(slug: str) -> Session:
    """The session with its guest and room. Raises NotFound."""
    session = Session.objects.select_related("guest", "room").filter(slug=slug).first()
    if session is None:
        raise NotFound
    return session
