"""Who asks, without an account: a random id in a signed cookie, an address that is never kept."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from blueroom.base.ids import new_secret

COOKIE = "asker"
_SALT = "blueroom.audience.asker"
YEAR_S = 365 * 24 * 3600


def known_asker(request: HttpRequest) -> str:
    """The id that this phone got when it first asked; "" where it has none."""
    return str(request.get_signed_cookie(COOKIE, default="", salt=_SALT))


def asker_of(request: HttpRequest) -> str:
    """The id of this phone, a new one where it has none: `remember_asker` makes it last."""
    return known_asker(request) or new_secret(16)


def remember_asker(response: HttpResponse, asker: str) -> None:
    """Let this phone find its questions again."""
    response.set_signed_cookie(
        COOKIE,
        asker,
        salt=_SALT,
        max_age=YEAR_S,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def address_of(request: HttpRequest) -> str:
    """The address that asks. The server has put in what trusted proxies said, and nobody else."""
    return str(request.META.get("REMOTE_ADDR", ""))


def hash_address(address: str, *, now: datetime) -> str:
    """What stands for an address while it is counted: another one each day, of no use elsewhere."""
    key = hashlib.sha256(f"blueroom address {now:%Y-%m-%d} {settings.SECRET_KEY}".encode()).digest()
    return hmac.new(key, address.encode(), hashlib.sha256).hexdigest()[:32]
