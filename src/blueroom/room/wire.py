"""What screens are told about a session."""

from __future__ import annotations

from datetime import datetime

import msgspec


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
