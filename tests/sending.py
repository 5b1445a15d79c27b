"""Whoever sends to the real program, in real time: a page by its WebSocket, an encoder by RTMP.

`film` of tests.camera makes what they send; a `Relay` is the network between them and the house.
"""

from __future__ import annotations

import contextlib
import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import av
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

from blueroom.media.amf import Value, read_values, write_values
from blueroom.media.rtmp_chunks import ChunkReader, Kind, Message, chunked
from tests.camera import SLICE_S

WEBM, MP4 = "video/webm;codecs=h264,opus", "video/mp4;codecs=avc1.42E01F,opus"
ANSWERS_S = 20.0  # shared machines are slow now and then
_SAID = "Server error: "


class Sent(NamedTuple):
    """So many slices or pictures had left by then, on the clock `time.monotonic`."""

    count: int
    at_s: float


class Page:
    """A feed's page, as far as the house sees it.

    From `start` on its recorder makes a slice each tenth of a second, whatever becomes of the
    connection. What the house did not acknowledge is kept, and sent again by the next `start`.
    `page_url` is the address that the API gives; `port` is where it is reached.
    """

    def __init__(
        self,
        page_url: str,
        slices: Sequence[bytes],
        *,
        port: int | None = None,
        recorder: str = "first",
        mime: str = WEBM,
        slice_s: float = SLICE_S,
    ) -> None:
        address = urlsplit(page_url)
        secret = address.path.strip("/").rpartition("/")[2]
        self.slices = slices
        self.recorder = recorder
        self.sent: list[Sent] = []
        self._address = f"ws://127.0.0.1:{port or address.port}/feed/{secret}/socket"
        self._mime = mime
        self._slice_s = slice_s
        self._began_s = 0.0
        self._acknowledged = 0
        self._told: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._connection: ClientConnection | None = None
        self._opened = contextlib.ExitStack()
        self._threads: list[threading.Thread] = []

    def start(self, *, take_over: bool = False, begins: int | None = None) -> dict[str, Any]:
        """Connect, and send what is due from then on; what the house said to the hello.

        `begins`: the chunk that it says it goes on with; left out: the first that was not
        acknowledged.
        """
        connection = self._connect()
        begins = self._acknowledged if begins is None else begins
        hello = {"kind": "hello", "recorder": self.recorder, "mime": self._mime, "next": begins}
        self._say(hello | {"take_over": take_over})
        told = self.wait_for("welcome", "refused")
        if told["kind"] == "welcome":
            self._began_s = self._began_s or time.monotonic()
            self._run(self._send, connection, told["next"])
        return told

    def look(self) -> dict[str, Any]:
        """Connect, and send nothing; what the house said."""
        self._connect()
        self._say({"kind": "look"})
        return self.wait_for("state", "refused")

    def wait_for(self, *kinds: str, within_s: float = ANSWERS_S) -> dict[str, Any]:
        """The first message of these kinds on the present connection."""

        def found() -> dict[str, Any] | None:
            return next((one for one in self._told if one["kind"] in kinds), None)

        with self._news:
            assert self._news.wait_for(found, within_s), f"no {kinds} in {self._told[-5:]}"
            told = found()
            assert told is not None
            return told

    @property
    def refusal(self) -> str:
        """The code with which the house ended it; "" where it did not."""
        return next((one["code"] for one in self._told if one["kind"] == "refused"), "")

    @property
    def problems(self) -> list[str]:
        """The codes of what the house found wrong."""
        return [one["code"] for one in self._told if one["kind"] == "problem"]

    def sent_before(self, at_s: float) -> list[bytes]:
        """The slices that had left by then, first of all connections."""
        return list(self.slices[: _sent_before(self.sent, at_s)])

    def wait_until_sent(self, within_s: float = 120.0) -> None:
        """Until all was sent, on the present connection."""
        self._threads[-1].join(within_s)
        assert not self._threads[-1].is_alive(), "it is still sending"

    @property
    def is_all_sent(self) -> bool:
        """Whether the present connection has no more to send, or has broken."""
        return not self._threads[-1].is_alive()

    def finish(self) -> None:
        """Stop in order, after all was sent."""
        self.wait_until_sent()
        self._say({"kind": "end"})
        self._close()

    def stop(self) -> None:
        """Stop in order, now."""
        self._say({"kind": "end"})
        self._close()

    def leave(self) -> None:
        """Go without a word. May be repeated."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.socket.shutdown(socket.SHUT_RDWR)
            self._close()

    def _connect(self) -> ClientConnection:
        self._told = []
        # Browsers send no pings; what is sent here cannot be compressed.
        how: dict[str, Any] = {"compression": None, "max_size": None, "ping_interval": None}
        opening = connect(self._address, open_timeout=30, **how)
        self._connection = self._opened.enter_context(opening)
        self._run(self._listen, self._connection)
        return self._connection

    def _close(self) -> None:
        with contextlib.suppress(ConnectionClosed, OSError):
            self._opened.close()
        for thread in self._threads:
            thread.join(ANSWERS_S)
        self._threads = []

    def _run(self, work: Callable[..., None], *given: object) -> None:
        thread = threading.Thread(target=work, args=given, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _say(self, message: dict[str, Any]) -> None:
        assert self._connection is not None
        with contextlib.suppress(ConnectionClosed):  # it was refused at once: that is to be read
            self._connection.send(json.dumps(message))

    def _listen(self, connection: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            for message in connection:
                told = json.loads(message)
                with self._news:
                    self._told.append(told)
                    if told["kind"] in ("ack", "welcome"):
                        self._acknowledged = max(self._acknowledged, told["next"])
                    self._news.notify_all()

    def _send(self, connection: ClientConnection, first: int) -> None:
        with contextlib.suppress(ConnectionClosed):
            for number in range(first, len(self.slices)):
                time.sleep(max(0.0, self._began_s + number * self._slice_s - time.monotonic()))
                connection.send(number.to_bytes(4) + self.slices[number])
                if not self.sent or number >= self.sent[-1].count:
                    self.sent.append(Sent(number + 1, time.monotonic()))


class _Logged:
    """A context in which FFmpeg logs to Python: what the house says to an encoder is logged, not
    raised. Nowhere else: a decoder's thread that logs waits for this interpreter, which may be
    waiting for that thread (https://github.com/PyAV-Org/PyAV/issues/751)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            av.logging.set_level(av.logging.ERROR)
            av.logging.set_skip_repeated(False)

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                av.logging.set_level(None)


_LOGGED = _Logged()


class Encoder:
    """An encoder that publishes an FLV by RTMP in real time, as libavformat does it."""

    def __init__(self, rtmp_url: str, key: str, flv: Sequence[bytes]) -> None:
        self._address = f"{rtmp_url}/{key}"
        self._flv = b"".join(flv)
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._publish, daemon=True)
        self.sent: list[Sent] = []  # pictures
        self.refusal = ""  # what the house said when it ended it
        self.is_broken = False

    def start(self) -> Encoder:
        self._thread.start()
        return self

    def sent_before(self, at_s: float) -> int:
        """How many pictures had left by then."""
        return _sent_before(self.sent, at_s)

    def wait(self, within_s: float = 120.0) -> None:
        """Until all was sent, or the house ended it; at once where it was never started."""
        if self._thread.ident is not None:
            self._thread.join(within_s)
        assert not self._thread.is_alive(), "it is still sending"

    def stop(self) -> None:
        """Stop in order."""
        self._is_ending.set()
        self.wait()

    def _publish(self) -> None:
        with _LOGGED, av.logging.Capture(local=True) as logged:
            try:
                with av.open(io.BytesIO(self._flv), "r", format="flv") as film:
                    out: Any = av.open(self._address, "w", format="flv", timeout=30)
                    self._send(film, out)
                    out.close()
            except (av.FFmpegError, OSError):
                self.is_broken = True
        self.refusal = _sentence_in(logged)

    def _send(self, film: Any, out: Any) -> None:
        tracks = {one.index: out.add_stream_from_template(one) for one in film.streams}
        began_s, pictures = time.monotonic(), 0
        for packet in film.demux():
            if packet.dts is None:
                continue
            due_s = began_s + float(packet.dts * packet.time_base)
            if self._is_ending.wait(max(0.0, due_s - time.monotonic())):
                return
            is_picture = packet.stream.type == "video"
            packet.stream = tracks[packet.stream.index]
            out.mux(packet)
            if is_picture:
                pictures += 1
                self.sent.append(Sent(pictures, time.monotonic()))


