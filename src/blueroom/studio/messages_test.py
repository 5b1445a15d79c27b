"""What the crew writes to the guest and to fans, and how far it came."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from blueroom.room.actions import FieldRefused, NotAllowed
from blueroom.room.actor import Actor
from blueroom.room.models import Role
from blueroom.studio import actions, queries, stream
from blueroom.studio.errors import QuestionElsewhere
from blueroom.studio.models import CrewMessage, Feed
from blueroom.studio.secrets import page_secret
from blueroom.studio.wire import MessageLine, MessagesChanged
from blueroom.updates.tell import Notice

pytestmark = pytest.mark.django_db
S = timedelta(seconds=1)


@pytest.fixture
def fan(session, moment):
    return actions.ask_by_video(session=session, name="Zoé", asker="a", agrees=True, now=moment)


@pytest.fixture
def page():
    """A browser that nobody logged in, with Django's own eye on forgeries."""
    return Client(enforce_csrf_checks=True)


def texts(found):
    return [card.text for card in queries.message_cards(found)]


def test_a_message_waits_for_whom_it_is_for_and_has_a_receipt(session, fan, moderator, moment):
    said = actions.say_to_feed(feed=fan, text=" Plus  près ", now=moment, by=moderator)
    waiting = queries.message_lines(session)
    actions.note_receipt(message_id=said.pk, is_seen=False, now=moment + S)
    actions.note_receipt(message_id=said.pk, is_seen=True, now=moment + 2 * S)
    actions.note_receipt(message_id=said.pk, is_seen=False, now=moment + 3 * S)
    actions.note_receipt(message_id=said.pk, is_seen=True, now=moment + 4 * S)

    line = {
        "id": said.pk,
        "feed_id": fan.pk,
        "to": "Zoé",
        "text": "Plus près",
        "sent_by": "Léa",
        "sent_at": moment,
    }
    assert waiting == [MessageLine(**line, delivered_at=None, seen_at=None)]
    assert queries.message_lines(session) == [
        MessageLine(**line, delivered_at=moment + S, seen_at=moment + 2 * S)
    ]


def test_who_has_seen_it_had_it_before_them(session, moderator, moment):
    said = actions.say_to_guest(session=session, text="Deux minutes", now=moment, by=moderator)
    actions.note_receipt(message_id=said.pk, is_seen=True, now=moment + S)

    (line,) = queries.message_lines(session)
    assert (line.feed_id, line.to) == (None, "Inès Carat")
    assert (line.delivered_at, line.seen_at) == (moment + S, moment + S)


def test_pages_show_what_is_for_their_person(session, guest_feed, fan, producer, moderator, moment):
    second = actions.make_feed(session=session, kind="guest", name="Paul", now=moment, by=producer)
    for feed, text in ((guest_feed, "Inès"), (second, "Paul"), (fan, "Zoé")):
        actions.say_to_feed(feed=feed, text=text, now=moment, by=moderator)
    actions.say_to_guest(session=session, text="Aux invités", now=moment, by=moderator)

    shown = {
        feed.name: texts(queries.messages_for_feed(feed)) for feed in (guest_feed, second, fan)
    }

    assert shown == {
        "Inès": ["Inès", "Aux invités"],
        "Paul": ["Paul", "Aux invités"],
        "Zoé": ["Zoé"],
    }
    assert texts(queries.messages_for_guest(session)) == ["Inès", "Paul", "Aux invités"]


def test_what_was_seen_stays_in_sight_for_a_while(session, moderator, moment):
    for number in range(5):
        said = actions.say_to_guest(session=session, text=f"{number}", now=moment, by=moderator)
        actions.note_receipt(message_id=said.pk, is_seen=True, now=moment)
    actions.say_to_guest(session=session, text="neuf", now=moment, by=moderator)

    assert texts(queries.messages_for_guest(session)) == ["2", "3", "4", "neuf"]


