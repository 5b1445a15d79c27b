"""The walls' pages, opened by links."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import segno
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from blueroom.base.clock import now, to_text
from blueroom.base.errors import NotAcceptable
from blueroom.room.links import LinkRevoked, LinkUnknown, open_link, secret_of
from blueroom.room.models import Link, Screen, Session
from blueroom.room.tickets import STREAMS, stream_answer
from blueroom.walls.heat_queries import heat_state
from blueroom.walls.heat_wire import HeatState
from blueroom.walls.queries import videos_state, wall_state, without_monitors
from blueroom.walls.wire import VideosState, WallState

SPOKEN = ("fr", "en")  # what walls have words in: web/words/
INK = "#14283c"


@never_cache
@require_safe
def wall(request: HttpRequest, secret: str) -> HttpResponse:
    """The screen with what it shows at first; the stream keeps it up to date."""
    try:
        link = open_link(secret)
    except (LinkUnknown, LinkRevoked) as error:
        return render(request, "walls/closed.html", {"error": error}, status=_status(error))
    session = link.session
    language = _language(request, session)
    with translation.override(language):
        boot = _boot(request, link, language)
        response = render(request, "walls/wall.html", {"session": session, "boot": boot})
    response.headers["Content-Language"] = language
    return response


def _boot(request: HttpRequest, link: Link, language: str) -> dict[str, Any]:
    session, moment = link.session, now()
    state = _first_state(link, moment)
    link_secret = secret_of(link)
    is_map = link.screen == Screen.WALL_HEAT
    more = {"points_url": reverse("wall_points", args=[link_secret])} if is_map else {}
    phone = request.build_absolute_uri(state.session.phone_url)
    return {
        "slug": session.slug,
        "language": language,
        "screen": link.screen,
        "topic": f"{session.slug}/{STREAMS[link.screen]}",
        "stream": None,
        "ticket_url": reverse("wall_ticket", args=[link_secret]),
        "api": "/api/v1",
        "csrf": "",
        "zone": session.room.time_zone,
        "at": to_text(moment),
        "state": msgspec.to_builtins(state),
        "qr": segno.make(phone, error="m", micro=False).svg_data_uri(
            border=2, dark=INK, omitsize=True
        ),
        **more,
    }


def _first_state(link: Link, moment: datetime) -> WallState | VideosState | HeatState:
    if link.screen == Screen.WALL_VIDEOS:
        # Pages are kept by browsers and copied by people: monitors travel on the stream alone.
        return without_monitors(videos_state(link.session))
    if link.screen == Screen.WALL_HEAT:
        return heat_state(link.session, now=moment)
    return wall_state(link.session, now=moment)


def _language(request: HttpRequest, session: Session) -> str:
    """`?lang=` where it is given, else the session's first: a television's own says nothing."""
    wanted = (request.GET.get("lang", ""), *session.languages, translation.get_language())
    return next((language for language in wanted if language in SPOKEN), SPOKEN[1])


@never_cache
@require_safe
def ticket(request: HttpRequest, secret: str) -> JsonResponse:
    """A fresh address of the wall's stream; 410 once the link was withdrawn."""
    try:
        link = open_link(secret)
    except (LinkUnknown, LinkRevoked) as error:
        answer = {"code": error.code, "message": str(error.message)}
        return JsonResponse(answer, status=_status(error))
    subject, screen = f"link:{link.pk}", STREAMS[link.screen]
    return stream_answer(subject=subject, session=link.session, screen=screen)


def _status(error: NotAcceptable) -> int:
    return 410 if isinstance(error, LinkRevoked) else 404
