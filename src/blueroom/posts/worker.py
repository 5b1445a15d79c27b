"""The writer: has channels listened to, stores what they bring, and says how each of them goes.

One thread of the process that has the database. It holds the channels' leases, runs the listener
(`posts.listen`, a child process) and is the one writer of posts there.
"""

from __future__ import annotations

import contextlib
import logging
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from django.db import InterfaceError, OperationalError, connection

from blueroom.base.clock import now
from blueroom.base.errors import BlueRoomError, NeedsPerson
from blueroom.base.ids import new_tid
from blueroom.posts import listen
from blueroom.posts.actions import hold_channels, keep_channel_states, receive, release_channels
from blueroom.posts.handover import (
    Delivery,
    LineClosed,
    Said,
    Taken,
    Wanted,
    Wish,
    WriterLine,
)
from blueroom.posts.holder import new_holder
from blueroom.posts.models import Channel, ChannelState, Post
from blueroom.posts.store import Received
from blueroom.room.models import Session
from blueroom.room.seal import unseal
from blueroom.room.writing import one_transaction
from blueroom.updates.tell import changed

log = logging.getLogger(__name__)

POLL_S = 0.8  # with the poll itself, a change of a channel is followed within a second
POSTS_A_TRANSACTION = 2000
KNOWN_POSTS = 50_000  # whose edits and deletions are followed after a restart
SILENT_S = 20.0  # the listener says something every two seconds
DATABASE_RETRY_S = 5.0  # at most between two tries
RESTART_S = 30.0  # at most between two starts of the listener
ASIDE_FILES = 1000
FINISHED = (ChannelState.NEEDS_PERSON, ChannelState.ENDED)

OnReceived = Callable[[int, Received], None]


@dataclass
class _Held:
    """A channel that we listen to: as last read, and what its listener last said."""

    channel: Channel
    said: Said | None = None
    is_kept: bool = True  # what it said is in the database
    attempt: int = 0


