from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from django.test import Client
from django.urls import reverse

from blueroom.base import outbound
from blueroom.networks.bluesky import videos
from blueroom.posts.models import Payload
from blueroom.room.actions import NotAllowed
from blueroom.room.actor import actor_of_membership
from blueroom.room.links import new_nonce, secret_of
from blueroom.room.models import Link, Role
from blueroom.walls import relay_actions
from blueroom.walls.errors import (
    RelayInsecure,
    RelayKnown,
    RelayNotOnWall,
    RelayNotShared,
    RelaySilent,
    TooManyRelays,
)
from blueroom.walls.models import Relay
from blueroom.walls.relay_actions import (
    add_relay,
    change_relay,
    forget_relays,
    look_at_relays,
    move_relay,
)
from blueroom.walls.relay_queries import posts_with_videos, relay_tiles, relays_of
from tests.elsewhere import Elsewhere

YOUTUBE = "https://youtu.be/dQw4w9WgXc"
PIECE = ("#EXT-X-TARGETDURATION:6", "#EXTINF:6,", "a.ts")
CID = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
VIDEO = {
    "did": "did:plc:ana",
    "commit": {
        "record": {"embed": {"$type": "app.bsky.embed.video", "video": {"ref": {"$link": CID}}}}
    },
}


@pytest.fixture
def elsewhere(monkeypatch, settings):
    with Elsewhere() as server:
        server.answers["/a.ts"] = (200, "video/mp2t", b"")
        server.playlist("/live.m3u8", *PIECE)
        monkeypatch.setattr(relay_actions, "door", lambda: outbound.Door([server.host]))
        settings.PUBLIC_URL = "http://room.example.org"
        yield server


@pytest.fixture
def add(session, moderator, moment):
    def add(address, name="Ana", place="Brest"):
        return add_relay(
            session=session, address=address, name=name, place=place, now=moment, by=moderator
        )

    return add


@pytest.fixture
def change(moderator, moment):
    return lambda relay, **what: change_relay(relay=relay, now=moment, by=moderator, **what)


def shown(session):
    return [tile.name for tile in relay_tiles(session)]


def test_relay_is_public_only_once_somebody_put_it_on_the_wall(session, elsewhere, add, change):
    relay = add(f"{elsewhere.url}/live.m3u8")
    assert (relay.code, relay.is_live, shown(session)) == ("", True, [])

    change(relay, is_on_wall=True)

    relay.refresh_from_db()
    assert (shown(session), relay.approved_by) == (["Ana"], "Léa")


def test_only_who_moderates_adds(session, make_member, moment):
    by = actor_of_membership(make_member(Role.COACH, "Zoé"))
    with pytest.raises(NotAllowed):
        add_relay(session=session, address=YOUTUBE + "Q", name="x", place="", now=moment, by=by)


def test_relay_that_cannot_play_is_refused_and_nothing_is_kept(session, elsewhere, add, settings):
    elsewhere.shared = ""
    with pytest.raises(RelayNotShared):
        add(f"{elsewhere.url}/live.m3u8")
    settings.PUBLIC_URL = "https://room.example.org"
    with pytest.raises(RelayInsecure):
        add(f"{elsewhere.url}/live.m3u8")
    add(YOUTUBE + "Q")
    with pytest.raises(RelayKnown):
        add("https://www.youtube.com/watch?v=dQw4w9WgXcQ")
    assert [relay.way for relay in relays_of(session)] == ["youtube"]


def test_stream_leaves_as_it_dies_and_is_back_when_it_plays_again(
    session, elsewhere, add, change, moment
):
    change(add(f"{elsewhere.url}/live.m3u8"), is_on_wall=True)
    told = []

    def look(after_s):
        look_at_relays(now=moment + timedelta(seconds=after_s))
        told.append((Relay.objects.get().code, shown(session)))

    look(10)
    look(35)
    elsewhere.playlist("/live.m3u8", "#EXT-X-MEDIA-SEQUENCE:7", *PIECE)
    look(45)
    elsewhere.is_gone = True
    look(55)
    elsewhere.is_gone = False
    elsewhere.playlist("/live.m3u8", "#EXT-X-MEDIA-SEQUENCE:8", *PIECE)
    look(65)
    elsewhere.playlist("/live.m3u8", "#EXT-X-MEDIA-SEQUENCE:9", *PIECE, "#EXT-X-ENDLIST")
    look(75)

    assert told == [
        ("", ["Ana"]),
        ("relay_still", []),
        ("", ["Ana"]),
        ("relay_gone", []),
        ("", ["Ana"]),
        ("relay_ended", []),
    ]


