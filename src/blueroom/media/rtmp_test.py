"""The RTMP server, by raw sockets for its limits and by ffmpeg for what encoders do."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import random
import shutil
import socket
import struct
import time
from collections.abc import Awaitable, Callable

import av
import pytest

from blueroom.media import rtmp
from blueroom.media.amf import Value, read_values, write_values
from blueroom.media.flv import tag
from blueroom.media.rtmp import Limits, Peer, PublishRefused
from blueroom.media.rtmp_chunks import ChunkReader, Kind, Message, chunked

pytestmark = pytest.mark.alone

KEY = "k3y-of-the-guest"
FFMPEG = shutil.which("ffmpeg")
VIDEO = b"\x17\1\0\0\0picture"
QUICK = Limits(refusal_s=0.05, slow_refusal_s=0.4)


class Kept:
    """An intake that keeps what it is fed."""

    def __init__(self) -> None:
        self.flv = bytearray()
        self.closed = 0
        self.has_room = asyncio.Event()
        self.has_room.set()

    def feed(self, data: bytes, /) -> None:
        assert data
        assert not self.closed
        self.flv += data

    async def drained(self) -> None:
        await self.has_room.wait()

    def close(self) -> None:
        self.closed += 1


class House:
    """Who may publish, what came, and the server between."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.asked: list[tuple[str, str]] = []
        self.peers: list[Peer] = []
        self.taken: list[Kept] = []
        self.refusal: str | None = None
        self.encoders: list[Encoder] = []

    async def authorize(self, app: str, key: str, peer: Peer) -> Kept | None:
        self.asked.append((app, key))
        self.peers.append(peer)
        if (app, key) != ("live", KEY):
            return None
        if self.refusal:
            raise PublishRefused(self.refusal)
        self.taken.append(Kept())
        return self.taken[-1]

    async def open(self) -> None:
        sock = socket.create_server(("127.0.0.1", 0))
        self.port = sock.getsockname()[1]
        self.server = await rtmp.serve(sock, self.authorize, limits=self.limits)

    async def connect(self) -> Encoder:
        self.encoders.append(Encoder(*await asyncio.open_connection("127.0.0.1", self.port)))
        return self.encoders[-1]

    async def close(self) -> None:
        for encoder in self.encoders:
            encoder.writer.transport.abort()
        await self.server.close()
        assert self.server.connections == 0
        assert [kept.closed for kept in self.taken] == [1] * len(self.taken)


class Encoder:
    """Speaks RTMP byte by byte, as a test wants it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._chunks = ChunkReader(limit_bytes=1 << 20)
        self._heard: list[Message] = []

    async def shake_hands(self) -> None:
        self.writer.write(b"\3" + bytes(1536))
        answer = await self.reader.readexactly(1 + 2 * 1536)
        self.writer.write(answer[1:1537])

    def send(self, kind: int, body: bytes, timestamp_ms: int = 0) -> None:
        message = Message(kind, body, timestamp_ms, 1)
        self.writer.write(chunked(message, chunk_stream=4, chunk_bytes=128))

    def command(self, *values: Value) -> None:
        self.send(Kind.COMMAND, write_values(*values))

    async def message(self) -> Message:
        while not self._heard:
            received = await self.reader.read(65536)
            assert received, "the connection was closed"
            self._heard += self._chunks.feed(received)
        return self._heard.pop(0)

    async def answer(self) -> list[Value]:
        """The next command, past acknowledgements and the like."""
        while True:
            message = await self.message()
            if message.kind == Kind.COMMAND:
                return read_values(message.body)

    async def status(self) -> tuple[object, object]:
        """Code and sentence of the next onStatus."""
        while True:
            match await self.answer():
                case ["onStatus", _, _, {"code": code, "description": sentence}]:
                    return code, sentence

    async def publish(self, key: str = KEY, app: str = "live") -> tuple[object, object]:
        await self.shake_hands()
        self.command("connect", 1.0, {"app": app, "tcUrl": f"rtmp://h/{app}"})
        self.command("releaseStream", 2.0, None, key)
        self.command("FCPublish", 3.0, None, key)
        self.command("createStream", 4.0, None)
        self.command("publish", 5.0, None, key, "live")
        return await self.status()

    async def is_closed(self) -> None:
        """Wait until the server closes."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(65536):
                pass


def visit(test: Callable[[House], Awaitable[None]], limits: Limits = QUICK) -> House:
    """Runs the test against a server, within twenty seconds."""
    house = House(limits)

    async def run() -> None:
        await house.open()
        try:
            async with asyncio.timeout(20):
                await test(house)
        finally:
            await house.close()

    asyncio.run(run())
    return house