class Listener:
    """Has the channels of all running sessions listened to, from `start` to `stop`.

    `on_received(session id, received)` is called on the listener's thread after each commit; what
    it raises is logged. `in_child=False` listens in a thread of this process instead of a child
    process. Posts that the database refuses are put into the folder `aside`, where given.
    """

    def __init__(
        self,
        *,
        on_received: OnReceived,
        in_child: bool = True,
        aside: Path | None = None,
    ) -> None:
        self._on_received = on_received
        self._line = _line_to_child if in_child else _line_to_thread
        self._aside = aside
        self._holder = new_holder()
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._held: dict[int, _Held] = {}
        self._sessions: dict[int, Session] = {}

    def start(self) -> None:
        """Begin, once."""
        self._thread.start()

    def stop(self, timeout_s: float = 3.0) -> None:
        """End after the transaction at hand. May be repeated; what is not stored comes again."""
        self._is_ending.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        failures = 0
        try:
            while not self._is_ending.is_set():
                began_s = time.monotonic()
                try:
                    with self._line() as line:
                        self._serve(line)
                except LineClosed as error:
                    log.warning(error.message)
                except Exception:  # the outer edge of the thread
                    log.exception("the listener is started again")
                failures = 0 if time.monotonic() - began_s > RESTART_S else failures + 1
                ceiling_s = min(RESTART_S, 0.25 * 2**failures)
                self._is_ending.wait(random.uniform(0, ceiling_s))  # noqa: S311  (jitter)
        finally:
            with _logged("the leases were not given back; they end by themselves"):
                release_channels(holder=self._holder, state=ChannelState.WAITING)
            connection.close()

    def _serve(self, line: WriterLine) -> None:
        """Poll and write until `stop`. Raises LineClosed when the listener is gone or hangs."""
        wishes: list[Wish] | None = None
        polled_s = time.monotonic() - POLL_S
        while not self._is_ending.is_set():
            if time.monotonic() - polled_s >= POLL_S:
                polled_s = time.monotonic()
                with _logged("the channels could not be read"):
                    wishes = self._poll(line, wishes)
            wait_s = max(0.0, min(0.2, polled_s + POLL_S - time.monotonic()))
            deliveries = []
            for message in line.get(wait_s):
                if isinstance(message, Delivery):
                    deliveries.append(message)
                elif isinstance(message, Said):
                    self._say(message)
            if deliveries:
                self._write(deliveries, line)
            elif time.monotonic() - line.heard_s > SILENT_S:
                raise LineClosed("The listening process hangs. It is started again.")

    # Channels

    def _poll(self, line: WriterLine, before: list[Wish] | None) -> list[Wish]:
        """Say how the channels go, see which are wanted now, and tell the listener if others."""
        news = [held for held in self._held.values() if not held.is_kept]
        keep_channel_states([held.said for held in news if held.said])
        for held in news:
            held.is_kept = True
        channels = hold_channels(holder=self._holder, now=now())
        left = self._held.keys() - {channel.pk for channel in channels}
        if left:
            log.info("channels not listened to any more: %s", sorted(left))
            release_channels(holder=self._holder, state=ChannelState.OFF, channel_ids=left)
            self._held = {pk: held for pk, held in self._held.items() if pk not in left}
        for channel in channels:
            self._see(channel)
        wishes = list(self._wishes())
        if before is None or not _are_same(before, wishes):
            line.put(Wanted([_with_known(wish) for wish in wishes]))
        return wishes

    def _wishes(self) -> Iterator[Wish]:
        for held in self._held.values():
            try:
                yield _wish(held.channel, held.attempt)
            except NeedsPerson as error:
                self._say(
                    Said(
                        channel_id=held.channel.pk,
                        state=ChannelState.NEEDS_PERSON,
                        code=error.code,
                        message=str(error.message),
                    )
                )

    def _see(self, channel: Channel) -> None:
        held = self._held.setdefault(channel.pk, _Held(channel))
        if round(channel.behind_s) != round(held.channel.behind_s):
            changed(channel.session_id, channels=True)
        held.channel = channel
        self._sessions[channel.pk] = channel.session
        if held.said and held.is_kept and channel.state == ChannelState.WAITING:
            # Somebody switched it on again: what is over begins anew, the rest is said once more.
            if held.said.state in FINISHED:
                held.attempt += 1
                held.said = None
            else:
                held.is_kept = False

    def _say(self, said: Said) -> None:
        held = self._held.get(said.channel_id)
        if held and held.said != said:
            held.said = said
            held.is_kept = False

    # Posts

    def _write(self, deliveries: list[Delivery], line: WriterLine) -> None:
        """Store deliveries, a session's together, acknowledge them and tell about them."""
        for some in _in_transactions(deliveries):
            by_session: dict[int, list[Delivery]] = defaultdict(list)
            for delivery in some:
                session = self._session(delivery.channel_id)
                by_session[session.pk if session else 0].append(delivery)
            for session_id, of_session in by_session.items():
                received = self._store(session_id, _merged(of_session))
                if received is None:
                    return  # ending, while the database is away: all of it comes again
                line.put(Taken(len(of_session)))
                if received.post_ids:
                    with _logged("telling about posts failed"):
                        self._on_received(session_id, received)

    def _session(self, channel_id: int) -> Session | None:
        known = self._sessions.get(channel_id)
        if known is None:
            channel = Channel.objects.select_related("session").filter(pk=channel_id).first()
            known = channel.session if channel else None
        return known

    def _store(self, session_id: int, deliveries: list[Delivery]) -> Received | None:
        """What became of the posts; None where `stop` came before the database did."""
        failures = 0
        while True:
            try:
                return self._store_once(session_id, deliveries)
            except (OperationalError, InterfaceError) as error:
                # Locked, restarting, full: nothing is acknowledged, so the listener waits too.
                log.warning("the database does not take posts now: %s", error)
                with contextlib.suppress(Exception):
                    connection.close()
                failures += 1
                wait_s = random.uniform(0, min(DATABASE_RETRY_S, 0.1 * 2**failures))  # noqa: S311
                if self._is_ending.wait(wait_s):
                    return None

    def _store_once(self, session_id: int, deliveries: list[Delivery]) -> Received:
        session = Session.objects.filter(pk=session_id).first()
        if session is None:
            log.warning("posts for a session that is gone are dropped")
            return Received()
        try:
            with one_transaction():
                return sum((self._receive(session, one) for one in deliveries), Received())
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # what should have been refused at the border: find it, keep the rest
            log.exception("posts could not be stored together; they are tried one by one")
            return sum((self._store_apart(session, one) for one in deliveries), Received())

    def _store_apart(self, session: Session, delivery: Delivery) -> Received:
        received = Received()
        for post in delivery.posts:
            one = msgspec.structs.replace(delivery, posts=[post], cursor="", seen=0)
            try:
                received += self._receive(session, one, keeps_cursor=False)
            except (OperationalError, InterfaceError):
                raise
            except Exception as error:  # noqa: BLE001  (as above; it is logged there)
                self._put_aside(delivery.channel_id, one, error)
        return received + self._receive(session, msgspec.structs.replace(delivery, posts=[]))

    def _receive(
        self, session: Session, delivery: Delivery, *, keeps_cursor: bool = True
    ) -> Received:
        return receive(
            session=session,
            posts=delivery.posts,
            now=now(),
            channel=delivery.channel_id if keeps_cursor else None,
            cursor=delivery.cursor,
            behind_s=delivery.behind_s,
            seen=delivery.seen,
            are_clean=True,
            is_message=lambda post: post.id not in delivery.asking,
        )

    def _put_aside(self, channel_id: int, delivery: Delivery, error: Exception) -> None:
        post = delivery.posts[0]
        code = error.code if isinstance(error, BlueRoomError) else type(error).__name__
        log.error("the post %s of %s is put aside: %s", post.id, post.network, code)
        self._say(
            Said(
                channel_id=channel_id,
                state=ChannelState.LISTENING,
                code="post_not_stored",
                message=f"A post could not be stored and was put aside: {post.id}",
            )
        )
        if self._aside is None:
            return
        with _logged("it could not be written to the folder either"):
            self._aside.mkdir(parents=True, exist_ok=True)
            if sum(1 for _ in self._aside.iterdir()) < ASIDE_FILES:
                path = self._aside / f"{new_tid(now())}.msgpack"
                path.write_bytes(msgspec.msgpack.encode(post))


