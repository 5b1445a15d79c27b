"""An account's session: logged in with an app password, renewed when its token has run out.

https://atproto.com/specs/xrpc#authentication and the lexicons com.atproto.server.createSession
and refreshSession. Bluesky allows 30 log-ins in 5 minutes and 300 a day
(https://docs.bsky.app/docs/advanced-guides/rate-limits), so the tokens are kept.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from blueroom.networks.bluesky.xrpc import NotDone, Service
from blueroom.networks.interface import Refused

TOKEN_ERRORS = frozenset({"ExpiredToken", "InvalidToken", "AuthMissing"})
Answer = dict[str, Any]


class WrongPassword(Refused):
    """The server does not know this handle with this password."""

    code = "bluesky_wrong_password"
    sentence = (
        "Bluesky does not accept this handle with this password. Make a new app password "
        "(Settings, Privacy and security, App passwords) and enter it here."
    )


class Session:
    """Calls a service as one account. `state` is the account's memory, changed in place.

    Its keys: `account` (which account the rest belongs to), `did`, `access_jwt`, `refresh_jwt`.
    """

    def __init__(self, service: Service, handle: str, password: str, state: dict[str, Any]) -> None:
        self._service = service
        self._handle = handle.strip().removeprefix("@")
        self._password = password.strip()
        self._state = state
        self._renewing = asyncio.Lock()
        account = f"{self._handle} {service.url}"
        if state.get("account") != account:
            state.clear()
            state["account"] = account

    async def did(self) -> str:
        """The account's own id."""
        await self._token()
        return str(self._state["did"])

    async def get(self, method: str, **params: str) -> Answer:
        """As `Service.get`, logged in. Raises WrongPassword besides."""
        return await self._ask(lambda token: self._service.get(method, token=token, **params))

    async def post(self, method: str, body: Mapping[str, Any]) -> Answer:
        """As `Service.post`, logged in. Raises WrongPassword besides."""
        return await self._ask(lambda token: self._service.post(method, body, token=token))

    async def upload(self, content: Path | bytes, *, media_type: str, within_s: float) -> Answer:
        """The blob that the server made of a file. It is kept only once a record names it."""
        method = "com.atproto.repo.uploadBlob"
        made = await self._ask(
            lambda token: self._service.upload(
                method, content, media_type=media_type, within_s=within_s, token=token
            )
        )
        return dict(made["blob"])

    async def service_token(self, *, audience: str, method: str, lasts_s: float) -> str:
        """A token with which another service may call `method` in the account's name.

        `audience` is the did of the server that will be shown it. Lasts an hour at most:
        https://atproto.com/specs/xrpc#inter-service-authentication-jwt
        """
        until = str(int(time.time() + lasts_s))
        answer = await self.get(
            "com.atproto.server.getServiceAuth", aud=audience, lxm=method, exp=until
        )
        return str(answer["token"])

    async def log_in(self) -> Answer:
        """A new session, whatever there was. Raises WrongPassword."""
        try:
            answer = await self._service.post(
                "com.atproto.server.createSession",
                {"identifier": self._handle, "password": self._password},
            )
        except NotDone as error:
            if error.error == "AuthFactorTokenRequired":
                raise WrongPassword(
                    "This account asks for a code by e-mail: use an app password instead."
                ) from error
            if error.status == 401:
                raise WrongPassword from error
            raise
        self._keep(answer)
        return answer

    async def _ask(self, call: Callable[[str], Awaitable[Answer]]) -> Answer:
        token = await self._token()
        try:
            return await call(token)
        except NotDone as error:
            if error.status != 401 and error.error not in TOKEN_ERRORS:
                raise
        return await call(await self._renewed(token))

    async def _token(self) -> str:
        return str(self._state.get("access_jwt") or await self._renewed(""))

    async def _renewed(self, old: str) -> str:
        """A token other than `old`: by refreshing, or by logging in where that is refused."""
        async with self._renewing:
            if self._state.get("access_jwt", "") == old:  # else another call was quicker
                await self._refresh()
            return str(self._state["access_jwt"])

    async def _refresh(self) -> None:
        refresh = self._state.get("refresh_jwt")
        if not refresh:
            await self.log_in()
            return
        try:
            method = "com.atproto.server.refreshSession"
            self._keep(await self._service.post(method, token=refresh))
        except NotDone:  # it has run out after two months, or the password was changed
            await self.log_in()

    def _keep(self, answer: Answer) -> None:
        try:
            self._state |= {
                "did": answer["did"],
                "access_jwt": answer["accessJwt"],
                "refresh_jwt": answer["refreshJwt"],
            }
        except KeyError as error:
            raise Refused(f"{self._service.host} is no Bluesky server.") from error