class Rtmp:
    """An RTMP connection that publishes with a right key, and then sends whatever it is given."""

    def __init__(self, rtmp_url: str, key: str) -> None:
        address = urlsplit(rtmp_url)
        self._socket = socket.create_connection(("127.0.0.1", address.port or 1935), ANSWERS_S)
        self._socket.settimeout(ANSWERS_S)
        self._chunks = ChunkReader(limit_bytes=1 << 16)
        self._heard: list[Message] = []
        self._socket.sendall(b"\3" + bytes(1536))
        answer = self._exactly(1 + 2 * 1536)
        self._socket.sendall(answer[1:1537])
        self._command("connect", 1.0, {"app": "live", "tcUrl": rtmp_url})
        self._command("createStream", 2.0, None)
        self._command("publish", 3.0, None, key, "live")
        code, sentence = self.status()
        assert code == "NetStream.Publish.Start", sentence

    def send(self, kind: int, body: bytes, timestamp_ms: int = 0) -> None:
        """One message. Raises OSError once the house has closed."""
        message = Message(kind, body, timestamp_ms, 1)
        self._socket.sendall(chunked(message, chunk_stream=4, chunk_bytes=128))

    def send_raw(self, content: bytes) -> None:
        """Bytes that need not be a message. Raises OSError once the house has closed."""
        self._socket.sendall(content)

    def status(self) -> tuple[str, str]:
        """Code and sentence of the next onStatus; both empty where the house closed without one."""
        while message := self._next():
            if message.kind == Kind.COMMAND:
                match read_values(message.body):
                    case ["onStatus", _, _, {"code": str(code), "description": str(sentence)}]:
                        return code, sentence
        return "", ""

    def close(self) -> None:
        self._socket.close()

    def _command(self, *values: Value) -> None:
        self.send(Kind.COMMAND, write_values(*values))

    def _next(self) -> Message | None:
        while not self._heard:
            try:
                received = self._socket.recv(65536)
            except ConnectionError:
                return None
            if not received:
                return None
            self._heard += self._chunks.feed(received)
        return self._heard.pop(0)

    def _exactly(self, count: int) -> bytes:
        received = b""
        while len(received) < count:
            chunk = self._socket.recv(count - len(received))
            assert chunk, "the house closed within the handshake"
            received += chunk
        return received


