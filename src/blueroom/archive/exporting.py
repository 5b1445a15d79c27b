"""A session as one folder that anyone can read. `README.md`, written into it, says what is where.

It is filled under the name `<folder>.part` and gets its own when it is whole. Rows are read in
slices and nothing is locked: what comes in meanwhile may be in it or not.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec
from django.db.models import F, Sum
from django.utils.text import slugify

from blueroom import __version__
from blueroom.archive import lines, rows
from blueroom.archive.contents import Asker, Contents
from blueroom.archive.errors import ArchiveExists
from blueroom.archive.folder import NewFolder, check_room
from blueroom.archive.metrics import metrics_of
from blueroom.archive.parquet import TABLES, write_parquet
from blueroom.archive.player import page_of, readme
from blueroom.clips.files import path_of
from blueroom.clips.models import Captions, Clip, Render
from blueroom.clips.queries import FILE_OF_SHAPE, best_render, cues_of
from blueroom.media.captions import write_vtt
from blueroom.media.recording import RecordingUnreadable, open_recording
from blueroom.posts.models import Post
from blueroom.room.models import Room, Session
from blueroom.studio.models import DELAY_S_MAX, Answer, Recording
from blueroom.studio.queries import pictures_folder, recordings_folder

ROW_BYTES = 1_200  # of a post with all that belongs to it, in lines, Parquet and page
PROGRAM = "blueroom"
# Of a recording that still grows, what nobody can dump any more.
SETTLED_AFTER = timedelta(seconds=DELAY_S_MAX + 10)
Progress = Callable[[float], None]
Kept = TypeVar("Kept", bound=lines.Row)


def export_session(
    session: Session, folder: Path, on_progress: Progress, *, now: datetime
) -> lines.Manifest:
    """Write the session into a new folder; its manifest. Takes its time.

    `on_progress` is called with 0 to 1, often; what it raises ends the export. An export that did
    not end well leaves `<folder>.part`, which the next one begins anew.

    Raises:
        ArchiveExists: there is something of that name.
        DiskFull: it would not fit.
    """
    if folder.exists() or folder.is_symlink():
        raise ArchiveExists(folder=str(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    expected_bytes = _check_room(session, folder.parent)
    part = _begin(folder)
    written_bytes = 0

    def tell(size_bytes: int) -> None:
        nonlocal written_bytes
        written_bytes += size_bytes
        on_progress(min(0.99, written_bytes / expected_bytes))

    new = NewFolder(part, tell)
    contents = _write_rows(session, new, now)
    contents.metrics = metrics_of(session, contents.clips)
    new.write("metrics.json", _readable(contents.metrics))
    _write_tables(new)
    new.write("index.html", page_of(contents, made_at=now))
    new.write("README.md", readme())
    manifest = _manifest(contents.session, new, now)
    (part / lines.MANIFEST).write_bytes(_readable(manifest))
    part.rename(folder)
    on_progress(1.0)
    return manifest


def size_of(session: Session) -> tuple[int, int]:
    """About how many bytes a session takes: its media, and its rows."""
    clips = Clip.objects.filter(answer__question__session=session, removed_at=None)
    sums = (
        Recording.objects.filter(feed__session=session, erased_at=None).aggregate(
            n=Sum("size_bytes")
        ),
        clips.aggregate(n=Sum("size_bytes")),
        Render.objects.filter(clip__in=clips).aggregate(n=Sum("size_bytes")),
    )
    media_bytes = sum(one["n"] or 0 for one in sums)
    return media_bytes, Post.objects.filter(session=session).count() * ROW_BYTES


def _check_room(session: Session, place: Path) -> int:
    media_bytes, row_bytes = size_of(session)
    is_same_disk = place.stat().st_dev == recordings_folder().parent.stat().st_dev
    check_room(place, needed_bytes=row_bytes + (0 if is_same_disk else media_bytes))
    return media_bytes + row_bytes + 1


def _begin(folder: Path) -> Path:
    """An empty folder to fill; what an interrupted export left of the same name goes."""
    part = folder.with_name(folder.name + ".part")
    if part.is_symlink() or (part.exists() and not (part / "session.json").is_file()):
        raise ArchiveExists(folder=str(part))
    if part.exists():
        shutil.rmtree(part)
    part.mkdir(mode=0o700)
    return part


# Rows and what they point to


def _write_rows(session: Session, new: NewFolder, now: datetime) -> Contents:
    contents = Contents(rows.session_line(session))
    new.write("session.json", _readable(contents.session))
    contents.look = _write_look(session.room, new)
    posts = _write_posts(session, new, contents)
    contents.questions = _keep(new, "questions.jsonl", rows.questions_of(session, posts))
    known = {question.id for question in contents.questions}
    told = {question.id for question in contents.questions if question.withdrawn_at is None}
    with new.open_lines("decisions.jsonl") as add:
        for decision in rows.decisions_of(session, known):
            add(decision)
    contents.feeds = _keep(new, "feeds.jsonl", rows.feeds_of(session, known))
    feeds = {feed.id for feed in contents.feeds}
    _write_recordings(session, new, contents, feeds, now)
    contents.shown = _keep(new, "shown.jsonl", rows.shown_of(session, feeds))
    _write_answers(session, new, contents, known, told, feeds)
    _write_clips(session, new, contents, told)
    with new.open_lines("replies.jsonl") as add:
        for reply in rows.replies_of(session, known):
            add(reply)
    return contents


def _write_look(room: Room, new: NewFolder) -> lines.Look:
    logos = {logo.light: bytes(logo.png) for logo in room.logos.all()}
    look = rows.look_line(room, logos)
    for light, logo in look.logos.items():
        new.write(logo.file, logos[light])
    new.write(lines.LOOK, _readable(look))
    return look


def _keep(new: NewFolder, path: str, found: Iterable[Kept]) -> list[Kept]:
    """Write these rows into a file, and give them back."""
    kept = []
    with new.open_lines(path) as add:
        for row in found:
            add(row)
            kept.append(row)
    return kept


def _write_posts(session: Session, new: NewFolder, contents: Contents) -> set[int]:
    posts = set()
    with new.open_lines("posts.jsonl") as add:
        for post in rows.posts_of(session):
            add(post)
            posts.add(post.id)
            if post.is_question:
                contents.askers[post.id] = Asker(
                    name=post.author_name or post.author_handle,
                    place=post.author_place,
                    network=post.network,
                    url=post.url,
                )
    return posts


def _write_recordings(
    session: Session, new: NewFolder, contents: Contents, feeds: Collection[int], now: datetime
) -> None:
    found = Recording.objects.filter(feed__session=session).select_related("feed")
    with new.open_lines("recordings.jsonl") as add:
        for recording in found:
            if recording.feed_id not in feeds:
                continue
            is_there = recording.erased_at is None and _add_recording(new, recording, now)
            file = _name_of(recording) if is_there else ""
            line = rows.recording_line(recording, file=file)
            add(line)
            contents.recordings.append(line)


def _name_of(recording: Recording) -> str:
    name = slugify(recording.feed.name)[:40] or "feed"
    return f"recordings/{name}-{recording.feed_id}-{recording.epoch}.mp4"


def _add_recording(new: NewFolder, recording: Recording, now: datetime) -> bool:
    source = recordings_folder() / recording.file
    if recording.ended_at is not None:
        return new.add(source, _name_of(recording))
    try:
        grown = open_recording(source)
    except RecordingUnreadable:
        return False
    settled_s = (now - SETTLED_AFTER - recording.began_at).total_seconds()
    settled = [part for part in grown.parts if part.end_s <= settled_s]
    if not settled:
        return False
    last = settled[-1]
    recording.duration_s, recording.size_bytes = last.end_s, last.end_bytes
    return new.add(source, _name_of(recording), most_bytes=last.end_bytes)


def _write_answers(
    session: Session,
    new: NewFolder,
    contents: Contents,
    known: Collection[int],
    told: Collection[int],
    feeds: Collection[int],
) -> None:
    with new.open_lines("answers.jsonl") as add:
        for answer in Answer.objects.filter(question__session=session):
            has_feed = answer.feed_id is None or answer.feed_id in feeds
            if answer.question_id not in known or not has_feed:
                continue
            photo = ""
            if answer.photo and answer.question_id in told:
                name = Path(answer.photo).name
                source = pictures_folder() / answer.photo
                photo = f"pictures/{name}" if new.add(source, f"pictures/{name}") else ""
            line = rows.answer_line(answer, photo=photo)
            add(line)
            contents.answers.append(line)


def _write_clips(
    session: Session, new: NewFolder, contents: Contents, told: Collection[int]
) -> None:
    known = {answer.id for answer in contents.answers if answer.question_id in told}
    found = Clip.objects.filter(answer__in=known, removed_at=None).exclude(file="")
    with new.open_lines("clips.jsonl") as add:
        for clip in found.order_by(F("answer__in_at"), "pk"):
            line = _clip_line(clip, new, contents)
            if line is not None:
                add(line)
                contents.clips.append(line)


def _clip_line(clip: Clip, new: NewFolder, contents: Contents) -> lines.Clip | None:
    """The clip's line, once its files are there; None where its picture is gone."""
    folder = f"clips/{clip.slug}"
    if not new.add(path_of(clip.slug, clip.file), f"{folder}/clip.mp4"):
        return None
    has_poster = clip.poster and new.add(path_of(clip.slug, clip.poster), f"{folder}/poster.jpg")
    return rows.clip_line(
        clip,
        file=f"{folder}/clip.mp4",
        poster=f"{folder}/poster.jpg" if has_poster else "",
        renders=_add_renders(clip, new, folder),
        captions=_add_captions(clip, new, contents),
    )


