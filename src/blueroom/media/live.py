"""The receiver: everybody who sends, the programmes made of it, and their HLS. One for a process.

It runs in the event loop and parses nothing that came from outside: each feed has a child process
for that. What shall be is the database's to say (`Doorman`), and what happens is reported there, in
order, by a thread of its own. A feed or a programme that fails takes no other with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

import msgspec

from blueroom.media.feeds import Run, Sender, new_shelf
from blueroom.media.grants import (
    DiskFull,
    Doorman,
    FeedBusy,
    FeedNotAdmitted,
    FeedUnknown,
    Grant,
    Wish,
)
from blueroom.media.hls import Shelf
from blueroom.media.hls_app import HlsApp
from blueroom.media.on_air import LIVE, OFF, Running
from blueroom.media.packing_line import (
    Dumped,
    EpochEnded,
    Figures,
    Frame,
    FromPacker,
    Level,
    Packer,
    Problem,
    Way,
)
from blueroom.media.parts import Epoch, Part
from blueroom.media.slate import Moment, Slate

log = logging.getLogger(__name__)
T = TypeVar("T")
TICK_S = 0.1
DUMP_WITHIN_S = 2.0
SLATE_WITHIN_S = 0.3  # nobody who goes live waits longer for a picture to be drawn
ENDED_KEPT_S = 60.0  # players that come late still find the end of the stream
QUEUE_THREADS = 4


class Page(Protocol):
    """A page by which somebody sends, or is about to."""

    def tell(self, message: dict[str, Any]) -> None:
        """Send a message, some time; lost where the page is gone."""
        ...


class Slates(Protocol):
    """Where slates come from. Both are called in threads."""

    def of(self, wish: Wish, moment: Moment) -> Slate:
        """The slate of a programme; takes seconds the first time."""
        ...

    def plain(self) -> Slate:
        """One without words, for as long as the right one is not there."""
        ...


class Live:
    """All feeds and programmes of this process. Its methods belong to the event loop."""

    def __init__(self, door: Doorman, slates: Slates) -> None:
        self.door = door
        self.hls = HlsApp(self.shelf)
        self.pages: dict[int, set[Page]] = defaultdict(set)
        self.on_monitor: Callable[[Run, Frame], None] | None = None
        self._slates = slates
        self._runs: dict[int, Run] = {}
        self._next_parts: dict[int, int] = {}  # of feeds that may come again
        self._programmes: dict[int, Running] = {}
        self._shelves: dict[str, Shelf] = {}
        self._feed_locks: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._session_locks: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._reports = ThreadPoolExecutor(1, "studio-reports")
        self._questions = ThreadPoolExecutor(QUEUE_THREADS, "studio")
        # Drawing takes seconds, and who wants to send does not wait for it.
        self._drawings = ThreadPoolExecutor(QUEUE_THREADS, "studio-slates")
        self._tasks: set[asyncio.Task[Any]] = set()
        self._followings: set[asyncio.Task[Any]] = set()
        self.loop: asyncio.AbstractEventLoop | None = None

    # Life

    def start(self) -> None:
        """Begin, in the running loop: programmes that were on are on again."""
        self.loop = asyncio.get_running_loop()
        self.spawn(self._tick())
        self.spawn(self._resume())
        self.spawn(self.ask(self._slates.plain))

    async def close(self) -> None:
        """End: packers write what they have. Takes three seconds at most."""
        for running in self._programmes.values():
            running.showing.tell()
        self.let_players_go()
        ends = [run.packer.end(within_s=2.5) for run in self._runs.values()]
        await asyncio.gather(*ends, return_exceptions=True)
        if self._followings:  # what they said last is read, and their lines are closed
            await asyncio.wait(self._followings, timeout=0.5)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for pool in (self._questions, self._drawings):
            pool.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._reports.shutdown)

    def let_players_go(self) -> None:
        """Answer players that wait for what comes next; from now on none waits."""
        for shelf in self._shelves.values():
            shelf.close()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run it beside everything else; what it dies of is logged."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("the studio: something failed", exc_info=task.exception())

    async def ask(self, question: Callable[..., T], *given: object) -> T:
        """What the rooms say; asked in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._questions, question, *given)

    def report(self, note: Callable[..., object], *given: object) -> None:
        """Tell the rooms, after all that was reported before; what fails is logged."""

        def noted() -> None:
            try:
                note(*given)
            except Exception:  # the outer edge: a report is not worth a feed
                log.exception("the studio could not report %s", note)

        with contextlib.suppress(RuntimeError):  # closed meanwhile
            self._reports.submit(noted)

    def shelf(self, key: str) -> Shelf | None:
        """What is served under this key: a programme, or the monitor of a feed."""
        return self._shelves.get(key)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            for session_id, running in list(self._programmes.items()):
                try:
                    running.programme.tick(now)
                except Exception:  # the outer edge of a programme: the others go on
                    log.exception("a programme missed a beat")
                if running.ended_s is not None and now - running.ended_s > ENDED_KEPT_S:
                    del self._programmes[session_id]
                    if self._shelves.get(running.wish.key) is running.shelf:
                        del self._shelves[running.wish.key]

    async def _resume(self) -> None:
        for wish in await self.ask(self.door.programmes):
            self.spawn(self.follow_programme(wish.session_id))

    # Feeds

    async def receive(
        self, grant: Grant, way: Way, sender: Sender, *, takes_over: bool, recorder: str = ""
    ) -> Run:
        """Begin to receive what somebody sends by a feed that they proved to be theirs.

        Raises:
            FeedNotAdmitted: the crew has not let it in, or not any more.
            FeedBusy: somebody sends by it already.
            DiskFull: no recording can begin.
        """
        async with self._feed_locks[grant.feed_id]:
            if not grant.may_send:
                raise FeedNotAdmitted
            before = self._runs.get(grant.feed_id)
            if before is not None and before.is_heard and not takes_over:
                raise FeedBusy
            if before is not None:
                await self._end(before, FeedBusy("Somebody took over on another device."))
                grant = msgspec.structs.replace(
                    grant, next_epoch=max(grant.next_epoch, before.next_epoch)
                )
            if not await self.ask(self.door.has_room):
                raise DiskFull
            grant.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return await self._begin(grant, way, sender, recorder)

    async def _begin(self, grant: Grant, way: Way, sender: Sender, recorder: str) -> Run:
        packer = await Packer.start(
            folder=grant.folder,
            name=grant.stem,
            way=way,
            first_epoch=grant.next_epoch,
            first_part=self._next_parts.get(grant.feed_id, 0),
        )
        shelf = self._shelves.get(grant.monitor_key)
        if shelf is None:
            shelf = self._shelves[grant.monitor_key] = new_shelf(datetime.now(UTC))
        run = Run(grant, way, packer, shelf, sender, recorder)
        self._runs[grant.feed_id] = run
        running = self._programmes.get(grant.session_id)
        packer.mute(running.wish.is_muted if running else False)
        self.report(self.door.note_connected, grant.feed_id, way)
        self.spawn(self._prepare(grant.session_id))
        following = self.spawn(self._follow(run))
        self._followings.add(following)
        following.add_done_callback(self._followings.discard)
        return run

    async def _prepare(self, session_id: int) -> None:
        """Have the slates drawn before anybody goes live."""
        wish = await self.ask(self.door.programme, session_id)
        if wish is not None:
            for moment in (Moment.BREAK, Moment.BEFORE, Moment.AFTER):
                await self._draw(wish, moment)

    def run_of(self, feed_id: int) -> Run | None:
        """The feed's run, where somebody sends or may come back."""
        return self._runs.get(feed_id)

    def run_on_monitor(self, monitor_key: str) -> Run | None:
        """The run that is watched under this key."""
        return next(
            (run for run in self._runs.values() if run.grant.monitor_key == monitor_key), None
        )

    async def end_feed(self, run: Run, *, code: str = "", sentence: str = "") -> None:
        """Whoever sent has finished, or is cut off with a reason."""
        async with self._feed_locks[run.grant.feed_id]:
            if self._runs.get(run.grant.feed_id) is run:
                await self._end(run, None, code, sentence)

    async def _end(
        self, run: Run, error: FeedBusy | None, code: str = "", sentence: str = ""
    ) -> None:
        if run.sender is not None:
            sender, run.sender = run.sender, None
            told = (error.code, error.message) if error else (code, sentence)
            sender.end(*told)
        self._runs.pop(run.grant.feed_id, None)
        self.report(self.door.note_lost, run.grant.feed_id, code, sentence)
        await run.packer.end()
        # A dump names parts by number: no number may come twice while any of them is held.
        self._next_parts[run.grant.feed_id] = run.next_part

    def lose(self, run: Run) -> None:
        """The connection broke; who comes back in time goes on where it was."""

        def give_up() -> None:
            self.spawn(self.end_feed(run, code="connection_lost", sentence=_LOST))

        if self._runs.get(run.grant.feed_id) is run:
            run.let_go(give_up)
            self.report(self.door.note_lost, run.grant.feed_id, "connection_lost", _LOST)

    async def _follow(self, run: Run) -> None:
        last = Problem(code="packer_ended", sentence=_PACKER_ENDED)
        async for message in run.packer.messages():
            try:
                self._take(run, message)
            except Exception:  # the outer edge of a feed: its next message is another chance
                log.exception("feed %s: a message of its packer was lost", run.grant.feed_id)
            if isinstance(message, Problem):
                last = message
        if run.recorded is not None:  # its packer was killed, and could not say the end
            self.report(self.door.end_recording, run.grant.feed_id, *run.recorded)
        if self._runs.get(run.grant.feed_id) is run:  # it ended by itself
            await self.end_feed(run, code=last.code, sentence=last.sentence)

    def _take(self, run: Run, message: FromPacker) -> None:
        feed_id = run.grant.feed_id
        running = self._programmes.get(run.grant.session_id)
        match message:
            case Epoch():
                run.begin(message)
                self.report(self.door.begin_recording, run.grant, message)
                if running:
                    running.programme.take_epoch(run.feed, message)
            case Part():
                run.put_on_shelf(message)
                if running:
                    self._show(running, run, message)
            case EpochEnded(number=number, duration_s=duration_s, size_bytes=size_bytes):
                if run.recorded is not None and run.recorded[0] == number:
                    run.recorded = None
                self.report(self.door.end_recording, feed_id, number, duration_s, size_bytes)
            case Dumped():
                run.dumped.set()
            case Level():
                run.hear_level(message)
            case Frame():
                if self.on_monitor:
                    self.on_monitor(run, message)
            case Figures():
                self.door.tell_figures(run.figures(message))
                said = {"video_kbps": message.video_kbps, "fps": message.fps}
                self.tell_pages(feed_id, {"kind": "figures", **said})
            case Problem(code=code, sentence=sentence):
                self.report(self.door.note_problem, feed_id, code, sentence)
                self.tell_pages(feed_id, {"kind": "problem", "code": code, "message": sentence})
            case _:
                return

    def _show(self, running: Running, run: Run, part: Part) -> None:
        assert run.epoch is not None
        if running.wish.state != OFF:
            running.programme.take_part(run.feed, part, now=time.monotonic())

    def tell_pages(self, feed_id: int, message: dict[str, Any]) -> None:
        """Send a message to whoever has the feed's page open."""
        for page in list(self.pages.get(feed_id, ())):
            page.tell(message)

    async def follow_feed(self, feed_id: int) -> None:
        """Make of a feed what it may be now: cut it off, or tell its page."""
        grant = await self.ask(self.door.feed, feed_id)
        run = self._runs.get(feed_id)
        if run is not None and (grant is None or not _is_same(grant, run.grant)):
            may_send = grant is not None and grant.may_send
            error = FeedUnknown() if may_send else FeedNotAdmitted()
            await self.end_feed(run, code=error.code, sentence=error.message)
            self._shelves.pop(run.grant.monitor_key, None)
        if grant is not None:
            self.tell_pages(feed_id, self.state_of(grant))

    def state_of(self, grant: Grant) -> dict[str, Any]:
        """What the page of a feed shows of it and of the programme."""
        running = self._programmes.get(grant.session_id)
        wish = running.wish if running else None
        return {
            "kind": "state",
            "feed": {"name": grant.name, "kind": grant.kind, "state": grant.state},
            "programme": wish.state if wish else OFF,
            "is_on_air": bool(wish and wish.state == LIVE and wish.feed_id == grant.feed_id),
            "is_muted": bool(wish and wish.is_muted),
            "delay_s": wish.delay_s if wish else 0,
        }

    # Programmes

    async def follow_programme(self, session_id: int) -> None:
        """Make a session's programme what it shall be now."""
        async with self._session_locks[session_id]:
            wish = await self.ask(self.door.programme, session_id)
            if wish is None:
                return
            running = self._programmes.get(session_id)
            if wish.state == OFF:
                if running is not None and running.ended_s is None:
                    running.make(msgspec.structs.replace(wish, state=running.wish.state))
                    running.wish = wish
                    running.stop(await self._slate(wish, Moment.AFTER))
            else:
                await self._go_on(running, wish)
        await self._tell_session(session_id, wish)

    async def _go_on(self, running: Running | None, wish: Wish) -> None:
        if running is None or running.ended_s is not None:
            moment = Moment.BREAK if wish.state == LIVE else Moment.BEFORE
            slate = await self._slate(wish, moment)
            running = Running(wish, slate, self._shown, moment)
            self._programmes[wish.session_id] = running
            self._shelves[wish.key] = running.shelf
            for run in self._runs.values():
                if run.grant.session_id == wish.session_id and run.epoch is not None:
                    running.programme.take_epoch(run.feed, run.epoch)
        if running.moment is Moment.BEFORE and wish.state == LIVE:
            running.moment = Moment.BREAK
            slate = await self._slate(wish, Moment.BREAK)
            running.programme.use_slate(slate, now=time.monotonic())
        elif not wish.has_slate_of(running.wish):  # the old one stays until the new one is drawn
            drawing = self._draw(wish, running.moment)
            self.spawn(self._use_later(drawing, wish, running.moment))
        running.make(wish)

    async def _slate(self, wish: Wish, moment: Moment) -> Slate:
        """The slate, where it is there in a moment; else a plain one, and it follows."""
        drawing = self._draw(wish, moment)
        try:
            return await asyncio.wait_for(asyncio.shield(drawing), SLATE_WITHIN_S)
        except TimeoutError:
            self.spawn(self._use_later(drawing, wish, moment))
        return await self.ask(self._slates.plain)

    def _draw(self, wish: Wish, moment: Moment) -> asyncio.Future[Slate]:
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._drawings, self._slates.of, wish, moment)

    async def _use_later(self, drawing: asyncio.Future[Slate], wish: Wish, moment: Moment) -> None:
        slate = await drawing
        running = self._programmes.get(wish.session_id)
        is_same = running is not None and running.wish.has_slate_of(wish)
        if running is not None and is_same and running.moment is moment:
            running.programme.use_slate(slate, now=time.monotonic())

    def _shown(self, feed_id: int, from_at: datetime, until_at: datetime) -> None:
        self.report(self.door.note_shown, feed_id, from_at, until_at)

    async def _tell_session(self, session_id: int, wish: Wish) -> None:
        for run in list(self._runs.values()):
            if run.grant.session_id == session_id:
                run.packer.mute(wish.is_muted)
        for feed_id in [feed_id for feed_id, pages in self.pages.items() if pages]:
            grant = await self.ask(self.door.feed, feed_id)
            if grant is not None and grant.session_id == session_id:
                self.tell_pages(feed_id, self.state_of(grant))

    async def dump(self, session_id: int) -> float | None:
        """Throw away what is held: no shelf and no recording keeps it. How many seconds it was.

        None where nothing was held.
        """
        running = self._programmes.get(session_id)
        held_s = running.held_s if running else 0.0
        if running is None or held_s <= 0:
            return None
        dumped = running.programme.dump(now=time.monotonic())
        await asyncio.gather(
            *(self._dump_feed(running, int(feed), part) for feed, part in dumped.items())
        )
        return held_s

    async def _dump_feed(self, running: Running, feed_id: int, from_part: int) -> None:
        run = self._runs.get(feed_id)
        if run is None:
            await self.ask(self.door.cut_recordings, feed_id, from_part)
        else:
            run.dumped.clear()
            run.packer.dump(from_part)
            # The crew's monitor begins anew, empty: what was dumped lies in none of its segments.
            shelf = self._shelves[run.grant.monitor_key] = new_shelf(datetime.now(UTC))
            run.use_shelf(shelf)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(run.dumped.wait(), DUMP_WITHIN_S)
        running.programme.end_dump(str(feed_id))


def _is_same(grant: Grant, other: Grant) -> bool:
    """Whether whoever began to send by `other` may go on: no secret was renewed meanwhile."""
    return grant.may_send and grant.monitor_key == other.monitor_key


_LOST = "The connection of this camera was lost. It may come back by itself."
_PACKER_ENDED = "What this camera sent ended."
