"""The hub of live updates: takes changes from any thread, tells every stream that follows.

Each topic has one log of encoded messages, each stream an integer position in it. A change is
encoded once; telling 10,000 streams is 10,000 writes and nothing else. A stream that does not
keep up costs a task that waits for it, never a queue.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from typing import Any

import msgspec

from blueroom.base import clock
from blueroom.base.errors import TryLater
from blueroom.updates.announcement import Announcement, announcement_of
from blueroom.updates.figures import Figures
from blueroom.updates.message import (
    beat_message,
    bye_message,
    changes_message,
    snapshot_message,
)
from blueroom.updates.stream import PIECE_BYTES, Piece, Stream
from blueroom.updates.threads import DaemonThreads
from blueroom.updates.topic import Snapshot, Topic

logger = logging.getLogger("blueroom.updates")

# Five messages a second a topic; a little over, since the loop's timers may be 1 ms early.
BETWEEN_MESSAGES_S = 0.202
BEAT_S = 10.0
KEPT_WITHOUT_STREAMS_S = 60.0
# Between two batches the loop serves the rest: 200 writes take some 2 ms.
BATCH = 200
NOWHERE = -1

TakeSnapshot = Callable[[str], msgspec.Struct | None]
Hear = Callable[[Announcement], None]


def _nothing(topic: str) -> msgspec.Struct | None:
    return None


def _nobody(announcement: Announcement) -> None:
    """Nobody else wants to know."""


class SnapshotFailed(TryLater):
    """The state of a screen could not be read; the log says why."""

    code = "snapshot_failed"
    sentence = "The state of this screen cannot be read just now."


class Hub:
    """All topics of this process. `announce`, `stale` and `take` may be called from any thread.

    `at_hand` gives the state of topics that is in memory; None for all others. Nothing waits for
    these: the threads that take snapshots may all hang with the database. Whoever asks may follow
    them. `hear` is called with each announcement, before the streams are told.
    """

    def __init__(
        self,
        snapshot: TakeSnapshot,
        *,
        figures: Figures | None = None,
        threads: int = 4,
        at_hand: TakeSnapshot = _nothing,
        hear: Hear = _nobody,
    ) -> None:
        self.epoch = secrets.token_hex(6)
        self.figures = figures or Figures()
        self.streams: set[Stream] = set()
        self.threads: Executor = DaemonThreads(threads, "updates")
        self.at_hand = at_hand
        self._take_snapshot = snapshot
        self._hear = hear
        self._topics: dict[str, Topic] = {}
        # Positions never come twice in an epoch: a new topic starts where no dropped one was.
        self._floor = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    # From any thread.

    def announce(
        self, topic: str, changes: Sequence[msgspec.Struct], *, at_once: bool = False
    ) -> None:
        """Tell who follows `topic`, within 200 ms; `at_once`, now, with all that waited."""
        self.take(announcement_of(topic, changes, at_once=at_once))

    def stale(self, topic: str | None) -> None:
        """Give a new snapshot to who follows `topic`; None: to everyone."""
        self.take(Announcement(topic or "", is_stale=True))

    def is_followed(self, topic: str) -> bool:
        """Whether anybody follows `topic`, or did a moment ago; to others nothing need be told."""
        return topic in self._topics

    def following(self) -> dict[str, int]:
        """How many streams of this process follow each topic now."""
        return {name: len(topic.positions) for name, topic in list(self._topics.items())}

    def take(self, announcement: Announcement) -> None:
        """Take an announcement that came by any way."""
        self._hear(announcement)
        if self._loop is None:
            return  # No stream is open before the loop runs.
        try:
            self._loop.call_soon_threadsafe(self._take, announcement)
        except RuntimeError:
            logger.debug("announced after the end; nobody is left to tell")

    # In the event loop.

    def start(self) -> None:
        """Begin to tell, in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._spawn(self._beat())
        self._spawn(self._sweep())

    def stop(self) -> None:
        """End beats, sweeps and errands."""
        self._loop = None
        for task in list(self._tasks):
            task.cancel()
        self.threads.shutdown(wait=False)

    def position_of(self, topic: str, message_id: str) -> int:
        """The position that a message's id stands for, or none that the topic holds."""
        epoch, _, number = message_id.partition(".")
        found = self._topics.get(topic)
        # Ten digits are 60 years of five messages a second; int() refuses far longer ones.
        if epoch != self.epoch or found is None or not (number.isdecimal() and len(number) <= 10):
            return NOWHERE
        return int(number)

    async def prepare(self, topic: str, position: int) -> bool:
        """See to it that a stream at `position` can be told; False when there is no such topic.

        Raises: SnapshotFailed.
        """
        known = self._topic(topic)
        if known.after(position, now_s=time.monotonic()) is not None:
            return True
        return await self._snapshot(known) is not None

    def join(self, stream: Stream, positions: Iterable[tuple[str, int]]) -> None:
        """Let `stream` follow topics, each from a position."""
        self.streams.add(stream)
        for name, position in positions:
            topic = self._topic(name)
            topic.positions[stream] = position
            self.figures.open[topic.screen] += 1
            self._tell(topic, stream)

    def leave(self, stream: Stream) -> None:
        """Forget a stream; may be called again."""
        if stream.errand is not None:
            stream.errand.cancel()
        stream.is_over = True
        self.streams.discard(stream)
        for grant in stream.grants:
            topic = self._topics.get(grant.topic)
            if topic is not None and topic.positions.pop(stream, None) is not None:
                topic.left_s = time.monotonic()
                self.figures.open[topic.screen] -= 1

    def end(self, stream: Stream, reason: str, topic: str = "") -> None:
        """Say bye and end the response; nothing follows it, however slowly the client reads."""
        if not stream.is_over:
            self.leave(stream)
            stream.errand = self._spawn(stream.finish(bye_message(reason, topic)))

    def _topic(self, name: str) -> Topic:
        topic = self._topics.get(name)
        if topic is None:
            topic = self._topics[name] = Topic(name, start=self._floor, now_s=time.monotonic())
        return topic

    def _take(self, announcement: Announcement) -> None:
        if not announcement.topic:
            for topic in self._topics.values():
                self._add(topic, announcement)
        elif announcement.topic in self._topics:
            self._add(self._topics[announcement.topic], announcement)

    def _add(self, topic: Topic, announcement: Announcement) -> None:
        topic.add(announcement)
        now_s = time.monotonic()
        due_s = topic.told_s + BETWEEN_MESSAGES_S
        if announcement.at_once or now_s >= due_s:
            self._flush(topic)
        elif topic.timer is None and self._loop is not None:
            topic.timer = self._loop.call_later(due_s - now_s, self._flush, topic)

    def _flush(self, topic: Topic) -> None:
        if topic.timer is not None:
            topic.timer.cancel()
            topic.timer = None
        if topic.is_stale:
            # What waited was committed before, so the snapshot has it.
            topic.ring.forget()
            topic.waiting.clear()
            topic.is_stale = False
        elif changes := topic.take_waiting():
            message_id = f"{self.epoch}.{topic.ring.head + 1}"
            topic.ring.append(changes_message(topic.name, message_id, clock.now(), changes))
        else:
            return
        topic.told_s = time.monotonic()
        self.figures.published[topic.screen] += 1
        topic.must_pump = True
        if topic.pump is None:
            topic.pump = self._spawn(self._pump(topic))

    async def _pump(self, topic: Topic) -> None:
        """Tell every stream what is new, in batches, until nothing new came meanwhile."""
        try:
            while topic.must_pump:
                topic.must_pump = False
                if topic.positions and not topic.ring.holds(topic.ring.head - 1):
                    # Everyone needs a snapshot: take it before 10,000 errands ask for it.
                    with contextlib.suppress(SnapshotFailed):
                        await self._snapshot(topic)
                for batch in _batches(topic.positions):
                    self._tell_batch(topic, batch)
                    await asyncio.sleep(0)
        finally:
            topic.pump = None

    def _tell_batch(self, topic: Topic, batch: Iterable[Stream]) -> None:
        """Bring streams up to date: nearly all of them miss the last message and nothing else."""
        ring, positions = topic.ring, topic.positions
        head = ring.head
        last = Piece(ring.since(head - 1)) if ring.holds(head - 1) else None
        if last is None or len(last.body) > PIECE_BYTES:
            for stream in batch:
                self._tell(topic, stream)
            return
        told = 0
        for stream in batch:
            is_usual = positions.get(stream) == head - 1
            is_here = stream.errand is None and not stream.is_over
            if is_usual and is_here and stream.push(last):
                positions[stream] = head
                told += 1
            else:
                self._tell(topic, stream)
        self.figures.told[topic.screen] += told

    def _tell(self, topic: Topic, stream: Stream) -> None:
        """Bring one stream up to date now, or set off what waits for it."""
        if stream.is_over or stream.errand is not None:
            return
        position = topic.positions.get(stream, topic.ring.head)
        if position == topic.ring.head:
            return
        body = topic.after(position, now_s=time.monotonic())
        if body is None or len(body) > PIECE_BYTES or not stream.push(Piece(body)):
            stream.errand = self._spawn(self._catch_up(stream))
        else:
            self._count_told(topic, position)
            topic.positions[stream] = topic.ring.head

    def _count_told(self, topic: Topic, position: int) -> None:
        self.figures.told[topic.screen] += 1
        if position != NOWHERE and not topic.ring.holds(position):
            self.figures.fell_behind[topic.screen] += 1

    async def _catch_up(self, stream: Stream) -> None:
        """Tell a stream all it misses, at the pace at which its client reads."""
        try:
            is_told = await self._tell_all(stream)
        except SnapshotFailed:
            is_told = False
        finally:
            if stream.errand is asyncio.current_task():
                stream.errand = None
        if not is_told:
            self.end(stream, "closed")

    async def _tell_all(self, stream: Stream) -> bool:
        while (topic := self._topic_missed(stream)) is not None:
            position, head = topic.positions[stream], topic.ring.head
            body = topic.after(position, now_s=time.monotonic())
            if body is not None:
                self._count_told(topic, position)
                await stream.send(body)
                topic.positions[stream] = head
            elif await self._snapshot(topic) is None:
                return False
        return True

    def _topic_missed(self, stream: Stream) -> Topic | None:
        for grant in stream.grants:
            topic = self._topics[grant.topic]
            if topic.positions.get(stream, topic.ring.head) != topic.ring.head:
                return topic
        return None

    async def _snapshot(self, topic: Topic) -> Snapshot | None:
        """A snapshot taken from now on, one for all who ask while it is being taken.

        None when there is no such topic any more. Raises: SnapshotFailed.
        """
        if topic.flight is None:
            topic.flight = asyncio.create_task(self._fly(topic))
        # Shielded: who gives up waiting does not take it from the others.
        return await asyncio.shield(topic.flight)

    async def _fly(self, topic: Topic) -> Snapshot | None:
        # Read before the state is: a change made meanwhile is then told twice, never missed.
        position, at, began_s = topic.ring.head, clock.now(), time.monotonic()
        # A state between two notices may be in it, which nobody was told; then all is to be told.
        topic.told.clear()
        loop = asyncio.get_running_loop()
        try:
            state = self.at_hand(topic.name)
            if state is None:
                state = await loop.run_in_executor(self.threads, self._take_snapshot, topic.name)
        except Exception as error:
            logger.exception("the snapshot of %s failed", topic.name)
            raise SnapshotFailed(retry_after_s=2) from error
        finally:
            topic.flight = None
        if state is None:
            return None
        message = snapshot_message(topic.name, f"{self.epoch}.{position}", at, state)
        topic.snapshot = Snapshot(message, position, time.monotonic())
        self.figures.snapshot_took(topic.screen, time.monotonic() - began_s)
        return topic.snapshot

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            beat = Piece(beat_message(clock.now()))
            for batch in _batches(self.streams):
                for stream in batch:
                    if stream.errand is None and not stream.is_over:
                        stream.push(beat)
                await asyncio.sleep(0)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(1)
            now_s = time.monotonic()
            for topic in list(self._topics.values()):
                topic.drop_old_snapshot(now_s=now_s)
                if topic.is_left(now_s=now_s, kept_s=KEPT_WITHOUT_STREAMS_S):
                    self._drop(topic)

    def _drop(self, topic: Topic) -> None:
        if topic.timer is not None:
            topic.timer.cancel()
        del self._topics[topic.name]
        self._floor = max(self._floor, topic.ring.head + 1)

    def _spawn(self, errand: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(errand)
        # The loop holds its tasks weakly.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _batches(streams: Iterable[Stream]) -> Iterator[list[Stream]]:
    everyone = list(streams)
    return (everyone[start : start + BATCH] for start in range(0, len(everyone), BATCH))
