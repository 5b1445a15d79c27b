"""What announces a session elsewhere, and what lets a phone keep its page."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import translation
from PIL import Image

from blueroom.audience.views.announcing import invitation_of
from blueroom.design.templatetags.assets import BUILT, _reached, manifest
from blueroom.desk.models import Question
from blueroom.media.invitation import Invitation, draw_invitation
from blueroom.room.models import Session, SessionState

FILES = ["calendar.ics", "picture.jpg", "app.webmanifest", "offline"]


@pytest.mark.parametrize("name", FILES)
def test_public_files_are_the_same_for_everybody_and_may_be_kept(
    session: Session, name: str
) -> None:
    phone = Client()
    phone.get("/s/askines/")

    known = phone.get(f"/s/askines/{name}?lang=en")
    stranger = Client().get(f"/s/askines/{name}?lang=en")

    assert (known.status_code, known.content) == (200, stranger.content)
    assert known["Cache-Control"].startswith("public, max-age=")
    assert "Cookie" not in known.get("Vary", "")
    assert not known.cookies
    assert Client().get(f"/s/nobody/{name}").status_code == 404


def test_calendar_speaks_the_language_that_the_address_says(session: Session) -> None:
    files = {
        lang: Client().get(f"/s/askines/calendar.ics?lang={lang}").content.decode()
        for lang in ("fr", "en")
    }

    assert "Posez votre question à Inès Carat." in files["fr"]
    assert "Ask Inès Carat your question." in files["en"]
    assert "URL:http://testserver/s/askines/" in files["en"]


def test_page_shows_other_sites_its_picture_in_its_language(session: Session) -> None:
    page = Client(headers={"accept-language": "fr"}).get("/s/askines/").content.decode()

    (address,) = re.findall(r'<meta property="og:image" content="([^"]+)"', page)
    assert re.fullmatch(
        r"http://testserver/s/askines/picture\.jpg\?lang=fr&amp;v=[0-9a-f]{10}", address
    )
    answer = Client().get(address.replace("&amp;", "&").removeprefix("http://testserver"))
    picture = Image.open(io.BytesIO(answer.content))
    assert (picture.format, picture.size) == ("JPEG", (1200, 630))
    Session.objects.update(state=SessionState.CLOSED)
    later = Client(headers={"accept-language": "fr"}).get("/s/askines/").content.decode()
    assert address not in later  # other words, another address


def test_invitation_says_the_day_in_the_zone_of_the_room(session: Session) -> None:
    with translation.override("en"):
        assert invitation_of(session).when == "Monday 23 November 2026, 21:00"


@pytest.mark.parametrize(
    "guest",
    [
        "",
        "I",
        "إيناس قارات",
        "👩‍🎤🎈",
        "W" * 80,
        "Anne-Charlotte de la Tour d’Auvergne-Lauraguais " * 3,
    ],
)
def test_invitation_draws_any_name_in_its_frame(guest: str) -> None:
    words = Invitation(
        room="La chambre bleue" * 4,
        guest=guest,
        title="T" * 300,
        when="lundi 23 novembre 2026, 21:00",
        call="Posez votre question",
        hashtag="AskInes" * 9,
        language="fr",
    )
    plain = Invitation(room="", guest="", title="", when="", call="", hashtag="", language="fr")

    drawn, empty = (
        Image.open(io.BytesIO(draw_invitation(one))).convert("L") for one in (words, plain)
    )

    # Outside the card and its fur nothing of the words is drawn.
    for box in ((0, 0, 1200, 30), (0, 600, 1200, 630), (0, 0, 30, 630), (1170, 0, 1200, 630)):
        difference = [
            abs(a - b)
            for a, b in zip(drawn.crop(box).tobytes(), empty.crop(box).tobytes(), strict=True)
        ]
        assert max(difference) < 25


def test_manifest_names_the_page_and_icons_that_are_there(session: Session) -> None:
    phone = Client()
    told = phone.get("/s/askines/app.webmanifest?lang=fr").json()

    assert (told["id"], told["scope"], told["start_url"]) == ("/s/askines/",) * 3
    assert (told["name"], told["lang"]) == ("Inès Carat – La chambre bleue", "fr")
    for icon in told["icons"]:
        picture = Image.open(io.BytesIO(phone.get(icon["src"]).content))
        assert (picture.format, f"{picture.width}x{picture.height}") == ("PNG", icon["sizes"])
    assert phone.get("/s/icon-64.png").status_code == 404


def test_offline_page_holds_nothing_that_grows_old_and_nobody(
    session: Session, make_question: Callable[..., Question]
) -> None:
    phone = Client()
    phone.post("/s/askines/ask", {"text": "Un secret ?"})

    page = phone.get("/s/askines/offline?lang=fr").content.decode()

    assert "Pas de connexion" in page
    assert [word for word in ("secret", "csrf", "answered", "on_air") if word in page] == []


def test_service_worker_is_asked_for_anew_and_has_no_imports() -> None:
    answer = Client().get("/s/worker.js")

    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-cache")
    assert answer["Content-Type"].startswith("text/javascript")
    assert not re.search(r"^\s*(import|export)\b", answer.content.decode(), re.MULTILINE)


def first_paint_bytes() -> dict[str, int]:
    """What a phone fetches until the page is alive, as it comes over the line."""
    reached = _reached(manifest(), "src/blueroom/audience/web/main.ts")
    names = [chunk["file"] for chunk in reached] + [
        css for chunk in reached for css in chunk.get("css", [])
    ]
    sizes = {name: len(gzip.compress((BUILT / name).read_bytes(), 6)) for name in names}
    fonts = {name for chunk in reached for name in chunk.get("assets", [])}
    latin = {name for name in fonts if re.search(r"-latin-[^-]+-normal", name)}
    return sizes | {name: (BUILT / name).stat().st_size for name in latin}


def test_the_page_is_alive_under_a_hundred_kilobytes(session: Session) -> None:
    sizes = first_paint_bytes()
    page = len(gzip.compress(Client().get("/s/askines/").content, 6))

    assert [name.split("-")[0] for name in sizes if name.endswith(".woff2")] == ["assets/figtree"]
    assert page + sum(sizes.values()) < 100_000
    assert not any("hls" in name for name in sizes)
