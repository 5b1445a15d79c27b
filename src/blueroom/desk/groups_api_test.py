from __future__ import annotations

import pytest
from django.test import Client

from blueroom.desk.models import Question


@pytest.fixture
def client(make_member):
    client = Client(enforce_csrf_checks=False)
    backend = "django.contrib.auth.backends.ModelBackend"
    client.force_login(make_member().person, backend=backend)
    return client


def post(client, path, body=None):
    return client.post(f"/api/v1/{path}", data=body or {}, content_type="application/json")


def test_many_are_decided_on_and_who_was_slower_is_told(client, session, make_question):
    first, second = make_question("Le matin ?"), make_question("Le soir ?", number=2)
    wanted = [{"id": first.pk, "revision": 1}, {"id": second.pk, "revision": 7}]

    answer = post(client, f"sessions/{session.slug}/decide", {"verb": "hold", "questions": wanted})

    told = answer.json()
    assert [(one["id"], one["state"]) for one in told["done"]] == [(first.pk, "held")]
    assert [(one["id"], one["code"]) for one in told["refused"]] == [(second.pk, "stale_revision")]


def test_groups_are_made_read_and_taken_apart(client, make_question):
    head, member = make_question("Le matin ?"), make_question("Le soir ?", number=2)

    merged = post(client, f"questions/{head.pk}/merge", {"ids": [member.pk]}).json()
    found = client.get(f"/api/v1/questions/{head.pk}/group").json()
    worded = post(client, f"questions/{head.pk}/wording", {"member": member.pk}).json()
    apart = post(client, f"questions/{member.pk}/split").json()

    assert (merged["id"], [one["id"] for one in found]) == (head.pk, [member.pk])
    assert (worded["text"], worded["original"]) == ("Le soir ?", "Le matin ?")
    assert (apart["state"], apart["head"]) == ("waiting", None)
    assert client.get(f"/api/v1/questions/{head.pk}").json()["text"] == "Le matin ?"
    assert post(client, f"questions/{member.pk}/split").status_code == 409
    assert post(client, f"questions/{head.pk}/merge", {"ids": [999_999]}).status_code == 404


def test_a_ban_is_put_listed_and_lifted(client, session, make_question):
    question = make_question()
    bans = f"/api/v1/sessions/{session.slug}/bans"

    held = post(client, f"questions/{question.pk}/ban").json()
    (ban,) = client.get(bans).json()
    waiting = client.delete(f"{bans}/{ban['author']}").json()

    assert [(one["state"], one["reasons"][0]["code"]) for one in held] == [("held", "banned")]
    assert (ban["name"], ban["by"]) == ("Ana Sousa", "Léa")
    assert [(one["state"], one["reasons"]) for one in waiting] == [("waiting", [])]
    assert client.delete(f"{bans}/{ban['author']}").status_code == 404


def test_notes_are_kept_with_who_wrote_them(client, make_question):
    question = make_question()

    assert post(client, f"questions/{question.pk}/notes", {"text": " "}).status_code == 422
    assert post(client, f"questions/{question.pk}/notes", {"text": "À vérifier"}).status_code == 201

    notes = client.get(f"/api/v1/questions/{question.pk}/notes").json()
    assert [(one["text"], one["by"]) for one in notes] == [("À vérifier", "Léa")]
    assert Question.objects.get().notes == 1
