from __future__ import annotations

import asyncio
import json

import pytest
from django.db import OperationalError
from django.urls import reverse

from blueroom.desk.actions import decide
from blueroom.room.links import new_nonce, secret_of
from blueroom.room.models import Link, Screen
from blueroom.updates.slate import Slates, slates, slates_by
from blueroom.walls import views
from blueroom.walls.ninja import Ninja
from blueroom.walls.queries import wall_stream
from blueroom.walls.views_test import boot_of, built  # noqa: F401 - a fixture of all tests here


@pytest.fixture(autouse=True)
def own_slates():
    slates_by(Slates())
    yield
    slates_by(Slates())


@pytest.fixture
def make_secret(session, moment):
    def make(screen=Screen.WALL_QUESTIONS):
        link = Link.objects.create(
            session=session, screen=screen, nonce=new_nonce(), created_at=moment
        )
        return secret_of(link)

    return make


@pytest.fixture
def on_air(make_question, moderator, moment):
    question = make_question("<b>Le matin</b> ?")
    for verb in ("approve", "line_up", "air"):
        decide(question_id=question.pk, verb=verb, now=moment, by=moderator)
    return question


def test_the_overlay_opens_by_the_secret_of_a_questions_wall(client, make_secret, session):
    secret = make_secret()
    opened = client.get(reverse("overlay", args=[secret]))
    assert boot_of(opened)["screen"] == "overlay"
    assert boot_of(opened)["ticket_url"] == reverse("wall_ticket", args=[secret])

    videos = make_secret(Screen.WALL_VIDEOS)
    assert client.get(reverse("overlay", args=[videos])).status_code == 404
    assert client.get(reverse("overlay_feed", args=[videos])).status_code == 404
    session.links.update(revoked_at=session.created_at)
    gone = client.get(reverse("overlay", args=[secret]))
    assert gone.status_code == 410
    assert b'http-equiv="refresh"' in gone.content


@pytest.mark.parametrize(("name", "shown"), [("overlay", b"<title></title>"), ("wall", b"instant")])
def test_without_a_database_screens_show_a_slate_or_nothing_and_try_again(
    client, make_secret, monkeypatch, name, shown
):
    def away(secret, **_):
        raise OperationalError("gone")

    monkeypatch.setattr(views, "open_link", away)

    opened = client.get(reverse(name, args=[make_secret()]))

    assert opened.status_code == 503
    assert shown in opened.content
    assert b'http-equiv="refresh"' in opened.content


def test_the_feed_tells_any_origin_what_is_on_air_and_nothing_under_the_slate(
    client, make_secret, on_air, moment
):
    url = reverse("overlay_feed", args=[make_secret()])
    feed = client.get(url)
    assert feed["Access-Control-Allow-Origin"] == "*"
    assert feed.json()["on_air"]["id"] == on_air.pk
    assert client.get(url, headers={"if-none-match": feed["ETag"]}).status_code == 304
    assert client.get(f"{url}?rows").json()[0]["question"] == "<b>Le matin</b> ?"

    slates().decide("askines", is_on=True, by="person:1", now=moment)

    covered = client.get(url).json()
    assert (covered["slate"], covered["on_air"], covered["next"]) == (True, None, [])
    assert client.get(f"{url}?rows").json()[0]["question"] == ""


def event(topic, **said):
    data = json.dumps({"topic": f"askines/{topic}", "id": "e.1", "at": "", **said})
    return f"id: e.1\nevent: x\ndata: {data}\n\n".encode()


def card(number, text="Pourquoi ?", name="Ana"):
    author = {"name": name, "handle": "ana", "place": "Lisbonne"}
    return {
        "id": number,
        "text": text,
        "language": "fr",
        "network": "bluesky",
        "askers": 1,
        "author": author,
    }


