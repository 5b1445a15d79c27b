"""A room's own look: what is kept of it, and the verbs that change it."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import msgspec
from django.db.transaction import on_commit
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from blueroom.base.errors import NotAcceptable
from blueroom.design import theme as design
from blueroom.design.colours import clean_colour
from blueroom.design.theme import CHOICES, HOUSE_FACES, LIGHTS, TYPEFACES, Choice, Failure, Light
from blueroom.media.jobs import run_job
from blueroom.media.pictures import LogoArguments, LogoPicture
from blueroom.room import rules
from blueroom.room.actions import require
from blueroom.room.actor import Actor
from blueroom.room.models import Logo, Room
from blueroom.room.rules import FieldRefused
from blueroom.room.wire import RoomTexts
from blueroom.room.writing import one_transaction
from blueroom.updates.tell import changed

TEXT_LENGTHS = {"name": 80, "hashtag": 40, "ask": 80, "goodbye": 160}
TEXT_LANGUAGES = ("fr", "en")  # what screens speak
LOGO_BYTES = 5 * 1024 * 1024  # as it is sent
LOGO_KEPT_BYTES = 400_000
LOGO_PX = (960, 320)
LOGO_LIMIT_S = 20.0
_LEAST_LOGO_PX = (240, 80)


class KeptLogo(msgspec.Struct, frozen=True, kw_only=True):
    """A logo in the table of logos, by its digest."""

    digest: str
    width_px: int
    height_px: int


class Theme(msgspec.Struct, frozen=True, kw_only=True):
    """All that a room chose. What is not in it is as the house has it."""

    colours: dict[Light, dict[Choice, str]] = {}
    faces: dict[str, str] = {}  # "voice" and "text": a key of TYPEFACES
    texts: dict[str, RoomTexts] = {}  # by language
    logos: dict[Light, KeptLogo] = {}


class ThemeUnreadable(NotAcceptable):
    """Colours that cannot be read; `details["failures"]` says which pairs, and what would pass."""

    code: ClassVar[str] = "theme_unreadable"
    sentence = _("Some of these colours cannot be read on one another.")  # type: ignore[assignment]

    def __init__(self, failures: list[Failure]) -> None:
        self.failures = failures
        super().__init__(
            " ".join(one.sentence for one in failures),
            failures=[
                {**msgspec.to_builtins(one), "ratio": round(one.ratio, 2), "field": one.field}
                for one in failures
            ],
        )


class LogoTooLarge(NotAcceptable):
    code: ClassVar[str] = "logo_too_large"
    sentence = _("The logo is too large. Send one of at most 5 MB.")  # type: ignore[assignment]


def theme_of(room: Room) -> Theme:
    """What the room chose."""
    return msgspec.convert(room.theme, Theme)


def css_of(theme: Theme) -> str:
    """The theme's stylesheet; "" for the house's look."""
    return _css(msgspec.json.encode(theme, order="deterministic"))


@lru_cache(maxsize=256)
def _css(encoded: bytes) -> str:
    theme = msgspec.json.decode(encoded, type=Theme)
    logos = {
        light: design.Logo(
            url=reverse("logo", args=[kept.digest]), ratio=kept.width_px / kept.height_px
        )
        for light, kept in theme.logos.items()
    }
    return design.stylesheet(theme.colours, theme.faces, logos)


def theme_path(room: Room) -> str:
    """The address of the room's stylesheet, which changes with it; "" for the house's look."""
    css = css_of(theme_of(room))
    return reverse("theme_css", args=[room.slug, design.digest_of(css)]) if css else ""


def clean_colours(
    given: Mapping[str, Mapping[str, str | None]],
) -> dict[Light, dict[Choice, str]]:
    """The chosen colours as they are kept; what is empty is the house's.

    Raises:
        FieldRefused: one is no colour, or there is no such choice.
    """
    kept: dict[Light, dict[Choice, str]] = {}
    unknown = [
        f"{light}.{choice}"
        for light, chosen in given.items()
        for choice in chosen
        if light not in LIGHTS or choice not in CHOICES
    ]
    if unknown:
        sentence = gettext("There is no such colour to choose: %(name)s.")
        raise FieldRefused(sentence % {"name": unknown[0][:60]}, field="colours")
    for light in LIGHTS:
        for choice in CHOICES:
            written = (given.get(light, {}).get(choice) or "").strip()
            if not written:
                continue
            colour = clean_colour(written)
            if colour is None:
                sentence = gettext("“%(colour)s” is no colour. Write it as #1c5d99.")
                raise FieldRefused(sentence % {"colour": written[:20]}, field=f"{choice}_{light}")
            kept.setdefault(light, {})[choice] = colour
    return kept


def _clean_faces(given: Mapping[str, str]) -> dict[str, str]:
    if any(part not in HOUSE_FACES for part in given):
        raise FieldRefused(_("Choose a typeface."), field="faces")
    for part, face in given.items():
        if face and face not in TYPEFACES:
            raise FieldRefused(_("Choose a typeface."), field=part)
    return {part: face for part, face in given.items() if face and face != HOUSE_FACES[part]}


def _clean_texts(given: Mapping[str, Mapping[str, str]]) -> dict[str, RoomTexts]:
    kept = {}
    for language, texts in given.items():
        if language not in TEXT_LANGUAGES or any(name not in TEXT_LENGTHS for name in texts):
            raise FieldRefused(_("There is no such text, or not in this language."), field="texts")
        said = {
            name: rules.clean_line(text, field=f"{name}_{language}", length_max=TEXT_LENGTHS[name])
            for name, text in texts.items()
            if text.strip()
        }
        if said:
            kept[language] = RoomTexts(**said)
    return kept


def keep_theme(
    *,
    room: Room,
    colours: Mapping[str, Mapping[str, str | None]],
    faces: Mapping[str, str],
    texts: Mapping[str, Mapping[str, str]],
    now: datetime,
    by: Actor,
) -> Room:
    """The room in its new look, which its screens take at once. Its logos stay.

    Raises:
        ThemeUnreadable: a pair of its colours has too little contrast.
        FieldRefused: something else that was entered cannot be taken.
    """
    require(by, "change_room", room.pk)
    chosen = clean_colours(colours)
    failures = design.failures(chosen)
    if failures:
        raise ThemeUnreadable(failures)
    with one_transaction():
        room = Room.objects.select_for_update().get(pk=room.pk)
        theme = Theme(
            colours=chosen,
            faces=_clean_faces(faces),
            texts=_clean_texts(texts),
            logos=theme_of(room).logos,
        )
        return _wear(room, theme)


def reset_theme(*, room: Room, now: datetime, by: Actor) -> Room:
    """The room in the house's look; its logos, colours, typefaces and texts are gone."""
    require(by, "change_room", room.pk)
    with one_transaction():
        room.logos.all().delete()
        return _wear(room, Theme())


