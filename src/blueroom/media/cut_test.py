"""Cuts whose every picture, flash and beep is read back."""

from __future__ import annotations

import base64
import os
import random
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from threading import Timer
from typing import Any

import av
import numpy as np
import pytest
from playwright.sync_api import Browser

from blueroom.media import h264
from blueroom.media.boxes import boxes
from blueroom.media.cut import CutArguments, CutFile, CutShort, NothingToCut, Piece, cut_exact
from blueroom.media.jobs import run_job
from blueroom.media.recording import RecordingUnreadable, open_recording
from tests.camera import even_times, read_back
from tests.filming import record

KINDS: dict[str, dict[str, Any]] = {
    "plain": {"profile": "baseline"},
    "reordered": {"b_frames": 3},
    "main": {"profile": "main", "b_frames": 2, "key_s": 3.0},
    "25 a second": {"fps": 25, "key_s": 1.0},
    "wandering": {"times_s": [n / 30 + 0.012 * np.sin(n) + 0.012 for n in range(180)]},
    "full range": {"planes": "yuvj420p"},
}
SOUND_OFF_S = 0.02


@lru_cache
def recording(folder: Path, kind: str) -> Path:
    return record(folder / f"{kind}.mp4", **KINDS.get(kind, {}))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recordings")


@pytest.fixture
def plain(folder: Path) -> Path:
    return recording(folder, "plain")


@lru_cache
def shown_at(path: Path) -> dict[int, float]:
    """When each picture of a recording is shown, by its number."""
    return {shot.number: shot.at_s for shot in read_back(str(path)).shots}


def check(out: Path, cut: CutFile, source: Path, in_s: float, out_s: float) -> None:
    """That the file has just the pictures and the sound of the stretch, each in its place."""
    seen = read_back(str(out))
    expected = {n: at_s for n, at_s in shown_at(source).items() if in_s <= at_s < out_s}
    begin_s = min(expected.values())
    assert seen.numbers == list(expected)
    assert [shot.at_s for shot in seen.shots] == pytest.approx(
        [at_s - begin_s for at_s in expected.values()], abs=1e-4
    )
    assert cut.frames == len(expected)
    assert cut.duration_s == pytest.approx(out_s - begin_s, abs=0.011)
    beeps = [at_s - begin_s for at_s in read_back(str(source)).beeps_s]
    whole = [at_s for at_s in beeps if 0 <= at_s < out_s - begin_s - 0.03]
    heard = [at_s for at_s in seen.beeps_s if whole and whole[0] - 0.5 < at_s < whole[-1] + 0.5]
    assert heard == pytest.approx(whole, abs=0.002)
    check_length_of_sound(out)


def check_sound(out: Path, duration_s: float) -> None:
    """That each whole beep is at its flash, and the sound as long as the pictures."""
    seen = read_back(str(out))
    for these, those in ((seen.flashes_s, seen.beeps_s), (seen.beeps_s, seen.flashes_s)):
        inner = [at_s for at_s in these if 0.1 < at_s < duration_s - 0.1]
        nearest = [min(those, key=lambda one: abs(one - at_s)) for at_s in inner]
        assert nearest == pytest.approx(inner, abs=SOUND_OFF_S)
    check_length_of_sound(out)


def check_length_of_sound(out: Path) -> None:
    with av.open(str(out)) as file:
        sound, pictures = file.streams.audio[0], file.streams.video[0]
        ends_s = [(one.duration or 0) * float(one.time_base or 0) for one in (sound, pictures)]
        samples = sum(frame.samples for frame in file.decode(sound))
    assert ends_s[0] == pytest.approx(ends_s[1], abs=SOUND_OFF_S)
    assert samples / 48_000 == pytest.approx(ends_s[1], abs=2 * SOUND_OFF_S)


@pytest.mark.parametrize("kind", KINDS)
def test_cut_has_exactly_its_pictures_wherever_it_begins_and_ends(
    folder: Path, kind: str, tmp_path: Path
) -> None:
    source, out = recording(folder, kind), tmp_path / "clip.mp4"
    chance = random.Random(kind)
    for _ in range(8):
        in_s = round(chance.uniform(0.2, 4), 3)
        out_s = round(in_s + chance.uniform(0.3, 5.8 - in_s), 3)

        cut = cut_exact([Piece(source, in_s, out_s)], out)

        check(out, cut, source, in_s, out_s)


