"""The points of a heat map, for whoever has its link."""

from __future__ import annotations

import gzip

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from blueroom.base.errors import NotAcceptable
from blueroom.room.links import LinkRevoked, LinkUnknown, open_link
from blueroom.room.models import Link, Screen
from blueroom.walls.heat_points import points_of

DIGITS = 18


class NoMap(NotAcceptable):
    """The link opens another wall."""

    code = "no_map"
    sentence = _("This address opens a wall without a map.")  # type: ignore[assignment]


@never_cache
@require_safe
def points(request: HttpRequest, secret: str) -> HttpResponse:
    """All points of the session, or with `?after=` what changed since that revision.

    As `heat_wire.packed` has them. What changed is told where it is known; otherwise all come.
    """
    try:
        link = _open_map(secret)
    except (LinkUnknown, LinkRevoked, NoMap) as error:
        answer = {"code": error.code, "message": str(error.message)}
        return JsonResponse(answer, status=410 if isinstance(error, LinkRevoked) else 404)
    told = points_of(link.session_id).tell(after=_revision(request.GET.get("after", "")))
    body, is_compressed = told.body, told.is_compressed
    if is_compressed and "gzip" not in request.headers.get("Accept-Encoding", ""):
        body, is_compressed = gzip.decompress(body), False
    response = HttpResponse(body, content_type="application/octet-stream")
    if is_compressed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _open_map(secret: str) -> Link:
    link = open_link(secret)
    if link.screen != Screen.WALL_HEAT:
        raise NoMap
    return link


def _revision(text: str) -> int:
    """The revision that was asked for; 0, everything, for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS else 0
