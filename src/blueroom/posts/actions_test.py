from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, connection
from django.test.utils import CaptureQueriesContext

from blueroom.networks import interface
from blueroom.posts import actions
from blueroom.posts.handover import Said
from blueroom.posts.holder import _place
from blueroom.posts.models import Author, Channel, ChannelState, Payload, Post, PostCount, Sorting
from blueroom.posts.rules import PostRefused
from blueroom.room.actor import house
from blueroom.room.models import Guest, Room, Session

NOW = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
pytestmark = pytest.mark.django_db


def make_session(slug: str = "guetta", **changes: Any) -> Session:
    room, _ = Room.objects.get_or_create(slug="room", defaults={"name": "R", "created_at": NOW})
    guest, _ = Guest.objects.get_or_create(room=room, name="David Guetta")
    written: dict[str, Any] = {"state": "open", "starts_at": LATER, "created_at": NOW}
    return Session.objects.create(
        room=room, guest=guest, slug=slug, title=slug, **(written | changes)
    )


@pytest.fixture
def session() -> Session:
    return make_session()


INES = interface.Author(id="did:ines", name="Inès", handle="ines", followers=7, place="Lyon")


def post(id: str = "1", **changes: Any) -> interface.Post:
    written: dict[str, Any] = {
        "network": "bluesky",
        "id": id,
        "published_at": NOW,
        "author": INES,
        "text": "Et la musique ?",
        "version": "a",
        "raw": b"{}",
    }
    return interface.Post(**(written | changes))


def deletion(id: str = "1", at: datetime = LATER) -> interface.Post:
    return interface.Post(network="bluesky", id=id, published_at=at, deleted=True)


def receive(
    session: Session, *posts: interface.Post, now: datetime = NOW, **where: Any
) -> actions.Received:
    return actions.receive(session=session, posts=posts, now=now, **where)


def counted(received: actions.Received) -> dict[str, int]:
    names = ("stored", "repeated", "edited", "deleted", "left_out")
    return {name: n for name in names if (n := getattr(received, name))}


def stored(*columns: str, **of: Any) -> list[tuple[Any, ...]]:
    return list(Post.objects.filter(**of).order_by("id").values_list(*columns))


def test_receive_stores_every_field_of_a_post(session: Session) -> None:
    received = receive(
        session,
        post(
            alts=["Un piano"],
            url="https://bsky.app/1",
            in_reply_to="0",
            thread_root="r",
            lang="fr",
            lat=45.7,
            lon=4.8,
            asked=True,
        ),
    )
    found = Post.objects.select_related("author").get()
    values = {
        field.attname: getattr(found, field.attname)
        for field in Post._meta.concrete_fields
        if field.attname not in ("id", "author_id")
    }
    assert values == {
        "session_id": session.pk,
        "network": "bluesky",
        "remote_id": "1",
        "version": "a",
        "text": "Et la musique ?",
        "alts": "Un piano",
        "published_at": NOW,
        "received_at": NOW,
        "url": "https://bsky.app/1",
        "in_reply_to": "0",
        "thread_root": "r",
        "language": "fr",
        "lat": 45.7,
        "lon": 4.8,
        "is_asked": True,
        "sorting": Sorting.NEW,
        "edited_at": None,
        "deleted_at": None,
    }
    author = found.author
    assert (author.network, author.remote_id, author.name, author.handle) == (
        "bluesky", "did:ines", "Inès", "ines",
    )  # fmt: skip
    assert (author.followers, author.place) == (7, "Lyon")
    assert bytes(Payload.objects.get(post=found).raw) == b"{}"
    assert received == actions.Received(stored=1, post_ids=[found.pk])


def test_receive_keeps_the_order_of_delivery_in_the_ids(session: Session) -> None:
    received = receive(session, *[post(str(n)) for n in range(1200)])
    assert [remote for (remote,) in stored("remote_id")] == [str(n) for n in range(1200)]
    assert received.post_ids == [pk for (pk,) in stored("pk")]


def test_receive_ignores_a_repeated_post_in_one_batch_and_later(session: Session) -> None:
    assert counted(receive(session, post(), post("2"), post())) == {"stored": 2, "repeated": 1}
    again = receive(session, post(text="other words"), now=LATER)
    assert again == actions.Received(repeated=1)
    assert stored("text", "edited_at") == [
        ("Et la musique ?", None),
        ("Et la musique ?", None),
    ]


