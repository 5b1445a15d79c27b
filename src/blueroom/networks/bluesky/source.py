"""Reads Bluesky: every post of the network by Jetstream, of which a session gets its own.

Jetstream is public and asks for no account. It has no filter for hashtags, so all posts come and
`prefilter.py` finds ours. Version 1 resumes by time (microseconds, rewound by 5 s, as its
documentation advises), version 2 by its own sequence, which holds for one server only; on another
server it resumes by time as well.
https://github.com/bluesky-social/jetstream/blob/main/docs/README.md, read 2026-11
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from blueroom.base.outbound import AddressRefused, Door, NoAnswer
from blueroom.networks.bluesky.prefilter import Prefilter
from blueroom.networks.bluesky.profiles import read_author
from blueroom.networks.bluesky.tags import Tags
from blueroom.networks.bluesky.wire import (
    POSTS,
    UNREADABLE,
    Event,
    Stamp,
    aware,
    read_event,
    read_stamp,
)
from blueroom.networks.interface import Author, Batch, Post, Refused, Unavailable

log = logging.getLogger(__name__)

V1_PATH = "/subscribe"
V2_PATH = "/xrpc/network.bsky.jetstream.subscribeEvents"
REWIND_US = 5_000_000
GATHER_S = 0.02  # of the 50 ms within which a post must be handed over
BLOCK_BYTES = 1_000_000
BATCH_POSTS = 500
TELL_EVERY_S = 1.0
MALFORMED_KEPT = 20  # a batch
# A record may have 1 MiB as CBOR; as JSON its strings may grow.
LINE_LIMIT_BYTES = 8 * 2**20
KNOWN_LIMIT = 500_000


@dataclass(frozen=True)
class Cursor:
    """A place in the stream: its time everywhere, its sequence on one version 2 server."""

    time_us: int
    seq: int = 0
    server: str = ""

    @classmethod
    def read(cls, words: str) -> Cursor | None:
        """The cursor that `str` wrote, or None for "". Raises ValueError for anything else."""
        if not words:
            return None
        time_us, seq, server = (*words.split(" "), "", "")[:3]
        return cls(int(time_us), int(seq or 0), server)

    def __str__(self) -> str:
        return f"{self.time_us} {self.seq} {self.server}" if self.seq else str(self.time_us)


@dataclass(frozen=True)
class Server:
    """One Jetstream. An address that ends as version 2's does is one; any other is version 1."""

    url: str

    @property
    def is_v2(self) -> bool:
        return urlsplit(self.url).path == V2_PATH

    @property
    def name(self) -> str:
        return urlsplit(self.url).netloc

    def address(self, cursor: Cursor | None, *, by_time: bool = False) -> str:
        """The address that streams posts from `cursor` on: by its sequence, where it holds here."""
        parts = urlsplit(self.url)
        if self.is_v2:
            asked = {"kinds": "commit", "collections": POSTS}
        else:
            parts = parts._replace(path=V1_PATH)
            asked = {"wantedCollections": POSTS}
        if cursor and cursor.seq and cursor.server == self.name and self.is_v2 and not by_time:
            asked["cursor"] = str(cursor.seq)
        elif cursor:
            asked["cursor"] = str(cursor.time_us - REWIND_US)
        return urlunsplit(parts._replace(query=urlencode(asked)))

    def cursor(self, time_us: int, seq: int) -> Cursor:
        return Cursor(time_us, seq, self.name) if self.is_v2 else Cursor(time_us)


class Known:
    """The ids of the newest posts that we have, up to KNOWN_LIMIT, as hashes: 60 bytes each.

    Two ids with one hash would make us tell a deletion of a post that nobody here has, which the
    receiver ignores.
    """

    def __init__(self, ids: Iterable[str]) -> None:
        self._hashes = dict.fromkeys(map(hash, ids))
        self._forget()

    def __contains__(self, post_id: str) -> bool:
        return hash(post_id) in self._hashes

    def add(self, post_id: str) -> None:
        self._hashes[hash(post_id)] = None
        self._forget()

    def _forget(self) -> None:
        while len(self._hashes) > KNOWN_LIMIT:
            del self._hashes[next(iter(self._hashes))]