@pytest.mark.parametrize("kind", KINDS)
def test_cut_of_single_picture_is_possible(folder: Path, kind: str, tmp_path: Path) -> None:
    source, out = recording(folder, kind), tmp_path / "clip.mp4"
    number, at_s = list(shown_at(source).items())[71]

    cut = cut_exact([Piece(source, at_s, at_s + 0.005)], out)

    assert (read_back(str(out)).numbers, cut.frames) == ([number], 1)


def test_cut_from_key_frame_copies_every_picture(plain: Path, tmp_path: Path) -> None:
    out = tmp_path / "clip.mp4"

    cut = cut_exact([Piece(plain, 2.0, 4.5)], out)

    check(out, cut, plain, 2.0, 4.5)
    assert cut.first_is_copied
    assert pictures_of(out) == pictures_of(plain)[60:135]
    assert configuration_of(out) == configuration_of(plain)


def test_cut_elsewhere_copies_from_next_key_frame_on(plain: Path, tmp_path: Path) -> None:
    out = tmp_path / "clip.mp4"

    cut = cut_exact([Piece(plain, 1.4, 4.5)], out)

    assert not cut.first_is_copied
    assert pictures_of(out)[18:] == pictures_of(plain)[60:135]
    assert len(set(pictures_of(out)[:18]) & set(pictures_of(plain))) == 0


@pytest.mark.parametrize("kind", ["plain", "reordered"])
def test_cut_is_a_plain_avc1_with_all_parameter_sets_in_front(
    folder: Path, kind: str, tmp_path: Path
) -> None:
    source, out = recording(folder, kind), tmp_path / "clip.mp4"

    cut_exact([Piece(source, 1.4, 4.5)], out)

    record_of_cut = configuration_of(out)
    sets = h264.read_configuration(record_of_cut)
    assert [h264.read_sequence_set(one).id for one in sets.sequence_sets] == [0, 1]
    assert [h264.picture_set_id(one) for one in sets.picture_sets] == [0, 1]
    assert record_of_cut[1:4:2] == configuration_of(source)[1:4:2]  # profile and level
    kinds = {h264.kind(unit) for units in units_of(out) for unit in units}
    assert not kinds & {h264.SPS, h264.PPS}
    whole = out.read_bytes()
    assert [box.kind for box in boxes(whole)][:2] == [b"ftyp", b"moov"]
    assert whole.count(b"avc1") == 2  # a brand, and the only sample description
    assert not cut_exact([Piece(source, 1.4, 4.5)], out).first_is_copied  # may be repeated


def units_of(path: Path) -> list[list[bytes]]:
    """The units of each picture of a file."""
    with av.open(str(path)) as file:
        packets = [bytes(one) for one in file.demux(file.streams.video[0]) if one.size]
    return [h264.split_lengths(one) for one in packets]


def pictures_of(path: Path) -> list[tuple[bytes, ...]]:
    """The same without parameter sets, of which a recording has some in its key frames."""
    sets = {h264.SPS, h264.PPS}
    return [tuple(u for u in units if h264.kind(u) not in sets) for units in units_of(path)]


def configuration_of(path: Path) -> bytes:
    with av.open(str(path)) as file:
        return bytes(file.streams.video[0].codec_context.extradata or b"")


def test_cut_of_pictures_alone(folder: Path, tmp_path: Path) -> None:
    source = record(folder / "silent.mp4", has_sound=False)
    out = tmp_path / "clip.mp4"

    cut = cut_exact([Piece(source, 1.4, 3.0)], out)

    assert read_back(str(out)).numbers == list(range(42, 90))
    with av.open(str(out)) as file:
        assert [stream.type for stream in file.streams] == ["video"]
    assert (cut.width_px, cut.height_px) == (320, 240)


