"""The WebRTC process, with aiortc as the browser at the other end. All on 127.0.0.1."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import aioice.ice
import av
import numpy as np
import pytest
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
    rtcrtpsender,
)
from aiortc.clock import datetime_to_ntp
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtp import RtcpSenderInfo

from blueroom.media import h264
from blueroom.media.webrtc import line
from blueroom.media.webrtc.line import NotInstalled, OfferNotTaken, WebRtc, WebRtcFailed
from blueroom.media.webrtc.wire import FeedChanged, Figures, Frame, KeyWanted, Viewers

pytestmark = pytest.mark.alone

HERE = ["127.0.0.1"]


@pytest.fixture(autouse=True)
def only_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own end uses the loopback too, which aioice leaves out."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda **_: HERE)


class Pictures(MediaStreamTrack):
    """25 pictures a second that move. White while `is_on`."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self.is_on = False
        self.began_s = time.monotonic()
        self.on_since_s = 0.0
        self.count = 0

    async def recv(self) -> av.VideoFrame:
        self.count += 1
        wait_s = self.began_s + self.count / 25 - time.monotonic()
        await asyncio.sleep(max(0.0, wait_s))
        if self.is_on and not self.on_since_s:
            self.on_since_s = self.count / 25
        picture = np.full((180, 320, 3), 240 if self.is_on else 20, np.uint8)
        at = self.count * 5 % 300
        picture[60:120, at : at + 20] = (200, 80, 40)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = self.count * 3_600, Fraction(1, 90_000)
        return frame


