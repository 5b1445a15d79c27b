"""Fragmented MP4 of one epoch, by libavformat: pictures and sound in, init and parts out."""

from __future__ import annotations

from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.packet import Packet
from av.stream import Stream

from blueroom.media.boxes import Splitter
from blueroom.media.parts import PART_S, VIDEO_TIMESCALE

SOUND_RATE = 48_000
SOUND_BITS_S = 128_000
VIDEO_TIME = Fraction(1, VIDEO_TIMESCALE)

# What every sort of player agrees on: no edit lists, times of their own in every fragment, and the
# header at once, which needs both tracks to begin at 0.
_MOVFLAGS = "+empty_moov+default_base_moof+frag_keyframe+skip_trailer"


class Muxer:
    """Writes one epoch. Times count from its beginning: pictures in 1/90000 s, sound in samples.

    `size` is the pictures'; None for sound alone. `wait_s` is how long one track may be ahead of
    the other before it is written without it. The first picture must be a key frame that carries
    its parameter sets, at a decoding time of 0.
    """

    def __init__(self, size: tuple[int, int] | None, wait_s: float) -> None:
        self._splitter = Splitter()
        self._container = av.open(
            self._splitter,
            "w",
            format="mp4",
            container_options={
                "movflags": _MOVFLAGS,
                "frag_duration": str(round(PART_S * 1e6)),
                "max_interleave_delta": str(round(wait_s * 1e6)),
                "video_track_timescale": str(VIDEO_TIMESCALE),
                "use_editlist": "0",
                "avoid_negative_ts": "disabled",
                "flush_packets": "1",
            },
        )
        self._pictures: Stream | None = None
        if size is not None:
            self._pictures = self._container.add_mux_stream(
                "h264", width=size[0], height=size[1], time_base=VIDEO_TIME
            )
        self.sound = self._container.add_stream("aac", rate=SOUND_RATE, bit_rate=SOUND_BITS_S)
        self.sound.layout = "stereo"

    def add_picture(self, data: bytes, *, dts: int, pts: int, duration: int, is_key: bool) -> None:
        """A picture in H.264, with start codes."""
        packet: Packet[Stream] = Packet(data)
        assert self._pictures is not None
        packet.stream = self._pictures
        packet.time_base = VIDEO_TIME
        packet.dts, packet.pts, packet.duration = dts, pts, duration
        packet.is_keyframe = is_key
        self._container.mux(packet)

    def add_sound(self, packets: list[Packet[AudioStream]]) -> None:
        """What `sound` encoded."""
        self._container.mux(packets)

    def take(self) -> tuple[bytes, list[bytes]]:
        """The init segment, once, and the parts that have become whole since the last call."""
        return self._splitter.take()

    def close(self) -> None:
        """What was put in comes out with the next `take`, as a last part."""
        self._container.close()