def test_cut_of_sound_alone(folder: Path, tmp_path: Path) -> None:
    source = record(folder / "heard.mp4", has_pictures=False)
    out = tmp_path / "clip.mp4"

    cut = cut_exact([Piece(source, 1.405, 3.5)], out)

    with av.open(str(out)) as file:
        assert [stream.type for stream in file.streams] == ["audio"]
    assert (cut.frames, cut.width_px, cut.duration_s) == (0, 0, 2.095)
    assert beeps_of(out) == pytest.approx([0.595, 1.595], abs=0.002)


def beeps_of(path: Path) -> list[float]:
    with av.open(str(path)) as file:
        frames = list(file.decode(file.streams.audio[0]))
    heard = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    loud = np.flatnonzero(np.abs(heard) > 0.15)
    starts = loud[np.diff(loud, prepend=-48_000) > 12_000]
    return [float(frames[0].time + start / 48_000) for start in starts]


@pytest.mark.parametrize("kind", ["plain", "reordered"])
def test_pieces_alike_are_joined_by_copying(folder: Path, kind: str, tmp_path: Path) -> None:
    first = recording(folder, kind)
    second = record(folder / f"{kind}-2.mp4", **KINDS[kind], first=500)
    out = tmp_path / "clip.mp4"

    cut = cut_exact([Piece(first, 1.41, 3.42), Piece(second, 2.33, 5.72)], out)

    seen = read_back(str(out))
    whole = [n for n, at_s in shown_at(first).items() if 1.41 <= at_s < 3.42]
    whole += [n for n, at_s in shown_at(second).items() if 2.33 <= at_s < 5.72]
    assert seen.numbers == whole
    assert cut.frames == len(whole)
    assert all(0.004 < b.at_s - a.at_s < 0.06 for a, b in pairwise(seen.shots))
    assert set(pictures_of(second)[120:150]) <= set(pictures_of(out))
    check_sound(out, cut.duration_s)


def test_pieces_of_differing_size_become_one_at_size_of_the_first(
    folder: Path, tmp_path: Path
) -> None:
    first = recording(folder, "plain")
    second = record(folder / "larger.mp4", size=(640, 480), first=500)
    out = tmp_path / "clip.mp4"

    cut = cut_exact([Piece(first, 1.4, 3.4), Piece(second, 2.4, 5.7)], out)

    seen = read_back(str(out))
    assert seen.numbers == [*range(42, 102), *range(572, 671)]
    assert {(shot.width_px, shot.height_px) for shot in seen.shots} == {(320, 240)}
    assert cut.duration_s == pytest.approx(5.3, abs=0.011)
    check_sound(out, cut.duration_s)


def test_piece_of_turned_phone_is_padded_with_black(folder: Path, tmp_path: Path) -> None:
    second = record(folder / "turned.mp4", size=(240, 320))
    out = tmp_path / "clip.mp4"

    cut_exact([Piece(recording(folder, "plain"), 1.4, 2.4), Piece(second, 1.0, 2.0)], out)

    with av.open(str(out)) as file:
        grey = [frame.to_ndarray(format="gray") for frame in file.decode(video=0)]
    assert grey[0][120, :20].mean() > 40
    assert grey[45][120, :60].max() < 24
    assert grey[45][120, 120:200].mean() > 40


def test_pieces_of_which_one_has_no_sound_are_silent_there(folder: Path, tmp_path: Path) -> None:
    silent = record(folder / "silent-2.mp4", has_sound=False, profile="baseline")
    plain, out = recording(folder, "plain"), tmp_path / "clip.mp4"

    cut_exact([Piece(plain, 0.5, 1.5), Piece(silent, 0.5, 2.5), Piece(plain, 2.5, 3.5)], out)

    assert read_back(str(out)).beeps_s == pytest.approx([0.5, 3.5], abs=SOUND_OFF_S)


@pytest.mark.parametrize(
    "kind",
    [
        {"planes": "yuv444p", "profile": "high444"},
        {"options": ":interlaced=1"},
        {"size": (322, 242)},
    ],
)
def test_source_that_cannot_be_continued_is_encoded_anew(
    folder: Path, kind: dict[str, Any], tmp_path: Path
) -> None:
    source = record(folder / f"{sorted(kind.items())}.mp4", **kind)
    out = tmp_path / "clip.mp4"

    cut = cut_exact([Piece(source, 1.4, 4.5)], out)

    check(out, cut, source, 1.4, 4.5)


