"""The video of a post, as its record embeds it.

The record holds a blob; Bluesky's app view gives its playlist at a fixed address, which is what its
own `app.bsky.embed.video#view` says:
https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/embed/video.json and
packages/bsky/src/config.ts (`videoPlaylistUrlPattern`), read 2026-11.
"""

from __future__ import annotations

import re
from urllib.parse import quote

import msgspec

from blueroom.networks.bluesky.wire import UNREADABLE
from blueroom.networks.interface import Video

PLAYLIST = "https://video.bsky.app/watch/{did}/{cid}/playlist.m3u8"
DID = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]{1,200}")
CID = re.compile(r"[a-z0-9]{20,120}")


class _Link(msgspec.Struct, rename={"link": "$link"}):
    link: str = ""


class _Blob(msgspec.Struct):
    ref: _Link = msgspec.field(default_factory=_Link)


class _Media(msgspec.Struct, rename={"type": "$type"}):
    type: str = ""
    video: _Blob | None = None


class _Embed(_Media, rename={"type": "$type"}):
    media: _Media | None = None  # beside a quoted post: app.bsky.embed.recordWithMedia


class _Record(msgspec.Struct):
    embed: _Embed | None = None


class _Commit(msgspec.Struct):
    record: _Record | None = None


class _Event(msgspec.Struct):
    did: str = ""
    commit: _Commit | None = None


def video_in(raw: bytes) -> Video | None:
    """The video of the post that came as this line of Jetstream."""
    try:
        event = msgspec.json.decode(raw, type=_Event)
    except UNREADABLE:
        return None
    record = event.commit.record if event.commit else None
    embed = record.embed if record else None
    for media in (embed, embed.media if embed else None):
        if media is None or media.type != "app.bsky.embed.video" or media.video is None:
            continue
        cid = media.video.ref.link
        if DID.fullmatch(event.did) and CID.fullmatch(cid):
            return Video(url=PLAYLIST.format(did=quote(event.did), cid=cid), is_playlist=True)
    return None
