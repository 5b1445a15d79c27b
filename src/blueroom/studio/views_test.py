from __future__ import annotations

import base64
import io
import json

import pytest
from django.test import Client
from PIL import Image

from blueroom.desk.models import Question
from blueroom.room.actions import make_token
from blueroom.room.actor import house
from blueroom.room.models import Role
from blueroom.studio import actions

pytestmark = pytest.mark.django_db
LOGIN = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def pictures(settings, tmp_path):
    settings.DATA = tmp_path


def picture() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(written, "PNG")
    return written.getvalue()


@pytest.fixture
def photo(approved, moderator, moment):
    """The path of a photo that answers the approved question."""
    answer = actions.add_photo(
        question_id=approved.pk, picture=picture(), alt="Un carnet", now=moment, by=moderator
    )
    return f"/a/photo/{answer.photo}"


def member(make_member, role):
    client = Client()
    client.force_login(make_member(role, f"{role} Zoé").person, backend=LOGIN)
    return client


@pytest.mark.parametrize(
    ("state", "stranger", "guest", "crew"),
    [
        ("approved", 404, 404, 200),
        ("on_air", 404, 404, 200),
        ("answered", 200, 200, 200),
        ("rejected", 404, 404, 200),
    ],
)
def test_answer_photo_is_public_while_its_question_is_answered(
    photo, make_member, state, stranger, guest, crew
):
    Question.objects.update(state=state)
    clients = (Client(), member(make_member, Role.GUEST), member(make_member, Role.MODERATOR))

    got = [client.get(photo) for client in clients]

    assert [answer.status_code for answer in got] == [stranger, guest, crew]
    cache = "public, max-age=60" if state == "answered" else "private, no-cache"
    assert (got[2]["Content-Type"], got[2]["Cache-Control"]) == ("image/jpeg", cache)
    with Image.open(io.BytesIO(got[2].content)) as shown:
        assert shown.size == (64, 48)


def test_answer_photo_is_nobody_s_once_the_question_is_taken_away(photo, make_member, moment):
    Question.objects.update(state="answered", withdrawn_at=moment)

    assert member(make_member, Role.PRODUCER).get(photo).status_code == 404


def test_answer_photo_is_sent_once_to_who_keeps_it(photo):
    Question.objects.update(state="answered")
    client = Client()
    tag = client.get(photo)["ETag"]

    again = client.get(photo, headers={"if-none-match": tag})
    head = client.head(photo)

    assert (again.status_code, again.content) == (304, b"")
    assert (head.status_code, head.content) == (200, b"")
    Question.objects.update(state="approved")
    assert client.get(photo, headers={"if-none-match": tag}).status_code == 404


@pytest.mark.parametrize("path", ["/a/photo/nothing.jpg", "/a/photo/..%2Froom.jpg"])
def test_answer_photo_finds_photos_only(photo, path):
    Question.objects.update(state="answered")

    assert Client().get(path).status_code == 404


@pytest.fixture
def call(client, room, moment):
    """Calls the API as a moderator's program."""
    _, token = make_token(room=room, role="moderator", label="tool", now=moment, by=house(room.pk))
    headers = {"Authorization": f"Bearer {token}"}

    def call(method, path, body=None):
        answer = getattr(client, method)(
            f"/api/v1{path}",
            json.dumps(body) if body is not None else None,
            content_type="application/json",
            headers=headers,
        )
        return answer.status_code, answer.json() if answer.content else None

    return call


def test_api_answers_with_a_picture_describes_it_and_takes_it_away(call, approved, session):
    plan = {"data": base64.b64encode(picture()).decode(), "alt": "Un carnet"}
    photos = f"/questions/{approved.pk}/answers/photo"

    status, made = call("post", photos, plan)
    _, told = call("put", f"/answers/{made['id']}/alt", {"alt": "Un carnet ouvert"})
    _, studio = call("get", f"/sessions/{session.slug}/studio")

    assert status == 201
    assert made["photo"] == told["photo"] | {"alt": "Un carnet"}
    assert studio["answers"] == [told]
    assert told["photo"]["alt"] == "Un carnet ouvert"
    assert call("delete", f"/answers/{made['id']}") == (204, None)
    assert call("get", f"/sessions/{session.slug}/studio")[1]["answers"] == []


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        ({"data": "no base64!", "alt": "Un carnet"}, "picture_unreadable"),
        ({"data": "R0lGODlh", "alt": "Un carnet"}, "picture_unknown"),
        ({"data": base64.b64encode(picture()).decode()}, "field_refused"),
    ],
)
def test_api_says_why_a_picture_is_refused(call, approved, plan, code):
    status, said = call("post", f"/questions/{approved.pk}/answers/photo", plan)

    assert (status, said["code"]) == (422, code)
    assert said["message"]


def test_api_describes_photos_only(call, approved, guest_feed, producer, moment):
    answer = actions.mark_in(question_id=approved.pk, now=moment, by=producer)

    assert call("put", f"/answers/{answer.pk}/alt", {"alt": "Une vidéo"})[0] == 404
