"""Joins the rooms' screens to the live updates: who may follow what, and what they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from django.db import close_old_connections

from blueroom.audience import stream as phone
from blueroom.base.clock import now
from blueroom.clips import stream as clips
from blueroom.desk import stream as desk
from blueroom.prompter import stream as prompter
from blueroom.room.access import session_of, visitor_of_token
from blueroom.room.links import open_token
from blueroom.room.models import Session
from blueroom.room.tickets import RIGHT_TO_FOLLOW, lost, secret
from blueroom.studio import stream as studio
from blueroom.updates import ticket as tickets
from blueroom.updates.live import PUBLIC, Grant
from blueroom.updates.tell import Maker, Notice
from blueroom.walls import heat_stream as heat
from blueroom.walls import stream as wall
from blueroom.walls import videos_stream as videos

SCREENS: dict[str, Any] = {
    module.SCREEN: module for module in (desk, wall, prompter, videos, heat, phone, studio, clips)
}
# In this order.
TOLD = ("wall", "prompter", "videos", "phone", "studio", "desk", "clips", "heat")


def _session(topic: str) -> tuple[Session | None, str]:
    slug, _, screen = topic.rpartition("/")
    if screen not in SCREENS:
        return None, screen
    found = Session.objects.select_related("guest", "room").filter(slug=slug)
    return found.first(), screen


def snapshot(topic: str) -> msgspec.Struct | None:
    """Everything that the topic's screens show; None for a topic that is not."""
    close_old_connections()
    session, screen = _session(topic)
    return None if session is None else SCREENS[screen].snapshot(session)


def authorize(topic: str, ticket: str, headers: Mapping[str, str]) -> Grant | None:
    """Who may follow the topic by this ticket or token; None for a topic that is not.

    Raises:
        TicketRefused: the ticket is not good, or whoever it was given to lost the right.
        NotAllowed, NotFound: the same for a token.
    """
    close_old_connections()
    session, screen = _session(topic)
    if session is None:
        return None
    if screen not in RIGHT_TO_FOLLOW:
        return Grant(subject=PUBLIC, topic=topic)
    kind, _, token_secret = headers.get("authorization", "").partition(" ")
    if not ticket and kind.lower() == "bearer":
        token, visitor = open_token(token_secret), visitor_of_token(token_secret)
        if token is None or visitor is None:
            raise tickets.TicketRefused
        visitor.actor_in(session_of(session.slug).room_id, RIGHT_TO_FOLLOW[screen])
        return Grant(subject=f"token:{token.pk}", topic=topic)
    subject = tickets.read(ticket, secret=secret(), topic=topic, now=now())
    if still_allowed({(subject, topic)}):
        raise tickets.TicketRefused
    return Grant(subject=subject, topic=topic)


def still_allowed(grants: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of the open streams' (subject, topic) that lost their right."""
    close_old_connections()
    return lost(grants)


def makers(is_followed: Callable[[str], bool]) -> list[Maker]:
    """What makes each screen's changes of a notice, for topics that anybody follows."""

    def maker(screen: Any) -> Maker:
        def make(session_id: int, notice: Notice) -> Iterator[tuple[str, Sequence[msgspec.Struct]]]:
            session = Session.objects.select_related("guest", "room").get(pk=session_id)
            topic = f"{session.slug}/{screen.SCREEN}"
            if is_followed(topic):
                yield topic, list(screen.changes(session, notice))

        return make

    # Walls, the guest and phones first: they are what the room sees.
    return [*(maker(SCREENS[screen]) for screen in TOLD), studio.follow]
