"""A clip's public page with all that other sites ask of it, and the crew's page of clips."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from blueroom.clips import making, queries
from blueroom.clips.files import path_of
from blueroom.clips.models import Clip
from blueroom.clips.serving import file_answer
from blueroom.clips.stream import SCREEN
from blueroom.desk.queries import card_of_row, row_of
from blueroom.room import rules as room_rules
from blueroom.room.access import NotFound, visitor_of_request
from blueroom.room.actions import NotAllowed
from blueroom.room.themes import name_of
from blueroom.room.views import crew, session_for, ticket_for

SPOKEN = ("fr", "en")
# Short: what is taken back from the public must be gone soon, wherever a copy lies.
PUBLIC_FOR = "public, max-age=60"
PUBLIC_FILE_FOR = "public, max-age=300"
PRIVATE = "private, no-cache"
# Other sites may frame this one page; all else of it is as strict as everywhere.
EMBED_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors *",
    )
)
EMBED_WIDTH_PX, EMBED_HEIGHT_PX = 640, 360
JPEG = "image/jpeg"
VTT = "text/vtt; charset=utf-8"
Page = Callable[..., HttpResponse]


class Gone(Exception):
    """The clip was taken away for good."""


def _seen(request: HttpRequest, slug: str) -> tuple[Clip, bool]:
    """The clip, and whether all the world may see it: strangers find nothing where not.

    Raises:
        Http404: there is none, or it is none of theirs.
        Gone: it was taken away.
    """
    try:
        clip = queries.clip_at(slug)
        if queries.is_gone(clip):
            raise Gone
        if queries.is_open_to_all(clip):
            return clip, True  # nobody is asked who they are: caches may keep it
        visitor = visitor_of_request(request)
        if visitor is None:
            raise NotFound
        visitor.actor_in(queries.session_of(clip).room_id, "edit_clip")
    except (NotFound, NotAllowed) as error:
        raise Http404 from error
    return clip, False


def public(view: Page) -> Page:
    """A page, or a file of one, that says kindly that a clip is gone."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        language = request.GET.get("lang", "")
        spoken = language if language in SPOKEN else get_language() or SPOKEN[1]
        with translation.override(spoken):
            try:
                answer = view(request, *args, **named)
            except Gone:
                answer = render(request, "clips/gone.html", status=410)
        answer.headers.setdefault("Content-Language", spoken)
        answer.headers.setdefault("Cache-Control", PRIVATE)
        return answer

    return cast(Page, require_safe(wrapped))


@public
def clip(request: HttpRequest, clip: str) -> HttpResponse:
    """The clip with its question beside it; works without JavaScript, and speaks to other sites."""
    shown, is_public = _seen(request, clip)
    answer = render(request, "clips/clip.html", _page(request, shown, is_public=is_public))
    answer.headers["Cache-Control"] = PUBLIC_FOR if is_public else PRIVATE
    return answer


@xframe_options_exempt
@public
def embed(request: HttpRequest, clip: str) -> HttpResponse:
    """The clip alone, for other sites to frame."""
    shown, is_public = _seen(request, clip)
    answer = render(request, "clips/embed.html", _page(request, shown, is_public=is_public))
    answer.headers["Content-Security-Policy"] = EMBED_POLICY
    answer.headers["Cache-Control"] = PUBLIC_FOR if is_public else PRIVATE
    return answer


