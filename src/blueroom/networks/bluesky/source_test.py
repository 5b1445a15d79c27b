from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from blueroom.base.outbound import Door
from blueroom.networks.bluesky import source
from blueroom.networks.bluesky.source import (
    BATCH_POSTS,
    REWIND_US,
    V1_PATH,
    V2_PATH,
    JetstreamSource,
    Known,
)
from blueroom.networks.interface import Author, Batch, Post, Refused, Unavailable

FIXTURES = Path(__file__).parent / "fixtures"
V1 = (FIXTURES / "jetstream_v1.jsonl").read_bytes().splitlines()
V2 = (FIXTURES / "jetstream_v2.jsonl").read_bytes().splitlines()
BOTH = pytest.mark.parametrize(("path", "lines"), [(V1_PATH, V1), (V2_PATH, V2)])

ZOE, SAM = "did:plc:zoezoezoezoezoezoezoezoe", "did:plc:samsamsamsamsamsamsamsam"
ASKED = f"at://{ZOE}/app.bsky.feed.post/3mqa2bcdefg2h"
ANSWERED = f"at://{SAM}/app.bsky.feed.post/3mqa2bcdefg2j"
UNRELATED = f"at://{SAM}/app.bsky.feed.post/3mqa2bcdefg2i"
START_US = 1_795_204_800_000_000  # the fixtures begin on 2026-11-20 at 20:00 UTC
START = datetime(2026, 11, 20, 20, tzinfo=UTC)

Script = Callable[[ServerConnection], Any]


