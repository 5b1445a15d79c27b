"""Votes by real requests to the views: what a phone may do, and how little a script gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.test import Client

from blueroom.audience import actions
from blueroom.audience.actions import count_votes, forget_votes
from blueroom.audience.models import Vote, VoteCount
from blueroom.audience.queries import phone_state
from blueroom.audience.rules import NETWORK_MOST, REGION_MOST, eased, origin, weigh
from blueroom.audience.stream import changes
from blueroom.audience.visitors import remember_asker
from blueroom.audience.wire import (
    AnsweredChanged,
    OnAirChanged,
    QuestionsCounted,
    UpForVoteChanged,
    VotesCounted,
)
from blueroom.audience.worker import count_due_votes
from blueroom.base.ids import new_secret
from blueroom.desk import actions as desk
from blueroom.desk.models import Question
from blueroom.desk.queries import row_of
from blueroom.desk.rules import are_votes_odd
from blueroom.room.actor import Actor
from blueroom.room.models import Session, SessionState
from blueroom.updates.tell import Notice

SECOND = timedelta(seconds=1)
JSON = "application/json"


class House:
    """The phone page at a time of the test's own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
        self.now = moment
        monkeypatch.setattr("blueroom.audience.views.now", lambda: self.now)
        # Cookies carry the time of their signature.
        monkeypatch.setattr(
            signing.TimestampSigner,
            "timestamp",
            lambda _: signing.b62_encode(int(self.now.timestamp())),
        )

    def phone(self, address: str = "192.0.2.1") -> Client:
        """A phone that opens the page, and has it open for a while."""
        phone = Client(REMOTE_ADDR=address)
        assert phone.get("/s/askines/").status_code == 200
        return phone

    def phones(self, addresses: list[str]) -> list[Client]:
        found = [self.phone(addresses[0]), *map(self._phone, addresses[1:])]
        self.now += 5 * SECOND
        return found

    def _phone(self, address: str) -> Client:
        """With the cookie that the page gives; opening it hundreds of times takes half a minute."""
        answer = HttpResponse()
        remember_asker(HttpRequest(), answer, new_secret(16))
        phone = Client(REMOTE_ADDR=address)
        phone.cookies.update(answer.cookies)
        return phone


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, session: Session, moment: datetime) -> Iterator[House]:
    actions.forget_paces()
    yield House(monkeypatch, moment)
    actions.forget_paces()


@pytest.fixture
def up(
    make_question: Callable[..., Question], moderator: Actor, moment: datetime
) -> Callable[..., Question]:
    """Makes a question that the public votes on."""

    def make(text: str = "Vous écrivez le matin ?", number: int = 1) -> Question:
        question = make_question(text, number=number)
        return desk.decide(question_id=question.pk, verb="approve", now=moment, by=moderator)

    return make


def give(phone: Client, question: Question, *, vote: bool = True, **headers: Any) -> Any:
    body = {"question": question.pk, "vote": vote}
    return phone.post("/s/askines/vote", body, content_type=JSON, headers=headers)


def counted(question: Question) -> tuple[int, int, bool]:
    """What the desk is told, once the votes are counted."""
    count_due_votes()
    row = row_of(question.pk)
    return row.votes, row.votes_given, row.are_votes_odd


def test_a_phone_votes_once_for_each_question_and_takes_it_back(
    house: House, up: Callable[..., Question]
) -> None:
    first, second = up(), up("Et le soir ?", 2)
    phone, other = house.phones(["192.0.2.1", "198.51.100.1"])

    answers = [give(phone, first).json(), give(phone, first).json()]
    give(phone, second)
    give(other, first)
    before = (counted(first), counted(second), phone.get("/s/askines/mine").json()["voted"])
    give(phone, first, vote=False)
    give(phone, first, vote=False)

    assert answers == [{"question": first.pk, "vote": True}] * 2
    assert before == ((2, 2, False), (1, 1, False), [first.pk, second.pk])
    assert (counted(first), counted(second)) == ((1, 1, False), (1, 1, False))


