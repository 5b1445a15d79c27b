"""What a well-behaved server does is in tests/atproto/bluesky_pds_test.py; here are the others."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from blueroom.base.outbound import Door
from blueroom.networks.bluesky.publisher import LIMITS, BlueskyPublisher
from blueroom.networks.bluesky.session import WrongPassword
from blueroom.networks.bluesky.xrpc import patience_s
from blueroom.networks.interface import (
    Attachment,
    Part,
    Preview,
    Refused,
    Sent,
    Target,
    Unavailable,
)

NOW = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
KEY = "3mptbyqhi7s2f"
DID = "did:plc:roomroomroomroomroomroom"
ASKED = Target(
    id="at://did:plc:zoezoezoezoezoezoezoezoe/app.bsky.feed.post/3mqa2bcdefg2h", version="c1"
)
OURS = f"at://{DID}/app.bsky.feed.post/{KEY}"
SESSION = (200, {"did": DID, "handle": "room.test", "accessJwt": "a1", "refreshJwt": "r1"})
MADE = (200, {"uri": OURS, "cid": "c2"})
FOUND = (200, {"uri": OURS, "cid": "c2", "value": {"reply": {"parent": {"uri": ASKED.id}}}})
MISSING = (400, {"error": "RecordNotFound", "message": "no such record"})
PICTURE = Attachment(
    path=Path("picture.png"), media_type="image/png", size_bytes=1, width_px=1, height_px=1
)
VIDEO = replace(PICTURE, path=Path("clip.mp4"), media_type="video/mp4", duration_s=42)

Answer = tuple[Any, ...]  # status, body as JSON or bytes, headers; or nothing: it hangs up


@dataclass
class Pds:
    """A server on 127.0.0.1 that gives each method its answers in turn, the last one for ever."""

    answers: dict[str, list[Answer]]
    asked: list[tuple[str, str]] = field(default_factory=list)  # method, token
    port: int = 0

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            headers = {
                name.lower(): value.strip()
                for name, _, value in (row.partition(":") for row in head.split("\r\n")[1:])
            }
            await reader.readexactly(int(headers.get("content-length", 0)))
            method = head.split()[1].partition("?")[0].rpartition(".")[2]
            self.asked.append((method, headers.get("authorization", "").removeprefix("Bearer ")))
            waiting = self.answers[method]
            answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            writer.write(_http(*answer) if answer else b"")
            await writer.drain()
        writer.close()

    @contextlib.asynccontextmanager
    async def publisher(
        self, state: dict[str, Any] | None = None
    ) -> AsyncIterator[BlueskyPublisher]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        async with server:
            self.port = server.sockets[0].getsockname()[1]
            writer = BlueskyPublisher(
                service=f"http://127.0.0.1:{self.port}",
                handle=" @room.test",
                password=" secret-word ",
                directory=f"http://127.0.0.1:{self.port}",
                state={} if state is None else state,
                door=Door(["127.0.0.1"]),
            )
            try:
                yield writer
            finally:
                await writer.close()


def _http(status: int, body: Any, headers: dict[str, str] | None = None) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    rows = {"Content-Length": len(content), "Connection": "close", **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in rows.items())
    return f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + content


def reply(pds: Pds, state: dict[str, Any] | None = None, **words: Any) -> Sent:
    async def run() -> Sent:
        async with pds.publisher(state) as writer:
            return await writer.reply(
                **{"to": ASKED, "text": "Oui", "key": KEY, "at": NOW, **words}
            )

    return asyncio.run(run())


SENT = Sent(id=OURS, url=f"https://bsky.app/profile/{DID}/post/{KEY}", version="c2")


def test_reply_logs_in_and_keeps_the_session_in_the_state() -> None:
    pds = Pds({"createSession": [SESSION], "createRecord": [MADE]})
    state: dict[str, Any] = {}

    assert reply(pds, state) == SENT
    assert pds.asked == [("createSession", ""), ("createRecord", "a1")]
    account = f"room.test http://127.0.0.1:{pds.port}"
    assert state == {"account": account, "did": DID, "access_jwt": "a1", "refresh_jwt": "r1"}


def test_reply_forgets_the_session_of_another_account() -> None:
    pds = Pds({"createSession": [SESSION], "createRecord": [MADE]})

    reply(pds, {"account": "other.test https://pds.test", "did": "x", "access_jwt": "b"})

    assert pds.asked == [("createSession", ""), ("createRecord", "a1")]


@pytest.mark.parametrize(
    "expired", [(400, {"error": "ExpiredToken"}), (401, {"error": "InvalidToken"}), (401, b"")]
)
def test_reply_refreshes_an_expired_session_once(expired: Answer) -> None:
    fresh = (200, {"did": DID, "accessJwt": "a2", "refreshJwt": "r2"})
    pds = Pds(
        {
            "createSession": [SESSION],
            "createRecord": [expired, MADE],
            "refreshSession": [fresh],
        }
    )

    assert reply(pds) == SENT
    assert pds.asked == [
        ("createSession", ""),
        ("createRecord", "a1"),
        ("refreshSession", "r1"),
        ("createRecord", "a2"),
    ]


def test_replies_at_once_refresh_an_expired_session_together() -> None:
    expired = (400, {"error": "ExpiredToken"})
    fresh = (200, {"did": DID, "accessJwt": "a2", "refreshJwt": "r2"})
    pds = Pds({"createRecord": [expired, expired, MADE], "refreshSession": [fresh]})
    state: dict[str, Any] = {}

    async def run() -> list[Sent]:
        async with pds.publisher(state) as writer:
            state.update(did=DID, access_jwt="a1", refresh_jwt="r1")
            return await asyncio.gather(
                *(writer.reply(to=ASKED, text="Oui", key=KEY, at=NOW) for _ in range(2))
            )

    assert asyncio.run(run()) == [SENT, SENT]
    assert [method for method, _ in pds.asked].count("refreshSession") == 1


def test_reply_is_refused_when_a_fresh_session_is_expired_too() -> None:
    expired = (400, {"error": "ExpiredToken", "message": "Token has expired"})
    pds = Pds(
        {
            "createSession": [SESSION],
            "createRecord": [expired],
            "refreshSession": [SESSION],
            "getRecord": [expired],
        }
    )

    with pytest.raises(Refused, match="ExpiredToken"):
        reply(pds)


@pytest.mark.parametrize(
    "lost", [(), (500, {"error": "InternalServerError"}), (502, b"<html>"), (400, {"error": "Odd"})]
)
def test_reply_finds_what_it_made_when_the_answer_was_lost(lost: Answer) -> None:
    pds = Pds({"createSession": [SESSION], "createRecord": [lost], "getRecord": [FOUND]})

    assert reply(pds) == SENT


@pytest.mark.parametrize(
    "answer", [(), (503, b""), (429, {"error": "RateLimitExceeded"}), (200, b"<html>")]
)
def test_reply_is_unavailable_when_another_try_may_do(answer: Answer) -> None:
    pds = Pds({"createSession": [SESSION], "createRecord": [answer], "getRecord": [MISSING]})

    with pytest.raises(Unavailable):
        reply(pds)


def test_reply_passes_on_how_long_the_server_asks_to_wait() -> None:
    busy = (503, b"", {"Retry-After": "20"})
    pds = Pds({"createSession": [SESSION], "createRecord": [busy], "getRecord": [MISSING]})

    with pytest.raises(Unavailable) as caught:
        reply(pds)
    assert caught.value.retry_after_s == 20


@pytest.mark.parametrize(
    ("status", "headers", "wait_s"),
    [
        (429, {"ratelimit-reset": "1090"}, 90.0),
        (429, {"ratelimit-reset": "990"}, 1.0),
        (429, {"ratelimit-reset": "soon", "retry-after": "5"}, 5.0),
        (503, {"ratelimit-reset": "1090", "retry-after": "20"}, 20.0),
        (503, {"retry-after": "Fri, 20 Nov 2026 20:00:00 GMT"}, None),
        (500, {}, None),
    ],
)
def test_patience_s_reads_what_servers_say(
    status: int, headers: dict[str, str], wait_s: float | None
) -> None:
    assert patience_s(status, headers, now=1000.0) == wait_s


def test_reply_is_refused_with_the_server_s_own_words() -> None:
    invalid = (400, {"error": "InvalidRequest", "message": "Invalid app.bsky.feed.post record"})
    pds = Pds({"createSession": [SESSION], "createRecord": [invalid], "getRecord": [MISSING]})

    with pytest.raises(Refused) as caught:
        reply(pds)
    assert caught.value.message == (
        "127.0.0.1 refuses: InvalidRequest: Invalid app.bsky.feed.post record"
    )


@pytest.mark.parametrize(
    "answer",
    [
        (401, {"error": "AuthenticationRequired", "message": "Invalid identifier or password"}),
        (401, {"error": "AuthFactorTokenRequired", "message": "A sign in code has been sent"}),
        (400, {"error": "AuthFactorTokenRequired", "message": "A sign in code has been sent"}),
    ],
)
def test_reply_asks_for_a_new_password_when_the_log_in_is_refused(answer: Answer) -> None:
    with pytest.raises(WrongPassword, match="app password") as caught:
        reply(Pds({"createSession": [answer]}))
    assert "secret-word" not in str(caught.value) + str(caught.value.details)


def test_reply_is_refused_by_what_is_no_bluesky_server() -> None:
    for answer in ((200, {"hello": "world"}), (404, b"<html>"), (200, b"x" * 6_000_000)):
        with pytest.raises(Refused):
            reply(Pds({"createSession": [answer]}))


def test_reply_leaves_a_mention_of_nobody_as_text() -> None:
    nobody = (400, {"error": "InvalidRequest", "message": "Unable to resolve handle"})
    pds = Pds({"createSession": [SESSION], "createRecord": [MADE], "resolveHandle": [nobody]})

    assert reply(pds, text="Merci @nobody.test") == SENT


def test_reply_is_refused_when_the_asked_post_has_no_author_any_more() -> None:
    pds = Pds({"/did:plc:zoezoezoezoezoezoezoezoe": [(404, {"message": "DID not registered"})]})

    with pytest.raises(Refused, match="gone"):
        reply(pds, to=Target(id=ASKED.id))


@pytest.mark.parametrize(
    "strange", ["", "https://bsky.app/x", "at://zoe.test/a/b", "at://did:key:z/a/b"]
)
def test_reply_is_refused_under_what_is_no_post(strange: str) -> None:
    with pytest.raises(Refused):
        reply(Pds({}), to=Target(id=strange))


def test_a_server_s_address_must_be_one() -> None:
    for address in ("", "bsky.social", "ftp://bsky.social", "https://"):
        with pytest.raises(Refused):
            BlueskyPublisher(
                service=address, handle="", password="", directory="", state={}, door=Door()
            )


@pytest.mark.parametrize(
    ("text", "media", "problem"),
    [
        ("x" * 301, (), "too_long"),
        ("👨‍👩‍👧‍👦" * 121, (), "too_many_bytes"),
        (" \n", (), "empty"),
        ("Voici", (PICTURE,) * 5, "reply_too_many_media"),
        ("Voici", (replace(VIDEO, duration_s=601),), "video_too_long"),
    ],
)
def test_reply_refuses_before_asking_anybody_what_the_preview_has_a_problem_with(
    text: str, media: tuple[Attachment, ...], problem: str
) -> None:
    pds = Pds({})

    with pytest.raises(Refused) as caught:
        reply(pds, text=text, media=media)
    assert caught.value.details == {"problem": problem}
    assert pds.asked == []


def preview(text: str, *media: Attachment) -> Preview:
    async def run() -> Preview:
        async with Pds({}).publisher() as writer:
            return writer.preview(to=ASKED, text=text, media=media)

    return asyncio.run(run())


def test_preview_shows_parts_and_length_as_bluesky_counts_it() -> None:
    assert preview("Oui 👨‍👩‍👧‍👦 #AskGuetta") == Preview(
        text="Oui 👨‍👩‍👧‍👦 #AskGuetta",
        parts=[
            Part(text="Oui 👨‍👩‍👧‍👦 "),
            Part(text="#AskGuetta", kind="tag", href="https://bsky.app/hashtag/AskGuetta"),
        ],
        length=16,
        limits=LIMITS,
    )


def test_preview_has_no_problem_with_exactly_the_limit() -> None:
    assert preview("é" * 300).problems == ()
    assert preview("👨‍👩‍👧‍👦" * 120).problems == ()  # 25 bytes each


def test_preview_names_every_problem_at_once() -> None:
    big = replace(VIDEO, size_bytes=300_000_001)
    codes = [code for code, _ in preview("👨‍👩‍👧‍👦" * 301, big).problems]
    assert codes == ["too_long", "too_many_bytes", "video_too_big"]


def test_preview_takes_a_video_without_words() -> None:
    assert preview("", VIDEO).problems == ()


def test_preview_counts_what_no_network_can_send_without_falling_over() -> None:
    assert [code for code, _ in preview("\ud800").problems] == ["not_text"]


def test_take_back_refuses_what_is_no_record() -> None:
    async def run() -> None:
        async with Pds({}).publisher() as writer:
            await writer.take_back(sent=Sent(id="nothing"))

    with pytest.raises(Refused):
        asyncio.run(run())
