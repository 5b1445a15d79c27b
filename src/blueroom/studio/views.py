"""The studio's page, and the page by which somebody sends their picture."""

from __future__ import annotations

from typing import Any

import msgspec
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe

from blueroom.base.clock import now
from blueroom.room import rules
from blueroom.room.access import NotFound, visitor_of_request
from blueroom.room.actions import NotAllowed
from blueroom.room.cards import card_of_session
from blueroom.room.views import crew, session_for, ticket_for
from blueroom.studio import actions, queries
from blueroom.studio.models import Answer, CrewMessage, Feed, FeedState
from blueroom.studio.queries import (
    has_webrtc,
    is_photo_public,
    photo_at,
    photo_path,
    rtmp_address,
)
from blueroom.studio.secrets import PAGE, feed_by
from blueroom.studio.stream import SCREEN

# Short: what is taken back from the public must be gone soon, wherever a copy lies.
PUBLIC_FOR = "public, max-age=60"
PRIVATE = "private, no-cache"
RIGHTS = ("make_feed", "admit_feed", "run_programme", "cover_programme", "mark_answer")


@ensure_csrf_cookie
@crew
@require_safe
def studio(request: HttpRequest, slug: str) -> HttpResponse:
    """The screen, which fills itself by the stream."""
    session, by = session_for(request, slug, "see_studio")
    boot: dict[str, Any] = {
        "screen": "studio",
        "slug": session.slug,
        "language": get_language(),
        "topic": f"{session.slug}/{SCREEN}",
        "stream": None,
        "ticket_url": reverse("studio_ticket", args=[session.slug]),
        "api": "/api/v1",
        "csrf": get_token(request),
        "may": [verb for verb in RIGHTS if rules.may(by.role, verb)],
        "me": by.name,
        "desk_url": reverse("desk", args=[session.slug]),
        "session_url": reverse("session", args=[session.slug]),
        "rtmp_url": rtmp_address(),
        "zone": session.room.time_zone,
    }
    return render(request, "studio/studio.html", {"session": session, "boot": boot})


@require_safe
def ticket(request: HttpRequest, slug: str) -> JsonResponse:
    """A fresh address of the studio's stream."""
    return ticket_for(request, slug, SCREEN)


@never_cache
@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """Camera, microphone and what to do with them, for whoever has this address."""
    found = feed_by(secret, purpose=PAGE)
    if found is None or found.state == FeedState.ENDED:
        status = 404 if found is None else 410
        return render(request, "studio/no_feed.html", {"feed": found}, status=status)
    session = found.session
    boot: dict[str, Any] = {
        "screen": "feed",
        "slug": session.slug,
        "language": get_language(),
        "topic": f"{session.slug}/phone",  # what is on air is public
        "stream": f"/live/{session.slug}/phone",
        "ticket_url": None,
        "api": "/api/v1",
        "csrf": "",
        "feed": {"name": found.name, "kind": found.kind, "state": found.state},
        "session": msgspec.to_builtins(card_of_session(session)),
        "messages_url": reverse("feed_messages", args=[secret]),
        "socket": f"/feed/{secret}/socket?language={get_language()}",
        "whip": f"/feed/{secret}/whip" if has_webrtc() else "",
        "zone": session.room.time_zone,
    }
    response = render(request, "studio/feed.html", {"session": session, "boot": boot})
    response.headers["Permissions-Policy"] = "geolocation=(), microphone=(self), camera=(self)"
    response.headers["Referrer-Policy"] = "no-referrer"  # the address is a secret
    return response


@never_cache
@require_safe
def feed_messages(request: HttpRequest, secret: str) -> JsonResponse:
    """What the crew wrote to whoever has this address: {"messages": […]}, oldest first."""
    found = queries.message_cards(queries.messages_for_feed(_feed(secret)))
    return JsonResponse({"messages": msgspec.to_builtins(found)})


# Whoever has the address has its secret: there is no login here that another site could use.
@csrf_exempt
@never_cache
@require_POST
def feed_receipt(
    request: HttpRequest, secret: str, message_id: int, *, is_seen: bool
) -> HttpResponse:
    """The page shows the message, or its person has seen it; 204."""
    return keep_receipt(queries.messages_for_feed(_feed(secret)), message_id, is_seen=is_seen)


def keep_receipt(
    readable: QuerySet[CrewMessage], message_id: int, *, is_seen: bool
) -> HttpResponse:
    """204 for a receipt of one of these messages. Raises Http404 for any other."""
    if abs(message_id) >= 2**63 or not readable.filter(pk=message_id).exists():
        raise Http404
    actions.note_receipt(message_id=message_id, is_seen=is_seen, now=now())
    return HttpResponse(status=204)


def _feed(secret: str) -> Feed:
    """The feed that still may be sent by from this page. Raises Http404."""
    found = feed_by(secret, purpose=PAGE)
    if found is None or found.state == FeedState.ENDED:
        raise Http404
    return found


@require_safe
def answer_photo(request: HttpRequest, photo: str) -> HttpResponse:
    """A photo given as an answer; strangers find it while its question is an answered one."""
    try:
        answer = photo_at(photo)
        is_public = is_photo_public(answer)
        if not is_public:
            _check_crew(request, answer)
        picture = photo_path(answer.photo).read_bytes()
    except (NotFound, NotAllowed, FileNotFoundError) as error:
        raise Http404 from error
    response = HttpResponse(picture, content_type="image/jpeg")
    response.headers["Cache-Control"] = PUBLIC_FOR if is_public else PRIVATE
    response.headers["ETag"] = tag = f'"{photo}"'  # no other picture ever had that name
    return get_conditional_response(request, etag=tag, response=response)


def _check_crew(request: HttpRequest, answer: Answer) -> None:
    """Raises NotFound and NotAllowed."""
    visitor = visitor_of_request(request)
    if visitor is None:
        raise NotFound
    visitor.actor_in(answer.question.session.room_id, "mark_answer")
