from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import pytest
from django.test import Client

from blueroom.audience.actions import send_hearts
from blueroom.audience.errors import HeartsOff, HeartsTooFast, NoLivePicture
from blueroom.audience.hearts import Hearts, hearts_by, source_of
from blueroom.audience.models import HeartCount
from blueroom.audience.queries import phone_state
from blueroom.audience.wire import HeartsChanged
from blueroom.base import clock
from blueroom.room.access import NotFound
from blueroom.room.models import Session
from blueroom.studio.models import Programme, ProgrammeState
from blueroom.updates.announcement import announcement_of

SECOND = timedelta(seconds=1)


@pytest.fixture
def gathered() -> Hearts:
    """What gathers the hearts of this process, with none so far."""
    made = Hearts()
    hearts_by(made)
    return made


@pytest.fixture
def programme(session: Session, gathered: Hearts, moment: datetime) -> Programme:
    """A programme that is on the slate."""
    return Programme.objects.create(
        session=session, key="key", state=ProgrammeState.SLATE, changed_at=moment
    )


def told_by(gathered: Hearts) -> list[tuple[str, list[msgspec.Struct]]]:
    """Where everything goes that this gatherer tells from now on."""
    told: list[tuple[str, list[msgspec.Struct]]] = []

    def announce(topic: str, changes: Sequence[msgspec.Struct], *, at_once: bool) -> None:
        assert not at_once
        told.append((topic, list(changes)))

    gathered._announce = announce
    return told


def send(number: int, address: str, now: datetime) -> int:
    return send_hearts(slug="askines", hearts=number, address=address, now=now)


def counted(session: Session) -> list[tuple[datetime, int]]:
    found = HeartCount.objects.filter(session=session).order_by("minute")
    return list(found.values_list("minute", "hearts"))


def test_what_all_phones_send_between_two_beats_is_told_as_one_number(
    gathered: Hearts, programme: Programme, moment: datetime
) -> None:
    told = told_by(gathered)
    gathered.tell(now_s=0.0)
    send(3, "192.0.2.1", moment)
    send(2, "192.0.2.2", moment)
    gathered.tell(now_s=0.0)
    gathered.tell(now_s=0.0)
    send(1, "192.0.2.1", moment + SECOND)
    gathered.tell(now_s=0.0)

    assert told == [
        ("askines/phone", [HeartsChanged(id=gathered.id, hearts=5, total=5)]),
        ("askines/phone", [HeartsChanged(id=gathered.id, hearts=1, total=6)]),
    ]


def test_with_many_phones_the_beats_are_further_apart(
    gathered: Hearts, programme: Programme, moment: datetime
) -> None:
    told = told_by(gathered)
    gathered._phones = lambda: 10_000
    for quarter in range(9):
        send(1, "192.0.2.1", moment)
        gathered.tell(now_s=quarter / 4)

    assert [changes for _, changes in told] == [
        [HeartsChanged(id=gathered.id, hearts=1, total=1)],
        [HeartsChanged(id=gathered.id, hearts=4, total=5)],
        [HeartsChanged(id=gathered.id, hearts=4, total=9)],
    ]


def test_hearts_are_kept_by_minute_and_the_total_goes_on_from_them(
    gathered: Hearts, programme: Programme, session: Session, moment: datetime
) -> None:
    told = told_by(gathered)
    send(4, "192.0.2.1", moment + timedelta(seconds=59))
    send(2, "192.0.2.1", moment + timedelta(seconds=60))
    gathered.tell(now_s=0.0)
    gathered.store()
    gathered.store()
    send(1, "192.0.2.1", moment + timedelta(seconds=61))
    gathered.tell(now_s=0.0)
    gathered.store()
    after = Hearts()  # of the process that comes next
    hearts_by(after)
    told_after = told_by(after)
    send(1, "192.0.2.1", moment + timedelta(seconds=70))
    after.tell(now_s=0.0)

    assert counted(session) == [(moment, 4), (moment + timedelta(seconds=60), 3)]
    assert [changes[0].total for _, changes in told] == [6, 7]  # type: ignore[attr-defined]
    assert [changes[0].total for _, changes in told_after] == [8]  # type: ignore[attr-defined]
    assert phone_state(session).hearts_total == 7


