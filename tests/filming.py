"""Recordings for tests, written as the packer writes them, of the camera that can be checked."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from blueroom.media.boxes import read_fragment, read_tracks
from blueroom.media.muxer import Muxer
from blueroom.media.recording import Recorder
from blueroom.media.soundtrack import Soundtrack
from tests.camera import even_times, frames_of, sound_of

TICKS = 90_000


class Encoded(NamedTuple):
    """A picture with start codes; times in ticks."""

    data: bytes
    pts: int
    dts: int
    duration: int
    is_key: bool


def record(
    path: Path,
    *,
    seconds: float = 6.0,
    fps: float = 30,
    times_s: list[float] | None = None,
    size: tuple[int, int] = (320, 240),
    key_s: float = 2.0,
    b_frames: int = 0,
    profile: str = "high",
    planes: str = "yuv420p",
    options: str = "",
    first: int = 0,
    has_pictures: bool = True,
    has_sound: bool = True,
) -> Path:
    """A recording of the camera; its pictures are numbered from `first`.

    With reordered pictures the first is shown a few pictures after 0, as of a feed by RTMP.
    `options` are further ones of x264.
    """
    times_s = even_times(seconds, fps) if times_s is None else times_s
    pictures = (
        _encode(times_s, size, first, round(key_s * fps), b_frames, profile, planes, options)
        if has_pictures
        else []
    )
    delay = -min((picture.dts for picture in pictures), default=0)
    muxer = Muxer(size if has_pictures else None, wait_s=1.0)
    soundtrack = Soundtrack(muxer.sound, 0.0)
    samples = sound_of(seconds)
    following = 0
    for at in range(0, samples.shape[1], 960):
        while following < len(pictures) and pictures[following].dts + delay <= at * 15 // 8:
            picture = pictures[following]
            muxer.add_picture(
                picture.data,
                dts=picture.dts + delay,
                pts=picture.pts + delay,
                duration=picture.duration or round(TICKS / fps),
                is_key=picture.is_key,
            )
            following += 1
        if has_sound:
            begin_s = delay / TICKS + at / 48_000
            muxer.add_sound(soundtrack.put(samples[:, at : at + 960], begin_s))
    muxer.add_sound(soundtrack.end())
    muxer.close()
    _write(path, *muxer.take())
    return path


def _encode(
    times_s: list[float],
    size: tuple[int, int],
    first: int,
    gop: int,
    b_frames: int,
    profile: str,
    planes: str,
    options: str,
) -> list[Encoded]:
    encoder = VideoCodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = *size, planes
    encoder.time_base, encoder.framerate = Fraction(1, TICKS), Fraction(30)
    encoder.options = {
        "preset": "ultrafast",
        "profile": profile,
        "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={b_frames}:b-adapt=0"
        f"{options}",
    }
    packets = []
    for frame in frames_of(times_s, size, first):
        fitting = frame.reformat(format=planes)
        fitting.pict_type = PictureType.NONE
        packets += encoder.encode(fitting)
    return [
        Encoded(bytes(one), one.pts or 0, one.dts or 0, one.duration or 0, one.is_keyframe)
        for one in packets + encoder.encode(None)
    ]


def _write(path: Path, init: bytes, parts: list[bytes]) -> None:
    recorder = Recorder(path, init, 0)
    tracks = read_tracks(init)
    for number, part in enumerate(parts):
        recorder.add(part, read_fragment(part, tracks), number)
    recorder.close()
