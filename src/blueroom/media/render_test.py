"""Files for sharing that are made and read back, picture by picture."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from av.packet import Packet

from blueroom.media.captions import Cue
from blueroom.media.cards import Card, Shape
from blueroom.media.jobs import run_job
from blueroom.media.levelling import find_gain_db
from blueroom.media.opening import FileUnreadable
from blueroom.media.render import (
    NotRenderable,
    RenderArguments,
    RenderedFile,
    RenderPlan,
    TooLongForLimit,
    render,
)

RATE = 48_000
CARD = Card(
    question="Pourquoi ?",
    asker="Léo",
    guest="Inès Carat",
    hashtag="AskInes",
    language="fr",
)


def film(
    path: Path,
    *,
    size: tuple[int, int] = (640, 360),
    times_s: list[float] | None = None,
    seconds: float = 3.0,
    sound: bool = True,
    noisy: bool = False,
) -> Path:
    """Mid grey; each whole second flashes white and beeps, a tenth of a second long."""
    times = times_s or [number / 30 for number in range(round(seconds * 30))]
    random = np.random.default_rng(5)
    with av.open(str(path), "w", format="mp4") as out:
        video = out.add_stream("libx264", rate=30, options={"preset": "ultrafast", "g": "30"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.codec_context.time_base = Fraction(1, 90_000)
        audio = out.add_stream("aac", rate=RATE) if sound else None
        if audio:
            audio.layout = "stereo"
        for at_s in times:
            pixels = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
            pixels[: size[1]] = 235 if at_s % 1 < 0.099 else 110
            if noisy:
                pixels[: size[1]] = random.integers(16, 235, (size[1], size[0]), np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, "yuv420p")
            frame.pts, frame.time_base = round(at_s * 90_000), Fraction(1, 90_000)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if audio:
            for packet in _beeps(audio, seconds):
                out.mux(packet)
    return path


def _beeps(audio: AudioStream, seconds: float) -> list[Packet[AudioStream]]:
    at = np.arange(round(seconds * RATE)) / RATE
    wave = (0.3 * np.sin(at * 2 * np.pi * 660) * (at % 1 < 0.1)).astype(np.float32)
    packets = []
    for begin in range(0, wave.size, 1024):
        piece = np.stack([wave[begin : begin + 1024]] * 2)
        frame = av.AudioFrame.from_ndarray(piece, "fltp", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, begin, Fraction(1, RATE)
        packets += audio.encode(frame)
    return [*packets, *audio.encode(None)]


class Seen(NamedTuple):
    """A file that was read back. `lumas` is pictures x height x width."""

    size: tuple[int, int]
    times_s: list[float]
    lumas: np.ndarray
    sound: np.ndarray  # left, at 48 kHz

    def at(self, at_s: float) -> np.ndarray:
        chosen: np.ndarray = self.lumas[int(np.argmin(np.abs(np.array(self.times_s) - at_s)))]
        return chosen


def seen(path: Path) -> Seen:
    times, lumas, sound = [], [], []
    with av.open(str(path)) as file:
        video, audio = file.streams.video[0], file.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert video.pix_fmt == "yuv420p"
        assert video.profile == "High"
        for frame in file.decode(video, audio):
            if isinstance(frame, av.VideoFrame):
                times.append(frame.time or 0.0)
                lumas.append(frame.to_ndarray()[: frame.height, : frame.width])
            elif isinstance(frame, av.AudioFrame):
                sound.append(frame.to_ndarray()[0])
    return Seen((video.width, video.height), times, np.stack(lumas), np.concatenate(sound))


def changes(of: np.ndarray, above: float) -> list[int]:
    """Where something begins to be above a value."""
    is_above = of > above
    return [int(at) for at in np.flatnonzero(is_above[1:] & ~is_above[:-1]) + 1]


def made(source: Path, **plan: object) -> tuple[RenderedFile, Seen]:
    out = source.with_name("out.mp4")
    shape: Shape = plan.pop("shape", "16x9")  # type: ignore[assignment]
    rendered = render(source, out, RenderPlan(shape=shape, **plan))  # type: ignore[arg-type]
    assert sorted(file.name for file in source.parent.iterdir()) == ["a.mp4", "out.mp4"]
    return rendered, seen(out)


@pytest.mark.parametrize(
    ("shape", "size"), [("16x9", (1280, 720)), ("9x16", (720, 1280)), ("1x1", (720, 720))]
)
@pytest.mark.parametrize("fit", ["crop", "blur"])
def test_each_shape_has_its_size_and_every_picture(
    tmp_path: Path, shape: Shape, size: tuple[int, int], fit: str
) -> None:
    source = film(tmp_path / "a.mp4", seconds=1.0)
    rendered, out = made(source, shape=shape, fit=fit)
    assert (rendered.width_px, rendered.height_px) == out.size == size
    assert rendered.frames == len(out.times_s) == 30
    assert out.times_s == pytest.approx([number / 30 for number in range(30)], abs=1e-4)
    assert rendered.duration_s == pytest.approx(1.0, abs=0.001)
    assert rendered.size_bytes == (tmp_path / "out.mp4").stat().st_size


def test_full_hd_stays_full_hd(tmp_path: Path) -> None:
    _, out = made(film(tmp_path / "a.mp4", size=(1920, 1080), seconds=0.2))
    assert out.size == (1920, 1080)


def test_picture_and_sound_stay_together(tmp_path: Path) -> None:
    _, out = made(film(tmp_path / "a.mp4"), card=CARD)
    corner = out.lumas[:, 600:, 1000:].mean(axis=(1, 2))
    flashes_s = [out.times_s[at] for at in changes(corner, 180)]
    loud = np.abs(out.sound).reshape(-1)
    smooth = np.convolve(loud, np.ones(96) / 96, "same")
    beeps_s = [at / RATE for at in changes(smooth, smooth.max() / 4)]
    assert flashes_s == pytest.approx([1.0, 2.0], abs=0.001)
    assert [b for b in beeps_s if b > 0.5] == pytest.approx(flashes_s, abs=0.01)
    assert out.sound.size / RATE == pytest.approx(3.0, abs=0.025)


def test_the_question_is_seen_then_the_name(tmp_path: Path) -> None:
    _, out = made(film(tmp_path / "a.mp4"), card=CARD, card_s=1.5)
    card, tag = (slice(600, 660), slice(90, 200)), (slice(50, 90), slice(250, 270))
    rest = (slice(300, 400), slice(1000, 1200))
    seen_card = {at: out.at(at)[card].max() > 200 for at in (0.2, 0.8, 1.1, 1.7, 2.5)}
    seen_tag = {at: out.at(at)[tag].max() > 200 for at in (0.2, 0.8, 1.1, 2.5, 2.9)}
    assert seen_card == {0.2: False, 0.8: True, 1.1: True, 1.7: False, 2.5: False}
    assert seen_tag == {0.2: False, 0.8: False, 1.1: False, 2.5: True, 2.9: True}
    assert np.abs(out.at(0.8)[rest].astype(int) - 110).max() <= 2


def test_captions_are_seen_from_and_to_their_times(tmp_path: Path) -> None:
    cues = [Cue(0.5, 1.5, "Oui, le matin."), Cue(1.8, 2.9, "Et le soir.")]
    _, out = made(film(tmp_path / "a.mp4"), cues=cues)
    box = out.lumas[:, 640:665, 620:660].min(axis=(1, 2)) < 60
    shown = [out.times_s[at] for at in np.flatnonzero(box)]
    expected = [n / 30 for n in range(90) if 0.5 <= n / 30 < 1.5 or 1.8 <= n / 30 < 2.9]
    assert shown == pytest.approx(expected, abs=0.001)


def test_the_card_makes_room_for_captions(tmp_path: Path) -> None:
    cues = [Cue(0.0, 3.0, "Oui, le matin, quand je me réveille et que tout dort encore.")]
    _, out = made(film(tmp_path / "a.mp4", seconds=2.0), card=CARD, cues=cues, card_s=2.0)
    shown = out.at(1.4)
    card_ends = np.flatnonzero(shown[:, 100] > 200).max()
    caption_begins = np.flatnonzero(shown[:, 640] < 60).min()
    assert 600 > caption_begins > card_ends > 400


def test_sound_comes_to_its_loudness(tmp_path: Path) -> None:
    rendered, _ = made(film(tmp_path / "a.mp4", seconds=4.0))
    assert rendered.gain_db != 0.0
    assert find_gain_db(tmp_path / "out.mp4", -16.0) == pytest.approx(0.0, abs=1.0)


def test_a_film_without_sound_gets_silence(tmp_path: Path) -> None:
    rendered, out = made(film(tmp_path / "a.mp4", seconds=1.0, sound=False))
    assert rendered.gain_db == 0.0
    assert not out.sound.any()
    assert out.sound.size / RATE == pytest.approx(1.0, abs=0.025)


def test_uneven_times_are_kept_and_double_speed_is_not(tmp_path: Path) -> None:
    uneven = [0.0, 0.04, 0.1, 0.13, 0.2, 0.5, 0.9, 0.95]
    _, out = made(film(tmp_path / "a.mp4", times_s=uneven, seconds=1.0))
    assert out.times_s == pytest.approx(uneven, abs=0.001)
    fast = film(tmp_path / "a.mp4", times_s=[n / 60 for n in range(60)], seconds=1.0)
    rendered, out = made(fast)
    assert rendered.frames == len(out.times_s) == 30


def test_the_index_lies_before_the_pictures(tmp_path: Path) -> None:
    made(film(tmp_path / "a.mp4", seconds=0.5))
    head = (tmp_path / "out.mp4").read_bytes()
    assert 0 < head.index(b"moov") < head.index(b"mdat")


def test_a_file_stays_under_the_size_that_a_network_takes(tmp_path: Path) -> None:
    source = film(tmp_path / "a.mp4", noisy=True)
    free, _ = made(source)
    limit = 600_000
    held, _ = made(source, size_limit_bytes=limit)
    assert free.size_bytes > limit
    assert held.size_bytes < limit


def test_a_clip_that_is_too_long_for_a_size_is_refused(tmp_path: Path) -> None:
    source = film(tmp_path / "a.mp4", seconds=1.0)
    with pytest.raises(TooLongForLimit) as caught:
        render(source, tmp_path / "o.mp4", RenderPlan(shape="16x9", size_limit_bytes=20_000))
    assert caught.value.code == "render_too_long_for_limit"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.mp4"]


def test_what_is_no_film_is_refused(tmp_path: Path) -> None:
    plan = RenderPlan(shape="16x9")
    text = tmp_path / "a.mp4"
    text.write_text("#EXTM3U\n/etc/passwd")
    with pytest.raises(FileUnreadable):
        render(text, tmp_path / "o.mp4", plan)
    with av.open(str(text), "w", format="mp4") as out:
        audio = out.add_stream("aac", rate=RATE)
        audio.layout = "stereo"
        for packet in _beeps(audio, 0.5):
            out.mux(packet)
    with pytest.raises(NotRenderable):
        render(text, tmp_path / "o.mp4", plan)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.mp4"]


def test_a_torn_film_gives_what_there_is(tmp_path: Path) -> None:
    source = film(tmp_path / "b.mp4", seconds=2.0)
    moved = tmp_path / "a.mp4"
    with (
        av.open(str(source)) as read,
        av.open(
            str(moved), "w", format="mp4", options={"movflags": "+frag_keyframe+empty_moov"}
        ) as out,
    ):
        streams = {s.index: out.add_stream_from_template(s) for s in read.streams}
        for packet in read.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    source.unlink()
    moved.write_bytes(moved.read_bytes()[: int(moved.stat().st_size * 0.7)])
    rendered, out_seen = made(moved)
    assert 0 < rendered.frames < 60
    assert len(out_seen.times_s) == rendered.frames


def test_progress_rises_to_one(tmp_path: Path) -> None:
    shares: list[float] = []
    source = film(tmp_path / "a.mp4", seconds=1.0)
    render(source, tmp_path / "o.mp4", RenderPlan(shape="1x1"), shares.append)
    assert shares == sorted(shares)
    assert shares[0] < 0.1
    assert shares[-1] == 1.0


def test_it_is_done_as_a_job(tmp_path: Path) -> None:
    source = film(tmp_path / "a.mp4", seconds=0.5)
    arguments = RenderArguments(
        source=source,
        out=tmp_path / "o.mp4",
        plan=RenderPlan(shape="1x1", card=CARD, cues=[Cue(0.0, 0.5, "Oui.")], language="fr"),
    )
    rendered = run_job(
        "render", arguments, RenderedFile, time_limit_s=60, memory_limit_bytes=2 << 30
    )
    assert rendered.frames == 15
    assert rendered.size_bytes == (tmp_path / "o.mp4").stat().st_size
