"""Tickets: what lets a screen follow its stream, and whether it still may."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.http import JsonResponse
from django.utils.http import urlencode

from blueroom.base.clock import now
from blueroom.room import rules
from blueroom.room.models import Link, Membership, Screen, Session, Token
from blueroom.updates import panic
from blueroom.updates import ticket as tickets

RIGHT_TO_FOLLOW = {  # phones need none
    "desk": "moderate",
    "wall": "see_session",
    "videos": "see_session",
    "heat": "see_session",
    "prompter": "see_session",
    "studio": "see_studio",
    "clips": "edit_clip",
    panic.SCREEN: "cover_programme",  # no stream: the ticket opens the slate's button
}
# What the stream of each link's screen is called: a link follows this one and no other.
STREAMS: dict[str, str] = {
    Screen.WALL_QUESTIONS: "wall",
    Screen.WALL_VIDEOS: "videos",
    Screen.WALL_HEAT: "heat",
    Screen.PROMPTER: "prompter",
}


def secret() -> bytes:
    """The key that tickets are signed with."""
    return settings.SECRET_KEY.encode()


def stream_address(*, subject: str, session: Session, screen: str) -> str:
    """The path and query of a stream, with a fresh ticket; `subject` as `lost` takes it."""
    topic = f"{session.slug}/{screen}"
    ticket = tickets.sign(secret=secret(), subject=subject, topic=topic, now=now())
    return f"/live/{topic}?{urlencode({'ticket': ticket})}"


def panic_ticket(*, subject: str, session: Session) -> str:
    """What lets `subject` cover the session's screens for twelve hours, database or not."""
    topic = f"{session.slug}/{panic.SCREEN}"
    return tickets.sign(
        secret=secret(), subject=subject, topic=topic, now=now(), valid_s=panic.VALID_S
    )


def stream_answer(*, subject: str, session: Session, screen: str) -> JsonResponse:
    """The same as a screen asks for it when it connects again."""
    url = stream_address(subject=subject, session=session, screen=screen)
    response = JsonResponse({"url": url})
    response.headers["Cache-Control"] = "no-store"
    return response


def lost(grants: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of the pairs (subject, topic) that may not follow their stream any more.

    A subject is "person:<id>", "token:<id>" or "link:<id>". Four statements whatever the number.
    """
    pairs = {pair: _parts(pair) for pair in grants}
    sessions = dict(
        Session.objects.filter(slug__in={slug for *_, slug, _ in pairs.values()}).values_list(
            "slug", "room_id"
        )
    )
    persons = _ids(pairs.values(), "person")
    roles: dict[tuple[str, int, int], str] = {
        ("person", person, room): role
        for person, room, role in Membership.objects.filter(
            person_id__in=persons, person__is_active=True
        ).values_list("person_id", "room_id", "role")
    }
    roles |= {
        ("token", token, room): role
        for token, room, role in Token.objects.filter(
            pk__in=_ids(pairs.values(), "token"), revoked_at__isnull=True
        ).values_list("pk", "room_id", "role")
    }
    links = {
        link: (slug, STREAMS.get(screen))
        for link, slug, screen in Link.objects.filter(
            pk__in=_ids(pairs.values(), "link"), revoked_at__isnull=True
        ).values_list("pk", "session__slug", "screen")
    }

    def may(kind: str, number: int, slug: str, screen: str) -> bool:
        if kind == "link":
            return links.get(number) == (slug, screen)
        role = roles.get((kind, number, sessions.get(slug, 0)))
        return role is not None and rules.may(role, RIGHT_TO_FOLLOW[screen])

    return {pair for pair, parts in pairs.items() if not may(*parts)}


def _parts(pair: tuple[str, str]) -> tuple[str, int, str, str]:
    kind, _, number = pair[0].partition(":")
    slug, _, screen = pair[1].rpartition("/")
    return kind, int(number), slug, screen


def _ids(parts: Iterable[tuple[str, int, str, str]], kind: str) -> set[int]:
    return {number for one, number, *_ in parts if one == kind}
