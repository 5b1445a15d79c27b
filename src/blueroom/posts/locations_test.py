from __future__ import annotations

from datetime import timedelta

import pytest

from blueroom.networks.interface import Author, Post
from blueroom.places.blur import cell_of
from blueroom.posts import models
from blueroom.posts.actions import erase_author, locate_author, locate_posts, receive
from blueroom.posts.locations import gazetteer
from blueroom.posts.models import Location
from blueroom.posts.queries import locations_after, map_revision

LYON = "2996944"


@pytest.fixture
def deliver(session, moment):
    """Stores posts of the rehearsal, each by its number."""

    def deliver(*posts, at=moment):
        return receive(session=session, posts=posts, now=at)

    return deliver


def post(number, moment, *, place="", by="ana", **values):
    return Post(
        network="rehearsal",
        id=f"p{number}",
        author=Author(id=by, name=by, place=place),
        text="Bonsoir !",
        published_at=moment,
        **values,
    )


def on_map(session):
    """Post, level, place and by what, in the order of their posts."""
    found = Location.objects.filter(session=session).exclude(level="").order_by("post_id")
    return list(found.values_list("post__remote_id", "level", "place", "source"))


def test_posts_are_located_as_they_are_stored(session, deliver, moment):
    deliver(
        post(1, moment, place="Lyon", by="ana"),
        post(2, moment, place="quelque part en Bretagne", by="bob"),
        post(3, moment, place="Belgique", by="cho"),
        post(4, moment, place="dans tes rêves", by="dan"),
        post(5, moment, by="eve"),
        post(6, moment, place="Lyon", by="fay", lat=48.857, lon=2.352),
    )

    paris = gazetteer().find("Paris").code
    assert on_map(session) == [
        ("p1", "city", LYON, "stated"),
        ("p2", "region", "FR-BRE", "stated"),
        ("p3", "country", "BE", "stated"),
        ("p6", "point", paris, "point"),
    ]
    own = Location.objects.get(post__remote_id="p6")
    assert (own.x, own.y) == cell_of(48.857, 2.352)
    assert own.received_s == moment.timestamp()


def test_revisions_tell_all_that_happened_in_order(session, deliver, moment):
    deliver(post(1, moment, place="Lyon"), post(2, moment, place="Lyon"))
    seen = map_revision(session.pk)

    deliver(Post(network="rehearsal", id="p1", published_at=moment, deleted=True))
    deliver(post(3, moment, place="Lyon"))

    rows = [row for rows in locations_after(session_id=session.pk, revision=seen) for row in rows]
    assert [(number - seen, level, place) for number, _, level, place, *_ in rows] == [
        (1, "", ""),
        (2, "city", LYON),
    ]


def test_a_deleted_post_leaves_no_location_behind(session, deliver, moment):
    deliver(post(1, moment, place="Lyon", lat=45.76, lon=4.84))

    deliver(Post(network="rehearsal", id="p1", published_at=moment, deleted=True))

    left = Location.objects.get()
    assert (left.level, left.place, left.x, left.y, left.source) == ("", "", None, None, "")


def test_an_author_who_objects_leaves_the_map_and_stays_away(session, deliver, moment, moderator):
    deliver(post(1, moment, place="Lyon"), post(2, moment, place="Lyon", by="bob"))

    erase_author(author=models.Author.objects.get(remote_id="ana"), now=moment, by=moderator)
    deliver(post(3, moment, place="Lyon"))

    assert [number for number, *_ in on_map(session)] == ["p2"]


def test_an_author_who_tells_their_place_later_is_located_with_all_their_posts(
    session, deliver, moment
):
    deliver(post(1, moment), post(2, moment, by="bob"))

    deliver(post(3, moment, place="Lyon"), at=moment + timedelta(minutes=5))

    assert [number for number, *_ in on_map(session)] == ["p1", "p3"]
    assert Location.objects.get(post__remote_id="p1").received_s == moment.timestamp()


def test_an_edit_follows_the_posts_own_point(session, deliver, moment):
    deliver(post(1, moment, version="1", lat=48.857, lon=2.352))

    deliver(post(1, moment, version="2", lat=45.76, lon=4.84))
    assert [place for _, _, place, _ in on_map(session)] == [LYON]

    deliver(post(1, moment, version="3"))
    assert on_map(session) == []


def test_a_correction_holds_for_the_authors_posts_and_the_next_ones(
    session, deliver, moment, moderator
):
    deliver(
        post(1, moment, place="Paris"), post(2, moment), post(3, moment, place="Lyon", by="bob")
    )
    first = models.Post.objects.get(remote_id="p1")

    moved = locate_author(post=first, place=gazetteer().place(LYON), now=moment, by=moderator)
    deliver(post(4, moment, place="Marseille"))

    assert moved == 2
    assert on_map(session) == [
        ("p1", "city", LYON, "person"),
        ("p2", "city", LYON, "person"),
        ("p3", "city", LYON, "stated"),
        ("p4", "city", LYON, "person"),
    ]


def test_who_was_taken_off_the_map_stays_off(session, deliver, moment, moderator):
    deliver(post(1, moment, place="Paris"))

    locate_author(post=models.Post.objects.get(), place=None, now=moment, by=moderator)
    deliver(post(2, moment, place="Paris"))

    assert on_map(session) == []


def test_a_post_with_its_own_point_is_corrected_alone(session, deliver, moment, moderator):
    deliver(post(1, moment, lat=48.857, lon=2.352), post(2, moment, lat=48.857, lon=2.352))
    first = models.Post.objects.get(remote_id="p1")

    locate_author(post=first, place=gazetteer().place(LYON), now=moment, by=moderator)

    assert [(number, source) for number, _, _, source in on_map(session)] == [
        ("p1", "person"),
        ("p2", "point"),
    ]


def test_locate_posts_finds_what_was_stored_without(session, make_post):
    models.Author.objects.create(network="rehearsal", remote_id="ana", place="Lyon")
    for number in range(3):
        make_post(number=number)

    assert locate_posts(session=session, slice_size=2) == 3
    assert [place for _, _, place, _ in on_map(session)] == [LYON] * 3
