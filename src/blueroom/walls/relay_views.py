"""The page of one video from elsewhere, framed by the wall and by the remote.

It is a page apart so that its content policy, and nobody else's, opens what its player loads.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseGone, HttpResponseNotFound
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from blueroom.room.links import LinkRevoked, LinkUnknown, open_link
from blueroom.room.models import Screen
from blueroom.room.views import crew, session_for
from blueroom.walls.models import Relay
from blueroom.walls.relay_addresses import OURS, origin_of, player_address
from blueroom.walls.relay_queries import relays_shown


@never_cache
@xframe_options_sameorigin
@require_safe
def wall_relay(request: HttpRequest, secret: str, relay_id: int) -> HttpResponse:
    """For a videos wall: only what somebody put on it, and what plays."""
    try:
        link = open_link(secret, screens=(Screen.WALL_VIDEOS,))
    except LinkUnknown:
        return HttpResponseNotFound()
    except LinkRevoked:
        return HttpResponseGone()
    shown = next((one for one in relays_shown(link.session) if one.pk == relay_id), None)
    return _page(request, shown) if shown else HttpResponseNotFound()


@xframe_options_sameorigin
@crew
@require_safe
def remote_relay(request: HttpRequest, slug: str, relay_id: int) -> HttpResponse:
    """For the crew, who look before they put it on the wall."""
    session, _by = session_for(request, slug, "moderate")
    return _page(request, get_object_or_404(Relay, session=session, pk=relay_id))


def _page(request: HttpRequest, relay: Relay) -> HttpResponse:
    is_ours = relay.way in OURS
    site = origin_of(request.build_absolute_uri("/"))
    boot = {
        "way": relay.way,
        "src": relay.url if is_ours else player_address(relay.way, relay.url, site=site),
        "name": relay.name,
        "language": translation.get_language() or "",
    }
    response = render(request, "walls/relay.html", {"relay": relay, "boot": boot})
    response.headers["Content-Security-Policy"] = _policy(relay, is_ours=is_ours)
    return response


def _policy(relay: Relay, *, is_ours: bool) -> str:
    """What the page may load: our own files, and its one video."""
    origins = " ".join(relay.origins or [origin_of(relay.url)])
    video = (
        (f"connect-src 'self' {origins}", f"media-src 'self' blob: {origins}", "frame-src 'none'")
        if is_ours
        else ("connect-src 'self'", f"frame-src {origins}")
    )
    return "; ".join(
        (
            "default-src 'self'",
            *video,
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'self'",
        )
    )
