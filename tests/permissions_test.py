"""Every address of the house has a permission, and keeps it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from blueroom.archive.models import Export
from blueroom.clips.models import Clip
from blueroom.desk.models import SavedFilter
from blueroom.room.links import new_nonce, secret_of
from blueroom.room.models import Account, Invitation, Link, Role, Room, Token
from blueroom.room.seal import Sealed, seal
from blueroom.studio.models import Answer, CrewMessage, Feed
from blueroom.studio.queries import photo_path, pictures_folder
from blueroom.walls.models import Relay

# What anybody may open. Everything else needs a role in the room: the tests below see to it.
PUBLIC = {
    "api:api-root",
    "api:ask_question",
    "ask_by_video",
    "ask_question",
    "calendar",
    "choose_language",
    "health",
    "logo",  # of a room, by the hash of its content
    "metrics",  # to callers on the same machine, see config.views
    "openapi",
    "own_questions",
    "pair",  # letters that say nothing, until somebody of the crew types them
    "phone",
    "phone_icon",
    "phone_manifest",
    "phone_offline",
    "phone_picture",
    "phone_worker",
    "send_hearts",
    "theme_css",  # a room's colours: its public phone page wears them
    "vote",
}
# Opened by a secret in the address; without it nothing is there.
BY_SECRET = {
    "feed",
    "feed_message_delivered",
    "feed_message_seen",
    "feed_messages",
    "overlay",
    "overlay_feed",
    "prompter",
    "prompter_later",
    "prompter_message_delivered",
    "prompter_message_seen",
    "prompter_take",
    "prompter_ticket",
    "prompter_undo",
    "shared_report",
    "wall",
    "wall_points",
    "wall_relay",
    "wall_report",
    "wall_ticket",
    "welcome",
}
# For everybody who is logged in, whatever the role.
OWN = {"home"}
# Good for every address that takes one, so that only the permission can refuse it.
BODY = {
    "text": "Le soir.",
    "position": 0,
    "role": "moderator",
    "guest": "Inès Carat",
    "hashtags": ["AskInes"],
    "screen": "wall_questions",
    "fields": {},
    "is_enabled": False,
    "name": "La chambre",
    "in_at": "2026-11-23T20:00:00Z",
    "out_at": "2026-11-23T20:00:09Z",
    "data": "",
    "alt": "Un carnet",
    "shape": "1x1",
    "language": "fr",
    "code": "",
    "cues": [],
    "ids": [1],
    "questions": [{"id": 1, "revision": 1}],
    "verb": "hold",
    "member": 1,
    "is_sensitive": True,
    "is_on": True,
    "letters": "BCDFGH",
    "wall": 1,
    "question_id": None,
    "asked": {},
    "address": "https://youtu.be/dQw4w9WgXcQ",
}


def house_patterns(resolver=None, prefix="", namespace=""):
    """(name, route, methods) of every address that is ours; allauth's are its own to guard."""
    found = []
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if route.startswith("accounts/"):
                continue
            inner = f"{pattern.namespace}:" if pattern.namespace else namespace
            found += house_patterns(pattern, route, inner)
        elif isinstance(pattern, URLPattern):
            found.append((f"{namespace}{pattern.name}", route))
    return found


