"""The API's walls: their scenes, the screens that are open, and the slate over all of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.urls import reverse
from ninja import Router, Schema, Status
from pydantic import Field

from blueroom.base.clock import now
from blueroom.design.templatetags.assets import build_of
from blueroom.room.access import session_of
from blueroom.room.cards import absolute
from blueroom.room.links import secret_of
from blueroom.room.models import Link, Session
from blueroom.room.tickets import panic_ticket
from blueroom.updates.panic import PATH, VALID_S
from blueroom.updates.slate import Slate, slates
from blueroom.walls import actions, rules
from blueroom.walls.models import Layout, OpenScreen, Scene, WallScene
from blueroom.walls.queries import open_screens, questions_shown, walls_of

router = Router(tags=["walls"])


Steps = Annotated[int, Field(ge=-100, le=100)]


class SceneChoice(Schema):
    """What is left out stays as it is. `walls` are ids of links; left out: every questions wall.

    `lasts_s`: after so many seconds `then` is shown by itself; left out, or 0, nothing follows.
    """

    scene: Scene | None = None
    layout: Layout | None = None
    advance_s: int | None = Field(None, ge=0, le=rules.ADVANCE_S_MAX)
    lasts_s: int = Field(0, ge=0, le=rules.LASTS_S_MAX)
    then: Scene = Scene.AUTO
    walls: list[int] | None = Field(None, max_length=100)


class FocusChoice(Schema):
    """`steps` onwards, or back where negative; or the question itself, null for none."""

    steps: Steps = 0
    question_id: int | None = Field(None, ge=1, le=2**62)
    walls: list[int] | None = Field(None, max_length=100)


class WallOut(Schema):
    """A questions wall and what the crew chose for it; `focus_id` is what stands out now. At
    `until` the scene gives way to `then`; null: it stays."""

    id: int
    label: str
    url: str
    scene: Scene
    layout: Layout
    focus_id: int | None
    advance_s: int
    until: datetime | None
    then: str


class ScreenOut(Schema):
    """An open screen. `state`: fine, stale (it lost the server), frozen (it says nothing, or paints
    nothing). `age_s` is how long ago it last reported, `shown_s` since when it shows this."""

    id: int
    wall: int
    label: str
    kind: str
    state: str
    scene: str
    title: str
    is_dark: bool
    is_covered: bool
    age_s: float
    shown_s: float
    build: str
    is_old: bool
    width_px: int
    height_px: int


class Pair(Schema):
    """`wall` is the id of a link; `look` overlay makes an overlay of a questions wall's."""

    letters: str = Field(max_length=40)
    wall: int = Field(ge=1, le=2**62)
    look: Literal["wall", "overlay"] = "wall"


class PairedOut(Schema):
    wall: int
    url: str


class Cover(Schema):
    is_on: bool


class SlateOut(Schema):
    """Whether the session's screens are covered, and since when."""

    is_on: bool
    since: datetime | None


class PanicTicketOut(Schema):
    """Send POST to `url` with {"is_on": …} and the ticket as a bearer: no database is needed."""

    url: str
    ticket: str
    valid_until: datetime


def _told(slate: Slate) -> dict[str, Any]:
    return {"is_on": slate.is_on, "since": slate.since}