async def until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110  # what it waits for tells nobody
        await asyncio.sleep(0.01)


def test_a_feed_is_taken_as_flv() -> None:
    described: dict[str, Value] = {"audiocodecid": 10.0, "videocodecid": 7.0}

    async def test(house: House) -> None:
        encoder = await house.connect()
        assert await encoder.publish() == ("NetStream.Publish.Start", "The feed is taken.")
        encoder.send(Kind.SCRIPT, write_values("@setDataFrame", "onMetaData", described))
        encoder.send(Kind.SCRIPT, write_values("onCuePoint", {}))
        encoder.send(Kind.VIDEO, VIDEO, 40)
        encoder.send(Kind.AGGREGATE, tag(8, b"\xaf\1sound", 5) + tag(18, b"left out", 6), 45)
        encoder.command("FCUnpublish", 6.0, None, KEY)
        encoder.command("deleteStream", 7.0, None, 1.0)
        await encoder.is_closed()

    house = visit(test)

    assert bytes(house.taken[0].flv) == (
        b"FLV\1\5\0\0\0\x09\0\0\0\0"
        + tag(18, write_values("onMetaData", described), 0)
        + tag(9, VIDEO, 40)
        + tag(8, b"\xaf\1sound", 45)
    )
    assert house.asked == [("live", KEY)]
    assert house.peers[0].address == "127.0.0.1"


@pytest.mark.parametrize(
    ("app", "name"),
    [
        ("live", KEY),
        ("live/", f"/{KEY}"),
        (f"live/{KEY}", ""),
        ("live", f"{KEY}?vhost=a"),
        (f"live/{KEY}?a=/b", ""),
    ],
)
def test_the_key_is_found_wherever_the_encoder_puts_it(app: str, name: str) -> None:
    async def test(house: House) -> None:
        assert await (await house.connect()).publish(name, app) == (
            "NetStream.Publish.Start", "The feed is taken.",
        )  # fmt: skip

    assert visit(test).asked == [("live", KEY)]


def test_commands_in_amf3_wrapping_are_obeyed() -> None:
    async def test(house: House) -> None:
        encoder = await house.connect()
        await encoder.shake_hands()
        connect: Value = {"app": "live", "objectEncoding": 3.0}
        encoder.send(Kind.COMMAND_AMF3, b"\0" + write_values("connect", 1.0, connect))
        encoder.send(Kind.COMMAND_AMF3, b"\0" + write_values("publish", 5.0, None, KEY, "live"))
        assert (await encoder.status())[0] == "NetStream.Publish.Start"

    assert visit(test).asked == [("live", KEY)]


