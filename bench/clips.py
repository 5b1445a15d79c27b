"""How long it takes until an answer is a clip, and how exact the cut is; beside ffmpeg's own.

    python bench/clips.py [--minutes 60] [--cuts 50] [--rounds 7] [--renders 3]

Makes a recording as the packer does, of 720p at 30 pictures a second and 2.4 Mb/s: noise that moves
behind moving discs, which is hard to encode. Each picture carries its number as bars; every second
flashes and beeps. A minute of it is encoded, the rest is the same parts with later times.

Then, interleaved, medians: a minute out of near its end, cut exactly by the job "cut" (its process
and all), and by the ffmpeg command line, by copying (from the key frame before) and exactly
(encoded anew). Random cuts are read back: every picture by its number, and flash against beep. The
minute is then rendered for sharing with a card and captions, 16:9 and 9:16, by the job "render" and
by ffmpeg with the same preset and quality: card as a picture over it, captions by libass, loudness
by loudnorm in one pass. Prints Markdown tables and the machine.
"""

from __future__ import annotations

import argparse
import random
import resource
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from bench.machine import machine  # noqa: E402 - found by the line above

from blueroom.media.boxes import Track, boxes, read_fragment, read_tracks  # noqa: E402
from blueroom.media.captions import Cue, write_srt  # noqa: E402
from blueroom.media.cards import Card, Shape  # noqa: E402
from blueroom.media.cut import CutArguments, CutFile, Piece  # noqa: E402
from blueroom.media.jobs import run_job  # noqa: E402
from blueroom.media.muxer import Muxer  # noqa: E402
from blueroom.media.recording import Recorder  # noqa: E402
from blueroom.media.render import (  # noqa: E402
    CRF,
    PRESET,
    RenderArguments,
    RenderedFile,
    RenderPlan,
)
from blueroom.media.soundtrack import Soundtrack  # noqa: E402
from tests.camera import NUMBER_BITS, read_back, sound_of  # noqa: E402

SIZE = (1280, 720)
FPS = 30
TICKS = 90_000
BASE_S = 64  # the least that is whole AAC frames and whole groups of pictures
BITS_S = 2_400_000
KEY_EVERY = 60
CLIP_S = 60.0
BAND_PX = 24
SHAPES: tuple[Shape, ...] = ("16x9", "9x16")
SAID = (
    "Le matin, avant que la maison se réveille, j’écris deux pages sans m’arrêter.",
    "Then I read them aloud to the dog, who has never once complained. 🐕",
    "« Et le reste du jour ? » Le reste du jour, je corrige.",
)
QUESTION = (
    "Vous écrivez plutôt le matin ou la nuit, et qu’est-ce qui vous fait tenir jusqu’au bout ?"
)


class Cost(NamedTuple):
    """Seconds on the clock and seconds of processor, of our child processes."""

    wall_s: float
    cpu_s: float


def discs(chance: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray, int, int]]:
    return [
        (
            chance.integers(0, SIZE[0], 2),
            chance.normal(0, 7, 2),
            int(chance.integers(20, 80)),
            int(chance.integers(30, 230)),
        )
        for _ in range(25)
    ]


def pictures() -> Iterator[av.VideoFrame]:
    """Pictures of `BASE_S`, numbered as `tests.camera` reads them."""
    chance = np.random.default_rng(1)
    noise = np.kron(chance.integers(40, 210, (90, 160), np.uint8), np.ones((8, 8), np.uint8))
    colour = np.kron(chance.integers(90, 166, (90, 80), np.uint8), np.ones((8, 8), np.uint8))
    moving = discs(chance)
    down, across = np.ogrid[: SIZE[1], : SIZE[0]]
    for number in range(BASE_S * FPS):
        grey = np.roll(noise, (number * 2, number * 5), (0, 1))
        for begin, speed, radius, shade in moving:
            x, y = (begin + speed * number) % SIZE
            top, left = max(0, int(y) - radius), max(0, int(x) - radius)
            part = (slice(top, int(y) + radius), slice(left, int(x) + radius))
            inside = (down[part[0]] - y) ** 2 + (across[:, part[1]] - x) ** 2 < radius**2
            grey[part][inside] = shade
        mark(grey, number)
        planes = np.concatenate([grey.ravel(), np.roll(colour, number, 1).ravel()])
        frame = av.VideoFrame.from_ndarray(planes.reshape(-1, SIZE[0]), format="yuv420p")
        frame.pts, frame.time_base = number * TICKS // FPS, Fraction(1, TICKS)
        yield frame


