"""The heat map's points from the database to the wire, and who may have them."""

from __future__ import annotations

import gzip
from collections import OrderedDict
from datetime import timedelta

import msgspec
import numpy as np
import pytest
from django.urls import reverse

from blueroom.desk.actions import decide
from blueroom.desk.models import Question
from blueroom.networks.interface import Author, Post
from blueroom.places.blur import cell_of
from blueroom.posts import models
from blueroom.posts.actions import erase_author, locate_author, receive
from blueroom.posts.locations import gazetteer
from blueroom.room.links import new_nonce, secret_of
from blueroom.room.models import Link, Screen, Session, SessionState
from blueroom.updates.tell import Notice
from blueroom.walls import heat_points, heat_stream
from blueroom.walls.heat_points import Points, make_ready, points_of
from blueroom.walls.heat_wire import (
    HeatCounts,
    HeatCountsChanged,
    Moment,
    PointsChanged,
    PointsHead,
    packed,
)


@pytest.fixture
def deliver(session, moment):
    def deliver(*places, first=1, after_s=0):
        posts = [
            Post(
                network="rehearsal",
                id=f"p{number}",
                author=Author(id=f"a{number}", place=place),
                text="Bonsoir !",
                published_at=moment,
            )
            for number, place in enumerate(places, first)
        ]
        receive(session=session, posts=posts, now=moment + timedelta(seconds=after_s))

    return deliver


@pytest.fixture
def link(session, moment):
    return Link.objects.create(
        session=session, screen=Screen.WALL_HEAT, nonce=new_nonce(), created_at=moment
    )


def read(body):
    """What a wall reads: the head, and the points added and gone as (x, y, second, place)."""
    length = int.from_bytes(body[:4], "little")
    head = msgspec.json.decode(body[4 : 4 + length], type=PointsHead)
    numbers = np.frombuffer(body[4 + length :], dtype="<u2").tolist()
    found = []
    for part in (head.added, head.gone):
        columns = [numbers[n * part.count : (n + 1) * part.count] for n in range(4)]
        numbers = numbers[4 * part.count :]
        jumps, at_s, rows = dict(part.jumps), part.began_s, []
        for index, (x, y, apart, place) in enumerate(zip(*columns, strict=True)):
            at_s += jumps.get(index, apart)
            code = head.places[place].code if place < len(head.places) else ""
            rows.append((x, y, at_s, code))
        found.append(rows)
    assert numbers == []
    return head, *found


def told(points, after=0):
    answer = points.tell(after=after)
    return read(gzip.decompress(answer.body) if answer.is_compressed else answer.body)


def point(place, moment, after_s=0):
    found = gazetteer().find(place)
    return (*cell_of(found.lat, found.lon), int(moment.timestamp()) + after_s, found.code)


def test_points_come_whole_and_then_as_they_change(session, deliver, moment, moderator):
    deliver("Lyon", "Paris", "dans tes rêves")
    points = Points(session.pk)
    head, added, gone = told(points)
    assert (head.since, sorted(added), gone) == (
        0,
        sorted([point("Lyon", moment), point("Paris", moment)]),
        [],
    )

    deliver("Genève", first=4, after_s=90)
    locate_author(
        post=models.Post.objects.select_related("author").get(remote_id="p1"),
        place=gazetteer().find("Nantes"),
        now=moment,
        by=moderator,
    )
    later, added, gone = told(points, after=head.revision)

    assert later.since == head.revision
    assert added == [point("Nantes", moment), point("Genève", moment, 90)]
    assert gone == [point("Lyon", moment)]
    assert told(points, after=later.revision)[1:] == ([], [])


def test_maps_of_sessions_that_go_on_are_packed_before_a_wall_asks(session, deliver, monkeypatch):
    monkeypatch.setattr(heat_points, "_kept", OrderedDict())
    monkeypatch.setattr(heat_points, "READY", 2)
    nothing = make_ready()
    deliver("Lyon", "Paris")
    first = [make_ready(), make_ready()]
    deliver("Nantes", first=3)
    few = make_ready()
    deliver("Rome", first=4)
    many = make_ready()
    Session.objects.update(state=SessionState.CLOSED)
    deliver("Milan", "Lille", first=5)

    assert (nothing, first, few, many, make_ready()) == (0, [1, 0], 0, 1, 0)
    with monkeypatch.context() as patch:
        patch.setattr(heat_points, "packed", None)  # it is made already
        assert len(told(points_of(session.pk))[1]) == 4


