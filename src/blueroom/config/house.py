"""Puts the house together: live updates, pages, listener and workers, in one process or apart."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from socket import socket
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection, connections

from blueroom.archive.worker import forget_recordings, make_due_exports
from blueroom.audience.actions import forget_votes
from blueroom.audience.hearts import hearts
from blueroom.audience.queries import voters_counted
from blueroom.audience.worker import count_due_votes
from blueroom.base.clock import now
from blueroom.base.errors import NeedsPerson
from blueroom.base.work import Worker
from blueroom.clips.worker import (
    cut_due_clips,
    hear_due,
    is_answer_waiting,
    let_out_clips,
    render_due,
    sweep_clips,
    take_up_clips,
    tidy_clips,
)
from blueroom.config import screens
from blueroom.config.figures import Streams, registry
from blueroom.config.options import data_folder, option, option_list
from blueroom.config.wsgi import application
from blueroom.desk.actions import sort_posts
from blueroom.desk.meaning import ProposeByMeaning
from blueroom.desk.order import voters_by
from blueroom.desk.search import index_new_posts
from blueroom.desk.wordings import WordGroups
from blueroom.desk.worker import DescribeAskers, compare_what_waits
from blueroom.grouping.semantic import SentenceModel
from blueroom.posts.actions import Received, forget_payloads
from blueroom.posts.channels import open_channels
from blueroom.posts.models import Post, Sorting
from blueroom.posts.worker import Listener
from blueroom.publish.worker import send_due_clarifications, send_due_replies
from blueroom.report.worker import AudienceCounter
from blueroom.room.models import Session
from blueroom.room.tickets import secret
from blueroom.studio.control import control_by
from blueroom.studio.receiver import Receiver
from blueroom.studio.worker import sweep_photos, tidy_photos
from blueroom.updates.front import Front, Pages
from blueroom.updates.hub import Hub
from blueroom.updates.live import Limits, Live
from blueroom.updates.local import LocalDoor, LocalSender
from blueroom.updates.now import PATH as PATH_OF_STATES
from blueroom.updates.now import Now
from blueroom.updates.panic import PATH as PANIC_PATH
from blueroom.updates.panic import Panic
from blueroom.updates.serve import AddressTaken, listen, serve
from blueroom.updates.slate import FILE_NAME as SLATES_FILE
from blueroom.updates.slate import Slates, slates_by
from blueroom.updates.tell import Announce, Teller, deliver_by
from blueroom.walls.actions import advance_scenes
from blueroom.walls.heat_points import make_ready
from blueroom.walls.ninja import PATH as NINJA_PATH
from blueroom.walls.ninja import Ninja
from blueroom.walls.queries import wall_stream
from blueroom.walls.relay_actions import look_at_relays
from blueroom.walls.worker import PanicWriter

log = logging.getLogger(__name__)
SORT_LIMIT = 5000
LEFT_BEHIND = timedelta(seconds=5)


def on_received(session_id: int, received: Received) -> None:
    """What the listener's thread does with posts once they are committed: the desk gets them."""
    if received.stored or received.edited or received.deleted:
        sort_new_posts(session_id)


def sort_new_posts(session_id: int) -> int:
    """Sort until nothing is new; how many posts were looked at."""
    total = 0
    while posts := sort_posts(session_id=session_id, now=now(), limit=SORT_LIMIT).posts:
        total += posts
    return total


def sort_leftovers() -> int:
    """Sort what a process that ended left behind; what has just come is being sorted."""
    waiting = Post.objects.filter(sorting=Sorting.NEW, received_at__lt=now() - LEFT_BEHIND)
    sessions = list(waiting.order_by().values_list("session_id", flat=True).distinct()[:50])
    return sum(sort_new_posts(session_id) for session_id in sessions)


class Announcements:
    """How this process tells the screens: its teller, and the way to the process that has them."""

    def __init__(self, announce: Announce, is_followed: Callable[[str], bool]) -> None:
        makers = screens.makers(is_followed)
        self.teller = Teller(makers, announce, after_round=close_old_connections)

    def start(self) -> None:
        deliver_by(self.teller.deliver)
        self.teller.start()

    def stop(self) -> None:
        self.teller.stop()


def _sender() -> Announce:
    announce: Announce = (_redis_line() or LocalSender(data_folder())).announce
    return announce


def _anywhere(topic: str) -> bool:
    """Whether a screen of another process follows the topic is not known here."""
    return True


def _redis_line() -> Any:
    """The line to the other hosts, where Redis is set; its library is an extra."""
    if not option("BLUEROOM_REDIS"):
        return None
    from blueroom.updates.redis_line import RedisLine

    return RedisLine(option("BLUEROOM_REDIS"))


