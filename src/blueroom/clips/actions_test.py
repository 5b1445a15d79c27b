from __future__ import annotations

import os
import shutil
from collections import namedtuple
from datetime import timedelta

import pytest

from blueroom.clips import actions, files, making
from blueroom.clips.errors import (
    CaptionsChanged,
    CaptionsKept,
    CaptionsUnchecked,
    ClipNotReady,
    CuesWrong,
    NoSpeechModel,
)
from blueroom.clips.files import folder_of, path_of
from blueroom.clips.models import Captions, Clip, Hearing, Render, WorkState
from blueroom.clips.queries import (
    due_clips,
    due_hearings,
    due_renders,
    is_gone,
    is_open_to_all,
    reply_file,
)
from blueroom.clips.rules import Line
from blueroom.desk.actions import decide, sort_posts
from blueroom.desk.errors import NotApproved
from blueroom.media.captions import Cue
from blueroom.media.jobs import JobCrashed
from blueroom.media.speech import Heard
from blueroom.posts.models import Post, Sorting
from blueroom.room.actions import NotAllowed
from blueroom.room.actor import actor_of_membership, house
from blueroom.room.models import Role
from blueroom.room.rules import FieldRefused
from blueroom.room.themes import keep_theme
from blueroom.studio.actions import adjust_answer, remove_answer
from blueroom.studio.models import Programme
from blueroom.studio.queries import recordings_folder
from tests.camera import read_back
from tests.filming import record

Disk = namedtuple("Disk", "total used free")


@pytest.fixture
def after(moment):
    """A minute after the recording ended."""
    return moment + timedelta(seconds=66)


@pytest.fixture
def cut(after):
    """Opens what is released and cuts it, as the worker does."""

    def cut(now=after):
        actions.open_clips(now=now)
        for clip_id in list(due_clips(now).values_list("pk", flat=True)):
            actions.cut_clip(clip_id=clip_id, now=now)
        return Clip.objects.order_by("pk").last()

    return cut


# Opening and cutting


def test_answer_becomes_a_clip_with_exactly_its_pictures(make_answer, cut, after, room):
    answer = make_answer(1.0, 3.0)

    clip = cut()

    seen = read_back(str(path_of(clip.slug, clip.file)))
    assert seen.numbers == list(range(30, 90))
    assert (clip.state, clip.revision, clip.duration_s) == ("ready", 1, pytest.approx(2.0))
    assert (clip.width_px, clip.height_px, clip.in_at, clip.cut_at) == (
        320,
        240,
        answer.in_at,
        after,
    )
    assert path_of(clip.slug, clip.poster).read_bytes()[:2] == b"\xff\xd8"
    answer.refresh_from_db()
    assert (answer.clip_state, answer.clip_path, answer.is_clip_public) == (
        "ready",
        f"/a/{clip.slug}/",
        False,
    )
    assert list(clip.renders.values_list("shape", "language", "state")) == [
        ("16x9", "", "due"),
        ("9x16", "", "due"),
    ]
    assert not list(files.clips_folder().glob("*/*.part*"))


def test_answer_is_left_alone_while_the_guest_speaks(make_answer, after):
    make_answer(1.0, None)

    assert (actions.open_clips(now=after), Clip.objects.count()) == (0, 0)


def test_answer_waits_until_the_delay_has_let_it_out(make_answer, session, moment):
    Programme.objects.create(session=session, state="live", key="k", delay_s=10, changed_at=moment)
    make_answer(1.0, 3.0)

    assert actions.open_clips(now=moment + timedelta(seconds=12)) == 0
    assert actions.open_clips(now=moment + timedelta(seconds=13)) == 1
    assert actions.open_clips(now=moment + timedelta(seconds=13)) == 0


def test_sound_alone_is_a_clip_without_pictures_to_share(make_answer, recording, cut):
    (recordings_folder() / recording.file).unlink()
    record(recordings_folder() / recording.file, seconds=6.0, has_pictures=False)
    make_answer(1.0, 3.0)

    clip = cut()

    assert (clip.state, clip.width_px, clip.poster) == ("ready", 0, "")
    assert clip.duration_s == pytest.approx(2.0, abs=0.03)
    assert not clip.renders.exists()


