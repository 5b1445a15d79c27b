from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import namedtuple
from datetime import timedelta

import pytest
from django.db import connection
from django.utils.translation import override

from blueroom.archive import folder as folders
from blueroom.archive.conftest import wear
from blueroom.archive.errors import (
    ArchiveRefused,
    DiskFull,
    FileChanged,
    FileOutside,
    LineRefused,
    NoArchive,
)
from blueroom.archive.exporting import export_session
from blueroom.archive.importing import import_archive
from blueroom.clips.files import clips_folder, path_of
from blueroom.clips.models import Captions, Clip, Render
from blueroom.clips.queries import is_open_to_all, renders_to_compare, vtt_of
from blueroom.desk.models import Decision, Question
from blueroom.posts.models import Author, Post, PostCount
from blueroom.publish.actions import replies
from blueroom.publish.models import Reply
from blueroom.room.actions import NotAllowed
from blueroom.room.actor import house
from blueroom.room.models import Guest, Logo, Room, Session
from blueroom.room.themes import reset_theme
from blueroom.studio.models import Answer, Feed, Recording
from blueroom.studio.queries import pictures_folder, recordings_folder

Disk = namedtuple("Disk", "total used free")
LINES = (
    "posts", "questions", "decisions", "feeds", "recordings", "shown", "answers", "clips",
    "replies",
)  # fmt: skip


@pytest.fixture
def bring(room, producer, moment):
    """Imports a folder as a producer does."""

    def bring(folder, **more):
        at = moment + timedelta(days=2)
        return import_archive(folder, **{"room": room, "now": at, "by": producer, **more})

    return bring


@pytest.fixture
def elsewhere(exported, past, settings, tmp_path):
    """The archive, in a house that knows nothing of the session: another database and folder."""
    Reply.objects.all().delete()
    Answer.objects.all().delete()
    Feed.objects.all().delete()
    Clip.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM desk_decision")
    Post.objects.all().delete()
    Author.objects.all().delete()
    Session.objects.all().delete()
    Guest.objects.all().delete()
    house = tmp_path / "another house"
    house.mkdir()
    settings.DATA = house
    return exported


def rewrite(folder, path, content):
    """Change a file as somebody does who knows how manifests are made."""
    (folder / path).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    told = [one for one in manifest["files"] if one["path"] != path]
    digest = hashlib.sha256(content).hexdigest()
    told.append({"path": path, "size_bytes": len(content), "sha256": digest})
    manifest["files"] = told
    (folder / "manifest.json").write_text(json.dumps(manifest))


def change_line(folder, name, number, **values):
    path = f"{name}.jsonl"
    rows = [json.loads(line) for line in (folder / path).read_text().splitlines()]
    rows[number] |= values
    rows[number] = {name: value for name, value in rows[number].items() if value is not ...}
    rewrite(folder, path, "".join(json.dumps(row) + "\n" for row in rows).encode())


def forget(folder, path):
    """Take a file out, as an archive that never had it."""
    (folder / path).unlink()
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"] = [one for one in manifest["files"] if one["path"] != path]
    (folder / "manifest.json").write_text(json.dumps(manifest))


def refusal(bring, folder):
    """The error, and that nothing of the archive was kept."""
    before = (Session.objects.count(), Post.objects.count(), Author.objects.count())
    files = sorted(str(path) for path in recordings_folder().parent.rglob("*"))
    with pytest.raises(ArchiveRefused) as refused:
        bring(folder)
    assert (Session.objects.count(), Post.objects.count(), Author.objects.count()) == before
    assert sorted(str(path) for path in recordings_folder().parent.rglob("*")) == files
    return refused.value