def test_the_total_has_the_hearts_of_other_hosts_once_both_stored(
    gathered: Hearts, programme: Programme, moment: datetime
) -> None:
    other = Hearts()
    told = told_by(gathered)
    send(2, "192.0.2.1", moment)
    other.add(other.picture("askines", now=moment), 5, address="192.0.2.2", now=moment)
    other.store()
    gathered.store()
    send(1, "192.0.2.1", moment + SECOND)
    gathered.tell(now_s=0.0)

    assert told == [("askines/phone", [HeartsChanged(id=gathered.id, hearts=3, total=8)])]
    assert gathered.id != other.id


def test_hearts_that_could_not_be_stored_are_stored_the_next_time(
    gathered: Hearts,
    programme: Programme,
    session: Session,
    moment: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send(5, "192.0.2.1", moment)
    with monkeypatch.context() as broken:
        broken.setattr("blueroom.audience.hearts.HeartCount", None)
        with pytest.raises(AttributeError):
            gathered.store()
    gathered.store()

    assert counted(session) == [(moment, 5)]


def test_a_batch_counts_as_five_at_most_and_an_address_as_thirty_a_second(
    gathered: Hearts, programme: Programme, session: Session, moment: datetime
) -> None:
    first = [send(1_000_000, "192.0.2.1", moment) for _ in range(6)]
    with pytest.raises(HeartsTooFast) as refused:
        send(1, "192.0.2.1", moment)
    beside = send(2, "192.0.2.2", moment)
    later = send(3, "192.0.2.1", moment + SECOND)
    gathered.store()

    assert first == [5] * 6
    assert refused.value.retry_after_s == 1.0
    assert (beside, later) == (2, 3)
    assert counted(session) == [(moment, 35)]


def test_source_of_takes_the_network_of_a_subscriber_for_one() -> None:
    addresses = ("192.0.2.1", "2001:db8:1:2:3::4", "2001:db8:1:2::9", "::ffff:192.0.2.1", "socket")

    assert [source_of(address) for address in addresses] == [
        "192.0.2.1",
        "2001:db8:1:2::/64",
        "2001:db8:1:2::/64",
        "192.0.2.1",
        "",
    ]


def test_hearts_are_taken_while_there_is_a_picture_only(
    gathered: Hearts, programme: Programme, session: Session, moment: datetime
) -> None:
    on_slate = send(1, "192.0.2.1", moment)
    Programme.objects.update(state=ProgrammeState.LIVE)
    live = send(1, "192.0.2.1", moment + 2 * SECOND)
    Programme.objects.update(state=ProgrammeState.OFF)
    with pytest.raises(NoLivePicture):
        send(1, "192.0.2.1", moment + 4 * SECOND)
    with pytest.raises(NotFound):
        send_hearts(slug="nobody", hearts=1, address="192.0.2.1", now=moment)

    assert (on_slate, live) == (1, 1)
    assert phone_state(session).hearts_total == 0


def test_hearts_follow_what_the_producer_turns_off(
    gathered: Hearts, programme: Programme, session: Session, moment: datetime
) -> None:
    told = told_by(gathered)
    Session.objects.update(shows_counts=False)
    send(2, "192.0.2.1", moment)
    gathered.tell(now_s=1.0)
    gathered.store()
    session.refresh_from_db()
    without_counts = phone_state(session).hearts_total
    Session.objects.update(takes_hearts=False, shows_counts=True)
    with pytest.raises(HeartsOff):
        send(1, "192.0.2.1", moment + 2 * SECOND)
    session.refresh_from_db()

    assert told == [("askines/phone", [HeartsChanged(id=gathered.id, hearts=2, total=0)])]
    assert (without_counts, phone_state(session).hearts_total) == (0, 0)


def test_hearts_of_two_hosts_in_one_message_are_told_side_by_side(moment: datetime) -> None:
    changes = [HeartsChanged(id="Aa0-", hearts=12, total=1240), HeartsChanged("Bb1-", 3, 1233)]

    announced = announcement_of("askines/phone", changes)

    assert [(key, bytes(change)) for key, change in announced.changes] == [
        ("hearts:Aa0-", b'{"kind":"hearts","id":"Aa0-","hearts":12,"total":1240}'),
        ("hearts:Bb1-", b'{"kind":"hearts","id":"Bb1-","hearts":3,"total":1233}'),
    ]


def test_a_hundred_batches_in_a_second_ask_the_database_no_more_than_one(
    gathered: Hearts,
    programme: Programme,
    moment: datetime,
    django_assert_num_queries: object,
) -> None:
    send(1, "192.0.2.1", moment)

    with django_assert_num_queries(0):  # type: ignore[operator]
        for number in range(100):
            send(1, f"198.51.100.{number}", moment + timedelta(milliseconds=9 * number))


@pytest.mark.django_db(transaction=True)
def test_from_begin_to_stop_hearts_are_told_by_themselves_and_the_last_are_stored(
    gathered: Hearts, programme: Programme, session: Session, moment: datetime
) -> None:
    told = threading.Event()

    def announce(topic: str, changes: Sequence[msgspec.Struct], *, at_once: bool) -> None:
        told.set()

    gathered.begin(announce, lambda: 1)
    send(2, "192.0.2.1", moment)
    is_told = told.wait(10)
    gathered.stop()

    assert is_told
    assert counted(session) == [(moment, 2)]


def test_view_takes_json_and_forms_and_says_why_it_refuses(
    programme: Programme, gathered: Hearts, monkeypatch: pytest.MonkeyPatch, moment: datetime
) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)
    monkeypatch.setattr("blueroom.audience.views.now", lambda: moment)
    phone = Client(headers={"accept-language": "fr"})
    address = "/s/askines/hearts"

    def as_json(body: str) -> tuple[int, bytes | str]:
        answer = phone.post(address, body, content_type="application/json")
        return answer.status_code, answer.content and answer.json()["code"]

    form = phone.post(address, {"hearts": "2"})
    answers = [
        as_json(body)
        for body in (
            '{"hearts": 3}',
            '{"hearts": 0}',
            '{"hearts": true}',
            '{"hearts": 1.5}',
            '{"hearts": "3"}',
            "{}",
            "[",
            '{"hearts": 1, "more": "%s"}' % ("x" * 1_000),
        )
    ]
    bad_form = phone.post(address, {"hearts": "many"})
    statuses = [phone.post(address, {"hearts": "5"}).status_code for _ in range(6)]
    Programme.objects.all().delete()
    gathered._pictures.clear()
    over = phone.post(address, {"hearts": "1"})

    assert (form.status_code, form.content, form.cookies) == (204, b"", {})
    assert answers == [(204, b""), *[(422, "hearts_unclear")] * 7]
    assert bad_form.status_code == 422
    assert statuses == [204] * 5 + [429]
    assert (over.status_code, over.json()) == (
        409,
        {"code": "no_live_picture", "message": "Il n’y a pas de direct en ce moment."},
    )
    assert (phone.get(address).status_code, phone.post("/s/nobody/hearts").status_code) == (
        405,
        422,
    )
    assert phone.post("/s/nobody/hearts", {"hearts": 1}).status_code == 404


def test_view_wants_the_token_of_the_page_and_no_other_cookie(
    programme: Programme, gathered: Hearts
) -> None:
    phone = Client(enforce_csrf_checks=True)
    refused = phone.post("/s/askines/hearts", {"hearts": 1})
    page = phone.get("/s/askines/")
    token = page.context["boot"]["csrf"]
    taken = phone.post("/s/askines/hearts", {"hearts": 1}, headers={"x-csrftoken": token})

    assert (refused.status_code, taken.status_code) == (403, 204)
    assert page.context["boot"]["hearts_url"] == "/s/askines/hearts"
    assert list(phone.cookies) == ["csrftoken", "asker"]
