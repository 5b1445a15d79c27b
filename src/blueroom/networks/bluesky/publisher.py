"""Writes to Bluesky: a reply under a post, once, and its deletion.

Records: https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json;
calls: https://docs.bsky.app/docs/api/com-atproto-repo-create-record. Read 2026-11.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from blueroom.base.outbound import Door
from blueroom.networks.attachments import media_problems
from blueroom.networks.bluesky import text as rich
from blueroom.networks.bluesky.embeds import IMAGE_BYTES, IMAGES_LIMIT, VIDEO_BYTES, Embeds
from blueroom.networks.bluesky.identity import RecordPlace, find_home
from blueroom.networks.bluesky.profiles import display_name
from blueroom.networks.bluesky.session import Session
from blueroom.networks.bluesky.source import post_page
from blueroom.networks.bluesky.video_service import AUTO
from blueroom.networks.bluesky.wire import POSTS
from blueroom.networks.bluesky.xrpc import NotDone, Service
from blueroom.networks.interface import (
    Attachment,
    Author,
    Card,
    Limits,
    MediaRefused,
    Preview,
    Refused,
    Sent,
    Target,
    Unavailable,
)

log = logging.getLogger(__name__)

LIMITS = Limits(
    text_limit=rich.TEXT_LIMIT,
    text_unit="graphemes",
    bytes_limit=rich.BYTES_LIMIT,
    images=IMAGES_LIMIT,
    image_size_bytes=IMAGE_BYTES,
    video_size_bytes=VIDEO_BYTES,
    video_duration_s=600,  # https://bsky.app/profile/bsky.app/post/3mtwf7gxkwc2r, of 2026-09
    cards=True,
    cost_note="Free. At most 1,666 replies an hour and 11,666 a day.",
)
BLOB_ERRORS = frozenset({"BlobNotFound", "InvalidMimeType", "InvalidSize"})


class BlueskyPublisher:
    """Replies as one account. `state` is the account's memory (see `Session`)."""

    limits = LIMITS

    def __init__(
        self,
        *,
        service: str,
        handle: str,
        password: str,
        directory: str,
        video_service: str = AUTO,
        state: dict[str, Any],
        door: Door,
    ) -> None:
        self._door = door
        self._directory = directory
        self._service = Service(service, door)
        self._session = Session(self._service, handle, password, state)
        self._embeds = Embeds(
            self._session, video_service=video_service, directory=directory, door=door
        )

    def preview(
        self,
        *,
        to: Target,  # noqa: ARG002 - other networks' previews depend on it
        text: str,
        media: Sequence[Attachment] = (),
        card: Card | None = None,
    ) -> Preview:
        """See `Previews.preview`."""
        length, size = rich.graphemes(text), len(text.encode(errors="replace"))
        problems = []
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            problems.append(("not_text", "The text holds half a character: write it again."))
        if not text.strip() and not media and not card:
            problems.append(("empty", "There is nothing to send."))
        if length > rich.TEXT_LIMIT:
            over = length - rich.TEXT_LIMIT
            problems.append(("too_long", f"{over} characters over Bluesky's {rich.TEXT_LIMIT}."))
        if size > rich.BYTES_LIMIT:
            over = size - rich.BYTES_LIMIT
            problems.append(("too_many_bytes", f"{over} bytes over Bluesky's {rich.BYTES_LIMIT}."))
        problems += media_problems(media, LIMITS)
        return Preview(
            text=text,
            parts=rich.parts(text),
            length=length,
            limits=LIMITS,
            problems=tuple(problems),
        )

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
        """See `Publisher.reply`. The key is the record's own, so that it cannot be there twice.

        The memory's keys: `embed` (what goes with the post, uploaded), and those of VideoService.
        """
        memory = {} if memory is None else memory
        preview = self.preview(to=to, text=text, media=media, card=card)
        if preview.problems:
            raise Refused(preview.problems[0][1], problem=preview.problems[0][0])
        record: dict[str, Any] = {
            "$type": POSTS,
            "text": text,
            "createdAt": at.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "reply": await self._refs(to),
        }
        did = await self._session.did()
        # A try that nobody remembers may have come through: then nothing is uploaded again.
        if media and not memory and (found := await self._find(did, key, to)):
            return found
        if facets := rich.facets(preview.parts, await self._dids(rich.mentioned(preview.parts))):
            record["facets"] = facets
        if lang:
            record["langs"] = [lang]
        if embed := await self._embed(media, card, memory):
            record["embed"] = embed
        body = {"repo": did, "collection": POSTS, "rkey": key, "record": record}
        try:
            made = await self._session.post("com.atproto.repo.createRecord", body)
        except (NotDone, Unavailable) as error:
            # An earlier try may have made it, or this one before its answer was lost.
            if found := await self._find(did, key, to):
                return found
            if isinstance(error, NotDone) and error.error in BLOB_ERRORS:
                memory.clear()  # a server forgets what no record names within some hours
                raise Unavailable("What goes with the reply has to be sent anew.") from error
            raise
        return Sent(id=made["uri"], url=post_page(did, key), version=made["cid"])

    async def take_back(self, *, sent: Sent) -> None:
        """See `Publisher.take_back`. Deleting what is gone is no error on Bluesky."""
        place = RecordPlace.read(sent.id)
        body = {"repo": place.did, "collection": place.collection, "rkey": place.rkey}
        await self._session.post("com.atproto.repo.deleteRecord", body)

    async def check_account(self) -> Author:
        """See `ChecksAccount.check_account`. Logs in anew, whatever session there is."""
        answer = await self._session.log_in()
        return Author(
            id=answer["did"],
            handle=answer.get("handle", ""),
            name=await display_name(answer["did"], self._service),
        )

    async def close(self) -> None:
        await self._service.close()

    async def _embed(
        self, media: Sequence[Attachment], card: Card | None, memory: dict[str, Any]
    ) -> dict[str, Any] | None:
        """What goes with the post, uploaded once for all tries."""
        if "embed" not in memory:
            try:
                memory["embed"] = await self._embeds.of(media, card, memory)
            except MediaRefused as error:
                if card is None:
                    raise
                log.warning("a reply goes out with a link: %s", error.message)
                memory["embed"] = await self._embeds.of((), card, memory)
        return memory["embed"] or None

    async def _find(self, did: str, key: str, to: Target) -> Sent | None:
        """The reply with this key, if it is there."""
        try:
            found = await self._session.get(
                "com.atproto.repo.getRecord", repo=did, collection=POSTS, rkey=key
            )
        except (NotDone, Unavailable):
            return None
        if found["value"].get("reply", {}).get("parent", {}).get("uri") != to.id:
            raise Refused("The key of this reply belongs to another one.", key=key)
        return Sent(id=found["uri"], url=post_page(did, key), version=found["cid"])

    async def _refs(self, to: Target) -> dict[str, dict[str, str]]:
        """The answered post and the root of its thread, each at one version."""
        if not to.version or (to.root_id and to.root_id != to.id and not to.root_version):
            to = await self._completed(to)
        parent = {"uri": to.id, "cid": to.version}
        if not to.root_id or to.root_id == to.id:
            return {"root": parent, "parent": parent}
        return {"root": {"uri": to.root_id, "cid": to.root_version}, "parent": parent}

    async def _completed(self, to: Target) -> Target:
        """The target as its own record tells it, asked of its author's server."""
        place = RecordPlace.read(to.id)
        home = await find_home(place.did, directory=self._directory, door=self._door)
        service = Service(home.service_url, self._door)
        try:
            found = await service.get(
                "com.atproto.repo.getRecord",
                repo=place.did,
                collection=place.collection,
                rkey=place.rkey,
            )
        except NotDone as error:
            raise Refused("The post that you answer is gone.", id=to.id) from error
        finally:
            await service.close()
        root = found["value"].get("reply", {}).get("root", {})
        return replace(
            to,
            version=to.version or found["cid"],
            root_id=root.get("uri", ""),
            root_version=root.get("cid", ""),
        )

    async def _dids(self, handles: Sequence[str]) -> dict[str, str]:
        """The ids of those of the handles that are somebody's."""
        dids = {}
        for handle in handles:
            try:
                answer = await self._session.get(
                    "com.atproto.identity.resolveHandle", handle=handle
                )
            except NotDone:
                continue
            dids[handle] = answer["did"]
        return dids
