from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest
from django.urls import reverse

from blueroom.base.clock import now
from blueroom.room.links import new_nonce, secret_of
from blueroom.room.models import Link, Screen
from blueroom.room.tickets import lost
from blueroom.room.tickets import secret as ticket_key
from blueroom.studio.models import Feed, Programme
from blueroom.updates import ticket as tickets

WORDS = Path(__file__).parent / "web/words"


@pytest.fixture
def link(session, moment):
    return Link.objects.create(
        session=session, screen=Screen.WALL_QUESTIONS, nonce=new_nonce(), created_at=moment
    )


@pytest.fixture
def videos_link(session, moment):
    return Link.objects.create(
        session=session, screen=Screen.WALL_VIDEOS, nonce=new_nonce(), created_at=moment
    )


@pytest.fixture(autouse=True)
def built(monkeypatch):
    """Pages are tested without building the screens."""
    names = [f"src/blueroom/{room}/web/main.ts" for room in ("walls", "design")]
    monkeypatch.setattr(
        "blueroom.design.templatetags.assets.manifest",
        lambda: {name: {"file": "assets/x.js"} for name in names},
    )


def boot_of(response):
    found = re.search(r'data-boot="([^"]*)"', response.content.decode())
    return json.loads(html.unescape(found[1]))


def test_wall_opens_by_its_link_with_what_it_shows_first(client, link, session):
    response = client.get(reverse("wall", args=[secret_of(link)]))

    boot = boot_of(response)
    qr, at = boot.pop("qr"), boot.pop("at")
    state = boot.pop("state")
    assert response.status_code == 200
    assert boot == {
        "slug": "askines",
        "language": "fr",
        "screen": "wall_questions",
        "topic": "askines/wall",
        "stream": None,
        "ticket_url": reverse("wall_ticket", args=[secret_of(link)]),
        "api": "/api/v1",
        "csrf": "",
        "zone": "Europe/Paris",
        "slate": {"is_on": False, "since": None, "number": 0},
        "link_id": link.pk,
        "report_url": reverse("wall_report", args=[secret_of(link)]),
        "build": "x",
    }
    assert qr.startswith("data:image/svg+xml")
    assert at.endswith("Z")
    assert (state["session"]["guest"], state["on_air"], state["next"]) == ("Inès Carat", None, [])


@pytest.mark.parametrize(
    ("query", "languages", "spoken"),
    [("", ["fr", "en"], "fr"), ("?lang=en", ["fr"], "en"), ("?lang=xx", ["de", "en"], "en")],
)
def test_wall_speaks_as_asked_else_as_the_session(client, link, session, query, languages, spoken):
    session.languages = languages
    session.save()

    response = client.get(reverse("wall", args=[secret_of(link)]) + query)

    assert boot_of(response)["language"] == spoken
    assert f'<html lang="{spoken}"' in response.content.decode()


def test_wall_keeps_what_people_wrote_out_of_the_markup(client, link, session):
    session.title = "</main><script>alert(1)</script>"
    session.save()

    page = client.get(reverse("wall", args=[secret_of(link)])).content.decode()

    assert "<script>alert" not in page


def test_wall_is_closed_when_its_link_was_withdrawn(client, link, moment):
    link.revoked_at = moment
    link.save()

    page = client.get(reverse("wall", args=[secret_of(link)]))
    ticket = client.get(reverse("wall_ticket", args=[secret_of(link)]))

    assert (page.status_code, ticket.status_code) == (410, 410)
    assert ticket.json()["code"] == "link_revoked"


def test_wall_does_not_open_by_a_guessed_secret(client, link):
    guessed = secret_of(link)[:-1] + "!"

    page = client.get(reverse("wall", args=[guessed]))
    ticket = client.get(reverse("wall_ticket", args=[guessed]))

    assert (page.status_code, ticket.status_code) == (404, 404)
    assert ticket.json()["code"] == "link_unknown"


def test_ticket_opens_the_wall_of_its_session_and_nothing_else(client, link):
    response = client.get(reverse("wall_ticket", args=[secret_of(link)]))

    path, _, signed = response.json()["url"].partition("?ticket=")
    assert path == "/live/askines/wall"
    assert "no-store" in response.headers["Cache-Control"]
    issued = tickets.read(signed, secret=ticket_key(), topic="askines/wall", now=now())
    assert issued == f"link:{link.pk}"


def test_videos_wall_opens_by_its_link_and_keeps_monitors_for_its_stream(
    client, videos_link, session, moment
):
    feed = Feed.objects.create(
        session=session,
        name="Ana",
        kind="fan",
        nonce=new_nonce(),
        monitor_key="secret-of-ana",
        is_on_wall=True,
        way="webm",
        created_at=moment,
    )
    Programme.objects.create(
        session=session, state="live", key="public-key", feed=feed, changed_at=moment
    )

    response = client.get(reverse("wall", args=[secret_of(videos_link)]))

    boot = boot_of(response)
    assert (boot["screen"], boot["topic"]) == ("wall_videos", "askines/videos")
    assert [(tile["name"], tile["hls"]) for tile in boot["state"]["tiles"]] == [("Ana", "")]
    assert boot["state"]["programme"] == {
        "state": "live",
        "hls": "/hls/public-key/live.m3u8",
        "feed_id": feed.pk,
        "name": "Ana",
        "kind": "fan",
        "monitor": "",
    }
    assert "secret-of-ana" not in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("screen", "own", "other"),
    [
        (Screen.WALL_QUESTIONS, "askines/wall", "askines/videos"),
        (Screen.WALL_VIDEOS, "askines/videos", "askines/wall"),
    ],
)
def test_ticket_of_a_wall_opens_no_other_wall(client, link, screen, own, other):
    Link.objects.update(screen=screen)

    response = client.get(reverse("wall_ticket", args=[secret_of(link)]))

    path, _, signed = response.json()["url"].partition("?ticket=")
    assert path == f"/live/{own}"
    subject = tickets.read(signed, secret=ticket_key(), topic=own, now=now())
    assert subject == f"link:{link.pk}"
    assert lost({(subject, own)}) == set()
    with pytest.raises(tickets.TicketRefused):
        tickets.read(signed, secret=ticket_key(), topic=other, now=now())


def test_stream_refuses_even_a_signed_ticket_for_another_wall(link):
    grant = (f"link:{link.pk}", "askines/videos")

    assert lost({grant}) == {grant}


def test_words_are_the_same_in_both_languages():
    french, english = (json.loads((WORDS / f"{name}.json").read_text()) for name in ("fr", "en"))

    assert list(french) == list(english)
