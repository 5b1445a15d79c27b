"""The slate over every screen of a session, at a press: decided, told and remembered without a
database, so that it works on the evening when the database does not.

What was decided is in memory and in a small file of the data folder, and goes to the screens as a
topic of its own, `<session>/slate`, which anybody may follow: what is covered is seen by everyone
anyway. Rooms learn of it afterwards (`unwritten`), when they can write again.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from blueroom.base.clock import to_text
from blueroom.updates.announcement import Announcement, announcement_of

logger = logging.getLogger("blueroom.updates")

SCREEN = "slate"
FILE_NAME = "slates.json"
UNWRITTEN_AT_MOST = 1000

Tell = Callable[[Announcement], None]


class Slate(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a session's screens are covered, and since when (aware; null where never).

    Of two, the one with the higher `number` holds: milliseconds since 1970, or one more than the
    number before, where a clock went back.
    """

    is_on: bool = False
    since: datetime | None = None
    number: int = 0


class SlateChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="slate"):
    slate: Slate


class Decided(msgspec.Struct, frozen=True):
    """A slate put on or taken off by a subject ("person:3", "token:2")."""

    slug: str
    slate: Slate
    by: str


class _Kept(msgspec.Struct):
    slates: dict[str, Slate] = {}
    unwritten: list[Decided] = []


class Slates:
    """The slates of all sessions, for any thread.

    `file` None keeps them in memory alone. `tell` hands what was decided here to the hub, and
    `tell_others` to other hosts; neither may block for long.
    """

    def __init__(self, file: Path | None = None, *, tell: Tell | None = None) -> None:
        self._file = file
        self._tell = tell
        self._tell_others: Tell | None = None
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._kept = _read(file)
        self._decided = threading.Event()
        if self._kept.unwritten:
            self._decided.set()

    def tell_by(self, tell: Tell, others: Tell | None = None) -> None:
        """Say from now on what is decided: to this process's hub, and to other hosts."""
        self._tell, self._tell_others = tell, others

    def of(self, slug: str) -> Slate:
        """The session's slate; off for one that was never covered."""
        with self._lock:
            return self._kept.slates.get(slug, Slate())

    def state(self, topic: str) -> Slate | None:
        """What follows the topic is shown first; None for a topic that is none of slates."""
        slug, _, screen = topic.rpartition("/")
        return self.of(slug) if screen == SCREEN else None

    def decide(self, slug: str, *, is_on: bool, by: str, now: datetime) -> Slate:
        """Cover the session's screens, or uncover them. The screens hear it before this returns.

        Call `keep` afterwards: it waits for the disk.
        """
        with self._lock:
            known = self._kept.slates.get(slug, Slate())
            number = max(known.number + 1, int(now.timestamp() * 1000))
            since = now if known.is_on != is_on else known.since
            slate = Slate(is_on=is_on, since=since, number=number)
            self._kept.slates[slug] = slate
            self._kept.unwritten.append(Decided(slug, slate, by))
            del self._kept.unwritten[:-UNWRITTEN_AT_MOST]
        announcement = announcement_of(f"{slug}/{SCREEN}", [SlateChanged(slate)], at_once=True)
        if self._tell is not None:
            self._tell(announcement)
        self._decided.set()
        return slate

    def keep(self, slug: str) -> bool:
        """Write everything to the file and tell other hosts of this session; whether the file
        took it. Where the disk is full the slate still holds, until the process ends."""
        slate = self.of(slug)
        if self._tell_others is not None:
            topic = f"{slug}/{SCREEN}"
            self._tell_others(announcement_of(topic, [SlateChanged(slate)], at_once=True))
        return self._write()

    def hear(self, announcement: Announcement) -> None:
        """Remember what another host decided, where it is newer; other topics are left."""
        slug, _, screen = announcement.topic.rpartition("/")
        if screen != SCREEN:
            return
        for _, change in announcement.changes:
            with contextlib.suppress(msgspec.MsgspecError):
                self.learn(slug, msgspec.json.decode(change, type=SlateChanged).slate)

    def learn(self, slug: str, slate: Slate) -> bool:
        """Take a slate that is newer than what is known; whether it was."""
        with self._lock:
            if slate.number <= self._kept.slates.get(slug, Slate()).number:
                return False
            self._kept.slates[slug] = slate
            return True

    def announce(self, slug: str) -> None:
        """Tell the screens of this process once more how it stands."""
        if self._tell is not None:
            topic = f"{slug}/{SCREEN}"
            self._tell(announcement_of(topic, [SlateChanged(self.of(slug))], at_once=True))

    # What rooms have yet to write down.

    def wait(self, timeout_s: float | None) -> bool:
        """Wait until something was decided; whether it was."""
        return self._decided.wait(timeout_s)

    def wake(self) -> None:
        """End a `wait`."""
        self._decided.set()

    def unwritten(self) -> list[Decided]:
        """What was decided and is not written yet, oldest first."""
        with self._lock:
            self._decided.clear()
            return list(self._kept.unwritten)

    def written(self, decided: Decided) -> None:
        """That is in the database now."""
        with self._lock:
            self._kept.unwritten = [one for one in self._kept.unwritten if one != decided]
        self._write()

    def _write(self) -> bool:
        if self._file is None:
            return True
        with self._writing:
            with self._lock:
                content = msgspec.json.encode(self._kept)
            try:
                _replace(self._file, content)
            except OSError as error:
                logger.warning("the slates could not be written to the data folder: %s", error)
                return False
            return True


def _replace(file: Path, content: bytes) -> None:
    """Put the content into the file so that a power cut leaves the old or the new one."""
    fresh = file.with_suffix(".new")
    with fresh.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(file: Path | None) -> _Kept:
    if file is None or not file.exists():
        return _Kept()
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Kept)
    except (OSError, msgspec.MsgspecError) as error:
        logger.warning("the file of slates could not be read, and is begun anew: %s", error)
        return _Kept()


def since_text(slate: Slate) -> str | None:
    """Since when, as answers carry it."""
    return to_text(slate.since.astimezone(UTC)) if slate.since else None


_slates = Slates()


def slates_by(slates: Slates) -> None:
    """Set which slates this process has."""
    global _slates
    _slates = slates


def slates() -> Slates:
    """The slates of this process; of one that serves no screens, its own."""
    return _slates