def test_photo_is_no_clip(make_answer, after):
    make_answer(1.0, 3.0, kind="photo", feed=None)

    assert actions.open_clips(now=after) == 0


def test_clip_is_public_at_once_where_the_public_saw_it_live(make_answer, show, cut, after):
    answer = make_answer(1.0, 3.0)
    show(0.5, 4.0)

    clip = cut()

    answer.refresh_from_db()
    assert (clip.is_public, clip.published_at, answer.is_clip_public) == (True, after, True)
    assert is_open_to_all(clip)


def test_clip_is_let_out_where_it_becomes_known_that_it_was_shown(
    make_answer, show, cut, after, moderator
):
    make_answer(1.0, 3.0)
    clip = cut()
    show(0.5, 4.0)

    assert actions.let_out_shown(now=after + timedelta(seconds=61)) == 0
    assert actions.let_out_shown(now=after + timedelta(seconds=2)) == 1
    clip.refresh_from_db()
    assert clip.is_public


def test_clip_that_somebody_took_back_is_not_let_out_again(
    make_answer, show, cut, after, moderator
):
    make_answer(1.0, 3.0)
    clip = cut()
    actions.unpublish_clip(clip=clip, now=after, by=moderator)
    show(0.5, 4.0)

    assert actions.let_out_shown(now=after) == 0


def test_adjusted_answer_is_cut_again_and_its_old_files_are_gone(
    make_answer, cut, after, moderator, django_capture_on_commit_callbacks
):
    answer = make_answer(1.0, 3.0)
    clip = cut()
    old = {path.name for path in folder_of(clip.slug).iterdir()}
    Render.objects.filter(clip=clip).update(state="ready", file="old.mp4")
    path_of(clip.slug, "old.mp4").touch()
    adjust_answer(
        answer=answer,
        in_at=answer.in_at + timedelta(seconds=0.5),
        out_at=answer.out_at,
        now=after,
        by=moderator,
    )

    with django_capture_on_commit_callbacks(execute=True):
        again = cut()

    seen = read_back(str(path_of(again.slug, again.file)))
    assert (again.pk, again.revision, seen.numbers) == (clip.pk, 2, list(range(45, 90)))
    assert {path.name for path in folder_of(clip.slug).iterdir()} == {again.file, again.poster}
    assert not old & {again.file, again.poster}
    assert set(clip.renders.values_list("state", "file")) == {("due", "")}


def test_clip_adjusted_to_what_nobody_saw_is_taken_from_the_public(
    make_answer, show, cut, after, moderator
):
    answer = make_answer(2.0, 3.0)
    show(1.9, 4.0)
    assert cut().is_public

    values = {"in_at": answer.in_at - timedelta(seconds=1.5), "out_at": answer.out_at}
    adjust_answer(answer=answer, now=after, by=moderator, **values)

    assert not cut().is_public


def test_work_that_was_taken_away_meanwhile_changes_nothing(
    make_answer, after, moderator, monkeypatch
):
    answer = make_answer(1.0, 3.0)
    actions.open_clips(now=after)
    clip = Clip.objects.get()
    really = making.cut

    def cut_while_somebody_adjusts(*args, **named):
        made = really(*args, **named)
        adjust_answer(
            answer=answer,
            in_at=answer.in_at,
            out_at=answer.out_at - timedelta(seconds=1),
            now=after,
            by=moderator,
        )
        actions.open_clips(now=after)
        return made

    monkeypatch.setattr(making, "cut", cut_while_somebody_adjusts)
    actions.cut_clip(clip_id=clip.pk, now=after)

    clip.refresh_from_db()
    assert (clip.state, clip.file, clip.revision) == ("due", "", 2)
    assert list(folder_of(clip.slug).iterdir()) == []