class Relay:
    """A network between senders and a port of the house, which can go away without a word."""

    def __init__(self, port: int) -> None:
        self._to = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._is_there = threading.Event()
        self._is_there.set()
        self._open: list[socket.socket] = []
        self._present: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def go_away(self, *, for_good: bool = True) -> None:
        """Nothing gets through any more.

        `for_good`: what is under way is lost, and the connections of before stay dead for both
        ends, as of a telephone that changes its network. Else they go on, as by TCP after a while.
        """
        self._is_there.clear()
        if for_good:
            self._present.clear()

    def come_back(self) -> None:
        """New connections get through again."""
        self._is_there.set()

    def close(self) -> None:
        """End it and all connections."""
        self._is_there.set()
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                near, _ = self._listener.accept()
                if not self._is_there.is_set():
                    near.close()
                    continue
                far = socket.create_connection(self._to)
                self._open += [near, far]
                self._present |= {near, far}
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(1 << 16):
                if source in self._present:
                    self._is_there.wait()
                    target.sendall(chunk)
            if source in self._present:
                target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def relay(port: int) -> Iterator[Relay]:
    """A network to that port, until the end of the block."""
    made = Relay(port)
    try:
        yield made
    finally:
        made.close()


def reaches(page: Page) -> bool:
    """Whether the house can be reached, and takes the page up again."""
    try:
        return page.start()["kind"] == "welcome"
    except (OSError, EOFError, InvalidHandshake, ConnectionClosed):
        return False


def _sent_before(sent: list[Sent], at_s: float) -> int:
    return next((one.count for one in reversed(sent) if one.at_s <= at_s), 0)


def _sentence_in(logged: list[tuple[int, str, str]]) -> str:
    said = [line for _, name, line in logged if name == "rtmp" and line.startswith(_SAID)]
    return said[-1].removeprefix(_SAID).strip() if said else ""
