"""Short-lived signed permissions to open one event stream, carried in its address.

A ticket is `1.<payload>.<signature>`: base64url of a JSON payload, and of HMAC-SHA256 over
`1.<payload>` with a key of its own derived from the secret. It holds neither ":" nor a character
that an address would quote. Fifteen lines of the standard library do what a dependency would.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from datetime import datetime

import msgspec

from blueroom.base.errors import NotAcceptable

VALID_S = 300
_PURPOSE = b"blueroom.updates.ticket.1"


class TicketRefused(NotAcceptable):
    """The ticket is not ours, was changed, is for another topic, or is too old."""

    code = "bad_ticket"
    sentence = "This ticket does not open this stream. Ask for a new one."


class TicketExpired(TicketRefused):
    """The ticket was good and is too old."""

    code = "ticket_expired"
    sentence = "This ticket is too old. Ask for a new one."


class _Payload(msgspec.Struct, frozen=True, array_like=True):
    subject: str
    topic: str
    valid_until: int  # seconds since 1970


def sign(*, secret: bytes, subject: str, topic: str, now: datetime, valid_s: int = VALID_S) -> str:
    """A ticket with which `subject` may open `topic` until `valid_s` from `now`."""
    payload = _Payload(subject, topic, int(now.timestamp()) + valid_s)
    signed = "1." + _to_text(msgspec.json.encode(payload))
    return f"{signed}.{_signature(secret, signed)}"


def read(ticket: str, *, secret: bytes, topic: str, now: datetime) -> str:
    """The subject whom the ticket lets open `topic`.

    Raises: TicketRefused when it is not for this topic, or not ours; TicketExpired, a kind of
    it, when it is too old.
    """
    signed, _, signature = ticket.rpartition(".")
    # Compared as bytes: compare_digest takes no text beyond ASCII, and a ticket may hold any.
    if not hmac.compare_digest(_signature(secret, signed).encode(), _encoded(signature)):
        raise TicketRefused
    try:
        payload = msgspec.json.decode(_to_bytes(signed.removeprefix("1.")), type=_Payload)
    except (msgspec.MsgspecError, NotBase64):
        raise TicketRefused from None
    if payload.topic != topic:
        raise TicketRefused
    if payload.valid_until <= now.timestamp():
        raise TicketExpired
    return payload.subject


def _signature(secret: bytes, signed: str) -> str:
    key = hmac.digest(secret, _PURPOSE, "sha256")
    return _to_text(hmac.digest(key, _encoded(signed), "sha256"))


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _to_text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def _to_bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
