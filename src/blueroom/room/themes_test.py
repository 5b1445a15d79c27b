"""A room's own look: saved, refused, worn by its screens, taken off."""

from __future__ import annotations

import base64
import io
import json
import re

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from blueroom.base.errors import NotAcceptable
from blueroom.media.uploads import PictureIsSvg, PictureUnknown
from blueroom.room import themes
from blueroom.room.actions import NotAllowed, make_token
from blueroom.room.actor import actor_of_membership, house
from blueroom.room.cards import card_of_session
from blueroom.room.models import Logo, Role, Room
from blueroom.room.rules import FieldRefused
from blueroom.room.wire import RoomTexts

COLOURS = {"day": {"accent": "#8A1538"}, "air": {"ground": "#1a0008"}}


@pytest.fixture
def keep(room, moment):
    """Saves a look as the house would."""

    def keep(*, colours=COLOURS, faces=None, texts=None, by=None):
        return themes.keep_theme(
            room=room,
            colours=colours,
            faces=faces or {},
            texts=texts or {},
            now=moment,
            by=by or house(room.pk),
        )

    return keep


@pytest.fixture
def producer_client(make_member):
    client = Client()
    person = make_member(Role.PRODUCER, "Paula").person
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def picture():
    """A red bar in the middle of nothing."""
    drawn = Image.new("RGBA", (900, 300))
    drawn.paste((180, 20, 40, 255), (100, 50, 800, 250))
    written = io.BytesIO()
    drawn.save(written, "PNG")
    return written.getvalue()


def form_of(page):
    """What the form would send as it stands."""
    text = page.content.decode()
    checked = re.findall(r'type="radio" name="(\w+)" value="(\w+)"[^>]*checked', text)
    return dict(checked)


def test_look_is_kept_and_told_to_screens(keep, session):
    room = keep(
        faces={"voice": "sans", "text": "figtree"},
        texts={"fr": {"goodbye": " À  dimanche ! "}, "en": {"goodbye": ""}},
    )

    session.room = room
    card = card_of_session(session)
    assert themes.theme_of(room) == themes.Theme(
        colours={"day": {"accent": "#8a1538"}, "air": {"ground": "#1a0008"}},
        faces={"voice": "sans"},
        texts={"fr": RoomTexts(goodbye="À dimanche !")},
    )
    assert card.texts == {"fr": RoomTexts(goodbye="À dimanche !")}
    assert card.theme == themes.theme_path(room) != ""


def test_open_screens_hear_of_a_new_look(keep, session, monkeypatch):
    heard = []
    monkeypatch.setattr(
        themes, "changed", lambda *ids, **what: heard.append((ids, what["session"]))
    )

    keep()

    assert heard == [((session.pk,), True)]


def test_unreadable_colours_are_refused_and_nothing_is_kept(keep, room):
    with pytest.raises(themes.ThemeUnreadable) as refused:
        keep(colours={"day": {"accent": "#00a651"}})

    room.refresh_from_db()
    [failure] = refused.value.details["failures"]
    assert (failure["field"], failure["ink"], failure["ground"]) == ("accent_day", "blue", "sky")
    assert room.theme == {}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"colours": {"day": {"accent": "url(//x)"}}}, "accent_day"),
        ({"colours": {"dusk": {"accent": "#000000"}}}, "colours"),
        ({"faces": {"voice": "Comic Sans"}}, "voice"),
        ({"texts": {"fr": {"hashtag": "é" * 41}}}, "hashtag_fr"),
        ({"texts": {"xx": {"hashtag": "a"}}}, "texts"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_its_field(keep, wrong, field):
    with pytest.raises(FieldRefused) as refused:
        keep(**{"colours": {}, **wrong})
    assert refused.value.details["field"] == field


def test_moderator_changes_no_look(keep, make_member):
    by = actor_of_membership(make_member(Role.MODERATOR, "Ana"))
    with pytest.raises(NotAllowed):
        keep(by=by)


def test_logo_is_written_anew_without_its_empty_border(room, moment):
    sent = picture() + b"<script>behind the picture</script>"
    room = themes.keep_logo(room=room, light="day", picture=sent, now=moment, by=house(room.pk))

    kept = Logo.objects.get(room=room, light="day")
    drawn = Image.open(io.BytesIO(bytes(kept.png)))
    assert (drawn.format, drawn.mode, drawn.size) == ("PNG", "RGBA", (700, 200))
    assert drawn.getpixel((350, 100)) == (180, 20, 40, 255)
    assert b"script" not in bytes(kept.png)
    assert themes.theme_of(room).logos == {
        "day": themes.KeptLogo(digest=kept.digest, width_px=700, height_px=200)
    }


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", PictureIsSvg),
        (b"no picture at all", PictureUnknown),
        (b"\x89PNG" + bytes(themes.LOGO_BYTES), themes.LogoTooLarge),
    ],
)
def test_logo_that_is_no_picture_is_refused(room, moment, sent, error):
    with pytest.raises(NotAcceptable) as refused:
        themes.keep_logo(room=room, light="day", picture=sent, now=moment, by=house(room.pk))
    assert refused.value.code == error.code
    assert not Logo.objects.exists()