def _wall_stream(secret: str) -> str | None:
    close_old_connections()  # it is called in a thread that no request ends
    return wall_stream(secret)


def sentence_model() -> SentenceModel | None:
    """The model of BLUEROOM_SEMANTIC_MODEL. None where there is none, or it cannot be used: the
    room opens without it, and the log says what to do."""
    folder = option("BLUEROOM_SEMANTIC_MODEL")
    if not folder:
        return None
    try:
        return SentenceModel(Path(folder).expanduser())
    except NeedsPerson as error:
        reason = error.details.get("reason")
        log.warning(
            "No proposals by meaning: %s (%s)%s",
            error.message,
            error.code,
            f": {reason}" if reason else "",
        )
        return None


def new_workers() -> dict[str, Worker]:
    """The background work of the house, by the thread that does it.

    Clips are cut in a thread that hardly rests: one is on its page a second after its out mark.
    What takes minutes has a thread of its own.
    """
    model = sentence_model()
    return {
        "worker": _new_worker(),
        "cutter": Worker(
            {"cut clips": cut_due_clips, "let clips out": let_out_clips},
            rest_s=0.1,
            after_round=close_old_connections,
            stamp=version_for_the_cutter,
        ),
        # An upload takes as long as it takes.
        "publisher": Worker(
            {"send replies": send_due_replies},
            rest_s=0.5,
            after_round=close_old_connections,
            stamp=version_of_the_data,
        ),
        # An author is asked while their question is on the desk: no upload keeps that waiting.
        "asker": Worker(
            {"ask authors": send_due_clarifications},
            rest_s=0.5,
            after_round=close_old_connections,
            stamp=version_of_the_data,
        ),
        "renderer": Worker(
            {"render": render_due, "recognise words": hear_due},
            rest_s=0.5,
            after_round=close_old_connections,
            stamp=version_of_the_data,
        ),
        # Rests between two counts: every phone hears of each.
        "vote counter": Worker(
            {"count votes": count_due_votes},
            rest_s=0.5,
            after_round=close_old_connections,
            stamp=version_of_the_data,
        ),
        # What elsewhere does not answer keeps nobody else waiting.
        "lookout": Worker(
            {"look at relays": lambda: look_at_relays(now=now())},
            rest_s=0.5,
            after_round=close_old_connections,
            stamp=version_of_the_data,
        ),
        "archivist": Worker(
            {"make archives": make_due_exports}, rest_s=1.0, after_round=close_old_connections
        ),
        **({"reader": _new_reader(model)} if model else {}),
    }


def _new_reader(model: SentenceModel) -> Worker:
    return Worker(
        {"propose by meaning": ProposeByMeaning(model, now)},
        rest_s=0.5,
        after_round=close_old_connections,
        stamp=version_of_the_data,
    )


def _new_worker() -> Worker:
    return Worker(
        {
            "open channels": open_channels,
            "sort leftovers": sort_leftovers,
            "compare questions": lambda: compare_what_waits(now=now()),
            "word groups": WordGroups(now),
            "index words": index_new_posts,
            "advance scenes": lambda: advance_scenes(now=now()),
            "describe askers": DescribeAskers(now),
            "tidy clips": tidy_clips,
            "sweep clips": Hourly(sweep_clips),
            "tidy photos": tidy_photos,
            "sweep photos": Hourly(sweep_photos),
            "forget payloads": Hourly(lambda: forget_payloads(now=now())),
            "forget recordings": Hourly(forget_recordings),
            "forget votes": Hourly(lambda: forget_votes(now=now())),
        },
        rest_s=0.5,
        after_round=close_old_connections,
        stamp=version_of_the_data,
    )


def version_for_the_cutter() -> object:
    """As `version_of_the_data`; also another value while an answer waits for its moment."""
    return object() if is_answer_waiting() else version_of_the_data()


def version_of_the_data() -> object:
    """Another value after every commit of another connection, where the database tells (SQLite)."""
    if connection.vendor != "sqlite":
        return object()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA data_version")
        return id(connection.connection), cursor.fetchone()[0]


class Hourly:
    """A round that has something to do once an hour."""

    def __init__(self, one_round: Callable[[], int]) -> None:
        self._round = one_round
        self._due_at = now()

    def __call__(self) -> int:
        if now() < self._due_at:
            return 0
        found = self._round()
        if not found:
            self._due_at = now() + timedelta(hours=1)
        return found


def new_listener() -> Listener:
    """The ingest child and the thread that writes what it brings."""
    return Listener(on_received=on_received, aside=data_folder() / "aside")