class Jetstream:
    """A WebSocket server on 127.0.0.1; the n-th connection is served by the n-th script.

    `asked` are the addresses of all requests; `refusals` are answered first, each once.
    """

    def __init__(self, *scripts: Script, refusals: Sequence[tuple[int, str, str]] = ()) -> None:
        self.asked: list[str] = []
        self.port = 0
        self._scripts = list(scripts)
        self._refusals = list(refusals)

    def url(self, path: str) -> str:
        return f"ws://127.0.0.1:{self.port}{path}"

    def cursors(self) -> list[list[str]]:
        return [parse_qs(urlsplit(path).query).get("cursor", []) for path in self.asked]

    def _refuse(self, connection: ServerConnection, request: Request) -> Response | None:
        self.asked.append(request.path)
        if not self._refusals:
            return None
        status, body, wait = self._refusals.pop(0)
        response = connection.respond(HTTPStatus(status), body)
        if wait:
            response.headers["Retry-After"] = wait
        return response

    async def _serve(self, connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            await self._scripts.pop(0)(connection)

    async def __aenter__(self) -> Jetstream:
        self._server = await serve(
            self._serve, "127.0.0.1", 0, process_request=self._refuse, compression=None
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()


def sends(*lines: bytes | str, then: str = "stays") -> Script:
    """A connection that sends these lines, then stays open, closes, or breaks."""

    async def script(connection: ServerConnection) -> None:
        for line in lines:
            await connection.send(line, text=True)
        if then == "stays":
            await connection.wait_closed()
        elif then == "breaks":
            connection.transport.abort()

    return script


def source_of(
    *urls: str, known: Sequence[str] = (), now: float = START_US / 1e6
) -> JetstreamSource:
    return JetstreamSource(
        tags=["AskGuetta", "demandezàguetta"],
        servers=urls,
        service="http://127.0.0.1:1",
        directory="http://127.0.0.1:1",
        door=Door(["127.0.0.1"]),
        known=known,
        clock=lambda: now,
    )


async def connected(source: JetstreamSource, *, after: str = "") -> AsyncIterator[Batch]:
    """The batches after the first, which says that the server is there, and nothing else."""
    stream = source.batches(after=after)
    assert await anext(stream) == Batch(cursor=after)
    return stream


async def read(source: JetstreamSource, *, after: str = "", batches: int = 1) -> list[Batch]:
    """So many batches, in the time that a test may take."""
    stream = await connected(source, after=after)
    async with asyncio.timeout(5), contextlib.aclosing(stream):  # type: ignore[type-var]
        return [await anext(stream) for _ in range(batches)]


async def posts_until(
    source: JetstreamSource, is_enough: Callable[[list[Post]], bool], *, after: str = ""
) -> list[Post]:
    stream = await connected(source, after=after)
    posts: list[Post] = []
    async with asyncio.timeout(20), contextlib.aclosing(stream):  # type: ignore[type-var]
        while not is_enough(posts):
            posts += (await anext(stream)).posts
    return posts


def create(number: int, text: str = "", **commit: Any) -> bytes:
    """The create of version 1 that comes `number` milliseconds after the start."""
    record = {"$type": "app.bsky.feed.post", "text": text or f"Question {number} #AskGuetta"}
    whole = {
        "operation": "create",
        "collection": "app.bsky.feed.post",
        "rkey": f"3{number:012d}",
        "record": record,
        "cid": f"bafy{number}",
    }
    line = {"did": ZOE, "time_us": START_US + 1000 * number, "kind": "commit"}
    return json.dumps({**line, "commit": whole | commit}, separators=(",", ":")).encode()


@BOTH
def test_source_gives_posts_edits_and_deletions_of_its_tags(path: str, lines: list[bytes]) -> None:
    async def listen() -> list[Post]:
        async with Jetstream(sends(*lines)) as jetstream:
            return await posts_until(source_of(jetstream.url(path)), lambda got: len(got) >= 4)

    posts = asyncio.run(listen())

    cid = "bafyreiaquestionaquestionaquestionaquestionaquestionaquesti0"
    assert posts == [
        Post(
            network="bluesky",
            id=ASKED,
            version=f"{cid}1",
            published_at=START + timedelta(milliseconds=50),
            author=Author(id=ZOE),
            text="Bonjour 🎧 quel disque emporteriez-vous sur une île ? #AskGuetta",
            url=f"https://bsky.app/profile/{ZOE}/post/3mqa2bcdefg2h",
            lang="fr",
            raw=lines[0],
        ),
        Post(
            network="bluesky",
            id=ANSWERED,
            version=f"{cid}3",
            published_at=START + timedelta(milliseconds=300),  # its author's clock is fast
            author=Author(id=SAM),
            text="Moi aussi, je voudrais savoir ! #DemandezÀGuetta",
            url=f"https://bsky.app/profile/{SAM}/post/3mqa2bcdefg2j",
            in_reply_to=ASKED,
            thread_root=ASKED,
            lang="fr",
            raw=lines[2],
        ),
        Post(
            network="bluesky",
            id=ASKED,
            version=f"{cid}4",
            published_at=START + timedelta(milliseconds=50),
            author=Author(id=ZOE),
            text="Quel disque emporteriez-vous sur une île déserte ?",
            url=f"https://bsky.app/profile/{ZOE}/post/3mqa2bcdefg2h",
            lang="fr",
            raw=lines[5],
        ),
        Post(
            network="bluesky",
            id=ASKED,
            published_at=START + timedelta(milliseconds=800),
            deleted=True,
        ),
    ]


@BOTH
def test_source_tells_deletions_of_known_posts(path: str, lines: list[bytes]) -> None:
    async def listen() -> list[Post]:
        async with Jetstream(sends(*lines[6:])) as jetstream:
            listening = source_of(jetstream.url(path), known=[UNRELATED])
            return (await read(listening))[0].posts

    gone_at = START + timedelta(milliseconds=700)
    assert asyncio.run(listen()) == [
        Post(network="bluesky", id=UNRELATED, published_at=gone_at, deleted=True)
    ]


@BOTH
def test_source_asks_for_posts_from_now_on(path: str, lines: list[bytes]) -> None:
    async def listen() -> list[str]:
        async with Jetstream(sends(*lines)) as jetstream:
            await read(source_of(jetstream.url(path)))
            return jetstream.asked

    query = {
        V1_PATH: "wantedCollections=app.bsky.feed.post",
        V2_PATH: "kinds=commit&collections=app.bsky.feed.post",
    }[path]
    assert asyncio.run(listen()) == [f"{path}?{query}"]


def test_source_takes_an_address_without_path_for_version_1() -> None:
    async def listen() -> str:
        async with Jetstream(sends(*V1)) as jetstream:
            await read(source_of(jetstream.url("")))
            return urlsplit(jetstream.asked[0]).path

    assert asyncio.run(listen()) == "/subscribe"


@BOTH
def test_source_resumes_where_it_was_when_the_connection_breaks(
    path: str, lines: list[bytes]
) -> None:
    async def listen() -> tuple[list[list[str]], list[Post]]:
        first, second = sends(*lines[:2], then="breaks"), sends(*lines[1:])
        async with Jetstream(first, second) as jetstream:
            listening = source_of(jetstream.url(path))
            stream = await connected(listening)
            batch = await anext(stream)
            with pytest.raises(Unavailable):
                await anext(stream)
            rest = await posts_until(listening, lambda got: len(got) >= 3, after=batch.cursor)
            return jetstream.cursors(), rest

    cursors, rest = asyncio.run(listen())

    expected = {V1_PATH: str(START_US + 200_000 - REWIND_US), V2_PATH: "2"}[path]
    assert cursors == [[], [expected]]
    assert [post.id for post in rest] == [ANSWERED, ASKED, ASKED]


def test_source_asks_the_next_server_by_time_after_a_break() -> None:
    async def listen() -> list[list[str]]:
        async with (
            Jetstream(sends(*V2[:1], then="breaks"), sends(*V2)) as one,
            Jetstream(sends(*V2, then="breaks")) as two,
        ):
            listening = source_of(one.url(V2_PATH), two.url(V2_PATH))
            after = ""
            for _ in range(3):
                [batch] = await read(listening, after=after)
                after = batch.cursor
            return [*one.cursors(), *two.cursors()]

    by_time, by_time_again = START_US + 100_000 - REWIND_US, START_US + 800_000 - REWIND_US
    assert asyncio.run(listen()) == [[], [str(by_time_again)], [str(by_time)]]


def test_source_asks_by_time_when_its_sequence_is_too_old(caplog: pytest.LogCaptureFixture) -> None:
    async def listen() -> tuple[list[list[str]], int]:
        too_old = (400, '{"error":"CursorTooOld","message":"cursor is too old"}', "")
        async with Jetstream(sends(*V2), refusals=[too_old]) as jetstream:
            server = f"127.0.0.1:{jetstream.port}"
            after = f"{START_US} 7 {server}"
            [batch] = await read(source_of(jetstream.url(V2_PATH)), after=after)
            return jetstream.cursors(), len(batch.posts)

    assert asyncio.run(listen()) == ([["7"], [str(START_US - REWIND_US)]], 4)
    assert "posts since then may be lost" in caplog.text


def test_source_warns_when_the_stream_begins_late(caplog: pytest.LogCaptureFixture) -> None:
    kind = "network.bsky.jetstream.subscribeEvents#info"
    late = {"$type": "message", "payload": {"$type": kind, "name": "OutdatedCursor"}}

    async def listen() -> list[Batch]:
        first = json.dumps(late, separators=(",", ":"))
        async with Jetstream(sends(first, *V2)) as jetstream:
            return await read(source_of(jetstream.url(V2_PATH)), after=str(START_US))

    assert len(asyncio.run(listen())[0].posts) == 4
    assert "posts before it may be lost" in caplog.text


def test_source_hands_over_what_came_before_an_error_ends_the_stream() -> None:
    error = '{"$type":"error","error":"ConsumerTooSlow","message":"too slow"}'

    async def listen() -> list[Post]:
        async with Jetstream(sends(*V2[:1], error, then="closes")) as jetstream:
            stream = await connected(source_of(jetstream.url(V2_PATH)))
            batch = await anext(stream)
            with pytest.raises(Unavailable, match="ConsumerTooSlow"):
                await anext(stream)
            return batch.posts

    assert [post.id for post in asyncio.run(listen())] == [ASKED]


@pytest.mark.parametrize("then", ["closes", "breaks"])
def test_source_is_unavailable_when_the_server_ends_the_connection(then: str) -> None:
    async def listen() -> None:
        async with Jetstream(sends(then=then)) as jetstream:
            await read(source_of(jetstream.url(V1_PATH)))

    with pytest.raises(Unavailable):
        asyncio.run(listen())


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'"text"',
        b"null",
        b'{"kind":"commit","commit":{"operation":"delete","collection":"app.bsky.feed.post"}}',
        create(1).replace(b'"text":"', b'"langs":[1],"text":"'),
        create(1).replace(b"Question", b"\\ud800"),
        create(1).replace(str(START_US + 1000).encode(), b"9" * 18),
        create(1).replace(str(START_US + 1000).encode(), b"0"),
        create(1).replace(b"Question", b"\xc3"),
        create(1)[:-9] + b" #AskGuetta",
        create(1).replace(b'"text"', b'"deep":' + b"[" * 99_999 + b"]" * 99_999 + b',"text"'),
    ],
)
def test_source_keeps_and_skips_what_it_cannot_read(broken: bytes) -> None:
    async def listen() -> list[Batch]:
        async with Jetstream(sends(broken, create(2), create(3))) as jetstream:
            return await read(source_of(jetstream.url(V1_PATH)))

    [batch] = asyncio.run(listen())

    assert batch.malformed == [broken]
    assert [post.text for post in batch.posts] == ["Question 2 #AskGuetta", "Question 3 #AskGuetta"]
    assert (batch.seen, batch.cursor) == (3, str(START_US + 3000))


