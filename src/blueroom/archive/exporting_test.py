from __future__ import annotations

import hashlib
import json
import zlib
from collections import namedtuple
from datetime import timedelta

import av
import duckdb
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from blueroom.archive import folder as folders
from blueroom.archive.conftest import wear
from blueroom.archive.errors import ArchiveExists, DiskFull
from blueroom.archive.exporting import export_session
from blueroom.posts.actions import erase_author
from blueroom.posts.models import Author, Payload, Post
from blueroom.room.models import Account, Logo
from blueroom.room.seal import Sealed, seal
from blueroom.studio.models import Recording
from blueroom.studio.queries import recordings_folder

Disk = namedtuple("Disk", "total used free")


def lines_of(folder, name):
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


def test_export_writes_what_its_readme_names(exported, past):
    slug = past.clip.slug
    fan, guest = past.fan_feed.pk, past.recording.feed_id
    files = {str(path.relative_to(exported)) for path in exported.rglob("*") if path.is_file()}
    assert files == {
        "README.md",
        "index.html",
        "manifest.json",
        "session.json",
        "look.json",
        "metrics.json",
        "posts.jsonl",
        "questions.jsonl",
        "decisions.jsonl",
        "answers.jsonl",
        "feeds.jsonl",
        "recordings.jsonl",
        "shown.jsonl",
        "clips.jsonl",
        "replies.jsonl",
        "parquet/posts.parquet",
        "parquet/questions.parquet",
        "parquet/decisions.parquet",
        f"recordings/ines-{guest}-1.mp4",
        f"recordings/zoe-{fan}-1.mp4",
        f"clips/{slug}/clip.mp4",
        f"clips/{slug}/wide.mp4",
        f"clips/{slug}/poster.jpg",
        f"captions/{slug}-fr.vtt",
        "pictures/photo.jpg",
    }
    readme = (exported / "README.md").read_text()
    for name in ("posts.jsonl", "`parquet/`", "`recordings/`", "blueroom import", "une session"):
        assert name.lower() in readme.lower()


