"""The shapes of ASGI that the live path uses.

Source: https://asgi.readthedocs.io/en/stable/specs/www.html (HTTP connection scope).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Coroutine[Any, Any, None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why something was refused, as it is sent; `topic` where it is about one stream."""

    code: str
    message: str
    topic: str = ""


async def refuse(
    send: Send, status: int, refusal: Refusal, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    """Answer with a refusal that no cache keeps."""
    await send_json(send, status, msgspec.json.encode(refusal), headers)


async def send_json(
    send: Send, status: int, body: bytes, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    """Answer with a whole JSON body that no cache keeps."""
    start = {
        "type": "http.response.start",
        "status": status,
        "headers": [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            *headers,
        ],
    }
    await send(start)
    await send({"type": "http.response.body", "body": body})