def test_receive_follows_what_pictures_show(session: Session) -> None:
    receive(session, post(alts=["Un piano", "La mer"]))
    Post.objects.update(sorting=Sorting.QUESTION)
    assert stored("alts") == [("Un piano\nLa mer",)]

    receive(session, post(alts=["Un orgue"], version="b"))
    assert stored("alts", "sorting") == [("Un orgue", Sorting.NEW)]

    receive(session, deletion())
    assert stored("alts") == [("",)]


def test_receive_follows_an_edit(session: Session) -> None:
    (post_id,) = receive(session, post()).post_ids
    Post.objects.update(sorting=Sorting.QUESTION)
    received = receive(
        session, post(version="b", text="Et le chant ?", lang="fr", raw=b"[]"), now=LATER
    )
    assert received == actions.Received(edited=1, post_ids=[post_id])
    assert stored("text", "version", "language", "edited_at", "sorting", "published_at") == [
        ("Et le chant ?", "b", "fr", LATER, Sorting.NEW, NOW)
    ]
    assert bytes(Payload.objects.get().raw) == b"[]"


def test_receive_leaves_the_desk_alone_when_an_edit_keeps_the_words(session: Session) -> None:
    receive(session, post())
    Post.objects.update(sorting=Sorting.QUESTION)
    assert counted(receive(session, post(version="b"), now=LATER)) == {"edited": 1}
    assert stored("version", "sorting") == [("b", Sorting.QUESTION)]


@pytest.mark.parametrize(
    ("first", "second"), [("10", "9"), ("2026-11-23T10:00:00Z", "2026-11-23T09:00:00Z")]
)
def test_receive_does_not_go_back_to_an_older_version(
    session: Session, first: str, second: str
) -> None:
    receive(session, post(version=first))
    received = receive(session, post(version=second, text="old words"))
    assert received == actions.Received(repeated=1)
    assert stored("text", "version") == [("Et la musique ?", first)]


def test_receive_follows_a_deletion(session: Session) -> None:
    (post_id,) = receive(session, post(lat=45.7, lon=4.8, url="https://x.org")).post_ids
    Post.objects.update(sorting=Sorting.QUESTION)
    received = receive(session, deletion(), now=LATER)
    assert received == actions.Received(deleted=1, post_ids=[post_id])
    assert stored("text", "url", "lat", "deleted_at", "sorting") == [
        ("", "", None, LATER, Sorting.NEW)
    ]
    assert not Payload.objects.exists()


def test_receive_leaves_a_tombstone_where_the_deletion_comes_first(session: Session) -> None:
    first = receive(session, deletion())
    assert counted(first) == {"deleted": 1}
    again = receive(session, post(), deletion(), post(version="b"), now=LATER)
    assert again == actions.Received(repeated=3)
    assert stored("text", "deleted_at", "sorting", "author__remote_id") == [
        ("", LATER, Sorting.MESSAGE, "")
    ]
    assert not Payload.objects.exists()
    assert not PostCount.objects.exists()


