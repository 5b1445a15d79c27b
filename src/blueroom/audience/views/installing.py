"""What lets a phone keep the page like an app: manifest, icons, service worker, and what is shown
where there is no line."""

from __future__ import annotations

import functools
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from blueroom.audience.views.announcing import when_of
from blueroom.audience.views.public import public_file
from blueroom.design.templatetags.assets import BUILT, manifest
from blueroom.media.invitation import draw_icon
from blueroom.room.models import Session
from blueroom.room.themes import colour_of, name_of

ICONS = {"180": (180, True), "192": (192, False), "512": (512, False), "mask-512": (512, True)}
PUBLIC_FOR = "public, max-age=300"
ICON_FOR = "public, max-age=604800"


@public_file(PUBLIC_FOR)
def app_manifest(request: HttpRequest, session: Session) -> JsonResponse:
    """What a phone installs (w3.org/TR/appmanifest, read 2026-11)."""
    page = reverse("phone", args=[session.slug])
    icons = [
        {
            "src": reverse("phone_icon", args=[name]),
            "sizes": f"{ICONS[name][0]}x{ICONS[name][0]}",
            "type": "image/png",
            "purpose": "maskable" if ICONS[name][1] else "any",
        }
        for name in ("192", "512", "mask-512")
    ]
    told = {
        "id": page,
        "name": f"{session.guest.name} – {name_of(session.room)}",
        "short_name": session.guest.name,
        "start_url": page,
        "scope": page,
        "display": "standalone",
        "lang": get_language(),
        "dir": "auto",
        "background_color": colour_of(session.room, "wall", "day"),
        "theme_color": colour_of(session.room, "wall-top", "day"),
        "icons": icons,
    }
    return JsonResponse(told, content_type="application/manifest+json")


@require_safe
def icon(request: HttpRequest, name: str) -> HttpResponse:
    """The mark of the house, for phones to show among their apps."""
    if name not in ICONS:
        raise Http404
    size_px, is_masked = ICONS[name]
    answer = HttpResponse(draw_icon(size_px, is_masked=is_masked), content_type="image/png")
    answer.headers["Cache-Control"] = ICON_FOR
    return answer


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The script that shows something where there is no line. Its place is its scope: /s/."""
    path = BUILT / manifest()["src/blueroom/audience/web/service.ts"]["file"]
    answer = HttpResponse(_script(path), content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@functools.lru_cache(maxsize=2)
def _script(path: Path) -> str:
    return path.read_text()


@public_file(PUBLIC_FOR)
def offline(request: HttpRequest, session: Session) -> HttpResponse:
    """What the service worker keeps and shows without a line: nothing of anybody, and nothing that
    grows old."""
    boot = {
        "slug": session.slug,
        "language": get_language(),
        "guest": session.guest.name,
        "room": name_of(session.room),
        "when": when_of(session),
        "page_url": reverse("phone", args=[session.slug]),
        "is_offline": True,
    }
    return render(request, "audience/offline.html", {"session": session, "boot": boot})
