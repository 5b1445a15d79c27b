"""Replies with pictures, videos and links against Bluesky's own server."""

from __future__ import annotations

import asyncio
import contextlib
import random
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from blueroom.base.outbound import Door
from blueroom.networks.bluesky.embeds import THUMB_BYTES
from blueroom.networks.bluesky.publisher import BlueskyPublisher
from blueroom.networks.bluesky.video_service import (
    VideoNotAllowed,
    VideoRefused,
    VideoUnderWay,
)
from blueroom.networks.interface import (
    Attachment,
    Captions,
    Card,
    MediaRefused,
    Sent,
    Target,
    Unavailable,
)
from tests.atproto.person import Person, Posted
from tests.atproto.server import Network
from tests.atproto.video_service import FREE_BOX, VideoServer

pytestmark = pytest.mark.pds

NOW = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
DOOR = Door(["127.0.0.1", "localhost"])
KEY = "3mptbyqhi7s2f"
People = Callable[..., Person]
# What a server knows a picture and a video by (ISO/IEC 14496-12, 4.3; ISO/IEC 10918-1, annex B).
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"
MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp42"
VTT = "WEBVTT\n\n00:00.000 --> 00:02.000\nLe soir, toujours 🎧\n"


@pytest.fixture
def make_file(tmp_path: Path) -> Callable[..., Path]:
    """Makes a file of that size that is none like it."""

    def make(name: str, size_bytes: int = 5_000) -> Path:
        head = MP4 if name.endswith(".mp4") else JPEG
        path = tmp_path / name
        path.write_bytes(head + random.randbytes(size_bytes - len(head)))
        return path

    return make


@pytest.fixture
def make_video(make_file: Callable[..., Path]) -> Callable[..., Attachment]:
    def make(name: str = "clip.mp4", size_bytes: int = 60_000) -> Attachment:
        return Attachment(
            path=make_file(name, size_bytes),
            media_type="video/mp4",
            size_bytes=size_bytes,
            width_px=1280,
            height_px=720,
            alt="Inès Carat répond : « Vous écrivez le matin ? »",
            duration_s=42.5,
            captions=[Captions(language="fr", vtt=VTT)],
        )

    return make


@pytest.fixture
def card(make_file: Callable[..., Path]) -> Card:
    picture = Attachment(
        path=make_file("poster.jpg"),
        media_type="image/jpeg",
        size_bytes=5_000,
        width_px=1280,
        height_px=720,
    )
    url = "https://room.example.org/a/x7/"
    return Card(url=url, title="Inès Carat répond", description="AskInes", picture=picture)


class Room:
    """The room's account; each call is another process, which has what the last one kept."""

    def __init__(self, atproto: Network, account: Person, asked: Posted, service: str) -> None:
        self.atproto, self.account, self.asked, self.service = atproto, account, asked, service
        self.memory: dict[str, Any] = {}
        self.state: dict[str, Any] = {}

    def _publisher(self) -> BlueskyPublisher:
        return BlueskyPublisher(
            service=self.atproto.pds_url,
            handle=self.account.handle,
            password=self.account.password,
            directory=self.atproto.plc_url,
            video_service=self.service,
            state=self.state,
            door=DOOR,
        )

    def reply(self, *media: Attachment, text: str = "Le soir.", card: Card | None = None) -> Sent:
        async def send() -> Sent:
            writer = self._publisher()
            try:
                return await writer.reply(
                    to=Target(id=self.asked.uri, version=self.asked.cid),
                    text=text,
                    media=media,
                    card=card,
                    lang="fr",
                    key=KEY,
                    at=NOW,
                    memory=self.memory,
                )
            finally:
                await writer.close()

        return asyncio.run(send())

    def reply_at_last(self, *media: Attachment, card: Card | None = None) -> tuple[Sent, int]:
        """The reply, and how often it had to be waited for."""
        for waits in range(20):
            with contextlib.suppress(VideoUnderWay):
                return self.reply(*media, card=card), waits
        raise AssertionError("the video is never ready")

    def take_back(self, sent: Sent) -> None:
        async def take() -> None:
            writer = self._publisher()
            await writer.take_back(sent=sent)
            await writer.close()

        asyncio.run(take())

    def embed(self) -> dict[str, Any] | None:
        """What the one reply holds beside its text; None where there is no reply."""
        posts = self.account.posts()
        assert len(posts) <= 1
        return posts[0]["value"].get("embed") if posts else None

    def blob(self, blob: dict[str, Any]) -> bytes | None:
        """What the server gives anybody for a blob."""
        params = {"did": self.account.did, "cid": blob["ref"]["$link"]}
        answer = httpx.get(
            f"{self.atproto.pds_url}/xrpc/com.atproto.sync.getBlob", params=params, trust_env=False
        )
        return answer.content if answer.status_code == 200 else None


