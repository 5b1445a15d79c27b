"""A feed that somebody sends by now: its packer, its own shelf, and how long it may be silent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from blueroom.media.grants import Figures, Grant
from blueroom.media.hls import Shelf
from blueroom.media.packing_line import Figures as PackerFigures
from blueroom.media.packing_line import Level, Packer
from blueroom.media.parts import Epoch, Part, taken_at

SILENT_S = 3.0  # then somebody else may take over without asking
# A connection that broke may come back and go on where it was: phones change their network.
RETURN_WITHIN_S = 40.0
LATE_S = 3.0  # older parts are for the recording only
SILENCE_DB = -100.0


class Sender(Protocol):
    """Whoever sends, to be told that it is over."""

    def end(self, code: str, sentence: str) -> None:
        """Close the connection and say why. May be repeated, and after it is gone."""
        ...


class Run:
    """One run of a feed, from its first byte to the end of its packer. For the event loop.

    `recorder` is what a browser calls its own run: the same one may come back and go on with chunk
    `next_chunk`.
    """

    def __init__(
        self, grant: Grant, way: str, packer: Packer, shelf: Shelf, sender: Sender, recorder: str
    ) -> None:
        self.grant = grant
        self.way = way
        self.packer = packer
        self.shelf = shelf
        self.sender: Sender | None = sender
        self.recorder = recorder
        self.next_chunk = 0
        self.next_part = 0
        self.next_epoch = grant.next_epoch
        self.epoch: Epoch | None = None
        # The epoch whose recording grows, how long and how large it is.
        self.recorded: tuple[int, float, int] | None = None
        self.dumped = asyncio.Event()
        self._shelf_epoch = 0
        self._heard_s = time.monotonic()
        self._level = Level(rms_db=SILENCE_DB, peak_db=SILENCE_DB)
        self._going: asyncio.TimerHandle | None = None

    @property
    def feed(self) -> str:
        """The feed's name in programmes."""
        return str(self.grant.feed_id)

    @property
    def is_heard(self) -> bool:
        """Whether somebody is there and sent something a moment ago."""
        return self.sender is not None and time.monotonic() - self._heard_s < SILENT_S

    async def hear(self, data: bytes) -> None:
        """More of the container; waits while the packer is behind."""
        self._heard_s = time.monotonic()
        self.packer.feed(data)
        await self.packer.drained()

    def note_heard(self) -> None:
        """Something came by another way than `hear`."""
        self._heard_s = time.monotonic()

    def put_on_shelf(self, part: Part) -> None:
        """Show a part to the crew, without delay."""
        self.next_part = part.number + 1
        size_bytes = part.offset_bytes + len(part.data) if part.offset_bytes >= 0 else 0
        self.recorded = (part.epoch, part.start_s + part.duration_s, size_bytes)
        epoch = self.epoch
        if epoch is None or part.late_s > LATE_S:
            return
        self.shelf.add_part(
            part.data,
            duration_s=part.duration_s,
            is_independent=part.is_independent,
            epoch_id=self._shelf_epoch,
            taken_at=taken_at(epoch, part),
        )

    def begin(self, epoch: Epoch) -> None:
        """The epoch that the parts to come belong to."""
        self.epoch = epoch
        self.next_epoch = epoch.number + 1
        self.recorded = (epoch.number, 0.0, len(epoch.init))
        self._shelf_epoch = self.shelf.add_init(epoch.init)

    def use_shelf(self, shelf: Shelf) -> None:
        """Go on with an empty shelf: what lay on the other one is gone."""
        self.shelf = shelf
        if self.epoch is not None:
            self._shelf_epoch = shelf.add_init(self.epoch.init)

    def hear_level(self, level: Level) -> None:
        """How loud it is."""
        self._level = level

    def figures(self, said: PackerFigures) -> Figures:
        """How the feed comes in."""
        return Figures(
            feed_id=self.grant.feed_id,
            slug=self.grant.slug,
            video_kbps=said.video_kbps,
            fps=said.fps,
            rms_db=self._level.rms_db,
            peak_db=self._level.peak_db,
            lost=said.lost,
        )

    def let_go(self, after: Callable[[], object]) -> None:
        """Nobody sends at the moment; `after` is called unless somebody `takes_up` in time."""
        self.sender = None
        self._stop_going()
        self._going = asyncio.get_running_loop().call_later(RETURN_WITHIN_S, after)

    def take_up(self, sender: Sender) -> None:
        """Somebody sends on where it was left."""
        self._stop_going()
        self.sender = sender
        self.note_heard()

    def _stop_going(self) -> None:
        if self._going is not None:
            self._going.cancel()
            self._going = None


def new_shelf(now: datetime) -> Shelf:
    """An empty shelf whose numbers are greater than any before it at the same address."""
    return Shelf(first_number=int(now.timestamp()))
