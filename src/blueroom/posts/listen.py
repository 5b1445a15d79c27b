"""The listener: hears every wanted channel at once and hands over what they bring.

A process of its own, started as `python -m blueroom.posts.listen <file descriptor>`, without Django
and without a database. It ends when the other end of its line does.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import os
import random
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from typing import ClassVar

from blueroom.base.clock import now
from blueroom.base.errors import NeedsPerson, TryLater
from blueroom.networks.interface import Batch, Listening, Malformed, Post, Source
from blueroom.networks.registry import networks
from blueroom.posts.handover import (
    WINDOW,
    Beat,
    Delivery,
    Said,
    Taken,
    ToListener,
    ToWriter,
    Wanted,
    Wish,
    decode_to_listener,
    encode,
)
from blueroom.posts.rules import PostRefused, asks_something, clean_post

log = logging.getLogger(__name__)

POSTS_A_DELIVERY = 500
GROUP_S = 0.05  # each delivery costs a transaction: twenty a second, the first at once
CURSOR_S = 1.0  # how often a cursor without posts is handed over
WAITING_BYTES = 32 * 1024 * 1024
BEAT_S = 2.0
FIRST_RETRY_S, LAST_RETRY_S = 0.5, 60.0
HEALTHY_S = 10.0  # a connection that lasted this long begins the back-off anew
END_S = 1.0
CURSOR_LIMIT = 255
CHANCE = random.SystemRandom()


class Unlistenable(NeedsPerson):
    """The channel names a network that no connector here reads."""

    code: ClassVar[str] = "network_unlistenable"
    sentence: ClassVar[str] = (
        "No connector here reads this network. Install one, or switch the channel off."
    )


class CursorTooLong(NeedsPerson):
    """A mistake of the connector: its cursor cannot be kept."""

    code: ClassVar[str] = "cursor_too_long"
    sentence: ClassVar[str] = (
        f"The connector's cursor is longer than {CURSOR_LIMIT} characters. Tell its makers."
    )


class Unreadable(TryLater):
    """The connector gave up at a message that it could not read."""

    code: ClassVar[str] = "network_malformed"
    sentence: ClassVar[str] = "The network sends what the connector cannot read. We try again."


class ConnectorFailed(TryLater):
    """The connector raised what its interface does not foresee."""

    code: ClassVar[str] = "connector_failed"
    sentence: ClassVar[str] = "The connector failed. The log says where. We try again."


def delay_s(failures: int, *, retry_after_s: float | None, chance: float) -> float:
    """How long to wait before the next try: full jitter, never less than the other side asked.

    `chance` is uniform in 0 to 1. Source: https://aws.amazon.com/blogs/architecture/
    exponential-backoff-and-jitter/, read 2026-11-23.
    """
    ceiling_s: float = min(LAST_RETRY_S, FIRST_RETRY_S * 2 ** min(failures, 16))
    return max(chance * ceiling_s, retry_after_s or 0.0)


class _Line:
    """The listener's end of the line."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        # The window holds senders back; here only a writer that takes nothing at all does.
        writer.transport.set_write_buffer_limits(high=WAITING_BYTES)
        self._window = asyncio.Semaphore(WINDOW)

    async def put(self, make_delivery: Callable[[], Delivery]) -> None:
        """Hand over what is there once one more delivery may be under way."""
        await self._window.acquire()
        await self.say(make_delivery())

    async def say(self, message: ToWriter) -> None:
        """Send what is not waited for to be committed."""
        self._writer.write(encode(message))
        await self._writer.drain()

    def taken(self, deliveries: int) -> None:
        """So many deliveries are under way no more."""
        for _ in range(deliveries):
            self._window.release()