def test_clip_is_cut_by_one_of_several_processes(make_answer, after, monkeypatch):
    make_answer(1.0, 3.0)
    actions.open_clips(now=after)
    clip = Clip.objects.get()
    Clip.objects.update(state="working", leased_until=after + timedelta(seconds=1))
    monkeypatch.setattr(making, "cut", lambda *_, **__: pytest.fail("cut twice"))

    actions.cut_clip(clip_id=clip.pk, now=after)

    assert list(due_clips(after)) == []
    assert list(due_clips(after + timedelta(seconds=2))) == [clip]  # whoever had it is gone


def test_clip_without_recording_says_so(make_answer, recording, after, cut):
    recording.erased_at = after
    recording.save()
    make_answer(1.0, 3.0)

    clip = cut()

    assert (clip.state, clip.code) == ("failed", "nothing_to_cut")
    assert clip.message == "No recording holds this answer any more."


def test_clip_is_tried_again_later_and_later_until_somebody_has_to_look(
    make_answer, after, monkeypatch
):
    def fail(*args, **named):
        raise JobCrashed

    monkeypatch.setattr(making, "cut", fail)
    make_answer(1.0, 3.0)
    actions.open_clips(now=after)
    seen = []
    for _ in range(4):
        clip = Clip.objects.get()
        actions.cut_clip(clip_id=clip.pk, now=clip.due_at)
        clip.refresh_from_db()
        seen.append((clip.state, clip.tries, (clip.due_at - after).total_seconds()))

    assert seen == [("due", 1, 2), ("due", 2, 6), ("due", 3, 14), ("failed", 4, 30)]
    assert clip.code == "job_crashed"


def test_failed_clip_is_cut_when_somebody_asks_again(make_answer, cut, after, moderator):
    make_answer(1.0, 3.0)
    actions.open_clips(now=after)
    Clip.objects.update(state="failed", tries=4, code="job_crashed", message="It crashed.")

    actions.cut_again(clip=Clip.objects.get(), now=after, by=moderator)
    clip = cut()

    assert (clip.state, clip.tries, clip.code, clip.message) == ("ready", 0, "", "")


def test_recording_that_ended_without_a_word_is_cut_as_far_as_it_goes(
    make_answer, recording, after
):
    recording.ended_at = None  # the process that wrote it was killed
    recording.save()
    make_answer(4.0, 9.0)
    actions.open_clips(now=after)
    states = []
    for _ in range(3):
        clip = Clip.objects.get()
        actions.cut_clip(clip_id=clip.pk, now=clip.due_at)
        clip.refresh_from_db()
        states.append((clip.state, clip.code))

    assert states == [("due", "cut_short"), ("due", "cut_short"), ("ready", "")]
    assert clip.duration_s == pytest.approx(2.0, abs=0.1)


def test_work_waits_where_the_disk_is_full_and_goes_on_by_itself(
    make_answer, cut, after, monkeypatch
):
    make_answer(1.0, 3.0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: Disk(10**12, 10**12, 999_999_999))
    full = cut()
    assert (full.state, full.code, full.tries) == ("due", "disk_full", 0)

    monkeypatch.undo()
    assert cut(after + timedelta(seconds=31)).state == "ready"


# Going away


def test_clip_of_a_removed_answer_leaves_a_tombstone_only(make_answer, cut, after, moderator):
    answer = make_answer(1.0, 3.0)
    clip = cut()
    actions.change_clip(clip=clip, title="Le soir", now=after, by=moderator)
    actions.save_captions(
        clip=clip, language="fr", lines=[Line(0, 1, "Le soir.")], now=after, by=moderator
    )
    remove_answer(answer=answer, now=after, by=moderator)
    clip.refresh_from_db()
    assert is_gone(clip)

    assert actions.remove_gone(now=after) == 1

    clip.refresh_from_db()
    assert not folder_of(clip.slug).exists()
    assert (clip.answer, clip.file, clip.title, clip.removed_at) == (None, "", "", after)
    assert (Render.objects.count(), Captions.objects.count()) == (0, 0)
    assert actions.remove_gone(now=after) == 0