def test_the_page_votes_without_scripts(house: House, up: Callable[..., Question]) -> None:
    question = up()
    (phone,) = house.phones(["192.0.2.1"])
    form = {"question": question.pk, "vote": "true"}

    answer = phone.post("/s/askines/vote", form)
    page = phone.get("/s/askines/").content.decode()
    wrong = phone.post("/s/askines/vote", {"question": question.pk + 1, "vote": "true"})

    assert (answer.status_code, answer["Location"]) == (303, "/s/askines/#votes")
    assert 'name="vote" value="false"' in page
    assert (wrong.status_code, "not up for votes" in wrong.content.decode()) == (409, True)


def test_a_vote_needs_a_page_that_was_opened_before(
    house: House, up: Callable[..., Question]
) -> None:
    question = up()
    stranger, hasty = Client(), house.phone()
    forger = Client()
    forger.cookies["asker"] = "abcdefgh:1tPwpt:forged"

    answers = [give(phone, question) for phone in (stranger, hasty, forger)]
    house.now += 4 * SECOND
    later = give(hasty, question)

    assert [(one.status_code, one.json()["code"]) for one in answers] == [
        (429, "voted_too_soon")
    ] * 3
    assert [one["Retry-After"] for one in answers] == ["3"] * 3
    assert later.status_code == 200
    assert Vote.objects.count() == 1


@pytest.mark.parametrize(
    ("state", "verbs", "status"),
    [
        (SessionState.OPEN, (), 409),
        (SessionState.OPEN, ("hold",), 409),
        (SessionState.OPEN, ("reject",), 409),
        (SessionState.OPEN, ("approve",), 200),
        (SessionState.ON_AIR, ("approve", "line_up"), 200),
        (SessionState.ON_AIR, ("approve", "air"), 409),
        (SessionState.CLOSED, ("approve",), 409),
    ],
)
def test_the_public_votes_on_what_is_approved_while_questions_are_taken(
    house: House,
    session: Session,
    make_question: Callable[..., Question],
    moderator: Actor,
    moment: datetime,
    state: str,
    verbs: tuple[str, ...],
    status: int,
) -> None:
    question = make_question()
    for verb in verbs:
        desk.decide(question_id=question.pk, verb=verb, now=moment, by=moderator)
    Session.objects.update(state=state)
    (phone,) = house.phones(["192.0.2.1"])

    assert give(phone, question).status_code == status


def test_a_vote_that_is_unclear_is_refused(house: House, up: Callable[..., Question]) -> None:
    question = up()
    (phone,) = house.phones(["192.0.2.1"])
    bodies = ("[", "{}", '{"question": 1}', '{"question": "1", "vote": true}', '{"vote": 1}')

    answers = [phone.post("/s/askines/vote", body, content_type=JSON) for body in bodies]
    good = give(phone, question).status_code
    too_large = phone.post("/s/askines/vote", '{"x": "%s"}' % ("x" * 1000), content_type=JSON)

    assert [one.status_code for one in [*answers, too_large]] == [422] * 6
    assert good == 200
    assert Client(enforce_csrf_checks=True).post("/s/askines/vote").status_code == 403


def test_a_script_with_many_cookies_moves_a_rank_little_and_is_seen(
    house: House, up: Callable[..., Question]
) -> None:
    liked, pushed = up(), up("Achetez ici ?", 2)
    # An audience from many towns, and one machine that opens the page again and again.
    for phone in house.phones([f"203.{town}.113.7" for town in range(50)]):
        give(phone, liked)
    for number, phone in enumerate(house.phones(["192.0.2.66"] * 150)):
        give(phone, pushed, **{"x-forwarded-for": f"198.51.{number % 250}.9"})

    assert counted(liked) == (50, 50, False)
    votes, given, is_odd = counted(pushed)
    assert (votes <= NETWORK_MOST, given, is_odd) == (True, 150, True)
    assert votes < 50


