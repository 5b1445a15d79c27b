from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Q

from blueroom.networks import interface
from blueroom.posts.actions import receive
from blueroom.posts.models import Post, Sorting
from blueroom.posts.queries import PostCounts, counts_of, posts_after
from blueroom.room.models import Guest, Room, Session

NOW = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> Session:
    room = Room.objects.create(slug="room", name="R", created_at=NOW)
    guest = Guest.objects.create(room=room, name="David Guetta")
    return Session.objects.create(
        room=room, guest=guest, slug="s", title="s", starts_at=NOW, created_at=NOW
    )


def post(id: str, text: str = "Bonsoir", network: str = "bluesky") -> interface.Post:
    author = interface.Author(id=f"a{id}", name=f"Name {id}", handle=f"handle{id}")
    return interface.Post(network=network, id=id, published_at=NOW, author=author, text=text)


def test_counts_of_a_session_without_posts(session: Session) -> None:
    assert counts_of(session, now=NOW) == PostCounts(posts=0, by_network={}, curve=[0] * 60)


def test_counts_of_adds_up_by_network_and_by_minute(session: Session) -> None:
    for minutes_ago, posts in [
        (90, [post("1")]),
        (59, [post("2"), post("3", network="page")]),
        (1, [post("4")]),
        (0, [post("4"), post("5")]),
        (0, [post("6"), interface.Post(network="x", id="9", published_at=NOW, deleted=True)]),
    ]:
        receive(session=session, posts=posts, now=NOW - timedelta(minutes=minutes_ago))
    assert counts_of(session, now=NOW) == PostCounts(
        posts=6, by_network={"bluesky": 5, "page": 1}, curve=[2, *[0] * 57, 1, 2]
    )


def test_counts_of_asks_twice_whatever_came(
    session: Session, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    receive(session=session, posts=[post(str(n)) for n in range(3)], now=NOW)
    with django_assert_num_queries(2):  # type: ignore[operator]
        counts_of(session, now=NOW)


def test_posts_after_pages_through_everything_oldest_first(session: Session) -> None:
    receive(session=session, posts=[post(str(n)) for n in range(5)], now=NOW)
    gone = interface.Post(network="bluesky", id="1", published_at=NOW, deleted=True)
    receive(session=session, posts=[gone], now=NOW)
    found, after, pages = [], 0, 0
    while after is not None:
        page, after = posts_after(session_id=session.pk, after=after, limit=2)
        found += [one.remote_id for one in page]
        pages += 1
    assert (found, pages) == (["0", "2", "3", "4"], 2)


def test_posts_after_asks_once_whatever_the_number(
    session: Session, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    for n in range(3):
        receive(session=session, posts=[post(str(n))], now=NOW)
        with django_assert_num_queries(1):  # type: ignore[operator]
            page, _ = posts_after(session_id=session.pk)
            assert [one.author.name for one in page][-1] == f"Name {n}"


def test_posts_after_finds_by_kind_and_words(session: Session) -> None:
    receive(
        session=session,
        posts=[post("1", "Et la musique ?"), post("2", "Merci 100%"), post("3", "Bravo")],
        now=NOW,
    )
    Post.objects.filter(remote_id="1").update(sorting=Sorting.QUESTION)
    Post.objects.filter(remote_id="2").update(sorting=Sorting.MESSAGE)

    def ids(**asked: object) -> list[str]:
        page, following = posts_after(session_id=session.pk, **asked)  # type: ignore[arg-type]
        assert following is None
        return [one.remote_id for one in page]

    assert ids(kind="question") == ["1"]
    assert ids(kind="message") == ["2"]
    assert ids(among=Q(text__contains="100%")) == ["2"]
