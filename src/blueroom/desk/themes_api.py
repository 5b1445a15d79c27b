"""The API's themes: what the questions are about."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from blueroom.base.clock import now
from blueroom.desk import themes as about
from blueroom.room.access import session_of

router = Router(tags=["questions"])


class ThemeOut(Schema):
    """What some questions are about: `words` name it, the most telling first."""

    key: str
    words: list[str]
    questions: int


class ThemesOut(Schema):
    """The largest theme first. `of` says for each of `ids` which of the themes it is of (by its
    place, from 0); a question that is not among them is of none, or came since."""

    version: str
    themes: list[ThemeOut]
    ids: list[int]
    of: list[int]


@router.get(
    "/sessions/{slug}/themes",
    response={200: ThemesOut, 204: None},
    summary="What the questions are about",
)
def themes(
    request: HttpRequest,
    slug: str,
    since: str = Query("", max_length=40, description="The version at hand: 204 where it stands."),
) -> Status[Any]:
    """Of the newest 5,000 lines that are neither held nor rejected. Made anew at most every ten
    seconds."""
    session = session_of(slug)
    request.auth.actor_in(session.room_id, "moderate")
    found = about.sessions.of(session, now())
    if found.version == since:
        return Status(204, None)
    return Status(200, msgspec.to_builtins(found))