class JetstreamSource:
    """The posts of one session's tags. Each call of `batches` asks the next of the servers."""

    def __init__(
        self,
        *,
        tags: Sequence[str],
        servers: Sequence[str],
        service: str,
        directory: str,
        door: Door,
        known: Iterable[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._tags = Tags(tags)
        self._prefilter = Prefilter(tags)
        self._servers = [Server(url) for url in servers]
        self._turn = 0
        self._service = service
        self._directory = directory
        self._door = door
        self._known = Known(known)
        self._clock = clock

    async def batches(self, *, after: str) -> AsyncIterator[Batch]:
        """See `Source.batches`."""
        server = self._servers[self._turn % len(self._servers)]
        self._turn += 1
        connection = await self._connect(server, after)
        try:
            yield Batch(cursor=after)  # connected: a quiet server may say nothing for long
            async for batch in self._read(connection, server):
                yield batch
        except ConnectionClosed as error:
            raise Unavailable(f"{server.name} closed the connection.") from error
        finally:
            connection.transport.abort()
            await connection.wait_closed()

    async def describe(self, author: Author) -> Author:
        """See `DescribesAuthors.describe`."""
        return await read_author(
            author.id, service=self._service, directory=self._directory, door=self._door
        )

    async def _connect(self, server: Server, after: str) -> ClientConnection:
        try:
            cursor = Cursor.read(after)
        except ValueError as error:
            raise Refused(f"{after!r} is no cursor of Jetstream.") from error
        try:
            try:
                return await self._open(server.address(cursor))
            except InvalidStatus as error:
                if b"CursorTooOld" not in (error.response.body or b""):
                    raise
                log.warning("%s no longer has %s: posts since then may be lost", server.name, after)
                return await self._open(server.address(cursor, by_time=True))
        except AddressRefused as error:
            raise Refused(error.message, server=server.name) from error
        except NoAnswer as error:
            raise Unavailable(f"{server.name} does not answer.", server=server.name) from error
        except InvalidStatus as error:
            raise _refusal(server, error) from error

    async def _open(self, address: str) -> ClientConnection:
        return await self._door.websocket(
            address, size_limit_bytes=LINE_LIMIT_BYTES, queue_length=1024
        )

    async def _read(self, connection: ClientConnection, server: Server) -> AsyncIterator[Batch]:
        loop = asyncio.get_running_loop()
        seen, told_at = 0, loop.time()
        malformed: list[bytes] = []
        while True:
            lines = await _gather(connection)
            seen += len(lines)
            posts: list[Post] = []
            for line in self._prefilter.lines(lines):
                try:
                    event = read_event(line, v2=server.is_v2)
                except UNREADABLE:
                    log.warning("%s sent a line that cannot be read: %.200r", server.name, line)
                    malformed = [*malformed, line][:MALFORMED_KEPT]
                    continue
                if post := self._post(event, line):
                    posts.append(post)
                if len(posts) == BATCH_POSTS:
                    yield self._batch(server, posts, Stamp(event.time_us, event.seq))
                    posts = []
            stamp = _last_stamp(lines, server)
            if stamp and (posts or malformed or loop.time() - told_at >= TELL_EVERY_S):
                yield self._batch(server, posts, stamp, malformed, seen)
                seen, malformed, told_at = 0, [], loop.time()
            _raise_error(lines[-1], server)

    def _batch(
        self,
        server: Server,
        posts: list[Post],
        last: Stamp,
        malformed: Sequence[bytes] = (),
        seen: int = 0,
    ) -> Batch:
        return Batch(
            posts=posts,
            malformed=list(malformed),
            cursor=str(server.cursor(last.time_us, last.seq)),
            seen=seen,
            behind_s=max(0.0, self._clock() - last.time_us / 1e6),
        )

    def _post(self, event: Event, line: bytes) -> Post | None:
        """What an event means to the session, or None where it means nothing."""
        commit = event.commit
        if commit is None and b'"OutdatedCursor"' in line:
            log.warning("The stream begins later than asked: posts before it may be lost")
        if commit is None or commit.collection != POSTS:
            return None
        if commit.operation == "delete" and event.uri in self._known:
            deleted_at = event.received_at
            return Post(network="bluesky", id=event.uri, published_at=deleted_at, deleted=True)
        if commit.record is None:
            return None
        edits_ours = commit.operation == "update" and event.uri in self._known
        if not edits_ours and not self._tags.are_in(commit.record):
            return None
        self._known.add(event.uri)
        return as_post(event, raw=line)


def as_post(event: Event, *, raw: bytes) -> Post:
    """The post that an event creates or changes.

    Its time is the author's claim, unless that lies after the moment when the server saw it: so
    does Bluesky itself, https://docs.bsky.app/docs/advanced-guides/timestamps.
    """
    commit = event.commit
    assert commit
    record = commit.record
    assert record
    claimed_at = aware(record.created_at) or event.received_at
    reply = record.reply
    return Post(
        network="bluesky",
        id=event.uri,
        version=commit.cid,
        published_at=min(claimed_at, event.received_at),
        author=Author(id=event.did),
        text=record.text,
        alts=record.alts,
        url=post_page(event.did, commit.rkey),
        in_reply_to=reply.parent.uri if reply else "",
        thread_root=reply.root.uri if reply else "",
        lang=record.langs[0] if record.langs else "",
        raw=raw,
    )


def post_page(did: str, rkey: str) -> str:
    """The page for people of a post."""
    return f"https://bsky.app/profile/{did}/post/{rkey}"


async def _gather(connection: ClientConnection) -> list[bytes]:
    """At least one line, and those that come within GATHER_S of it. Raises ConnectionClosed."""
    lines = [await connection.recv(decode=False)]
    size = len(lines[0])
    # Where the connection closes, the next call says so. Cancelling recv() loses nothing.
    with contextlib.suppress(TimeoutError, ConnectionClosed):
        async with asyncio.timeout(GATHER_S):
            while size < BLOCK_BYTES:
                lines.append(await connection.recv(decode=False))
                size += len(lines[-1])
    return lines


def _last_stamp(lines: list[bytes], server: Server) -> Stamp | None:
    """Where the last of these lines stands that says where it stands."""
    for line in reversed(lines):
        with contextlib.suppress(*UNREADABLE):
            stamp = read_stamp(line, v2=server.is_v2)
            if stamp.time_us:
                return stamp
    return None


def _raise_error(line: bytes, server: Server) -> None:
    """Raises Unavailable where a line of version 2 is an error, which ends the stream."""
    with contextlib.suppress(*UNREADABLE):
        if server.is_v2 and (error := read_stamp(line, v2=True).error):
            raise Unavailable(f"{server.name} ended the stream: {error}.", error=error)


def _refusal(server: Server, error: InvalidStatus) -> Unavailable | Refused:
    """What an answer that is no WebSocket asks of us."""
    status, headers = error.response.status_code, error.response.headers
    if status == 429 or status >= 500:
        wait = headers.get("Retry-After", "")
        retry_after_s = float(wait) if wait.isdecimal() else None
        return Unavailable(
            f"{server.name} answers {status}.", retry_after_s=retry_after_s, status=status
        )
    return Refused(
        f"{server.name} answers {status}: check the address of the Jetstream.", status=status
    )
