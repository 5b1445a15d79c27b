"""Hearts for the live picture: gathered in memory, told to all as one number, kept by minute.

Hearts come to the process that serves, so they go to its hub without a way through the database.
Of several hosts each gathers its own: it announces them by the same line as everything else, under
an id of its own, so that one host's number does not take the place of another's; the total is what
the database has of all hosts and what this one has not written yet. Whoever sees both keeps the
larger.
"""

from __future__ import annotations

import ipaddress
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError, close_old_connections, transaction
from django.db.models import F

from blueroom.audience.models import HeartCount
from blueroom.audience.queries import hearts_counted
from blueroom.audience.rules import ADDRESS_HEARTS_A_SECOND, BATCH_HEARTS
from blueroom.audience.stream import SCREEN
from blueroom.audience.wire import HeartsChanged
from blueroom.base.ids import new_secret
from blueroom.base.work import Worker
from blueroom.room.access import session_of
from blueroom.studio.queries import live_card
from blueroom.updates.tell import Announce

log = logging.getLogger(__name__)
BEAT_S = 0.25  # four messages a second at most, whatever comes
# Telling one phone takes some 12 µs of the event loop, which has the video too: with more than
# 2,500 phones the beats are further apart, with 10,000 by a second.
TELLINGS_A_SECOND = 10_000
STORE_S = 5.0
KNOWN_FOR = timedelta(seconds=1)


@dataclass(slots=True)
class Tally:
    """The hearts of one session that came to this process."""

    session_id: int
    topic: str
    stored: int  # in the database, of all hosts
    shows_total: bool = True
    untold: int = 0
    unstored: Counter[datetime] = field(default_factory=Counter)  # by minute

    @property
    def total(self) -> int:
        return self.stored + self.unstored.total()


@dataclass(frozen=True, slots=True)
class Picture:
    """Whether a session has a live picture, and what goes with it, as of a moment ago."""

    slug: str
    session_id: int
    is_live: bool
    takes_hearts: bool
    shows_counts: bool
    until: datetime


class Hearts:
    """The hearts of this process. `begin` and `stop` once; the rest from any thread."""

    def __init__(self) -> None:
        self.id = new_secret(3)
        self._announce: Announce = _to_nobody
        self._lock = threading.Lock()
        self._tallies: dict[str, Tally] = {}
        self._pictures: dict[str, Picture] = {}
        self._addresses: Counter[str] = Counter()
        self._second: datetime | None = None
        self._phones: Callable[[], int] = lambda: 0
        self._told_s = float("-inf")
        self._threads: list[tuple[Worker, threading.Thread]] = []

    def begin(self, announce: Announce, phones: Callable[[], int]) -> None:
        """Tell and store from now on, each in a thread: the database may keep one waiting.

        `phones` says how many follow by this process now.
        """
        self._announce = announce
        self._phones = phones
        self._spawn("tell hearts", lambda: self.tell(now_s=time.monotonic()), BEAT_S)
        self._spawn("store hearts", self.store, STORE_S)

    def stop(self) -> None:
        """Store what is left."""
        for worker, thread in self._threads:
            worker.stop()
            thread.join(2)
        self._threads.clear()
        try:
            self.store()
        except DatabaseError:
            log.exception("the last hearts were not stored")

    def picture(self, slug: str, *, now: datetime) -> Picture:
        """A session's picture; read once a second, since a whole hall asks. Raises: NotFound."""
        known = self._pictures.get(slug)
        if known is None or not now < known.until <= now + KNOWN_FOR:
            session = session_of(slug)
            is_live = live_card(session) is not None
            known = self._pictures[slug] = Picture(
                slug=slug,
                session_id=session.pk,
                is_live=is_live,
                takes_hearts=session.takes_hearts,
                shows_counts=session.shows_counts,
                until=now + KNOWN_FOR,
            )
        return known

    def add(self, picture: Picture, hearts: int, *, address: str, now: datetime) -> int:
        """Gather a batch; how many of it counted."""
        slug = picture.slug
        begun = self._tallies.get(slug) or _begun(picture)
        with self._lock:
            counted = self._pace(hearts, address, now)
            if counted:
                tally = self._tallies.setdefault(slug, begun)
                tally.untold += counted
                tally.shows_total = picture.shows_counts
                tally.unstored[now.replace(second=0, microsecond=0)] += counted
            return counted

    def tell(self, *, now_s: float) -> int:
        """Tell the phones what came since the last beat; always 0: the next beat has the rest."""
        if now_s - self._told_s < self._phones() / TELLINGS_A_SECOND:
            return 0
        with self._lock:
            told = []
            for tally in self._tallies.values():
                if tally.untold:
                    total = tally.total if tally.shows_total else 0
                    change = HeartsChanged(id=self.id, hearts=tally.untold, total=total)
                    told.append((tally.topic, change))
                    tally.untold = 0
        for topic, change in told:
            self._announce(topic, [change], at_once=False)
            self._told_s = now_s
        return 0

    def store(self) -> int:
        """Write the minutes to the database, or keep them for the next time; 0, as `tell`."""
        with self._lock:
            due = [(slug, tally, tally.unstored.copy()) for slug, tally in self._tallies.items()]
        for slug, tally, minutes in due:
            total = _write(tally.session_id, minutes)
            with self._lock:
                tally.stored = total
                tally.unstored.subtract(minutes)
                tally.unstored = +tally.unstored
                if not tally.unstored and not tally.untold:
                    del self._tallies[slug]
        return 0

    def _pace(self, hearts: int, address: str, now: datetime) -> int:
        """How many of a batch count. Not by Django's cache, which keeps 300 keys: a hall's
        addresses would push out what else is counted there."""
        second = now.replace(microsecond=0)
        if second != self._second:
            self._second = second
            self._addresses.clear()
        source = source_of(address)
        left = ADDRESS_HEARTS_A_SECOND - self._addresses[source]
        counted = max(0, min(hearts, BATCH_HEARTS, left))
        self._addresses[source] += counted
        return counted

    def _spawn(self, name: str, one_round: Callable[[], int], rest_s: float) -> None:
        worker = Worker({name: one_round}, rest_s=rest_s, after_round=close_old_connections)
        thread = threading.Thread(target=worker.run, name=name, daemon=True)
        self._threads.append((worker, thread))
        thread.start()


def _begun(picture: Picture) -> Tally:
    topic = f"{picture.slug}/{SCREEN}"
    return Tally(picture.session_id, topic, hearts_counted(picture.session_id))


def source_of(address: str) -> str:
    """Who is counted for an address: itself, or the IPv6 network that one subscriber has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if not isinstance(found, ipaddress.IPv6Address):
        return address
    mapped = found.ipv4_mapped
    return str(mapped or ipaddress.ip_network((found, 64), strict=False))


def _write(session_id: int, minutes: Counter[datetime]) -> int:
    """Add the hearts of some minutes; how many the session has then."""
    with transaction.atomic():
        for minute, hearts in sorted(minutes.items()):
            row, _ = HeartCount.objects.get_or_create(session_id=session_id, minute=minute)
            HeartCount.objects.filter(pk=row.pk).update(hearts=F("hearts") + hearts)
        return hearts_counted(session_id)


def _to_nobody(topic: str, changes: object, *, at_once: bool) -> None:
    """Before `begin` nobody follows."""


_hearts = Hearts()


def hearts_by(gathered: Hearts) -> None:
    """Set what gathers the hearts of this process."""
    global _hearts
    _hearts = gathered


def hearts() -> Hearts:
    """What gathers the hearts of this process."""
    return _hearts
