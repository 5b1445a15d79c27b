"""Saying that something changed, from wherever it changed, to the process that has the screens.

A notice holds ids, never data: the process that has the screens reads the database, which is the
truth, and tells what it finds. A notice that is lost is made good by the next one or by a snapshot.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

log = logging.getLogger(__name__)
ROUND_S = 0.2  # at most five messages a second a screen
COUNTS_S = 1.0  # counting costs more than telling: once a second, or after a decision


class Notice(msgspec.Struct, kw_only=True):
    """What changed in one session since the last round; notices add up."""

    questions: list[int] = []
    counts: bool = False
    session: bool = False
    channels: bool = False
    studio: bool = False
    crew: bool = False
    walls: bool = False
    filters: bool = False
    at_once: bool = False

    def add(self, other: Notice) -> None:
        self.questions.extend(other.questions)
        self.counts |= other.counts
        self.session |= other.session
        self.channels |= other.channels
        self.studio |= other.studio
        self.crew |= other.crew
        self.walls |= other.walls
        self.filters |= other.filters
        self.at_once |= other.at_once


class Address(msgspec.Struct, kw_only=True):
    """A notice on its way to another process."""

    session_id: int
    notice: Notice


Deliver = Callable[[int, Notice], None]


def _nobody(session_id: int, notice: Notice) -> None:
    """Where no process has screens, there is nobody to tell."""


_deliver: Deliver = _nobody


def deliver_by(deliver: Deliver) -> None:
    """Set how this process hands notices over: to its own teller, or to another process."""
    global _deliver
    _deliver = deliver


def changed(
    session_id: int,
    *,
    questions: Iterable[int] = (),
    counts: bool = False,
    session: bool = False,
    channels: bool = False,
    studio: bool = False,
    crew: bool = False,
    walls: bool = False,
    filters: bool = False,
    at_once: bool = False,
    when: Callable[[Callable[[], None]], object] | None = None,
) -> None:
    """Tell the screens of a session that something changed there.

    `when` takes a function and calls it once the change is committed (Django's `on_commit`);
    without it the notice goes out now. Never raises: screens are not worth a lost decision.
    """
    notice = Notice(
        questions=list(questions),
        counts=counts,
        session=session,
        channels=channels,
        studio=studio,
        crew=crew,
        walls=walls,
        filters=filters,
        at_once=at_once,
    )

    def send() -> None:
        try:
            _deliver(session_id, notice)
        except Exception:  # the outer edge of every action: logged, and the snapshot makes it good
            log.exception("a notice was lost")

    if when is None:
        send()
    else:
        when(send)


class Maker(Protocol):
    """What a screen makes of a notice: pairs of a topic and its changes."""

    def __call__(
        self, session_id: int, notice: Notice
    ) -> Iterable[tuple[str, Sequence[msgspec.Struct]]]: ...


class Announce(Protocol):
    """Where a teller's changes go: the hub of this process, or the line to the one that has it."""

    def __call__(self, topic: str, changes: Sequence[msgspec.Struct], *, at_once: bool) -> None: ...


class Teller:
    """A thread that gathers notices and tells the screens, at most five times a second."""

    def __init__(
        self,
        makers: Sequence[Maker],
        announce: Announce,
        *,
        after_round: Callable[[], None] = lambda: None,
    ) -> None:
        self._makers = makers
        self._announce = announce
        self._after_round = after_round
        self._waiting: dict[int, Notice] = {}
        self._condition = threading.Condition()
        self._is_ending = False
        self._last_round_s = 0.0
        self._last_counts_s: dict[int, float] = {}
        self._thread = threading.Thread(target=self._run, name="teller", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End after the round at hand. May be repeated."""
        with self._condition:
            self._is_ending = True
            self._condition.notify()
        if self._thread.is_alive():
            self._thread.join(2)

    def deliver(self, session_id: int, notice: Notice) -> None:
        """Take a notice in; from any thread."""
        with self._condition:
            waiting = self._waiting.setdefault(session_id, Notice())
            waiting.add(notice)
            self._condition.notify()

    def _due_s(self) -> float:
        """When the next round is; counts alone wait for their own second and hold nothing up."""
        if self._is_ending or any(notice.at_once for notice in self._waiting.values()):
            return 0.0
        due_s = min(map(self._wanted_s, self._waiting, self._waiting.values()), default=math.inf)
        return max(due_s, self._last_round_s + ROUND_S)

    def _wanted_s(self, session_id: int, notice: Notice) -> float:
        is_counts_alone = notice == Notice(counts=True)
        return self._last_counts_s.get(session_id, 0.0) + COUNTS_S if is_counts_alone else 0.0

    def _take(self) -> dict[int, Notice] | None:
        with self._condition:
            while (rest_s := self._due_s() - time.monotonic()) > 0:
                self._condition.wait(None if rest_s == math.inf else rest_s)
            if self._is_ending:
                return None
            taken, self._waiting = self._waiting, {}
            self._last_round_s = time.monotonic()
            for session_id, notice in taken.items():
                self._put_counts_off(session_id, notice)
            return taken

    def _put_counts_off(self, session_id: int, notice: Notice) -> None:
        """Leave the counts to a later round where something is urgent, or they were told lately."""
        if not notice.counts:
            return
        told_s = self._last_counts_s.get(session_id, 0.0)
        if not notice.at_once and self._last_round_s - told_s >= COUNTS_S:
            self._last_counts_s[session_id] = self._last_round_s
            return
        if notice.at_once:  # a decision shows its counts in the very next round
            self._last_counts_s[session_id] = 0.0
        notice.counts = False
        self._waiting[session_id] = Notice(counts=True)

    def _run(self) -> None:
        while (taken := self._take()) is not None:
            for session_id, notice in taken.items():
                for make in self._makers:
                    self._tell(make, session_id, notice)
            self._after_round()

    def _tell(self, make: Maker, session_id: int, notice: Notice) -> None:
        try:
            for topic, changes in make(session_id, notice):
                if changes:
                    self._announce(topic, changes, at_once=notice.at_once)
        except Exception:  # one screen's fault must not silence the others
            log.exception("a screen could not be told")
