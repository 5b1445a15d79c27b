"""The contract of the API, and what it does with bad input."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from blueroom.base.clock import to_text
from blueroom.desk.models import Question
from blueroom.room.actions import make_token
from blueroom.room.actor import house
from blueroom.room.models import Room

HOSTILE = {
    "nul": "Le\0 matin ?",
    "override": "Le \u202ematin\u202c ?",
    "zalgo": "L" + "\u0301" * 200 + "e matin ?",
    "script": "<script>alert(1)</script> ?",
    "emoji": "👩‍👩‍👧‍👦" * 300 + "?",
    "arabic": "هل تكتبين في الصباح؟",
    "long": "é" * 900 + " ?",
}


@pytest.fixture
def call(client, db):
    """Calls the API with a token, JSON in and out."""

    class Caller:
        token = ""

        def __call__(self, method, path, body=None, **headers):
            if self.token:
                headers.setdefault("Authorization", f"Bearer {self.token}")
            more = {}
            if method != "get":
                data = (
                    b"" if body is None else body if isinstance(body, bytes) else json.dumps(body)
                )
                more = {"data": data, "content_type": "application/json"}
            answer = getattr(client, method)(f"/api/v1{path}", headers=headers, **more)
            content = answer.json() if answer.content else None
            return answer.status_code, content

    return Caller()


@pytest.fixture
def producer(call, room, moment):
    _, call.token = make_token(
        room=room, role="producer", label="tool", now=moment, by=house(room.pk)
    )
    return call


@pytest.fixture
def planned(producer, moment):
    status, session = producer(
        "post",
        "/sessions",
        {
            "title": "Une heure avec Inès Carat",
            "guest": "Inès Carat",
            "hashtags": ["#AskInes"],
            "starts_at": to_text(moment + timedelta(days=1)),
            "minutes": 60,
            "languages": ["fr", "en"],
        },
    )
    assert status == 201
    return session


@pytest.fixture
def opened(producer, planned):
    assert producer("post", f"/sessions/{planned['slug']}/open")[0] == 200
    return f"/sessions/{planned['slug']}"


def post(number, text="Le matin ?", **values):
    return {
        "network": "board",
        "id": f"p{number}",
        "author": {"id": "u1", "name": "Ana Sousa", "handle": "ana"},
        "text": text,
        "published_at": "2026-11-23T20:00:00Z",
        **values,
    }


def test_session_is_planned_opened_started_and_closed(producer, planned):
    path = f"/sessions/{planned['slug']}"
    states = [planned["state"]]
    for step in ("open", "start", "close"):
        _, session = producer("post", f"{path}/{step}")
        states.append(session["state"])

    assert states == ["planned", "open", "on_air", "closed"]
    assert {"desk", "phone", "wall_questions"} <= set(planned["links"])
    assert producer("get", path)[1]["state"] == "closed"


def test_what_the_public_does_and_sees_is_turned_off_and_on(producer, opened):
    off = {"takes_votes": False, "takes_hearts": False, "shows_counts": False}

    told = [
        producer("patch", opened, change)[1]
        for change in ({"minutes": 60}, off, {"takes_hearts": True})
    ]
    planned = producer("post", "/sessions", {"guest": "Ana", "hashtags": ["Ana"], **off})[1]

    assert [[one[name] for name in off] for one in (*told, planned)] == [
        [True, True, True],
        [False, False, False],
        [False, True, False],
        [False, False, False],
    ]


def test_posts_are_stored_repeated_and_refused_one_by_one(producer, opened):
    batch = [post(1), post(2, "Bravo !"), {"id": "p3"}, post(1)]

    status, receipt = producer("post", f"{opened}/posts", batch)

    refused = receipt.pop("refused")
    assert (status, receipt) == (
        200,
        {"received": 4, "stored": 2, "repeated": 1, "edited": 0, "deleted": 0, "left_out": 0},
    )
    assert [sorted(one) for one in refused] == [["code", "index", "message"]]
    assert refused[0]["index"] == 2
    assert producer("post", f"{opened}/posts", batch)[1]["repeated"] == 3
    assert producer("get", f"{opened}/counts")[1]["by_network"] == {"board": 2}


def test_questions_are_listed_by_page(producer, opened):
    producer("post", f"{opened}/posts", [post(n, f"Question {n} ?") for n in range(5)])

    _, first = producer("get", f"{opened}/questions?limit=3")
    _, second = producer("get", f"{opened}/questions?limit=3&after={first['next']}")

    texts = [one["text"] for page in (first, second) for one in page["items"]]
    assert texts == [f"Question {n} ?" for n in range(5)]
    assert second["next"] is None
    _, newest = producer("get", f"{opened}/questions?limit=2&order=newest")
    _, next_ones = producer(
        "get", f"{opened}/questions?limit=9&order=newest&after={newest['next']}"
    )
    texts = [one["text"] for page in (newest, next_ones) for one in page["items"]]
    assert texts == [f"Question {n} ?" for n in reversed(range(5))]
    item = first["items"][0]
    assert {
        "id",
        "text",
        "state",
        "language",
        "network",
        "revision",
        "askers",
        "votes",
        "votes_given",
        "are_votes_odd",
        "published_at",
        "author",
    } <= set(item)
    assert (
        producer("get", f"{opened}/questions?q=Question 4")[1]["items"][0]["text"] == "Question 4 ?"
    )


def test_a_question_goes_from_asked_to_replied(producer, call, opened):
    status, asked = call(
        "post", f"{opened}/ask", {"text": "Vous écrivez le matin ?", "name": "Léa"}
    )
    assert (status, asked["state"]) == (201, "waiting")
    path = f"/questions/{asked['id']}"

    states = []
    for step, body in [
        ("approve", None),
        ("line-up", None),
        ("air", None),
        ("answer", {"text": "Plutôt la nuit."}),
    ]:
        status, question = producer("post", f"{path}/{step}", body)
        assert status == 200, question
        states.append(question["state"])

    assert states == ["approved", "lined_up", "on_air", "answered"]
    preview = producer("get", f"{path}/reply")[1]
    assert (preview["text"], preview["network"], preview["problems"]) == (
        "Plutôt la nuit.",
        "page",
        [],
    )
    sent = [producer("post", f"{path}/reply") for _ in range(2)]
    assert [(status, reply["state"]) for status, reply in sent] == [(200, "sent")] * 2
    assert sent[0][1]["id"] == sent[1][1]["id"]


def test_the_later_of_two_decisions_is_told_so(producer, opened):
    producer("post", f"{opened}/posts", [post(1)])
    question = producer("get", f"{opened}/questions")[1]["items"][0]
    path = f"/questions/{question['id']}"
    match = {"If-Match": str(question["revision"])}
    assert producer("post", f"{path}/reject", **match)[0] == 200

    status, refusal = producer("post", f"{path}/approve", **match)

    assert (status, refusal["code"], refusal["question"]["state"]) == (
        409,
        "stale_revision",
        "rejected",
    )
    assert producer("post", f"{path}/undo")[1]["state"] == "waiting"


def test_nothing_goes_on_air_before_it_is_approved(producer, opened):
    producer("post", f"{opened}/posts", [post(1)])
    question = producer("get", f"{opened}/questions")[1]["items"][0]

    status, refusal = producer("post", f"/questions/{question['id']}/air")

    assert (status, refusal["code"]) == (409, "not_approved")


def test_another_room_sees_nothing(producer, opened, room, moment):
    producer("post", f"{opened}/posts", [post(1)])
    question = producer("get", f"{opened}/questions")[1]["items"][0]
    other = Room.objects.create(slug="ailleurs", name="Ailleurs", created_at=moment)
    _, producer.token = make_token(
        room=other, role="owner", label="", now=moment, by=house(other.pk)
    )

    answers = [
        producer("get", opened),
        producer("get", f"{opened}/questions"),
        producer("get", f"{opened}/posts"),
        producer("post", f"{opened}/posts", [post(2)]),
        producer("post", f"{opened}/close"),
        producer("get", f"/questions/{question['id']}"),
        producer("post", f"/questions/{question['id']}/approve"),
        producer("get", f"/questions/{question['id']}/reply"),
    ]

    assert [(status, body["code"]) for status, body in answers] == [(404, "not_found")] * 8


def test_a_moderator_decides_but_closes_nothing(producer, opened, room, moment):
    producer("post", f"{opened}/posts", [post(1)])
    _, producer.token = make_token(
        room=room, role="moderator", label="", now=moment, by=house(room.pk)
    )
    question = producer("get", f"{opened}/questions")[1]["items"][0]

    assert producer("post", f"/questions/{question['id']}/approve")[0] == 200
    assert producer("post", f"{opened}/close")[0] == 403
    assert producer("post", f"{opened}/posts", [post(2)])[0] == 403


@pytest.mark.parametrize("token", ["", "wrong", "é" * 10, "a" * 10_000])
def test_without_a_good_token_nothing_is_told(call, session, token):
    call.token = token

    status, body = call("get", f"/sessions/{session.slug}")

    assert (status, body["code"]) == (401, "not_logged_in")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_taken_or_refused_but_break_nothing(call, producer, opened, text):
    call.token = ""
    status, body = call("post", f"{opened}/ask", {"text": text, "name": text, "place": text})

    assert status in (201, 422), body
    if status == 422:
        assert {"code", "message"} <= set(body)
    kept = "".join(Question.objects.values_list("text", flat=True))
    assert "\0" not in kept
    assert "\u202e" not in kept


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[]", 422),
        (b"null", 422),
        (b'"text"', 422),
        (b"{}", 422),
        (b'{"text": 7}', 422),
        (b'{"text": ""}', 422),
        (b'{"text": "  "}', 422),
        (b'{"text": "\\ud800"}', 422),
        (b"[" * 100_000, 400),
        (b'{"text": "' + b"a" * 30_000 + b'"}', 422),
    ],
)
def test_a_broken_question_is_refused_with_a_code(call, session, body, status):
    got, answer = call("post", f"/sessions/{session.slug}/ask", body)

    assert (got, {"code", "message"} <= set(answer)) == (status, True)
    assert not Question.objects.exists()


@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b"{}", b"null", b"7", b"[" * 100_000, b'[{"id": "\\ud800"}]']
)
def test_a_broken_batch_is_never_a_fault_of_ours(producer, opened, body):
    status, answer = producer("post", f"{opened}/posts", body)

    assert status in (200, 400, 422)
    assert ("refused" in answer) == (status == 200)


def test_a_batch_of_more_than_5000_is_refused_whole(producer, opened):
    status, answer = producer("post", f"{opened}/posts", [post(n) for n in range(5001)])

    assert (status, "code" in answer) == (422, True)
    assert producer("get", f"{opened}/counts")[1]["total"] == 0


def test_a_wrong_media_type_is_refused(client, session):
    answer = client.post(
        f"/api/v1/sessions/{session.slug}/ask", data="text=a", content_type="text/plain"
    )

    assert (answer.status_code, answer.json()["code"]) == (415, "not_json")


@pytest.mark.parametrize(
    "change",
    [
        {"hashtags": []},
        {"hashtags": ["a b"]},
        {"hashtags": "AskInes"},
        {"guest": ""},
        {"guest": "a" * 500},
        {"minutes": 0},
        {"minutes": 10**9},
        {"starts_at": "tomorrow"},
        {"starts_at": "2026-11-23T20:00:00"},
        {"languages": ["xx"]},
    ],
)
def test_a_bad_plan_is_refused_with_a_sentence(producer, change):
    plan = {"guest": "Inès", "hashtags": ["AskInes"], **change}

    status, answer = producer("post", "/sessions", plan)

    assert status == 422
    assert answer["code"]
    assert answer["message"]


def test_huge_numbers_in_addresses_are_not_found(producer):
    assert producer("post", f"/questions/{10**30}/approve")[0] in (404, 422)
    assert producer("get", f"/questions/{2**63}")[0] == 404


def test_openapi_describes_every_address(client, db):
    described = client.get("/api/openapi.json").json()

    assert described["openapi"].startswith("3.")
    assert "/api/v1/questions/{question_id}/air" in described["paths"]
    assert all(
        operation.get("summary")
        for path in described["paths"].values()
        for operation in path.values()
    )
