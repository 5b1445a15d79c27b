"""The look of a room: its form, what it would be, and the files that screens load."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from blueroom.base.clock import now
from blueroom.base.errors import BlueRoomError
from blueroom.design import theme as design
from blueroom.design.theme import LIGHTS
from blueroom.room import forms, themes
from blueroom.room.models import Logo, Room, SessionState
from blueroom.room.views import crew, room_for

YEAR_S = 365 * 24 * 3600


@crew
@require_http_methods(["GET", "POST"])
def change_theme(request: HttpRequest) -> HttpResponse:
    """The form; `take` in it holds colours to be taken in place of those that were typed."""
    room, by = room_for(request, "change_room")
    theme = themes.theme_of(room)
    posted = request.POST.copy() if request.method == "POST" else None
    taken = posted.get("take", "") if posted is not None else ""
    for field, _colon, colour in (part.partition("=") for part in taken.split() if posted):
        posted[field] = colour  # type: ignore[index]  # nothing is taken where nothing was posted
    form = forms.ThemeForm(posted, request.FILES or None, initial=forms.ThemeForm.initial_of(theme))
    failures: list[design.Failure] = []
    if posted is not None and form.is_valid():
        try:
            for light, picture in form.logos():
                themes.keep_logo(room=room, light=light, picture=picture, now=now(), by=by)
            for light in form.logos_gone():
                themes.remove_logo(room=room, light=light, now=now(), by=by)
            themes.keep_theme(room=room, now=now(), by=by, **form.plan())
        except themes.ThemeUnreadable as error:
            failures = error.failures
            for one in failures:
                form.add_error(one.field, one.sentence)
        except BlueRoomError as error:
            forms.add_refusal(form, error)
        else:
            messages.success(
                request, gettext("The room’s look is saved. Open screens take it now.")
            )
            return redirect(request.get_full_path())
    forms.describe_fields(form)
    context = {
        "form": form,
        "room": room,
        "theme": themes.theme_of(Room.objects.get(pk=room.pk)),
        "failures": {one.field: one for one in failures},
        "all": " ".join(f"{one.field}={one.nearest}" for one in failures if one.nearest),
        "boot": _boot(room, "theme"),
    }
    return render(request, "room/theme.html", context, status=422 if form.errors else 200)


def _boot(room: Room, screen: str) -> dict[str, Any]:
    theme = themes.theme_of(room)
    return {
        "screen": screen,
        "language": (get_language() or "en")[:2],
        "room": room.name,
        "try_url": reverse("try_theme", query={"room": room.slug}),
        "faces": {key: stack for key, (_name, stack) in design.TYPEFACES.items()},
        "house": design.HOUSE,
        "logos": {
            light: {
                "url": reverse("logo", args=[kept.digest]),
                "ratio": kept.width_px / kept.height_px,
            }
            for light, kept in theme.logos.items()
        },
        "names": {token: str(name) for token, name in design.NAMES.items()},
        "pairs": {light: [list(pair) for pair in design.pairs(light)] for light in LIGHTS},
    }


@crew
@require_POST
def try_theme(request: HttpRequest) -> HttpResponse:
    """All the tokens that these colours would make, and which cannot be read; keeps nothing."""
    room_for(request, "change_room")
    try:
        given = json.loads(request.body)
        colours = themes.clean_colours({light: dict(given[light]) for light in LIGHTS})
    except (ValueError, TypeError, KeyError, AttributeError):
        return JsonResponse({"code": "not_json", "message": gettext("Send colours.")}, status=400)
    except themes.FieldRefused as error:
        return JsonResponse({"code": error.code, "message": str(error.message)}, status=422)
    return JsonResponse(
        {
            "tokens": {light: design.tokens(light, colours.get(light, {})) for light in LIGHTS},
            "failures": [
                {"field": one.field, "nearest": one.nearest, "sentence": one.sentence}
                for one in design.failures(colours)
            ],
        }
    )


@crew
@require_POST
def reset_theme(request: HttpRequest) -> HttpResponse:
    room, by = room_for(request, "change_room")
    themes.reset_theme(room=room, now=now(), by=by)
    messages.success(request, gettext("The room has the house’s look again."))
    return redirect(reverse("change_theme", query={"room": room.slug}))


@crew
@require_GET
def show_design(request: HttpRequest) -> HttpResponse:
    """Every part of the design system as it looks now, in the room's theme."""
    room, _by = room_for(request, "see_design")
    context = {
        "room": room,
        "sides": [(light, forms.SpecimenForm.shown(light)) for light in LIGHTS],
        "states": [
            {"state": state, "is_rehearsal": state == SessionState.CLOSED} for state in SessionState
        ],
        "boot": _boot(room, "design"),
    }
    return render(request, "room/design.html", context)


@require_GET
def theme_css(request: HttpRequest, slug: str, digest: str) -> HttpResponse:
    """A room's stylesheet: for good under its own digest, else as it is now, for this once."""
    room = Room.objects.filter(slug=slug).first()
    css = themes.css_of(themes.theme_of(room)) if room else ""
    if room is None:
        raise Http404
    response = HttpResponse(css, content_type="text/css; charset=utf-8")
    if design.digest_of(css) == digest:
        patch_cache_control(response, public=True, max_age=YEAR_S, immutable=True)
    else:
        patch_cache_control(response, no_store=True)
    return response


@require_GET
def logo(request: HttpRequest, digest: str) -> HttpResponse:
    """A logo that a room wears."""
    found = Logo.objects.filter(digest=digest).first()
    if found is None:
        raise Http404
    response = HttpResponse(bytes(found.png), content_type="image/png")
    patch_cache_control(response, public=True, max_age=YEAR_S, immutable=True)
    return response
