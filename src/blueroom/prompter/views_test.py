from __future__ import annotations

import html
import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from blueroom.base.clock import now
from blueroom.desk.actions import decide
from blueroom.desk.models import Question
from blueroom.room.links import new_nonce, secret_of
from blueroom.room.models import Link, Role, Screen
from blueroom.room.tickets import lost
from blueroom.room.tickets import secret as ticket_key
from blueroom.studio.actions import make_feed, say_to_feed, say_to_guest
from blueroom.studio.models import CrewMessage
from blueroom.updates import ticket as tickets


@pytest.fixture
def link(session, moment):
    return Link.objects.create(
        session=session, screen=Screen.PROMPTER, nonce=new_nonce(), created_at=moment
    )


@pytest.fixture
def lined_up(make_question, moderator, moment):
    question = make_question()
    for verb in ("approve", "line_up"):
        decide(question_id=question.pk, verb=verb, now=moment, by=moderator)
    return Question.objects.get(pk=question.pk)


@pytest.fixture(autouse=True)
def built(monkeypatch):
    """Pages are tested without building the screens."""
    names = [f"src/blueroom/{room}/web/main.ts" for room in ("prompter", "walls", "design")]
    monkeypatch.setattr(
        "blueroom.design.templatetags.assets.manifest",
        lambda: {name: {"file": "assets/x.js"} for name in names},
    )


@pytest.fixture
def tablet():
    """A browser that nobody logged in, with Django's own eye on forgeries."""
    return Client(enforce_csrf_checks=True)


def act(tablet, link, question, verb, revision):
    return tablet.post(
        f"/p/{secret_of(link)}/questions/{question.pk}/{verb}",
        {"revision": revision},
        content_type="application/json",
        headers={"accept-language": "en"},
    )


def test_prompter_opens_by_its_link_with_what_it_shows_first(tablet, link, lined_up):
    response = tablet.get(reverse("prompter", args=[secret_of(link)]))

    found = re.search(r'data-boot="([^"]*)"', response.content.decode())
    boot = json.loads(html.unescape(found[1]))
    state, at = boot.pop("state"), boot.pop("at")
    assert boot == {
        "slug": "askines",
        "language": "fr",
        "topic": "askines/prompter",
        "stream": None,
        "ticket_url": f"/p/{secret_of(link)}/ticket",
        "api": "/api/v1",
        "csrf": "",
        "url": f"/p/{secret_of(link)}/",
        "zone": "Europe/Paris",
    }
    assert at.endswith("Z")
    assert [one["card"]["text"] for one in state["next"]] == ["Vous écrivez le matin ?"]
    assert (response["Referrer-Policy"], response["Content-Language"]) == ("no-referrer", "fr")
    assert "no-store" in response["Cache-Control"]


def test_guest_acts_by_the_link_alone_and_in_their_name(tablet, link, lined_up):
    taken = act(tablet, link, lined_up, "take", lined_up.revision)
    undone = act(tablet, link, lined_up, "undo", taken.json()["revision"])
    stale = act(tablet, link, lined_up, "later", lined_up.revision)
    later = act(tablet, link, lined_up, "later", undone.json()["revision"])

    answers = [(one.status_code, one.json()) for one in (taken, undone, stale, later)]
    assert answers == [
        (200, {"question_id": lined_up.pk, "revision": 4}),
        (200, {"question_id": lined_up.pk, "revision": 5}),
        (
            409,
            {
                "code": "stale_revision",
                "message": "Somebody else decided on this question in the meantime.",
            },
        ),
        (200, {"question_id": lined_up.pk, "revision": 6}),
    ]
    past = list(lined_up.decisions.values_list("verb", "by_name"))
    assert past[2:] == [("air", "Inès Carat"), ("undo", "Inès Carat"), ("later", "Inès Carat")]


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"revision": -1}', '{"revision": "x"}', "1" * 2_000]
)
def test_act_refuses_what_it_cannot_read(tablet, link, lined_up, body):
    response = tablet.post(
        f"/p/{secret_of(link)}/questions/{lined_up.pk}/take",
        body,
        content_type="application/json",
    )

    assert (response.status_code, response.json()["code"]) == (422, "act_unclear")


def test_receipts_are_kept_once_and_for_the_guest_s_messages_only(
    tablet, link, session, producer, moment
):
    mine = say_to_guest(session=session, text="Deux minutes", now=moment, by=producer)
    fan = make_feed(session=session, kind="fan", name="Zoé", now=moment, by=producer)
    other = say_to_feed(feed=fan, text="Attendez", now=moment, by=producer)
    root = f"/p/{secret_of(link)}/messages"

    statuses = [
        tablet.post(f"{root}/{number}/{what}").status_code
        for number, what in (
            (mine.pk, "delivered"),
            (mine.pk, "seen"),
            (other.pk, "seen"),
            (2**63, "seen"),
        )
    ]

    mine.refresh_from_db()
    assert statuses == [204, 204, 404, 404]
    assert moment < mine.delivered_at < mine.seen_at
    assert CrewMessage.objects.filter(pk=other.pk, delivered_at=None, seen_at=None).exists()


def test_prompter_is_closed_when_its_link_was_withdrawn(tablet, link, lined_up, moment):
    Link.objects.update(revoked_at=moment)

    page = tablet.get(f"/p/{secret_of(link)}/")
    ticket = tablet.get(f"/p/{secret_of(link)}/ticket")
    taken = act(tablet, link, lined_up, "take", lined_up.revision)

    assert [one.status_code for one in (page, ticket, taken)] == [410, 410, 410]
    assert taken.json()["code"] == "link_revoked"


def test_a_wall_s_link_opens_no_prompter_and_a_prompter_s_no_wall(tablet, link, lined_up):
    as_wall = [tablet.get(f"/w/{secret_of(link)}/{page}").status_code for page in ("", "ticket")]
    Link.objects.update(screen=Screen.WALL_QUESTIONS)
    as_prompter = [
        tablet.get(f"/p/{secret_of(link)}/{page}").status_code for page in ("", "ticket")
    ]
    taken = act(tablet, link, lined_up, "take", lined_up.revision)

    assert (as_wall, as_prompter, taken.status_code) == ([404, 404], [404, 404], 404)


def test_ticket_opens_the_prompter_s_stream_and_nothing_else(tablet, link):
    path, _, signed = tablet.get(f"/p/{secret_of(link)}/ticket").json()["url"].partition("?ticket=")

    subject = tickets.read(signed, secret=ticket_key(), topic="askines/prompter", now=now())
    grants = {(subject, topic) for topic in ("askines/prompter", "askines/desk", "askines/wall")}
    assert path == "/live/askines/prompter"
    assert lost(grants) == grants - {(subject, "askines/prompter")}


def test_a_guest_finds_their_prompter_at_home(link, session, make_member):
    homes = []
    for role in (Role.GUEST, Role.COACH, Role.MODERATOR):
        client = Client()
        person = make_member(role, f"{role} Zoé").person
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        homes.append(f"/p/{secret_of(link)}/" in client.get("/").content.decode())

    assert homes == [True, False, False]
