from __future__ import annotations

import io
import random
from datetime import timedelta
from pathlib import Path

import pytest

from blueroom.media.packager import NoKeyFrame
from blueroom.media.packing_line import (
    Dumped,
    Ended,
    EpochEnded,
    Figures,
    Frame,
    Level,
    Problem,
)
from blueroom.media.parts import Epoch, Part
from blueroom.media.recording import open_recording
from tests.camera import film, frames_to_send, read_back
from tests.packing import BEGAN_AT, Packing

FRAME_S = 1 / 30


def _moved(frames: object, by_s: float) -> list[tuple[str, bytes, float]]:
    return [(kind, data, at_s + by_s) for kind, data, at_s in frames]  # type: ignore[attr-defined]


def test_a_feed_becomes_one_epoch_of_parts_that_play(tmp_path: Path) -> None:
    packing = Packing(tmp_path, first_epoch=3, first_part=70).take_frames(frames_to_send(4))

    (epoch,) = packing.of(Epoch)
    parts = packing.of(Part)
    seen = packing.seen(3)
    assert (epoch.number, epoch.file) == (3, "guest-3.mp4")
    assert (epoch.width_px, epoch.height_px) == (320, 240)
    assert epoch.codecs == "avc1.42c00d,mp4a.40.2"
    assert epoch.began_at == BEGAN_AT
    assert [part.number for part in parts] == list(range(70, 70 + len(parts)))
    assert [part.start_s for part in parts if part.is_independent] == [0.0, 1.0, 2.0, 3.0]
    assert max(part.duration_s for part in parts) < 0.4
    assert seen.numbers == list(range(120))
    assert [shot.at_s for shot in seen.shots] == pytest.approx(
        [n * FRAME_S for n in range(120)], abs=0.0005
    )
    assert seen.beeps_s[1:] == pytest.approx([1, 2, 3], abs=0.002)
    assert packing.said[-1] == Ended()


def test_the_recording_is_what_viewers_get(tmp_path: Path) -> None:
    packing = Packing(tmp_path).take_frames(frames_to_send(2))

    written = (tmp_path / "guest-0.mp4").read_bytes()
    rows = open_recording(tmp_path / "guest-0.mp4").parts
    assert written == packing.live()
    assert [(row.offset_bytes, row.number, row.is_independent) for row in rows] == [
        (part.offset_bytes, part.number, part.is_independent) for part in packing.of(Part)
    ]
    assert packing.of(EpochEnded) == [
        EpochEnded(number=0, duration_s=rows[-1].end_s, size_bytes=len(written))
    ]


def test_a_phone_that_is_turned_begins_an_epoch(tmp_path: Path) -> None:
    upright = frames_to_send(2, size=(240, 320), first=60)
    packing = Packing(tmp_path).take_frames([*frames_to_send(2), *_moved(upright, 2.0)])

    sizes = [(epoch.width_px, epoch.height_px) for epoch in packing.of(Epoch)]
    first, second = packing.seen(0), packing.seen(1)
    assert sizes == [(320, 240), (240, 320)]
    assert (first.numbers, second.numbers) == (list(range(60)), list(range(60, 120)))
    assert [beep for beep in second.beeps_s if beep > 0.5] == pytest.approx([1], abs=0.01)
    assert packing.of(Epoch)[1].began_at == BEGAN_AT + timedelta(seconds=2)


@pytest.mark.parametrize("gap_s", [1.5, 20.0])
def test_a_gap_begins_an_epoch_at_the_next_key_frame(tmp_path: Path, gap_s: float) -> None:
    frames = list(frames_to_send(4))
    before = [frame for frame in frames if frame[2] < 1.5]
    after = _moved([frame for frame in frames if frame[2] >= 1.5], gap_s)
    packing = Packing(tmp_path).take_frames([*before, *after])

    assert packing.seen(0).numbers == list(range(45))
    assert packing.seen(1).numbers == list(range(60, 120))
    began_at = packing.of(Epoch)[1].began_at
    assert began_at == BEGAN_AT + timedelta(seconds=2 + gap_s)
    assert packing.packager.lost == 15


def test_a_clock_that_jumps_back_begins_an_epoch(tmp_path: Path) -> None:
    packing = Packing(tmp_path)
    packing.take_frames(_moved(frames_to_send(2), 1000.0), ends=False)
    packing.take_frames(frames_to_send(2, first=60))

    assert packing.seen(0).numbers == list(range(60))
    assert packing.seen(1).numbers == list(range(60, 120))
    assert max(part.late_s for part in packing.of(Part)[8:]) < 0.5


def test_a_feed_waits_for_its_first_key_frame_and_says_so(tmp_path: Path) -> None:
    frames = [one for one in frames_to_send(12) if one[0] == "h264"]
    without_keys = [one for number, one in enumerate(frames) if number % 30]
    packing = Packing(tmp_path).take_frames(without_keys)

    assert (packing.of(Epoch), packing.files) == ([], [])
    assert [problem.code for problem in packing.of(Problem)] == [NoKeyFrame.code]


