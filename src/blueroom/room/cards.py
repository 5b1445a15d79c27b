"""A session as screens are told of it."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from blueroom.room.models import Session
from blueroom.room.themes import theme_of, theme_path
from blueroom.room.wire import SessionCard


def absolute(path: str) -> str:
    """The full address of one of our paths, as it can be typed or scanned elsewhere."""
    return f"{settings.PUBLIC_URL}{path}"


def card_of_session(session: Session) -> SessionCard:
    """What every screen may know of a session; reads its guest and room."""
    return SessionCard(
        slug=session.slug,
        title=session.title,
        guest=session.guest.name,
        room=session.room.name,
        hashtags=session.hashtags,
        languages=session.languages,
        state=session.state,
        starts_at=session.starts_at,
        planned_minutes=session.planned_minutes,
        on_air_at=session.on_air_at,
        is_rehearsal=session.is_rehearsal,
        is_dark=session.is_dark,
        phone_url=absolute(reverse("phone", args=[session.slug])),
        takes_votes=session.takes_votes,
        takes_hearts=session.takes_hearts,
        shows_counts=session.shows_counts,
        theme=theme_path(session.room),
        texts=theme_of(session.room).texts,
    )
