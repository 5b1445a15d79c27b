"""How an account's fields are kept: encrypted with the installation's key."""

from __future__ import annotations

import base64
from typing import Any, ClassVar

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from blueroom.base.errors import NeedsPerson


class SealBroken(NeedsPerson):
    """What was kept does not open with this installation's key."""

    code: ClassVar[str] = "seal_broken"
    sentence = _(  # type: ignore[assignment]
        "This account was kept with another key. Enter it again, or bring back the file secret-key."
    )


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """What an account keeps: its fields as entered, and its connector's own memory."""

    fields: dict[str, str]
    state: dict[str, Any] = {}


def _lock() -> Fernet:
    key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"blueroom account")
    return Fernet(base64.urlsafe_b64encode(key.derive(settings.SECRET_KEY.encode())))


def seal(content: Sealed) -> bytes:
    """The content, encrypted; a different text each time."""
    return _lock().encrypt(msgspec.json.encode(content))


def unseal(sealed: bytes | memoryview) -> Sealed:
    """The content. Raises SealBroken where it was sealed with another key or damaged."""
    try:
        return msgspec.json.decode(_lock().decrypt(bytes(sealed)), type=Sealed)
    except InvalidToken as error:
        raise SealBroken from error
