"""What an address that somebody pastes plays, and by whose player; no network, no database.

The parameters of the players are those that their makers document, read 2026-11:
https://developers.google.com/youtube/player_parameters
https://dev.twitch.tv/docs/embed/video-and-clips/
https://docs.joinpeertube.org/api/embed-player
https://owncast.online/docs/embed/ and /docs/video/ (its playlist is /hls/stream.m3u8)
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, quote, urlencode, urlsplit

from blueroom.walls.errors import RelayAddressUnclear

ADDRESS_LENGTH_MAX = 1000
YOUTUBE = "https://www.youtube-nocookie.com"
TWITCH = "https://player.twitch.tv"
TWITCH_CLIPS = "https://clips.twitch.tv"

YOUTUBE_HOSTS = {"youtube.com", "youtube-nocookie.com", "youtu.be"}
VIDEO_ID = re.compile(r"[\w-]{11}", re.ASCII)
CHANNEL_ID = re.compile(r"UC[\w-]{22}", re.ASCII)
CLIP_ID = re.compile(r"[\w-]{4,100}", re.ASCII)
TWITCH_NAME = re.compile(r"[a-z0-9_]{2,25}", re.ASCII)
TWITCH_PAGES = {"directory", "downloads", "jobs", "login", "p", "search", "settings", "store"}
PEERTUBE = re.compile(r"(?:/w|/videos/(?:watch|embed))/([\w-]{20,40})/?", re.ASCII)
FILES = (".mp4", ".webm", ".m4v")


class Way(StrEnum):
    """How a relay plays: in a <video> of ours (`hls`, `file`), or in its maker's player."""

    HLS = "hls"
    FILE = "file"
    YOUTUBE = "youtube"
    TWITCH = "twitch"
    PEERTUBE = "peertube"


OURS = (Way.HLS, Way.FILE)


class Found(NamedTuple):
    """`url` is the playlist, the file, or the player without its parameters."""

    way: Way
    url: str


def recognise(address: str) -> Found:
    """What an address plays. One without a path or with Owncast's is taken as Owncast's stream.

    Raises: RelayAddressUnclear.
    """
    try:
        parts = urlsplit(address.strip())
        _ = parts.port
    except ValueError:
        raise RelayAddressUnclear from None
    is_plain = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    if not is_plain or len(address) > ADDRESS_LENGTH_MAX:
        raise RelayAddressUnclear
    found = _by_host(parts) or _by_path(parts)
    if found is None:
        raise RelayAddressUnclear
    return found


def _by_host(parts: SplitResult) -> Found | None:
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("music.")
    if host in YOUTUBE_HOSTS:
        return _youtube(parts, host)
    if host in ("twitch.tv", "player.twitch.tv", "clips.twitch.tv"):
        return _twitch(parts, host)
    return None


def _youtube(parts: SplitResult, host: str) -> Found:
    steps = [step for step in parts.path.split("/") if step]
    asked = parse_qs(parts.query)
    if steps[:1] == ["channel"] and steps[2:] == ["live"]:
        asked = {"channel": [steps[1]]}
    if host == "youtu.be":
        video = steps[0] if steps else ""
    elif steps[:1] == ["watch"]:
        video = asked.get("v", [""])[0]
    else:
        video = steps[1] if steps[:1] in (["live"], ["embed"], ["shorts"]) and steps[1:] else ""
    channel = asked.get("channel", [""])[0]
    if VIDEO_ID.fullmatch(video) and video != "live_stream":
        return Found(Way.YOUTUBE, f"{YOUTUBE}/embed/{video}")
    if CHANNEL_ID.fullmatch(channel):
        return Found(Way.YOUTUBE, f"{YOUTUBE}/embed/live_stream?channel={channel}")
    raise RelayAddressUnclear


def _twitch(parts: SplitResult, host: str) -> Found:
    steps = [step for step in parts.path.split("/") if step]
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    channel = clip = video = ""
    if host == "player.twitch.tv":
        channel, video = asked.get("channel", ""), asked.get("video", "").removeprefix("v")
    elif host == "clips.twitch.tv":
        clip = asked.get("clip", "") or "".join(steps)
    elif steps[:1] == ["videos"] and steps[1:]:
        video = steps[1]
    elif steps[1:2] == ["clip"] and steps[2:]:
        clip = steps[2]
    elif len(steps) == 1 and steps[0] not in TWITCH_PAGES:
        channel = steps[0]
    if TWITCH_NAME.fullmatch(channel.lower()):
        return Found(Way.TWITCH, f"{TWITCH}/?channel={channel.lower()}")
    if video.isascii() and video.isdigit():
        return Found(Way.TWITCH, f"{TWITCH}/?video={video}")
    if CLIP_ID.fullmatch(clip):
        return Found(Way.TWITCH, f"{TWITCH_CLIPS}/embed?clip={clip}")
    raise RelayAddressUnclear


def _by_path(parts: SplitResult) -> Found | None:
    origin = f"{parts.scheme}://{parts.netloc}"
    path = parts.path.rstrip("/").lower()
    if path.endswith(".m3u8"):
        return Found(Way.HLS, parts._replace(fragment="").geturl())
    if path.endswith(FILES):
        return Found(Way.FILE, parts._replace(fragment="").geturl())
    if video := PEERTUBE.fullmatch(parts.path):
        return Found(Way.PEERTUBE, f"{origin}/videos/embed/{video[1]}")
    if path in ("", "/embed/video"):
        return Found(Way.HLS, f"{origin}/hls/stream.m3u8")
    return None


def player_address(way: str, url: str, *, site: str) -> str:
    """The address of the maker's player: silent, beginning by itself, with captions where it has
    them. `site` is our own origin: YouTube answers it, Twitch plays on its host alone."""
    more = {
        Way.YOUTUBE: {
            "autoplay": "1",
            "mute": "1",
            "playsinline": "1",
            "controls": "0",
            "rel": "0",
            "cc_load_policy": "1",
            "enablejsapi": "1",
            "origin": site,
        },
        Way.TWITCH: {
            "parent": urlsplit(site).hostname or "",
            "muted": "true",
            "autoplay": "true",
        },
        Way.PEERTUBE: {"autoplay": "1", "muted": "1", "p2p": "0", "peertubeLink": "0"},
    }[Way(way)]
    return f"{url}{'&' if '?' in url else '?'}{urlencode(more)}"


def origin_of(url: str) -> str:
    """Scheme, host and port, as content policies name them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{quote(parts.netloc, safe=':[]')}"
