"""Pictures in another code than H.264 become H.264: decoded, made to fit, encoded by x264."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from av import VideoFrame
from av.codec.context import CodecContext
from av.packet import Packet
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext

from blueroom.media.h264 import split_annexb
from blueroom.media.parts import SEGMENT_S, VIDEO_TIMESCALE

LONGEST_SIDE_PX = 1920
BITS_A_PIXEL = 0.09  # at 30 pictures a second: 2.5 Mb/s at 720p
LEAST_BITS_S = 400_000
_TIME = Fraction(1, VIDEO_TIMESCALE)


class Picture(NamedTuple):
    """One picture in H.264. Times in 1/90000 s."""

    units: list[bytes]
    pts: int
    dts: int


class Transcoder:
    """Transcodes one feed's pictures. Of another size, it begins anew, with a key frame."""

    def __init__(self, decoder: VideoCodecContext) -> None:
        # One picture in, one picture out: threads over frames would keep some back.
        decoder.thread_type = "SLICE"
        if decoder.name == "libdav1d":
            decoder.options = {"max_frame_delay": "1"}
        self._decoder = decoder
        self._encoder: VideoCodecContext | None = None
        self._key_at: int | None = None
        self._time_base: Fraction | None = None

    def take(self, packet: Packet[Stream] | None) -> Iterator[Picture]:
        """What becomes of this packet; with None, what is still kept back.

        Raises:
            av.FFmpegError: the packet is damaged. The next one may not be.
        """
        for frame in self._decoder.decode(packet):
            # What is kept back to the end comes without its time base (PyAV 18.1).
            self._time_base = frame.time_base or self._time_base
            if frame.pts is not None and self._time_base is not None:
                at = round(frame.pts * self._time_base * VIDEO_TIMESCALE)
                yield from self._encode(frame, at)

    def _encode(self, frame: VideoFrame, at: int) -> Iterator[Picture]:
        width, height = _fit(frame.width, frame.height)
        encoder = self._encoder
        if encoder is None or (encoder.width, encoder.height) != (width, height):
            encoder = self._encoder = _new_encoder(width, height)
            self._key_at = None
        frame = frame.reformat(width=width, height=height, format="yuv420p")
        frame.pts, frame.time_base = at, _TIME
        is_due = self._key_at is None or not 0 <= at - self._key_at < SEGMENT_S * VIDEO_TIMESCALE
        frame.pict_type = 1 if is_due else 0  # I, or as the encoder likes
        self._key_at = at if is_due else self._key_at
        for packet in encoder.encode(frame):
            pts = at if packet.pts is None else packet.pts
            dts = pts if packet.dts is None else packet.dts
            yield Picture(split_annexb(bytes(packet)), pts, dts)


def _fit(width: int, height: int) -> tuple[int, int]:
    """The size, not larger than full HD either way round, and even, as 4:2:0 wants it."""
    scale = min(1.0, LONGEST_SIDE_PX / max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def _new_encoder(width: int, height: int) -> VideoCodecContext:
    encoder = CodecContext.create("libx264", "w")
    encoder.width, encoder.height = width, height
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = _TIME
    encoder.framerate = Fraction(30)
    encoder.bit_rate = max(LEAST_BITS_S, round(width * height * 30 * BITS_A_PIXEL))
    encoder.thread_count = 2
    encoder.thread_type = "SLICE"  # as above
    encoder.options = {
        "preset": "superfast",
        "tune": "zerolatency",
        # Key frames come when we ask for them, by time and not by number: the rate varies.
        "x264-params": "keyint=infinite:scenecut=0:repeat-headers=1",
    }
    return encoder