def test_source_gives_what_cannot_be_read_even_when_nothing_else_comes_with_it() -> None:
    async def script(connection: ServerConnection) -> None:
        await connection.send("{ #AskGuetta", text=True)
        await asyncio.sleep(0.1)
        await connection.send(create(1, "sans rapport"), text=True)
        await connection.wait_closed()

    async def listen() -> list[Batch]:
        async with Jetstream(script) as jetstream:
            return await read(source_of(jetstream.url(V1_PATH)))

    assert asyncio.run(listen()) == [
        Batch(malformed=[b"{ #AskGuetta"], cursor=str(START_US + 1000), seen=2)
    ]


def test_source_cuts_a_wave_into_batches_each_with_its_own_cursor() -> None:
    wave = [create(number) for number in range(1, 1203)]

    async def listen() -> list[Batch]:
        async with Jetstream(sends(*wave)) as jetstream:
            stream = await connected(source_of(jetstream.url(V1_PATH)))
            batches: list[Batch] = []
            async with asyncio.timeout(5), contextlib.aclosing(stream):  # type: ignore[type-var]
                while sum(len(batch.posts) for batch in batches) < len(wave):
                    batches.append(await anext(stream))
            return batches

    batches = asyncio.run(listen())

    assert max(len(batch.posts) for batch in batches) <= BATCH_POSTS
    assert sum(batch.seen for batch in batches) == len(wave)
    assert [post.version for batch in batches for post in batch.posts] == [
        f"bafy{number}" for number in range(1, 1203)
    ]
    for batch in batches:
        assert batch.cursor == str(START_US + 1000 * int(batch.posts[-1].version[4:]))


