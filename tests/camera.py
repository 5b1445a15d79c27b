"""A camera that can be checked: every picture carries its number, every second flashes and beeps.

It makes the containers that browsers and encoders send, in slices of a tenth of a second, and reads
its pictures and beeps back out of whatever became of them.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from typing import Any, BinaryIO, NamedTuple

import av
import numpy as np

RATE = 48_000
NUMBER_BITS = 16
BEEP_HZ = 1000
BEEP_S = 0.02
SLICE_S = 0.1

_TIME = Fraction(1, 90_000)
_FORMATS = {
    "webm": ("matroska", {"live": "1", "cluster_time_limit": "100"}),
    "mp4": ("mp4", {"movflags": "+frag_keyframe+empty_moov+default_base_moof+delay_moov"}),
    "flv": ("flv", {"flvflags": "no_duration_filesize"}),
}


class Shot(NamedTuple):
    """A picture that was read back: its number, when it is shown, and its size."""

    number: int
    at_s: float
    width_px: int
    height_px: int


class Seen(NamedTuple):
    """What was read back. Times in seconds of the file."""

    shots: list[Shot]
    flashes_s: list[float]
    beeps_s: list[float]

    @property
    def numbers(self) -> list[int]:
        return [shot.number for shot in self.shots]


def draw(number: int, width: int, height: int, *, is_flash: bool) -> np.ndarray:
    """A picture, grey, with its number as bars above and a field that flashes below."""
    picture = np.full((height, width), 60 + number % 40, np.uint8)
    bar = width // NUMBER_BITS
    for bit in range(NUMBER_BITS):
        is_set = number >> bit & 1
        picture[: height // 3, bit * bar : (bit + 1) * bar] = 235 if is_set else 16
    picture[2 * height // 3 :] = 235 if is_flash else 16
    # Something that moves, so that a picture costs what a picture costs.
    x = number * 7 % max(1, width - 40)
    picture[height // 3 : 2 * height // 3, x : x + 40] = 200
    return picture


def frames_of(
    times_s: list[float], size: tuple[int, int], first: int = 0
) -> Iterator[av.VideoFrame]:
    """The pictures taken at these times, numbered from `first`; a flash begins each second."""
    second = -1
    for offset, at_s in enumerate(times_s):
        is_flash, second = int(at_s + 1e-6) != second, int(at_s + 1e-6)
        grey = draw(first + offset, *size, is_flash=is_flash)
        frame = av.VideoFrame.from_ndarray(grey, format="gray").reformat(format="yuv420p")
        frame.pts, frame.time_base = round(at_s * 90_000), _TIME
        yield frame


def sound_of(seconds: float) -> np.ndarray:
    """Stereo, with a beep at the beginning of each second."""
    at = np.arange(round(seconds * RATE)) / RATE
    beep = np.where(at % 1 < BEEP_S, 0.5 * np.sin(2 * np.pi * BEEP_HZ * at), 0)
    return np.stack([beep, beep]).astype(np.float32)


def even_times(seconds: float, fps: float) -> list[float]:
    return [n / fps for n in range(round(seconds * fps))]


def film(
    way: str,
    *,
    times_s: list[float] | None = None,
    seconds: float = 4.0,
    fps: float = 30,
    size: tuple[int, int] = (320, 240),
    picture: str | None = "libx264",
    sound: str | None = "libopus",
    key_s: float = 1.0,
    b_frames: int = 0,
    rate: int = RATE,
    bit_rate: int = 400_000,
    starts_s: float = 0.0,
) -> list[bytes]:
    """A container as it is sent, in slices of a tenth of a second.

    `picture` and `sound` are libavcodec's encoders, or None. All times are moved by `starts_s`.
    """
    if picture == "libsvtav1" and multiprocessing.parent_process() is None:
        # As root this encoder makes the thread that opens it a real-time one of priority 99, and
        # with it whatever is started from there: browsers, houses. They then starve the machine.
        words = dict(locals())
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as apart:
            return apart.submit(film, **words).result()
    sink = _Sink()
    name, options = _FORMATS[way]
    # PyAV's types cannot tell which kind of stream an encoder's name gives.
    container: Any = av.open(
        sink, "w", format=name, container_options={**options, "flush_packets": "1"}
    )
    eyes = ears = None
    if picture is not None:
        eyes = container.add_stream(picture, rate=round(fps))
        eyes.width, eyes.height, eyes.pix_fmt = *size, "yuv420p"
        eyes.bit_rate = bit_rate
        eyes.codec_context.time_base = _TIME
        eyes.codec_context.gop_size = round(key_s * fps)
        eyes.options = _encoder_options(picture, round(key_s * fps), b_frames)
    if sound is not None:
        ears = container.add_stream(sound, rate=rate)
        ears.layout = "stereo"
    times_s = even_times(seconds, fps) if times_s is None else times_s
    pictures = frames_of(times_s, size) if eyes is not None else iter(())
    following: Any = next(pictures, None)
    samples = sound_of(seconds)
    for at in range(0, round(seconds * RATE), RATE // 50):
        until = round((at / RATE + 0.02) * 90_000)
        while eyes is not None and following is not None and following.pts < until:
            following.pts += round(starts_s * 90_000)
            container.mux(eyes.encode(following))
            following = next(pictures, None)
        if ears is not None:
            moved = at + round(starts_s * RATE)
            frame = _sound_frame(samples[:, at : at + RATE // 50], moved)
            container.mux(ears.encode(frame))
        if (at + RATE // 50) % round(RATE * SLICE_S) == 0:
            sink.cut()
    for stream in filter(None, (eyes, ears)):
        container.mux(stream.encode(None))
    container.close()
    sink.cut()
    return sink.slices


def frames_to_send(
    seconds: float, fps: float = 30, size: tuple[int, int] = (320, 240), first: int = 0
) -> Iterator[tuple[str, bytes, float]]:
    """H.264 and Opus as WebRTC brings them: kind, payload, time in seconds; in order of time."""
    eyes: Any = av.CodecContext.create("libx264", "w")
    eyes.width, eyes.height, eyes.pix_fmt, eyes.time_base = *size, "yuv420p", _TIME
    eyes.framerate = Fraction(round(fps))
    eyes.options = _encoder_options("libx264", round(fps), 0)
    ears: Any = av.CodecContext.create("libopus", "w")
    ears.sample_rate, ears.layout, ears.format = RATE, "stereo", "flt"
    sent: list[tuple[str, bytes, float]] = []
    for picture in frames_of(even_times(seconds, fps), size, first):
        sent += [("h264", bytes(p), p.pts / 90_000) for p in eyes.encode(picture)]
    samples = sound_of(seconds)
    for at in range(0, samples.shape[1], 960):
        frame = _sound_frame(samples[:, at : at + 960], at)
        sent += [("opus", bytes(p), (p.pts or 0) / RATE) for p in ears.encode(frame)]
    return iter(sorted(sent, key=lambda one: one[2]))


def read_back(source: BinaryIO | str) -> Seen:
    """Every picture with its number, and where flashes and beeps begin."""
    container: Any
    with av.open(source) as container:
        shots, flashes = [], []
        was_bright = False
        heard, sound_s, rate = [], None, RATE
        for frame in container.decode(*container.streams.video[:1], *container.streams.audio[:1]):
            if isinstance(frame, av.VideoFrame):
                grey = frame.reformat(format="gray").to_ndarray()
                shots.append(Shot(_read_number(grey), frame.time, frame.width, frame.height))
                is_bright = grey[5 * grey.shape[0] // 6].mean() > 128
                flashes += [frame.time] if is_bright and not was_bright else []
                was_bright = is_bright
            else:
                sound_s = frame.time if sound_s is None else sound_s
                planar = av.AudioResampler(format="fltp", rate=frame.sample_rate)
                heard += [one.to_ndarray()[:1] for one in planar.resample(frame)]
                rate = frame.sample_rate
        return Seen(shots, flashes, _onsets(heard, sound_s, rate))


class _Sink:
    """A file that cannot be wound back, and is taken in slices."""

    def __init__(self) -> None:
        self._now = bytearray()
        self.slices: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._now += data
        return len(data)

    def cut(self) -> None:
        if self._now:
            self.slices.append(bytes(self._now))
            self._now.clear()


def _encoder_options(encoder: str, gop: int, b_frames: int) -> dict[str, str]:
    if encoder == "libx264":
        extra = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={b_frames}:b-adapt=0"
        tune = {} if b_frames else {"tune": "zerolatency"}
        return {"preset": "ultrafast", "x264-params": extra, **tune}
    if encoder.startswith("libvpx"):
        return {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    if encoder == "libsvtav1":
        return {"preset": "10", "svtav1-params": "lp=1"}
    return {}


def _sound_frame(samples: np.ndarray, at: int) -> av.AudioFrame:
    interleaved = np.ascontiguousarray(samples.T).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(interleaved, format="flt", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
    return frame


def _read_number(grey: np.ndarray) -> int:
    row = grey[grey.shape[0] // 6]
    bar = grey.shape[1] // NUMBER_BITS
    return sum(int(row[bit * bar + bar // 2] > 128) << bit for bit in range(NUMBER_BITS))


def _onsets(heard: list[np.ndarray], starts_s: float | None, rate: int) -> list[float]:
    if not heard or starts_s is None:
        return []
    loud = np.flatnonzero(np.abs(np.concatenate(heard, axis=1)[0]) > 0.15)
    first = np.flatnonzero(np.diff(loud, prepend=-rate) > rate // 4)
    return [starts_s + int(loud[index]) / rate for index in first]