def test_relays_are_looked_at_only_while_on_a_wall_and_due(session, elsewhere, add, change, moment):
    relay = add(f"{elsewhere.url}/live.m3u8")
    assert look_at_relays(now=moment + timedelta(hours=1)) == 0
    change(relay, is_on_wall=True)
    assert [look_at_relays(now=moment), look_at_relays(now=moment)] == [1, 0]


def test_one_is_large_one_is_heard_and_four_are_on_the_wall(session, add, change):
    relays = [add(YOUTUBE + letter, name=letter) for letter in "abcde"]
    twitch = add("https://www.twitch.tv/room", name="t")
    with pytest.raises(RelayNotOnWall):
        change(relays[0], is_large=True)
    for relay in relays[:3]:
        change(relay, is_on_wall=True, is_large=True, is_heard=True)
    change(twitch, is_on_wall=True)
    with pytest.raises(RelaySilent):
        change(twitch, is_heard=True)
    with pytest.raises(TooManyRelays):
        change(relays[4], is_on_wall=True)

    chosen = [(tile.name, tile.is_large, tile.is_heard) for tile in relay_tiles(session)]
    assert chosen == [
        ("a", False, False),
        ("b", False, False),
        ("c", True, True),
        ("t", False, False),
    ]

    change(relays[2], is_on_wall=False)
    change(relays[2], is_on_wall=True)
    assert not any(tile.is_large or tile.is_heard for tile in relay_tiles(session))


def test_order_is_the_crews(session, add, change, moderator):
    relays = [add(YOUTUBE + letter, name=letter) for letter in "abc"]
    move_relay(relay=relays[2], position=0, by=moderator)
    move_relay(relay=relays[0], position=9, by=moderator)

    assert [relay.name for relay in relays_of(session)] == ["c", "b", "a"]


def test_video_of_a_post_is_found_added_and_leaves_with_its_post(
    session, elsewhere, add, change, make_post, moment, monkeypatch
):
    monkeypatch.setattr(videos, "PLAYLIST", elsewhere.url + "/{did}/{cid}/playlist.m3u8")
    elsewhere.playlist(f"/did%3Aplc%3Aana/{CID}/playlist.m3u8", *PIECE, "#EXT-X-ENDLIST")
    elsewhere.answers[f"/did%3Aplc%3Aana/{CID}/a.ts"] = (200, "video/mp2t", b"")
    url = "https://bsky.app/profile/did:plc:ana/post/3k"
    post = make_post("Regardez", network="bluesky", url=url)
    other = make_post("Rien à voir", number=2, network="bluesky")
    Payload.objects.create(post=post, raw=msgspec.json.encode(VIDEO), received_at=moment)
    Payload.objects.create(post=other, raw=b'{"did":"did:plc:bob"}', received_at=moment)
    assert posts_with_videos(session) == [post]

    relay = add(url, name="", place="")

    assert (relay.url, relay.name) == (
        f"{elsewhere.url}/did%3Aplc%3Aana/{CID}/playlist.m3u8",
        "Ana Sousa",
    )
    assert (posts_with_videos(session), shown(session)) == ([], [])
    change(relay, is_on_wall=True)
    assert shown(session) == ["Ana Sousa"]
    post.deleted_at = moment
    post.save()
    assert shown(session) == []
    forget_relays(type(post).objects.filter(pk=post.pk))
    assert relays_of(session) == []


def test_page_of_a_relay_opens_what_it_plays_and_nothing_else(
    session, elsewhere, add, change, moment
):
    link = Link.objects.create(
        session=session, screen="wall_videos", nonce=new_nonce(), created_at=moment
    )
    hls, youtube = add(f"{elsewhere.url}/live.m3u8"), add(YOUTUBE + "Q")
    at = [reverse("wall_relay", args=[secret_of(link), relay.pk]) for relay in (hls, youtube)]
    assert [Client().get(path).status_code for path in at] == [404, 404]
    for relay in (hls, youtube):
        change(relay, is_on_wall=True)

    pages = [Client().get(path) for path in at]

    said = [page.headers["Content-Security-Policy"].split("; ") for page in pages]
    site = "https://www.youtube-nocookie.com"
    kept = ["object-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'self'"]
    assert said == [
        [
            "default-src 'self'",
            f"connect-src 'self' {elsewhere.url}",
            f"media-src 'self' blob: {elsewhere.url}",
            "frame-src 'none'",
            *kept,
        ],
        ["default-src 'self'", "connect-src 'self'", f"frame-src {site}", *kept],
    ]
    assert {page.headers["X-Frame-Options"] for page in pages} == {"SAMEORIGIN"}
    wall = Client().get(reverse("wall", args=[secret_of(link)]))
    assert "youtube" not in wall.headers["Content-Security-Policy"]