def told_of(folder):
    """What an archive says, without the numbers and names that differ from house to house."""
    told = {}
    numbers = {}
    for name in LINES:
        rows = [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]
        for place, row in enumerate(rows):
            if "id" in row:
                numbers[name, row.pop("id")] = place
            for key, table in (
                ("post_id", "posts"),
                ("question_id", "questions"),
                ("feed_id", "feeds"),
                ("answer_id", "answers"),
            ):
                if row.get(key) is not None:
                    # Feeds come after the questions that they name, and before answers.
                    row[key] = numbers.get((table, row[key]), "?")
        told[name] = rows
    for recording in told["recordings"]:
        recording["file"] = hash_of(folder, recording["file"])
    for answer in told["answers"]:
        answer["photo"] = hash_of(folder, answer["photo"])
    for clip in told["clips"]:
        for one in (clip, *clip["renders"], *clip["captions"]):
            one["file"] = hash_of(folder, one["file"])
        clip["poster"] = hash_of(folder, clip["poster"])
    told["session"] = json.loads((folder / "session.json").read_text())
    told["metrics"] = json.loads((folder / "metrics.json").read_text())
    return told


def hash_of(folder, path):
    return hashlib.sha256((folder / path).read_bytes()).hexdigest() if path else ""


def test_archive_comes_back_in_another_house_as_it_was(elsewhere, bring, tmp_path, moment):
    parts = []
    session = bring(elsewhere, on_progress=parts.append)
    again = tmp_path / "again"
    export_session(session, again, lambda _part: None, now=moment + timedelta(days=3))

    assert told_of(again) == told_of(elsewhere)
    assert parts == sorted(parts)
    assert parts[-1] == 1.0
    assert list(recordings_folder().parent.glob("*.part")) == []


def test_archive_of_the_first_days_comes_back(elsewhere, bring):
    forget(elsewhere, "look.json")
    for number in range(4):
        change_line(elsewhere, "posts", number, alts=...)

    assert not Post.objects.filter(session=bring(elsewhere)).exclude(alts="").exists()


def test_look_comes_back_to_a_room_that_has_none(past, room, bring, tmp_path, moment):
    wear(room, moment)
    export_session(past.session, tmp_path / "worn", lambda _part: None, now=moment)
    room.refresh_from_db()
    worn, kept = room.theme, bytes(Logo.objects.get().png)
    reset_theme(room=room, now=moment, by=house(room.pk))

    bring(tmp_path / "worn")

    room.refresh_from_db()
    assert (room.theme, bytes(Logo.objects.get().png)) == (worn, kept)


def test_room_keeps_its_own_look(exported, room, bring, moment):
    rewrite(exported, "look.json", b'{"faces": {"voice": "serif"}}')
    wear(room, moment)
    room.refresh_from_db()

    bring(exported)

    assert Room.objects.get().theme == room.theme


def test_session_comes_back_without_a_look_that_nobody_could_read(exported, room, bring, caplog):
    rewrite(exported, "look.json", b'{"colours": {"day": {"accent": "#00aa55"}}}')

    bring(exported)

    room.refresh_from_db()
    assert room.theme == {}
    assert "the look of the archive was left" in caplog.text


@pytest.mark.parametrize(
    "look",
    [
        b'{"colours": {"day": {"accent": "url(//a.example)"}}}',
        b'{"logos": {"day": {"file": "look/day.png", "width_px": 3, "height_px": 1}}}',
        b'{"logos": {"day": {"file": "../day.png", "width_px": 3, "height_px": 1}}}',
    ],
)
def test_look_that_is_none_is_refused(exported, bring, look):
    rewrite(exported, "look.json", look)

    assert "look.json" in str(refusal(bring, exported).message)


def test_archive_comes_back_beside_the_session_it_was_made_of(exported, past, bring):
    session = bring(exported)

    assert (session.slug, session.state, session.keep_recordings_days) == (
        "askines-2",
        "closed",
        0,
    )
    assert session.guest == past.session.guest
    clip = Clip.objects.get(answer__question__session=session)
    assert clip.slug != past.clip.slug
    assert (
        path_of(clip.slug, clip.file).read_bytes()
        == path_of(past.clip.slug, past.clip.file).read_bytes()
    )
    assert vtt_of(clip, clip.captions.get(language="fr")) == vtt_of(
        past.clip, past.clip.captions.get(language="fr")
    )
    answer = Answer.objects.get(clip=clip)
    assert (answer.clip_state, answer.clip_path, answer.is_clip_public) == (
        "ready",
        f"/a/{clip.slug}/",
        is_open_to_all(clip),
    )
    reply = Reply.objects.get(question__session=session)
    assert (reply.state, reply.account, reply.clip) == ("sent", None, clip)
    assert reply.key != past.reply.key
    feeds = Feed.objects.filter(session=session)
    assert set(feeds.values_list("state", flat=True)) == {"ended"}
    assert not {"fan nonce", "nonce"} & set(feeds.values_list("nonce", flat=True))
    assert not renders_to_compare().filter(clip=clip).exists()


