"""What is done with archives, and how things are forgotten.

Every verb checks the right of `by` itself and raises NotAllowed.
"""

from __future__ import annotations

import logging
import shutil
import time
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.db.models import QuerySet
from django.db.transaction import on_commit

from blueroom.archive.errors import ArchiveExists, DiskFull, ExportGone, StillRecording
from blueroom.archive.exporting import export_session, size_of
from blueroom.archive.folder import PIECE_BYTES, check_room
from blueroom.archive.models import Export
from blueroom.archive.queries import (
    exports_folder,
    exports_of,
    folder_of,
    replies_elsewhere,
    zip_of,
)
from blueroom.audience.actions import erase_votes
from blueroom.base.errors import BlueRoomError, TryLater
from blueroom.base.ids import new_tid
from blueroom.clips.actions import remove_gone
from blueroom.clips.files import FOOTAGE
from blueroom.clips.files import folder_of as clip_folder
from blueroom.clips.leases import Lease, leased
from blueroom.clips.models import Clip, WorkState
from blueroom.desk.actions import sort_posts
from blueroom.desk.models import Clarification
from blueroom.posts.actions import erase_author
from blueroom.posts.models import Author, Post
from blueroom.publish.models import Reply
from blueroom.room.actions import NotAllowed
from blueroom.room.actor import Actor, house
from blueroom.room.models import Session
from blueroom.room.rules import may
from blueroom.room.writing import one_transaction
from blueroom.studio.actions import remove_answer, step_feed
from blueroom.studio.models import Answer, AnswerKind, CrewMessage, Feed, FeedKind, Recording
from blueroom.studio.queries import recordings_folder
from blueroom.updates.tell import changed
from blueroom.walls.relay_actions import forget_relays

log = logging.getLogger(__name__)
STEP_LIMIT_S = 180.0  # without a sign of progress: Parquet of a million posts takes some seconds
LOOK_EVERY_S = 1.0
TRIES_MAX = 3
WAIT = timedelta(minutes=1)
PAGE = "page"  # the network whose authors are phones, which fans' feeds are known by too


def _check(by: Actor, verb: str, room_id: int) -> None:
    if by.room_id != room_id or not may(by.role, verb):
        raise NotAllowed(verb=verb)


# Archives


def ask_for_export(*, session: Session, now: datetime, by: Actor) -> Export:
    """An archive of the session, to be made soon; one that still waits is given back instead.

    Raises:
        DiskFull: it would not fit.
    """
    _check(by, "export_session", session.room_id)
    waiting = exports_of(session).filter(state=WorkState.DUE).first()
    if waiting is not None:
        return waiting
    exports_folder().mkdir(mode=0o700, exist_ok=True)
    check_room(exports_folder(), needed_bytes=sum(size_of(session)))
    with one_transaction():
        return Export.objects.create(
            session=session,
            name=f"{session.slug}-{new_tid(now)}",
            due_at=now,
            asked_at=now,
            asked_by=by.name,
        )


def remove_export(*, export: Export, now: datetime, by: Actor) -> None:
    """Delete an archive, or stop making it."""
    _check(by, "export_session", export.session.room_id)
    _remove_exports([export])


def _remove_exports(exports: Iterable[Export]) -> None:
    for export in exports:
        with one_transaction():
            Export.objects.filter(pk=export.pk).delete()
            on_commit(lambda one=export: _remove_files(one))  # type: ignore[misc]


def _remove_files(export: Export) -> None:
    folder = folder_of(export)
    for path in (folder, folder.with_name(f"{folder.name}.part")):
        shutil.rmtree(path, ignore_errors=True)
    for path in (zip_of(export), zip_of(export).with_suffix(".zip.part")):
        path.unlink(missing_ok=True)


