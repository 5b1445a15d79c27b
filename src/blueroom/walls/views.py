"""The walls' pages, opened by links."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

import msgspec
import segno
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, ensure_csrf_cookie
from django.views.decorators.http import conditional_page, require_POST, require_safe

from blueroom.base.clock import now, to_text
from blueroom.base.errors import NotAcceptable
from blueroom.design.templatetags.assets import build_of
from blueroom.room.links import LinkRevoked, LinkUnknown, open_link, secret_of
from blueroom.room.models import Link, Screen, Session
from blueroom.room.queries import links_in_use
from blueroom.room.tickets import STREAMS, panic_ticket, stream_answer
from blueroom.room.views import crew, session_for, ticket_for
from blueroom.updates.panic import PATH
from blueroom.updates.slate import slates
from blueroom.walls.actions import begin_pairing, note_report
from blueroom.walls.errors import PairingFull, ReportUnclear
from blueroom.walls.feed import feed_of, rows_of
from blueroom.walls.heat_queries import heat_state
from blueroom.walls.heat_wire import HeatState
from blueroom.walls.models import Pairing
from blueroom.walls.queries import videos_state, wall_state, without_monitors
from blueroom.walls.report import read_report
from blueroom.walls.rules import PAIRING_FOR
from blueroom.walls.wire import VideosState, WallState

log = logging.getLogger(__name__)
SPOKEN = ("fr", "en")  # what walls have words in: web/words/
PAIRING_COOKIE = "pairing"
INK = "#14283c"
WALLS = (Screen.WALL_QUESTIONS, Screen.WALL_VIDEOS, Screen.WALL_HEAT)


@never_cache
@require_safe
def wall(request: HttpRequest, secret: str) -> HttpResponse:
    """The screen with what it shows at first; the stream keeps it up to date."""
    try:
        link = open_link(secret, screens=WALLS)
    except (LinkUnknown, LinkRevoked) as error:
        return render(request, "walls/closed.html", {"error": error}, status=_status(error))
    except DatabaseError:
        log.exception("a wall could not be opened")
        return render(request, "walls/slate.html", status=503)
    session = link.session
    language = _language(request, session)
    with translation.override(language):
        boot = _boot(request, link, language)
        response = render(request, "walls/wall.html", {"session": session, "boot": boot})
    response.headers["Content-Language"] = language
    return response


@never_cache
@require_safe
def overlay(request: HttpRequest, secret: str) -> HttpResponse:
    """The transparent screen for vision mixers, by the address of a questions wall. Whatever is
    wrong, it shows nothing, and tries again by itself."""
    try:
        link = _questions_link(secret)
    except (LinkUnknown, LinkRevoked) as error:
        return render(request, "walls/nothing.html", {"error": error}, status=_status(error))
    except DatabaseError:
        log.exception("an overlay could not be opened")
        return render(request, "walls/nothing.html", {"error": None}, status=503)
    session = link.session
    language = _language(request, session)
    with translation.override(language):
        boot = _boot(request, link, language)
        boot["screen"] = "overlay"
        response = render(request, "walls/overlay.html", {"session": session, "boot": boot})
    response.headers["Content-Language"] = language
    return response


@never_cache
@conditional_page
@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """What is on air as JSON, for programs of any origin; `?rows` as one flat row."""
    try:
        session = _questions_link(secret).session
    except (LinkUnknown, LinkRevoked) as error:
        answer = {"code": error.code, "message": str(error.message)}
        response = JsonResponse(answer, status=_status(error))
    else:
        content: Any = rows_of(session) if "rows" in request.GET else feed_of(session, now=now())
        response = JsonResponse(content, safe=False, json_dumps_params={"ensure_ascii": False})
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@never_cache
@csrf_exempt  # it carries no cookie: the secret in the address is the permission
@require_POST
def report(request: HttpRequest, secret: str) -> HttpResponse:
    """What a screen says of itself; it hears which build is the newest."""
    try:
        note_report(link=open_link(secret), report=read_report(request.body), now=now())
    except (LinkUnknown, LinkRevoked, ReportUnclear) as error:
        status = 422 if isinstance(error, ReportUnclear) else _status(error)
        return JsonResponse({"code": error.code, "message": str(error.message)}, status=status)
    return JsonResponse({"build": build_of("walls")})


@never_cache
@require_safe
def pair(request: HttpRequest) -> HttpResponse:
    """Six letters, until somebody types them at a desk: then the screen becomes a wall."""
    nonce, moment = request.COOKIES.get(PAIRING_COOKIE, ""), now()
    known = Pairing.objects.filter(nonce=nonce, created_at__gte=moment - PAIRING_FOR).first()
    if known is not None and known.link is not None:
        name = "overlay" if known.look == "overlay" else "wall"
        paired = redirect(name, secret_of(known.link))
        paired.delete_cookie(PAIRING_COOKIE)
        return paired
    try:
        waiting = known or begin_pairing(address=request.META["REMOTE_ADDR"], now=moment)
    except PairingFull as error:
        return render(request, "walls/closed.html", {"error": error}, status=503)
    response = render(request, "walls/pair.html", {"letters": waiting.letters})
    response.set_cookie(
        PAIRING_COOKIE,
        waiting.nonce,
        max_age=int(PAIRING_FOR.total_seconds()),
        path=request.path,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


@ensure_csrf_cookie
@crew
@require_safe
def remote(request: HttpRequest, slug: str) -> HttpResponse:
    """What drives the walls from a phone or a second window: scenes, focus, panic, pairing."""
    session, _by = session_for(request, slug, "moderate")
    subject = f"person:{request.user.pk}"
    boot = {
        **_common(session, "remote", translation.get_language() or SPOKEN[1]),
        "topic": f"{session.slug}/{STREAMS[Screen.WALL_QUESTIONS]}",
        "ticket_url": reverse("remote_ticket", args=[session.slug]),
        "csrf": get_token(request),
        "state": msgspec.to_builtins(wall_state(session, now=now())),
        "panic": {
            "url": f"{PATH}{session.slug}",
            "ticket": panic_ticket(subject=subject, session=session),
            "ticket_url": reverse("desk_panic_ticket", args=[session.slug]),
        },
        "desk_url": reverse("desk", args=[session.slug]),
        "relays_url": reverse("remote", args=[session.slug]) + "relays/",
        "addresses_url": reverse("session", args=[session.slug]),
        "walls": [
            {"id": link.pk, "screen": link.screen, "label": link.label}
            for link in links_in_use(session)
        ],
    }
    return render(request, "walls/remote.html", {"session": session, "boot": boot})


@require_safe
def remote_ticket(request: HttpRequest, slug: str) -> JsonResponse:
    """A fresh address of the walls' stream, for the crew."""
    return ticket_for(request, slug, STREAMS[Screen.WALL_QUESTIONS])