def test_picture_that_stood_still_does_not_take_the_sound_with_it(
    folder: Path, tmp_path: Path
) -> None:
    times_s = [*even_times(2, 30), *(4 + at_s for at_s in even_times(2, 30))]
    source = record(folder / "stood-still.mp4", times_s=times_s)
    out = tmp_path / "clip.mp4"

    cut = cut_exact([Piece(source, 2.5, 5.5)], out)

    seen = read_back(str(out))
    assert seen.numbers == list(range(60, 105))
    assert (seen.shots[0].at_s, cut.duration_s) == (0.0, 3.0)
    assert seen.beeps_s == pytest.approx([0.5, 1.5, 2.5], abs=SOUND_OFF_S)
    assert seen.flashes_s[1:] == pytest.approx([2.5], abs=0.001)


def test_pictures_that_come_after_a_stretch_without_any(folder: Path, tmp_path: Path) -> None:
    times_s = [*even_times(2, 30), *(4 + at_s for at_s in even_times(2, 30))]
    source = record(folder / "stood-still-2.mp4", times_s=times_s)
    out = tmp_path / "clip.mp4"

    cut = cut_exact([Piece(source, 2.5, 3.5), Piece(source, 4.0, 5.0)], out)

    seen = read_back(str(out))
    assert (seen.numbers, cut.duration_s) == (list(range(60, 90)), 2.0)
    assert seen.beeps_s == pytest.approx([0.5, 1.0], abs=SOUND_OFF_S)
    assert seen.flashes_s == pytest.approx([1.0], abs=0.001)


def test_damaged_pictures_do_not_stop_a_cut(folder: Path, tmp_path: Path) -> None:
    source = record(folder / "damaged.mp4", profile="baseline")
    whole = bytearray(source.read_bytes())
    chance = random.Random(1)
    for row in open_recording(source).parts:
        for _ in range(20):  # behind the moof, within the pictures
            whole[chance.randrange(row.offset_bytes + 1200, row.end_bytes)] ^= 0xFF
    source.write_bytes(whole)
    out = tmp_path / "clip.mp4"

    cut = cut_exact([Piece(source, 1.4, 4.5)], out)

    assert 80 < cut.frames <= 93
    assert cut.duration_s == pytest.approx(3.1, abs=0.05)


def test_recording_that_still_grows_is_cut_when_it_reaches_the_out_point(
    plain: Path, tmp_path: Path
) -> None:
    growing, out = tmp_path / "growing.mp4", tmp_path / "clip.mp4"
    row = next(row for row in open_recording(plain).parts if row.end_s > 4)
    growing.write_bytes(plain.read_bytes()[: row.end_bytes + 100])  # and a torn part

    with pytest.raises(CutShort) as caught:
        cut_exact([Piece(growing, 1.4, 5.5)], out)
    assert caught.value.retry_after_s
    assert [path.name for path in tmp_path.iterdir()] == ["growing.mp4"]

    written = Timer(0.3, growing.write_bytes, [plain.read_bytes()])
    written.start()
    cut = cut_exact([Piece(growing, 1.4, 5.5)], out, waits_s=60)
    check(out, cut, plain, 1.4, 5.5)
    written.join()


def test_recording_that_ended_early_is_cut_to_what_is_there(plain: Path, tmp_path: Path) -> None:
    ended, out = tmp_path / "ended.mp4", tmp_path / "clip.mp4"
    row = next(row for row in open_recording(plain).parts if row.end_s > 4)
    ended.write_bytes(plain.read_bytes()[: row.end_bytes + 100])

    cut = cut_exact([Piece(ended, 1.4, 9.0)], out, may_be_short=True)

    assert read_back(str(out)).numbers == list(range(42, round(row.end_s * 30)))
    assert cut.duration_s == pytest.approx(row.end_s - 1.4, abs=SOUND_OFF_S)


