"""Takes for tests of what is sent out: real H.264 and AAC, as a feed's packer hands them over."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import av
import numpy as np

from blueroom.media.boxes import Splitter, read_fragment, read_tracks
from blueroom.media.parts import PART_S, VIDEO_TIMESCALE, Epoch, Part

BEGAN_AT = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
SOUND_RATE = 48_000
Colour = tuple[int, int, int]
RED, GREEN, BLUE = (200, 30, 30), (30, 160, 60), (40, 60, 200)


class Take(NamedTuple):
    """One epoch and its parts."""

    epoch: Epoch
    parts: list[Part]


@lru_cache(maxsize=32)
def take(
    seconds: float,
    *,
    colour: Colour = RED,
    size: tuple[int, int] = (320, 180),
    key_every_s: float = 2.0,
    bits_s: int = 0,
    number: int = 0,
    has_sound: bool = True,
) -> Take:
    """So many seconds of one colour at 30 pictures a second, a white bar moving, and a tone.

    `bits_s` adds grain until the picture takes so much.
    """
    splitter = Splitter()
    options = {
        "movflags": "+empty_moov+default_base_moof+frag_keyframe+skip_trailer",
        "frag_duration": str(round(PART_S * 1e6)),
        "video_track_timescale": str(VIDEO_TIMESCALE),
        "use_editlist": "0",
        "avoid_negative_ts": "disabled",
    }
    with av.open(splitter, "w", format="mp4", container_options=options) as out:
        video = out.add_stream("libx264", rate=30)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.codec_context.thread_count = 1
        key_every = round(key_every_s * 30)
        video.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "profile": "baseline",
            "x264-params": f"keyint={key_every}:min-keyint={key_every}:scenecut=0",
        }
        if bits_s:
            video.codec_context.bit_rate = bits_s
        sound = out.add_stream("aac", rate=SOUND_RATE, bit_rate=64_000) if has_sound else None
        if sound:
            sound.layout = "stereo"
        out.start_encoding()
        samples = 0
        for index in range(round(seconds * 30)):
            for packet in video.encode(_picture(colour, size, index, has_grain=bits_s > 0)):
                packet.duration = 1
                out.mux(packet)
            while sound and samples * 30 < (index + 1) * SOUND_RATE:
                out.mux(
                    [p for p in sound.encode(_tone(samples)) if p.pts is not None and p.pts >= 0]
                )
                samples += 1024
    init, fragments = splitter.take()
    epoch = Epoch(
        number=number,
        init=init,
        codecs="avc1.42c01f,mp4a.40.2" if has_sound else "avc1.42c01f",
        width_px=size[0],
        height_px=size[1],
        has_audio=has_sound,
        began_at=BEGAN_AT,
        file=f"test-{number}.mp4",
    )
    return Take(epoch, _parts(init, fragments, number))


def _picture(
    colour: Colour, size: tuple[int, int], index: int, *, has_grain: bool
) -> av.VideoFrame:
    pixels = np.empty((size[1], size[0], 3), np.uint8)
    pixels[:] = colour
    if has_grain:
        pixels += np.random.default_rng(index % 16).integers(0, 50, pixels.shape, np.uint8)
    bar = index * 4 % size[0]
    pixels[:, bar : bar + 8] = 255
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    frame.pts, frame.time_base = index, Fraction(1, 30)
    return frame


def _tone(start: int) -> av.AudioFrame:
    times = (np.arange(1024) + start) / SOUND_RATE
    wave = (0.1 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(np.stack([wave, wave]), format="fltp", layout="stereo")
    frame.sample_rate, frame.pts = SOUND_RATE, start
    return frame


def _parts(init: bytes, fragments: list[bytes], epoch: int) -> list[Part]:
    tracks = read_tracks(init)
    parts, offset = [], len(init)
    for number, data in enumerate(fragments):
        fragment = read_fragment(data, tracks)
        parts.append(
            Part(
                number=number,
                epoch=epoch,
                data=data,
                start_s=fragment.start_s,
                duration_s=fragment.duration_s,
                is_independent=fragment.is_independent,
                offset_bytes=offset,
            )
        )
        offset += len(data)
    return parts