def _page(request: HttpRequest, clip: Clip, *, is_public: bool) -> dict[str, Any]:
    """What the templates of a clip say. Addresses that leave the page are whole ones."""
    question = queries.question_of(clip)
    session = question.session
    row = row_of(question.pk)

    def whole(name: str, *args: str) -> str:
        return request.build_absolute_uri(reverse(name, args=[clip.slug, *args]))

    width_px, height_px = _fitting(clip, EMBED_WIDTH_PX, EMBED_HEIGHT_PX)
    shown = {
        "clip": clip,
        "session": session,
        "card": card_of_row(row),
        "post_url": row.url,
        "title": queries.title_of(clip),
        "said": _description(clip),
        "is_public": is_public,
        "language": get_language(),
        "captions": [
            {
                "language": one.language,
                "name": LANGUAGE_NAMES.get(one.language, one.language),
                "kind": "subtitles" if one.is_translation else "captions",
            }
            for one in queries.captions_shown(clip)
        ],
        "downloads": _downloads(clip),
        "page_url": whole("clip"),
        "embed_url": whole("clip_embed"),
        "oembed_url": whole("clip_oembed"),
        "video_url": whole("clip_file", "clip.mp4"),
        "poster_url": whole("clip_file", "poster.jpg") if clip.poster else "",
        "editor_url": f"{reverse('clips', args=[session.slug])}#{clip.slug}",
        "embed_width_px": width_px,
        "embed_height_px": height_px,
    }
    return {**shown, "embed_code": _embed_code(shown), "json_ld": _json_ld(shown)}


def _fitting(clip: Clip, width_px: int, height_px: int) -> tuple[int, int]:
    """The largest size of the clip's form inside these two."""
    if not clip.width_px or not clip.height_px:
        return width_px, height_px
    scale = min(width_px / clip.width_px, height_px / clip.height_px)
    return max(1, round(clip.width_px * scale)), max(1, round(clip.height_px * scale))


def _description(clip: Clip) -> str:
    question = queries.question_of(clip)
    values = {"guest": question.session.guest.name, "room": name_of(question.session.room)}
    if question.answer_text:
        return question.answer_text
    return gettext("An answer by %(guest)s in %(room)s.") % values


LANGUAGE_NAMES = {
    "fr": "Français",
    "en": "English",
    "es": "Español",
    "de": "Deutsch",
    "it": "Italiano",
    "pt": "Português",
    "nl": "Nederlands",
    "ar": "العربية",
}


def _downloads(clip: Clip) -> list[dict[str, Any]]:
    """The files to take away, those with the card in them first; the clip as it was cut last."""
    found = []
    for shape, name in queries.FILE_OF_SHAPE.items():
        best = queries.best_render(clip, shape)
        if best is not None:
            found.append({"label": shape.label, "file": name, "size_bytes": best.size_bytes})
    if clip.file:
        label = gettext("without the card")
        found.append({"label": label, "file": "clip.mp4", "size_bytes": clip.size_bytes})
    return found


def _embed_code(page: dict[str, Any]) -> SafeString:
    return format_html(
        '<iframe src="{}" width="{}" height="{}" title="{}" style="border:0" loading="lazy" '
        'allow="fullscreen" allowfullscreen></iframe>',
        page["embed_url"],
        page["embed_width_px"],
        page["embed_height_px"],
        page["title"],
    )


def _json_ld(page: dict[str, Any]) -> SafeString:
    """A VideoObject as search engines read it (schema.org/VideoObject, read 2026-11)."""
    clip: Clip = page["clip"]
    told: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "VideoObject",
        "name": page["title"],
        "description": page["said"],
        "uploadDate": (clip.published_at or clip.created_at).isoformat(),
        "duration": f"PT{clip.duration_s:.0f}S",
        "contentUrl": page["video_url"],
        "embedUrl": page["embed_url"],
        "url": page["page_url"],
    }
    if page["poster_url"]:
        told["thumbnailUrl"] = page["poster_url"]
    text = json.dumps(told, ensure_ascii=False)
    # As Django's json_script does: nothing in it can end the element.
    for mark in "<>&":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308 - escaped above