@pytest.mark.parametrize(("in_s", "out_s"), [(3.0, 3.0), (3.0, 2.0), (2.001, 2.002), (7.0, 8.0)])
def test_nothing_between_the_points_is_refused(
    plain: Path, tmp_path: Path, in_s: float, out_s: float
) -> None:
    with pytest.raises(NothingToCut):
        cut_exact([Piece(plain, in_s, out_s)], tmp_path / "clip.mp4", may_be_short=True)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [None, b"", b"no recording at all" * 100, os.urandom(5000)])
def test_recording_that_is_none_is_refused(content: bytes | None, tmp_path: Path) -> None:
    source = tmp_path / "source.mp4"
    if content is not None:
        source.write_bytes(content)

    with pytest.raises(RecordingUnreadable):
        cut_exact([Piece(source, 1, 2)], tmp_path / "clip.mp4")


def test_failed_cut_leaves_the_older_clip(plain: Path, tmp_path: Path) -> None:
    out = tmp_path / "clip.mp4"
    out.write_bytes(b"older")

    with pytest.raises(CutShort):
        cut_exact([Piece(plain, 1.4, 60)], out)

    assert out.read_bytes() == b"older"


def test_cut_by_job_is_the_same(plain: Path, tmp_path: Path) -> None:
    out = tmp_path / "clip.mp4"
    arguments = CutArguments(pieces=[Piece(plain, 1.4, 4.5)], out=out)

    cut = run_job("cut", arguments, CutFile, time_limit_s=30)

    check(out, cut, plain, 1.4, 4.5)
    assert cut.size_bytes == out.stat().st_size


PLAY = """async ([file, count]) => {
  const bytes = Uint8Array.from(atob(file), (one) => one.charCodeAt(0));
  const video = document.createElement("video");
  video.muted = true;
  video.src = URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
  await new Promise((done, failed) => {
    video.onloadeddata = done;
    video.onerror = () => failed(new Error(video.error.message));
  });
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  const paper = canvas.getContext("2d", { willReadFrequently: true });
  const number = () => {
    paper.drawImage(video, 0, 0);
    const bar = canvas.width / 16;
    const bits = [...Array(16).keys()];
    const dot = (x) => paper.getImageData(x, canvas.height / 6, 1, 1).data[1];
    const bright = (bit) => dot(bit * bar + bar / 2);
    return bits.reduce((sum, bit) => sum + (bright(bit) > 128 ? 1 << bit : 0), 0);
  };
  const seek = async (time) => {
    // On a busy machine the picture comes later than the word of it.
    const shown = new Promise((done) => video.requestVideoFrameCallback(done));
    video.currentTime = time;
    await new Promise((done) => (video.onseeked = done));
    await Promise.race([shown, new Promise((done) => setTimeout(done, 1000))]);
  };
  const sought = [];
  for (let at = 0; at < count; at += 1) {
    await seek((at + 0.5) / 30);
    sought.push(number());
  }
  await seek(0);
  const played = {};
  const note = (_, frame) => {
    played[Math.round(frame.mediaTime * 30)] = number();
    video.requestVideoFrameCallback(note);
  };
  video.requestVideoFrameCallback(note);
  const ended = new Promise((done) => (video.onended = done));
  await video.play();
  await ended;
  return [sought, Object.entries(played), video.error];
}"""


@pytest.mark.journey
@pytest.mark.parametrize("kind", ["plain", "reordered"])
def test_chromium_shows_every_picture_of_cut(
    folder: Path, kind: str, tmp_path: Path, browser: Browser
) -> None:
    source, out = recording(folder, kind), tmp_path / "clip.mp4"
    cut = cut_exact([Piece(source, 1.41, 3.42), Piece(source, 0.41, 2.41)], out)
    numbers = read_back(str(out)).numbers

    file = base64.b64encode(out.read_bytes()).decode()
    sought, played, error = browser.new_page().evaluate(PLAY, [file, cut.frames])

    assert (sought, error) == (numbers, None)
    assert len(played) > len(numbers) / 2  # a busy machine leaves pictures out
    assert dict(played) == {at: numbers[int(at)] for at, _ in played}