def test_the_pages_concerned_are_told_when_it_is_committed(
    session,
    guest_feed,
    fan,
    moderator,
    moment,
    receiver,
    django_capture_on_commit_callbacks,
):
    with django_capture_on_commit_callbacks(execute=True):
        actions.say_to_feed(feed=fan, text="Attendez", now=moment, by=moderator)
        said = actions.say_to_guest(session=session, text="À vous", now=moment, by=moderator)
    with django_capture_on_commit_callbacks(execute=True):
        for _again in range(2):
            actions.note_receipt(message_id=said.pk, is_seen=True, now=moment)

    told = [("messages", feed_id) for feed_id in (fan.pk, guest_feed.pk, guest_feed.pk)]
    assert receiver.told == told


def test_only_the_desk_writes_and_not_without_words(session, fan, room, moderator, moment):
    for role in (Role.COACH, Role.GUEST, Role.VIEWER):
        by = Actor(name="Zoé", role=role, room_id=room.pk)
        with pytest.raises(NotAllowed):
            actions.say_to_guest(session=session, text="Oui", now=moment, by=by)
    for text in ("  ", "x" * 401):
        with pytest.raises(FieldRefused):
            actions.say_to_feed(feed=fan, text=text, now=moment, by=moderator)

    assert not CrewMessage.objects.exists()


def test_the_studio_is_told_of_messages(session):
    kinds = [type(change) for change in stream.changes(session, Notice(studio=True))]

    assert MessagesChanged in kinds


def test_message_lines_ask_the_same_for_one_and_for_three(
    session, fan, guest_feed, moderator, moment, django_assert_num_queries
):
    for feed in (fan, guest_feed, fan):
        with django_assert_num_queries(1):
            queries.message_lines(session)
        actions.say_to_feed(feed=feed, text="Oui", now=moment, by=moderator)
    with django_assert_num_queries(1):
        assert len(queries.message_lines(session)) == 3


def test_a_feed_s_page_reads_and_acknowledges_by_its_address(
    page, session, fan, guest_feed, moderator, moment
):
    said = actions.say_to_feed(feed=fan, text="Plus près", now=moment, by=moderator)
    root = f"/f/{page_secret(fan)}/messages"

    read = page.get(root)
    answers = [page.post(f"{root}/{said.pk}/{what}").status_code for what in ("delivered", "seen")]
    other = page.post(f"/f/{page_secret(guest_feed)}/messages/{said.pk}/seen").status_code

    said.refresh_from_db()
    assert read.json() == {
        "messages": [
            {
                "id": said.pk,
                "text": "Plus près",
                "sent_at": "2026-11-23T20:00:00Z",
                "is_seen": False,
            }
        ]
    }
    assert (answers, other) == ([204, 204], 404)
    assert said.delivered_at < said.seen_at


def test_a_feed_that_ended_reads_nothing_more(page, fan, moderator, moment):
    said = actions.say_to_feed(feed=fan, text="Merci", now=moment, by=moderator)
    root = f"/f/{page_secret(fan)}/messages"
    actions.step_feed(feed=fan, verb="end", now=moment, by=moderator)

    statuses = [page.get(root).status_code, page.post(f"{root}/{said.pk}/seen").status_code]
    assert statuses == [404, 404]


def test_tie_question_says_what_a_fan_wants_to_ask(session, fan, make_question, moderator, moment):
    question = make_question("Et le soir ?")

    tied = actions.tie_question(feed=fan, question=question, now=moment, by=moderator)
    line = queries.feed_line(tied)
    untied = actions.tie_question(feed=fan, question=None, now=moment, by=moderator)

    assert (line.question_id, line.question) == (question.pk, "Et le soir ?")
    assert queries.feed_line(untied).question_id is None


def test_tie_question_refuses_what_is_not_of_this_session(
    session, fan, make_question, moderator, room, moment
):
    question = make_question()
    question.withdrawn_at = moment
    with pytest.raises(QuestionElsewhere):
        actions.tie_question(feed=fan, question=question, now=moment, by=moderator)
    question.withdrawn_at, question.session_id = None, session.pk + 1
    with pytest.raises(QuestionElsewhere):
        actions.tie_question(feed=fan, question=question, now=moment, by=moderator)
    by = Actor(name="Zoé", role=Role.GUEST, room_id=room.pk)
    with pytest.raises(NotAllowed):
        actions.tie_question(feed=fan, question=None, now=moment, by=by)

    assert Feed.objects.get(pk=fan.pk).question is None