def told_by(parts, *, secret="s", open_stream=lambda _secret: "/live/askines/wall?ticket=t"):
    """What a socket is sent, where our own stream says these parts and ends."""
    sent, asked = [], []

    async def live(scope, receive, send):
        asked.append(scope["path"] + "?" + scope["query_string"].decode())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def send(message):
        sent.append(message)

    comes = [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": '{"join":"x"}'}]

    async def receive():
        if comes:
            return comes.pop(0)
        return await asyncio.Event().wait()

    scope = {"type": "websocket", "path": f"/ninja/{secret}", "client": None}
    asyncio.run(Ninja(live, open_stream)(scope, receive, send))
    return sent, asked


def test_overlays_of_social_stream_ninja_are_told_what_is_on_air():
    snapshot = event("wall", state={"session": {"room": "La chambre"}, "on_air": card(1)})
    whole = b"".join(
        [
            snapshot,
            event("slate", state={"is_on": False}),
            event("wall", changes=[{"kind": "next", "cards": []}]),
            event("wall", changes=[{"kind": "on_air", "card": card(2, "<i>Toi</i> & moi", "<b>")}]),
            event("slate", changes=[{"kind": "slate", "slate": {"is_on": True}}]),
            event("wall", changes=[{"kind": "on_air", "card": card(3)}]),
            event("slate", changes=[{"kind": "slate", "slate": {"is_on": False}}]),
            event("wall", changes=[{"kind": "on_air", "card": None}]),
        ]
    )
    sent, asked = told_by([whole[:100], whole[100:333], whole[333:]])

    assert asked == ["/live/askines/wall?ticket=t&also=askines/slate::"]
    said = [json.loads(one["text"]) for one in sent if one["type"] == "websocket.send"]
    assert [one.get("id", one.get("action")) for one in said] == [1, 2, "clear", 3, "clear"]
    assert said[0]["chatname"] == "Ana"
    assert said[0]["sourceName"] == "La chambre"
    assert said[1]["chatmessage"] == "&lt;i&gt;Toi&lt;/i&gt; &amp; moi"
    assert said[1]["chatname"] == "‹b›"
    assert sent[-1] == {"type": "websocket.close", "code": 1013}


def test_an_overlay_whose_stream_ends_shows_nothing_stale():
    snapshot = event("wall", state={"session": {"room": ""}, "on_air": card(1)})
    sent, _ = told_by([snapshot])
    assert json.loads(sent[-2]["text"]) == {"action": "clear"}


def test_a_wrong_secret_opens_no_socket():
    sent, asked = told_by([], open_stream=lambda _secret: None)
    assert (sent, asked) == ([{"type": "websocket.close", "code": 1008}], [])


def test_the_socket_follows_a_questions_wall_and_no_other(make_secret):
    address = wall_stream(make_secret())
    assert address is not None
    assert address.startswith("/live/askines/wall?ticket=")
    assert wall_stream(make_secret(Screen.WALL_VIDEOS)) is None
    assert wall_stream("nonsense") is None


def test_a_television_becomes_a_wall_by_its_letters(client, make_secret, moment):
    secret = make_secret()
    waiting = client.get(reverse("pair"))
    assert b'http-equiv="refresh"' in waiting.content
    pairing = views.Pairing.objects.get()
    assert client.get(reverse("pair")).context["letters"] == pairing.letters

    pairing.link = Link.objects.get()
    pairing.look = "wall"
    pairing.save()

    assert client.get(reverse("pair"))["Location"] == reverse("wall", args=[secret])
    assert client.get(reverse("pair")).context["letters"] != pairing.letters


def test_a_report_comes_by_the_secret_and_is_checked(client, make_secret):
    url = reverse("wall_report", args=[make_secret()])

    def said(**more):
        body = {"key": "0123456789ab", "kind": "overlay", "scene": "question"} | more
        return client.post(url, data=json.dumps(body), content_type="text/plain")

    assert said(title="A ?").json() == {"build": "x"}
    for wrong in ({"key": "x"}, {"scene": "<b>"}, {"title": "a" * 161}, {"frame_age_ms": -1}):
        assert said(**wrong).json()["code"] == "report_unclear"