def test_reply_that_was_still_to_go_out_never_does(exported, past, bring, moment):
    for number, state in enumerate(("due", "sending")):
        change_line(exported, "replies", 0, state=state)
        session = bring(exported)
        reply = Reply.objects.get(question__session=session)
        assert (reply.state, reply.error_code) == ("failed", "imported")
        assert session.slug == f"askines-{number + 2}"
    assert not replies.due(now=moment + timedelta(days=99)).exists()


def test_author_who_was_erased_here_stays_erased(exported, past, bring, moment):
    Author.objects.filter(remote_id="ana").update(name="", handle="", erased_at=moment)
    session = bring(exported)
    posts = Post.objects.filter(session=session, author__remote_id="ana")
    assert set(posts.values_list("text", "deleted_at")) == {("", moment + timedelta(days=2))}
    question = Question.objects.get(session=session, post__author__remote_id="ana")
    assert (question.text, question.answer_text, question.state) == ("", "", "rejected")
    assert question.withdrawn_at
    assert Clip.objects.get(answer__question=question).is_public
    assert not is_open_to_all(Clip.objects.get(answer__question=question))


def test_words_from_outside_are_cleaned(exported, bring):
    change_line(
        exported, "posts", 0, text="Le\u202ematin\u202c ?", url="javascript:alert(1)",
        author_name="A\u0301\u0301\u0301\u0301\u0301\u0301\u0301na", author_id="neu",
    )  # fmt: skip
    change_line(exported, "replies", 0, url="javascript:alert(1)")
    session = bring(exported)
    post = Post.objects.filter(session=session).order_by("pk").first()
    assert (post.text, post.url, len(post.author.name)) == ("Lematin ?", "", 6)
    assert Reply.objects.get(question__session=session).url == ""


@pytest.mark.parametrize(
    "path",
    [
        "../secret.mp4",
        "/etc/passwd",
        "recordings/../../secret.mp4",
        "recordings//feed.mp4",
        "./posts.jsonl",
        "recordings\\..\\x.mp4",
        "C:/x.mp4",
        "recordings/a\u0000.mp4",
        "",
    ],
)
def test_name_that_leads_out_of_the_folder_is_refused(exported, bring, path):
    manifest = json.loads((exported / "manifest.json").read_text())
    manifest["files"].append({"path": path, "size_bytes": 1, "sha256": "0" * 64})
    (exported / "manifest.json").write_text(json.dumps(manifest))
    assert isinstance(refusal(bring, exported), FileOutside)


def test_link_is_not_followed(exported, past, bring, tmp_path):
    secret = tmp_path / "secret.jsonl"
    shutil.copy(exported / "posts.jsonl", secret)
    (exported / "posts.jsonl").unlink()
    (exported / "posts.jsonl").symlink_to(secret)
    error = refusal(bring, exported)
    assert (type(error), error.details) == (FileOutside, {"file": "posts.jsonl"})


def test_folder_that_is_a_link_is_not_followed(exported, past, bring, tmp_path):
    shutil.move(exported / "recordings", tmp_path / "moved")
    (exported / "recordings").symlink_to(tmp_path / "moved")
    assert isinstance(refusal(bring, exported), FileOutside)


def test_pipe_is_no_file(exported, bring):
    (exported / "posts.jsonl").unlink()
    os.mkfifo(exported / "posts.jsonl")
    assert isinstance(refusal(bring, exported), FileOutside)


def test_manifest_that_is_a_link_is_refused(exported, bring, tmp_path):
    shutil.move(exported / "manifest.json", tmp_path / "m.json")
    (exported / "manifest.json").symlink_to(tmp_path / "m.json")
    with pytest.raises(ArchiveRefused):
        bring(exported)


@pytest.mark.parametrize("name", ["posts.jsonl", "README.md", "pictures/photo.jpg"])
def test_file_that_was_changed_is_refused(exported, bring, name):
    content = bytearray((exported / name).read_bytes())
    content[10] ^= 1
    (exported / name).write_bytes(content)
    error = refusal(bring, exported)
    assert (error.code, error.details) == ("file_changed", {"file": name})


