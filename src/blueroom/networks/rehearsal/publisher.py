"""Takes replies to the rehearsal's audience and shows them as a network would."""

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

# As Bluesky has them, so that a rehearsed reply fits the real thing.
LIMITS = Limits(
    text_limit=300,
    bytes_limit=3000,
    images=4,
    image_size_bytes=2_000_000,
    video_size_bytes=300_000_000,
    video_duration_s=600,
    cards=True,
)


class ReplyRefused(Refused):
    """The reply breaks the limits that its preview shows."""

    code = "rehearsal_reply_refused"
    sentence = "The reply is not acceptable. Look at its preview."


class RehearsalPublisher:
    """Sends nothing to nobody, and gives for the same key always the same answer.

    What would have gone out is left in the reply's memory.
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
        """Where the reply would be; it has no page.

        Raises:
            ReplyRefused: the preview names a problem.
        """
        problems = self.preview(to=to, text=text, media=media).problems
        if problems:
            raise ReplyRefused(problems[0][1], problems=[code for code, _ in problems])
        if memory is not None:
            memory["rehearsed"] = {
                "text": text,
                "media": [_rehearsed(one) for one in media],
                "card": card.url if card else "",
            }
        return Sent(id=f"rehearsal:reply:{key}", version="1")

    async def take_back(self, *, sent: Sent) -> None:
        """Nothing was sent, so nothing is left."""

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
        """The reply with its tags, mentions and links marked, and what stands against it."""
        return preview_text(text, limits=LIMITS, marks=("link", "mention", "tag"), media=media)


def _rehearsed(one: Attachment) -> dict[str, Any]:
    return {
        "media_type": one.media_type,
        "size_bytes": one.size_bytes,
        "duration_s": one.duration_s,
        "alt": one.alt,
        "captions": [captions.language for captions in one.captions],
    }