def test_reset_leaves_nothing(keep, room, moment):
    themes.keep_logo(room=room, light="air", picture=picture(), now=moment, by=house(room.pk))
    room = themes.reset_theme(room=keep(), now=moment, by=house(room.pk))

    assert (room.theme, Logo.objects.count(), themes.theme_path(room)) == ({}, 0, "")


def test_stylesheet_is_cached_for_good_under_its_own_address_alone(client, keep, room):
    old = themes.theme_path(keep())
    room = keep(colours={"day": {"accent": "#1a3a8a"}})

    now, then = client.get(themes.theme_path(room)), client.get(old)
    assert "immutable" in now["Cache-Control"]
    assert then["Cache-Control"] == "no-store"
    assert now.content == then.content == themes.css_of(themes.theme_of(room)).encode()
    assert now["Content-Type"] == "text/css; charset=utf-8"


def test_screens_load_their_rooms_stylesheet(client, keep, session):
    path = themes.theme_path(keep())

    assert path in client.get(reverse("phone", args=[session.slug])).content.decode()


def test_form_refuses_and_one_click_takes_the_nearest_colours(producer_client, room):
    page = producer_client.get(reverse("change_theme"))
    sent = {**form_of(page), "accent_day": "#00a651", "goodbye_fr": "À dimanche !"}

    refused = producer_client.post(reverse("change_theme"), sent)
    [take] = re.findall(r'name="take" value="([^"]+)"', refused.content.decode())
    saved = producer_client.post(reverse("change_theme"), {**sent, "take": take})

    room.refresh_from_db()
    assert (refused.status_code, saved.status_code) == (422, 302)
    assert take == f"accent_day={room.theme['colours']['day']['accent']}"
    assert room.theme["texts"]["fr"]["goodbye"] == "À dimanche !"


def test_form_takes_logos_and_takes_them_away(producer_client, room):
    page = producer_client.get(reverse("change_theme"))
    logo = io.BytesIO(picture())
    logo.name = "logo.png"

    producer_client.post(reverse("change_theme"), {**form_of(page), "logo_day": logo})
    worn = producer_client.get(reverse("logo", args=[Logo.objects.get().digest]))
    producer_client.post(reverse("change_theme"), {**form_of(page), "logo_day_gone": "on"})

    room.refresh_from_db()
    assert (worn["Content-Type"], "immutable" in worn["Cache-Control"]) == ("image/png", True)
    assert (room.theme, Logo.objects.count()) == ({}, 0)


def test_preview_keeps_nothing(producer_client, room):
    colours = {"day": {"accent": "#00a651", "ground": ""}, "air": {}}
    answer = producer_client.post(
        reverse("try_theme"), json.dumps(colours), content_type="application/json"
    ).json()

    room.refresh_from_db()
    assert answer["tokens"]["day"]["blue"] == "#00a651"
    assert [one["field"] for one in answer["failures"]] == ["accent_day"]
    assert room.theme == {}


@pytest.mark.parametrize("sent", ["{", "[]", '{"day": 1, "air": 2}', '{"day": {}}'])
def test_preview_refuses_what_are_no_colours(producer_client, sent):
    answer = producer_client.post(reverse("try_theme"), sent, content_type="application/json")
    assert answer.status_code == 400


def test_api_keeps_tells_refuses_and_resets(client, room, moment):
    _, secret = make_token(room=room, role="producer", label="t", now=moment, by=house(room.pk))
    call = {"content_type": "application/json", "headers": {"Authorization": f"Bearer {secret}"}}
    theme, logos = "/api/v1/room/theme", "/api/v1/room/theme/logos/day"

    kept = client.put(theme, json.dumps({"colours": COLOURS}), **call)
    with_logo = client.put(
        logos, json.dumps({"data": base64.b64encode(picture()).decode()}), **call
    )
    refused = client.put(theme, json.dumps({"colours": {"day": {"accent": "#00a651"}}}), **call)
    no_logo = client.put(logos, json.dumps({"data": "???"}), **call)
    told = client.get(theme, **call).json()
    gone = client.delete(theme, **call)

    assert kept.json()["colours"] == {"day": {"accent": "#8a1538"}, "air": {"ground": "#1a0008"}}
    assert with_logo.json() == told
    assert list(told["logos"]) == ["day"]
    assert (refused.status_code, refused.json()["code"]) == (422, "theme_unreadable")
    assert refused.json()["failures"][0]["nearest"]
    assert (no_logo.status_code, no_logo.json()["code"]) == (422, "picture_unknown")
    assert (gone.status_code, Room.objects.get().theme) == (204, {})