@pytest.fixture
def make_room(atproto: Network, person: People) -> Callable[..., Room]:
    """Makes an account of the room and a fan's post to answer."""

    def make(service: str = "auto") -> Room:
        asked = person("fan").post("Vous écrivez le matin ? #AskInes")
        return Room(atproto, person("room"), asked, service)

    return make


def test_publisher_sends_a_video_to_a_server_of_ones_own(
    make_room: Callable[..., Room], make_video: Callable[..., Attachment]
) -> None:
    room, video = make_room(), make_video()

    sent = [room.reply(video), room.reply(video)]

    assert sent[0] == sent[1]
    embed = room.embed()
    assert embed
    blob, captions = embed["video"], embed["captions"][0]["file"]
    assert embed == {
        "$type": "app.bsky.embed.video",
        "video": {**blob, "$type": "blob", "mimeType": "video/mp4", "size": 60_000},
        "alt": "Inès Carat répond : « Vous écrivez le matin ? »",
        "aspectRatio": {"width": 1280, "height": 720},
        "captions": [{"lang": "fr", "file": captions}],
    }
    assert captions["mimeType"] == "text/vtt"
    assert room.blob(blob) == video.path.read_bytes()
    assert room.blob(captions) == VTT.encode()


def test_publisher_reads_a_large_video_as_it_is_sent(
    make_room: Callable[..., Room], make_video: Callable[..., Attachment]
) -> None:
    room, video = make_room(), make_video(size_bytes=16_000_000)
    room.reply(text="Les modules sont chargés.")
    room.account.delete(Posted(**{k: room.account.posts()[0][k] for k in ("uri", "cid")}))
    room.memory.clear()

    tracemalloc.start()
    room.reply(video)
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    embed = room.embed()
    assert embed
    assert embed["video"]["size"] == 16_000_000
    assert most_bytes < 4_000_000


def test_publisher_has_a_video_converted_and_waits_without_waiting(
    make_room: Callable[..., Room],
    make_video: Callable[..., Attachment],
    video_service: VideoServer,
) -> None:
    room, video = make_room(video_service.url), make_video()

    with pytest.raises(VideoUnderWay) as under_way:
        room.reply(video)
    assert under_way.value.retry_after_s == 3
    assert room.account.posts() == []
    assert list(room.memory) == ["job"]
    _sent, waits = room.reply_at_last(video)

    embed = room.embed()
    assert embed
    assert waits == 2
    assert room.blob(embed["video"]) == video.path.read_bytes() + FREE_BOX
    assert video_service.asked == [
        "getUploadLimits",
        "uploadVideo",
        "getJobStatus",
        "getJobStatus",
        "getJobStatus",
    ]


def test_publisher_follows_the_job_of_a_try_that_nobody_remembers(
    make_room: Callable[..., Room],
    make_video: Callable[..., Attachment],
    video_service: VideoServer,
) -> None:
    room, video = make_room(video_service.url), make_video()
    with pytest.raises(VideoUnderWay):
        room.reply(video)

    room.memory.clear()
    sent, _waits = room.reply_at_last(video)
    asked = list(video_service.asked)
    room.memory.clear()

    assert room.reply(video) == sent
    assert video_service.asked == asked  # the reply is there: nothing is sent again
    assert asked.count("uploadVideo") == 2
    assert len(video_service.jobs) == 1
    assert room.embed()


def test_publisher_sends_a_video_again_when_its_job_is_forgotten_or_failed_once(
    make_room: Callable[..., Room],
    make_video: Callable[..., Attachment],
    video_service: VideoServer,
) -> None:
    room, video = make_room(video_service.url), make_video()
    video_service.failure_code, video_service.failures_left = "encoding_failure", 1
    with pytest.raises(VideoUnderWay):
        room.reply(video)
    video_service.jobs.clear()

    room.reply_at_last(video)

    assert video_service.asked.count("uploadVideo") == 3
    assert room.embed()


@pytest.mark.parametrize(
    ("failure", "uploads"), [("validation_failure", 1), ("encoding_failure", 3)]
)
def test_publisher_sends_a_link_when_the_video_is_refused_and_that_is_enough(
    make_room: Callable[..., Room],
    make_video: Callable[..., Attachment],
    video_service: VideoServer,
    card: Card,
    failure: str,
    uploads: int,
) -> None:
    room, video = make_room(video_service.url), make_video()
    video_service.failure_code = failure
    with pytest.raises(VideoRefused):
        room.reply_at_last(video)
    assert room.account.posts() == []
    assert video_service.asked.count("uploadVideo") == uploads
    room.memory.clear()

    room.reply_at_last(video, card=card)

    embed = room.embed()
    assert embed
    thumb = embed["external"]["thumb"]
    assert embed == {
        "$type": "app.bsky.embed.external",
        "external": {
            "uri": "https://room.example.org/a/x7/",
            "title": "Inès Carat répond",
            "description": "AskInes",
            "thumb": thumb,
        },
    }
    assert card.picture
    assert room.blob(thumb) == card.picture.path.read_bytes()


