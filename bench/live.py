"""What live video costs two cores, and how late it is: the real house, real senders, real browsers.

    python bench/live.py [--quick] [--only ways glass drop viewers answer]

One house on loopback, its clients beside it on the same cores. `ways`: a film of 720p at 30
pictures a second and 2.5 Mb/s is sent in real time, encoded beforehand, by 1, 4 and 8 feeds, by a
browser's WebSocket, by RTMP and by WHIP: processor and memory of the house alone. `glass`: Chromium
sends a canvas with the time of day as a bar code through the real page; another one reads it back
from the public's player (LL-HLS), and by WHEP. `drop`: that sender's network stands still, or is
gone. `viewers`: players of LL-HLS that decode nothing, straight and through nginx as
docs/operators.md has it. `answer`: from the out mark to the clip on its page, and to both files for
sharing. Prints Markdown tables and the machine; twelve minutes, two with `--quick`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import httpx
import psutil
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from bench.machine import machine, percentile  # noqa: E402 - found by the line above
from bench.replay import film, pictures  # noqa: E402

from blueroom.media.webrtc.line import is_available  # noqa: E402
from tests.journeys import crew  # noqa: E402
from tests.journeys.chromium import launch_words  # noqa: E402
from tests.journeys.studio import Feed, Studio, children, open_studio  # noqa: E402
from tests.running import House, free_port, running_house  # noqa: E402
from tests.sending import Encoder, Relay, relay  # noqa: E402
from tests.sending import Page as Sender  # noqa: E402

PARTS = ("ways", "glass", "drop", "viewers", "answer")
PATIENCE_S = 60.0
PATIENCE_MS = 60_000
AS_BEFORE_MS = 500
FRESH_MS = 20_000  # a reading that is older is none


class Size(NamedTuple):
    """How long things are measured."""

    feeds: tuple[int, ...]
    cpu_s: float
    glass_s: float
    gone_s: tuple[float, ...]
    viewers: tuple[int, ...]
    viewing_s: float
    answer_s: float


FULL = Size((1, 4, 8), 20.0, 25.0, (5.0, 20.0), (100, 300), 15.0, 60.0)
QUICK = Size((1, 4), 8.0, 10.0, (5.0,), (100,), 8.0, 15.0)


# What it costs


class Cost(NamedTuple):
    """Percent of one core, and MB that no other process shares or a share of what others do."""

    cpu: float
    memory_mb: float


class Costs:
    """What processes used since it was made; those that ended meanwhile are left out."""

    def __init__(self, processes: Sequence[psutil.Process]) -> None:
        self._processes = processes
        self._began_s = time.monotonic()
        self._before = [_cpu_s(process) for process in processes]

    def read(self) -> Cost:
        passed_s = time.monotonic() - self._began_s
        after = [_cpu_s(process) for process in self._processes]
        used_s = sum(max(0.0, b - a) for a, b in zip(self._before, after, strict=True))
        return Cost(100 * used_s / passed_s, sum(map(_memory_mb, self._processes)))


def _cpu_s(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def _memory_mb(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return float(process.memory_full_info().pss) / 1e6
    return 0.0


def house_costs(house: House) -> dict[str, Costs]:
    assert house.process
    return {
        "serve": Costs([psutil.Process(house.process.pid)]),
        "packers": Costs(children(house, "blueroom.media.packer")),
        "webrtc": Costs(children(house, "blueroom.media.webrtc")),
    }


# Each way in


class Sending:
    """Senders of one way, until `stop`."""

    def __init__(self, studio: Studio, way: str, count: int, seconds: float) -> None:
        self.feeds = [studio.feed(f"{way} {number}", "camera") for number in range(count)]
        self._pages: list[Sender] = []
        self._encoders: list[Encoder] = []
        self._caller: subprocess.Popen[bytes] | None = None
        getattr(self, f"_by_{way}")(seconds)
        names = {"websocket": "webm", "rtmp": "rtmp", "whip": "whip"}
        ids = {feed.id for feed in self.feeds}

        def is_there() -> bool:
            lines = [line for line in studio.state["feeds"] if line["id"] in ids]
            return all(line["way"] == names[way] and line["width_px"] for line in lines)

        crew.within(PATIENCE_S, is_there, every_s=0.3)

    def _by_websocket(self, seconds: float) -> None:
        slices = film("webm", seconds)
        self._pages = [Sender(feed.page_url, slices) for feed in self.feeds]
        for page in self._pages:
            assert page.start()["kind"] == "welcome"

    def _by_rtmp(self, seconds: float) -> None:
        flv = film("flv", seconds)
        self._encoders = [Encoder(feed.rtmp_url, feed.stream_key, flv) for feed in self.feeds]
        for encoder in self._encoders:
            encoder.start()

    def _by_whip(self, seconds: float) -> None:
        # Its own secret stands in the page's address as well.
        addresses = [feed.page_url.replace("/f/", "/feed/") + "whip" for feed in self.feeds]
        words = [sys.executable, str(ROOT / "bench/replay.py"), *addresses]
        self._caller = subprocess.Popen([*words, "--seconds", str(seconds)])

    def stop(self, studio: Studio) -> None:
        for page in self._pages:
            page.stop()
        for encoder in self._encoders:
            encoder.stop()
        if self._caller is not None:
            self._caller.terminate()
            self._caller.wait()
        for feed in self.feeds:
            studio.api.post(f"/feeds/{feed.id}/end").raise_for_status()


def ways(house: House, studio: Studio, size: Size) -> None:
    print("## Each way in\n\nFeeds of 720p30 at 2.5 Mb/s; percent of one core, and memory (PSS).\n")
    idle = house_costs(house)
    time.sleep(size.cpu_s / 2)
    rest = idle["serve"].read()
    print(f"Serve at rest: {rest.cpu:.1f} %, {rest.memory_mb:.0f} MB.\n")
    print("| way in | feeds | Mb/s each | serve | packers | WebRTC | a feed | memory a feed |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for way in ("websocket", "rtmp", "whip"):
        if way == "whip" and not is_available():
            print("| whip | | not installed | | | | | |")
            continue
        for count in size.feeds:
            way_in(house, studio, way, count, size.cpu_s, rest)
    print(f"\nLoad {os.getloadavg()[0]:.1f}.\n", flush=True)


def way_in(house: House, studio: Studio, way: str, count: int, seconds: float, rest: Cost) -> None:
    sending = Sending(studio, way, count, seconds + PATIENCE_S)
    time.sleep(3)
    before_bytes = recorded_bytes(studio, sending.feeds)
    costs = house_costs(house)
    time.sleep(seconds)
    found = {name: cost.read() for name, cost in costs.items()}
    arrived = (recorded_bytes(studio, sending.feeds) - before_bytes) * 8e-6 / seconds / count
    sending.stop(studio)
    crew.within(PATIENCE_S, lambda: not children(house, "blueroom.media.packer"))
    cpu = sum(cost.cpu for cost in found.values()) - rest.cpu
    memory_mb = sum(cost.memory_mb for cost in found.values()) - rest.memory_mb
    shares = [f"{found[name].cpu:.1f} %" for name in ("serve", "packers", "webrtc")]
    print(
        f"| {way} | {count} | {arrived:.1f} | {' | '.join(shares)}"
        f" | {cpu / count:.1f} % | {memory_mb / count:.0f} MB |",
        flush=True,
    )


def recorded_bytes(studio: Studio, feeds: Sequence[Feed]) -> int:
    return sum(path.stat().st_size for feed in feeds for path in studio.recordings(feed))


# From glass to glass


# In place of a camera: a textured picture that moves, with the time of day in 32 bars above.
CAMERA = """
(() => {
  const canvas = document.createElement('canvas');
  canvas.width = 1280; canvas.height = 720;
  const pen = canvas.getContext('2d', { alpha: false });
  const back = new OffscreenCanvas(1600, 900), paint = back.getContext('2d');
  for (let i = 0; i < 900; i++) {
    paint.fillStyle = `hsl(${Math.random() * 360},60%,${20 + Math.random() * 60}%)`;
    paint.beginPath();
    paint.arc(Math.random() * 1600, Math.random() * 900, 5 + Math.random() * 60, 0, 7);
    paint.fill();
  }
  const draw = () => {
    const now = Date.now();
    const x = 160 + 150 * Math.sin(now / 2100), y = 90 + 80 * Math.sin(now / 1700);
    pen.drawImage(back, x, y, 1280, 720, 0, 0, 1280, 720);
    pen.fillStyle = '#000'; pen.fillRect(0, 0, 1280, 48);
    pen.fillStyle = '#fff';
    for (let i = 0; i < 32; i++) if (Math.floor(now / 2 ** i) % 2) pen.fillRect(i * 40, 0, 40, 40);
  };
  let stream = null;
  const turnOn = async () => {
    if (stream?.active) return stream.clone();
    draw(); setInterval(draw, 1000 / 30);
    const sound = new AudioContext(), tone = sound.createOscillator();
    const volume = sound.createGain(), out = sound.createMediaStreamDestination();
    volume.gain.value = 0.1;
    tone.connect(volume); volume.connect(out); tone.start();
    stream = canvas.captureStream(30);
    stream.addTrack(out.stream.getAudioTracks()[0]);
    return stream;
  };
  Object.defineProperty(navigator.mediaDevices, 'getUserMedia', { value: turnOn });
})();
"""
# Reads the bars of every picture that a <video> presents: [when, how late], in milliseconds.
READ = """
(video) => {
  const canvas = document.createElement('canvas'), late = (window.late = []);
  canvas.width = 640; canvas.height = 20;
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const read = () => {
    video.requestVideoFrameCallback(read);
    const now = Date.now();
    pen.drawImage(video, 0, 0, video.videoWidth, video.videoHeight / 18, 0, 0, 640, 40);
    const { data } = pen.getImageData(0, 10, 640, 1);
    let value = 0;
    for (let i = 0; i < 32; i++) if (data[(i * 20 + 10) * 4] > 128) value += 2 ** i;
    late.push([now, (now - value) % 2 ** 32]);
  };
  video.requestVideoFrameCallback(read);
}
"""
WHEP = """
async (address) => {
  const peer = (window.peer = new RTCPeerConnection()), video = document.createElement('video');
  video.muted = video.autoplay = true; video.id = 'whep';
  document.body.append(video);
  const stream = new MediaStream();
  peer.ontrack = ({ track }) => { stream.addTrack(track); video.srcObject = stream; };
  for (const kind of ['video', 'audio']) peer.addTransceiver(kind, { direction: 'recvonly' });
  await peer.setLocalDescription();
  await new Promise((done) => {
    setTimeout(done, 1500);
    peer.onicegatheringstatechange = () => peer.iceGatheringState === 'complete' && done();
  });
  const headers = { 'Content-Type': 'application/sdp' };
  const body = peer.localDescription.sdp;
  const answer = await fetch(address, { method: 'POST', headers, body });
  if (!answer.ok) throw new Error(await answer.text());
  await peer.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  await video.play();
}
"""


@contextlib.contextmanager
def browsers() -> Iterator[Callable[[], Browser]]:
    """Starts browsers, each a process of its own."""
    with sync_playwright() as playwright:
        words = launch_words()
        words["args"] = [*words["args"], "--autoplay-policy=no-user-gesture-required"]  # type: ignore[misc]
        yield lambda: playwright.chromium.launch(**words)  # type: ignore[arg-type]


def turn_on_camera(browser: Browser, page_url: str) -> Page:
    """The feed's own page, in English, which sends the canvas."""
    context = browser.new_context(locale="en-GB", viewport={"width": 900, "height": 700})
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(CAMERA)
    page = context.new_page()
    page.goto(page_url)
    page.get_by_role("button", name="Turn on camera and microphone").click()
    page.get_by_role("button", name="I am ready").click()
    return page