def test_file_that_is_missing_is_refused(exported, past, bring):
    (exported / "clips" / past.clip.slug / "clip.mp4").unlink()
    assert isinstance(refusal(bring, exported), FileChanged)


@pytest.mark.parametrize("name", ["session.json", "metrics.json", "shown.jsonl"])
def test_table_that_the_manifest_does_not_name_is_missed(exported, bring, name):
    manifest = json.loads((exported / "manifest.json").read_text())
    manifest["files"] = [one for one in manifest["files"] if one["path"] != name]
    (exported / "manifest.json").write_text(json.dumps(manifest))
    error = refusal(bring, exported)
    assert (error.code, error.details) == ("file_changed", {"file": name})


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1]", b"\xff\xfe", b'{"form": "x"}', b'{"form": 1}', b"[" * 100_000]
)
def test_manifest_that_is_none_is_refused(exported, bring, content):
    (exported / "manifest.json").write_bytes(content)
    assert isinstance(refusal(bring, exported), NoArchive)


def test_folder_without_a_manifest_is_no_archive(bring, tmp_path, past):
    assert isinstance(refusal(bring, tmp_path / "nothing"), NoArchive)
    (tmp_path / "empty").mkdir()
    assert isinstance(refusal(bring, tmp_path / "empty"), NoArchive)


def test_newer_form_asks_for_a_newer_room(exported, bring):
    manifest = json.loads((exported / "manifest.json").read_text())
    (exported / "manifest.json").write_text(json.dumps({**manifest, "form": 2, "files": "others"}))
    error = refusal(bring, exported)
    assert (error.code, error.details) == ("archive_newer", {"form": 2})


@pytest.mark.parametrize(
    ("name", "cut"), [("posts", -40), ("decisions", -2), ("clips", -100), ("session", -10)]
)
def test_truncated_json_is_refused_with_its_line(exported, bring, name, cut):
    path = "session.json" if name == "session" else f"{name}.jsonl"
    content = (exported / path).read_bytes()
    rewrite(exported, path, content[:cut])
    with override("fr"):
        error = refusal(bring, exported)
    last = 1 if name == "session" else content.count(b"\n")
    assert (error.code, error.details) == ("line_refused", {"file": path, "line": last})
    assert f"{path}, ligne {last}" in str(error.message)


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("posts", {"text": "é" * 1_000_000}, "length"),
        ("posts", {"text": "a\u0000b"}, "sign"),
        ("posts", {"network": "Blue sky"}, "regex"),
        ("posts", {"published_at": "2026-11-23T20:00:00"}, "timezone"),
        ("posts", {"lat": 91}, "lat"),
        ("posts", {"author_id": ""}, "author"),
        ("posts", {"author_followers": 2**63}, "out of range|<="),
        ("questions", {"state": "loved"}, "loved"),
        ("questions", {"post_id": 99_999}, "not there"),
        ("questions", {"state": "lined_up"}, "running order"),
        ("decisions", {"question_id": 99_999}, "not there"),
        ("recordings", {"feed_id": 99_999}, "not there"),
        ("recordings", {"file": "../../room.sqlite3"}, "not there"),
        ("recordings", {"file": "posts.jsonl"}, "not there"),
        ("recordings", {"duration_s": 1e300}, "<="),
        ("answers", {"out_at": "2020-01-01T00:00:00Z"}, "before it begins"),
        ("clips", {"slug": "../../x"}, "regex"),
        ("clips", {"crop_x": 2}, "<="),
        ("clips", {"answer_id": 99_999}, "not there"),
        ("replies", {"state": "sent twice"}, "sent twice"),
    ],
)
def test_line_that_cannot_be_taken_is_named(exported, bring, name, values, reason):
    change_line(exported, name, 0, **values)
    error = refusal(bring, exported)
    assert isinstance(error, LineRefused)
    assert error.details == {"file": f"{name}.jsonl", "line": 1}
    assert any(part in str(error.message) for part in reason.split("|")), str(error.message)