def test_pictures_alone_get_silence_and_sound_alone_gets_parts(tmp_path: Path) -> None:
    pictures, sound = Packing(tmp_path / "a"), Packing(tmp_path / "b")
    for packing, kind in ((pictures, "h264"), (sound, "opus")):
        packing.folder.mkdir()
        packing.take_frames([one for one in frames_to_send(5) if one[0] == kind])

    seen = pictures.seen()
    assert (seen.numbers, seen.beeps_s) == (list(range(150)), [])
    assert [epoch.has_audio for epoch in pictures.of(Epoch)] == [False]
    (epoch,) = sound.of(Epoch)
    assert (epoch.codecs, epoch.width_px, epoch.has_audio) == ("mp4a.40.2", 0, True)
    assert all(part.is_independent for part in sound.of(Part))
    assert sound.seen().beeps_s[1:] == pytest.approx([1, 2, 3, 4], abs=0.01)


def test_a_picture_that_comes_later_begins_an_epoch_of_both(tmp_path: Path) -> None:
    frames = [one for one in frames_to_send(6) if one[0] == "opus" or one[2] >= 4]
    packing = Packing(tmp_path).take_frames(frames)

    assert [epoch.width_px for epoch in packing.of(Epoch)] == [0, 320]
    assert packing.seen(1).numbers == list(range(120, 180))
    assert packing.seen(1).beeps_s[1:] == pytest.approx([1], abs=0.002)


def test_pictures_at_uneven_times_keep_them(tmp_path: Path) -> None:
    times_s = [0.0, 0.02, 0.1, 0.103, 0.5, 0.9, 0.91, 1.7, 1.75, 1.8, 2.6, 2.9]
    slices = film("webm", times_s=times_s, seconds=3, key_s=10)
    packing = Packing(tmp_path).take("webm", slices)

    seen = packing.seen()
    assert [shot.at_s for shot in seen.shots] == pytest.approx(times_s, abs=0.0011)
    assert seen.numbers == list(range(12))


def test_a_still_picture_over_sound_stays_in_its_epoch(tmp_path: Path) -> None:
    times_s = [0.0, 0.1, 3.5, 3.6]
    packing = Packing(tmp_path).take("webm", film("webm", times_s=times_s, seconds=4, key_s=10))

    assert [shot.at_s for shot in packing.seen().shots] == pytest.approx(times_s, abs=0.0011)
    assert packing.seen().beeps_s[1:] == pytest.approx([1, 2, 3], abs=0.002)
    assert len(packing.of(Part)) > 8  # they go on meanwhile


def test_lost_sound_is_silence_and_nothing_moves(tmp_path: Path) -> None:
    kept = [
        one
        for number, one in enumerate(frames_to_send(6))
        if one[0] == "h264" or number % 12 or one[2] % 1 > 0.95
    ]
    packing = Packing(tmp_path).take_frames(kept)

    seen = packing.seen()
    assert packing.packager.lost > 10
    assert seen.flashes_s == pytest.approx([0, 1, 2, 3, 4, 5], abs=0.001)
    assert {round(beep) for beep in seen.beeps_s} >= {1, 2, 4, 5}
    assert [beep % 1 for beep in seen.beeps_s if beep > 0.5] == pytest.approx(
        [0] * len([beep for beep in seen.beeps_s if beep > 0.5]), abs=0.02
    )


def test_muted_sound_is_silence_and_the_level_still_shows(tmp_path: Path) -> None:
    packing = Packing(tmp_path).take_frames(
        frames_to_send(5),
        do_at={
            1.5: lambda packager: packager.mute(is_on=True),
            3.5: lambda packager: packager.mute(is_on=False),
        },
    )

    assert packing.seen().beeps_s[1:] == pytest.approx([1, 4], abs=0.002)
    loud = [level for level in packing.of(Level) if level.peak_db > -10]
    assert len(loud) >= 5


def test_a_dump_leaves_no_picture_of_what_was_dumped(tmp_path: Path) -> None:
    packing = Packing(tmp_path)

    def dump(packager: object) -> None:
        first = next(part.number for part in packing.of(Part) if part.start_s >= 2.0)
        packing.packager.dump(first)

    packing.take_frames(frames_to_send(6), do_at={3.4: dump})

    kept, after = packing.seen(0), packing.seen(1)
    assert kept.numbers == list(range(60))
    assert after.numbers == list(range(120, 180))  # from the next key frame on
    assert after.beeps_s[1:] == pytest.approx([1], abs=0.002)
    (dumped,) = packing.of(Dumped)
    assert dumped.epoch == 0
    assert dumped.from_s == pytest.approx(2.0, abs=0.001)
    left = [ended for ended in packing.of(EpochEnded) if ended.number == 0][-1]
    assert left.size_bytes == (tmp_path / "guest-0.mp4").stat().st_size
    numbers = [part.number for part in packing.of(Part)]
    assert numbers == sorted(set(numbers))