class Sounds(MediaStreamTrack):
    """Silence in pieces of 20 ms; a tone while `is_on`."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.is_on = False
        self.began_s = time.monotonic()
        self.on_since_s = 0.0
        self.count = 0

    async def recv(self) -> av.AudioFrame:
        self.count += 1
        wait_s = self.began_s + self.count / 50 - time.monotonic()
        await asyncio.sleep(max(0.0, wait_s))
        if self.is_on and not self.on_since_s:
            self.on_since_s = self.count / 50
        tone = np.sin(np.arange(960) * 0.06) * (12_000 if self.is_on else 0)
        frame = av.AudioFrame.from_ndarray(tone.astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = 48_000
        frame.pts, frame.time_base = self.count * 960, Fraction(1, 48_000)
        return frame


class Browser:
    """One end of a connection."""

    def __init__(self) -> None:
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.pictures = Pictures()
        self.sounds = Sounds()
        self.seen: list[av.VideoFrame] = []
        self.heard = 0
        self.resource = ""
        self._tasks: list[asyncio.Task[None]] = []

    def prepare(self, codec: str = "video/H264") -> None:
        """Before it sends: its tracks."""
        video = self.peer.addTransceiver(self.pictures, direction="sendonly")
        every = RTCRtpSender.getCapabilities("video").codecs
        video.setCodecPreferences([one for one in every if one.mimeType == codec])
        self.peer.addTransceiver(self.sounds, direction="sendonly")

    async def send(self, webrtc: WebRtc, feed: str, *, codec: str = "video/H264") -> str:
        if not self.peer.getTransceivers():
            self.prepare(codec)
        return await self._connect(webrtc.offer_in, feed)

    async def watch(self, webrtc: WebRtc, feed: str) -> str:
        self.peer.on(
            "track", lambda track: self._tasks.append(asyncio.create_task(self._see(track)))
        )
        self.peer.addTransceiver("video", direction="recvonly")
        self.peer.addTransceiver("audio", direction="recvonly")
        return await self._connect(webrtc.offer_out, feed)

    async def _connect(self, offer: Callable[[str, str], Awaitable[line.Answer]], feed: str) -> str:
        await self.peer.setLocalDescription(await self.peer.createOffer())
        answer = await offer(feed, self.peer.localDescription.sdp)
        self.resource = answer.resource
        await self.peer.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
        return answer.sdp

    async def _see(self, track: MediaStreamTrack) -> None:
        while True:
            frame = await track.recv()
            if isinstance(frame, av.VideoFrame):
                self.seen.append(frame)
            else:
                self.heard += 1

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.peer.close()


class Room:
    """A process, what it says, and the browsers at its other end."""

    def __init__(self, webrtc: WebRtc) -> None:
        self.webrtc = webrtc
        self.news: list[line.News] = []
        self.browsers: list[Browser] = []
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self.webrtc.messages():
            self.news.append(message)

    def browser(self) -> Browser:
        self.browsers.append(Browser())
        return self.browsers[-1]

    def frames(self, kind: str, feed: str = "guest") -> list[Frame]:
        return [
            one
            for one in self.news
            if isinstance(one, Frame) and (one.kind, one.feed) == (kind, feed)
        ]

    def states(self, resource: str | None = None) -> list[tuple[str, str]]:
        return [
            (one.state, one.code)
            for one in self.news
            if isinstance(one, FeedChanged) and resource in (None, one.resource)
        ]

    async def close(self) -> None:
        for browser in self.browsers:
            await browser.close()
        await self.webrtc.close()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)


@asynccontextmanager
async def opened() -> AsyncIterator[Room]:
    room = Room(await WebRtc.start(hosts=HERE))
    try:
        async with asyncio.timeout(40):
            yield room
    finally:
        await room.close()


async def until(is_so: Callable[[], object]) -> None:
    while not is_so():  # noqa: ASYNC110  # what it waits for tells nobody
        await asyncio.sleep(0.02)


def test_a_feed_comes_in_as_it_was_encoded_with_key_frames() -> None:
    async def run() -> tuple[str, Room]:
        async with opened() as room:
            browser = room.browser()
            answer = await browser.send(room.webrtc, "guest")
            await until(lambda: sum(one.is_key for one in room.frames("h264")) >= 4)
            await until(lambda: any(isinstance(one, Figures) for one in room.news))
            return answer, room

    answer, room = asyncio.run(run())

    pictures, sounds = room.frames("h264"), room.frames("opus")
    keys_s = [one.at_s for one in pictures if one.is_key]
    assert pictures[0].is_key
    assert max(after - before for before, after in itertools.pairwise(keys_s)) <= 2.5
    decoder = av.CodecContext.create("h264", "r")
    decoded = [frame for one in pictures for frame in decoder.decode(av.Packet(one.data))]
    assert {(frame.width, frame.height) for frame in decoded} == {(320, 180)}
    assert len(decoded) == len(pictures)
    assert abs(len(pictures) / 25 - len(sounds) / 50) < 1.0
    assert "x-google-start-bitrate=2000" in answer
    assert "useinbandfec=1" in answer
    addresses = set(re.findall(r"^a=candidate:\S+ \d+ udp \d+ (\S+)", answer, re.MULTILINE))
    assert addresses == {"127.0.0.1"}


def test_pictures_and_sounds_that_were_taken_together_have_the_same_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def run() -> tuple[Room, Browser]:
        async with opened() as room:
            browser = room.browser()
            browser.sounds.began_s = browser.pictures.began_s
            report_exactly(browser, monkeypatch)
            await browser.send(room.webrtc, "guest")
            await until(lambda: room.frames("opus"))
            await asyncio.sleep(1.0)
            browser.pictures.is_on = browser.sounds.is_on = True
            await asyncio.sleep(1.0)
            return room, browser

    room, browser = asyncio.run(run())

    decoder = av.CodecContext.create("h264", "r")
    white_s = next(
        one.at_s
        for one in room.frames("h264")
        for frame in decoder.decode(av.Packet(one.data))
        if frame.to_ndarray(format="gray").mean() > 128
    )
    loud_s = next(one.at_s for one in room.frames("opus") if len(one.data) > 60)
    taken_apart_s = browser.pictures.on_since_s - browser.sounds.on_since_s
    assert white_s - loud_s == pytest.approx(taken_apart_s, abs=0.025)  # a packet of sound is 0.02


def report_exactly(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the browser report as real ones do, when what it sends was taken. aiortc itself reports
    when it was sent, which is late on a busy machine."""
    began_ntp = datetime_to_ntp(datetime.now(UTC)) - (
        round((time.monotonic() - browser.pictures.began_s) * (1 << 32))
    )

    def exact(*, ntp_timestamp: int, rtp_timestamp: int, **counts: int) -> RtcpSenderInfo:
        sent_s = (ntp_timestamp - began_ntp) / (1 << 32)
        taken_s = min(
            (rtp_timestamp / 90_000, rtp_timestamp / 48_000), key=lambda s: abs(s - sent_s)
        )
        ntp = began_ntp + round(taken_s * (1 << 32))
        return RtcpSenderInfo(ntp_timestamp=ntp, rtp_timestamp=rtp_timestamp, **counts)

    monkeypatch.setattr(rtcrtpsender, "RtcpSenderInfo", exact)
    # Its times of RTP begin at 0 and not anywhere; its sources have been named already.
    browser.prepare()
    monkeypatch.setattr(rtcrtpsender, "random32", lambda: 0)