class _Pending:
    """What a channel brought and is not handed over yet. A slow writer makes its source wait."""

    def __init__(self, channel_id: int, line: _Line) -> None:
        self._channel_id = channel_id
        self._line = line
        self._posts: list[Post] = []
        self._cursor = ""
        self._seen = 0
        self._behind_s = 0.0
        self._is_ending = False
        self._has_news, self._has_posts, self._is_full = (asyncio.Event() for _ in range(3))
        self._has_room, self._is_empty = asyncio.Event(), asyncio.Event()
        self._has_room.set()
        self._is_empty.set()

    async def add(self, posts: list[Post], cursor: str, seen: int, behind_s: float) -> None:
        """Take in what a batch brought, once there is room for it."""
        await self._has_room.wait()
        self._posts += posts
        self._cursor = cursor
        self._seen += seen
        self._behind_s = behind_s
        self._has_news.set()
        self._is_empty.clear()
        if self._posts:
            self._has_posts.set()
        if len(self._posts) >= POSTS_A_DELIVERY:
            self._is_full.set()
            self._has_room.clear()

    async def empty(self) -> None:
        """Wait until everything is handed over."""
        self._is_ending = True
        self._has_posts.set()
        self._is_full.set()
        await self._is_empty.wait()

    async def hand_over(self) -> None:
        """Hand over what comes until cancelled."""
        last_s = time.monotonic() - CURSOR_S
        while True:
            await self._has_news.wait()
            await _wait(self._has_posts, last_s + CURSOR_S - time.monotonic())
            await _wait(self._is_full, last_s + GROUP_S - time.monotonic())
            await self._line.put(self._take)
            last_s = time.monotonic()
            if not self._has_news.is_set():
                self._is_empty.set()

    def _take(self) -> Delivery:
        delivery = Delivery(
            channel_id=self._channel_id,
            posts=self._posts,
            # Here, on another core than the writer's: it takes as long as storing them.
            asking={post.id for post in self._posts if asks_something(post)},
            cursor=self._cursor,
            seen=self._seen,
            behind_s=self._behind_s,
        )
        self._posts, self._seen = [], 0
        self._has_news.clear()
        self._has_room.set()
        if not self._is_ending:
            self._has_posts.clear()
            self._is_full.clear()
        return delivery


async def _wait(event: asyncio.Event, timeout_s: float) -> None:
    """Until the event, or so long."""
    if timeout_s > 0 and not event.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), timeout_s)


class _Ear:
    """Listens on one channel."""

    def __init__(self, wish: Wish, line: _Line) -> None:
        self._wish = wish
        self._line = line
        self._cursor = wish.cursor
        self._source: Source | None = None
        self._pending = _Pending(wish.channel_id, line)
        self._is_heard = False
        self._skipped = 0
        self._skipped_said_s = 0.0

    async def run(self) -> None:
        """Listen until cancelled, or until there is no more to hear without a person."""
        handing = asyncio.create_task(self._pending.hand_over())
        try:
            await self._listen()
        except ConnectionError:
            pass  # the writer is gone, and this process ends
        finally:
            handing.cancel()
            await asyncio.wait({handing})

    async def _listen(self) -> None:
        failures = 0
        await self._say("connecting")
        while True:
            began_s = time.monotonic()
            try:
                await self._hear()
                await self._pending.empty()
                return await self._say("ended")
            except NeedsPerson as error:
                await self._pending.empty()
                return await self._say("needs_person", error.code, str(error.message))
            except TryLater as error:
                later = error
            except ConnectionError:
                raise
            except Exception:  # somebody else's code: the outer edge of a connector
                log.exception("the connector of %s failed", self._wish.network)
                later = ConnectorFailed()
            failures = 0 if time.monotonic() - began_s > HEALTHY_S else failures
            await self._say("retrying", later.code, str(later.message))
            self._is_heard = False
            wait_s = delay_s(failures, retry_after_s=later.retry_after_s, chance=CHANCE.random())
            await asyncio.sleep(wait_s)
            failures += 1

    async def _hear(self) -> None:
        """Until the source ends or raises."""
        # The same source for every connection: it remembers what it gave.
        self._source = self._source or self._open_source()
        batches = aiter(self._source.batches(after=self._cursor))
        is_unreadable = False
        try:
            while True:
                try:
                    batch = await anext(batches)
                except Malformed as error:
                    is_unreadable = True
                    await self._skip(error.code)
                    continue
                except StopAsyncIteration:
                    break
                is_unreadable = False
                await self._take(batch)
        finally:
            await _close(batches)
        if is_unreadable:  # a generator that raised is over, whatever the network has to say
            raise Unreadable

    def _open_source(self) -> Source:
        network = networks().get(self._wish.network)
        listening = Listening(
            session=self._wish.session,
            tags=self._wish.tags,
            languages=self._wish.languages,
            fields=self._wish.fields,
            starts_at=self._wish.starts_at,
            known=self._wish.known,
        )
        source = network.source(listening) if network else None
        if source is None:
            raise Unlistenable
        return source

    async def _take(self, batch: Batch) -> None:
        if len(batch.cursor) > CURSOR_LIMIT:
            raise CursorTooLong
        if not self._is_heard:
            self._is_heard = True
            await self._say("listening")
        moment = now()
        posts = []
        for post in batch.posts:
            try:
                posts.append(clean_post(post, now=moment)[0])
            except PostRefused as error:
                log.info("a post of %s is left out: %s", self._wish.network, error.code)
                await self._skip(error.code)
        cursor = batch.cursor or self._cursor
        seen = max(batch.seen, len(batch.posts))
        await self._pending.add(posts, cursor, seen, batch.behind_s)
        self._cursor = cursor

    async def _skip(self, code: str) -> None:
        self._skipped += 1
        await asyncio.sleep(0)
        if time.monotonic() - self._skipped_said_s >= 1:
            self._skipped_said_s = time.monotonic()
            sentence = f"{self._skipped} messages could not be read and were skipped."
            await self._say("listening", code, sentence)

    async def _say(self, state: str, code: str = "", message: str = "") -> None:
        channel_id = self._wish.channel_id
        await self._line.say(Said(channel_id=channel_id, state=state, code=code, message=message))


