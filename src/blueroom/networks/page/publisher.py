"""Puts replies on the asker's own page, which shows what our database holds."""

# ruff: noqa: ARG002  # the interface names the parameters, also those not needed here

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

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

LIMITS = Limits(text_limit=1000, images=4, video_size_bytes=500_000_000)
LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)]")


class ReplyRefused(Refused):
    """The reply breaks the limits that its preview shows."""

    code = "page_reply_refused"
    sentence = "The reply is not acceptable. Look at its preview."


class PagePublisher:
    """Replies on our own page: nothing leaves the house, so a reply is there at once.

    The page shows a reply because the database has it; this gives it its id, the same for the same
    key.
    """

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
        """The asker's page, where the reply now is.

        Raises:
            ReplyRefused: the preview names a problem.
        """
        problems = self.preview(to=to, text=text, media=media).problems
        if problems:
            raise ReplyRefused(problems[0][1], problems=[code for code, _ in problems])
        return Sent(id=f"page:reply:{key}", url=to.url, version="1")

    async def take_back(self, *, sent: Sent) -> None:
        """The page stops showing a reply when the database says that it was taken back."""

    async def close(self) -> None:
        """No connection is held."""

    def preview(self, *, to: Target, text: str, media: Sequence[Attachment] = ()) -> Preview:
        """The reply with its links marked, and what stands against it."""
        length = len(regex.findall(r"\X", text))
        problems = []
        if not text.strip() and not media:
            problems.append(("reply_empty", "The reply is empty."))
        if length > LIMITS.text_limit:
            problems.append(("reply_too_long", f"A reply holds {LIMITS.text_limit} characters."))
        if len(media) > LIMITS.images:
            problems.append(("reply_too_many_media", f"A reply holds {LIMITS.images} pictures."))
        return Preview(
            text=text, parts=_parts(text), length=length, limits=LIMITS, problems=problems
        )


def _parts(text: str) -> list[Part]:
    parts: list[Part] = []
    done = 0
    for found in LINK.finditer(text):
        if found.start() > done:
            parts.append(Part(text=text[done : found.start()]))
        parts.append(Part(text=found[0], kind="link", href=found[0]))
        done = found.end()
    if done < len(text):
        parts.append(Part(text=text[done:]))
    return parts