def test_clip_of_a_withdrawn_question_goes_with_it(make_answer, cut, after, question, session):
    make_answer(1.0, 3.0)
    clip = cut()
    Post.objects.filter(pk=question.post_id).update(deleted_at=after, sorting=Sorting.NEW)
    sort_posts(session_id=session.pk, now=after)

    clip = Clip.objects.select_related("answer__question__session").get(pk=clip.pk)
    assert (is_gone(clip), reply_file(clip)) == (True, None)
    assert actions.remove_gone(now=after) == 1
    assert not folder_of(clip.slug).exists()
    assert actions.open_clips(now=after) == 0


def test_clip_is_hidden_while_its_question_is_sent_back(make_clip, question, after, moderator):
    clip = make_clip(is_public=True)
    assert is_open_to_all(clip)

    decide(question_id=question.pk, verb="hold", now=after, by=moderator)

    clip = Clip.objects.get(pk=clip.pk)
    assert not is_open_to_all(clip)
    with pytest.raises(NotApproved):
        actions.publish_clip(clip=clip, now=after, by=moderator)


def test_studio_hears_of_clips_that_go_and_come_with_their_question(
    make_clip, question, after, moderator
):
    clip = make_clip()
    actions.publish_clip(clip=clip, now=after, by=moderator)
    told = []
    for verb in ("hold", "approve"):
        decide(question_id=question.pk, verb=verb, now=after, by=moderator)
        changes = [actions.follow_questions(now=after), actions.follow_questions(now=after)]
        clip.answer.refresh_from_db()
        told.append((changes, clip.answer.is_clip_public))

    assert told == [([1, 0], False), ([1, 0], True)]


def test_sweep_deletes_what_nothing_points_to_and_is_old(make_clip, moment):
    clip = make_clip()
    old = {"left-1.mp4", "half.part.mp4", "clip-1.mp4", "poster-1.jpg", "footage-1.mp4"}
    for name in old:
        path_of("soir", name).touch()
        os.utime(path_of("soir", name), (moment.timestamp() - 3700,) * 2)
    path_of("soir", "new-1.mp4").touch()
    os.utime(path_of("soir", "new-1.mp4"), (moment.timestamp() - 60,) * 2)
    folder_of("nobody").mkdir()
    path_of("nobody", "clip-1.mp4").touch()
    os.utime(path_of("nobody", "clip-1.mp4"), (moment.timestamp() - 3700,) * 2)

    assert actions.sweep_files(now=moment) == 3

    kept = {clip.file, clip.poster, "new-1.mp4", "footage-1.mp4"}
    assert {path.name for path in folder_of("soir").iterdir()} == kept
    assert not folder_of("nobody").exists()
    assert actions.sweep_files(now=moment + timedelta(days=1, seconds=1)) == 2


# Letting it out


def test_publish_and_unpublish_are_remembered_with_who_did_it(make_clip, after, moderator):
    clip = make_clip()

    actions.publish_clip(clip=clip, now=after, by=moderator)
    clip.answer.refresh_from_db()
    public = (clip.is_public, clip.published_at, clip.decided_by, clip.answer.is_clip_public)
    actions.unpublish_clip(clip=clip, now=after, by=moderator)
    clip.answer.refresh_from_db()

    assert public == (True, after, "Léa", True)
    assert (clip.is_public, clip.published_at, clip.answer.is_clip_public) == (False, None, False)


def test_clip_that_is_not_cut_cannot_be_published(make_clip, after, moderator):
    with pytest.raises(ClipNotReady):
        actions.publish_clip(clip=make_clip(file=""), now=after, by=moderator)


@pytest.mark.parametrize("role", [Role.COACH, Role.GUEST, Role.VIEWER])
def test_verbs_refuse_roles_without_the_right(make_clip, make_member, after, role):
    clip = make_clip()
    by = actor_of_membership(make_member(role, "Zoé"))
    common = {"clip": clip, "now": after, "by": by}

    for verb, named in (
        (actions.publish_clip, {}),
        (actions.unpublish_clip, {}),
        (actions.cut_again, {}),
        (actions.change_clip, {"title": "x"}),
        (actions.set_crop, {"crop_x": 0, "crop_y": 0}),
        (actions.ask_for_renders, {"shapes": ["1x1"]}),
        (actions.save_captions, {"language": "fr", "lines": []}),
        (actions.remove_captions, {"language": "fr"}),
        (actions.ask_hearing, {"language": "fr"}),
    ):
        with pytest.raises(NotAllowed):
            verb(**common, **named)


