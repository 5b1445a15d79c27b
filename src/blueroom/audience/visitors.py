"""Who asks and votes, without an account: a random id in a signed cookie, an address never kept."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from blueroom.audience import rules
from blueroom.base.ids import new_secret

COOKIE = "asker"
_SALT = "blueroom.audience.asker"
YEAR_S = 365 * 24 * 3600


@dataclass(frozen=True)
class Device:
    """A phone that opened the page: its id, and when it got it."""

    id: str
    since_at: datetime


def device_of(request: HttpRequest) -> Device | None:
    """The phone, known by what its first page gave it; None where it has nothing of ours."""
    asker = known_asker(request)
    if not asker:
        return None
    # The signature that was just checked covers the time: "<id>:<time>:<signature>".
    _, written, _ = request.COOKIES[COOKIE].rsplit(":", 2)
    return Device(asker, datetime.fromtimestamp(signing.b62_decode(written), UTC))


def known_asker(request: HttpRequest) -> str:
    """The id that this phone got with its first page; "" where it has none."""
    return str(request.get_signed_cookie(COOKIE, default="", salt=_SALT))


def asker_of(request: HttpRequest) -> str:
    """The id of this phone, a new one where it has none: `remember_asker` makes it last."""
    return known_asker(request) or new_secret(16)


def remember_asker(request: HttpRequest, response: HttpResponse, asker: str) -> None:
    """Let this phone find its questions again. Who is known stays known since the same time."""
    if known_asker(request):
        return
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
    return _hashed(address, f"blueroom address {now:%Y-%m-%d}")[:32]


def origin_of(address: str, *, session_id: int) -> tuple[str, str]:
    """What stands for the network and the region of a voter in this session, 16 letters each."""
    network, region = rules.origin(address)
    purpose = f"blueroom votes {session_id}"
    return _hashed(network, purpose)[:16], _hashed(region, purpose)[:16]


def _hashed(text: str, purpose: str) -> str:
    key = hashlib.sha256(f"{purpose} {settings.SECRET_KEY}".encode()).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
