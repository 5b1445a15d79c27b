"""The API's door to where askers are on the map, for who knows better."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from blueroom.base.clock import now
from blueroom.desk.errors import PlaceUnknown
from blueroom.desk.models import Question
from blueroom.places.gazetteer import Place
from blueroom.posts.actions import locate_author
from blueroom.posts.locations import gazetteer
from blueroom.posts.queries import location_of
from blueroom.room.access import NotFound, session_of
from blueroom.room.actor import Actor

router = Router(tags=["map"])
CODE_LENGTH_MAX = 12


class PlaceOut(Schema):
    """A town, region or country. `code` is a GeoNames id, an ISO 3166-2 or ISO 3166-1 code."""

    code: str
    level: str
    country: str
    name_fr: str
    name_en: str


class LocationOut(Schema):
    """Where a question's post is on the map, and by what: its own point, what its author states, or
    a person. All are empty where it is nowhere; the place is null in open country too."""

    level: str
    source: str
    place: PlaceOut | None


class LocationPlan(Schema):
    """The place that the asker is at; "" takes them off the map."""

    code: str = Field(max_length=CODE_LENGTH_MAX)


@router.get(
    "/sessions/{slug}/places",
    response=list[PlaceOut],
    summary="Places by the beginning of their names",
)
def places(request: HttpRequest, slug: str, q: str = Query("", max_length=100)) -> Any:
    request.auth.actor_in(session_of(slug).room_id, "moderate")
    return [_told(place) for place in gazetteer().like(q)]


@router.get(
    "/questions/{question_id}/location", response=LocationOut, summary="Where it is on the map"
)
def location(request: HttpRequest, question_id: int) -> Any:
    question, _by = _question(request, question_id)
    return _location(question)


@router.put(
    "/questions/{question_id}/location",
    response=LocationOut,
    summary="Correct where its asker is, or take them off the map",
)
def correct_location(request: HttpRequest, question_id: int, plan: LocationPlan) -> Any:
    question, by = _question(request, question_id)
    place = gazetteer().place(plan.code) if plan.code else None
    if plan.code and place is None:
        raise PlaceUnknown
    locate_author(post=question.post, place=place, now=now(), by=by)
    return _location(question)


def _location(question: Question) -> dict[str, Any]:
    found = location_of(question.post_id)
    place = gazetteer().place(found.place) if found and found.place else None
    return {
        "level": found.level if found else "",
        "source": found.source if found else "",
        "place": _told(place) if place else None,
    }


def _told(place: Place) -> dict[str, str]:
    return {name: getattr(place, name) for name in PlaceOut.model_fields}


def _question(request: HttpRequest, question_id: int) -> tuple[Question, Actor]:
    """The question and who decides. Raises NotFound also where the room is none of theirs."""
    found = Question.objects.select_related("post__author", "session")
    question = found.filter(pk=question_id).first() if abs(question_id) < 2**63 else None
    if question is None:
        raise NotFound
    return question, request.auth.actor_in(question.session.room_id, "moderate")
