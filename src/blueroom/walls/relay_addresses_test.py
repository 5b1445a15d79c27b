from __future__ import annotations

import pytest

from blueroom.walls.errors import RelayAddressUnclear
from blueroom.walls.relay_addresses import Found, Way, origin_of, player_address, recognise

YOUTUBE = "https://www.youtube-nocookie.com/embed/"
CHANNEL = "UC" + "a" * 22
UUID = "9c9de5e8-0a1e-484a-b099-e80766180a6d"


@pytest.mark.parametrize(
    ("address", "way", "url"),
    [
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=4s", Way.YOUTUBE, YOUTUBE + "dQw4w9WgXcQ"),
        ("https://youtu.be/dQw4w9WgXcQ?si=x", Way.YOUTUBE, YOUTUBE + "dQw4w9WgXcQ"),
        ("https://m.youtube.com/live/dQw4w9WgXcQ", Way.YOUTUBE, YOUTUBE + "dQw4w9WgXcQ"),
        ("https://youtube.com/shorts/dQw4w9WgXcQ", Way.YOUTUBE, YOUTUBE + "dQw4w9WgXcQ"),
        (
            f"https://www.youtube.com/embed/live_stream?channel={CHANNEL}",
            Way.YOUTUBE,
            f"{YOUTUBE}live_stream?channel={CHANNEL}",
        ),
        (
            f"https://www.youtube.com/channel/{CHANNEL}/live",
            Way.YOUTUBE,
            f"{YOUTUBE}live_stream?channel={CHANNEL}",
        ),
        (
            "https://www.twitch.tv/Room_Blue",
            Way.TWITCH,
            "https://player.twitch.tv/?channel=room_blue",
        ),
        ("https://twitch.tv/videos/123456", Way.TWITCH, "https://player.twitch.tv/?video=123456"),
        (
            "https://player.twitch.tv/?video=v123&parent=x",
            Way.TWITCH,
            "https://player.twitch.tv/?video=123",
        ),
        (
            "https://www.twitch.tv/room/clip/Happy-Clip_1",
            Way.TWITCH,
            "https://clips.twitch.tv/embed?clip=Happy-Clip_1",
        ),
        (
            "https://clips.twitch.tv/HappyClip",
            Way.TWITCH,
            "https://clips.twitch.tv/embed?clip=HappyClip",
        ),
        (
            f"https://tube.example.org:8443/videos/watch/{UUID}?start=1",
            Way.PEERTUBE,
            f"https://tube.example.org:8443/videos/embed/{UUID}",
        ),
        (
            "https://tube.example.org/w/kkGMgK9ZtnKfYAgnEtQxbv",
            Way.PEERTUBE,
            "https://tube.example.org/videos/embed/kkGMgK9ZtnKfYAgnEtQxbv",
        ),
        ("https://live.example.org", Way.HLS, "https://live.example.org/hls/stream.m3u8"),
        (
            "https://live.example.org/embed/video",
            Way.HLS,
            "https://live.example.org/hls/stream.m3u8",
        ),
        (
            " https://cdn.example.org/a/Master.M3U8?token=1#x ",
            Way.HLS,
            "https://cdn.example.org/a/Master.M3U8?token=1",
        ),
        ("https://files.example.org/clip.mp4", Way.FILE, "https://files.example.org/clip.mp4"),
    ],
)
def test_address_is_recognised(address, way, url):
    assert recognise(address) == Found(way, url)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "live.example.org/a.m3u8",
        "ftp://live.example.org/a.m3u8",
        "javascript:alert(1)//a.m3u8",
        "https:///a.m3u8",
        "https://somebody:secret@live.example.org/a.m3u8",
        "https://live.example.org:99999/a.m3u8",
        "https://[live.example.org/a.m3u8",
        "https://live.example.org/page",
        "https://www.youtube.com/@room",
        "https://www.youtube.com/watch?v=short",
        "https://www.twitch.tv/directory",
        "https://www.twitch.tv/",
        "https://www.youtube.com.example.org/watch?v=dQw4w9WgXcQ",
        "https://live.example.org/" + "a" * 1000 + ".m3u8",
    ],
)
def test_address_that_plays_nothing_is_refused(address):
    with pytest.raises(RelayAddressUnclear):
        recognise(address)


@pytest.mark.parametrize(
    ("way", "url", "player"),
    [
        (
            Way.YOUTUBE,
            f"{YOUTUBE}live_stream?channel={CHANNEL}",
            (
                f"{YOUTUBE}live_stream?channel={CHANNEL}&autoplay=1&mute=1&playsinline=1&controls=0&rel=0"
                "&cc_load_policy=1&enablejsapi=1&origin=https%3A%2F%2Froom.example.org"
            ),
        ),
        (
            Way.TWITCH,
            "https://player.twitch.tv/?channel=room",
            "https://player.twitch.tv/?channel=room&parent=room.example.org&muted=true&autoplay=true",
        ),
        (
            Way.PEERTUBE,
            f"https://tube.example.org/videos/embed/{UUID}",
            f"https://tube.example.org/videos/embed/{UUID}?autoplay=1&muted=1&p2p=0&peertubeLink=0",
        ),
    ],
)
def test_players_begin_by_themselves_and_silent(way, url, player):
    assert player_address(way, url, site="https://room.example.org") == player


def test_origin_cannot_break_out_of_a_policy():
    assert origin_of("https://a.example.org; script-src *:443/x") == (
        "https://a.example.org%3B%20script-src%20%2A:443"
    )
