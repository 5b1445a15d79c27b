"""Looks at a video from elsewhere: whether it is there, moves on, and may be shown by our pages.

Playlists as RFC 8216 has them: https://www.rfc-editor.org/rfc/rfc8216, section 4.3, read 2026-11.
What lets pages of other sites read an answer: https://fetch.spec.whatwg.org/#http-cors-protocol.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import httpx
import msgspec

from blueroom.base.errors import BlueRoomError
from blueroom.base.outbound import AnswerTooLarge, Door
from blueroom.walls.errors import (
    RelayEnded,
    RelayGone,
    RelayNotShared,
    RelayNotVideo,
)
from blueroom.walls.relay_addresses import Way, origin_of

TIMEOUT_S = 8
PLAYLIST_BYTES = 2_000_000
ORIGINS_MAX = 20
URI = re.compile(r'URI="([^"]+)"')
PUBLISHED = 1  # PeerTube's states of a video: to be transcoded, waiting for live, ended are others


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a look found. `origins` are those that it loads from; `mark` changes as a live playlist
    goes on, and is empty where that says nothing; `target_s` is its segments' length."""

    origins: list[str]
    is_live: bool = False
    mark: str = ""
    target_s: float = 0.0


@dataclass(frozen=True)
class Playlist:
    """One playlist: addresses of other playlists, or of segments and what belongs to them."""

    variants: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)
    is_ended: bool = False
    target_s: float = 0.0
    sequence: str = ""


def read_playlist(text: str, *, url: str) -> Playlist:
    """Raises: RelayNotVideo."""
    lines = [line.strip() for line in text.removeprefix("\ufeff").splitlines()]
    if not lines or not lines[0].startswith("#EXTM3U"):
        raise RelayNotVideo
    variants, others, segments = [], [], []
    target_s, sequence, follows = 0.0, "0", ""
    for line in lines[1:]:
        tag, _, value = line.partition(":")
        if tag in ("#EXT-X-STREAM-INF", "#EXTINF"):
            follows = tag
        elif tag == "#EXT-X-TARGETDURATION":
            target_s = float(value) if re.fullmatch(r"\d{1,6}(\.\d+)?", value) else 0.0
        elif tag == "#EXT-X-MEDIA-SEQUENCE":
            sequence = value[:20]
        elif line.startswith("#"):
            others += [urljoin(url, uri) for uri in URI.findall(line)]
        elif line:
            (variants if follows == "#EXT-X-STREAM-INF" else segments).append(urljoin(url, line))
    if not variants and not target_s:
        raise RelayNotVideo
    is_ended = "#EXT-X-ENDLIST" in lines
    return Playlist(variants, others, segments, is_ended, target_s, sequence)


async def look_at(door: Door, way: str, url: str, *, site: str, is_first: bool) -> Seen:
    """What is there now. `site` is our own origin, that has to be let in; `is_first` looks at a
    piece of the video too.

    Raises:
        RelayGone, RelayEnded, RelayNotVideo, RelayNotShared, and what the door raises.
    """
    async with door.client(
        headers={"Origin": site},
        timeout_s=TIMEOUT_S,
        connect_timeout_s=TIMEOUT_S / 2,
        size_limit_bytes=PLAYLIST_BYTES,
        follow_redirects=True,
    ) as client:
        try:
            if way == Way.HLS:
                return await _hls(client, url, site=site, is_first=is_first)
            if way == Way.FILE:
                return await _file(client, url)
            if way == Way.PEERTUBE:
                return await _peertube(client, url)
        except httpx.HTTPError as error:  # too many redirects, an address that is none
            raise RelayGone from error
    return Seen(origins=[origin_of(url)])


async def look_at_all(
    door: Door, asked: list[tuple[str, str]], *, site: str
) -> list[Seen | BlueRoomError]:
    """The same for several, (way, url) each, at once, with what was raised in its place."""
    looks = [look_at(door, way, url, site=site, is_first=False) for way, url in asked]
    found: list[Seen | BlueRoomError] = []
    for one in await asyncio.gather(*looks, return_exceptions=True):
        if not isinstance(one, Seen | BlueRoomError):
            raise one
        found.append(one)
    return found


async def _hls(client: httpx.AsyncClient, url: str, *, site: str, is_first: bool) -> Seen:
    first, url_there = await _playlist(client, url, site)
    media, addresses = first, [url, url_there, *first.variants, *first.others]
    if first.variants:
        media, media_there = await _playlist(client, first.variants[0], site)
        addresses.append(media_there)
    addresses += media.others + media.segments
    if is_first and media.segments:
        piece = await _head_of(client, media.segments[-1])
        _check_shared(piece, site)
    origins = list(dict.fromkeys(map(origin_of, addresses)))
    return Seen(
        origins=[one for one in origins if _is_web(one)][:ORIGINS_MAX],
        is_live=not media.is_ended,
        mark=f"{media.sequence}+{len(media.segments)}",
        target_s=media.target_s,
    )


async def _playlist(client: httpx.AsyncClient, url: str, site: str) -> tuple[Playlist, str]:
    """The playlist, and the address that it came from in the end."""
    answer = await client.get(url)
    _check_there(answer)
    _check_shared(answer, site)
    there = str(answer.url)
    return read_playlist(answer.content.decode(errors="replace"), url=there), there


async def _file(client: httpx.AsyncClient, url: str) -> Seen:
    answer = await _head_of(client, url)
    _check_there(answer)
    if not answer.headers.get("content-type", "").startswith("video/"):
        raise RelayNotVideo
    return Seen(origins=list(dict.fromkeys([origin_of(url), origin_of(str(answer.url))])))


async def _head_of(client: httpx.AsyncClient, url: str) -> httpx.Response:
    """An answer's head, for its first two bytes; of what comes, the rest is not read."""
    try:
        async with client.stream("GET", url, headers={"Range": "bytes=0-1"}) as answer:
            return answer
    except AnswerTooLarge as error:
        raise RelayNotVideo from error


async def _peertube(client: httpx.AsyncClient, url: str) -> Seen:
    video = urlsplit(url).path.rpartition("/")[2]
    answer = await client.get(f"{origin_of(url)}/api/v1/videos/{video}")
    _check_there(answer)
    try:
        told = msgspec.json.decode(answer.content, type=_Video)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RelayNotVideo from error
    if told.state.id != PUBLISHED:
        raise RelayEnded
    return Seen(origins=[origin_of(url)], is_live=told.is_live)


class _State(msgspec.Struct):
    id: int = PUBLISHED


class _Video(msgspec.Struct, rename={"is_live": "isLive"}):
    uuid: str
    is_live: bool = False
    state: _State = msgspec.field(default_factory=_State)


def _is_web(origin: str) -> bool:
    return origin.startswith(("http://", "https://"))


def _check_there(answer: httpx.Response) -> None:
    if answer.status_code not in (200, 206):
        raise RelayGone(status=answer.status_code)


def _check_shared(answer: httpx.Response, site: str) -> None:
    if answer.headers.get("access-control-allow-origin", "").strip() not in ("*", site):
        raise RelayNotShared(host=answer.url.host)
