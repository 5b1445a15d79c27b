"""A film of 720p at 30 pictures a second and 2.5 Mb/s, encoded once, sent again and again.

    python bench/replay.py WHIP-ADDRESS… --seconds 30

As a program it sends to each of these addresses by WebRTC, in real time: a process of its own, so
that what a sender costs is not part of what is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import io
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from tests.camera import RATE, SLICE_S, sound_of  # noqa: E402 - found by the line above

SIZE = (1280, 720)
FPS = 30
BITS_S = 2_500_000
KEY_S = 2
ONCE_S = 16  # whole groups of pictures, and whole frames of Opus and AAC; then it begins again
CLOCK = Fraction(1, 90_000)
FORMATS = {"webm": ("matroska", {"live": "1", "cluster_time_limit": "100"}), "flv": ("flv", {})}


class Encoded(NamedTuple):
    """A picture with start codes, or a frame of sound, and its time in seconds."""

    kind: str
    data: bytes
    at_s: float
    is_key: bool = True


@functools.cache
def pictures() -> tuple[Encoded, ...]:
    """`ONCE_S` of coarse noise that moves: what it takes is what was asked for."""
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = *SIZE, "yuv420p"
    encoder.time_base, encoder.framerate = CLOCK, Fraction(FPS)
    encoder.bit_rate = BITS_S
    key = f"keyint={KEY_S * FPS}:min-keyint={KEY_S * FPS}:scenecut=0:repeat-headers=1"
    rate = {"maxrate": str(BITS_S), "bufsize": str(BITS_S // 2)}
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": key, **rate}
    chance = np.random.default_rng(1)
    noise = np.kron(chance.integers(40, 210, (135, 160), np.uint8), np.ones((8, 8), np.uint8))
    packets = []
    for number in range(ONCE_S * FPS):
        moved = np.roll(noise, number * 3 % SIZE[0], 1)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(moved), format="yuv420p")
        frame.pts, frame.time_base = number * 90_000 // FPS, CLOCK
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return tuple(Encoded("video", bytes(p), p.pts / 90_000, p.is_keyframe) for p in packets)


@functools.cache
def sounds(codec: str) -> tuple[Encoded, ...]:
    """`ONCE_S` of beeps."""
    encoder: Any = av.CodecContext.create(codec, "w")
    encoder.sample_rate, encoder.layout = RATE, "stereo"
    encoder.format = "flt" if codec == "libopus" else "fltp"
    encoder.bit_rate = 96_000
    encoder.open()
    size, samples, packets = encoder.frame_size, sound_of(ONCE_S), []
    for at in range(0, samples.shape[1] - size + 1, size):
        part = samples[:, at : at + size]
        shaped = part if codec == "aac" else part.T.reshape(1, -1)
        name = "fltp" if codec == "aac" else "flt"
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(shaped), name, "stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
        packets += encoder.encode(frame)
    return tuple(Encoded("audio", bytes(p), max(0, p.pts or 0) / RATE) for p in packets)


def endless(codec: str) -> Iterator[Encoded]:
    """Pictures and sound in order of time, for ever."""
    once = sorted([*pictures(), *sounds(codec)], key=lambda one: one.at_s)
    for turn in range(1 << 30):
        for one in once:
            yield one._replace(at_s=one.at_s + turn * ONCE_S)


def film(way: str, seconds: float) -> list[bytes]:
    """So much of it in slices of a tenth of a second, as a browser ("webm") or an encoder ("flv")
    sends it."""
    codec = {"webm": "libopus", "flv": "aac"}[way]
    name, options = FORMATS[way]
    sink = _Sink()
    container: Any
    slices = []
    with av.open(sink, "w", format=name, container_options=options) as container:
        tracks = {
            "video": container.add_mux_stream("h264", width=SIZE[0], height=SIZE[1]),
            "audio": container.add_stream(codec, rate=RATE, layout="stereo"),
        }
        for one in endless(codec):
            if one.at_s >= seconds:
                break
            if one.at_s >= (len(slices) + 1) * SLICE_S:
                slices.append(sink.take())
            packet = av.Packet(one.data)
            packet.stream, packet.time_base = tracks[one.kind], CLOCK
            packet.pts = packet.dts = round(one.at_s * 90_000)
            packet.is_keyframe = one.is_key
            container.mux(packet)
    return [*slices, sink.take()]


class _Sink:
    """A file that cannot be wound back."""

    def __init__(self) -> None:
        self._file = io.BytesIO()

    def write(self, data: bytes) -> int:
        return self._file.write(data)

    def take(self) -> bytes:
        taken, self._file = self._file.getvalue(), io.BytesIO()
        return taken


# WebRTC, as a process


async def call(address: str, seconds: float) -> None:
    """Send by WHIP, encoded as it is."""
    import httpx
    from aiortc import MediaStreamTrack, RTCPeerConnection, RTCRtpSender, RTCSessionDescription

    class Track(MediaStreamTrack):
        def __init__(self, kind: str, began_s: float) -> None:
            super().__init__()
            self.kind = kind
            self._began_s = began_s
            self._frames = (one for one in endless("libopus") if one.kind == kind)

        async def recv(self) -> Any:
            one = next(self._frames)
            await asyncio.sleep(max(0.0, self._began_s + one.at_s - time.monotonic()))
            packet = av.Packet(one.data)
            packet.time_base = CLOCK if self.kind == "video" else Fraction(1, RATE)
            packet.pts = packet.dts = round(one.at_s / packet.time_base)
            packet.is_keyframe = one.is_key
            return packet

    peer = RTCPeerConnection()
    began_s = time.monotonic() + 1
    for kind in ("video", "audio"):
        peer.addTrack(Track(kind, began_s))
    codecs = RTCRtpSender.getCapabilities("video").codecs
    h264 = [codec for codec in codecs if codec.mimeType == "video/H264"]
    peer.getTransceivers()[0].setCodecPreferences(h264)
    await peer.setLocalDescription(await peer.createOffer())
    async with httpx.AsyncClient(timeout=30) as client:
        offer = {
            "content": peer.localDescription.sdp,
            "headers": {"content-type": "application/sdp"},
        }
        answer = await client.post(address, **offer)
        answer.raise_for_status()
    await peer.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
    await asyncio.sleep(seconds)
    await peer.close()


async def call_all(addresses: list[str], seconds: float) -> None:
    await asyncio.gather(*(call(address, seconds) for address in addresses))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("addresses", nargs="+")
    parser.add_argument("--seconds", type=float, default=30)
    asked = parser.parse_args()
    pictures()
    asyncio.run(call_all(asked.addresses, asked.seconds))


if __name__ == "__main__":
    main()