@pytest.mark.parametrize("key", ["guessed", "", "k" * 5_000])
def test_a_wrong_key_is_refused_after_a_while_and_nowhere_repeated(
    key: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    took_s = 0.0

    async def test(house: House) -> None:
        nonlocal took_s
        encoder = await house.connect()
        began_s = time.monotonic()
        code, sentence = await encoder.publish(key)
        took_s = time.monotonic() - began_s
        assert code == "NetStream.Publish.BadName"
        assert str(sentence).startswith("There is no feed with this stream key, or no longer.")
        await encoder.is_closed()

    house = visit(test)

    assert took_s >= QUICK.refusal_s
    assert house.taken == []
    assert "refused" in caplog.text
    assert not key or key not in caplog.text


def test_a_right_key_is_not_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def test(house: House) -> None:
        encoder = await house.connect()
        await encoder.publish(f"{KEY}?a=b", "live")
        encoder.command("deleteStream", 7.0, None, 1.0)
        await encoder.is_closed()

    visit(test)

    assert "ended" in caplog.text
    assert KEY not in caplog.text


def test_guessing_is_slowed_and_the_right_key_is_not() -> None:
    took_s = []

    async def test(house: House) -> None:
        for number in range(7):
            began_s = time.monotonic()
            await (await house.connect()).publish(f"guess {number}")
            took_s.append(time.monotonic() - began_s)
        began_s = time.monotonic()
        await (await house.connect()).publish()
        took_s.append(time.monotonic() - began_s)

    visit(test, Limits(refusal_s=0.01, slow_refusal_s=0.3, unknown_connections=99))

    assert [at >= 0.3 for at in took_s] == [False] * 5 + [True] * 2 + [False]


def test_the_reason_of_a_refusal_is_told() -> None:
    async def test(house: House) -> None:
        house.refusal = "Another encoder sends to this feed."
        status = await (await house.connect()).publish()
        assert status == ("NetStream.Publish.BadName", "Another encoder sends to this feed.")

    assert visit(test).taken == []


def test_a_publisher_that_another_one_replaces_is_told_and_its_intake_closed() -> None:
    async def test(house: House) -> None:
        first, second = await house.connect(), await house.connect()
        await first.publish()
        house.peers[0].end("Another encoder took over.")
        assert await first.status() == ("NetStream.Publish.Rejected", "Another encoder took over.")
        assert [kept.closed for kept in house.taken] == [1]
        await second.publish()
        second.send(Kind.VIDEO, VIDEO)
        await until(lambda: len(house.taken[1].flv) > 0)
        first.writer.transport.abort()
        await until(lambda: house.server.connections == 1)
        house.peers[0].end("Nothing happens.")

    visit(test)


def test_what_waits_for_room_can_be_ended() -> None:
    async def test(house: House) -> None:
        encoder = await house.connect()
        await encoder.publish()
        house.taken[0].has_room.clear()
        encoder.send(Kind.VIDEO, VIDEO)
        await until(lambda: len(house.taken[0].flv) > 0)
        house.peers[0].end("The key was revoked.")
        assert await encoder.status() == ("NetStream.Publish.Rejected", "The key was revoked.")

    visit(test)


def test_an_intake_without_room_holds_the_encoder_back() -> None:
    sent = 0

    async def test(house: House) -> None:
        nonlocal sent
        encoder = await house.connect()
        await encoder.publish()
        house.taken[0].has_room.clear()
        picture = VIDEO + bytes(60_000)
        with contextlib.suppress(TimeoutError):
            while sent < 1_000:
                encoder.send(Kind.VIDEO, picture)
                sent += 1
                async with asyncio.timeout(0.3):
                    await encoder.writer.drain()
        held = len(house.taken[0].flv)
        assert held < 300_000
        house.taken[0].has_room.set()
        await until(lambda: len(house.taken[0].flv) > sent * 60_000)

    visit(test)

    assert sent < 1_000  # the encoder had to wait; what it sent arrived all the same


@pytest.mark.parametrize(
    ("kind", "body", "codec", "setting"),
    [
        (Kind.VIDEO, b"\x90hvc1conf", "HEVC", "Video Encoder"),
        (Kind.VIDEO, b"\x90av01conf", "AV1", "Video Encoder"),
        (Kind.AUDIO, b"\x2fsound", "MP3", "Audio Encoder"),
    ],
)
def test_a_codec_that_is_not_taken_is_named_with_what_to_set(
    kind: Kind, body: bytes, codec: str, setting: str
) -> None:
    async def test(house: House) -> None:
        encoder = await house.connect()
        await encoder.publish()
        encoder.send(kind, body)
        for _ in range(200):  # it goes on sending: the reason arrives all the same
            encoder.send(kind, body + bytes(10_000))
        code, sentence = await encoder.status()
        assert code == "NetStream.Publish.Rejected"
        assert f"sends {codec}. In OBS: Settings, Output, Streaming, {setting}" in str(sentence)

    visit(test)


def test_what_was_received_is_acknowledged() -> None:
    async def test(house: House) -> None:
        encoder = await house.connect()
        await encoder.publish()
        encoder.send(Kind.WINDOW, struct.pack(">I", 10_000))
        encoder.send(Kind.VIDEO, VIDEO + bytes(12_000))
        while (message := await encoder.message()).kind != Kind.ACKNOWLEDGEMENT:
            pass
        assert 10_000 < int.from_bytes(message.body) < 14_000

    visit(test)


def test_a_ping_is_answered() -> None:
    async def test(house: House) -> None:
        encoder = await house.connect()
        await encoder.publish()
        encoder.send(Kind.USER_CONTROL, struct.pack(">HI", 6, 1234))
        while (message := await encoder.message()).body[:2] != b"\0\7":
            pass
        assert message.body == struct.pack(">HI", 7, 1234)

    visit(test)


def test_nothing_can_be_played() -> None:
    async def test(house: House) -> None:
        encoder = await house.connect()
        await encoder.shake_hands()
        encoder.command("connect", 1.0, {"app": "live"})
        encoder.command("play", 4.0, None, KEY)
        assert (await encoder.status())[0] == "NetStream.Play.Failed"

    assert visit(test).asked == []


def test_a_second_feed_in_one_connection_is_refused() -> None:
    async def test(house: House) -> None:
        encoder = await house.connect()
        await encoder.publish()
        encoder.command("publish", 6.0, None, KEY, "live")
        assert (await encoder.status())[1] == "This connection sends a feed already."

    visit(test)


@pytest.mark.parametrize("sent", [b"", b"\3", b"\3" + bytes(1536)])
def test_a_handshake_that_does_not_end_is_ended(sent: bytes) -> None:
    async def test(house: House) -> None:
        encoder = await house.connect()
        encoder.writer.write(sent)
        await encoder.is_closed()

    began_s = time.monotonic()
    visit(test, Limits(handshake_s=0.3))
    assert 0.3 <= time.monotonic() - began_s < 5


def test_who_speaks_http_is_sent_away_at_once() -> None:
    async def test(house: House) -> None:
        encoder = await house.connect()
        encoder.writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await encoder.is_closed()

    visit(test)


def test_who_shows_no_key_is_sent_away_however_busy() -> None:
    async def test(house: House) -> None:
        encoder = await house.connect()
        await encoder.shake_hands()
        encoder.command("connect", 1.0, {"app": "live"})
        drip = asyncio.create_task(_drip(encoder))
        assert await encoder.status() == (
            "NetStream.Publish.Rejected", "No stream key came for too long.",
        )  # fmt: skip
        drip.cancel()

    visit(test, Limits(publish_s=0.4))


def test_a_publisher_that_sends_neither_sound_nor_picture_is_ended() -> None:
    async def test(house: House) -> None:
        encoder = await house.connect()
        await encoder.publish()
        encoder.send(Kind.VIDEO, VIDEO)
        drip = asyncio.create_task(_drip(encoder))
        assert await encoder.status() == (
            "NetStream.Publish.Rejected", "No sound or picture came for too long.",
        )  # fmt: skip
        drip.cancel()

    visit(test, Limits(idle_s=0.4))


async def _drip(encoder: Encoder) -> None:
    """A command now and then, each one of its bytes alone."""
    while True:
        whole = chunked(Message(Kind.WINDOW, b"\0\0\0\0"), chunk_stream=5, chunk_bytes=128)
        for at in range(len(whole)):
            encoder.writer.write(whole[at : at + 1])
            await asyncio.sleep(0.01)


def test_a_message_before_the_key_is_small_and_after_it_larger() -> None:
    limits = Limits(command_bytes=1_000, message_bytes=20_000)

    async def test(house: House) -> None:
        early, late = await house.connect(), await house.connect()
        await early.shake_hands()
        early.send(Kind.VIDEO, bytes(1_001))
        assert "1001 bytes; at most 1000" in str((await early.status())[1])
        await late.publish()
        late.send(Kind.VIDEO, VIDEO + bytes(15_000))
        late.send(Kind.VIDEO, VIDEO + bytes(20_000))
        assert "at most 20000 are taken. Lower the bitrate" in str((await late.status())[1])

    visit(test, limits)


def test_a_chunk_size_over_the_limit_is_refused() -> None:
    async def test(house: House) -> None:
        encoder = await house.connect()
        await encoder.publish()
        encoder.send(Kind.SET_CHUNK_SIZE, struct.pack(">I", (1 << 20) + 1))
        assert "chunk size must be between" in str((await encoder.status())[1])

    visit(test)


def test_a_command_that_cannot_be_read_is_refused() -> None:
    async def test(house: House) -> None:
        for body in (b"\xff", write_values(1.0), write_values("connect", "x"), b""):
            encoder = await house.connect()
            await encoder.shake_hands()
            encoder.send(Kind.COMMAND, body)
            assert await encoder.status() == (
                "NetStream.Publish.Rejected", "The encoder sent a command that cannot be read.",
            )  # fmt: skip

    visit(test)


def test_connections_without_a_key_are_few_and_their_places_come_back() -> None:
    async def test(house: House) -> None:
        await (await house.connect()).publish()  # has a key: does not count
        waiting = [await house.connect() for _ in range(3)]
        for encoder in waiting:
            await encoder.shake_hands()
        fourth = await house.connect()
        await fourth.is_closed()
        assert house.server.connections == 4
        waiting[0].writer.transport.abort()
        await until(lambda: house.server.connections == 3)
        assert (await (await house.connect()).publish())[0] == "NetStream.Publish.Start"

    visit(test, Limits(unknown_connections=3))


def test_connections_are_limited_together() -> None:
    async def test(house: House) -> None:
        for _ in range(2):
            await (await house.connect()).publish()
        await (await house.connect()).is_closed()
        assert house.server.connections == 2

    visit(test, Limits(connections=2))


def test_who_does_not_read_our_answers_is_cut_off() -> None:
    async def test(house: House) -> None:
        encoder = await house.connect()
        await encoder.publish()
        transport = encoder.writer.transport
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()
        ping = chunked(
            Message(Kind.USER_CONTROL, struct.pack(">HI", 6, 1)), chunk_stream=2, chunk_bytes=128
        )
        while house.server.connections:
            encoder.writer.write(ping * 2_000)
            await asyncio.sleep(0.01)

    visit(test, Limits(write_s=0.3))


def test_random_bytes_after_the_handshake_end_a_connection_and_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    chance = random.Random(11)
    opening = b"".join(
        chunked(Message(Kind.COMMAND, write_values(*values), 0, 1), chunk_stream=3, chunk_bytes=128)
        for values in (("connect", 1.0, {"app": "live"}), ("publish", 2.0, None, KEY, "live"))
    ) + chunked(Message(Kind.VIDEO, VIDEO * 30, 0, 1), chunk_stream=4, chunk_bytes=128)

    async def test(house: House) -> None:
        for _ in range(150):
            noise = bytearray(opening)
            for _ in range(chance.randint(1, 10)):
                noise[chance.randrange(len(noise))] = chance.randrange(256)
            encoder = await house.connect()
            await encoder.shake_hands()
            encoder.writer.write(bytes(noise[: chance.randint(1, len(noise))]))
            encoder.writer.write_eof()
            await encoder.is_closed()
        assert (await (await house.connect()).publish())[0] == "NetStream.Publish.Start"

    house = visit(test, Limits(refusal_s=0, slow_refusal_s=0))

    assert house.asked.count(("live", KEY)) > 10
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_a_server_that_closes_ends_its_publishers() -> None:
    async def test(house: House) -> None:
        encoder = await house.connect()
        await encoder.publish()
        await house.server.close()
        await encoder.is_closed()

    visit(test)


async def ffmpeg(*words: str) -> tuple[int, str]:
    """What ffmpeg says when it publishes two seconds of sound and picture."""
    process = await asyncio.create_subprocess_exec(
        str(FFMPEG), "-hide_banner", "-nostdin",
        "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25",
        "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000",
        "-t", "2", *words,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await process.communicate()
    return process.returncode or 0, said.decode()


H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-c:a", "aac", "-f", "flv")
with_ffmpeg = pytest.mark.skipif(FFMPEG is None, reason="no ffmpeg on this machine")


@with_ffmpeg
def test_ffmpeg_publishes_and_every_picture_arrives() -> None:
    async def test(house: House) -> None:
        code, said = await ffmpeg(*H264, f"rtmp://127.0.0.1:{house.port}/live/{KEY}")
        assert code == 0, said

    house = visit(test)

    with av.open(io.BytesIO(bytes(house.taken[0].flv)), "r", format="flv") as container:
        pictures = sum(1 for _ in container.decode(video=0))
    with av.open(io.BytesIO(bytes(house.taken[0].flv)), "r", format="flv") as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert pictures == 50
    assert samples == pytest.approx(2 * 48_000, abs=2_048)


@with_ffmpeg
def test_ffmpeg_publishes_by_application_and_key_apart() -> None:
    async def test(house: House) -> None:
        address = f"rtmp://127.0.0.1:{house.port}/live"
        code, said = await ffmpeg(*H264, "-rtmp_playpath", KEY, "-rtmp_app", "live", address)
        assert code == 0, said

    assert visit(test).asked == [("live", KEY)]


@with_ffmpeg
def test_ffmpeg_with_a_wrong_key_says_why() -> None:
    async def test(house: House) -> None:
        code, said = await ffmpeg(*H264, f"rtmp://127.0.0.1:{house.port}/live/old-key")
        assert code != 0
        assert "There is no feed with this stream key, or no longer." in said

    assert visit(test).taken == []


@with_ffmpeg
def test_ffmpeg_with_another_codec_is_ended(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def test(house: House) -> None:
        words = ("-c:v", "libx264", "-c:a", "mp3", "-ar", "44100", "-f", "flv")
        code, said = await ffmpeg(*words, f"rtmp://127.0.0.1:{house.port}/live/{KEY}")
        assert code != 0, said

    visit(test)

    assert "refused: AAC is taken, and the encoder sends MP3." in caplog.text
