"""`POST /panic/<session>`: the slate on every screen at once, or off again; bare ASGI.

Here the permission is the signed ticket that a desk was given while all was well. Whether its
holder kept the right since is asked, and waited for a moment only: a database that does not answer
may not stand between a moderator and the slate.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from datetime import datetime

import msgspec

from blueroom.base import clock
from blueroom.base.errors import BlueRoomError, NotAcceptable
from blueroom.updates import ticket as tickets
from blueroom.updates.asgi import Receive, Refusal, Scope, Send, refuse, send_json
from blueroom.updates.body import BodyLost, BodyTooLarge, BodyTooSlow, read_body
from blueroom.updates.request import read_headers
from blueroom.updates.slate import Slates
from blueroom.updates.threads import DaemonThreads

logger = logging.getLogger("blueroom.updates")

PATH = "/panic/"
SCREEN = "panic"  # what the ticket is for: "<session>/panic"
VALID_S = 12 * 3600
ASKED_AT_MOST_S = 0.06
BODY_BYTES = 1000
_SLUG = re.compile(r"[\w-]{1,100}", re.ASCII)

Lost = Callable[[set[tuple[str, str]]], set[tuple[str, str]]]


class PanicUnclear(NotAcceptable):
    """The request is none that we know."""

    code = "bad_request"
    sentence = 'Send POST /panic/<session> with {"is_on": true} or {"is_on": false}.'


class PanicForbidden(NotAcceptable):
    """Whoever holds the ticket lost the right."""

    code = "forbidden"
    sentence = "This ticket is not good any more. Ask for a new one."


class _Asked(msgspec.Struct):
    is_on: bool


class _Told(msgspec.Struct):
    is_on: bool
    since: datetime | None
    number: int
    is_kept: bool  # false where the disk did not take it: it holds until the process ends


class Panic:
    """The ASGI application. `lost` says which of the pairs (subject, topic) lost their right."""

    def __init__(self, slates: Slates, *, secret: bytes, lost: Lost) -> None:
        self._slates = slates
        self._secret = secret
        self._lost = lost
        self._rights = DaemonThreads(1, "panic-rights")  # may hang with the database
        self._disk = DaemonThreads(1, "panic-disk")
        self._asking: asyncio.Future[set[tuple[str, str]]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        try:
            told = await self._decide(scope, receive)
        except BodyLost:
            return
        except BlueRoomError as error:
            await refuse(send, _status_of(error), Refusal(error.code, error.message))
            return
        await send_json(send, 200, msgspec.json.encode(told))

    async def _decide(self, scope: Scope, receive: Receive) -> _Told:
        slug = str(scope["path"]).removeprefix(PATH)
        if scope["method"] != "POST" or not _SLUG.fullmatch(slug):
            raise PanicUnclear
        # The header keeps pages of other sites out: a form cannot send it.
        kind, _, ticket = read_headers(scope).get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            raise tickets.TicketRefused
        now, topic = clock.now(), f"{slug}/{SCREEN}"
        by = tickets.read(ticket, secret=self._secret, topic=topic, now=now)
        asked = await _read(scope, receive)
        if await self._has_lost(by, topic):
            raise PanicForbidden
        slate = self._slates.decide(slug, is_on=asked.is_on, by=by, now=now)
        loop = asyncio.get_running_loop()
        is_kept = await loop.run_in_executor(self._disk, self._slates.keep, slug)
        return _Told(is_on=slate.is_on, since=slate.since, number=slate.number, is_kept=is_kept)

    async def _has_lost(self, subject: str, topic: str) -> bool:
        if self._asking is not None and not self._asking.done():
            return False  # it hangs since an earlier press: nobody need wait for it again
        loop = asyncio.get_running_loop()
        self._asking = loop.run_in_executor(self._rights, self._lost, {(subject, topic)})
        try:
            return bool(await asyncio.wait_for(asyncio.shield(self._asking), ASKED_AT_MOST_S))
        except Exception as error:  # noqa: BLE001 - the ticket is good, and nobody says otherwise
            logger.warning("the slate was pressed unchecked, by its ticket: %r", error)
            return False


async def _read(scope: Scope, receive: Receive) -> _Asked:
    try:
        with await read_body(scope, receive, limit_bytes=BODY_BYTES, within_s=5) as body:
            return msgspec.json.decode(body.read(), type=_Asked)
    except (BodyTooLarge, BodyTooSlow, msgspec.MsgspecError):
        raise PanicUnclear from None


def _status_of(error: BlueRoomError) -> int:
    return 400 if isinstance(error, PanicUnclear) else 403