def test_manifest_names_every_file_with_its_hash(exported):
    manifest = json.loads((exported / "manifest.json").read_text())
    assert manifest["form"] == 1
    assert manifest["session"]["guest"] == "Inès Carat"
    told = {one["path"]: (one["size_bytes"], one["sha256"]) for one in manifest["files"]}
    found = {
        str(path.relative_to(exported)): (
            path.stat().st_size,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in exported.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert told == found


def test_films_of_the_export_play_by_themselves(exported, past):
    for path in exported.rglob("*.mp4"):
        with av.open(str(path)) as film:
            frames = sum(1 for _ in film.decode(video=0))
        assert frames == (60 if path.parent.parent.name == "clips" else 180), path


def test_parquet_says_what_the_lines_say(exported):
    for name in ("posts", "questions", "decisions"):
        told = lines_of(exported, f"{name}.jsonl")
        columns = ", ".join(f'"{key}"' for key in told[0])
        read = duckdb.execute(
            f"SELECT {columns} FROM read_parquet('{exported}/parquet/{name}.parquet')"
        ).fetchall()
        assert len(read) == len(told)
        for row, line in zip(read, told, strict=True):
            values = dict(zip(line, row, strict=True))
            plain = {k: v for k, v in values.items() if not k.endswith("_at") and k != "at"}
            assert plain == {k: line[k] for k in plain}
            published_at = values.get("published_at", values.get("at"))
            assert published_at.isoformat().startswith("2026-11-2")


def test_export_says_what_the_room_looked_like(past, tmp_path, moment):
    wear(past.session.room, moment)
    export_session(past.session, tmp_path / "worn", lambda _part: None, now=moment)

    told = json.loads((tmp_path / "worn/look.json").read_text())
    assert told == {
        "colours": {"air": {"ground": "#1a0008"}},
        "faces": {"voice": "sans"},
        "texts": {"fr": {"name": "Radio Exemple", "hashtag": "", "ask": "", "goodbye": ""}},
        "logos": {"day": {"file": "look/day.png", "width_px": 300, "height_px": 100}},
    }
    logo = Logo.objects.get()
    assert (tmp_path / "worn/look/day.png").read_bytes() == bytes(logo.png)


def test_export_keeps_secrets_in_the_house(past, session, tmp_path, moment):
    post = Post.objects.filter(deleted_at=None).first()
    Payload.objects.create(post=post, raw=zlib.compress(b"x"), received_at=moment)
    Account.objects.create(
        room=session.room,
        network="bluesky",
        handle="room.example",
        sealed=seal(Sealed(fields={"password": "tres-secret"})),
        created_at=moment,
    )
    folder = tmp_path / "archive"
    export_session(past.session, folder, lambda _part: None, now=moment)
    texts = b"".join(
        path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in (".mp4", ".jpg")
    )
    for secret in (b"tres-secret", b"fan nonce", b"fan monitor", b"room.example"):
        assert secret not in texts
    assert b"Zo\xc3\xa9 Petit" in texts


def test_export_holds_nothing_of_who_was_erased(past, tmp_path, moment, moderator):
    ana = Author.objects.get(remote_id="ana")
    Post.objects.filter(author=ana, remote_id="post-2").update(remote_id="at://did:plc:ana/2")
    erase_author(author=ana, now=moment, by=moderator)
    folder = tmp_path / "archive"
    export_session(past.session, folder, lambda _part: None, now=moment)
    posts = lines_of(folder, "posts.jsonl")
    assert [(p["author_id"], p["author_name"], p["text"], p["remote_id"]) for p in posts][:3] == [
        ("", "", "", "")
    ] * 3
    whole = b"".join(p.read_bytes() for p in folder.rglob("*") if p.suffix in (".jsonl", ".html"))
    for told in (b"did:plc:ana", b"Ana Sousa", b"Bravo"):
        assert told not in whole


def test_metrics_count_the_session(exported, past):
    metrics = json.loads((exported / "metrics.json").read_text())
    assert metrics == {
        "posts": 3,
        "deleted": 1,
        "messages": 1,
        "authors": 2,
        "posts_by_network": {"rehearsal": 2, "page": 1},
        "languages": {"": 3},
        "questions": 2,
        "questions_by_state": {"answered": 1, "waiting": 1},
        "askers": 2,
        "answered": 1,
        "decisions": 2,
        "replies_by_state": {"sent": 1},
        "recorded_s": 12.0,
        "clips": 1,
        "clips_s": 2.0,
        "clip_durations_s": {past.clip.slug: 2.0},
        "posts_per_minute": [
            {"minute": "2026-11-23T20:00:00Z", "network": "rehearsal", "posts": 2},
            {"minute": "2026-11-23T20:05:00Z", "network": "page", "posts": 1},
        ],
    }


def test_export_takes_the_settled_part_of_a_recording_that_grows(past, tmp_path, moment):
    Recording.objects.filter(pk=past.recording.pk).update(
        ended_at=None, duration_s=0, size_bytes=0, began_at=moment
    )
    # A delay of half a minute may be dumped yet: of 6 s, what is older than 40 s is kept.
    export_session(
        past.session, tmp_path / "archive", lambda _part: None, now=moment + timedelta(seconds=43)
    )
    line = lines_of(tmp_path / "archive", "recordings.jsonl")[0]
    assert (line["ended_at"], line["duration_s"]) == (None, pytest.approx(3.0, abs=0.5))
    copy = tmp_path / "archive" / line["file"]
    assert copy.stat().st_size == line["size_bytes"]
    with av.open(str(copy)) as film:
        assert sum(1 for _ in film.decode(video=0)) == pytest.approx(90, abs=15)


def test_export_shares_blocks_with_the_house_where_it_can(exported, past):
    ours = recordings_folder() / past.recording.file
    copy = exported / "recordings" / f"ines-{past.recording.feed_id}-1.mp4"
    assert copy.read_bytes() == ours.read_bytes()
    # A hard link, or, where the disk can, a file of its own over the same blocks.
    assert copy.samefile(ours) or copy.stat().st_blocks == ours.stat().st_blocks


def test_export_writes_over_nothing(exported, past, moment):
    before = (exported / "posts.jsonl").stat().st_mtime_ns
    with pytest.raises(ArchiveExists):
        export_session(past.session, exported, lambda _part: None, now=moment)
    assert (exported / "posts.jsonl").stat().st_mtime_ns == before


def test_export_that_breaks_off_leaves_its_part_and_is_begun_anew(past, tmp_path, moment):
    folder = tmp_path / "archive"

    class Stopped(Exception):
        pass

    def stop(part):
        if part > 0.5:
            raise Stopped

    with pytest.raises(Stopped):
        export_session(past.session, folder, stop, now=moment)
    assert not folder.exists()
    assert (tmp_path / "archive.part" / "posts.jsonl").is_file()

    parts = []
    export_session(past.session, folder, parts.append, now=moment)
    assert folder.is_dir()
    assert not (tmp_path / "archive.part").exists()
    assert parts == sorted(parts)
    assert parts[-1] == 1.0


def test_export_leaves_alone_a_part_that_is_none_of_ours(past, tmp_path, moment):
    (tmp_path / "archive.part").mkdir()
    (tmp_path / "archive.part" / "letters.txt").write_text("Chère Inès")
    with pytest.raises(ArchiveExists):
        export_session(past.session, tmp_path / "archive", lambda _part: None, now=moment)
    assert (tmp_path / "archive.part" / "letters.txt").is_file()


def test_export_is_refused_where_the_disk_is_full(past, tmp_path, moment, monkeypatch):
    monkeypatch.setattr(folders.shutil, "disk_usage", lambda _place: Disk(10**12, 0, 10**9))
    with pytest.raises(DiskFull):
        export_session(past.session, tmp_path / "archive", lambda _part: None, now=moment)
    assert not (tmp_path / "archive.part").exists()


def test_export_reads_posts_in_slices_whatever_their_number(past, tmp_path, moment, make_post):
    assert past.session.guest.room == past.session.room  # both are read once
    with CaptureQueriesContext(connection) as few:
        export_session(past.session, tmp_path / "few", lambda _part: None, now=moment)
    for number in range(10, 40):
        make_post(f"Encore {number}", number=number, sorting=1)
    with CaptureQueriesContext(connection) as many:
        export_session(past.session, tmp_path / "many", lambda _part: None, now=moment)
    assert len(many) == len(few)
