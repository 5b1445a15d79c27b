from __future__ import annotations

import pytest
from django.test import Client

from blueroom.base.clock import now
from blueroom.desk.presence import note_presence
from blueroom.desk.stream import changes
from blueroom.desk.wire import FiltersChanged
from blueroom.room.models import Role, Session

FILTERS = "/api/v1/sessions/askines/filters"


@pytest.fixture
def at_desk(session, make_member):
    """Logs somebody in."""

    def log_in(name: str, role: Role = Role.MODERATOR) -> Client:
        client = Client()
        backend = "django.contrib.auth.backends.ModelBackend"
        client.force_login(make_member(role, name).person, backend=backend)
        return client

    return log_in


def save(client, name, *, is_shared=False, **asked):
    body = {"name": name, "is_shared": is_shared, "asked": asked}
    return client.post(FILTERS, data=body, content_type="application/json")


def seen(client):
    return [(one["name"], one["by"], one["may_remove"]) for one in client.get(FILTERS).json()]


def test_filters_are_ones_own_unless_shared_and_replaced_by_name(at_desk):
    lea, max_ = at_desk("Léa"), at_desk("Max")
    assert save(lea, "  Très  demandé ", askers=5).status_code == 201
    save(max_, "Bluesky", network="bluesky", is_shared=True)
    save(lea, "Très demandé", askers=10, votes=3, mine=True)

    first, _shared = lea.get(FILTERS).json()

    assert {name: value for name, value in first["asked"].items() if value} == {
        "list": "waiting", "askers": 10, "votes": 3, "mine": True
    }  # fmt: skip
    assert seen(lea) == [("Très demandé", "Léa", True), ("Bluesky", "Max", False)]
    assert seen(max_) == [("Bluesky", "Max", True)]


def test_filters_are_removed_by_whose_they_are_and_shared_ones_by_producers(at_desk):
    lea, max_, boss = at_desk("Léa"), at_desk("Max"), at_desk("Boss", Role.PRODUCER)
    own = save(lea, "À moi", votes=1).json()["id"]
    shared = save(lea, "À tous", votes=1, is_shared=True).json()["id"]

    statuses = [
        client.delete(f"{FILTERS}/{one}").status_code
        for client, one in ((max_, own), (max_, shared), (boss, own), (boss, shared), (lea, own))
    ]

    assert statuses == [404, 404, 404, 204, 204]
    assert seen(lea) == []


def test_every_open_desk_of_the_room_is_told_what_is_kept_and_removed(
    at_desk, session, make_member, moment, monkeypatch, django_capture_on_commit_callbacks
):
    told = []
    monkeypatch.setattr(
        "blueroom.updates.tell._deliver", lambda id_, notice: told.append((id_, notice))
    )
    Session.objects.create(
        room=session.room, guest=session.guest, slug="shut", starts_at=moment, created_at=moment
    )
    note_presence(session=session, person_id=make_member().person_id, question_id=None, now=now())
    boss = at_desk("Boss", Role.PRODUCER)
    told.clear()

    with django_capture_on_commit_callbacks(execute=True):
        kept = save(boss, "Bluesky", network="bluesky", is_shared=True).json()["id"]
    with django_capture_on_commit_callbacks(execute=True):
        boss.delete(f"{FILTERS}/{kept}")

    assert [id_ for id_, _ in told] == [session.pk] * 2
    assert [list(changes(session, notice)) for _, notice in told] == [[FiltersChanged()]] * 2


def test_filters_need_a_name_and_known_criteria(at_desk):
    lea = at_desk("Léa")

    refused = [save(lea, " "), save(lea, "n" * 41), save(lea, "n", votes=-1)]

    assert [(one.status_code, one.json()["code"]) for one in refused] == [
        (422, "filter_unusable"), (422, "filter_unusable"), (422, "invalid")
    ]  # fmt: skip


def test_questions_are_counted_by_what_is_sought(at_desk, make_question):
    client = at_desk("Léa")
    make_question("Vous écrivez le matin ?")
    make_question("Quel est votre pain préféré ?", number=2)
    count = "/api/v1/sessions/askines/questions/count"

    assert client.get(count, {"state": "waiting"}).json() == {"count": 2}
    assert client.get(count, {"q": "pain", "network": "rehearsal"}).json() == {"count": 1}
    assert client.get(count, {"share": "1/0"}).status_code == 422
