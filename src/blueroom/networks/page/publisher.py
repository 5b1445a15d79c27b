"""Puts replies on the asker's own page, which shows what our database holds."""

# ruff: noqa: ARG002  # the interface names the parameters, also those not needed here

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from blueroom.networks.interface import (
    Attachment,
    Card,
    Limits,
    Preview,
    Refused,
    Sent,
    Target,
)
from blueroom.networks.plain_text import preview_text

LIMITS = Limits(text_limit=1000, images=4, video_size_bytes=500_000_000, shows_clips=True)


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
        card: Card | None = None,
        lang: str = "",
        key: str,
        at: datetime,
        memory: dict[str, Any] | None = None,
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

    def preview(
        self,
        *,
        to: Target,
        text: str,
        media: Sequence[Attachment] = (),
        card: Card | None = None,
    ) -> Preview:
        """The reply with its links marked, and what stands against it."""
        return preview_text(text, limits=LIMITS, marks=("link",), media=media)
