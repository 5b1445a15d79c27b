"""What screens are told about a session."""

from __future__ import annotations

from datetime import datetime

import msgspec


class RoomTexts(msgspec.Struct, frozen=True, kw_only=True):
    """What a room says its own way in one language; "" where it says what the house does.

    `hashtag` stands before the hashtag; in `ask`, "{guest}" stands for the session's.
    """

    name: str = ""
    hashtag: str = ""
    ask: str = ""
    goodbye: str = ""


class SessionCard(msgspec.Struct, frozen=True, kw_only=True):
    """A session as every screen may know it. Times are aware, UTC."""

    slug: str
    title: str
    guest: str
    room: str
    hashtags: list[str]
    languages: list[str]
    state: str  # planned, open, on_air, closed
    starts_at: datetime
    planned_minutes: int
    on_air_at: datetime | None
    is_rehearsal: bool
    is_dark: bool  # whether screens are dimmed to night now
    phone_url: str  # absolute; what the QR code on walls opens
    theme: str = ""  # the address of the room's stylesheet; "" for the house's look
    takes_votes: bool = True  # of phones
    takes_hearts: bool = True
    shows_counts: bool = True  # whether public screens say how many asked, voted, posted
    texts: dict[str, RoomTexts] = {}  # by language, where the room has its own