def _are_same(first: list[Wish], second: list[Wish]) -> bool:
    return len(first) == len(second) and all(map(Wish.is_same, first, second))


def _merged(deliveries: list[Delivery]) -> list[Delivery]:
    """One delivery a channel, as if its posts had come at once."""
    merged: dict[int, Delivery] = {}
    for one in deliveries:
        before = merged.get(one.channel_id)
        merged[one.channel_id] = (
            msgspec.structs.replace(
                one, posts=before.posts + one.posts, seen=before.seen + one.seen
            )
            if before
            else one
        )
    return list(merged.values())


def _in_transactions(deliveries: list[Delivery]) -> Iterator[list[Delivery]]:
    """The deliveries in their order, cut so that no writer keeps others waiting for long."""
    some: list[Delivery] = []
    size = 0
    for delivery in deliveries:
        if some and size + len(delivery.posts) > POSTS_A_TRANSACTION:
            yield some
            some, size = [], 0
        some.append(delivery)
        size += len(delivery.posts)
    yield some


def _wish(channel: Channel, attempt: int) -> Wish:
    """What the listener is asked for. Raises SealBroken."""
    fields = unseal(channel.account.sealed).fields if channel.account else {}
    return Wish(
        channel_id=channel.pk,
        network=channel.network,
        cursor=channel.cursor,
        session=channel.session.slug,
        tags=channel.session.hashtags,
        languages=channel.session.languages,
        fields=fields | channel.fields,
        starts_at=channel.session.opened_at,
        attempt=attempt,
    )


def _with_known(wish: Wish) -> Wish:
    """The wish with the newest posts that came by its channel, oldest first."""
    newest = (
        Post.objects.filter(session__slug=wish.session, network=wish.network, deleted_at=None)
        .order_by("-id")
        .values_list("remote_id", flat=True)[:KNOWN_POSTS]
    )
    return msgspec.structs.replace(wish, known=list(newest)[::-1])


@contextlib.contextmanager
def _line_to_child() -> Iterator[WriterLine]:
    """A line to a listener in a child process, which ends with it."""
    ours, theirs = socket.socketpair()
    with contextlib.closing(WriterLine(ours)) as line:
        with theirs:
            child = _start_child(theirs)
        try:
            yield line
        finally:
            line.close()
            _end_child(child)


@contextlib.contextmanager
def _line_to_thread() -> Iterator[WriterLine]:
    """A line to a listener in a thread of this process, which ends with it."""
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=listen.run, args=[theirs], name="ears", daemon=True)
    with contextlib.closing(WriterLine(ours)) as line:
        thread.start()
        try:
            yield line
        finally:
            line.close()
            thread.join(2 * listen.END_S)


def _start_child(theirs: socket.socket) -> subprocess.Popen[bytes]:
    descriptor = theirs.fileno()
    return subprocess.Popen(  # noqa: S603  (our own module)
        [sys.executable, "-m", listen.__name__, str(descriptor)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        pass_fds=[descriptor],
    )


def _end_child(child: subprocess.Popen[bytes]) -> None:
    """Wait for the child, which has seen its line end; insist where it does not go."""
    for insist in (child.terminate, child.kill, lambda: None):
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(0.8)
            return
        insist()


@contextlib.contextmanager
def _logged(what: str) -> Iterator[None]:
    """The outer edge of the thread: what fails in here is logged, and the thread goes on."""
    try:
        yield
    except LineClosed:
        raise
    except (OperationalError, InterfaceError) as error:
        log.warning("%s: %s", what, error)
        with contextlib.suppress(Exception):
            connection.close()
    except Exception:
        log.exception(what)