def test_line_without_end_is_refused(exported, bring):
    rewrite(exported, "shown.jsonl", b" " * (9 << 20))
    error = refusal(bring, exported)
    assert error.details == {"file": "shown.jsonl", "line": 1}


@pytest.mark.parametrize("name", ["posts", "questions", "decisions", "feeds", "answers", "clips"])
def test_line_that_repeats_another_is_refused(exported, bring, name):
    content = (exported / f"{name}.jsonl").read_bytes()
    first = content.split(b"\n")[0] + b"\n"
    rewrite(exported, f"{name}.jsonl", content + first)
    error = refusal(bring, exported)
    assert error.details == {"file": f"{name}.jsonl", "line": content.count(b"\n") + 1}


def test_what_is_no_film_is_refused(exported, past, bring):
    path = f"clips/{past.clip.slug}/clip.mp4"
    (exported / path).unlink()  # it is the house's own file by another name
    rewrite(exported, path, b"#EXTM3U\n/etc/passwd\n" * 20)
    error = refusal(bring, exported)
    assert (error.code, error.details) == ("file_changed", {"file": path})


def test_recording_that_cannot_be_cut_is_refused(exported, past, bring):
    path = f"recordings/ines-{past.recording.feed_id}-1.mp4"
    clip = (exported / "clips" / past.clip.slug / "clip.mp4").read_bytes()
    (exported / path).unlink()
    rewrite(exported, path, clip[:16] + b"\x00" * 400)
    assert isinstance(refusal(bring, exported), FileChanged)


def test_import_is_refused_where_the_disk_is_full(exported, past, bring, monkeypatch):
    monkeypatch.setattr(folders.shutil, "disk_usage", lambda _place: Disk(10**12, 0, 10**9))
    with pytest.raises(DiskFull):
        bring(exported)


def test_rows_go_again_where_files_cannot_be_moved(exported, past, bring, monkeypatch, settings):
    folder = pictures_folder()
    shutil.rmtree(folder)
    folder.write_text("in the way")
    before = Session.objects.count(), Recording.objects.count(), Captions.objects.count()
    with pytest.raises(OSError):
        bring(exported)
    assert (Session.objects.count(), Recording.objects.count(), Captions.objects.count()) == before


def test_moderator_may_not_import(exported, bring, moderator):
    with pytest.raises(NotAllowed):
        bring(exported, by=moderator)


def test_producer_of_another_room_may_not_import(exported, bring, moment):
    other = Room.objects.create(slug="ailleurs", name="Ailleurs", created_at=moment)
    with pytest.raises(NotAllowed):
        bring(exported, room=other)


def test_tables_of_every_room_are_filled(elsewhere, bring, past):
    session = bring(elsewhere)
    counts = {
        "posts": Post.objects.filter(session=session).count(),
        "questions": Question.objects.filter(session=session).count(),
        "decisions": Decision.objects.filter(question__session=session).count(),
        "minutes": PostCount.objects.filter(session=session).count(),
        "recordings": Recording.objects.filter(feed__session=session).count(),
        "captions": Captions.objects.filter(clip__answer__question__session=session).count(),
        "renders": Render.objects.filter(clip__answer__question__session=session).count(),
        "clips on disk": len(list(clips_folder().iterdir())),
    }
    assert counts == {
        "posts": 4,
        "questions": 2,
        "decisions": 2,
        "minutes": 2,
        "recordings": 2,
        "captions": 2,
        "renders": 1,
        "clips on disk": 1,
    }


def test_groups_come_back_with_heads_that_come_after_their_members(bring, elsewhere):
    rows = (elsewhere / "questions.jsonl").read_text().splitlines()
    last = json.loads(rows[-1])["id"]
    change_line(elsewhere, "questions", 0, state="merged", head_id=last, air_text="Le matin ?")

    bring(elsewhere)

    member, head = Question.objects.order_by("pk")
    assert (member.state, member.head_id, member.air_text) == ("merged", head.pk, "Le matin ?")


def test_only_what_is_in_a_group_has_a_head(bring, elsewhere):
    last = json.loads((elsewhere / "questions.jsonl").read_text().splitlines()[-1])["id"]
    change_line(elsewhere, "questions", 0, head_id=last)

    assert refusal(bring, elsewhere).code == LineRefused.code
