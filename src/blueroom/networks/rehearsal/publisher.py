"""Takes replies to the rehearsal's audience and shows them as a network would."""

# ruff: noqa: ARG002  # the interface names the parameters, also those not needed here

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import regex

from blueroom.networks.interface import (
    Attachment,
    Limits,
    Part,
    Preview,
    Refused,
    Sent,
    Target,
)

# As Bluesky has them, so that a rehearsed reply fits the real thing.
LIMITS = Limits(text_limit=300, bytes_limit=3000, images=4, video_size_bytes=100_000_000)
MARKED = re.compile(
    r"(?P<link>https?://[^\s<>\"]*[^\s<>\".,;:!?)])|(?P<mention>@[\w.-]+\w)|(?P<tag>#\w+)"
)


class ReplyRefused(Refused):
    """The reply breaks the limits that its preview shows."""

    code = "rehearsal_reply_refused"
    sentence = "The reply is not acceptable. Look at its preview."


class RehearsalPublisher:
    """Sends nothing to nobody, and gives for the same key always the same answer."""

    limits = LIMITS

    async def reply(
        self,
        *,
        to: Target,
        text: str,
        media: Sequence[Attachment] = (),
        lang: str = "",
        key: str,
        at: datetime,
    ) -> Sent:
        """Where the reply would be; it has no page.

        Raises:
            ReplyRefused: the preview names a problem.
        """
        problems = self.preview(to=to, text=text, media=media).problems
        if problems:
            raise ReplyRefused(problems[0][1], problems=[code for code, _ in problems])
        return Sent(id=f"rehearsal:reply:{key}", version="1")

    async def take_back(self, *, sent: Sent) -> None:
        """Nothing was sent, so nothing is left."""

    async def close(self) -> None:
        """No connection is held."""

    def preview(self, *, to: Target, text: str, media: Sequence[Attachment] = ()) -> Preview:
        """The reply with its tags, mentions and links marked, and what stands against it."""
        length = len(regex.findall(r"\X", text))
        problems = []
        if not text.strip() and not media:
            problems.append(("reply_empty", "The reply is empty."))
        if length > LIMITS.text_limit or len(text.encode()) > (LIMITS.bytes_limit or 0):
            problems.append(("reply_too_long", f"A reply holds {LIMITS.text_limit} characters."))
        if len(media) > LIMITS.images:
            problems.append(("reply_too_many_media", f"A reply holds {LIMITS.images} pictures."))
        return Preview(
            text=text, parts=_parts(text), length=length, limits=LIMITS, problems=problems
        )


def _parts(text: str) -> list[Part]:
    parts: list[Part] = []
    done = 0
    for found in MARKED.finditer(text):
        if found.start() > done:
            parts.append(Part(text=text[done : found.start()]))
        parts.append(_marked(found))
        done = found.end()
    if done < len(text):
        parts.append(Part(text=text[done:]))
    return parts


def _marked(found: re.Match[str]) -> Part:
    kinds: tuple[Literal["link", "mention", "tag"], ...] = ("link", "mention", "tag")
    kind = next(kind for kind in kinds if found[kind])
    return Part(text=found[0], kind=kind, href=found[0] if kind == "link" else "")