def test_a_key_frame_comes_when_one_is_wanted() -> None:
    async def run() -> float:
        async with opened() as room:
            await room.browser().send(room.webrtc, "guest")
            await until(lambda: room.frames("opus"))
            keys = sum(one.is_key for one in room.frames("h264"))
            await until(lambda: sum(one.is_key for one in room.frames("h264")) > keys)
            asked_s = time.monotonic()
            room.webrtc.want_key("guest")
            await until(lambda: sum(one.is_key for one in room.frames("h264")) > keys + 1)
            return time.monotonic() - asked_s

    assert asyncio.run(run()) < 1.0


def test_silence_is_told_within_two_seconds_and_that_it_is_over() -> None:
    async def run() -> tuple[float, Room]:
        async with opened() as room:
            browser = room.browser()
            await browser.send(room.webrtc, "guest")
            await until(lambda: room.frames("h264"))
            for transceiver in browser.peer.getTransceivers():
                transceiver.sender._enabled = False  # as a link that is gone: nothing is sent
            silent_since_s = time.monotonic()
            await until(lambda: ("silent", "") in room.states())
            took_s = time.monotonic() - silent_since_s
            for transceiver in browser.peer.getTransceivers():
                transceiver.sender._enabled = True
            await until(lambda: ("back", "") in room.states())
            return took_s, room

    took_s, room = asyncio.run(run())

    assert 1.4 < took_s < 2.2
    assert room.states()[:3] == [("connected", ""), ("silent", ""), ("back", "")]


def test_a_new_sender_takes_over_at_once() -> None:
    async def run() -> tuple[Room, str, str]:
        async with opened() as room:
            first, second = room.browser(), room.browser()
            await first.send(room.webrtc, "guest")
            await until(lambda: room.frames("h264"))
            await second.send(room.webrtc, "guest")
            await until(lambda: ("ended", "replaced") in room.states())
            count = len(room.frames("h264"))
            await until(lambda: len(room.frames("h264")) > count + 20)
            return room, first.resource, second.resource

    room, first, second = asyncio.run(run())

    assert room.states(first) == [("connected", ""), ("ended", "replaced")]
    assert room.states(second) == [("connected", ""), ("ended", "stopped")]
    began = room.news.index(FeedChanged(feed="guest", resource=second, state="connected"))
    later = [one for one in room.news[began:] if isinstance(one, Frame) and one.kind == "h264"]
    assert later[0].is_key


def test_an_offer_that_is_not_followed_up_takes_nothing_from_the_sender() -> None:
    async def run() -> list[tuple[str, str]]:
        async with opened() as room:
            first, second = room.browser(), room.browser()
            await first.send(room.webrtc, "guest")
            await until(lambda: room.frames("h264"))
            second.peer.addTransceiver("video", direction="sendonly")
            await second.peer.setLocalDescription(await second.peer.createOffer())
            await room.webrtc.offer_in("guest", second.peer.localDescription.sdp)
            count = len(room.frames("h264"))
            await until(lambda: len(room.frames("h264")) > count + 25)
            return room.states()

    assert asyncio.run(run()) == [("connected", "")]


def test_a_sender_is_ended_when_it_leaves_and_when_it_is_asked_to() -> None:
    async def run() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        async with opened() as room:
            leaves, stopped = room.browser(), room.browser()
            await leaves.send(room.webrtc, "guest")
            await stopped.send(room.webrtc, "fan")
            await until(lambda: room.frames("h264") and room.frames("h264", "fan"))
            await leaves.peer.close()
            await until(lambda: room.states(leaves.resource)[-1][0] == "ended")
            await room.webrtc.end(stopped.resource)
            await room.webrtc.end(stopped.resource)
            await until(lambda: room.states(stopped.resource)[-1][0] == "ended")
            return room.states(leaves.resource), room.states(stopped.resource)

    assert asyncio.run(run()) == (
        [("connected", ""), ("ended", "left")],
        [("connected", ""), ("ended", "stopped")],
    )


def test_viewers_see_and_hear_what_comes_in() -> None:
    async def run() -> tuple[Room, list[Browser]]:
        async with opened() as room:
            sender, first, second = room.browser(), room.browser(), room.browser()
            await sender.send(room.webrtc, "guest")
            await until(lambda: room.frames("h264"))
            await first.watch(room.webrtc, "guest")
            await second.watch(room.webrtc, "guest")
            await until(lambda: len(first.seen) > 30 and len(second.seen) > 30)
            await until(lambda: first.heard > 30)
            await room.webrtc.end(first.resource)
            await until(lambda: Viewers("guest", 1) in room.news[-100:])
            return room, [first, second]

    room, viewers = asyncio.run(run())

    for viewer in viewers:
        moved = [frame.to_ndarray(format="gray").astype(int) for frame in viewer.seen[-20::10]]
        assert abs(moved[0] - moved[1]).max() > 20
    counts = [one.count for one in room.news if isinstance(one, Viewers)]
    assert counts[:3] == [1, 2, 1]