def open_player(browser: Browser, studio: Studio) -> Page:
    """The public's page, with its player reading the bars."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1000, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{studio.house.url}/s/{studio.slug}/")
    page.wait_for_selector("video")
    wait_for_picture(page, "video")
    page.evaluate(f"({READ})(document.querySelector('video'))")
    return page


def wait_for_picture(page: Page, video: str) -> None:
    """Until that <video> shows one. (The page's policy allows no polling by Playwright.)"""
    look = f"document.querySelector('{video}').videoWidth > 0"
    crew.within(PATIENCE_S, lambda: page.evaluate(look) or page.wait_for_timeout(100))


def readings(page: Page) -> list[tuple[float, float]]:
    """When pictures were shown and how late they were; taken out of the page."""
    found = page.evaluate("window.late.splice(0)")
    return [(at_ms, late_ms) for at_ms, late_ms in found if 0 <= late_ms < FRESH_MS]


def late_row(name: str, found: list[tuple[float, float]], seconds: float, bar: str) -> str:
    late = [late_ms for _, late_ms in found]
    if not late:
        return f"| {name} | none came | | | | {bar} |"
    p50, p90 = (percentile(late, share) / 1000 for share in (0.5, 0.9))
    rate = len(late) / seconds
    return f"| {name} | {p50:.2f} s | {p90:.2f} s | {max(late) / 1000:.2f} s | {rate:.0f} | {bar} |"


def glass(studio: Studio, size: Size, launch: Callable[[], Browser]) -> None:
    feed = studio.feed("Inès")
    camera, public = launch(), launch()
    turn_on_camera(camera, feed.page_url)
    crew.within(PATIENCE_S, lambda: studio.line(feed)["width_px"])
    studio.go_live(feed)
    player = open_player(public, studio)
    player.wait_for_timeout(6_000)  # it has found the edge
    readings(player)
    player.wait_for_timeout(size.glass_s * 1000)
    rows = [late_row("LL-HLS, the public's player", readings(player), size.glass_s, "2 s")]
    if address := studio.line(feed)["whep"]:
        player.evaluate(WHEP, address)
        wait_for_picture(player, "#whep")
        player.evaluate(f"({READ})(document.querySelector('#whep'))")
        player.wait_for_timeout(2_000)
        readings(player)
        player.wait_for_timeout(size.glass_s * 1000)
        rows.append(late_row("WHEP, the crew's monitor", readings(player), size.glass_s, "0.3 s"))
    print("## From glass to glass\n\nA canvas of 1280x720 in Chromium, by the feed's own page.\n")
    print("| | p50 | p90 | worst | pictures/s | asked for |\n|---|---:|---:|---:|---:|---:|")
    print("\n".join(rows))
    print(f"\nLoad {os.getloadavg()[0]:.1f}.\n", flush=True)
    camera.close()
    public.close()
    studio.api.post(f"/feeds/{feed.id}/end").raise_for_status()


# Drop and return


class Playlist:
    """Follows the public's playlist: when another epoch, or the slate, came into it."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._is_ending = threading.Event()
        self.maps: list[tuple[float, str]] = []  # the last one named, and since when
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        crew.within(PATIENCE_S, lambda: self.maps)

    def _look(self) -> None:
        with httpx.Client(timeout=10) as client:
            while not self._is_ending.wait(0.03):
                with contextlib.suppress(httpx.HTTPError):
                    text = client.get(self._address).text
                    named = re.findall(r'#EXT-X-MAP:URI="([^"]+)"', text)
                    if named and (not self.maps or self.maps[-1][1] != named[-1]):
                        self.maps.append((time.time(), named[-1]))

    def changed_after(self, at_s: float) -> float | None:
        """How long after that moment something else came."""
        return next((since_s - at_s for since_s, _ in self.maps if since_s > at_s), None)

    def close(self) -> None:
        self._is_ending.set()
        self._thread.join()


def drop(studio: Studio, size: Size, launch: Callable[[], Browser]) -> None:
    print("## Drop and return\n\nThe sending page's network goes away; both ends hear nothing.\n")
    print("| the network | slate in the playlist | after the return: feed in it | at the edge |")
    print("|---|---:|---:|---:|")
    with relay(studio.house.port) as network:
        feed = studio.feed("Inès")
        through = feed.page_url.replace(f":{studio.house.port}", f":{network.port}")
        camera, public = launch(), launch()
        turn_on_camera(camera, through)
        crew.within(PATIENCE_S, lambda: studio.line(feed)["width_px"])
        studio.go_live(feed)
        player = open_player(public, studio)
        hls = urljoin(studio.house.url, studio.state["programme"]["hls"])
        for gone_s in size.gone_s:
            for for_good in (False, True):
                settle(player)
                print(gone(network, player, Playlist(hls), gone_s, for_good=for_good), flush=True)
        camera.close()
        public.close()
        studio.api.post(f"/feeds/{feed.id}/end").raise_for_status()
    print("\nAt the edge: the player shows pictures of after the return, as late as before it.")
    print("Asked for: 1.83 s (1.5 s and a part), and 4 s to the edge.", end=" ")
    print(f"Load {os.getloadavg()[0]:.1f}.\n", flush=True)


def settle(player: Page) -> None:
    """Have it play for a while; its readings from then on are of a steady picture."""
    player.wait_for_timeout(6_000)
    readings(player)
    crew.within(
        PATIENCE_S, lambda: player.evaluate("late.length > 30") or player.wait_for_timeout(200)
    )


def gone(network: Relay, player: Page, playlist: Playlist, gone_s: float, *, for_good: bool) -> str:
    usual_ms = percentile([late for _, late in readings(player)], 0.5)
    gone_at_s = time.time()
    network.go_away(for_good=for_good)
    player.wait_for_timeout(gone_s * 1000)
    slate_s = playlist.changed_after(gone_at_s)
    back_ms = time.time() * 1000
    network.come_back()
    readings(player)
    at_edge_s = None
    while at_edge_s is None and time.time() * 1000 < back_ms + 30_000:
        player.wait_for_timeout(100)
        shown = [(at, late) for at, late in readings(player) if late < usual_ms + AS_BEFORE_MS]
        edges = [at for at, late in shown if at - late > back_ms]
        at_edge_s = (edges[0] - back_ms) / 1000 if edges else None
    playlist.close()
    feed_s = playlist.changed_after(back_ms / 1000)
    what = "gone, its connections dead" if for_good else "stands still"
    found_s = (slate_s, feed_s, at_edge_s)
    said = [f"{one:.2f} s" if one is not None else "not at all" for one in found_s]
    return f"| {what} for {gone_s:.0f} s | {' | '.join(said)} |"


# Viewers


def nginx_config(house: House, folder: Path, port: int) -> str:
    """What docs/operators.md tells an operator, for this house."""
    text = (ROOT / "docs/operators.md").read_text()
    block = re.search(r"^    location /hls/ \{.*?^    \}", text, re.MULTILINE | re.DOTALL)
    cache = re.search(r"proxy_cache_path \S+ ([^;`]*);", text)
    common = re.findall(r"^    (proxy_(?:http_version|set_header)[^;]*;)", text, re.MULTILINE)
    assert block
    assert cache
    location = re.sub(r"http://127\.0\.0\.1:\d+", house.url, block[0])
    user = "user root;" if os.geteuid() == 0 else ""
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy"))
    return f"""
{user} daemon off; pid {folder}/pid; error_log {folder}/error.log;
worker_processes 2;
events {{ worker_connections 2048; }}
http {{
access_log off;
{temporary}
proxy_cache_path {folder}/cache {cache[1]};
server {{
    listen 127.0.0.1:{port};
    {" ".join(common)}
{location}
}} }}
"""


@contextlib.contextmanager
def nginx(house: House, folder: Path) -> Iterator[tuple[int, psutil.Process] | None]:
    """An nginx of our own before the house: its port, its process; None where there is none."""
    program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if program is None:
        yield None
        return
    folder.mkdir()
    port = free_port()
    (folder / "nginx.conf").write_text(nginx_config(house, folder, port))
    words = [program, "-p", str(folder), "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]
    running = subprocess.Popen(words)
    try:
        crew.within(10, lambda: _answers(port))
        yield port, psutil.Process(running.pid)
    finally:
        running.terminate()
        running.wait(10)


def _answers(port: int) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return bool(httpx.get(f"http://127.0.0.1:{port}/").status_code)
    return False


def viewers(house: House, studio: Studio, size: Size, feed: Feed, folder: Path) -> None:
    print("## Viewers\n\nLL-HLS of one 2.5 Mb/s feed; percent of one core.\n")
    print("| viewers | | requests/s | Mb/s | serve | nginx | a part: p50 | p95 | errors |")
    print("|---:|---|---:|---:|---:|---:|---:|---:|---:|")
    hls = studio.state["programme"]["hls"]
    with nginx(house, folder / "nginx") as before:
        for count in size.viewers:
            view(house, house.port, hls, count, size.viewing_s, None)
            if before is not None:
                view(house, before[0], hls, count, size.viewing_s, before[1])
    if before is None:
        print("\nnginx is not installed here.")
    print(f"\nLoad {os.getloadavg()[0]:.1f}.\n", flush=True)


def view(
    house: House,
    port: int,
    hls: str,
    count: int,
    seconds: float,
    proxy: psutil.Process | None,
) -> None:
    words = [sys.executable, str(ROOT / "bench/viewers.py"), f"http://127.0.0.1:{port}{hls}"]
    sizes = ["--viewers", str(count), "--seconds", str(seconds)]
    with subprocess.Popen([*words, *sizes], stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout
        assert watching.stdout.readline(), "the viewers ended early"
        costs = house_costs(house)["serve"]
        proxies = Costs([proxy, *proxy.children()]) if proxy else None
        time.sleep(seconds - 0.5)
        cpu = costs.read().cpu
        proxy_cpu = f"{proxies.read().cpu:.0f} %" if proxies else ""
        found = json.loads(watching.stdout.readline())
    print(
        f"| {count} | {'through nginx' if proxy else 'straight'} | {found['requests_s']:,.0f}"
        f" | {found['mbit_s']:.0f} | {cpu:.0f} % | {proxy_cpu} | {found['p50_ms']:.0f} ms"
        f" | {found['p95_ms']:.0f} ms | {found['errors']} |",
        flush=True,
    )


# An answer


def answer(studio: Studio, size: Size, feed: Feed, began_s: float) -> None:
    """The out mark is set now, the in mark where it would have been."""
    print(f"## An answer of {size.answer_s:.0f} s\n")
    question = studio.question("Vous écrivez plutôt le matin, ou la nuit ?")
    waits_s = began_s + size.answer_s + 4 - time.monotonic()
    time.sleep(max(0.0, waits_s))
    in_at = datetime.now(UTC) - timedelta(seconds=size.answer_s)
    mark = {"at": in_at.isoformat(), "feed_id": feed.id}
    path = f"/questions/{question}/answers"
    studio.api.post(f"{path}/in", json=mark).raise_for_status()
    out_s = time.monotonic()
    studio.api.post(f"{path}/out").raise_for_status()
    marked_s = time.monotonic() - out_s

    def clip() -> dict[str, Any] | None:
        found = studio.clips()
        return found[0] if found and found[0]["state"] == "ready" else None

    made = crew.within(PATIENCE_S, clip, every_s=0.02)
    ready_s = time.monotonic() - out_s
    public = urlsplit(made["page_url"]).path

    def is_on_its_page() -> bool:
        pages = (public, made["video"])
        return all(httpx.get(studio.house.url + one).status_code == 200 for one in pages)

    crew.within(PATIENCE_S, is_on_its_page, every_s=0.02)
    on_page_s = time.monotonic() - out_s

    def is_rendered() -> bool:
        renders = studio.clips()[0]["renders"]
        assert not any(one["state"] == "failed" for one in renders), renders
        return len(renders) > 1 and all(one["state"] == "ready" for one in renders)

    crew.within(180, is_rendered, every_s=0.2)
    rendered_s = time.monotonic() - out_s
    print("| after the out mark | | asked for |\n|---|---:|---:|")
    print(f"| the API has answered | {marked_s:.2f} s | |")
    print(f"| the clip is cut | {ready_s:.2f} s | |")
    print(f"| a stranger gets its page and its video | {on_page_s:.2f} s | 1 s |")
    print(f"| 16:9 and 9:16 for sharing, beside the live feed | {rendered_s:.1f} s | 35 s |")
    print(f"\n{made['width_px']}x{made['height_px']}, {made['duration_s']:.2f} s long.", end=" ")
    print(f"Load {os.getloadavg()[0]:.1f}.\n", flush=True)


def on_air(studio: Studio, seconds: float) -> tuple[Feed, Sender, float]:
    """A feed of the film, on air; and since when."""
    feed = studio.feed("Salle", "camera")
    sender = Sender(feed.page_url, film("webm", seconds))
    assert sender.start()["kind"] == "welcome"
    began_s = time.monotonic()
    crew.within(PATIENCE_S, lambda: studio.line(feed)["width_px"])
    studio.go_live(feed)

    def is_playing() -> bool:
        with contextlib.suppress(httpx.HTTPStatusError, IndexError):
            return studio.line(feed)["is_on_air"] and bool(studio.on_air().shots)
        return False

    crew.within(PATIENCE_S, is_playing, every_s=0.3)
    return feed, sender, began_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    asked = parser.parse_args()
    size = QUICK if asked.quick else FULL
    pictures()
    settings = {"BLUEROOM_RTMP": "127.0.0.1:0", "BLUEROOM_WEBRTC_HOSTS": "127.0.0.1"}
    with (
        tempfile.TemporaryDirectory(prefix="blueroom-bench-") as place,
        running_house(Path(place) / "room", "--no-rehearsal", **settings) as house,
        house.client() as api,
    ):
        if "ways" in asked.only:
            ways(house, open_studio(house, api), size)
        if {"glass", "drop"} & set(asked.only):
            with browsers() as launch:
                if "glass" in asked.only:
                    glass(open_studio(house, api), size, launch)
                if "drop" in asked.only:
                    drop(open_studio(house, api), size, launch)
        if {"viewers", "answer"} & set(asked.only):
            studio = open_studio(house, api)
            feed, sender, began_s = on_air(studio, 600)
            if "viewers" in asked.only:
                viewers(house, studio, size, feed, Path(place))
            if "answer" in asked.only:
                answer(studio, size, feed, began_s)
            sender.stop()
    print(machine())


if __name__ == "__main__":
    main()