def _add_renders(clip: Clip, new: NewFolder, folder: str) -> list[lines.Render]:
    kept = []
    for render in clip.renders.exclude(file="").order_by("pk"):
        shape = FILE_OF_SHAPE[render.shape]  # type: ignore[index]  # one of Shape's values
        path = f"{folder}/{shape}"
        if render != best_render(clip, render.shape):
            path = path.replace(".mp4", f"-{render.language or 'none'}.mp4")
        if new.add(path_of(clip.slug, render.file), path):
            kept.append(rows.render_line(render, file=path))
    return kept


def _add_captions(clip: Clip, new: NewFolder, contents: Contents) -> list[lines.Captions]:
    kept = []
    for captions in clip.captions.order_by("is_translation", "pk"):
        path = _write_vtt(clip, captions, new, contents) if captions.is_checked else ""
        kept.append(rows.captions_line(captions, file=path))
    return kept


def _write_vtt(clip: Clip, captions: Captions, new: NewFolder, contents: Contents) -> str:
    path = f"captions/{clip.slug}-{captions.language}.vtt"
    contents.vtt[path] = write_vtt(cues_of(clip, captions))
    new.write(path, contents.vtt[path].encode())
    return path


# What is made of them


def _write_tables(new: NewFolder) -> None:
    for table in TABLES:
        new.know(write_parquet(new.root, table))
    shutil.rmtree(new.root / ".duckdb", ignore_errors=True)


def _readable(row: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(row), indent=1)


def _manifest(session: lines.Session, new: NewFolder, now: datetime) -> lines.Manifest:
    return lines.Manifest(
        form=lines.FORM,
        program=PROGRAM,
        version=__version__,
        made_at=now,
        session=lines.About(
            slug=session.slug, title=session.title, guest=session.guest, room=session.room
        ),
        files=sorted(new.files, key=lambda file: file.path),
    )