def test_verbs_refuse_actors_of_other_rooms(make_clip, after):
    with pytest.raises(NotAllowed):
        actions.publish_clip(clip=make_clip(), now=after, by=house(room_id=999))


# Files for sharing


def test_render_is_made_with_card_and_progress(make_answer, cut, after, monkeypatch):
    make_answer(1.0, 3.0)
    cut()
    render = due_renders(after).first()

    done = actions.render_clip(render_id=render.pk, now=after)

    path = path_of(done.clip.slug, done.file)
    assert (done.state, done.progress, done.shape) == ("ready", 1.0, "16x9")
    assert (done.width_px, done.height_px) == (1280, 720)
    assert (done.size_bytes, path.name[:10]) == (path.stat().st_size, "share-16x9")
    assert list(due_renders(after).values_list("shape", flat=True)) == ["9x16"]


def test_render_replaces_the_one_before_it(
    make_clip, after, moderator, monkeypatch, django_capture_on_commit_callbacks
):
    clip = make_clip()
    (render,) = actions.ask_for_renders(clip=clip, shapes=["1x1"], now=after, by=moderator)
    Render.objects.filter(pk=render.pk).update(file="share-old.mp4")
    path_of("soir", "share-old.mp4").touch()
    made = namedtuple("Made", "size_bytes width_px height_px")(7, 720, 720)

    def pretend(source, out, plan, *, length_s, on_progress):
        on_progress(0.5)
        out.write_bytes(b"a square")
        return made

    monkeypatch.setattr(making, "render", pretend)
    with django_capture_on_commit_callbacks(execute=True):
        done = actions.render_clip(render_id=render.pk, now=after)

    assert (done.state, done.progress, done.size_bytes) == ("ready", 1.0, 7)
    assert not path_of("soir", "share-old.mp4").exists()
    assert path_of("soir", done.file).read_bytes() == b"a square"


def test_renders_follow_what_they_are_made_of_and_nothing_else(make_clip, after, moderator):
    clip = make_clip()
    actions.ask_for_renders(clip=clip, shapes=["16x9", "9x16"], now=after, by=moderator)

    def ready():
        Render.objects.update(state="ready")

    def due():
        return sorted(Render.objects.filter(state="due").values_list("shape", flat=True))

    ready()
    actions.change_clip(clip=clip, title="Le soir", now=after, by=moderator)
    by_title = due()
    actions.set_crop(clip=clip, crop_x=0.2, crop_y=0.5, now=after, by=moderator)
    by_crop = due()
    ready()
    lines = [Line(0, 1, "Le soir.")]
    actions.save_captions(clip=clip, language="fr", lines=lines, now=after, by=moderator)
    by_unread_captions = due()
    actions.save_captions(
        clip=clip, language="fr", lines=lines, is_checked=True, now=after, by=moderator
    )
    by_captions = due()

    assert (by_title, by_crop, by_unread_captions, by_captions) == (
        [],
        ["9x16"],  # the wide one has the whole picture
        [],
        ["16x9", "9x16"],
    )
    assert set(Render.objects.values_list("language", flat=True)) == {"fr"}


def test_renders_follow_the_words_of_the_question(make_clip, question, after, moderator):
    clip = make_clip()
    actions.ask_for_renders(clip=clip, shapes=["16x9"], now=after, by=moderator)
    Render.objects.update(state="ready")
    assert actions.compare_renders(now=after) == 0

    question.text, question.changed_at = "Vous écrivez la nuit ?", after + timedelta(seconds=1)
    question.save()

    assert actions.compare_renders(now=after + timedelta(seconds=2)) == 1
    assert actions.compare_renders(now=after + timedelta(seconds=3)) == 0
    assert Render.objects.get().state == "due"


