"""What is on air, for other programs: graphics machines, overlays that were there before ours."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from blueroom.base.clock import to_text
from blueroom.desk.queries import card_on_air, cards_next
from blueroom.desk.wire import Card
from blueroom.room.cards import card_of_session
from blueroom.room.models import Session
from blueroom.updates.slate import slates
from blueroom.walls.queries import wall_counts

# Overlays put names into their page as they come: these would become markup there.
_HARMLESS = str.maketrans({"<": "‹", ">": "›", '"': "”", "'": "’"})
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def feed_of(session: Session, *, now: datetime) -> dict[str, Any]:
    """What walls show, as JSON; under the slate nothing of it."""
    is_covered = slates().of(session.slug).is_on
    on_air = None if is_covered else card_on_air(session)
    coming = [] if is_covered else cards_next(session)
    return {
        "slate": is_covered,
        "session": msgspec.to_builtins(card_of_session(session)),
        "on_air": msgspec.to_builtins(on_air),
        "next": msgspec.to_builtins(coming),
        "counts": msgspec.to_builtins(wall_counts(session, now=now)),
    }


def rows_of(session: Session) -> list[dict[str, str]]:
    """What is on air as one flat row of text, empty where nothing is: for programs that fill titles
    from the columns of a table."""
    is_covered = slates().of(session.slug).is_on
    card = None if is_covered else card_on_air(session)
    return [
        {
            "question": card.text if card else "",
            "translation": card.translation if card else "",
            "name": (card.author.name or card.author.handle) if card else "",
            "place": card.author.place if card else "",
            "network": card.network if card else "",
            "people": str(card.askers) if card else "",
            "guest": session.guest.name,
            "title": session.title,
            "hashtag": f"#{session.hashtags[0]}" if session.hashtags else "",
            "starts_at": to_text(session.starts_at),
            "slate": "1" if is_covered else "",
        }
    ]


def ninja_message(card: Card, *, room: str) -> dict[str, Any]:
    """A question as the overlays of Social Stream Ninja take a chat message.

    `chatmessage` is markup there, and escaped here; all else is text, made harmless, since some
    overlays take that for markup too. Source: "Content Object Structure" in
    https://github.com/steveseguin/social_stream/blob/main/api.md, read 2026-11-26.
    """
    author = card.author
    return {
        "id": card.id,
        "type": "" if card.network == "page" else card.network,
        "chatname": (author.name or author.handle).translate(_HARMLESS),
        "chatmessage": card.text.translate(_ESCAPED),
        "chatimg": "",
        "contentimg": "",
        "chatbadges": [],
        "hasDonation": "",
        "membership": "",
        "subtitle": author.place.translate(_HARMLESS),
        "sourceName": room.translate(_HARMLESS),
        "textonly": False,
        "question": True,
    }


NINJA_CLEAR = {"action": "clear"}
