from __future__ import annotations

import pytest

from blueroom.desk.actions import decide
from blueroom.desk.models import Question
from blueroom.desk.wire import Asker, Card, SessionChanged
from blueroom.room.actor import actor_of_membership
from blueroom.room.cards import card_of_session
from blueroom.room.models import Role
from blueroom.studio import actions
from blueroom.studio.models import Feed
from blueroom.updates.tell import Notice
from blueroom.walls.videos_stream import changes, snapshot
from blueroom.walls.wire import (
    OnAirChanged,
    ProgrammeChanged,
    RelaysChanged,
    Tile,
    TilesChanged,
    VideosState,
    WallProgramme,
)


@pytest.fixture
def producer(make_member):
    return actor_of_membership(make_member(Role.PRODUCER, "Nora"))


@pytest.fixture
def make_feed(session, producer, moment):
    """Makes a fan's feed that is on the wall and sends."""

    def make(name="Ana", *, kind="fan", way="webm", is_on_wall=True):
        feed = actions.make_feed(session=session, kind=kind, name=name, now=moment, by=producer)
        if kind == "fan":
            actions.step_feed(feed=feed, verb="admit", now=moment, by=producer)
        if way:
            actions.note_connected(feed_id=feed.pk, way=way, now=moment)
        if is_on_wall:
            actions.show_on_wall(feed=feed, is_on=True, now=moment, by=producer)
        feed.refresh_from_db()
        return feed

    return make


def tile(feed, **values):
    kept = {"kind": "fan", "question": "", "is_on_air": False, "width_px": 0, "height_px": 0}
    hls = f"/hls/{feed.monitor_key}/live.m3u8"
    return Tile(id=feed.pk, name=feed.name, hls=hls, **(kept | values))


def programme(feed, **values):
    kept = {"state": "live", "feed_id": feed.pk, "name": feed.name, "kind": feed.kind}
    monitor = f"/hls/{feed.monitor_key}/live.m3u8"
    key = feed.session.programme.key
    return WallProgramme(hls=f"/hls/{key}/live.m3u8", **({"monitor": monitor} | kept | values))


def test_snapshot_is_empty_before_anybody_sends(session, make_feed):
    make_feed(way="")
    make_feed("Bob", is_on_wall=False)

    assert snapshot(session) == VideosState(
        session=card_of_session(session), programme=None, tiles=[], relays=[], on_air=None
    )


def test_snapshot_holds_the_feeds_on_the_wall_the_programme_and_the_question_on_air(
    session, make_feed, make_question, producer, moderator, moment
):
    ana, guest = make_feed(), make_feed("Inès", kind="guest")
    actions.note_size(feed_id=ana.pk, width_px=720, height_px=1280)
    actions.go_live(session=session, now=moment, by=producer, feed=ana)
    question = make_question("Le soir ou le matin ?")
    for verb in ("approve", "air"):
        decide(question_id=question.pk, verb=verb, now=moment, by=moderator)

    assert snapshot(session) == VideosState(
        session=card_of_session(session),
        programme=programme(ana),
        tiles=[
            tile(ana, is_on_air=True, width_px=720, height_px=1280),
            tile(guest, kind="guest"),
        ],
        relays=[],
        on_air=Card(
            id=question.pk,
            text="Le soir ou le matin ?",
            language="",
            network="rehearsal",
            askers=1,
            author=Asker(name="Ana Sousa", handle="ana", place=""),
        ),
    )


def test_programme_on_slate_names_nobody(session, make_feed, producer, moment):
    ana = make_feed()
    actions.go_live(session=session, now=moment, by=producer, feed=ana)
    actions.put_on_slate(session=session, now=moment, by=producer)

    state = snapshot(session)

    assert state.programme == programme(
        ana, state="slate", feed_id=None, name="", kind="", monitor=""
    )
    assert state.tiles == [tile(ana)]


def test_programme_that_stopped_is_none(session, make_feed, producer, moment):
    actions.go_live(session=session, now=moment, by=producer, feed=make_feed())
    actions.stop_programme(session=session, now=moment, by=producer)

    assert (snapshot(session).programme, snapshot(session).tiles[0].is_on_air) == (None, False)


