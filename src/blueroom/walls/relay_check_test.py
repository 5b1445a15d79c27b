from __future__ import annotations

import asyncio

import pytest

from blueroom.base.outbound import AddressRefused, Door, NoAnswer
from blueroom.walls.errors import RelayEnded, RelayGone, RelayNotShared, RelayNotVideo
from blueroom.walls.relay_addresses import Way
from blueroom.walls.relay_check import Seen, look_at
from tests.elsewhere import Elsewhere

SITE = "https://room.example.org"
MEDIA = ("#EXT-X-TARGETDURATION:6", "#EXT-X-MEDIA-SEQUENCE:41", "#EXTINF:6,", "a.ts")


@pytest.fixture(scope="module")
def server():
    with Elsewhere() as server:
        yield server


@pytest.fixture
def elsewhere(server):
    server.answers, server.shared, server.is_gone = {"/a.ts": (200, "video/mp2t", b"")}, "*", False
    return server


def look(elsewhere, way=Way.HLS, path="/live.m3u8", *, is_first=True):
    door, url = Door([elsewhere.host]), elsewhere.url + path
    return asyncio.run(look_at(door, way, url, site=SITE, is_first=is_first))


def test_live_playlist_is_told_by_its_mark(elsewhere):
    elsewhere.playlist("/live.m3u8", *MEDIA)

    seen = look(elsewhere)

    assert seen == Seen(origins=[elsewhere.url], is_live=True, mark="41+1", target_s=6)


def test_origins_of_variants_sound_keys_and_pieces_are_gathered(elsewhere):
    elsewhere.playlist(
        "/live.m3u8",
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="fr",URI="https://sound.example.org/fr.m3u8"',
        "#EXT-X-STREAM-INF:BANDWIDTH=1000",
        "low/live.m3u8",
        "#EXT-X-STREAM-INF:BANDWIDTH=9000",
        "https://high.example.org/live.m3u8",
    )
    elsewhere.playlist(
        "/low/live.m3u8",
        '#EXT-X-KEY:METHOD=AES-128,URI="https://keys.example.org/1"',
        "#EXT-X-TARGETDURATION:2",
        "#EXTINF:2,",
        "https://pieces.example.org/1.ts",
        "#EXT-X-ENDLIST",
    )

    seen = look(elsewhere, is_first=False)

    others = ("high", "sound", "keys", "pieces")
    assert seen == Seen(
        origins=[elsewhere.url, *(f"https://{name}.example.org" for name in others)],
        is_live=False,
        mark="0+1",
        target_s=2,
    )


def test_what_our_pages_may_not_read_is_refused(elsewhere):
    elsewhere.playlist("/live.m3u8", *MEDIA)
    for shared in ("", "https://other.example.org"):
        elsewhere.shared = shared
        with pytest.raises(RelayNotShared):
            look(elsewhere)
    elsewhere.shared = SITE
    assert look(elsewhere).is_live


@pytest.mark.parametrize("text", [b"", b"<html>", b"#EXTM3U\nhttps://a.example.org/a.mp3"])
def test_what_is_no_playlist_is_refused(elsewhere, text):
    elsewhere.answers["/live.m3u8"] = (200, "text/plain", text)
    with pytest.raises(RelayNotVideo):
        look(elsewhere)


def test_what_is_not_there_may_come_later(elsewhere):
    with pytest.raises(RelayGone):
        look(elsewhere)
    with pytest.raises(RelayGone):
        look(elsewhere, Way.FILE, "/clip.mp4")


def test_our_own_network_is_not_asked(elsewhere):
    asked = len(elsewhere.asked)
    with pytest.raises(AddressRefused):
        asyncio.run(
            look_at(Door(), Way.HLS, elsewhere.url + "/live.m3u8", site=SITE, is_first=True)
        )
    assert len(elsewhere.asked) == asked


def test_server_that_does_not_answer_is_foreseen():
    with Elsewhere() as gone:
        host, url = gone.host, gone.url
    with pytest.raises(NoAnswer):
        asyncio.run(look_at(Door([host]), Way.HLS, url + "/a.m3u8", site=SITE, is_first=True))


def test_film_is_a_video_and_no_page(elsewhere):
    elsewhere.answers["/clip.mp4"] = (200, "video/mp4", b"01")
    elsewhere.answers["/page.mp4"] = (200, "text/html", b"01")

    assert look(elsewhere, Way.FILE, "/clip.mp4") == Seen(origins=[elsewhere.url])
    with pytest.raises(RelayNotVideo):
        look(elsewhere, Way.FILE, "/page.mp4")


def test_peertube_says_whether_its_stream_is_on(elsewhere):
    def says(body):
        elsewhere.answers["/api/v1/videos/abc"] = (200, "application/json", body)
        return look(elsewhere, Way.PEERTUBE, "/videos/embed/abc")

    assert says(b'{"uuid":"x","isLive":true,"state":{"id":1}}').is_live
    with pytest.raises(RelayEnded):
        says(b'{"uuid":"x","isLive":true,"state":{"id":5}}')
    with pytest.raises(RelayNotVideo):
        says(b"<html>")