@public
def oembed(request: HttpRequest, clip: str) -> HttpResponse:
    """How other sites show the clip by its address alone (oembed.com, read 2026-11)."""
    shown, is_public = _seen(request, clip)
    if request.GET.get("format", "json") != "json":
        return HttpResponse(status=501)
    page = _page(request, shown, is_public=is_public)
    room = (_most(request, "maxwidth", 1280), _most(request, "maxheight", 720))
    page["embed_width_px"], page["embed_height_px"] = _fitting(shown, *room)
    told = {
        "version": "1.0",
        "type": "video",
        "title": page["title"],
        "author_name": page["session"].guest.name,
        "provider_name": name_of(page["session"].room),
        "provider_url": request.build_absolute_uri("/"),
        "cache_age": 60,
        "html": _embed_code(page),
        "width": page["embed_width_px"],
        "height": page["embed_height_px"],
    }
    if page["poster_url"]:
        told |= {
            "thumbnail_url": page["poster_url"],
            "thumbnail_width": shown.width_px,
            "thumbnail_height": shown.height_px,
        }
    answer = JsonResponse(told, content_type="application/json; charset=utf-8")
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cache-Control"] = PUBLIC_FOR if is_public else PRIVATE
    return answer


def _most(request: HttpRequest, name: str, default: int) -> int:
    asked = request.GET.get(name, "")
    return (
        min(default, int(asked)) if asked.isascii() and asked.isdigit() and int(asked) else default
    )


@public
def captions(request: HttpRequest, clip: str, language: str) -> HttpResponse:
    """The captions of one language as WebVTT; those that nobody read yet for the crew only."""
    shown, is_public = _seen(request, clip)
    found = shown.captions.filter(language=language)
    if is_public:
        found = found.filter(is_checked=True)
    one = found.first()
    if one is None:
        raise Http404
    answer = HttpResponse(queries.vtt_of(shown, one), content_type=VTT)
    answer.headers["Cache-Control"] = PUBLIC_FOR if is_public else PRIVATE
    return answer


@public
def clip_file(request: HttpRequest, clip: str, file: str) -> HttpResponse:
    """The picture and the files, in stretches. `?download` saves, `?language` asks for captions."""
    shown, is_public = _seen(request, clip)
    name = _named(shown, file, request.GET.get("language", ""))
    if not name:
        raise Http404
    download_as = ""
    if "download" in request.GET:
        guest = queries.session_of(shown).guest.name
        download_as = f"{guest} {shown.slug} {file}"
    try:
        return file_answer(
            request,
            path_of(shown.slug, name),
            media_type=JPEG if file.endswith(".jpg") else queries.MEDIA_TYPE,
            cache=PUBLIC_FILE_FOR if is_public else PRIVATE,
            download_as=download_as,
        )
    except FileNotFoundError as error:
        raise Http404 from error


def _named(clip: Clip, file: str, language: str) -> str:
    """What the file is called on disk; "" where there is none."""
    if file == "clip.mp4":
        return clip.file
    if file == "poster.jpg":
        return clip.poster
    shape = next((one for one, name in queries.FILE_OF_SHAPE.items() if name == file), None)
    wanted = ["" if language == "none" else language] if language else []
    found = queries.best_render(clip, shape, languages=wanted) if shape else None
    return Path(found.file).name if found else ""


# The crew's page


@ensure_csrf_cookie
@crew
@require_safe
def clips(request: HttpRequest, slug: str) -> HttpResponse:
    """The screen of a session's clips, which fills itself by the stream; `#<clip>` opens one."""
    session, by = session_for(request, slug, "edit_clip")
    boot = {
        "slug": session.slug,
        "language": get_language(),
        "topic": f"{session.slug}/{SCREEN}",
        "stream": None,
        "ticket_url": reverse("clips_ticket", args=[session.slug]),
        "api": "/api/v1",
        "csrf": get_token(request),
        "desk_url": reverse("desk", args=[session.slug]),
        "login_url": f"{reverse('account_login')}?next={request.path}",
        "may_publish": room_rules.may(by.role, "publish_clip"),
        "may_mark": room_rules.may(by.role, "mark_answer"),
        "can_hear": making.can_hear(),
        "zone": session.room.time_zone,
        "spoken": LANGUAGE_NAMES,
    }
    return render(request, "clips/clips.html", {"session": session, "boot": boot})


@require_safe
def ticket(request: HttpRequest, slug: str) -> JsonResponse:
    """A fresh address of the clips' stream."""
    return ticket_for(request, slug, SCREEN)
