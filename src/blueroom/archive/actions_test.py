from __future__ import annotations

import io
import zipfile
from collections import namedtuple
from datetime import timedelta

import pytest

from blueroom.archive import actions, queries
from blueroom.archive.errors import DiskFull, StillRecording
from blueroom.archive.models import Export
from blueroom.archive.worker import forget_recordings, make_due_exports
from blueroom.base.clock import now as present
from blueroom.clips.files import folder_of as clip_folder
from blueroom.clips.models import Clip
from blueroom.clips.queries import is_gone
from blueroom.desk.models import Clarification, Question
from blueroom.posts.models import Author, Post
from blueroom.publish.models import Reply
from blueroom.room.actions import NotAllowed, change_session, plan_session
from blueroom.room.actor import actor_of_membership
from blueroom.room.models import Role, Room, Session
from blueroom.room.rules import FieldRefused
from blueroom.studio.actions import say_to_feed
from blueroom.studio.models import Answer, CrewMessage, Feed, Recording
from blueroom.studio.queries import pieces_of, recordings_folder

Disk = namedtuple("Disk", "total used free")


@pytest.fixture
def day(moment):
    return moment + timedelta(days=1)


@pytest.fixture
def asked(past, producer, day, django_capture_on_commit_callbacks):
    return actions.ask_for_export(session=past.session, now=day, by=producer)


