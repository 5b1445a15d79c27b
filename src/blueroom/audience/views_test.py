from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import msgspec
import pytest
from django.core.cache import cache
from django.test import Client

from blueroom.audience.queries import phone_state
from blueroom.desk import actions as desk
from blueroom.desk.models import Question
from blueroom.room.actor import Actor
from blueroom.room.models import Session, SessionState
from blueroom.studio.models import Answer
from blueroom.studio.wire import PhotoCard
from blueroom.updates.slate import Slates, slates, slates_by

JSON = {"accept": "application/json"}


@pytest.fixture(autouse=True)
def no_past() -> Iterator[None]:
    """Addresses are counted in memory, which tests would share."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def phone() -> Client:
    return Client(headers={"accept-language": "fr"})


def test_phone_page_asks_without_javascript_and_shows_what_became_of_it(
    phone: Client, session: Session, moderator: Actor, moment: datetime
) -> None:
    entered = {"text": "Vous écrivez le matin ?", "name": "Camille", "place": "Rennes"}
    answer = phone.post("/s/askines/ask", entered)
    waiting = phone.get("/s/askines/").content.decode()
    question = Question.objects.get()
    desk.decide(question_id=question.pk, verb="approve", now=moment, by=moderator)
    approved = phone.get("/s/askines/").content.decode()
    desk.answer_question(question_id=question.pk, text="La nuit.", now=moment, by=moderator)
    answered = phone.get("/s/askines/").content.decode()

    assert (answer.status_code, answer["Location"]) == (303, "/s/askines/#mine")
    assert "Arrivée en régie" in waiting
    assert "Lue et retenue" in approved
    assert "La nuit." in answered
    cookie = phone.cookies["asker"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.parametrize(
    ("verb", "told"),
    [
        (None, "waiting"),
        ("hold", "waiting"),
        ("later", "waiting"),
        ("approve", "approved"),
        ("reject", "not_taken"),
    ],
)
def test_mine_tells_what_became_of_a_question(
    phone: Client,
    session: Session,
    moderator: Actor,
    moment: datetime,
    verb: str | None,
    told: str,
) -> None:
    asked = phone.post("/s/askines/ask", {"text": "Vous écrivez ?"}, headers=JSON).json()["item"]
    if verb:
        desk.decide(question_id=asked["id"], verb=verb, now=moment, by=moderator)

    mine = phone.get("/s/askines/mine").json()

    assert asked["state"] == "waiting"
    assert mine == {
        "items": [
            {
                "id": asked["id"],
                "text": "Vous écrivez ?",
                "state": told,
                "others": 0,
                "votes": 0,
                "answer": "",
                "clip": "",
                "clarification": "",
                "photo": None,
            }
        ],
        "voted": [],
    }
    assert Client().get("/s/askines/mine").json() == {"items": [], "voted": []}


def test_phone_page_shows_the_picture_that_answers_once_it_is_an_answer(
    phone: Client, session: Session, moderator: Actor, moment: datetime
) -> None:
    asked = phone.post("/s/askines/ask", {"text": "Vous dessinez ?"}, headers=JSON).json()["item"]
    desk.decide(question_id=asked["id"], verb="approve", now=moment, by=moderator)
    Answer.objects.create(
        question_id=asked["id"],
        kind="photo",
        photo="croquis.jpg",
        photo_width_px=1200,
        photo_height_px=900,
        alt='Un croquis : "la mer"',
        in_at=moment,
        out_at=moment + timedelta(microseconds=1),
        made_at=moment,
    )
    before = phone.get("/s/askines/").content.decode()
    desk.answer_question(question_id=asked["id"], text="Oui.", now=moment, by=moderator)

    page = phone.get("/s/askines/").content.decode()
    state = phone_state(session)

    card = PhotoCard(
        path="/a/photo/croquis.jpg", alt='Un croquis : "la mer"', width_px=1200, height_px=900
    )
    assert "croquis" not in before
    assert [one.photo for one in state.answered] == [card]
    assert [one["photo"] for one in phone.get("/s/askines/mine").json()["items"]] == [
        msgspec.to_builtins(card)
    ]
    # Among one's own questions and among all that were answered.
    image = (
        '<img src="/a/photo/croquis.jpg" alt="Un croquis : &quot;la mer&quot;" '
        'width="1200" height="900" loading="lazy" decoding="async">'
    )
    assert page.count(image) == 2


def test_phone_page_shows_nothing_that_was_not_approved(
    phone: Client,
    session: Session,
    moderator: Actor,
    moment: datetime,
    make_question: Callable[..., Question],
) -> None:
    questions = [make_question(f"Question {n} ?", number=n) for n in range(5)]
    for question, verbs in zip(
        questions, ((), ("reject",), ("approve",), ("approve", "line_up"), ("approve", "air")),
        strict=True,
    ):  # fmt: skip
        for verb in verbs:
            desk.decide(question_id=question.pk, verb=verb, now=moment, by=moderator)

    page = phone.get("/s/askines/").content.decode()

    # Approved, lined up, on air.
    assert [n for n in range(5) if f"Question {n}" in page] == [2, 3, 4]


def test_a_refused_question_stays_typed(phone: Client, session: Session) -> None:
    entered = {"text": "x" * 501, "name": "Camille", "place": "Rennes"}

    answer = phone.post("/s/askines/ask", entered)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "C’est trop long. Restez sous 500 caractères." in page
    assert "x" * 501 in page
    assert 'value="Camille"' in page


def test_a_flood_of_words_is_not_sent_back(phone: Client, session: Session) -> None:
    answer = phone.post("/s/askines/ask", {"text": "x" * 1_000_000})

    assert answer.status_code == 422
    assert len(answer.content) < 20_000


def test_errors_are_json_for_who_asks_for_json(phone: Client, session: Session) -> None:
    empty = phone.post("/s/askines/ask", {"text": " "}, headers=JSON)
    for _ in range(3):
        phone.post("/s/askines/ask", {"text": "Encore ?"}, headers=JSON)
    often = phone.post("/s/askines/ask", {"text": "Encore ?"}, headers=JSON)
    Session.objects.update(state=SessionState.CLOSED)
    closed = phone.post("/s/askines/ask", {"text": "Encore ?"}, headers=JSON)

    assert (empty.status_code, empty.json()["code"]) == (422, "question_empty")
    assert (often.status_code, often.json()["code"]) == (429, "asked_too_often")
    assert 1 <= int(often["Retry-After"]) <= 60
    assert (closed.status_code, closed.json()["code"]) == (409, "not_taking_questions")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (SessionState.PLANNED, "Les questions ouvrent bientôt"),
        (SessionState.OPEN, "Envoyer"),
        (SessionState.ON_AIR, "Envoyer"),
        (SessionState.CLOSED, "C’était la dernière"),
    ],
)
def test_phone_page_follows_the_session(
    phone: Client, session: Session, state: str, said: str
) -> None:
    Session.objects.update(state=state)

    page = phone.get("/s/askines/").content.decode()

    assert said in page
    assert (f'data-air="{"on" if state == "on_air" else "off"}"') in page
    assert ('name="text"' in page) == (said == "Envoyer")


def test_hostile_words_are_inert_on_the_page(
    phone: Client, session: Session, moderator: Actor, moment: datetime
) -> None:
    bad = '"><script>alert(1)</script>\u202e'
    phone.post("/s/askines/ask", {"text": f"{bad} ?", "name": bad, "place": bad})
    question = Question.objects.get()
    for verb in ("approve", "air"):
        desk.decide(question_id=question.pk, verb=verb, now=moment, by=moderator)

    page = phone.get("/s/askines/").content.decode()

    assert "<script>alert" not in page
    assert "\u202e" not in page


def test_a_made_up_asker_is_nobody(phone: Client, session: Session) -> None:
    phone.post("/s/askines/ask", {"text": "À moi ?"})
    thief = Client()
    thief.cookies["asker"] = phone.cookies["asker"].value.split(":")[0]

    assert thief.get("/s/askines/mine").json() == {"items": [], "voted": []}


def test_an_unknown_session_is_not_there(phone: Client, db: None) -> None:
    assert phone.get("/s/nobody/").status_code == 404
    assert phone.post("/s/nobody/ask", {"text": "Oui ?"}).status_code == 404
    assert phone.get("/s/nobody/mine").status_code == 404


def test_asking_from_another_site_is_refused(session: Session) -> None:
    elsewhere = Client(enforce_csrf_checks=True)

    assert elsewhere.post("/s/askines/ask", {"text": "Oui ?"}).status_code == 403
    assert not Question.objects.exists()


def test_phone_page_opened_under_the_slate_writes_nothing_of_what_is_on_air(
    phone: Client, session: Session, make_question: Callable[..., Question], moment: datetime
) -> None:
    make_question()
    Question.objects.update(state="on_air")
    slates_by(Slates())
    try:
        slates().decide("askines", is_on=True, by="person:1", now=moment)
        page = phone.get("/s/askines/")
    finally:
        slates_by(Slates())

    written = re.sub(r'data-boot="[^"]*"', "", page.content.decode())
    assert "Nous revenons dans un instant." in written
    assert "Vous écrivez" not in written
    assert "Inès" not in re.sub(r"<head>.*</head>", "", written, flags=re.DOTALL)
