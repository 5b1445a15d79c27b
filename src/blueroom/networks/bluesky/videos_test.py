from __future__ import annotations

import json

import pytest

from blueroom.networks.bluesky.videos import video_in
from blueroom.networks.interface import Video

CID = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
VIDEO: dict[str, object] = {
    "$type": "app.bsky.embed.video",
    "video": {"ref": {"$link": CID}, "mimeType": "video/mp4"},
}
PLAYLIST = f"https://video.bsky.app/watch/did%3Aplc%3Aana/{CID}/playlist.m3u8"


def line(embed: object, did: str = "did:plc:ana") -> bytes:
    return json.dumps({"did": did, "commit": {"record": {"embed": embed}}}).encode()


@pytest.mark.parametrize(
    "embed", [VIDEO, {"$type": "app.bsky.embed.recordWithMedia", "record": {}, "media": VIDEO}]
)
def test_video_of_a_post_has_its_playlist(embed: dict[str, object]) -> None:
    assert video_in(line(embed)) == Video(url=PLAYLIST, is_playlist=True)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        line(None),
        line({"$type": "app.bsky.embed.images", "images": []}),
        line({"$type": "app.bsky.embed.video"}),
        line({**VIDEO, "video": {"ref": {"$link": "../../else"}}}),
        line(VIDEO, did="https://elsewhere.example.org"),
    ],
)
def test_post_without_a_video_has_none(raw: bytes) -> None:
    assert video_in(raw) is None