def test_same_render_is_asked_for_once_and_a_failed_one_again(make_clip, after, moderator):
    clip = make_clip()
    (first,) = actions.ask_for_renders(clip=clip, shapes=["1x1"], now=after, by=moderator)
    Render.objects.update(state="failed", tries=4, code="job_crashed")

    (again,) = actions.ask_for_renders(clip=clip, shapes=["1x1"], now=after, by=moderator)

    assert (first.pk, again.state, again.tries, again.code) == (again.pk, "due", 0, "")


def test_render_takes_captions_that_were_read_only(make_clip, after, moderator):
    clip = make_clip()
    actions.save_captions(
        clip=clip, language="en", lines=[Line(0, 1, "At night.")], now=after, by=moderator
    )

    with pytest.raises(CaptionsUnchecked):
        actions.ask_for_renders(clip=clip, shapes=["1x1"], language="en", now=after, by=moderator)
    clip.file = ""
    with pytest.raises(ClipNotReady):
        actions.ask_for_renders(clip=clip, shapes=["1x1"], now=after, by=moderator)


def test_plan_of_a_render_carries_card_crop_and_captions(make_clip, after, moderator):
    clip = make_clip()
    actions.set_crop(clip=clip, crop_x=0.2, crop_y=0.4, now=after, by=moderator)
    actions.save_captions(
        clip=clip,
        language="fr",
        lines=[Line(-1, 0.5, "Ah."), Line(0.5, 9, "Le soir.")],
        is_checked=True,
        now=after,
        by=moderator,
    )
    (render,) = actions.ask_for_renders(clip=clip, shapes=["9x16"], now=after, by=moderator)

    plan = making.plan_of(clip, render)

    assert (plan.shape, plan.crop_x, plan.crop_y, plan.language) == ("9x16", 0.2, 0.4, "fr")
    assert plan.cues == [Cue(0.0, 0.5, "Ah."), Cue(0.5, 2.0, "Le soir.")]
    assert (plan.card.question, plan.card.asker, plan.card.guest, plan.card.hashtag) == (
        "Vous écrivez le matin ?",
        "Ana Sousa",
        "Inès Carat",
        "AskInes",
    )


def test_render_wears_the_colours_of_its_room(make_clip, after, moderator, room):
    clip = make_clip()
    (render,) = actions.ask_for_renders(clip=clip, shapes=["9x16"], now=after, by=moderator)
    before = making.made_of(clip, render)
    assert making.plan_of(clip, render).colours is None

    keep_theme(
        room=room,
        colours={"day": {"card": "#fff8f0"}},
        faces={},
        texts={},
        now=after,
        by=house(room.pk),
    )

    clip = Clip.objects.get()
    assert making.plan_of(clip, render).colours.card == "#fff8f0"
    assert making.made_of(clip, render) != before


# Captions


def test_captions_are_saved_on_the_revision_they_were_begun_with(make_clip, after, moderator):
    clip = make_clip()
    common = {"clip": clip, "language": "fr", "now": after, "by": moderator}

    first = actions.save_captions(lines=[Line(0, 1, "Le soir.")], revision=0, **common)
    second = actions.save_captions(lines=[Line(0, 1, "La nuit.")], revision=1, **common)
    with pytest.raises(CaptionsChanged) as caught:
        actions.save_captions(lines=[Line(0, 1, "À midi.")], revision=1, **common)

    assert (first.revision, second.revision) == (1, 2)
    assert caught.value.details == {"revision": 2, "by": "Léa"}
    assert Captions.objects.get().cues == [[0, 1, "La nuit."]]


def test_captions_refuse_lines_and_languages_that_are_none(make_clip, after, moderator):
    clip = make_clip()
    common = {"clip": clip, "now": after, "by": moderator}

    with pytest.raises(CuesWrong):
        actions.save_captions(language="fr", lines=[Line(1, 0, "Ah")], **common)
    with pytest.raises(FieldRefused):
        actions.save_captions(language="tlh", lines=[], **common)
    assert not Captions.objects.exists()


