"""What goes with a post on Bluesky: pictures, a video or the card of a link, as its record has it.

The records, with their limits: https://github.com/bluesky-social/atproto/tree/main/lexicons/app/bsky/embed
(images.json, video.json, external.json), read 2026-11 as of @atproto/pds 0.5.35.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from blueroom.base.outbound import Door
from blueroom.networks.bluesky.identity import find_home
from blueroom.networks.bluesky.session import Session
from blueroom.networks.bluesky.video_service import (
    AUTO,
    Blob,
    VideoRefused,
    VideoService,
    service_url,
)
from blueroom.networks.bluesky.xrpc import NotDone
from blueroom.networks.interface import Attachment, Card, MediaRefused, reply_limit_s

log = logging.getLogger(__name__)

IMAGES_LIMIT = 4
IMAGE_BYTES = 2_000_000
THUMB_BYTES = 1_000_000
VIDEO_BYTES = 300_000_000
CAPTIONS_LIMIT = 20
CAPTIONS_BYTES = 20_000

Embed = dict[str, Any]


class Embeds:
    """Uploads what goes with one account's posts."""

    def __init__(self, session: Session, *, video_service: str, directory: str, door: Door) -> None:
        self._session = session
        self._video_service = video_service
        self._directory = directory
        self._door = door

    async def of(
        self, media: Sequence[Attachment], card: Card | None, memory: dict[str, Any]
    ) -> Embed | None:
        """What a record holds of the media, or of the card where there are none.

        Raises:
            MediaRefused: the media are not taken.
            Unavailable, Refused: as other calls; `memory` says how far it came.
        """
        if media and media[0].is_video:
            return await self._video(media[0], memory)
        if media:
            images = [await self._image(picture) for picture in media]
            return {"$type": "app.bsky.embed.images", "images": images}
        return await self._external(card) if card else None

    async def _image(self, picture: Attachment) -> dict[str, Any]:
        return {
            "image": await self._upload(picture),
            "alt": picture.alt,
            "aspectRatio": _ratio(picture),
        }

    async def _external(self, card: Card) -> Embed:
        shown: dict[str, Any] = {
            "uri": card.url,
            "title": card.title,
            "description": card.description,
        }
        if card.picture and card.picture.size_bytes <= THUMB_BYTES:
            shown["thumb"] = await self._upload(card.picture)
        return {"$type": "app.bsky.embed.external", "external": shown}

    async def _video(self, video: Attachment, memory: dict[str, Any]) -> Embed:
        embed: Embed = {
            "$type": "app.bsky.embed.video",
            "video": await self._video_blob(video, memory),
            "aspectRatio": _ratio(video),
        }
        if video.alt:
            embed["alt"] = video.alt
        if captions := await self._captions(video):
            embed["captions"] = captions
        return embed

    async def _video_blob(self, video: Attachment, memory: dict[str, Any]) -> Blob:
        url = await self._service_url()
        if not url:
            return await self._upload(video)
        service = VideoService(
            url, session=self._session, directory=self._directory, door=self._door
        )
        try:
            return await service.blob(video, memory)
        finally:
            await service.close()

    async def _service_url(self) -> str:
        chosen = self._video_service
        if chosen != AUTO:
            return service_url(chosen, account_server="")
        did = await self._session.did()
        home = await find_home(did, directory=self._directory, door=self._door)
        return service_url(AUTO, account_server=home.service_url)

    async def _captions(self, video: Attachment) -> list[dict[str, Any]]:
        made = []
        for captions in video.captions[:CAPTIONS_LIMIT]:
            text = captions.vtt.encode()
            if len(text) > CAPTIONS_BYTES:
                log.warning("captions in %s are too long for Bluesky", captions.language)
                continue
            blob = await self._session.upload(text, media_type="text/vtt", within_s=60)
            made.append({"lang": captions.language, "file": blob})
        return made

    async def _upload(self, file: Attachment) -> Blob:
        try:
            return await self._session.upload(
                file.path, media_type=file.media_type, within_s=reply_limit_s([file])
            )
        except NotDone as error:
            if error.status == 413:
                refused = VideoRefused if file.is_video else MediaRefused
                raise refused(reason="too large") from error
            raise


def _ratio(file: Attachment) -> dict[str, int]:
    return {"width": max(1, file.width_px), "height": max(1, file.height_px)}
