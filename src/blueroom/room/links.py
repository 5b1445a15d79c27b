"""Secrets in addresses: how they are made from what is kept, and read back."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Collection
from typing import ClassVar

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from blueroom.base.errors import NotAcceptable
from blueroom.base.ids import new_secret
from blueroom.room.models import Link, Screen, Token

SEAL_LENGTH = 20
PURPOSE = "link"


class LinkUnknown(NotAcceptable):
    code: ClassVar[str] = "link_unknown"
    sentence = _("This address opens nothing. Ask for a new one.")  # type: ignore[assignment]


class LinkRevoked(NotAcceptable):
    code: ClassVar[str] = "link_revoked"
    sentence = _("This address was withdrawn. Ask for a new one.")  # type: ignore[assignment]


def hash_secret(secret: str) -> str:
    """What is kept of a secret that is shown once: SHA-256, hexadecimal.

    The secrets are random, 192 bits: there is nothing to guess and so nothing to slow down.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def seal_nonce(nonce: str, *, purpose: str) -> str:
    """The second half of a secret, 20 characters: only this installation can make it.

    A secret made for one purpose opens nothing of another.
    """
    key = hashlib.sha256(f"blueroom {purpose}\0{settings.SECRET_KEY}".encode()).digest()
    digest = hmac.new(key, nonce.encode(), hashlib.sha256).digest()[:15]
    return base64.urlsafe_b64encode(digest).decode()


def nonce_in(secret: str, *, purpose: str) -> str | None:
    """The nonce of a secret that was made here for that purpose; None for any other text."""
    nonce, seal = secret[:-SEAL_LENGTH], secret[-SEAL_LENGTH:]
    made = seal_nonce(nonce, purpose=purpose)
    return nonce if hmac.compare_digest(made.encode(), seal.encode(errors="replace")) else None


def new_nonce() -> str:
    """A nonce for a new link."""
    return new_secret(9)


def secret_of(link: Link) -> str:
    """The secret part of a link's address."""
    return link.nonce + seal_nonce(link.nonce, purpose=PURPOSE)


def path_of(link: Link) -> str:
    """The path of the page that a link opens."""
    page = "prompter" if link.screen == Screen.PROMPTER else "wall"
    return reverse(page, args=[secret_of(link)])


def open_link(secret: str, *, screens: Collection[str] = Screen.values) -> Link:
    """The link behind the secret, with its session, guest and room, if it opens one of `screens`.

    Raises:
        LinkUnknown: nothing was ever opened by it, or it was mistyped.
        LinkRevoked: it was withdrawn.
    """
    nonce = nonce_in(secret, purpose=PURPOSE)
    if nonce is None:
        raise LinkUnknown
    found = Link.objects.select_related("session__guest", "session__room").filter(nonce=nonce)
    link = found.first()
    if link is None or link.screen not in screens:
        raise LinkUnknown
    if link.revoked_at is not None:
        raise LinkRevoked
    return link


def open_token(secret: str) -> Token | None:
    """The API token with that secret, unless it was revoked."""
    return Token.objects.filter(secret_hash=hash_secret(secret), revoked_at__isnull=True).first()