@pytest.mark.parametrize("leaves", ["lost", "refused", "taken_down", "tested_again"])
def test_tile_leaves_with_its_feed(session, make_feed, producer, moment, leaves):
    ana, bob = make_feed(), make_feed("Bob")
    if leaves == "lost":
        actions.note_lost(feed_id=ana.pk, code="connection_lost")
    elif leaves == "taken_down":
        actions.show_on_wall(feed=ana, is_on=False, now=moment, by=producer)
    else:
        verb = {"refused": "refuse", "tested_again": "test"}[leaves]
        actions.step_feed(feed=ana, verb=verb, now=moment, by=producer)

    assert snapshot(session).tiles == [tile(bob)]


def test_tile_comes_back_with_its_feed(session, make_feed, moment):
    ana = make_feed()
    actions.note_lost(feed_id=ana.pk)
    actions.note_connected(feed_id=ana.pk, way="rtmp", now=moment)

    assert snapshot(session).tiles == [tile(ana)]


def test_wall_takes_nine_tiles_and_never_leaves_out_the_one_on_air(
    session, make_feed, producer, moment
):
    feeds = [make_feed(f"Fan {number}") for number in range(11)]
    assert [one.id for one in snapshot(session).tiles] == [feed.pk for feed in feeds[:9]]

    actions.go_live(session=session, now=moment, by=producer, feed=feeds[10])

    shown = snapshot(session).tiles
    assert [one.id for one in shown] == [feed.pk for feed in (*feeds[:8], feeds[10])]
    assert [one.is_on_air for one in shown] == [False] * 8 + [True]


def test_tile_tells_a_question_only_where_the_desk_let_the_public_see_it(
    session, make_feed, make_question, moderator, moment
):
    feed, question = make_feed(), make_question("Pourquoi le bleu ?")
    Feed.objects.update(question=question)
    shown = [snapshot(session).tiles]
    for verb in ("approve", "line_up", "reject"):
        decide(question_id=question.pk, verb=verb, now=moment, by=moderator)
        shown.append(snapshot(session).tiles)

    hidden, public = [tile(feed)], [tile(feed, question="Pourquoi le bleu ?")]
    assert shown == [hidden, hidden, public, hidden]


def test_tile_keeps_quiet_about_a_question_that_was_withdrawn(
    session, make_feed, make_question, moderator, moment
):
    feed, question = make_feed(), make_question("Pourquoi le bleu ?")
    for verb in ("approve", "line_up"):
        decide(question_id=question.pk, verb=verb, now=moment, by=moderator)
    Feed.objects.update(question=question)
    Question.objects.update(withdrawn_at=moment)

    assert snapshot(session).tiles == [tile(feed)]


def test_wall_holds_nothing_of_another_session(session, make_feed, moment):
    make_feed()
    other = type(session).objects.create(
        room=session.room,
        guest=session.guest,
        slug="autre",
        title="Autre",
        starts_at=moment,
        created_at=moment,
    )

    assert snapshot(other) == VideosState(
        session=card_of_session(other), programme=None, tiles=[], relays=[], on_air=None
    )


def test_changes_are_whole_new_values_of_what_a_notice_touches(session, make_feed):
    ana = make_feed()
    told = {
        name: list(changes(session, notice))
        for name, notice in {
            "studio": Notice(studio=True),
            "session": Notice(session=True),
            "decision": Notice(questions=[1], at_once=True),
            "new question": Notice(questions=[1], counts=True),
            "walls": Notice(walls=True),
            "both": Notice(questions=[1], studio=True, at_once=True),
        }.items()
    }

    tiles, on_air, nothing = TilesChanged([tile(ana)]), OnAirChanged(None), ProgrammeChanged(None)
    assert told == {
        "studio": [nothing, tiles],
        "session": [SessionChanged(card_of_session(session))],
        "decision": [tiles, on_air],
        "new question": [],
        "walls": [RelaysChanged([]), tiles],
        "both": [nothing, tiles, on_air],
    }


def test_snapshot_asks_the_same_for_one_tile_and_for_nine(
    session, make_feed, make_question, moment, django_assert_num_queries
):
    question = make_question()
    make_feed()
    Feed.objects.update(question=question)
    with django_assert_num_queries(6):
        snapshot(session)
    for number in range(8):
        make_feed(f"Fan {number}")
    Feed.objects.update(question=question)
    with django_assert_num_queries(6):
        snapshot(session)