def test_a_script_with_many_addresses_of_one_provider_is_bounded_too(
    house: House, up: Callable[..., Question]
) -> None:
    by_four, by_six = up(), up("Et le soir ?", 2)
    for phone in house.phones([f"192.0.{n % 250}.{n // 250}" for n in range(300)]):
        give(phone, by_four)
    for phone in house.phones([f"2001:db8:{n:x}::1" for n in range(300)]):
        give(phone, by_six)

    for question in (by_four, by_six):
        votes, given, is_odd = counted(question)
        assert (votes <= REGION_MOST, given, is_odd) == (True, 300, True)


def test_one_phone_and_one_address_vote_at_a_human_pace(
    house: House, up: Callable[..., Question]
) -> None:
    question = up()
    (phone,) = house.phones(["192.0.2.1"])

    statuses = [give(phone, question, vote=n % 2 == 0).status_code for n in range(61)]
    house.now += timedelta(minutes=1)
    later = give(phone, question)

    assert (statuses[:60], statuses[60]) == ([200] * 60, 429)
    assert later.status_code == 200


def test_weigh_keeps_the_order_and_bounds_each_network_and_region() -> None:
    sizes = [1, 8, 9, 30, 100, 400, 100_000]
    weights = [weigh({("r", "n"): size}) for size in sizes]

    assert weights[:3] == [1, 8, 8]
    assert weights == sorted(weights)
    assert weights[-1] == NETWORK_MOST
    assert weigh({("r", f"n{n}"): 1000 for n in range(5000)}) == REGION_MOST
    assert weigh({(f"r{n}", "n"): 3 for n in range(100)}) == 300
    assert eased(8, 8, 40) == 8


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("192.0.2.77", ("192.0.2.0/24", "192.0.0.0/16")),
        ("::ffff:192.0.2.77", ("192.0.2.0/24", "192.0.0.0/16")),
        ("2001:db8:1:2::3", ("2001:db8:1::/48", "2001:db8::/32")),
        ("socket", ("", "")),
    ],
)
def test_origin_knows_networks_and_regions(address: str, found: tuple[str, str]) -> None:
    assert origin(address) == found


@pytest.mark.parametrize(
    ("votes", "given", "odd"),
    [(8, 8, False), (8, 17, False), (8, 18, True), (90, 110, False), (70, 100, True)],
)
def test_votes_are_odd_from_ten_and_a_quarter_on(votes: int, given: int, odd: bool) -> None:
    assert are_votes_odd(votes, given) is odd


def test_no_address_is_kept_with_a_vote(
    house: House, up: Callable[..., Question], session: Session
) -> None:
    (phone,) = house.phones(["192.0.2.77"])
    give(phone, up())

    kept = Vote.objects.values().get()
    assert "192.0" not in str(kept)
    assert (len(kept["network"]), len(kept["region"])) == (16, 16)


def test_who_voted_is_forgotten_a_week_after_the_end_and_the_count_stays(
    house: House, up: Callable[..., Question], session: Session, moment: datetime
) -> None:
    question = up()
    for phone in house.phones([f"203.{n}.113.7" for n in range(5)]):
        give(phone, question)
    before = counted(question)
    Session.objects.update(state=SessionState.CLOSED, closed_at=moment)

    too_early = forget_votes(now=moment + timedelta(days=7))
    forgotten = forget_votes(now=moment + timedelta(days=7, seconds=1))
    count_votes(question_id=question.pk)

    assert (too_early, forgotten) == (0, 1)
    assert not Vote.objects.exists()
    assert counted(question) == before == (5, 5, False)


