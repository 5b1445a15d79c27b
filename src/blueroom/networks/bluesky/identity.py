"""Where an author is at home: from a DID to its server.

https://atproto.com/specs/did, read 2026-11: `did:plc` is looked up in a directory, `did:web` at
its own host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import msgspec

from blueroom.base.outbound import AddressRefused, AnswerTooLarge, Door, NoAnswer
from blueroom.networks.bluesky.wire import UNREADABLE
from blueroom.networks.interface import Refused, Unavailable

PLC = re.compile(r"did:plc:[a-z2-7]{24}")
WEB = re.compile(r"did:web:([a-z0-9-]+(?:\.[a-z0-9-]+)+)")
AT_URI = re.compile(r"at://(did:[a-z]+:[A-Za-z0-9._:%-]+)/([A-Za-z0-9.-]+)/([A-Za-z0-9._~:-]+)")


@dataclass(frozen=True)
class RecordPlace:
    """What an at:// address names: https://atproto.com/specs/at-uri-scheme."""

    did: str
    collection: str
    rkey: str

    @classmethod
    def read(cls, uri: str) -> RecordPlace:
        """Raises Refused where `uri` is no address of a record."""
        if not (parts := AT_URI.fullmatch(uri)):
            raise Refused(f"{uri!r} is not the address of a post on Bluesky.", uri=uri)
        return cls(*parts.groups())


class _ServiceEntry(msgspec.Struct, rename={"endpoint": "serviceEndpoint"}):
    id: str = ""
    endpoint: Any = None


class _Document(msgspec.Struct, rename={"names": "alsoKnownAs"}):
    names: list[str] = []
    service: list[_ServiceEntry] = []


@dataclass(frozen=True)
class Home:
    """An author's handle, as claimed in its document, and the address of its server."""

    handle: str
    service_url: str


async def find_home(did: str, *, directory: str, door: Door) -> Home:
    """The home of `did`.

    Raises:
        Refused: there is no such author, or its document names no server.
        Unavailable: the directory does not answer.
    """
    if PLC.fullmatch(did):
        url = f"{directory.rstrip('/')}/{did}"
    elif web := WEB.fullmatch(did):
        url = f"https://{web[1]}/.well-known/did.json"
    else:
        raise Refused(f"{did!r} is not an author's id on Bluesky.", did=did)
    try:
        async with door.client(size_limit_bytes=100_000) as client:
            answer = await client.get(url)
    except NoAnswer as error:
        raise Unavailable("The directory of Bluesky's accounts does not answer.") from error
    except (AddressRefused, AnswerTooLarge) as error:
        raise Refused(error.message, did=did) from error
    if answer.status_code == 429 or answer.status_code >= 500:
        raise Unavailable("The directory of Bluesky's accounts does not answer.")
    try:
        document = msgspec.json.decode(answer.content, type=_Document)
    except UNREADABLE:
        document = _Document()
    for entry in document.service:
        if entry.id.endswith("#atproto_pds") and isinstance(entry.endpoint, str):
            handles = [name[5:] for name in document.names if name.startswith("at://")]
            return Home(handles[0] if handles else "", entry.endpoint)
    raise Refused("The author's account is gone.", did=did)
