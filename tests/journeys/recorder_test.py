"""What a real browser's MediaRecorder sends is taken: its own bytes, picture by picture."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from playwright.sync_api import Page

from blueroom.media.parts import Epoch
from tests.packing import Packing, assert_as_sent, sent

pytestmark = pytest.mark.journey

# Draws what tests.camera draws, and records it.
RECORD = """
async ([mime, turns]) => {
  const canvas = document.querySelector("canvas"), pen = canvas.getContext("2d");
  const sound = new AudioContext(), beep = sound.createOscillator(), gain = sound.createGain();
  const out = sound.createMediaStreamDestination(), began = performance.now();
  let number = 0;
  beep.frequency.value = 1000; gain.gain.value = 0;
  beep.connect(gain); gain.connect(out); beep.start();
  const draw = () => {
    const at = (performance.now() - began) / 1000;
    if (turns && at > 2.2 && canvas.width > canvas.height) {
      canvas.width = 360; canvas.height = 640;
    }
    const width = canvas.width, height = canvas.height, bar = Math.floor(width / 16);
    pen.fillStyle = "rgb(90,90,90)"; pen.fillRect(0, 0, width, height);
    for (let bit = 0; bit < 16; bit++) {
      pen.fillStyle = number >> bit & 1 ? "#fff" : "#000";
      pen.fillRect(bit * bar, 0, bar, height / 3);
    }
    pen.fillStyle = at % 1 < 0.1 ? "#fff" : "#000";
    pen.fillRect(0, 2 * height / 3, width, height / 3);
    gain.gain.value = at % 1 < 0.05 ? 0.8 : 0;
    number++;
  };
  draw(); setInterval(draw, 33);
  const stream = canvas.captureStream(30);
  stream.addTrack(out.stream.getAudioTracks()[0]);
  const recorder = new MediaRecorder(stream, {
    mimeType: mime, videoBitsPerSecond: 1000000, videoKeyFrameIntervalDuration: 1000,
  });
  const slices = [];
  recorder.ondataavailable = (event) => slices.push(event.data);
  recorder.start(100);
  await new Promise((done) => setTimeout(done, 4500));
  await new Promise((done) => { recorder.onstop = done; recorder.stop(); });
  return Promise.all(slices.filter((slice) => slice.size).map(async (slice) => {
    const bytes = new Uint8Array(await slice.arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  }));
}
"""


@pytest.mark.parametrize(
    ("way", "mime", "turns"),
    [
        ("webm", "video/webm;codecs=h264,opus", False),
        ("webm", "video/webm;codecs=h264,opus", True),
        ("mp4", "video/mp4;codecs=avc3,opus", True),
        ("webm", "video/webm;codecs=vp8,opus", False),
    ],
)
def test_what_a_real_browser_records_is_taken(
    page: Page, tmp_path: Path, way: str, mime: str, turns: bool
) -> None:
    """MediaRecorder's own bytes. A phone that is turned shows as a canvas of another size."""
    page.route(
        "**/*",
        lambda route: route.fulfill(
            body="<canvas width=640 height=360></canvas>", content_type="text/html"
        ),
    )
    page.goto("https://camera.example/")
    page.mouse.click(5, 5)  # sound begins after a gesture only
    slices = [base64.b64decode(slice_) for slice_ in page.evaluate(RECORD, [mime, turns])]
    packing = Packing(tmp_path).take(way, slices)  # type: ignore[arg-type]

    source = sent(slices)
    epochs = [(epoch.width_px, epoch.height_px) for epoch in packing.of(Epoch)]
    assert epochs == ([(640, 360), (360, 640)] if turns else [(640, 360)])
    if not turns:
        assert_as_sent(packing.seen(), source)
        return
    assert packing.seen(0).numbers + packing.seen(1).numbers == source.numbers
    for epoch in (0, 1):
        seen = packing.seen(epoch)
        moved_s = next(s.at_s for s in source.shots if s.number == seen.numbers[0])
        moved_s -= seen.shots[0].at_s
        beeps_s = [beep + moved_s for beep in seen.beeps_s if beep > 0.1]
        assert all(min(abs(beep - one) for one in source.beeps_s) < 0.02 for beep in beeps_s)