def test_screens_are_told_of_votes_by_number_and_of_decisions_by_card(
    house: House,
    session: Session,
    up: Callable[..., Question],
    make_question: Callable[..., Question],
    moderator: Actor,
    moment: datetime,
) -> None:
    question, secret = up(), make_question("Pas encore lue ?", number=2)
    (phone,) = house.phones(["192.0.2.1"])
    give(phone, question)
    count_due_votes()
    ids = [question.pk, secret.pk]

    by_vote = list(changes(session, Notice(questions=ids)))
    (entry,) = phone_state(session).up_for_vote
    approved = list(changes(session, Notice(questions=ids, at_once=True)))
    desk.decide(question_id=question.pk, verb="air", now=moment, by=moderator)
    aired = list(changes(session, Notice(questions=ids, at_once=True)))

    assert by_vote == [VotesCounted(question.pk, 1)]
    assert (entry.card.text, entry.votes) == ("Vous écrivez le matin ?", 1)
    assert approved[2:] == [UpForVoteChanged(question.pk, entry)]
    assert aired[2:] == [UpForVoteChanged(question.pk, None)]


def test_votes_that_are_turned_off_are_refused_and_told_nobody(
    house: House, session: Session, up: Callable[..., Question]
) -> None:
    question = up()
    (phone,) = house.phones(["192.0.2.1"])
    give(phone, question)
    Session.objects.update(takes_votes=False)
    session.refresh_from_db()

    refused = give(phone, question, vote=False)
    page = phone.post("/s/askines/vote", {"question": question.pk, "vote": "true"})
    decided = list(changes(session, Notice(questions=[question.pk], at_once=True)))

    assert (refused.status_code, refused.json()["code"]) == (409, "votes_off")
    assert (page.status_code, 'action="/s/askines/vote"' in page.content.decode()) == (409, False)
    assert phone_state(session).up_for_vote == []
    assert phone.get("/s/askines/mine").json()["voted"] == []
    assert [type(change) for change in decided] == [OnAirChanged, AnsweredChanged]
    assert counted(question) == (1, 1, False)


def test_phones_are_told_no_numbers_where_they_are_turned_off(
    house: House, session: Session, up: Callable[..., Question], moderator: Actor, moment: datetime
) -> None:
    question, aired = up(), up("Et le soir ?", 2)
    desk.decide(question_id=aired.pk, verb="air", now=moment, by=moderator)
    Question.objects.update(askers=3)
    (phone,) = house.phones(["192.0.2.1"])
    give(phone, question)
    count_due_votes()
    Session.objects.update(shows_counts=False)
    session.refresh_from_db()

    state = phone_state(session)
    told = list(changes(session, Notice(questions=[question.pk], counts=True)))

    assert state.on_air is not None
    assert [state.on_air.askers, state.questions, state.questions_answered] == [1, 0, 0]
    assert [(one.card.askers, one.votes) for one in state.up_for_vote] == [(1, 0)]
    assert told == [QuestionsCounted(0, 0)]


def test_votes_are_counted_once_a_round_however_many_came(
    house: House, up: Callable[..., Question], django_assert_num_queries: Any
) -> None:
    question = up()
    for phone in house.phones([f"203.{n}.113.7" for n in range(20)]):
        give(phone, question)

    assert VoteCount.objects.filter(is_due=True).count() == 1
    assert counted(question) == (20, 20, False)
    with django_assert_num_queries(1):
        assert count_due_votes() == 0


def test_votes_of_a_phone_whose_owner_objects_are_erased(
    house: House, up: Callable[..., Question]
) -> None:
    first, second = up(), up("Et le soir ?", 2)
    phone, other = house.phones(["192.0.2.1", "198.51.100.1"])
    for voter, question in ((phone, first), (phone, second), (other, first)):
        give(voter, question)
    count_due_votes()

    erased = actions.erase_votes(device=Vote.objects.earliest("pk").device)

    assert erased == 2
    assert (counted(first), counted(second)) == ((1, 1, False), (0, 0, False))
