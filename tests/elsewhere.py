"""A server of somebody else's, on the loopback: streams that go on, end, or are kept from us."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av

from tests.camera import frames_of

SEGMENT_S = 1
WINDOW = 4


class Elsewhere:
    """Answers what `answers` holds by path, and a live stream at /live.m3u8 where it has `pieces`.

    `shared` is what it sends as Access-Control-Allow-Origin; empty: nothing. `asked` holds the
    paths that it was asked for.
    """

    def __init__(self, pieces: list[bytes] | None = None) -> None:
        self.pieces = pieces or []
        self.answers: dict[str, tuple[int, str, bytes]] = {}
        self.shared = "*"
        self.is_gone = False
        self.asked: list[str] = []
        self._began_s = time.monotonic()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def playlist(self, path: str, *lines: str) -> None:
        """What it answers there from now on, as a playlist."""
        text = "\n".join(("#EXTM3U", *lines))
        self.answers[path] = (200, "application/vnd.apple.mpegurl", text.encode())

    def answer(self, path: str) -> tuple[int, str, bytes]:
        self.asked.append(path)
        if self.is_gone:
            return 404, "text/plain", b""
        if path == "/live.m3u8" and self.pieces:
            return 200, "application/vnd.apple.mpegurl", self._live().encode()
        number = path.removeprefix("/piece-").removesuffix(".ts")
        if number.isdigit() and int(number) < len(self.pieces):
            return 200, "video/mp2t", self.pieces[int(number)]
        return self.answers.get(path, (404, "text/plain", b""))

    def _live(self) -> str:
        at = min(int((time.monotonic() - self._began_s) / SEGMENT_S), len(self.pieces) - WINDOW)
        head = ["#EXTM3U", f"#EXT-X-TARGETDURATION:{SEGMENT_S}", f"#EXT-X-MEDIA-SEQUENCE:{at}"]
        window = range(at, at + WINDOW)
        return "\n".join(head + [f"#EXTINF:{SEGMENT_S},\npiece-{number}.ts" for number in window])

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        elsewhere = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, body = elsewhere.answer(self.path.partition("?")[0])
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                if elsewhere.shared:
                    self.send_header("Access-Control-Allow-Origin", elsewhere.shared)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def __enter__(self) -> Elsewhere:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def live_elsewhere(folder: Path, seconds: int) -> Iterator[Elsewhere]:
    """A server with a live stream that lasts so long from now on."""
    pieces = _film(folder, seconds)
    with Elsewhere(pieces) as elsewhere:
        yield elsewhere


def _film(folder: Path, seconds: int, fps: int = 10) -> list[bytes]:
    size = (320, 180)
    words = {"hls_time": str(SEGMENT_S), "hls_list_size": "0"}
    with av.open(str(folder / "film.m3u8"), "w", format="hls", options=words) as film:
        video = film.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
        video.width, video.height = size
        video.pix_fmt, video.gop_size = "yuv420p", fps * SEGMENT_S
        video.time_base = Fraction(1, 90_000)
        for frame in frames_of([number / fps for number in range(seconds * fps)], size):
            film.mux(video.encode(frame))
        film.mux(video.encode())
    paths = sorted(folder.glob("film*.ts"), key=lambda path: int(path.stem.removeprefix("film")))
    return [path.read_bytes() for path in paths]