def mark(grey: np.ndarray, number: int) -> None:
    """The picture's number in a band above, a flash in one below."""
    above, below = SIZE[1] // 6 - BAND_PX // 2, 5 * SIZE[1] // 6 - BAND_PX // 2
    bar = SIZE[0] // NUMBER_BITS
    for bit in range(NUMBER_BITS):
        grey[above : above + BAND_PX, bit * bar : (bit + 1) * bar] = (
            235 if number >> bit & 1 else 16
        )
    grey[below : below + BAND_PX] = 235 if number % FPS == 0 else 16


def base_parts() -> tuple[bytes, list[bytes]]:
    """An init segment and the parts of `BASE_S`, as a browser's feed gives them."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = *SIZE, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, TICKS), Fraction(FPS)
    encoder.bit_rate = BITS_S
    encoder.options = {
        "preset": "veryfast",
        "profile": "baseline",
        "maxrate": str(BITS_S),
        "bufsize": str(BITS_S),
        "x264-params": f"keyint={KEY_EVERY}:min-keyint={KEY_EVERY}:scenecut=0",
    }
    muxer = Muxer(SIZE, wait_s=1.0)
    soundtrack = Soundtrack(muxer.sound, 0.0)
    samples = sound_of(BASE_S)
    heard = 0
    for frame in [*pictures(), None]:
        for packet in encoder.encode(frame):
            assert packet.pts is not None
            muxer.add_picture(
                bytes(packet),
                dts=packet.pts,
                pts=packet.pts,
                duration=TICKS // FPS,
                is_key=packet.is_keyframe,
            )
            until = min(samples.shape[1], (packet.pts + TICKS // FPS) * 48 // 90)
            muxer.add_sound(soundtrack.put(samples[:, heard:until], heard / 48_000))
            heard = until
    muxer.add_sound(soundtrack.end())
    muxer.close()
    return muxer.take()


def later(part: bytes, tracks: list[Track], by_s: int) -> bytes:
    """The part as it would be so much later: in each track another time of its first sample."""
    units = {track.id: track.units_s for track in tracks}
    moved = bytearray(part)
    for moof in boxes(part):
        for traf in boxes(part, moof.offset_bytes + 8, moof.offset_bytes + moof.size_bytes):
            track = 0
            for box in boxes(part, traf.offset_bytes + 8, traf.offset_bytes + traf.size_bytes):
                body = box.offset_bytes + 8
                if box.kind == b"tfhd":
                    (track,) = struct.unpack_from(">I", part, body + 4)
                elif box.kind == b"tfdt":
                    form = ">Q" if part[body] else ">I"
                    (at,) = struct.unpack_from(form, part, body + 4)
                    struct.pack_into(form, moved, body + 4, at + by_s * units[track])
        break
    return bytes(moved)


def make_recording(path: Path, minutes: int) -> float:
    """Returns how many seconds it is long."""
    init, parts = base_parts()
    tracks = read_tracks(init)
    recorder = Recorder(path, init, 0)
    times = -(-minutes * 60 // BASE_S)
    for time_ in range(times):
        for index, part in enumerate(parts):
            moved = later(part, tracks, time_ * BASE_S)
            recorder.add(moved, read_fragment(moved, tracks), time_ * len(parts) + index)
    recorder.close()
    return float(times * BASE_S)


def cost(work: Callable[[], object]) -> Cost:
    before, begun_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    wall_s = time.perf_counter() - begun_s
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def ffmpeg(*words: str | Path) -> None:
    command = ["ffmpeg", "-v", "error", "-y", *map(str, words)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def cut(recording: Path, in_s: float, out_s: float, out: Path) -> CutFile:
    arguments = CutArguments(pieces=[Piece(recording, in_s, out_s)], out=out)
    return run_job("cut", arguments, CutFile, time_limit_s=60, nice=0)


def timed_cuts(
    recording: Path, length_s: float, rounds: int, folder: Path
) -> dict[str, list[Cost]]:
    found: dict[str, list[Cost]] = {}
    chance = random.Random(3)
    for _ in range(rounds):
        in_s = round(length_s - CLIP_S - 5 - chance.uniform(0, 60), 3)
        for name, work in CUTS.items():
            found.setdefault(name, []).append(cost(partial(work, recording, in_s, folder)))
    return found


def cut_exactly(recording: Path, in_s: float, folder: Path) -> None:
    cut(recording, in_s, in_s + CLIP_S, folder / "clip.mp4")


def cut_from_key_frame(recording: Path, in_s: float, folder: Path) -> None:
    in_s -= in_s % (KEY_EVERY / FPS)
    cut(recording, in_s, in_s + CLIP_S, folder / "key.mp4")


def copy_by_ffmpeg(recording: Path, in_s: float, folder: Path) -> None:
    span = ("-ss", str(in_s), "-i", recording, "-t", str(CLIP_S))
    ffmpeg(*span, "-c", "copy", "-movflags", "+faststart", folder / "copied.mp4")


def encode_by_ffmpeg(recording: Path, in_s: float, folder: Path) -> None:
    span = ("-ss", str(in_s), "-i", recording, "-t", str(CLIP_S))
    coded = ("-c:v", "libx264", "-preset", PRESET, "-crf", str(CRF), "-c:a", "aac")
    ffmpeg(*span, *coded, "-movflags", "+faststart", folder / "anew.mp4")


CUTS: dict[str, Callable[[Path, float, Path], None]] = {
    "job “cut”, exact": cut_exactly,
    "job “cut”, begins on a key frame": cut_from_key_frame,
    "ffmpeg, copied (not exact)": copy_by_ffmpeg,
    "ffmpeg, encoded anew (exact)": encode_by_ffmpeg,
}


class Exactness(NamedTuple):
    """Of random cuts: pictures missing or too many, and the largest distances in milliseconds."""

    cuts: int
    frames: int
    frames_off: int
    times_off: int
    beep_ms: float
    begin_ms: float
    end_ms: float


def exactness(recording: Path, length_s: float, cuts: int, folder: Path) -> Exactness:
    chance, out = random.Random(5), folder / "random.mp4"
    frames = frames_off = times_off = 0
    beep_ms = begin_ms = end_ms = 0.0
    for _ in range(cuts):
        in_s = round(chance.uniform(0, length_s - 13), 3)
        out_s = round(in_s + chance.uniform(1.5, 12), 3)
        cut(recording, in_s, out_s, out)
        seen = read_back(str(out))
        first, end = -(-round(in_s * 1000) * FPS // 1000), -(-round(out_s * 1000) * FPS // 1000)
        wanted = [number % (BASE_S * FPS) for number in range(first, end)]
        frames += len(wanted)
        frames_off += sum(a != b for a, b in zip(seen.numbers, wanted, strict=False))
        frames_off += abs(len(seen.numbers) - len(wanted))
        times_off += sum(
            abs(shot.at_s - number / FPS) > 0.001 for number, shot in enumerate(seen.shots)
        )
        # Where the minute begins anew the encoder of its sound did: its first beep is cut short.
        seams = {shot.at_s for shot in seen.shots if shot.number == 0}
        flashes = [at_s for at_s in seen.flashes_s if at_s > 0.05 and at_s not in seams]
        apart = [min(abs(at_s - beep) for beep in seen.beeps_s) for at_s in flashes[:-1]]
        beep_ms = max([beep_ms, *(1000 * one for one in apart)])
        with av.open(str(out)) as file:
            pictures_, sound = file.streams.video[0], file.streams.audio[0]
            starts = [float(one.start_time * one.time_base) for one in (pictures_, sound)]
            ends = [float(one.duration * one.time_base) for one in (pictures_, sound)]
        begin_ms = max(begin_ms, 1000 * abs(starts[0] - max(0.0, starts[1])))
        end_ms = max(end_ms, 1000 * abs(ends[0] - ends[1]))
    return Exactness(cuts, frames, frames_off, times_off, beep_ms, begin_ms, end_ms)


def cues() -> list[Cue]:
    return [Cue(at, at + 3.6, SAID[at // 4 % len(SAID)]) for at in range(1, 57, 4)]


def timed_renders(clip: Path, renders: int, folder: Path) -> dict[str, list[Cost]]:
    found: dict[str, list[Cost]] = {}
    (folder / "said.srt").write_text(write_srt(cues()))
    for _ in range(renders):
        for shape in SHAPES:
            ours = cost(partial(render_by_job, clip, shape, folder))
            found.setdefault(f"job “render”, {shape}", []).append(ours)
            theirs = cost(partial(render_by_ffmpeg, clip, shape, folder))
            found.setdefault(f"ffmpeg, {shape}", []).append(theirs)
    return found


def render_by_job(clip: Path, shape: Shape, folder: Path) -> None:
    card = Card(question=QUESTION, asker="Ana Sousa", guest="Inès Carat", hashtag="AskInes")
    plan = RenderPlan(shape=shape, card=card, cues=cues(), language="fr")
    arguments = RenderArguments(source=clip, out=folder / f"ours-{shape}.mp4", plan=plan)
    run_job("render", arguments, RenderedFile, time_limit_s=600, nice=0)


def render_by_ffmpeg(clip: Path, shape: Shape, folder: Path) -> None:
    width, height = (1280, 720) if shape == "16x9" else (720, 1280)
    card = Image.new("RGBA", (width - 80, 180), (20, 40, 60, 220))
    font = ImageFont.load_default(34)
    ImageDraw.Draw(card).multiline_text((24, 24), QUESTION.replace(", ", ",\n"), font=font)
    card.save(folder / f"card-{shape}.png")
    fit = "null" if shape == "16x9" else "crop=ih*9/16:ih,scale=720:1280"
    ffmpeg(
        *("-i", clip, "-i", folder / f"card-{shape}.png", "-filter_complex"),
        f"[0:v]{fit}[fitted];[fitted][1:v]overlay=40:{height - 220}:enable='between(t,0.25,8)',"
        f"subtitles={folder / 'said.srt'}[v];[0:a]loudnorm=I=-16:TP=-1.5,aresample=48000,"
        "aformat=channel_layouts=stereo[a]",
        *("-map", "[v]", "-map", "[a]", "-c:v", "libx264", "-preset", PRESET, "-crf", str(CRF)),
        *("-c:a", "aac", "-b:a", "128k", "-movflags", "+faststart"),
        folder / f"theirs-{shape}.mp4",
    )


def table(costs: dict[str, list[Cost]]) -> str:
    lines = [
        "| | times | on the clock | the slowest | processor |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, found in costs.items():
        walls = [one.wall_s for one in found]
        lines.append(
            f"| {name} | {len(found)} | {statistics.median(walls):.2f} s | {max(walls):.2f} s"
            f" | {statistics.median(one.cpu_s for one in found):.2f} s |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--cuts", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--renders", type=int, default=3)
    asked = parser.parse_args()
    if shutil.which("ffmpeg") is None:
        sys.exit("This bench compares with the ffmpeg command line: install it first.")
    with tempfile.TemporaryDirectory(prefix="blueroom-bench-") as place:
        folder = Path(place)
        recording = folder / "guest-1.mp4"
        length_s = make_recording(recording, asked.minutes)
        size_gb = recording.stat().st_size / 1e9
        print(f"A recording of {length_s / 60:.0f} minutes, {size_gb:.2f} GB.\n")
        costs = timed_cuts(recording, length_s, asked.rounds, folder)
        print(f"A minute out of it:\n\n{table(costs)}\n")
        found = exactness(recording, length_s, asked.cuts, folder)
        print(
            f"{found.cuts} random cuts, {found.frames:,} pictures: {found.frames_off} pictures off,"
            f" {found.times_off} at another time. At most: beep from flash {found.beep_ms:.1f} ms,"
            f" sound from picture at the beginning {found.begin_ms:.1f} ms,"
            f" at the end {found.end_ms:.1f} ms.\n"
        )
        clip = folder / "clip.mp4"
        print(f"The minute for sharing:\n\n{table(timed_renders(clip, asked.renders, folder))}\n")
    print(machine())


if __name__ == "__main__":
    main()
