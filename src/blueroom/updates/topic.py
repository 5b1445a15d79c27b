"""What the hub knows of one topic: its log, who follows it, and what waits to be told."""

from __future__ import annotations

import asyncio

import msgspec

from blueroom.updates.announcement import Announcement, is_of_one
from blueroom.updates.figures import screen_of
from blueroom.updates.ring import Ring
from blueroom.updates.stream import Stream

# A snapshot is good for whoever asks this soon after: the changes since then follow it anyway.
SNAPSHOT_SHARED_S = 0.25


class Snapshot(msgspec.Struct, frozen=True):
    """An encoded snapshot, true at least up to `position`, taken at `taken_s` (loop time)."""

    message: bytes
    position: int
    taken_s: float


class Topic:
    """A topic that streams follow or followed lately. Used in the event loop alone."""

    __slots__ = (
        "flight",
        "is_stale",
        "left_s",
        "must_pump",
        "name",
        "positions",
        "pump",
        "ring",
        "screen",
        "snapshot",
        "timer",
        "told",
        "told_s",
        "waiting",
    )

    def __init__(self, name: str, *, start: int, now_s: float) -> None:
        self.name = name
        self.screen = screen_of(name)
        self.ring = Ring(start=start)
        self.positions: dict[Stream, int] = {}
        self.waiting: dict[str, msgspec.Raw] = {}
        # By key, what was told last of what there is one of, since the last snapshot was begun.
        self.told: dict[str, msgspec.Raw] = {}
        self.is_stale = False
        self.told_s = float("-inf")
        self.left_s = now_s
        self.timer: asyncio.TimerHandle | None = None
        self.pump: asyncio.Task[None] | None = None
        self.must_pump = False
        self.flight: asyncio.Task[Snapshot | None] | None = None
        self.snapshot: Snapshot | None = None

    def add(self, announcement: Announcement) -> None:
        """Let an announcement wait; a later change of one key takes the place of an earlier one."""
        self.is_stale = self.is_stale or announcement.is_stale
        for key, change in announcement.changes:
            # Out and in again: the later change keeps its place after whatever came between.
            self.waiting.pop(key, None)
            self.waiting[key] = change

    def take_waiting(self) -> list[msgspec.Raw]:
        """What waits, without what every screen has been told word for word.

        Who reads the state in a snapshot may have read another one since: `told` is to be emptied
        before one is taken.
        """
        fresh = []
        for key, change in self.waiting.items():
            if is_of_one(key):
                if self.told.get(key) == change:
                    continue
                self.told[key] = change.copy()  # else all that it was decoded from is kept
            fresh.append(change)
        self.waiting.clear()
        return fresh

    def after(self, position: int, *, now_s: float) -> bytes | None:
        """What a stream at `position` is to be told: changes, or a snapshot and what followed it.

        None when that needs a snapshot that is not there.
        """
        if self.ring.holds(position):
            return self.ring.since(position)
        snapshot = self.snapshot
        if snapshot is None or now_s - snapshot.taken_s > SNAPSHOT_SHARED_S:
            return None
        if not self.ring.holds(snapshot.position):
            return None
        return snapshot.message + self.ring.since(snapshot.position)

    def drop_old_snapshot(self, *, now_s: float) -> None:
        """Free a snapshot that nobody may share any more."""
        if self.snapshot is not None and now_s - self.snapshot.taken_s > SNAPSHOT_SHARED_S:
            self.snapshot = None

    def is_left(self, *, now_s: float, kept_s: float) -> bool:
        """Whether nobody has followed for `kept_s`, so that nobody will resume here."""
        is_idle = not self.positions and self.flight is None and self.pump is None
        return is_idle and now_s - self.left_s > kept_s
