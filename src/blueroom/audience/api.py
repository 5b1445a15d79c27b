"""The API's door for the public: asking, without an account."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from blueroom.audience.actions import ask
from blueroom.audience.rules import state_told
from blueroom.audience.visitors import address_of, asker_of
from blueroom.base.clock import now
from blueroom.room.access import session_of

router = Router(tags=["audience"])


class Ask(Schema):
    """A question; name and town are optional and shown if the question goes on air."""

    text: str = Field(max_length=20_000)
    name: str = Field("", max_length=2_000)
    place: str = Field("", max_length=2_000)


class Asked(Schema):
    id: int
    state: str


@router.post(
    "/sessions/{slug}/ask", response={201: Asked}, auth=None, summary="Ask the guest a question"
)
def ask_question(request: HttpRequest, slug: str, question: Ask) -> Status[dict[str, Any]]:
    asked = ask(
        session=session_of(slug),
        text=question.text,
        name=question.name,
        place=question.place,
        asker=asker_of(request),
        address=address_of(request),
        now=now(),
    )
    return Status(201, {"id": asked.pk, "state": state_told(asked.state, is_withdrawn=False)})
