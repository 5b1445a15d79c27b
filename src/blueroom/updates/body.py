"""A request's body, read whole before a thread is given to it.

A thread that reads from a slow client is a thread that serves no one: eight such clients would
stop every page. So the event loop collects the body, in memory while it is small and else in a
temporary file, and the application then reads it at full speed.
"""

from __future__ import annotations

import asyncio
from tempfile import SpooledTemporaryFile

from blueroom.base.errors import NotAcceptable
from blueroom.updates.asgi import Receive, Scope

IN_MEMORY_BYTES = 256 * 1024
# What is read and thrown away after a refusal, so that the client gets to read the refusal.
DRAINED_S = 5.0

Body = SpooledTemporaryFile[bytes]


class BodyTooLarge(NotAcceptable):
    """The body is larger than the setting allows."""

    code = "too_large"
    sentence = "This is too large."


class BodyTooSlow(NotAcceptable):
    """The client stopped in the middle of the body."""

    code = "too_slow"
    sentence = "The rest of the request did not come in time."


class BodyLost(NotAcceptable):
    """The client went away in the middle of the body; nobody is left to answer."""

    code = "body_lost"
    sentence = "The request broke off."


def declared_bytes(scope: Scope) -> int:
    """What the request says its body's size is; 0 where it does not say."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value)  # The server has checked that it is a number.
    return 0


async def read_body(scope: Scope, receive: Receive, *, limit_bytes: int, within_s: float) -> Body:
    """The whole body, rewound; the caller closes it.

    Raises: BodyTooLarge above `limit_bytes`, before reading where the size is declared;
    BodyTooSlow when it is not whole after `within_s`; BodyLost when the client went away.
    """
    if declared_bytes(scope) > limit_bytes:
        raise BodyTooLarge(limit_bytes=limit_bytes)
    body: Body = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 - the caller's
    try:
        async with asyncio.timeout(within_s):
            await _fill(body, receive, limit_bytes=limit_bytes)
    except TimeoutError:
        body.close()
        raise BodyTooSlow from None
    except BaseException:
        body.close()
        raise
    body.seek(0)
    return body


async def drain(receive: Receive) -> None:
    """Read on for a while and keep nothing."""
    try:
        async with asyncio.timeout(DRAINED_S):
            while (await receive()).get("more_body"):
                pass
    except TimeoutError:
        return


async def _fill(body: Body, receive: Receive, *, limit_bytes: int) -> None:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BodyLost
        body.write(message.get("body", b""))
        if body.tell() > limit_bytes:
            raise BodyTooLarge(limit_bytes=limit_bytes)
        if not message.get("more_body"):
            return
