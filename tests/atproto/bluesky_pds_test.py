"""Our Bluesky connector against Bluesky's own server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from blueroom.base.outbound import Door
from blueroom.networks.bluesky.publisher import BlueskyPublisher
from blueroom.networks.bluesky.session import WrongPassword
from blueroom.networks.bluesky.source import V1_PATH, V2_PATH, JetstreamSource
from blueroom.networks.interface import Author, Post, Refused, Sent, Target, Unavailable
from tests.atproto.person import Person, Posted
from tests.atproto.server import Network

pytestmark = pytest.mark.pds

NOW = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
DOOR = Door(["127.0.0.1", "localhost"])
WITHIN_S = 20
People = Callable[..., Person]


class Listener:
    """Reads a source as the room does: keeps the cursor, calls again after each break."""

    def __init__(self, source: JetstreamSource) -> None:
        self.source = source
        self.cursor = ""
        self.posts: list[Post] = []
        self.breaks = 0
        self._more = asyncio.Condition()

    async def run(self) -> None:
        while True:
            with contextlib.suppress(Unavailable):
                async for batch in self.source.batches(after=self.cursor):
                    async with self._more:
                        self.posts += batch.posts
                        self.cursor = batch.cursor
                        self._more.notify_all()
            self.breaks += 1
            await asyncio.sleep(0.05)

    async def heard(self, is_enough: Callable[[list[Post]], bool]) -> list[Post]:
        """What came, once it is enough."""
        async with asyncio.timeout(WITHIN_S), self._more:
            await self._more.wait_for(lambda: is_enough(self.posts))
            return list(self.posts)


@contextlib.asynccontextmanager
async def listening(
    atproto: Network, path: str, *tags: str, known: tuple[str, ...] = ()
) -> AsyncIterator[Listener]:
    """A listener that has heard its first line: from there on it misses nothing."""
    source = JetstreamSource(
        tags=tags,
        servers=[atproto.jetstream_url + path],
        service=atproto.pds_url,
        directory=atproto.plc_url,
        door=DOOR,
        known=known,
    )
    listener = Listener(source)
    task = asyncio.create_task(listener.run())
    try:
        with Person(atproto.pds_url, "starter") as starter:
            while not listener.posts:
                await asyncio.to_thread(starter.post, f"on commence #{tags[0]}")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.3), listener._more:
                        await listener._more.wait_for(lambda: bool(listener.posts))
            await asyncio.sleep(0.1)
        listener.posts.clear()
        yield listener
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("path", [V1_PATH, V2_PATH])
def test_source_gives_the_tagged_posts_of_a_real_server(
    atproto: Network, person: People, path: str
) -> None:
    fan, friend = person("fan"), person("friend")

    async def listen() -> list[Post]:
        async with listening(atproto, path, "AskGuetta", "DemandezÀGuetta") as listener:
            asked = fan.post("Bonjour 🎧👨‍👩‍👧 votre morceau préféré ? #AskGuetta")
            friend.post("Rien à voir #AskGuettaFans, ni avec #guetta")
            friend.post("Une réponse #demandezàguetta", reply_to=asked)
            fan.post("Sans facette, en majuscules : #ASKGUETTA !", facets=[])
            fan.post("dans la liste seulement", tags=["askguetta"])
            fan.post("décomposé #demandeza\u0300guetta ☕", facets=[])
            return await listener.heard(lambda posts: len(posts) >= 5)

    posts = asyncio.run(listen())

    assert [(post.text, post.author, post.lang) for post in posts] == [
        ("Bonjour 🎧👨‍👩‍👧 votre morceau préféré ? #AskGuetta", Author(id=fan.did), "fr"),
        ("Une réponse #demandezàguetta", Author(id=friend.did), "fr"),
        ("Sans facette, en majuscules : #ASKGUETTA !", Author(id=fan.did), "fr"),
        ("dans la liste seulement", Author(id=fan.did), "fr"),
        ("décomposé #demandeza\u0300guetta ☕", Author(id=fan.did), "fr"),
    ]
    first, reply = posts[:2]
    there = fan.posts()[0]
    assert (first.id, first.version) == (there["uri"], there["cid"])
    assert first.url == f"https://bsky.app/profile/{fan.did}/post/{first.id.rpartition('/')[2]}"
    assert (reply.in_reply_to, reply.thread_root) == (first.id, first.id)


@pytest.mark.parametrize("path", [V1_PATH, V2_PATH])
def test_source_follows_edits_and_deletions_of_its_own_posts_only(
    atproto: Network, person: People, path: str
) -> None:
    fan = person("fan")
    before = fan.post("D'une session d'avant #AskGuetta")

    async def listen() -> tuple[Posted, Posted, list[Post]]:
        async with listening(atproto, path, "AskGuetta", known=(before.uri,)) as listener:
            asked = fan.post("Une qestion ? #AskGuetta")
            edited = fan.edit(asked, "Une question, sans le mot-dièse ?")
            fan.delete(fan.post("sans rapport"))
            fan.delete(asked)
            fan.delete(before)
            return asked, edited, await listener.heard(lambda posts: len(posts) >= 4)

    asked, edited, posts = asyncio.run(listen())

    assert [(post.id, post.version, post.text, post.deleted) for post in posts] == [
        (asked.uri, asked.cid, "Une qestion ? #AskGuetta", False),
        (asked.uri, edited.cid, "Une question, sans le mot-dièse ?", False),
        (asked.uri, "", "", True),
        (before.uri, "", "", True),
    ]


@pytest.mark.parametrize("path", [V1_PATH, V2_PATH])
def test_source_loses_nothing_when_its_connection_is_cut(
    atproto: Network, person: People, path: str
) -> None:
    fan = person("fan")

    async def listen() -> tuple[int, list[Post]]:
        async with listening(atproto, path, "AskGuetta") as listener:
            for number in range(60):
                await asyncio.to_thread(fan.post, f"Question {number} ? #AskGuetta")
                if number % 12 == 6:
                    atproto.drop_listeners()
            posts = await listener.heard(
                lambda posts: len({post.id for post in posts if post.author.id == fan.did}) == 60
            )
            return listener.breaks, posts

    breaks, posts = asyncio.run(listen())

    assert breaks >= 4
    texts = dict.fromkeys(post.text for post in posts if post.author.id == fan.did)
    assert sorted(texts) == sorted(f"Question {number} ? #AskGuetta" for number in range(60))


def test_source_describes_an_author_by_name_and_handle(atproto: Network, person: People) -> None:
    named, bare = person("fan", display_name="Zoé, de Lyon 🎧"), person("bare")
    source = JetstreamSource(
        tags=["AskGuetta"],
        servers=[atproto.jetstream_url],
        service=atproto.pds_url,
        directory=atproto.plc_url,
        door=DOOR,
    )

    described = [asyncio.run(source.describe(Author(id=who.did))) for who in (named, bare)]

    assert described == [
        Author(id=named.did, handle=named.handle, name="Zoé, de Lyon 🎧"),
        Author(id=bare.did, handle=bare.handle),
    ]


def publisher(
    atproto: Network, room: Person, state: dict[str, Any] | None = None, *, password: str = ""
) -> BlueskyPublisher:
    return BlueskyPublisher(
        service=atproto.pds_url,
        handle=room.handle,
        password=password or room.password,
        directory=atproto.plc_url,
        state={} if state is None else state,
        door=DOOR,
    )


def test_publisher_replies_once_though_called_three_times(atproto: Network, person: People) -> None:
    fan, room = person("fan"), person("room")
    asked = fan.post("Votre morceau préféré ? #AskGuetta")
    text = f"Été 🎧 merci @{fan.handle} ! https://example.org/réponse. #AskGuetta"

    async def reply() -> list[Sent]:
        writer = publisher(atproto, room)
        to = Target(id=asked.uri, version=asked.cid)
        sent = [
            await writer.reply(to=to, text=text, lang="fr", key="3mptbyqhi7s2f", at=NOW)
            for _ in range(2)
        ]
        await writer.close()
        writer = publisher(atproto, room)  # another process, that knows nothing of the first
        sent.append(await writer.reply(to=to, text=text, lang="fr", key="3mptbyqhi7s2f", at=NOW))
        await writer.close()
        return sent

    sent = asyncio.run(reply())

    [there] = room.posts()
    uri = f"at://{room.did}/app.bsky.feed.post/3mptbyqhi7s2f"
    page = f"https://bsky.app/profile/{room.did}/post/3mptbyqhi7s2f"
    assert sent == [Sent(id=uri, url=page, version=there["cid"])] * 3
    assert there["uri"] == uri
    facets = there["value"].pop("facets")
    assert there["value"] == {
        "$type": "app.bsky.feed.post",
        "text": text,
        "createdAt": "2026-11-20T20:15:00.000Z",
        "langs": ["fr"],
        "reply": {"root": asked.ref, "parent": asked.ref},
    }
    raw = text.encode()
    marked = {
        raw[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(): facet["features"]
        for facet in facets
    }
    assert marked == {
        f"@{fan.handle}": [{"$type": "app.bsky.richtext.facet#mention", "did": fan.did}],
        "https://example.org/réponse": [
            {"$type": "app.bsky.richtext.facet#link", "uri": "https://example.org/réponse"}
        ],
        "#AskGuetta": [{"$type": "app.bsky.richtext.facet#tag", "tag": "AskGuetta"}],
    }


def test_publisher_finds_the_root_and_the_versions_it_was_not_given(
    atproto: Network, person: People
) -> None:
    fan, friend, room = person("fan"), person("friend"), person("room")
    root = friend.post("Posez vos questions")
    asked = fan.post("Et la mienne ? #AskGuetta", reply_to=root)

    async def reply() -> None:
        writer = publisher(atproto, room)
        only_id = Target(id=asked.uri)
        no_root_version = Target(id=asked.uri, version=asked.cid, root_id=root.uri)
        await writer.reply(to=only_id, text="La voici", key="3mptbyqhi7s22", at=NOW)
        await writer.reply(to=no_root_version, text="Encore", key="3mptbyqhi7s23", at=NOW)
        await writer.close()

    asyncio.run(reply())

    refs = [there["value"]["reply"] for there in room.posts()]
    assert refs == [{"root": root.ref, "parent": asked.ref}] * 2


def test_publisher_refuses_to_answer_a_post_that_is_gone(atproto: Network, person: People) -> None:
    fan, room = person("fan"), person("room")
    asked = fan.post("Trop tard ? #AskGuetta")
    fan.delete(asked)

    async def reply() -> None:
        writer = publisher(atproto, room)
        try:
            await writer.reply(to=Target(id=asked.uri), text="Oui", key="3mptbyqhi7s22", at=NOW)
        finally:
            await writer.close()

    with pytest.raises(Refused, match="gone"):
        asyncio.run(reply())
    assert room.posts() == []


def test_publisher_refuses_a_key_that_belongs_to_another_reply(
    atproto: Network, person: People
) -> None:
    fan, room = person("fan"), person("room")
    first, second = fan.post("Un ? #AskGuetta"), fan.post("Deux ? #AskGuetta")

    async def reply() -> None:
        writer = publisher(atproto, room)
        try:
            for asked in (first, second):
                to = Target(id=asked.uri, version=asked.cid)
                await writer.reply(to=to, text="Voilà", key="3mptbyqhi7s22", at=NOW)
        finally:
            await writer.close()

    with pytest.raises(Refused, match="belongs to another"):
        asyncio.run(reply())
    assert [there["value"]["reply"]["parent"]["uri"] for there in room.posts()] == [first.uri]


@pytest.mark.parametrize("spoiled", [["access_jwt"], ["access_jwt", "refresh_jwt"]])
def test_publisher_renews_a_session_that_is_no_longer_good(
    atproto: Network, person: People, spoiled: list[str]
) -> None:
    fan, room = person("fan"), person("room")
    asked = fan.post("Toujours là ? #AskGuetta")
    state: dict[str, Any] = {}

    async def reply(key: str) -> None:
        writer = publisher(atproto, room, state)
        to = Target(id=asked.uri, version=asked.cid)
        await writer.reply(to=to, text="Oui", key=key, at=NOW)
        await writer.close()

    asyncio.run(reply("3mptbyqhi7s22"))
    for name in spoiled:
        state[name] = state[name][:-4] + "AAAA"
    old = dict(state)
    asyncio.run(reply("3mptbyqhi7s23"))

    assert len(room.posts()) == 2
    assert state["access_jwt"] != old["access_jwt"]
    assert state["did"] == room.did


def test_publisher_takes_a_reply_back_even_twice(atproto: Network, person: People) -> None:
    fan, room = person("fan"), person("room")
    asked = fan.post("Vraiment ? #AskGuetta")

    async def reply() -> None:
        writer = publisher(atproto, room)
        to = Target(id=asked.uri, version=asked.cid)
        sent = await writer.reply(to=to, text="Oups", key="3mptbyqhi7s22", at=NOW)
        assert len(room.posts()) == 1
        await writer.take_back(sent=sent)
        await writer.take_back(sent=sent)
        await writer.close()

    asyncio.run(reply())

    assert room.posts() == []


def test_check_account_gives_the_profile_of_a_good_password_and_refuses_a_wrong_one(
    atproto: Network, person: People
) -> None:
    room = person("room", display_name="La chambre bleue")
    state: dict[str, Any] = {}

    async def check(password: str) -> Author:
        writer = publisher(atproto, room, state, password=password)
        try:
            return await writer.check_account()
        finally:
            await writer.close()

    author = asyncio.run(check(room.password))
    assert author == Author(id=room.did, handle=room.handle, name="La chambre bleue")
    with pytest.raises(WrongPassword) as caught:  # though the state holds a good session
        asyncio.run(check("not the password"))
    assert "not the password" not in str(caught.value) + str(caught.value.details)