@pytest.fixture
def filled(session, make_question, make_member, room, moment):
    """One of everything that an address may name."""
    question = make_question()
    link = Link.objects.create(
        session=session, screen="wall_questions", nonce=new_nonce(), created_at=moment
    )
    token = Token.objects.create(
        room=room, role="producer", secret_hash="y" * 64, created_at=moment
    )
    account = Account.objects.create(
        room=room,
        network="bluesky",
        handle="room.example",
        sealed=seal(Sealed(fields={})),
        created_at=moment,
    )
    invitation = Invitation.objects.create(
        room=room, role="moderator", secret_hash="z" * 64, created_at=moment, expires_at=moment
    )
    member = make_member(Role.MODERATOR, "Ana")
    feed = Feed.objects.create(
        session=session, name="Inès", nonce=new_nonce(), monitor_key="m", created_at=moment
    )
    message = CrewMessage.objects.create(
        session=session, feed=feed, text="Plus près", sent_at=moment, sent_by="Ana"
    )
    answer = Answer.objects.create(
        question=question, feed=feed, in_at=moment, made_at=moment, made_by_name="Ana"
    )
    pictures_folder().mkdir(exist_ok=True)
    photo_path("photo.jpg").write_bytes(b"a photo")
    Answer.objects.create(
        question=question, kind="photo", photo="photo.jpg", in_at=moment, made_at=moment
    )
    clip = Clip.objects.create(
        answer=answer, slug="clip", created_at=moment, changed_at=moment, due_at=moment
    )
    export = Export.objects.create(
        session=session, name="export", asked_at=moment, asked_by="Ana", due_at=moment
    )
    kept = SavedFilter.objects.create(
        room=room, person=member.person, name="Votes", asked={}, is_shared=True, at=moment
    )
    relay = Relay.objects.create(
        session=session,
        way="youtube",
        url="https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
        name="Ana",
        position=1,
        made_at=moment,
        moved_at=moment,
        due_at=moment,
    )
    return {
        "<slug:slug>": session.slug,
        "{slug}": session.slug,
        "<slug>": session.slug,
        "<str:secret>": "wrong" + secret_of(link),
        "<int:message_id>": message.pk,
        "<int:link_id>": link.pk,
        "<link_id>": link.pk,
        "<int:member_id>": member.pk,
        "<member_id>": member.pk,
        "<invitation_id>": invitation.pk,
        "<account_id>": account.pk,
        "<network>": "bluesky",
        "<int:invitation_id>": invitation.pk,
        "<int:account_id>": account.pk,
        "<int:token_id>": token.pk,
        "<token_id>": token.pk,
        "<int:question_id>": question.pk,
        "<question_id>": question.pk,
        "<post_id>": question.post_id,
        "<slug:network>": "bluesky",
        "<feed_id>": feed.pk,
        "<answer_id>": answer.pk,
        "<slug:photo>": "photo",
        "<slug:name>": "192",
        "<slug:clip>": clip.slug,
        "<clip>": clip.slug,
        "<slug:language>": "fr",
        "<language>": "fr",
        "<str:file>": "clip.mp4",
        "<key>": "key",
        "<int:export_id>": export.pk,
        "<export_id>": export.pk,
        "<int:author_id>": question.post.author_id,
        "<author_id>": question.post.author_id,
        "<screen_id>": 1,
        "<light>": "day",
        "<filter_id>": kept.pk,
        "<int:relay_id>": relay.pk,
        "<relay_id>": relay.pk,
    }


def address(route, filled):
    for part, value in filled.items():
        route = route.replace(part, str(value))
    assert "<" not in route, f"the test does not know how to fill {route}"
    return "/" + route.replace("^", "").replace("$", "")


def answers(client, route, filled):
    """The statuses of every method there."""
    path = address(route, filled)
    got = {"GET": client.get(path)}
    for method in ("post", "put", "patch", "delete"):
        got[method.upper()] = getattr(client, method)(
            path, data=BODY, content_type="application/json"
        )
    return got


def is_refused(answer):
    if answer.status_code == 302:
        return answer.headers["Location"].startswith("/accounts/login/")
    return answer.status_code in (400, 401, 403, 404, 405, 410, 415)


def test_every_address_has_a_name():
    assert [route for name, route in house_patterns() if not name or name.endswith("None")] == []


def test_the_lists_name_addresses_that_exist():
    names = {name for name, _ in house_patterns()}
    assert (PUBLIC | BY_SECRET | OWN) - names == set()


@pytest.mark.parametrize(("name", "route"), house_patterns())
def test_address_refuses_strangers(name, route, filled):
    if name in PUBLIC:
        return
    refused = {
        method: answer.status_code
        for method, answer in answers(Client(), route, filled).items()
        if not is_refused(answer)
    }
    assert refused == {}


@pytest.mark.parametrize(("name", "route"), house_patterns())
def test_address_refuses_members_of_other_rooms(name, route, filled, make_member, moment):
    if name in PUBLIC | OWN:
        return
    membership = make_member(Role.OWNER, "Max")
    membership.room = Room.objects.create(slug="ailleurs", name="Ailleurs", created_at=moment)
    membership.save()
    client = Client()
    client.force_login(membership.person, backend="django.contrib.auth.backends.ModelBackend")
    got = answers(client, route, filled)
    if any(part in route for part in ("slug:slug", "<slug>", "_id")):
        assert {m: a.status_code for m, a in got.items() if not is_refused(a)} == {}


@pytest.mark.parametrize("role", [Role.COACH, Role.GUEST, Role.VIEWER])
@pytest.mark.parametrize(("name", "route"), house_patterns())
def test_address_refuses_roles_without_the_right(name, route, role, filled, make_member):
    if name in PUBLIC | OWN:
        return
    client = Client()
    person = make_member(role, "Zoé").person
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")

    got = answers(client, route, filled)

    assert {m: a.status_code for m, a in got.items() if not is_refused(a)} == {}