def make_export(*, export_id: int, now: datetime) -> Export | None:
    """Make an archive that is due, and keep what came of it; None where it was deleted meanwhile.

    Of several processes one does it. Takes its time.
    """
    export = Export.objects.select_related("session__guest", "session__room").get(pk=export_id)
    lease = leased(export, now=now, limit_s=STEP_LIMIT_S)
    if lease is None:
        return export
    try:
        size_bytes = _make(export, _teller(export, lease), now)
        is_kept = lease.finish(export, progress=1.0, size_bytes=size_bytes, ready_at=now)
    except ExportGone:
        is_kept = False
    except BlueRoomError as error:
        is_kept = _give_back(export, lease, error, now)
    except Exception as error:  # the outer edge of this work: told, and tried again
        is_kept = _give_back(export, lease, TryLater(type(error).__name__), now)
        if is_kept:  # else its files were deleted under our hands
            log.exception("archive %s could not be made", export.name)
    if not is_kept and not Export.objects.filter(pk=export.pk).exists():
        _remove_files(export)
        return None
    return export


def _teller(export: Export, lease: Lease) -> Callable[[float], None]:
    """Keeps the lease and writes the progress; ends the work once nobody wants it any more."""
    looked_s = 0.0
    told = lease.teller(export, lambda: None)

    def tell(progress: float) -> None:
        nonlocal looked_s
        told(progress)
        if time.monotonic() - looked_s > LOOK_EVERY_S:
            looked_s = time.monotonic()
            if not Export.objects.filter(pk=export.pk).exists():
                raise ExportGone

    return tell


def _make(export: Export, tell: Callable[[float], None], now: datetime) -> int:
    """Folder and zip; the size of the zip."""
    _remove_files(export)  # what a process that ended left
    folder = folder_of(export)
    export_session(export.session, folder, lambda part: tell(part * 0.7), now=now)
    return _zip(folder, zip_of(export), lambda part: tell(0.7 + part * 0.3))