def test_a_dump_reaches_back_over_several_epochs(tmp_path: Path) -> None:
    packing = Packing(tmp_path)
    turned = _moved(frames_to_send(1, size=(240, 320), first=60), 2.0)
    back = _moved(frames_to_send(2, first=90), 3.0)
    packing.take_frames(
        [*frames_to_send(2), *turned, *back],
        do_at={4.5: lambda packager: packager.dump(3)},
    )

    assert packing.files == ["guest-0.mp4"]
    assert packing.seen(0).numbers == list(range(30))
    assert [d.epoch for d in packing.of(Dumped)] == [0]
    assert [(e.number, e.size_bytes == 0) for e in packing.of(EpochEnded)[-3:]] == [
        (0, False),
        (1, True),
        (2, True),
    ]


def test_a_dump_of_what_is_not_a_part_yet_drops_it(tmp_path: Path) -> None:
    packing = Packing(tmp_path)
    packing.take_frames(frames_to_send(4), do_at={1.2: lambda packager: packager.dump(99)})

    assert packing.seen(0).numbers == list(range(30))
    assert packing.seen(1).numbers == list(range(60, 120))
    assert [dumped.epoch for dumped in packing.of(Dumped)] == [1]


def test_damaged_frames_are_counted_and_harm_no_others(tmp_path: Path) -> None:
    chance = random.Random(7)
    packing = Packing(tmp_path)
    frames = list(frames_to_send(4))
    bad = []
    for kind, data, at_s in frames:
        spoilt = bytearray(data)
        for _ in range(chance.randrange(3) if at_s < 3 else 0):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        if at_s < 3 and chance.random() < 0.1:
            spoilt = bytearray(chance.randbytes(chance.randrange(40)))
        bad.append((kind, bytes(spoilt), at_s))

    packing.take_frames(bad)

    last = open_recording(tmp_path / packing.files[-1])
    assert packing.packager.lost > 0
    assert last.parts[-1].is_independent or len(last.parts) > 1
    assert packing.seen(len(packing.files) - 1).numbers[-30:] == list(range(90, 120))


def test_who_monitors_gets_pictures_from_a_key_frame_on_that_decode(tmp_path: Path) -> None:
    packing = Packing(tmp_path).take_frames(
        frames_to_send(3),
        do_at={
            0.5: lambda packager: packager.monitor(is_on=True),
            2.5: lambda packager: packager.monitor(is_on=False),
        },
    )

    frames = packing.of(Frame)
    seen = read_back(io.BytesIO(b"".join(frame.data for frame in frames)))
    assert seen.numbers == list(range(30, 75))
    assert [frame.at_s for frame in frames if frame.is_key] == [1.0, 2.0]


def test_figures_say_what_came_in(tmp_path: Path) -> None:
    packing = Packing(tmp_path).take_frames(frames_to_send(4))

    figures = packing.of(Figures)
    assert len(figures) == 3
    assert [round(one.fps) for one in figures] == [30, 30, 30]
    assert {(one.width_px, one.height_px, one.lost) for one in figures} == {(320, 240, 0)}
    assert all(one.video_kbps > 50 and one.audio_kbps > 5 for one in figures)


def test_old_pictures_are_told_from_new_ones(tmp_path: Path) -> None:
    # Two seconds as they are taken; then nothing for eight, and then the rest all at once.
    packing = Packing(tmp_path).take_frames(
        frames_to_send(6), arrives_s=lambda at_s: at_s if at_s < 2 else max(at_s, 10.0)
    )

    late_s = [part.late_s for part in packing.of(Part)]
    assert max(late_s[:5]) < 0.2
    assert late_s[6:] == sorted(late_s[6:], reverse=True)
    assert (late_s[6] > 7, late_s[-1] < 4.2) == (True, True)


def test_a_recording_that_cannot_be_written_stops_no_live_picture(tmp_path: Path) -> None:
    folder = tmp_path / "not there"
    packing = Packing(folder).take_frames(frames_to_send(2))

    assert [problem.code for problem in packing.of(Problem)] == ["recording_unwritable"]
    assert {part.offset_bytes for part in packing.of(Part)} == {-1}
    assert read_back(io.BytesIO(packing.live())).numbers == list(range(60))


def test_nothing_recorded_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "guest-0.mp4").write_bytes(b"of a former life")
    packing = Packing(tmp_path).take_frames(frames_to_send(1))

    assert [epoch.number for epoch in packing.of(Epoch)] == [1]
    assert (tmp_path / "guest-0.mp4").read_bytes() == b"of a former life"