def run_serve(sock: socket, *, on_ready: Callable[[], None], is_whole: bool) -> None:
    """Serve pages and streams until a signal; with listener and workers where `is_whole`."""
    slates = Slates(data_folder() / SLATES_FILE)
    slates_by(slates)
    hub = Hub(screens.snapshot, at_hand=slates.state, hear=slates.hear)
    live = Live(
        hub,
        authorize=screens.authorize,
        still_allowed=screens.still_allowed,
        limits=Limits(streams=int(option("BLUEROOM_STREAMS"))),
    )
    registry.register(Streams(hub.figures.read))
    line = _redis_line()
    slates.tell_by(hub.take, line.keep if line else None)
    receiver = Receiver(rtmp_socket(sock), option_list("BLUEROOM_WEBRTC_HOSTS"))
    control_by(receiver)
    doors = [LocalDoor(data_folder()), receiver, *([line] if line else [])]
    pages = Pages(threads=int(option("BLUEROOM_THREADS")))
    panic = Panic(slates, secret=secret(), lost=screens.still_allowed)
    mounts = {
        PATH_OF_STATES: Now(screens.snapshot, screens.authorize),
        PANIC_PATH: panic,
        NINJA_PATH: Ninja(live, _wall_stream),
        **receiver.mounts,
    }
    front = Front(
        live, application, pages=pages, doors=doors, mounts=mounts, let_go=receiver.let_go
    )
    # By Redis they come back through the door, to this host and to all others.
    announce = line.announce if line else hub.announce
    announcements = Announcements(announce, _anywhere if line else hub.is_followed)
    announcements.start()
    voters_by(voters_counted)
    hearts().begin(announce, lambda: hub.figures.open["phone"])
    panic_writer = PanicWriter()
    panic_writer.start()
    maps = Worker(
        {"ready maps": make_ready},
        rest_s=2.0,
        after_round=close_old_connections,
        stamp=version_of_the_data,
    )
    threading.Thread(target=maps.run, name="maps", daemon=True).start()
    audience_counter = AudienceCounter(hub.following, began_at=now())
    audience_counter.start()
    background = Background() if is_whole else None
    if is_whole:
        take_up_clips()

    def ready() -> None:
        if background:
            background.start()
        on_ready()

    try:
        serve(front, sock, trusted_proxies=",".join(settings.TRUSTED_PROXIES), on_ready=ready)
    finally:
        if background:
            background.stop()
        hearts().stop()
        maps.stop()
        panic_writer.stop()
        audience_counter.stop()
        announcements.stop()
        connections.close_all()


def rtmp_socket(served: socket) -> socket | None:
    """Where encoders are answered, by BLUEROOM_RTMP; None where that is off, or taken."""
    wanted = option("BLUEROOM_RTMP")
    if wanted == "off":
        return None
    host, _, port = wanted.rpartition(":") if wanted else (served.getsockname()[0], "", "1935")
    try:
        return listen(host.strip("[]"), int(port))
    except (AddressTaken, ValueError) as error:
        log.warning("No RTMP for encoders: %s", error)
        return None


class Workers:
    """The workers, each in its thread."""

    def __init__(self) -> None:
        self._workers = new_workers()
        self._threads = [
            threading.Thread(target=worker.run, name=name, daemon=True)
            for name, worker in self._workers.items()
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End after what is at hand, or leave it: its lease runs out, and it is begun again."""
        for worker in self._workers.values():
            worker.stop()
        until = time.monotonic() + 2
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))


class Background:
    """Listener and workers beside the pages."""

    def __init__(self) -> None:
        self._listener = new_listener()
        self._workers = Workers()

    def start(self) -> None:
        self._listener.start()
        self._workers.start()

    def stop(self) -> None:
        self._listener.stop()
        self._workers.stop()


def run_apart(part: str, *, is_ending: threading.Event, on_ready: Callable[[], None]) -> None:
    """Listen, or work, in a process of its own until `is_ending`."""
    announcements = Announcements(_sender(), _anywhere)
    announcements.start()
    if part == "listen":
        listener = new_listener()
        listener.start()
        on_ready()
        is_ending.wait()
        listener.stop()
    else:
        workers = Workers()
        workers.start()
        on_ready()
        is_ending.wait()
        workers.stop()
    announcements.stop()
    connections.close_all()


def session_exists() -> bool:
    """Whether anybody planned anything yet."""
    return Session.objects.exists()


def static_folder() -> Path:
    """Where the built screens lie."""
    return Path(settings.STATICFILES_DIRS[0]) / "ui"