def test_viewers_see_frames_that_are_shown_from_elsewhere_beginning_with_a_key() -> None:
    async def run() -> tuple[Room, Browser]:
        async with opened() as room:
            viewer = room.browser()
            room.webrtc.feed_frame("encoder", b"nobody watches", 0.0, is_key=True)
            await viewer.watch(room.webrtc, "encoder")
            await until(lambda: Viewers("encoder", 1) in room.news)
            pictures = _encoded(60)
            for number in range(200):
                data, is_key = pictures[number % len(pictures)]
                room.webrtc.feed_frame("encoder", data, 100 + number / 50, is_key=is_key)
                await asyncio.sleep(0.02)
                if len(viewer.seen) > 20:
                    break
            return room, viewer

    room, viewer = asyncio.run(run())

    assert len(viewer.seen) > 20
    assert room.frames("h264", "encoder") == []
    assert KeyWanted("encoder") in room.news


def _encoded(count: int) -> list[tuple[bytes, bool]]:
    """Pictures with start codes, the first a key frame."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 320, 180, "yuv420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "keyint=30"}
    encoder.profile = "Baseline"
    packets = []
    for number in range(count):
        picture = np.full((180, 320, 3), number * 4, np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = number, Fraction(1, 25)
        packets += encoder.encode(frame)
    return [(bytes(packet), h264.is_key(h264.split_annexb(bytes(packet)))) for packet in packets]


def test_offers_that_cannot_be_taken_are_refused_with_a_reason() -> None:
    async def refusal(room: Room, sdp: str) -> str:
        with pytest.raises(OfferNotTaken) as refused:
            await room.webrtc.offer_in("guest", sdp)
        assert refused.value.message
        return refused.value.reason

    async def run() -> dict[str, str]:
        async with opened() as room:
            offering = room.browser().peer
            offering.addTransceiver("video", direction="sendonly")
            await offering.setLocalDescription(await offering.createOffer())
            sdp = offering.localDescription.sdp
            with_data = room.browser().peer
            with_data.createDataChannel("chat")
            await with_data.setLocalDescription(await with_data.createOffer())
            with pytest.raises(OfferNotTaken) as no_h264:
                await room.browser().send(room.webrtc, "guest", codec="video/VP8")
            return {
                "empty": await refusal(room, ""),
                "words": await refusal(room, "v=0\r\nhello"),
                "long": await refusal(room, sdp + "a=x\r\n" * 20_000),
                "no ice": await refusal(room, re.sub(r"a=ice-\w+:.*\r\n", "", sdp)),
                "no dtls": await refusal(room, re.sub(r"a=fingerprint:.*\r\n", "", sdp)),
                "data": await refusal(room, with_data.localDescription.sdp),
                "vp8": no_h264.value.reason,
            }

    assert asyncio.run(run()) == {
        "empty": "offer_malformed",
        "words": "offer_malformed",
        "long": "offer_malformed",
        "no ice": "offer_malformed",
        "no dtls": "offer_malformed",
        "data": "offer_refused",
        "vp8": "no_h264",
    }


@pytest.mark.parametrize("lost", [0.02, 0.08])
def test_what_a_bad_line_loses_is_asked_for_again_and_no_picture_is_torn(
    lost: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(5)
    send = RTCDtlsTransport._send_rtp

    async def send_or_lose(self: RTCDtlsTransport, data: bytes) -> None:
        if chance.random() >= lost:
            await send(self, data)

    monkeypatch.setattr(RTCDtlsTransport, "_send_rtp", send_or_lose)

    async def run() -> tuple[Room, int]:
        async with opened() as room:
            browser = room.browser()
            await browser.send(room.webrtc, "guest")
            await until(lambda: len(room.frames("h264")) > 200)
            return room, browser.pictures.count

    room, sent = asyncio.run(run())

    decoder = av.CodecContext.create("h264", "r")
    pictures = room.frames("h264")
    decoded = [frame for one in pictures for frame in decoder.decode(av.Packet(one.data))]
    figures = [one for one in room.news if isinstance(one, Figures)]
    assert len(decoded) == len(pictures)
    assert not any(frame.is_corrupt for frame in decoded)
    assert len(pictures) + figures[-1].lost > 0.8 * sent
    assert lost / 3 < sum(one.loss for one in figures) / len(figures) < 3 * lost


def test_a_crash_is_told_and_the_next_offer_starts_the_process_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def run() -> tuple[int | None, int | None, list[tuple[str, str]]]:
        async with opened() as room:
            first = room.browser()
            await first.send(room.webrtc, "guest")
            await until(lambda: room.frames("h264"))
            crashed = room.webrtc.pid
            assert crashed is not None
            os.kill(crashed, signal.SIGKILL)
            await until(lambda: ("ended", "crashed") in room.states())
            assert room.webrtc.pid is None
            room.webrtc.want_key("guest")
            await room.webrtc.end(first.resource)
            count = len(room.frames("h264"))
            await room.browser().send(room.webrtc, "guest")
            await until(lambda: len(room.frames("h264")) > count)
            return crashed, room.webrtc.pid, room.states()

    crashed, again, states = asyncio.run(run())

    assert again not in (None, crashed)
    assert states == [("connected", ""), ("ended", "crashed"), ("connected", "")]
    assert "broke off" in caplog.text


def test_an_offer_during_a_crash_fails_and_may_be_repeated() -> None:
    async def run() -> None:
        async with opened() as room:
            offering = room.browser().peer
            offering.addTransceiver("video", direction="sendonly")
            await offering.setLocalDescription(await offering.createOffer())
            pid = room.webrtc.pid
            assert pid is not None
            os.kill(pid, signal.SIGSTOP)
            asked = asyncio.create_task(
                room.webrtc.offer_in("guest", offering.localDescription.sdp)
            )
            await asyncio.sleep(0.2)
            os.kill(pid, signal.SIGKILL)
            with pytest.raises(WebRtcFailed):
                await asked
            answer = await room.webrtc.offer_in("guest", offering.localDescription.sdp)
            assert answer.sdp.startswith("v=0")

    asyncio.run(run())


def test_connections_are_limited_in_number() -> None:
    async def run() -> str:
        async with opened() as room:
            offering = room.browser().peer
            offering.addTransceiver("video", direction="sendonly")
            await offering.setLocalDescription(await offering.createOffer())
            sdp = offering.localDescription.sdp
            answers = [await room.webrtc.offer_in(f"feed {n}", sdp) for n in range(16)]
            with pytest.raises(OfferNotTaken) as refused:
                await room.webrtc.offer_in("one more", sdp)
            await room.webrtc.end(answers[0].resource)
            await room.webrtc.offer_in("in its place", sdp)
            return refused.value.reason

    assert asyncio.run(run()) == "webrtc_full"


@pytest.mark.skipif(sys.platform != "linux", reason="Linux says so in /proc")
def test_the_process_has_limits_and_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "sesame")

    async def run() -> tuple[str, bytes]:
        async with opened() as room:
            process = Path("/proc") / str(room.webrtc.pid)
            return (process / "limits").read_text(), (process / "environ").read_bytes()

    limits, environment = asyncio.run(run())

    assert re.search(r"Max core file size +0 +0", limits)
    assert re.search(rf"Max address space +{2 << 30} ", limits)
    assert re.search(r"Max open files +1024 ", limits)
    assert b"sesame" not in environment


def test_the_process_ends_with_its_line() -> None:
    async def run() -> int:
        async with opened() as room:
            pid = room.webrtc.pid
            assert pid is not None
        return pid

    pid = asyncio.run(run())

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_ports_are_chosen_from_the_range_and_other_addresses_told() -> None:
    async def run() -> list[str]:
        webrtc = await WebRtc.start(hosts=["127.0.0.1/203.0.113.7"], ports=(47_310, 47_313))
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        try:
            peer.addTransceiver("video", direction="sendonly")
            await peer.setLocalDescription(await peer.createOffer())
            sdp = peer.localDescription.sdp
            answers = [await webrtc.offer_in(f"feed {number}", sdp) for number in range(3)]
        finally:
            await webrtc.close()
            await peer.close()
        return [line for answer in answers for line in answer.sdp.splitlines()]

    lines = asyncio.run(run())

    told = [line.split()[4:6] for line in lines if line.startswith("a=candidate:")]
    assert {address for address, _ in told} == {"203.0.113.7"}
    assert {int(port) for _, port in told} <= set(range(47_310, 47_314))
    assert len({port for _, port in told}) == 3


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "AIORTC", "0.0.0")
    assert not line.is_available()

    with pytest.raises(NotInstalled) as refused:
        asyncio.run(WebRtc.start())

    assert "pip install 'blueroom[webrtc]'" in refused.value.message