def _questions_link(secret: str) -> Link:
    """Raises: LinkUnknown, also for a wall of another kind; LinkRevoked."""
    link = open_link(secret)
    if link.screen != Screen.WALL_QUESTIONS:
        raise LinkUnknown
    return link


def _boot(request: HttpRequest, link: Link, language: str) -> dict[str, Any]:
    session, moment = link.session, now()
    state = _first_state(link, moment)
    link_secret = secret_of(link)
    is_map = link.screen == Screen.WALL_HEAT
    more = {"points_url": reverse("wall_points", args=[link_secret])} if is_map else {}
    if link.screen == Screen.WALL_VIDEOS:
        more = {"relays_url": reverse("wall", args=[link_secret]) + "relays/"}
    phone = request.build_absolute_uri(state.session.phone_url)
    return {
        **_common(session, link.screen, language),
        "topic": f"{session.slug}/{STREAMS[link.screen]}",
        "ticket_url": reverse("wall_ticket", args=[link_secret]),
        "csrf": "",
        "at": to_text(moment),
        "state": msgspec.to_builtins(state),
        "link_id": link.pk,
        "report_url": reverse("wall_report", args=[link_secret]),
        "build": build_of("walls"),
        "qr": segno.make(phone, error="m", micro=False).svg_data_uri(
            border=2, dark=INK, omitsize=True
        ),
        **more,
    }


def _common(session: Session, screen: str, language: str) -> dict[str, Any]:
    """What the page of every screen of this room says."""
    return {
        "slug": session.slug,
        "language": language,
        "screen": screen,
        "stream": None,
        "api": "/api/v1",
        "zone": session.room.time_zone,
        "slate": msgspec.to_builtins(slates().of(session.slug)),
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
        link = open_link(secret, screens=WALLS)
    except (LinkUnknown, LinkRevoked) as error:
        answer = {"code": error.code, "message": str(error.message)}
        return JsonResponse(answer, status=_status(error))
    subject, screen = f"link:{link.pk}", STREAMS[link.screen]
    return stream_answer(subject=subject, session=link.session, screen=screen)


def _status(error: NotAcceptable) -> int:
    return 410 if isinstance(error, LinkRevoked) else 404
