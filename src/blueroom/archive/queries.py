"""What the page of archives, the API and the worker read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum

from blueroom.archive.models import Export
from blueroom.clips.leases import due_at
from blueroom.desk.models import Clarification, SendState
from blueroom.posts.models import Author, Post
from blueroom.publish.models import Reply
from blueroom.room.access import NotFound
from blueroom.room.models import Session, SessionState
from blueroom.studio.models import Recording

FOUND_MAX = 20


def exports_folder() -> Path:
    """Where archives lie that were asked for on a page or by the API."""
    return Path(settings.DATA) / "exports"


def folder_of(export: Export) -> Path:
    """The archive as a folder, once it is ready."""
    return exports_folder() / export.name


def zip_of(export: Export) -> Path:
    """The same as one file."""
    return exports_folder() / f"{export.name}.zip"


def exports_of(session: Session) -> QuerySet[Export]:
    """The session's archives, newest first."""
    return Export.objects.filter(session=session)


def export_by_id(export_id: int) -> Export:
    """One archive with its session. Raises NotFound."""
    found = Export.objects.select_related("session__guest", "session__room")
    export = found.filter(pk=export_id).first() if export_id < 2**63 else None
    if export is None:
        raise NotFound
    return export


def due_exports(now: datetime) -> QuerySet[Export]:
    """Archives that somebody should make, those that have waited longest first."""
    return Export.objects.filter(due_at(now)).order_by("due_at", "id")


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What a session's recordings take; `erased` is how many are erased already."""

    count: int
    size_bytes: int
    duration_s: float
    erased: int


def recorded(session: Session) -> Recorded:
    """What there is of recordings."""
    found = Recording.objects.filter(feed__session=session)
    kept = found.filter(erased_at=None)
    sums = kept.aggregate(size_bytes=Sum("size_bytes"), duration_s=Sum("duration_s"))
    return Recorded(
        count=kept.count(),
        size_bytes=sums["size_bytes"] or 0,
        duration_s=sums["duration_s"] or 0.0,
        erased=found.exclude(erased_at=None).count(),
    )


def sessions_to_forget(now: datetime) -> list[Session]:
    """Closed sessions that still have recordings and have kept them for their number of days."""
    kept = Recording.objects.filter(erased_at=None).values("feed__session")
    found = Session.objects.filter(
        state=SessionState.CLOSED, keep_recordings_days__gt=0, pk__in=kept
    ).exclude(closed_at=None)
    return [
        session
        for session in found.select_related("room").order_by("pk")
        if session.closed_at
        and session.closed_at + timedelta(days=session.keep_recordings_days) <= now
    ]


def askers_like(session: Session, words: str) -> list[Author]:
    """Authors of the session whose name or handle holds these words, or whose post has this
    address; each with `posts_here`. Twenty at most."""
    words = words.strip()
    if not words:
        return []
    posts = Post.objects.filter(session=session)
    named = Q(name__icontains=words) | Q(handle__icontains=words.lstrip("@")) | Q(remote_id=words)
    by_post = Q(pk__in=posts.filter(url=words).values("author"))
    found = Author.objects.filter(named | by_post, pk__in=posts.values("author"), erased_at=None)
    here = Q(posts__session=session, posts__deleted_at=None)
    counted = found.exclude(remote_id="").annotate(posts_here=Count("posts", filter=here))
    return list(counted.order_by("name", "pk")[:FOUND_MAX])


def author_in(session: Session, author_id: int) -> Author:
    """An author who posted in that session. Raises NotFound."""
    posts = Post.objects.filter(session=session, author_id=author_id)
    author = Author.objects.filter(pk=author_id).exclude(remote_id="").first()
    if author is None or not posts.exists():
        raise NotFound
    return author


def replies_elsewhere(author: Author) -> list[str]:
    """Addresses of what stands on a network under posts of this author: replies to them, and what
    they were asked."""
    found: list[str] = []
    for rows in (Reply, Clarification):
        sent = rows.objects.filter(question__post__author=author, state=SendState.SENT)
        found += sent.exclude(url="").order_by("sent_at", "pk").values_list("url", flat=True)
    return found