async def _close(batches: AsyncIterator[Batch]) -> None:
    close = getattr(batches, "aclose", None)
    if close is not None:
        try:
            await asyncio.wait_for(close(), END_S)
        except Exception:  # somebody else's code, which is left behind anyway
            log.warning("a connector did not close", exc_info=True)


class _Ears:
    """The channels that are listened to."""

    def __init__(self, line: _Line) -> None:
        self._line = line
        self._tasks: dict[int, tuple[Wish, asyncio.Task[None]]] = {}

    def follow(self, wishes: list[Wish]) -> None:
        """Begin what is new or other than before, and end what is not wanted."""
        wanted = {wish.channel_id: wish for wish in wishes}
        for channel_id in self._tasks.keys() - wanted.keys():
            self._tasks.pop(channel_id)[1].cancel()
        for channel_id, wish in wanted.items():
            before, task = self._tasks.get(channel_id, (None, None))
            if before is None or not before.is_same(wish):
                begun = asyncio.create_task(self._begin(wish, task))
                self._tasks[channel_id] = (wish, begun)

    async def _begin(self, wish: Wish, earlier: asyncio.Task[None] | None) -> None:
        if earlier is not None:
            earlier.cancel()
            await asyncio.wait({earlier}, timeout=END_S)
        await _Ear(wish, self._line).run()

    async def end(self) -> None:
        tasks = {task for _, task in self._tasks.values()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=END_S)


async def listen(sock: socket.socket) -> None:
    """Listen to what the writer wants, until it closes the line or this is cancelled."""
    reader, writer = await asyncio.open_connection(sock=sock)
    line = _Line(writer)
    ears = _Ears(line)
    beating = asyncio.create_task(_beat(line))
    try:
        async for message in _messages(reader):
            if isinstance(message, Taken):
                line.taken(message.deliveries)
            elif isinstance(message, Wanted):
                ears.follow(message.wishes)
    finally:
        beating.cancel()
        await ears.end()
        writer.close()


async def _messages(reader: asyncio.StreamReader) -> AsyncIterator[ToListener]:
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            length = int.from_bytes(await reader.readexactly(4))
            yield decode_to_listener(await reader.readexactly(length))


async def _beat(line: _Line) -> None:
    with contextlib.suppress(ConnectionError):
        while True:
            await line.say(Beat())
            await asyncio.sleep(BEAT_S)


def run(sock: socket.socket) -> None:
    """Listen in this thread until the line is closed; in a main thread also until SIGTERM."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        loop = runner.get_loop()
        listening = loop.create_task(listen(sock))
        with contextlib.suppress(ValueError, RuntimeError):  # not in a main thread
            loop.add_signal_handler(signal.SIGTERM, listening.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(listening)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:  # not on Windows
        return asyncio.new_event_loop
    return uvloop.new_event_loop


def _die_with_parent() -> None:
    """Linux ends this process with the thread that started it, whatever it is doing then.

    Source: https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html, read 2026-11-23.
    """
    pr_set_pdeathsig = 1
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)


def main() -> None:
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends us
    logging.basicConfig(
        level=os.environ.get("BLUEROOM_LOG", "info").upper(),
        format="{asctime} {levelname} {name}: {message}",
        style="{",
    )
    run(socket.socket(fileno=int(sys.argv[1])))
    # A connector may have left threads behind; nothing is lost, the cursors are in the database.
    logging.shutdown()
    os._exit(0)


if __name__ == "__main__":
    main()