@pytest.mark.parametrize(
    ("operations", "expected", "row"),
    [
        (["a", "b"], {"stored": 1, "edited": 1}, ("b", None)),
        (["a", "b", "b"], {"stored": 1, "edited": 1, "repeated": 1}, ("b", None)),
        (["a", "x"], {"stored": 1, "deleted": 1}, ("", LATER)),
        (
            ["a", "b", "x", "a"],
            {"stored": 1, "edited": 1, "deleted": 1, "repeated": 1},
            ("", LATER),
        ),
        (["x", "a"], {"deleted": 1, "repeated": 1}, ("", LATER)),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_receive_applies_operations_in_their_order(
    session: Session,
    operations: Sequence[str],
    expected: dict[str, int],
    row: tuple[str, datetime | None],
    at_once: bool,
) -> None:
    posts = [deletion() if o == "x" else post(version=o, text=o) for o in operations]
    batches = [posts] if at_once else [[one] for one in posts]
    received = sum((receive(session, *batch) for batch in batches), actions.Received())
    assert counted(received) == expected
    assert stored("text", "deleted_at") == [row]
    assert Payload.objects.count() == (row[1] is None)


def test_receive_keeps_the_posts_of_two_sessions_apart(session: Session) -> None:
    other = make_session("chef")
    for one in (session, other):
        assert counted(receive(one, post())) == {"stored": 1}
    receive(other, deletion())
    assert stored("session__slug", "text") == [("guetta", "Et la musique ?"), ("chef", "")]
    assert Author.objects.exclude(remote_id="").count() == 1


def test_receive_brings_authors_up_to_date_and_forgets_nothing_of_them(session: Session) -> None:
    receive(session, post())
    renamed = interface.Author(id="did:ines", name="Inès Carat", followers=8)
    receive(session, post("2", author=renamed))
    fields = ("name", "handle", "followers", "place")
    assert list(Author.objects.values_list(*fields)) == [("Inès Carat", "ines", 8, "Lyon")]


def test_receive_writes_no_author_twice(session: Session) -> None:
    receive(session, post())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        receive(session, post("2"), post("3"))
    table = Author._meta.db_table
    assert [q["sql"] for q in queries if f"UPDATE {table}" in q["sql"]] == []


def test_receive_takes_the_same_number_of_statements_for_one_post_and_for_three(
    session: Session,
) -> None:
    def statements(*ids: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            receive(session, *map(post, ids))
        return len(queries)

    receive(session, post())
    assert statements("2") == statements("3", "4", "5")


def test_receive_sorts_what_is_surely_a_message(session: Session) -> None:
    def is_message(one: interface.Post) -> bool:
        return "?" not in one.text

    receive(session, post("1", text="Bravo"), post("2"), is_message=is_message)
    receive(session, post("1", text="Bravo ?", version="b"), is_message=is_message)
    assert stored("remote_id", "sorting") == [("1", Sorting.NEW), ("2", Sorting.NEW)]
    receive(session, post("3", text="Merci"), is_message=is_message)
    assert stored("sorting", remote_id="3") == [(Sorting.MESSAGE,)]


def test_receive_takes_posts_of_nobody_in_particular(session: Session) -> None:
    nobody = interface.Author(id="", name="Not kept")
    receive(session, post(author=nobody), post("2", author=nobody))
    assert stored("author__remote_id", "author__name") == [("", ""), ("", "")]


def test_receive_cleans_hostile_texts(session: Session) -> None:
    hostile = interface.Author(id="x", name="\x00\u202e<b>\ud800", handle="a\n" * 500)
    receive(session, post(text="a\x00b\ud800 \u202e<script>" + "\u0301" * 50, author=hostile))
    assert stored("text", "author__name") == [("ab <script>" + "\u0301" * 4, "<b>")]


def test_receive_stores_nothing_when_one_post_is_refused(session: Session) -> None:
    with pytest.raises(PostRefused):
        receive(session, post(), post(id=""))
    assert not Post.objects.exists()


def test_receive_stores_posts_and_cursor_together(session: Session) -> None:
    channel = Channel.objects.create(session=session, network="bluesky", cursor="9")
    receive(session, post(), channel=channel.pk, cursor="10", seen=4, behind_s=1.5)
    receive(session, channel=channel.pk, cursor="11", seen=2, behind_s=0.5, now=LATER)
    channel.refresh_from_db()
    assert (channel.cursor, channel.cursor_at, channel.seen, channel.behind_s) == (
        "11", LATER, 6, 0.5,
    )  # fmt: skip


@pytest.mark.parametrize("failing", ["post", "cursor"])
def test_receive_leaves_posts_and_cursor_as_they_were_when_either_fails(
    session: Session, failing: str
) -> None:
    channel = Channel.objects.create(session=session, network="bluesky", cursor="9")
    broken: Any = object()  # neither database takes this
    posts = [post(), post("2", lat=broken if failing == "post" else None)]
    behind: Any = broken if failing == "cursor" else 0.0
    with pytest.raises((TypeError, ProgrammingError)):
        receive(session, *posts, channel=channel.pk, cursor="10", behind_s=behind, are_clean=True)
    channel.refresh_from_db()
    assert (Post.objects.count(), Author.objects.count(), channel.cursor) == (0, 0, "9")
    assert not PostCount.objects.exists()


def test_receive_keeps_no_payload_for_a_session_that_wants_none() -> None:
    receive(make_session(keep_raw_days=0), post())
    assert not Payload.objects.exists()


def test_forget_payloads_forgets_what_its_session_kept_long_enough() -> None:
    for days in (1, 30):
        session = make_session(f"kept-{days}", keep_raw_days=days)
        receive(session, *[post(str(n)) for n in range(5)])
    in_two_days = NOW + timedelta(days=2)
    assert actions.forget_payloads(now=in_two_days, slice_size=2) == 5
    assert actions.forget_payloads(now=in_two_days) == 0
    assert set(Payload.objects.values_list("post__session__slug", flat=True)) == {"kept-30"}


def test_erase_author_empties_their_posts_everywhere_and_leaves_out_later_ones(
    session: Session,
) -> None:
    other = make_session("chef")
    somebody = interface.Author(id="did:tom", name="Tom")
    for one in (session, other):
        receive(one, post(), post("2", author=somebody))
    Post.objects.update(sorting=Sorting.QUESTION)
    ines = Author.objects.get(remote_id="did:ines")
    assert actions.erase_author(author=ines, now=LATER, by=house(session.room_id)) == 2
    later = receive(session, post("3"), post("4", author=somebody), post(version="b"))

    assert counted(later) == {"stored": 1, "left_out": 2}
    assert stored("text", "deleted_at", "sorting", author=ines) == [("", LATER, Sorting.NEW)] * 2
    assert stored("text", author__remote_id="did:tom") == [("Et la musique ?",)] * 3
    ines.refresh_from_db()
    assert (ines.name, ines.handle, ines.followers, ines.place) == ("", "", None, "")
    assert not Payload.objects.filter(post__author=ines).exists()
    assert actions.erase_author(author=ines, now=LATER, by=house(session.room_id)) == 0


def test_switch_channel_sets_its_state(session: Session) -> None:
    channel = Channel.objects.create(
        session=session, network="bluesky", state="needs_person", error_code="x"
    )
    by = house(session.room_id)
    actions.switch_channel(channel=channel, enabled=False, now=NOW, by=by)
    channel.refresh_from_db()
    assert (channel.is_enabled, channel.state, channel.error_code) == (False, "off", "")
    actions.retry_channel(channel=channel, now=NOW, by=by)
    channel.refresh_from_db()
    assert (channel.is_enabled, channel.state) == (True, "waiting")


def held(holder: str, now: datetime) -> list[str]:
    return [channel.network for channel in actions.hold_channels(holder=holder, now=now)]


def test_hold_channels_gives_a_lease_to_one_holder_until_it_ends(session: Session) -> None:
    Channel.objects.create(session=session, network="bluesky")
    assert held("ours", NOW) == ["bluesky"]
    assert held("theirs", NOW + timedelta(seconds=9)) == []
    assert held("ours", NOW + timedelta(seconds=9)) == ["bluesky"]
    assert held("theirs", NOW + timedelta(seconds=18)) == []
    assert held("theirs", NOW + timedelta(seconds=20)) == ["bluesky"]
    assert held("ours", NOW + timedelta(seconds=21)) == []


def test_hold_channels_takes_the_lease_of_a_process_that_is_no_more(session: Session) -> None:
    gone = f"{_place()}:{2**22 + 1}:1:x"  # above the highest process id of Linux
    for holder in (gone, "elsewhere:1:1:x"):
        network = "gone" if holder == gone else "elsewhere"
        Channel.objects.create(
            session=session, network=network, leased_by=holder, leased_until=LATER
        )
    assert held("ours", NOW) == ["gone"]


def test_hold_channels_leaves_what_is_not_to_be_listened_to(session: Session) -> None:
    Channel.objects.create(session=session, network="off", is_enabled=False)
    for state in ("planned", "open", "on_air", "closed"):
        Channel.objects.create(session=make_session(state, state=state), network=state)
    assert held("ours", NOW) == ["open", "on_air"]


def test_release_channels_gives_back_only_our_own(session: Session) -> None:
    Channel.objects.create(session=session, network="a", leased_by="ours", state="listening")
    Channel.objects.create(session=session, network="b", leased_by="theirs", state="listening")
    actions.release_channels(holder="ours", state=ChannelState.WAITING)
    fields = ("leased_by", "state")
    assert list(Channel.objects.order_by("network").values_list(*fields)) == [
        ("", "waiting"),
        ("theirs", "listening"),
    ]


def test_keep_channel_states_does_not_undo_what_a_person_switched(session: Session) -> None:
    on = Channel.objects.create(session=session, network="a")
    off = Channel.objects.create(session=session, network="b", is_enabled=False, state="off")
    actions.keep_channel_states(
        [
            Said(channel_id=one.pk, state="retrying", code="c" * 99, message="m" * 999)
            for one in (on, off)
        ]
    )
    fields = ("state", "error_code", "error_message")
    assert list(Channel.objects.order_by("network").values_list(*fields)) == [
        ("retrying", "c" * 60, "m" * 300),
        ("off", "", ""),
    ]