def keep_logo(*, room: Room, light: str, picture: bytes, now: datetime, by: Actor) -> Room:
    """The room with that logo by day or on air; the only one serves both. Written anew as PNG.

    Raises:
        NotAcceptable: it is no picture, too large, damaged; with a code for each.
        JobFailed: nobody could read it.
    """
    require(by, "change_room", room.pk)
    which = _clean_light(light)
    if len(picture) > LOGO_BYTES:
        raise LogoTooLarge
    made = _clean_logo(picture)
    digest = hashlib.sha256(made.png).hexdigest()[:16]
    kept = KeptLogo(digest=digest, width_px=made.width_px, height_px=made.height_px)
    with one_transaction():
        room = Room.objects.select_for_update().get(pk=room.pk)
        Logo.objects.update_or_create(
            room=room, light=which, defaults={"digest": digest, "png": made.png}
        )
        theme = theme_of(room)
        return _wear(room, msgspec.structs.replace(theme, logos={**theme.logos, which: kept}))


def remove_logo(*, room: Room, light: str, now: datetime, by: Actor) -> Room:
    """The room without that logo. May be repeated."""
    require(by, "change_room", room.pk)
    which = _clean_light(light)
    with one_transaction():
        room = Room.objects.select_for_update().get(pk=room.pk)
        room.logos.filter(light=which).delete()
        theme = theme_of(room)
        logos = {one: kept for one, kept in theme.logos.items() if one != which}
        return _wear(room, msgspec.structs.replace(theme, logos=logos))


def _clean_light(light: str) -> Light:
    for known in LIGHTS:
        if light == known:
            return known
    raise FieldRefused(_("A logo is for screens by day or on air."), field="light")


def _clean_logo(picture: bytes) -> LogoPicture:
    """The logo as large as its bytes allow."""
    width_px, height_px = LOGO_PX
    with tempfile.NamedTemporaryFile(prefix="logo-") as upload:
        upload.write(picture)
        upload.flush()
        while True:
            asked = LogoArguments(path=Path(upload.name), width_px=width_px, height_px=height_px)
            made = run_job("logo", asked, LogoPicture, time_limit_s=LOGO_LIMIT_S, nice=0)
            if len(made.png) <= LOGO_KEPT_BYTES or width_px <= _LEAST_LOGO_PX[0]:
                return made
            width_px, height_px = width_px // 2, height_px // 2


def _wear(room: Room, theme: Theme) -> Room:
    room.theme = _without_empty(msgspec.to_builtins(theme))
    room.save(update_fields=["theme"])
    for session_id in room.sessions.values_list("id", flat=True):
        changed(session_id, session=True, when=on_commit)
    return room


def _without_empty(kept: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in kept.items() if value}


def colour_of(room: Room, token: str, light: Light) -> str:
    """A token's colour, "#rrggbb"."""
    return design.tokens(light, theme_of(room).colours.get(light, {}))[token]


def text_of(room: Room, name: str) -> str:
    """A text of the room's own in the language that is spoken now; "" where it has none."""
    texts = theme_of(room).texts.get((get_language() or "en")[:2])
    return str(getattr(texts, name)) if texts else ""


def name_of(room: Room) -> str:
    """How the room is called in the language that is spoken now; the house's name without one."""
    return text_of(room, "name") or room.name or gettext("Blue Room")