@router.get("/sessions/{slug}/walls", response=list[WallOut], summary="Walls and their scenes")
def walls(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    session = session_of(slug)
    request.auth.actor_in(session.room_id, "see_session")
    return _walls(session)


@router.post("/sessions/{slug}/scene", response=list[WallOut], summary="What walls show")
def scene(request: HttpRequest, slug: str, choice: SceneChoice) -> list[dict[str, Any]]:
    session = session_of(slug)
    by = request.auth.actor_in(session.room_id, "moderate")
    actions.show_scene(session=session, now=now(), by=by, **choice.dict())
    return _walls(session)


@router.post("/sessions/{slug}/focus", response=list[WallOut], summary="Which question stands out")
def focus(request: HttpRequest, slug: str, choice: FocusChoice) -> list[dict[str, Any]]:
    session = session_of(slug)
    by = request.auth.actor_in(session.room_id, "moderate")
    if choice.steps:
        actions.move_focus(
            session=session, walls=choice.walls, steps=choice.steps, now=now(), by=by
        )
    else:
        actions.focus_question(
            session=session, walls=choice.walls, question_id=choice.question_id, now=now(), by=by
        )
    return _walls(session)


def _walls(session: Session) -> list[dict[str, Any]]:
    moment = now()
    chosen = {one.link_id: one for one in WallScene.objects.filter(link__session=session)}
    return [_wall(session, link, chosen.get(link.pk), moment) for link in walls_of(session)]


def _wall(
    session: Session, link: Link, chosen: WallScene | None, moment: datetime
) -> dict[str, Any]:
    chosen = chosen or WallScene(link=link, since_at=moment)
    return {
        "id": link.pk,
        "label": link.label,
        "url": absolute(reverse("wall", args=[secret_of(link)])),
        "scene": chosen.scene,
        "layout": chosen.layout,
        "focus_id": rules.focused(
            questions_shown(session, chosen),
            focus_id=chosen.focus_id,
            advance_s=chosen.advance_s,
            since=chosen.since_at,
            now=moment,
        ),
        "advance_s": chosen.advance_s,
        "until": chosen.until_at,
        "then": chosen.then_scene,
    }


@router.get("/sessions/{slug}/screens", response=list[ScreenOut], summary="Which screens are open")
def screens(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    session = session_of(slug)
    request.auth.actor_in(session.room_id, "see_session")
    moment, build = now(), build_of("walls")
    return [_screen(screen, moment, build) for screen in open_screens(session, now=moment)]


def _screen(screen: OpenScreen, moment: datetime, build: str) -> dict[str, Any]:
    age = moment - screen.reported_at
    is_frozen = age > rules.FROZEN_AFTER or screen.frame_age_ms > rules.FRAME_AGE_MS_MAX
    return {
        "id": screen.pk,
        "wall": screen.link_id,
        "label": screen.link.label,
        "kind": screen.kind,
        "state": "frozen" if is_frozen else "stale" if screen.is_stale else "fine",
        "scene": screen.scene,
        "title": screen.title,
        "is_dark": screen.is_dark,
        "is_covered": screen.is_covered,
        "age_s": round(age.total_seconds(), 1),
        "shown_s": round((moment - screen.shown_at).total_seconds(), 1),
        "build": screen.build,
        "is_old": screen.build != build,
        "width_px": screen.width_px,
        "height_px": screen.height_px,
    }


@router.delete(
    "/sessions/{slug}/screens/{screen_id}", response={204: None}, summary="Forget a screen"
)
def forget_screen(request: HttpRequest, slug: str, screen_id: int) -> Status[None]:
    session = session_of(slug)
    by = request.auth.actor_in(session.room_id, "moderate")
    actions.forget_screen(session=session, screen_id=min(screen_id, 2**62), by=by)
    return Status(204, None)


@router.post("/sessions/{slug}/pair", response=PairedOut, summary="Pair a screen by its letters")
def pair(request: HttpRequest, slug: str, pair: Pair) -> dict[str, Any]:
    session = session_of(slug)
    by = request.auth.actor_in(session.room_id, "see_session")
    link = actions.pair_screen(
        session=session, letters=pair.letters, link_id=pair.wall, look=pair.look, now=now(), by=by
    )
    name = "overlay" if pair.look == "overlay" else "wall"
    return {"wall": link.pk, "url": absolute(reverse(name, args=[secret_of(link)]))}


@router.get("/sessions/{slug}/slate", response=SlateOut, summary="Whether all screens are covered")
def slate(request: HttpRequest, slug: str) -> dict[str, Any]:
    session = session_of(slug)
    request.auth.actor_in(session.room_id, "cover_programme")
    return _told(slates().of(session.slug))


@router.post("/sessions/{slug}/slate", response=SlateOut, summary="Cover or uncover all screens")
def cover(request: HttpRequest, slug: str, cover: Cover) -> dict[str, Any]:
    session = session_of(slug)
    by = request.auth.actor_in(session.room_id, "cover_programme")
    covered = actions.cover_screens(
        session=session, is_on=cover.is_on, subject=request.auth.subject, now=now(), by=by
    )
    return _told(covered)


@router.post(
    "/sessions/{slug}/panic-ticket",
    response=PanicTicketOut,
    summary="A ticket that covers all screens even without the database",
)
def ticket(request: HttpRequest, slug: str) -> dict[str, Any]:
    session = session_of(slug)
    request.auth.actor_in(session.room_id, "cover_programme")
    return {
        "url": absolute(f"{PATH}{session.slug}"),
        "ticket": panic_ticket(subject=request.auth.subject, session=session),
        "valid_until": now() + timedelta(seconds=VALID_S),
    }