def _zip(folder: Path, path: Path, tell: Callable[[float], None]) -> int:
    """The folder as one file, not compressed: films do not shrink. Its size."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    total_bytes = sum(file.stat().st_size for file in files) + 1
    check_room(path.parent, needed_bytes=total_bytes)
    partial, written_bytes = path.with_suffix(".zip.part"), 0
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            entry = zipfile.ZipInfo.from_file(file, f"{folder.name}/{file.relative_to(folder)}")
            with file.open("rb") as content, archive.open(entry, "w", force_zip64=True) as target:
                while piece := content.read(PIECE_BYTES):
                    target.write(piece)
                    written_bytes += len(piece)
                    tell(written_bytes / total_bytes)
    partial.replace(path)
    return path.stat().st_size


def _give_back(export: Export, lease: Lease, error: BlueRoomError, now: datetime) -> bool:
    """Leave the work for later, or for a person where trying again is no use."""
    is_final = export.tries + 1 >= TRIES_MAX or isinstance(error, DiskFull | ArchiveExists)
    return lease.give_back(
        export,
        state=WorkState.FAILED if is_final else WorkState.DUE,
        tries=export.tries + 1,
        due_at=now + WAIT,
        progress=0.0,
        code=error.code,
        message=str(error.message)[:400],
    )


# Forgetting


@dataclass(kw_only=True)
class Erased:
    """What was erased; `replies` are addresses of replies that still stand on their networks."""

    recordings: int = 0
    size_bytes: int = 0
    posts: int = 0
    clips: int = 0
    exports: int = 0
    replies: list[str] = field(default_factory=list)


def erase_recordings(
    *, session: Session, now: datetime, by: Actor, with_clips: bool = False
) -> Erased:
    """Erase a session's recordings; that there were any stays known. May be repeated.

    Clips are files of their own and stay, unless `with_clips`: then the marks of answers go too.
    Archives that the house made of the session go in any case: they hold the same.

    Raises:
        StillRecording: a feed is connected.
    """
    _check(by, "erase", session.room_id)
    feeds = Feed.objects.filter(session=session)
    if feeds.exclude(way="").exists():
        raise StillRecording
    erased = Erased()
    _erase_recordings_of(feeds, erased, now)
    answers = Answer.objects.filter(question__session=session, kind=AnswerKind.VIDEO)
    _erase_footage(answers)
    if with_clips:
        _remove_answers(answers, erased, now, by)
    _forget_exports([session.pk], erased)
    log.info("%s erased %d recordings of %s", by.name, erased.recordings, session.slug)
    return erased


def _erase_recordings_of(feeds: QuerySet[Feed], erased: Erased, now: datetime) -> None:
    """The rows first: whoever reads them finds no file where there is one, never the other way."""
    found = list(Recording.objects.filter(feed__in=feeds, erased_at=None).select_related("feed"))
    with one_transaction():
        Recording.objects.filter(pk__in=[one.pk for one in found]).update(erased_at=now)
        for session_id in {one.feed.session_id for one in found}:
            changed(session_id, studio=True, when=on_commit)
    for recording in found:
        path = recordings_folder() / recording.file
        erased.recordings += 1
        erased.size_bytes += path.stat().st_size if path.is_file() else 0
        path.unlink(missing_ok=True)
        path.with_suffix(".idx").unlink(missing_ok=True)


def _erase_footage(answers: QuerySet[Answer]) -> None:
    """What was made of recordings to look at answers while they are adjusted."""
    for slug in Clip.objects.filter(answer__in=answers).values_list("slug", flat=True):
        for path in clip_folder(slug).glob(f"{FOOTAGE}*"):
            path.unlink(missing_ok=True)


def _remove_answers(answers: QuerySet[Answer], erased: Erased, now: datetime, by: Actor) -> None:
    erased.clips += Clip.objects.filter(answer__in=answers, removed_at=None).count()
    for answer in list(answers.select_related("question")):
        remove_answer(answer=answer, now=now, by=by)
    while remove_gone(now=now):
        pass


def _forget_exports(session_ids: Iterable[int], erased: Erased) -> None:
    found = list(Export.objects.filter(session__in=list(session_ids)))
    _remove_exports(found)
    erased.exports += len(found)


def forget_recordings(*, now: datetime, sessions: Iterable[Session]) -> int:
    """Erase the recordings of these sessions, whose days are over; how many."""
    total = 0
    for session in sessions:
        try:
            by = house(session.room_id)
            total += erase_recordings(session=session, now=now, by=by).recordings
        except StillRecording:
            log.warning("recordings of %s stay: somebody is still sending", session.slug)
    return total


def erase_asker(*, author: Author, now: datetime, by: Actor) -> Erased:
    """Forget somebody who objects, in every session of the house: name, words, questions, clips of
    the answers to them, their own camera and what it left. May be repeated.

    What the house cannot reach is told: replies on networks (`replies`, each can be taken back at
    the desk), recordings in which a guest reads a question out, and archives in other hands.
    """
    sessions = list(Post.objects.filter(author=author).values_list("session", flat=True).distinct())
    rooms = Session.objects.filter(pk__in=sessions).values_list("room", flat=True)
    if by.room_id not in rooms or not may(by.role, "erase"):
        raise NotAllowed(verb="erase")
    erased = Erased(replies=replies_elsewhere(author))
    feeds = _feeds_of(author)
    _end_feeds(feeds, now, by)
    _remove_answers(Answer.objects.filter(feed__in=feeds), erased, now, by)
    _erase_recordings_of(feeds, erased, now)
    with one_transaction():
        feeds.update(name="", asker="")
        CrewMessage.objects.filter(feed__in=feeds).delete()  # they call people by their names
        if author.network == PAGE:
            erase_votes(device=author.remote_id)
        forget_relays(Post.objects.filter(author=author))
        erased.posts = erase_author(author=author, now=now, by=by)
        replies = Reply.objects.filter(question__post__author=author)
        replies.update(text="", alt="", memory={})
        asked = Clarification.objects.filter(question__post__author=author)
        asked.update(text="", memory={})
        for session_id in sessions:
            while sort_posts(session_id=session_id, now=now).posts:
                pass
    clips = Clip.objects.filter(answer__question__post__author=author, removed_at=None)
    erased.clips += clips.count()
    while remove_gone(now=now):
        pass
    _forget_exports(sessions, erased)
    return erased


def _feeds_of(author: Author) -> QuerySet[Feed]:
    """The cameras by which they asked; a list, for what tells whose they are is emptied."""
    is_phone = author.network == PAGE and author.remote_id
    found = Feed.objects.filter(kind=FeedKind.FAN, asker=author.remote_id) if is_phone else ()
    return Feed.objects.filter(pk__in=[feed.pk for feed in found])


def _end_feeds(feeds: QuerySet[Feed], now: datetime, by: Actor) -> None:
    for feed in feeds:
        step_feed(feed=feed, verb="end", now=now, by=by)
