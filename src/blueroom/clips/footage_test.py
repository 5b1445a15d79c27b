from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from blueroom.clips import files, footage, making
from blueroom.clips.actions import cut_clip, open_clips
from blueroom.clips.errors import Busy, NothingToCut
from blueroom.clips.footage import Footage, FootagePiece, footage_of, path_of
from blueroom.room.access import NotFound
from blueroom.studio.actions import adjust_answer
from blueroom.studio.models import Recording
from blueroom.studio.queries import recordings_folder
from tests.camera import read_back
from tests.filming import record


def test_footage_shows_what_came_before_and_after_and_when(make_answer, make_clip, moment):
    clip = make_clip(answer=make_answer(2.5, 3.0))

    made = footage_of(clip, now=moment + timedelta(minutes=1))

    seen = read_back(str(path_of(clip, made.key, ".mp4")))
    assert seen.numbers == list(range(180))
    assert made.frames_s == pytest.approx([n / 30 for n in range(180)], abs=2e-5)
    assert made.pieces == [FootagePiece(start_s=0.0, at=moment)]
    assert made.duration_s == pytest.approx(6.0, abs=0.02)
    assert len(made.peaks) == pytest.approx(300, abs=3)
    assert (made.width_px, made.height_px, made.strip_height_px) == (320, 240, 72)
    assert path_of(clip, made.key, ".jpg").read_bytes()[:2] == b"\xff\xd8"


def test_footage_begins_on_a_picture_whose_moment_is_known(
    make_answer, make_clip, moment, monkeypatch
):
    monkeypatch.setattr(footage, "AROUND_S", 0.1)
    monkeypatch.setattr(footage, "ROUNDED_S", 1)
    clip = make_clip(answer=make_answer(3.5, 4.0))  # so from 3 s: between two key frames

    made = footage_of(clip, now=moment + timedelta(minutes=1))

    first = read_back(str(path_of(clip, made.key, ".mp4"))).numbers[0]
    assert made.pieces == [FootagePiece(start_s=0.0, at=moment + timedelta(seconds=2))]
    assert first == 60


def test_footage_goes_over_a_gap_between_two_recordings(make_answer, make_clip, feed, moment):
    record(recordings_folder() / "feed-2.mp4", seconds=4.0, first=500)
    Recording.objects.create(
        feed=feed,
        epoch=2,
        file="feed-2.mp4",
        began_at=moment + timedelta(seconds=9),
        ended_at=moment + timedelta(seconds=13),
        duration_s=4.0,
        width_px=320,
        height_px=240,
    )
    clip = make_clip(answer=make_answer(4.0, 11.0))

    made = footage_of(clip, now=moment + timedelta(minutes=1))

    second = made.pieces[1]
    assert [piece.at for piece in made.pieces] == [moment, moment + timedelta(seconds=9)]
    assert second.start_s == pytest.approx(6.0, abs=0.02)
    numbers = read_back(str(path_of(clip, made.key, ".mp4"))).numbers
    assert numbers == [*range(180), *range(500, 620)]
    at = made.frames_s[numbers.index(500)]
    assert at == pytest.approx(second.start_s, abs=0.001)


def test_footage_is_made_once(make_clip, moment, monkeypatch):
    clip = make_clip()
    made = footage_of(clip, now=moment + timedelta(minutes=1))
    monkeypatch.setattr(making, "cut", lambda *_, **__: pytest.fail("cut twice"))

    assert footage_of(clip, now=moment + timedelta(minutes=2)) == made
    kept = path_of(clip, made.key, ".json").read_bytes()
    assert msgspec.json.decode(kept, type=Footage) == made


def test_footage_of_what_is_erased_is_none(make_clip, recording, moment):
    recording.erased_at = moment
    recording.save()

    with pytest.raises(NothingToCut):
        footage_of(make_clip(), now=moment + timedelta(minutes=1))


def test_footage_is_made_for_so_many_at_once(make_clip, moment, monkeypatch):
    monkeypatch.setattr(footage, "PATIENCE_S", 0.01)
    clip = make_clip()
    for _ in range(footage.AT_ONCE):
        footage._turns.acquire()
    try:
        with pytest.raises(Busy):
            footage_of(clip, now=moment + timedelta(minutes=1))
    finally:
        for _ in range(footage.AT_ONCE):
            footage._turns.release()


@pytest.mark.parametrize("key", ["", "..", "0" * 15, "0" * 17, "../../x0000000000", "G" * 16])
def test_footage_has_no_files_but_its_own(make_clip, key):
    with pytest.raises(NotFound):
        path_of(make_clip(), key, ".mp4")


@pytest.mark.parametrize("kind", ["even", "wandering"])
def test_marks_at_pictures_of_the_footage_cut_exactly_those(
    make_answer, make_clip, recording, moment, moderator, kind
):
    if kind == "wandering":
        times_s = [n / 30 + 0.011 * (n % 3) for n in range(150)]
        (recordings_folder() / recording.file).unlink()
        record(recordings_folder() / recording.file, seconds=5.0, times_s=times_s)
        recording.duration_s = 5.0
        recording.save()
    now = moment + timedelta(minutes=1)
    answer = make_answer(1.5, 4.0)
    clip = make_clip(answer=answer)
    made = footage_of(clip, now=now)
    began_at = made.pieces[0].at

    adjust_answer(
        answer=answer,
        in_at=began_at + timedelta(seconds=made.frames_s[41]),
        out_at=began_at + timedelta(seconds=made.frames_s[97]),
        now=now,
        by=moderator,
    )
    open_clips(now=now)
    cut_clip(clip_id=clip.pk, now=now)

    clip.refresh_from_db()
    seen = read_back(str(files.path_of(clip.slug, clip.file)))
    assert seen.numbers == list(range(41, 97))


def test_footage_of_sound_alone_has_moments_to_mark(make_answer, make_clip, recording, moment):
    (recordings_folder() / recording.file).unlink()
    record(recordings_folder() / recording.file, seconds=6.0, has_pictures=False)
    clip = make_clip(answer=make_answer(1.0, 3.0))

    made = footage_of(clip, now=moment + timedelta(minutes=1))

    assert (made.width_px, made.strip_times_s) == (0, [])
    assert len(made.frames_s) == pytest.approx(300, abs=3)
    assert made.frames_s[50] == 1.0