def test_publisher_asks_a_person_when_the_account_may_send_no_videos(
    make_room: Callable[..., Room],
    make_video: Callable[..., Attachment],
    video_service: VideoServer,
) -> None:
    room = make_room(video_service.url)
    video_service.can_upload = False

    with pytest.raises(VideoNotAllowed, match="e-mail"):
        room.reply(make_video())
    assert (video_service.asked, room.account.posts()) == (["getUploadLimits"], [])


def test_publisher_refuses_a_video_that_is_too_large_for_the_server(
    make_room: Callable[..., Room], make_video: Callable[..., Attachment], card: Card
) -> None:
    room, video = make_room("none"), make_video(size_bytes=20_000_001)

    with pytest.raises(MediaRefused):
        room.reply(video)
    assert room.account.posts() == []
    room.reply(video, card=card)

    embed = room.embed()
    assert embed
    assert embed["external"]["uri"] == card.url


def test_publisher_sends_pictures_with_their_descriptions(
    make_room: Callable[..., Room], make_file: Callable[..., Path]
) -> None:
    room = make_room()
    pictures = [
        Attachment(
            path=make_file(f"{alt}.jpg"),
            media_type="image/jpeg",
            size_bytes=5_000,
            width_px=800,
            height_px=1000,
            alt=alt,
        )
        for alt in ("la photo", "l'envers")
    ]

    room.reply(*pictures, text="")

    embed = room.embed()
    assert embed
    assert embed["$type"] == "app.bsky.embed.images"
    assert [(one["alt"], one["aspectRatio"]) for one in embed["images"]] == [
        ("la photo", {"width": 800, "height": 1000}),
        ("l'envers", {"width": 800, "height": 1000}),
    ]
    assert [room.blob(one["image"]) for one in embed["images"]] == [
        picture.path.read_bytes() for picture in pictures
    ]


def test_publisher_shows_a_link_as_a_card_without_a_picture_that_is_too_large(
    make_room: Callable[..., Room], make_file: Callable[..., Path], card: Card
) -> None:
    room = make_room()
    assert card.picture
    size = THUMB_BYTES + 1
    large = replace(card.picture, path=make_file("large.jpg", size), size_bytes=size)

    room.reply(text=f"Le soir.\n{card.url}", card=replace(card, picture=large))

    (post,) = room.account.posts()
    assert post["value"]["embed"]["external"] == {
        "uri": card.url,
        "title": "Inès Carat répond",
        "description": "AskInes",
    }
    assert post["value"]["facets"][0]["features"][0]["uri"] == card.url


def test_publisher_sends_anew_what_the_server_has_forgotten(
    make_room: Callable[..., Room], make_video: Callable[..., Attachment]
) -> None:
    room, other, video = make_room(), make_room(), make_video()
    other.reply(video)
    room.memory["embed"] = other.memory["embed"]  # names a blob that this account never had

    with pytest.raises(Unavailable):
        room.reply(video)
    room.reply(video)

    embed = room.embed()
    assert embed
    assert room.blob(embed["video"]) == video.path.read_bytes()


def test_publisher_takes_a_reply_back_with_its_video(
    make_room: Callable[..., Room], make_video: Callable[..., Attachment]
) -> None:
    room, video = make_room(), make_video()
    sent = room.reply(video)
    embed = room.embed()
    assert embed
    assert room.blob(embed["video"])

    room.take_back(sent)

    assert room.account.posts() == []
    assert room.blob(embed["video"]) is None


def test_video_service_of_ours_trusts_no_token_that_it_should_not(
    make_room: Callable[..., Room], person: People, video_service: VideoServer
) -> None:
    """A test of the double: what the real one refuses, this one must refuse too."""
    room, other = make_room(video_service.url), person("other")

    def ask(token: str) -> int:
        answer = httpx.post(
            f"{video_service.url}/xrpc/app.bsky.video.uploadVideo",
            params={"did": room.account.did, "name": "a.mp4"},
            content=MP4,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "video/mp4"},
            trust_env=False,
        )
        return answer.status_code

    def token(who: Person, aud: str = "did:web:localhost", lxm: str = "uploadBlob") -> str:
        method = f"com.atproto.repo.{lxm}"
        return str(who.ask("com.atproto.server.getServiceAuth", aud=aud, lxm=method)["token"])

    good = token(room.account)
    assert [
        ask("nothing"),
        ask(good[:-6] + "AAAAAA"),
        ask(token(other)),
        ask(token(room.account, aud=video_service.did)),
        ask(token(room.account, lxm="createRecord")),
        ask(good),
    ] == [401, 401, 401, 401, 401, 200]