def files_in(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


# Archives


def test_export_is_made_as_a_folder_and_a_zip(asked, past, day):
    made = actions.make_export(export_id=asked.pk, now=day)

    kept = Export.objects.get()
    assert made.pk == kept.pk
    assert (kept.state, kept.progress, kept.ready_at, kept.asked_by) == ("ready", 1.0, day, "Nora")
    assert files_in(queries.exports_folder()) == [kept.name, f"{kept.name}.zip"]
    with zipfile.ZipFile(queries.zip_of(kept)) as archive:
        assert archive.testzip() is None
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        names = {name.removeprefix(f"{kept.name}/") for name in archive.namelist()}
    folder = queries.folder_of(kept)
    assert names == {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert kept.size_bytes == queries.zip_of(kept).stat().st_size


def test_worker_makes_what_is_due(asked):
    assert make_due_exports() == 1
    assert Export.objects.get().state == "ready"
    assert make_due_exports() == 0


def test_asking_twice_makes_one_archive(asked, past, producer, day):
    again = actions.ask_for_export(session=past.session, now=day, by=producer)
    assert again == asked
    actions.make_export(export_id=asked.pk, now=day)
    third = actions.ask_for_export(session=past.session, now=day, by=producer)
    assert third != asked


def test_export_of_a_process_that_died_is_begun_anew(asked, day):
    Export.objects.update(state="working", leased_until=day - timedelta(seconds=1))
    folder = queries.folder_of(asked)
    part = folder.with_name(f"{folder.name}.part")
    part.mkdir(parents=True)
    (part / "posts.jsonl").write_text("half a li")
    actions.make_export(export_id=asked.pk, now=day)
    assert Export.objects.get().state == "ready"
    assert not part.exists()


def test_export_that_somebody_else_makes_is_left(asked, day):
    Export.objects.update(state="working", leased_until=day + timedelta(minutes=1))
    actions.make_export(export_id=asked.pk, now=day)
    assert Export.objects.get().state == "working"
    assert files_in(queries.exports_folder()) == []


def test_export_that_is_deleted_while_it_is_made_leaves_nothing(
    asked, producer, day, monkeypatch, django_capture_on_commit_callbacks
):
    real = actions.export_session

    def deleted_meanwhile(*args, **named):
        with django_capture_on_commit_callbacks(execute=True):
            actions.remove_export(export=asked, now=day, by=producer)
        return real(*args, **named)

    monkeypatch.setattr(actions, "export_session", deleted_meanwhile)
    monkeypatch.setattr(actions, "LOOK_EVERY_S", 0.0)
    assert actions.make_export(export_id=asked.pk, now=day) is None
    assert files_in(queries.exports_folder()) == []


def test_export_that_does_not_fit_says_so(asked, past, producer, day, monkeypatch):
    from blueroom.archive import folder

    monkeypatch.setattr(folder.shutil, "disk_usage", lambda _place: Disk(10**12, 0, 10**9))
    actions.make_export(export_id=asked.pk, now=day)
    kept = Export.objects.get()
    assert (kept.state, kept.code) == ("failed", "disk_full")
    with pytest.raises(DiskFull):
        actions.ask_for_export(session=past.session, now=day, by=producer)


def test_export_that_fails_is_tried_again_and_then_given_up(asked, day, monkeypatch):
    def broken(*args, **named):
        raise OSError("the disk coughs")

    monkeypatch.setattr(actions, "export_session", broken)
    states = []
    for tries in range(3):
        actions.make_export(export_id=asked.pk, now=day + timedelta(minutes=2 * tries))
        states.append(Export.objects.get().state)
    assert states == ["due", "due", "failed"]
    assert (Export.objects.get().code, Export.objects.get().message) == ("try_later", "OSError")


def test_removed_export_is_gone_from_the_disk(
    asked, producer, day, django_capture_on_commit_callbacks
):
    actions.make_export(export_id=asked.pk, now=day)
    with django_capture_on_commit_callbacks(execute=True):
        actions.remove_export(export=asked, now=day, by=producer)
    assert files_in(queries.exports_folder()) == []
    assert not Export.objects.exists()


def test_moderator_may_neither_export_nor_erase(past, moderator, asked, day):
    with pytest.raises(NotAllowed):
        actions.ask_for_export(session=past.session, now=day, by=moderator)
    with pytest.raises(NotAllowed):
        actions.remove_export(export=asked, now=day, by=moderator)
    with pytest.raises(NotAllowed):
        actions.erase_recordings(session=past.session, now=day, by=moderator)
    with pytest.raises(NotAllowed):
        actions.erase_asker(author=past.fan, now=day, by=moderator)


def test_owner_of_another_room_may_do_nothing(past, make_member, asked, day, moment):
    membership = make_member(Role.OWNER, "Max")
    membership.room = Room.objects.create(slug="ailleurs", name="Ailleurs", created_at=moment)
    membership.save()
    by = actor_of_membership(membership)
    with pytest.raises(NotAllowed):
        actions.ask_for_export(session=past.session, now=day, by=by)
    with pytest.raises(NotAllowed):
        actions.erase_recordings(session=past.session, now=day, by=by)
    with pytest.raises(NotAllowed):
        actions.erase_asker(author=past.fan, now=day, by=by)


# Recordings


@pytest.fixture
def footage(past):
    """What somebody who adjusted the answer left."""
    path = clip_folder(past.clip.slug) / "footage-0123456789abcdef.mp4"
    path.write_bytes(b"around the answer")
    return path


def test_erased_recordings_leave_their_rows_and_the_clips(
    past, producer, day, footage, django_capture_on_commit_callbacks
):
    index = recordings_folder() / "feed-1.idx"
    index.write_bytes(b"rows")
    size_bytes = sum(path.stat().st_size for path in recordings_folder().glob("*.mp4"))
    with django_capture_on_commit_callbacks(execute=True):
        erased = actions.erase_recordings(session=past.session, now=day, by=producer)

    assert erased == actions.Erased(recordings=2, size_bytes=size_bytes)
    assert files_in(recordings_folder()) == []
    assert not footage.exists()
    assert set(Recording.objects.values_list("erased_at", flat=True)) == {day}
    clip = Clip.objects.get()
    assert (clip_folder(clip.slug) / clip.file).is_file()
    assert pieces_of(clip.answer) == []
    again = actions.erase_recordings(session=past.session, now=day, by=producer)
    assert again == actions.Erased()


def test_erased_recordings_take_clips_along_where_it_is_wanted(
    past, producer, day, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        erased = actions.erase_recordings(
            session=past.session, now=day, by=producer, with_clips=True
        )
    clip = Clip.objects.get()
    assert (erased.recordings, erased.clips) == (2, 1)
    assert (clip.answer, clip.file, clip.removed_at) == (None, "", day)
    assert not clip_folder(clip.slug).exists()
    assert list(Answer.objects.values_list("kind", flat=True)) == ["photo"]
    assert Question.objects.get(pk=past.question.pk).answer_text == "Le matin."


def test_erasing_takes_the_house_s_own_archives_along(
    past, asked, producer, day, django_capture_on_commit_callbacks
):
    actions.make_export(export_id=asked.pk, now=day)
    with django_capture_on_commit_callbacks(execute=True):
        erased = actions.erase_recordings(session=past.session, now=day, by=producer)
    assert erased.exports == 1
    assert files_in(queries.exports_folder()) == []


def test_recordings_are_not_erased_while_somebody_sends(past, producer, day):
    Feed.objects.filter(pk=past.fan_feed.pk).update(way="webm")
    with pytest.raises(StillRecording):
        actions.erase_recordings(session=past.session, now=day, by=producer)
    assert Recording.objects.filter(erased_at=None).count() == 2
    assert len(files_in(recordings_folder())) == 2


def test_recordings_are_forgotten_when_their_days_are_over(past, moment, monkeypatch):
    closed_at = past.session.closed_at
    Session.objects.filter(pk=past.session.pk).update(keep_recordings_days=30)
    assert queries.sessions_to_forget(closed_at + timedelta(days=29)) == []
    due = queries.sessions_to_forget(closed_at + timedelta(days=30))
    assert due == [past.session]
    for state in ("open", "on_air"):
        Session.objects.filter(pk=past.session.pk).update(state=state)
        assert queries.sessions_to_forget(closed_at + timedelta(days=99)) == []
    Session.objects.filter(pk=past.session.pk).update(state="closed", keep_recordings_days=0)
    assert queries.sessions_to_forget(closed_at + timedelta(days=9999)) == []

    Session.objects.filter(pk=past.session.pk).update(
        keep_recordings_days=1,
        closed_at=present() - timedelta(days=2),
        created_at=moment.replace(year=2000),
    )
    assert forget_recordings() == 2
    assert forget_recordings() == 0
    assert files_in(recordings_folder()) == []
    assert Clip.objects.get().removed_at is None


def test_session_keeps_recordings_as_its_room_does_or_as_it_is_told(room, producer, moment):
    Room.objects.filter(pk=room.pk).update(keep_recordings_days=90)
    room.refresh_from_db()
    plan = {
        "guest": "Inès Carat",
        "hashtags": ["AskInes"],
        "starts_at": moment,
        "now": moment,
        "by": producer,
    }
    assert plan_session(room=room, **plan).keep_recordings_days == 90
    session = plan_session(room=room, keep_recordings_days=7, **plan)
    assert session.keep_recordings_days == 7
    more = {"title": "", "minutes": 60, "languages": ["fr"], "format": "interview"}
    assert change_session(session=session, **plan, **more).keep_recordings_days == 7
    change_session(session=session, keep_recordings_days=0, **plan, **more)
    assert Session.objects.get(pk=session.pk).keep_recordings_days == 0
    for days in (-1, 3651):
        with pytest.raises(FieldRefused) as refused:
            change_session(session=session, keep_recordings_days=days, **plan, **more)
        assert refused.value.details == {"field": "keep_recordings_days"}


# Askers


def test_erased_asker_leaves_nothing_but_what_is_elsewhere(
    past, producer, day, asked, django_capture_on_commit_callbacks
):
    ana = Author.objects.get(remote_id="ana")
    slug = past.clip.slug
    there = "https://bsky.app/profile/room/post/"
    Clarification.objects.create(
        question=past.question, key="k", text="Which one, Ana?", state="sent", url=f"{there}0",
        created_at=day, asked_at=day, due_at=day,
    )  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        erased = actions.erase_asker(author=ana, now=day, by=producer)

    assert erased == actions.Erased(posts=2, clips=1, exports=1, replies=[f"{there}1", f"{there}0"])
    ana.refresh_from_db()
    assert (ana.name, ana.handle, ana.erased_at) == ("", "", day)
    assert set(Post.objects.filter(author=ana).values_list("text", flat=True)) == {""}
    question = Question.objects.get(pk=past.question.pk)
    assert (question.text, question.answer_text, question.withdrawn_at) == ("", "", day)
    assert is_gone(Clip.objects.get(slug=slug))
    assert not clip_folder(slug).exists()
    assert (Reply.objects.get().text, Reply.objects.get().state) == ("", "sent")
    assert Clarification.objects.get().text == ""
    # The guest's own camera is not theirs.
    assert (recordings_folder() / "feed-1.mp4").is_file()
    again = actions.erase_asker(author=ana, now=day, by=producer)
    assert (again.posts, again.clips) == (0, 0)


def test_erased_fan_leaves_no_camera(
    past, producer, day, make_answer, django_capture_on_commit_callbacks
):
    asked = Question.objects.get(post__author=past.fan)
    make_answer(question=past.question, feed=past.fan_feed)
    say_to_feed(feed=past.fan_feed, text="Bravo Zoé", now=day, by=producer)
    with django_capture_on_commit_callbacks(execute=True):
        erased = actions.erase_asker(author=past.fan, now=day, by=producer)
    feed = Feed.objects.get(pk=past.fan_feed.pk)
    assert (feed.name, feed.asker, feed.state) == ("", "", "ended")
    assert files_in(recordings_folder()) == ["feed-1.mp4"]
    assert (erased.recordings, erased.posts) == (1, 1)
    assert Recording.objects.get(feed=feed).erased_at == day
    assert not Answer.objects.filter(feed=feed).exists()
    assert not CrewMessage.objects.exists()
    assert Question.objects.get(pk=asked.pk).withdrawn_at == day


def test_fan_who_is_erased_is_cut_off(past, producer, day):
    Feed.objects.filter(pk=past.fan_feed.pk).update(state="ready", way="webm", is_on_wall=True)
    actions.erase_asker(author=past.fan, now=day, by=producer)
    feed = Feed.objects.get(pk=past.fan_feed.pk)
    assert (feed.state, feed.is_on_wall) == ("ended", False)


def test_author_elsewhere_with_a_phone_s_id_has_no_camera_of_that_phone(
    past, producer, day, make_post
):
    double = Author.objects.create(network="bluesky", remote_id="phone-7", name="Zoé")
    make_post("Bonsoir ?", number=9, network="bluesky", author=double)
    erased = actions.erase_asker(author=double, now=day, by=producer)
    assert erased.recordings == 0
    assert (recordings_folder() / "fan-1.mp4").is_file()


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("zoé", ["Zoé Petit"]),
        ("@ana", ["Ana Sousa"]),
        ("https://rehearsal.example/1", ["Ana Sousa"]),
        ("phone-7", ["Zoé Petit"]),
        ("nobody", []),
        ("", []),
    ],
)
def test_askers_are_found_by_name_handle_or_post(past, words, names):
    Post.objects.filter(remote_id="post-1").update(url="https://rehearsal.example/1")
    assert [author.name for author in queries.askers_like(past.session, words)] == names


def test_zip_of_a_film_of_many_bytes_is_not_read_whole(asked, day, monkeypatch, tmp_path):
    monkeypatch.setattr(actions, "PIECE_BYTES", 1000)
    actions.make_export(export_id=asked.pk, now=day)
    with zipfile.ZipFile(io.BytesIO(queries.zip_of(asked).read_bytes())) as archive:
        assert archive.testzip() is None