def test_imported_captions_count_as_unread(make_clip, after, moderator):
    text = "1\n00:00:00,000 --> 00:00:01,500\nLe soir.\n\n2\n00:00:01,500 --> 00:00:02,000\nOui.\n"

    captions = actions.import_captions(
        clip=make_clip(), language="fr", text=text, name="x.srt", now=after, by=moderator
    )

    assert captions.cues == [[0.0, 1.5, "Le soir."], [1.5, 2.0, "Oui."]]
    assert (captions.source, captions.is_checked) == ("imported", False)


def test_removed_captions_take_their_files_along(
    make_clip, after, moderator, django_capture_on_commit_callbacks
):
    clip = make_clip()
    actions.save_captions(
        clip=clip,
        language="fr",
        lines=[Line(0, 1, "Le soir.")],
        is_checked=True,
        now=after,
        by=moderator,
    )
    actions.ask_for_renders(clip=clip, shapes=["16x9"], now=after, by=moderator)
    Render.objects.update(state="ready", file="share-fr.mp4")
    path_of("soir", "share-fr.mp4").touch()

    with django_capture_on_commit_callbacks(execute=True):
        actions.remove_captions(clip=clip, language="fr", now=after, by=moderator)

    assert not Captions.objects.exists()
    assert not path_of("soir", "share-fr.mp4").exists()
    assert sorted(Render.objects.values_list("shape", "language", "state")) == [
        ("16x9", "", "due"),
        ("9x16", "", "due"),
    ]


# Speech


@pytest.fixture
def hears(monkeypatch, settings, tmp_path):
    """A machine that can hear; what it hears is a list to fill."""
    settings.SPEECH_MODEL = str(tmp_path)
    said = []
    monkeypatch.setattr(making, "can_hear", lambda: True)

    def hear(source, language, *, length_s, on_progress):
        on_progress(0.5)
        return Heard(cues=said, language=language or "fr", certainty=0.9)

    monkeypatch.setattr(making, "hear", hear)
    return said


def test_hearing_needs_a_model(make_clip, after, moderator):
    with pytest.raises(NoSpeechModel):
        actions.ask_hearing(clip=make_clip(), language="fr", now=after, by=moderator)


@pytest.mark.parametrize("language", ["fr", ""])
def test_words_that_are_heard_wait_for_somebody_to_read_them(
    make_clip, after, moderator, hears, language
):
    clip = make_clip()
    hears.append(Cue(0.0, 1.5, "Le soir."))
    actions.ask_hearing(clip=clip, language=language, now=after, by=moderator)
    hearing = due_hearings(after).get()

    done = actions.hear_clip(hearing_id=hearing.pk, now=after)

    captions = Captions.objects.get()
    assert (done.state, done.progress) == ("ready", 1.0)
    assert (captions.language, captions.cues) == ("fr", [[0.0, 1.5, "Le soir."]])
    assert (captions.source, captions.is_checked, captions.changed_by) == ("heard", False, "")


def test_words_that_are_heard_never_replace_those_of_a_person(make_clip, after, moderator, hears):
    clip = make_clip()
    common = {"clip": clip, "language": "fr", "now": after, "by": moderator}
    actions.ask_hearing(**common)
    actions.save_captions(lines=[Line(0, 1, "La nuit.")], **common)
    hears.append(Cue(0.0, 1.5, "Le soir."))

    failed = actions.hear_clip(hearing_id=Hearing.objects.get().pk, now=after)

    assert (failed.state, failed.code) == ("failed", "captions_kept")
    assert Captions.objects.get().cues == [[0, 1, "La nuit."]]
    with pytest.raises(CaptionsKept):
        actions.ask_hearing(**common)


def test_hearing_may_be_asked_for_again_once_it_is_done(make_clip, after, moderator, hears):
    common = {"clip": make_clip(), "language": "fr", "now": after, "by": moderator}
    hearing = actions.ask_hearing(**common)
    Hearing.objects.update(state=WorkState.WORKING)
    under_way = actions.ask_hearing(**common)
    Hearing.objects.update(state=WorkState.FAILED, tries=4)
    again = actions.ask_hearing(**common)

    assert (hearing.state, under_way.state, again.state, again.tries) == (
        "due",
        "working",
        "due",
        0,
    )