def test_source_tells_its_place_now_and_then_when_nothing_is_for_us(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(source, "TELL_EVERY_S", 0.2)

    async def script(connection: ServerConnection) -> None:
        for number in range(1, 1000):
            await connection.send(create(number, "sans rapport"), text=True)
            await asyncio.sleep(0.01)

    async def listen() -> tuple[list[Batch], float]:
        async with Jetstream(script) as jetstream:
            started_at = asyncio.get_running_loop().time()
            listening = source_of(jetstream.url(V1_PATH), now=START_US / 1e6 + 60)
            batches = await read(listening, batches=3)
            return batches, asyncio.get_running_loop().time() - started_at

    batches, took_s = asyncio.run(listen())

    assert [batch.posts for batch in batches] == [[], [], []]
    seen = 0
    for batch in batches:
        seen += batch.seen
        assert batch.cursor == str(START_US + 1000 * seen)
        assert batch.behind_s == pytest.approx(60 - seen / 1000)
    assert took_s >= 0.6  # one every 0.2 s and no more


def test_source_loses_nothing_when_its_reader_is_slow() -> None:
    wave = [create(number, "#AskGuetta " + "x" * 2000) for number in range(1, 10_001)]

    async def listen() -> list[str]:
        async with Jetstream(sends(*wave)) as jetstream:
            stream = await connected(source_of(jetstream.url(V1_PATH)))
            versions: list[str] = []
            async with asyncio.timeout(30), contextlib.aclosing(stream):  # type: ignore[type-var]
                while len(versions) < len(wave):
                    versions += [post.version for post in (await anext(stream)).posts]
                    await asyncio.sleep(0.03)
            return versions

    assert asyncio.run(listen()) == [f"bafy{number}" for number in range(1, 10_001)]


def test_source_closes_its_connection_when_it_is_no_longer_read() -> None:
    closed = asyncio.Event()

    async def script(connection: ServerConnection) -> None:
        await connection.send(create(1), text=True)
        await connection.wait_closed()
        closed.set()

    async def listen() -> None:
        async with Jetstream(script) as jetstream:
            await read(source_of(jetstream.url(V1_PATH)))
            async with asyncio.timeout(5):
                await closed.wait()

    asyncio.run(listen())


@pytest.mark.parametrize(("wait", "retry_after_s"), [("30", 30.0), ("", None), ("soon", None)])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_source_is_unavailable_when_the_server_asks_for_patience(
    status: int, wait: str, retry_after_s: float | None
) -> None:
    async def listen() -> None:
        async with Jetstream(refusals=[(status, "later", wait)]) as jetstream:
            await read(source_of(jetstream.url(V1_PATH)))

    with pytest.raises(Unavailable) as caught:
        asyncio.run(listen())
    assert caught.value.retry_after_s == retry_after_s


def test_source_is_refused_where_there_is_no_jetstream_or_no_way_to_it() -> None:
    async def listen(*, path: str = V1_PATH, after: str = "") -> None:
        async with Jetstream(refusals=[(404, "what?", "")]) as jetstream:
            await read(source_of(jetstream.url(path)), after=after)

    with pytest.raises(Refused, match="404"):
        asyncio.run(listen())
    with pytest.raises(Refused, match="no cursor"):
        asyncio.run(listen(after="yesterday"))
    with pytest.raises(Refused, match="public internet"):
        asyncio.run(read(source_of("ws://169.254.169.254/subscribe")))
    with pytest.raises(Refused, match="ws://"):
        asyncio.run(read(source_of("https://jetstream.test/subscribe")))


def test_source_is_unavailable_when_nobody_listens_and_asks_the_next_server_then() -> None:
    async def listen() -> list[Post]:
        async with Jetstream(sends(*V1)) as jetstream:
            listening = source_of("ws://127.0.0.1:1/subscribe", jetstream.url(V1_PATH))
            with pytest.raises(Unavailable):
                await read(listening)
            return (await read(listening))[0].posts

    assert len(asyncio.run(listen())) == 4


@pytest.mark.parametrize(
    "claimed", ["", "yesterday", "2026-11-20T19:00:00", "0001-01-01T00:00:00+14:00"]
)
def test_source_takes_the_server_s_time_where_the_author_s_is_none(claimed: str) -> None:
    line = create(5).replace(b'"text"', b'"createdAt":"%b","text"' % claimed.encode())

    async def listen() -> list[Batch]:
        async with Jetstream(sends(line)) as jetstream:
            return await read(source_of(jetstream.url(V1_PATH)))

    assert asyncio.run(listen())[0].posts[0].published_at == START + timedelta(milliseconds=5)


def test_known_forgets_the_oldest_of_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "KNOWN_LIMIT", 3)
    known = Known(["a", "b", "c", "d"])

    known.add("e")

    assert [name for name in "abcde" if name in known] == ["c", "d", "e"]
