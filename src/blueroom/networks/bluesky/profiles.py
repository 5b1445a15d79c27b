"""Who an author is, for people: the posts of Bluesky carry nothing but an id.

The name is in the record app.bsky.actor.profile on the author's own server. The handle is in the
author's document, and true only where it leads back to the same id:
https://atproto.com/specs/handle#handle-resolution.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from blueroom.base.outbound import Door
from blueroom.networks.bluesky.identity import find_home
from blueroom.networks.bluesky.xrpc import NotDone, Service
from blueroom.networks.interface import Author

PROFILES = "app.bsky.actor.profile"


async def read_author(did: str, *, service: str, directory: str, door: Door) -> Author:
    """The author with this id; name and handle are "" where there is none, or a false one.

    `service` is the address of a server that we trust to resolve handles.
    Raises Unavailable and Refused.
    """
    home = await find_home(did, directory=directory, door=door)
    async with _opened(home.service_url, door) as at_home:
        name = await display_name(did, at_home)
    async with _opened(service, door) as trusted:
        is_true = home.handle and await _is_of(did, home.handle, trusted)
    return Author(id=did, name=name, handle=home.handle if is_true else "")


@asynccontextmanager
async def _opened(url: str, door: Door) -> AsyncIterator[Service]:
    service = Service(url, door)
    try:
        yield service
    finally:
        await service.close()


async def display_name(did: str, service: Service) -> str:
    """The name in an author's profile, or "" where there is none."""
    try:
        profile = await service.get(
            "com.atproto.repo.getRecord", repo=did, collection=PROFILES, rkey="self"
        )
    except NotDone:  # an account need not have one
        return ""
    name = profile.get("value", {}).get("displayName", "")
    return name if isinstance(name, str) else ""


async def _is_of(did: str, handle: str, service: Service) -> bool:
    try:
        answer = await service.get("com.atproto.identity.resolveHandle", handle=handle)
    except NotDone:
        return False
    return bool(answer.get("did") == did)
