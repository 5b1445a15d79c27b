"""Identifiers that we make ourselves."""

from __future__ import annotations

import secrets
from datetime import datetime

BASE32_SORTABLE = "234567abcdefghijklmnopqrstuvwxyz"


def new_secret(size_bytes: int = 24) -> str:
    """A random text for links and tokens, URL-safe, 8 bits a byte of entropy."""
    return secrets.token_urlsafe(size_bytes)


def new_tid(at: datetime) -> str:
    """A timestamp identifier: 53 bits of microseconds, 10 random bits, 13 characters.

    Source: https://atproto.com/specs/tid, read 2026-11-23.
    """
    number = int(at.timestamp() * 1_000_000) << 10 | secrets.randbits(10)
    return "".join(BASE32_SORTABLE[number >> shift & 31] for shift in range(60, -1, -5))
