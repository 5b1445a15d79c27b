"""The API's order of a list: what the house would look at first, and why."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from blueroom.base.clock import now
from blueroom.desk import order as house
from blueroom.desk.models import QuestionState
from blueroom.room.access import session_of

router = Router(tags=["questions"])


class OrderOut(Schema):
    """Ids of questions, the first to look at first. `why` says for each of them which of `reasons`
    (by its place, from 0) it stands there for, the weightiest code first."""

    version: str
    ids: list[int]
    reasons: list[list[str]]
    why: list[int]


@router.get(
    "/sessions/{slug}/order",
    response={200: OrderOut, 204: None},
    summary="A list in the house's order",
)
def order(
    request: HttpRequest,
    slug: str,
    state: Literal["waiting", "approved"] = "waiting",
    since: str = Query("", max_length=40, description="The version at hand: 204 where it stands."),
) -> Status[Any]:
    """Made anew at most every ten seconds. A question that came since is not in it."""
    session = session_of(slug)
    request.auth.actor_in(session.room_id, "moderate")
    found = house.orders.of(session, QuestionState(state), now())
    if found.version == since:
        return Status(204, None)
    return Status(200, msgspec.to_builtins(found))
