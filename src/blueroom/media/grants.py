"""What the rooms tell the process that receives feeds, and what they are told by it.

The receiver knows no database: `Doorman` is everything it asks and reports, handed in where the
house is put together. All of it is called in threads and may be slow.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from blueroom.base.errors import NotAcceptable, TryLater
from blueroom.media.parts import Epoch
from blueroom.media.slate import HOUSE_LOOK, SlateLook


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """A feed that somebody proved to be theirs, as it is now.

    `may_send`: what it sends is received. Recordings go to `folder`, under names that begin with
    `stem`; `next_epoch` is the first number that is free there.
    """

    feed_id: int
    session_id: int
    slug: str
    kind: str
    name: str
    state: str
    may_send: bool
    monitor_key: str
    folder: Path
    stem: str
    next_epoch: int


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a session's programme shall be. `feed_id` is the one on air, or that will be."""

    session_id: int
    slug: str
    key: str
    state: str  # off, slate, live
    feed_id: int | None
    delay_s: int
    is_muted: bool
    room: str  # the words on the slate
    guest: str
    language: str
    goodbye: str = ""
    look: SlateLook = HOUSE_LOOK

    def has_slate_of(self, other: Wish) -> bool:
        """Whether its slates are those of the other."""
        names = ("room", "guest", "language", "goodbye", "look")
        return all(getattr(self, name) == getattr(other, name) for name in names)


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """How a feed comes in. Levels in dBFS."""

    feed_id: int
    slug: str
    video_kbps: float
    fps: float
    rms_db: float
    peak_db: float
    lost: int


class FeedUnknown(NotAcceptable):
    """No feed has this secret, or it was renewed."""

    code = "feed_unknown"
    sentence = "This address sends to nobody any more. Ask for a new one."


class FeedNotAdmitted(NotAcceptable):
    """A fan who waits, or whose feed was refused or ended."""

    code = "feed_not_admitted"
    sentence = "The crew has not let this camera in yet."


class FeedBusy(NotAcceptable):
    """Somebody sends by this feed already."""

    code = "feed_busy"
    sentence = "Somebody already sends by this address. Take over only if that is you."


class DiskFull(TryLater):
    """There is not enough room to begin a recording."""

    code = "disk_full"
    sentence = "The disk of the room is nearly full: no new recording can begin. Tell the crew."


class Doorman(Protocol):
    """The rooms, as the receiver of feeds needs them."""

    def feed_of_page(self, secret: str) -> Grant | None:
        """The feed that the address of a page opens."""
        ...

    def feed_of_key(self, key: str) -> Grant | None:
        """The feed that a stream key opens."""
        ...

    def feed(self, feed_id: int) -> Grant | None:
        """The feed as it is now."""
        ...

    def programme(self, session_id: int) -> Wish | None:
        """What a session's programme shall be."""
        ...

    def programmes(self) -> list[Wish]:
        """All programmes that are not off."""
        ...

    def in_words(self, sentence: str, language: str) -> str:
        """A sentence of ours in that language. Called in the event loop."""
        ...

    def has_room(self) -> bool:
        """Whether the disk has room for another recording."""
        ...

    def note_connected(self, feed_id: int, way: str) -> None: ...
    def note_lost(self, feed_id: int, code: str, sentence: str) -> None: ...
    def note_problem(self, feed_id: int, code: str, sentence: str) -> None: ...
    def begin_recording(self, grant: Grant, epoch: Epoch) -> None: ...
    def end_recording(
        self, feed_id: int, epoch: int, duration_s: float, size_bytes: int
    ) -> None: ...
    def cut_recordings(self, feed_id: int, from_part: int) -> None:
        """Take this part, and all that follow, out of recordings that nobody writes any more."""
        ...

    def note_shown(self, feed_id: int, from_at: datetime, until_at: datetime) -> None: ...
    def tell_figures(self, figures: Figures) -> None:
        """Called in the event loop, several times a second: must return at once."""
        ...
