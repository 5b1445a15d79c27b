from __future__ import annotations

import pytest
from django.test import Client

from blueroom.desk.actions import sort_posts
from blueroom.desk.models import Question
from blueroom.networks.interface import Author, Post
from blueroom.posts.actions import receive
from blueroom.room.models import Role

LYON = {"code": "2996944", "level": "city", "country": "FR", "name_fr": "Lyon", "name_en": "Lyon"}


@pytest.fixture
def question(session, moment):
    """A question whose asker states a place that they are not at."""
    post = Post(
        network="rehearsal",
        id="p1",
        author=Author(id="ana", place="Paris"),
        text="Vous écrivez le matin ?",
        published_at=moment,
    )
    receive(session=session, posts=[post], now=moment)
    sort_posts(session_id=session.pk, now=moment)
    return Question.objects.get()


@pytest.fixture
def desk(make_member):
    """A moderator's browser."""
    client = Client()
    person = make_member(Role.MODERATOR).person
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def put(desk, question, code):
    path = f"/api/v1/questions/{question.pk}/location"
    return desk.put(path, data={"code": code}, content_type="application/json")


def test_location_is_read_corrected_and_taken_away(desk, question):
    proposed = desk.get("/api/v1/sessions/askines/places", {"q": "lyo"}).json()
    stated = desk.get(f"/api/v1/questions/{question.pk}/location").json()
    corrected = put(desk, question, proposed[0]["code"]).json()
    removed = put(desk, question, "").json()

    assert proposed[0] == LYON
    assert (stated["level"], stated["source"], stated["place"]["name_en"]) == (
        "city",
        "stated",
        "Paris",
    )
    assert corrected == {"level": "city", "source": "person", "place": LYON}
    assert removed == {"level": "", "source": "", "place": None}


def test_location_takes_no_place_that_is_not_known(desk, question):
    answer = put(desk, question, "ZZ-9")

    assert (answer.status_code, answer.json()["code"]) == (422, "place_unknown")
