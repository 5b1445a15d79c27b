"""Calls to an AT Protocol server: XRPC over HTTP, with its errors as ours.

https://atproto.com/specs/xrpc, read 2026-11. Rate limits are told by 429 and `ratelimit-reset`
(seconds since 1970): https://docs.bsky.app/docs/advanced-guides/rate-limits.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from blueroom.base.outbound import AddressRefused, AnswerTooLarge, Door, NoAnswer
from blueroom.networks.bluesky.wire import UNREADABLE
from blueroom.networks.interface import Refused, Unavailable


class NotDone(Refused):
    """The server says no, with an error of its own: `error` is its name ("RecordNotFound")."""

    code = "bluesky_not_done"

    def __init__(self, host: str, status: int, error: str, message: str) -> None:
        said = f"{error}: {message}" if error else str(status)
        super().__init__(f"{host} refuses: {said}"[:300], status=status, error=error)
        self.status, self.error = status, error


class _Error(msgspec.Struct):
    error: str = ""
    message: str = ""


class Service:
    """One server, asked by the name of a method ("com.atproto.repo.getRecord").

    Calls raise NotDone where the server says no, Unavailable where another try may do.
    """

    def __init__(self, url: str, door: Door) -> None:
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

    async def close(self) -> None:
        await self._client.aclose()

    async def _ask(self, verb: str, method: str, token: str, **what: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            answer = await self._client.request(verb, method, headers=headers, **what)
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
            said = msgspec.json.decode(answer.content, type=_Error)
        except UNREADABLE:
            said = _Error()
        return NotDone(self.host, answer.status_code, said.error, said.message)


def patience_s(status: int, headers: Mapping[str, str], *, now: float) -> float | None:
    """How long a server asks to wait, by its own clock's reset (seconds since 1970) or plainly."""
    reset_at, wait = headers.get("ratelimit-reset", ""), headers.get("retry-after", "")
    if status == 429 and reset_at.isdecimal():
        return max(1.0, float(reset_at) - now)
    return float(wait) if wait.isdecimal() else None
