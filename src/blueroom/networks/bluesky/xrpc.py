"""Calls to an AT Protocol server: XRPC over HTTP, with its errors as ours.

https://atproto.com/specs/xrpc, read 2026-11. Rate limits are told by 429 and `ratelimit-reset`
(seconds since 1970): https://docs.bsky.app/docs/advanced-guides/rate-limits.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from blueroom.base.outbound import AddressRefused, AnswerTooLarge, Door, NoAnswer
from blueroom.networks.bluesky.wire import UNREADABLE
from blueroom.networks.interface import Refused, Unavailable

PART_BYTES = 256 * 1024


class NotDone(Refused):
    """The server says no, with an error of its own: `error` is its name ("RecordNotFound").

    `answer` is all that it said.
    """

    code = "bluesky_not_done"

    def __init__(self, host: str, status: int, answer: dict[str, Any]) -> None:
        error, message = (str(answer.get(name) or "") for name in ("error", "message"))
        said = f"{error}: {message}" if error else str(status)
        super().__init__(f"{host} refuses: {said}"[:300], status=status, error=error)
        self.status, self.error, self.answer = status, error, answer


class Service:
    """One server, asked by the name of a method ("com.atproto.repo.getRecord").

    Calls raise NotDone where the server says no, Unavailable where another try may do.
    """

    def __init__(self, url: str, door: Door) -> None:
        self._door = door
        parts = urlsplit(url.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused("The address of a server must begin with https://.", url=url)
        self.url = f"{parts.scheme}://{parts.netloc}"
        self.host = parts.hostname
        self._client = door.client(base_url=f"{self.url}/xrpc/")

    async def get(self, method: str, *, token: str = "", **params: str) -> dict[str, Any]:
        """The answer to a query."""
        return await self._ask("GET", method, token, params=params)

    async def post(
        self, method: str, body: Mapping[str, Any] | None = None, *, token: str = ""
    ) -> dict[str, Any]:
        """The answer to a procedure."""
        return await self._ask("POST", method, token, json=body)

    async def upload(
        self,
        method: str,
        content: Path | bytes,
        *,
        media_type: str,
        within_s: float,
        token: str = "",
        **params: str,
    ) -> dict[str, Any]:
        """The answer to a procedure that takes a file, which is read as it is sent."""
        size = await asyncio.to_thread(_size, content)
        async with self._door.client(
            base_url=f"{self.url}/xrpc/",
            headers={"Content-Type": media_type, "Content-Length": str(size)},
            timeout_s=within_s,
        ) as client:
            parts = content if isinstance(content, bytes) else _parts(content)
            return await self._ask("POST", method, token, client, params=params, content=parts)

    async def close(self) -> None:
        await self._client.aclose()

    async def _ask(
        self,
        verb: str,
        method: str,
        token: str,
        client: httpx.AsyncClient | None = None,
        **what: Any,
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            answer = await (client or self._client).request(verb, method, headers=headers, **what)
        except NoAnswer as error:
            raise Unavailable(f"{self.host} does not answer.", host=self.host) from error
        except (AddressRefused, AnswerTooLarge) as error:
            raise Refused(error.message, host=self.host) from error
        if answer.status_code == 429 or answer.status_code >= 500:
            raise Unavailable(
                f"{self.host} answers {answer.status_code}.",
                retry_after_s=patience_s(answer.status_code, answer.headers, now=time.time()),
                status=answer.status_code,
            )
        if answer.status_code != 200:
            raise self._not_done(answer)
        try:
            return msgspec.json.decode(answer.content or b"{}", type=dict[str, Any])
        except UNREADABLE as error:
            raise Unavailable(f"{self.host} does not answer as a Bluesky server does.") from error

    def _not_done(self, answer: httpx.Response) -> NotDone:
        try:
            said = msgspec.json.decode(answer.content, type=dict[str, Any])
        except UNREADABLE:
            said = {}
        return NotDone(self.host, answer.status_code, said)


def _size(content: Path | bytes) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


async def _parts(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while part := await asyncio.to_thread(file.read, PART_BYTES):
            yield part


def patience_s(status: int, headers: Mapping[str, str], *, now: float) -> float | None:
    """How long a server asks to wait, by its own clock's reset (seconds since 1970) or plainly."""
    reset_at, wait = headers.get("ratelimit-reset", ""), headers.get("retry-after", "")
    if status == 429 and reset_at.isdecimal():
        return max(1.0, float(reset_at) - now)
    return float(wait) if wait.isdecimal() else None
