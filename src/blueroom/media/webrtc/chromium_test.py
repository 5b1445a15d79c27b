"""The WebRTC process with a real browser at the other end, which sends its fake camera."""

from __future__ import annotations

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import av
import pytest
from playwright.async_api import Page, async_playwright

from blueroom.media.webrtc.line import News, WebRtc
from blueroom.media.webrtc.wire import FeedChanged, Frame
from tests.journeys.chromium import NAMES, launch_words

PAGE = """<!doctype html><video id=seen muted autoplay playsinline width=320></video><script>
async function connect(peer, way) {
  await peer.setLocalDescription();
  await new Promise((done) => {
    if (peer.iceGatheringState === "complete") done();
    peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && done();
  });
  const sdp = await offer(way, peer.localDescription.sdp);
  await peer.setRemoteDescription({ type: "answer", sdp });
}
async function send(width, height) {
  const stream = await navigator.mediaDevices.getUserMedia(
    { video: { width, height, frameRate: 30 }, audio: true });
  const peer = (window.sending = new RTCPeerConnection());
  for (const track of stream.getTracks()) peer.addTransceiver(track, { direction: "sendonly" });
  await connect(peer, "in");
}
async function watch() {
  const peer = (window.watching = new RTCPeerConnection());
  peer.addTransceiver("video", { direction: "recvonly" });
  peer.addTransceiver("audio", { direction: "recvonly" });
  const stream = new MediaStream();
  peer.ontrack = (event) => { stream.addTrack(event.track); seen.srcObject = stream; };
  await connect(peer, "out");
}
function picture() {
  const canvas = document.createElement("canvas");
  canvas.width = 64; canvas.height = 36;
  const context = canvas.getContext("2d");
  context.drawImage(seen, 0, 0, 64, 36);
  return [...context.getImageData(0, 0, 64, 36).data];
}
</script>"""

pytestmark = pytest.mark.skipif(
    not any(map(shutil.which, NAMES)), reason="no Chromium on this machine"
)


@asynccontextmanager
async def opened_page(webrtc: WebRtc) -> AsyncIterator[Page]:
    words = launch_words()
    words["args"] = [
        *words["args"],  # type: ignore[misc]  # a list of words
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
    ]

    async def offer(way: str, sdp: str) -> str:
        take = webrtc.offer_in if way == "in" else webrtc.offer_out
        return (await take("guest", sdp)).sdp

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**words)  # type: ignore[arg-type]  # same
        page = await browser.new_page()
        await page.route(
            "http://127.0.0.1/",
            lambda route: route.fulfill(body=PAGE, content_type="text/html"),
        )
        await page.expose_function("offer", offer)
        await page.goto("http://127.0.0.1/")
        yield page
        await browser.close()


def test_chromium_sends_its_camera_and_sees_it_move() -> None:
    news: list[News] = []

    async def read(webrtc: WebRtc) -> None:
        async for message in webrtc.messages():
            news.append(message)  # noqa: PERF401  # it never ends

    async def run() -> tuple[list[int], list[int], dict[str, int]]:
        webrtc = await WebRtc.start(hosts=["127.0.0.1"])
        reading = asyncio.create_task(read(webrtc))
        try:
            async with asyncio.timeout(60), opened_page(webrtc) as page:
                await page.evaluate("send(1280, 720)")
                while len(keys()) < 4:  # noqa: ASYNC110  # what it waits for tells nobody
                    await asyncio.sleep(0.1)
                await page.evaluate("watch()")
                await page.wait_for_function("seen.videoWidth > 0 && seen.currentTime > 1")
                first = await page.evaluate("picture()")
                await asyncio.sleep(0.7)
                second = await page.evaluate("picture()")
                heard = await page.evaluate(
                    "watching.getStats().then((all) => Object.fromEntries([...all.values()]"
                    ".filter((one) => one.type === 'inbound-rtp')"
                    ".map((one) => [one.kind, one.packetsReceived])))"
                )
                return first, second, heard
        finally:
            await webrtc.close()
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    def keys() -> list[Frame]:
        return [one for one in news if isinstance(one, Frame) and one.kind == "h264" and one.is_key]

    first, second, heard = asyncio.run(run())

    intervals_s = [after.at_s - before.at_s for before, after in itertools.pairwise(keys())]
    assert max(intervals_s) <= 2.5
    decoder = av.CodecContext.create("h264", "r")
    frames = [one for one in news if isinstance(one, Frame)]
    sizes = {
        (frame.width, frame.height)
        for one in frames
        if one.kind == "h264"
        for frame in decoder.decode(av.Packet(one.data))
    }
    assert sizes <= {(1280, 720), (960, 540), (640, 360), (480, 270), (320, 180)}
    assert sizes
    assert sum(one.kind == "opus" for one in frames) > 100
    assert any(abs(a - b) > 60 for a, b in zip(first, second, strict=True))
    assert min(heard["video"], heard["audio"]) > 30
    states = [(one.state, one.code) for one in news if isinstance(one, FeedChanged)]
    assert states[0] == ("connected", "")