def test_a_process_that_knows_no_past_tells_all(session, deliver):
    deliver("Lyon", "Paris")
    head, *_ = told(Points(session.pk))
    erased = models.Author.objects.get(remote_id="a1")

    erase_author(author=erased, now=session.opened_at, by=_somebody(session))
    fresh, added, gone = told(Points(session.pk), after=head.revision)

    assert (fresh.since, len(added), gone) == (0, 1, [])


def _somebody(session):
    from blueroom.room.actor import house

    return house(session.room_id)


def test_distances_of_days_travel_beside_the_columns(moment):
    began_s = int(moment.timestamp())
    points = np.array([[1, 2, began_s, 0], [3, 4, began_s + 400_000, 0]], dtype=np.int64)

    head, added, gone = read(packed(revision=2, since=0, added=points, gone=points[:0], places=[]))

    assert head.added.jumps == [[1, 400_000]]
    assert [at_s for _, _, at_s, _ in added] == [began_s, began_s + 400_000]
    assert gone == []


def test_stream_tells_new_points_and_has_the_rest_fetched(session, deliver, moment, monkeypatch):
    monkeypatch.setattr(heat_stream, "_told", {})
    monkeypatch.setattr(heat_stream, "now", lambda: moment)
    notice = Notice(counts=True)
    deliver("Lyon")
    first = list(heat_stream.changes(session, notice))
    deliver("Paris", "", first=2)
    second = list(heat_stream.changes(session, notice))
    deliver("Paris", first=1)  # a1 says now where they are
    models.Location.objects.filter(post__remote_id="p2").update(level="", revision=99)
    third = list(heat_stream.changes(session, notice))

    x, y, at_s, code = point("Paris", moment)
    assert [change.is_whole for change in first if isinstance(change, PointsChanged)] == [False]
    (counts, points) = second
    assert counts == HeatCountsChanged(HeatCounts(posts=3, from_at=moment, curve=[3]))
    assert (points.since, points.id, points.is_whole) == (1, 2, True)
    assert points.added == [x, y, at_s, 0]
    assert [place.code for place in points.places] == [code]
    assert [(c.id, c.is_whole) for c in third if isinstance(c, PointsChanged)] == [(99, False)]
    assert heat_stream.snapshot(session).revision == 99


def test_moments_hold_what_was_on_air_and_may_be_seen(session, make_question, moderator, moment):
    questions = [make_question(f"{name} ?", number=n) for n, name in enumerate("AB")]
    for number, question in enumerate(questions):
        for verb in ("approve", "air"):
            at = moment + timedelta(minutes=number)
            decide(question_id=question.pk, verb=verb, now=at, by=moderator)
    Question.objects.filter(pk=questions[0].pk).update(withdrawn_at=moment)

    assert heat_stream.snapshot(session).moments == [
        Moment(kind="opened", at=moment, text=""),
        Moment(kind="question", at=moment + timedelta(minutes=1), text="B ?"),
    ]


def test_points_are_given_to_who_has_the_maps_link(client, link, deliver):
    deliver("Lyon", "Paris")
    address = reverse("wall_points", args=[secret_of(link)])

    whole = client.get(address, headers={"Accept-Encoding": "gzip"})
    plain = client.get(address)
    head, added, _ = read(plain.content)
    rest = client.get(address, {"after": head.revision})

    assert (whole.headers["Content-Encoding"], gzip.decompress(whole.content)) == (
        "gzip",
        plain.content,
    )
    assert "no-store" in whole.headers["Cache-Control"]
    assert len(added) == 2
    assert read(rest.content)[0].since == head.revision


def test_a_walls_page_has_its_points_fetched_while_it_loads(client, link):
    page = client.get(reverse("wall", args=[secret_of(link)])).content.decode()

    address = reverse("wall_points", args=[secret_of(link)])
    assert (
        f'<link rel="preload" as="fetch" fetchpriority="high" crossorigin href="{address}">' in page
    )


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 40, "²"])
def test_points_come_whole_for_a_revision_that_is_none(client, link, deliver, after):
    deliver("Lyon")

    answer = client.get(reverse("wall_points", args=[secret_of(link)]), {"after": after})

    assert (answer.status_code, read(answer.content)[0].since) == (200, 0)


def test_points_are_closed_to_other_links_and_withdrawn_ones(client, link, moment):
    address = reverse("wall_points", args=[secret_of(link)])
    Link.objects.update(screen=Screen.WALL_QUESTIONS)
    other = client.get(address)
    Link.objects.update(screen=Screen.WALL_HEAT, revoked_at=moment)
    withdrawn = client.get(address)

    assert (other.status_code, other.json()["code"]) == (404, "no_map")
    assert (withdrawn.status_code, withdrawn.json()["code"]) == (410, "link_revoked")


def test_points_of_a_session_are_kept_for_its_walls(session):
    assert points_of(session.pk) is points_of(session.pk)
