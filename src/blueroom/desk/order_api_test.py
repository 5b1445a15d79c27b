from __future__ import annotations

from django.test import Client


def test_an_order_is_told_whole_and_not_again_while_it_stands(make_member, session, make_question):
    client = Client()
    backend = "django.contrib.auth.backends.ModelBackend"
    client.force_login(make_member().person, backend=backend)
    question = make_question("Le matin ?")
    path = f"/api/v1/sessions/{session.slug}/order"

    told = client.get(path, {"state": "waiting"}).json()
    again = client.get(path, {"since": told["version"]})

    version, reasons = told.pop("version"), told.pop("reasons")
    assert (told, len(version), len(reasons)) == ({"ids": [question.pk], "why": [0]}, 16, 1)
    assert (again.status_code, again.content) == (204, b"")
    assert client.get(path, {"state": "approved"}).json()["ids"] == []
    assert client.get(path, {"state": "held"}).status_code == 422
