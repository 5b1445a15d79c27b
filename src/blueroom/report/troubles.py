"""What is read of what went wrong: cameras that were away, replies and clips that failed, channels
that need somebody, screens that were covered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from django.utils.translation import gettext

from blueroom.clips.models import Clip, WorkState
from blueroom.posts.models import Channel
from blueroom.publish.models import Reply
from blueroom.report.contents import Trouble
from blueroom.report.names import network_name
from blueroom.room.models import Session
from blueroom.studio.models import Feed, FeedKind, Recording
from blueroom.walls.models import Panic

AWAY = timedelta(seconds=2)  # a camera that comes back sooner was not missed
TITLE_LETTERS = 90


def troubles_of(session: Session, failed: list[Reply], *, now: datetime) -> list[Trouble]:
    """All of it, in the order it happened; what has no moment comes last."""
    found = [
        *_feeds_lost(session),
        *_covered(session, now),
        *_replies(failed),
        *_clips(session),
        *_channels(session),
    ]
    return sorted(found, key=lambda one: (one.at is None, one.at or now))


def _feeds_lost(session: Session) -> Iterator[Trouble]:
    """Times between two recordings of one camera, while the session was on air."""
    if session.on_air_at is None:
        return
    recorded = Recording.objects.filter(feed__session=session).exclude(feed__kind=FeedKind.FAN)
    by_feed: dict[int, list[Recording]] = {}
    for recording in recorded.select_related("feed").order_by("began_at", "id"):
        by_feed.setdefault(recording.feed_id, []).append(recording)
    for recordings in by_feed.values():
        for before, after in pairwise(recordings):
            left_at = before.ended_at
            if left_at is None or left_at < session.on_air_at:
                continue
            away = after.began_at - left_at
            if away > AWAY and (session.closed_at is None or left_at < session.closed_at):
                seconds = round(away.total_seconds())
                yield _trouble("feed_lost", left_at, before.feed.name, seconds=seconds)
    for feed in Feed.objects.filter(session=session).exclude(code="").exclude(kind=FeedKind.FAN):
        if feed.pk not in by_feed:
            yield _trouble("feed_lost", feed.connected_at, feed.name, message=feed.message)


def _covered(session: Session, now: datetime) -> Iterator[Trouble]:
    began_at = None
    for panic in Panic.objects.filter(session=session):
        if panic.is_on:
            began_at = began_at or panic.at
        elif began_at is not None:
            yield _trouble("covered", began_at, "", seconds=_seconds(panic.at - began_at))
            began_at = None
    if began_at is not None:
        yield _trouble("covered", began_at, "", seconds=_seconds(now - began_at))


def _replies(failed: list[Reply]) -> Iterator[Trouble]:
    for reply in failed:
        text = reply.question.shown_text[:TITLE_LETTERS]
        yield _trouble("reply_failed", reply.asked_at, text, message=reply.error_message)


def _clips(session: Session) -> Iterator[Trouble]:
    failed = Clip.objects.filter(
        answer__question__session=session,
        answer__question__withdrawn_at=None,
        state=WorkState.FAILED,
        removed_at=None,
    )
    for clip in failed.select_related("answer__question__wording").order_by("id"):
        if clip.answer is not None:
            text = clip.answer.question.shown_text[:TITLE_LETTERS]
            yield _trouble("clip_failed", clip.changed_at, text, message=clip.message)


def _channels(session: Session) -> Iterator[Trouble]:
    for channel in Channel.objects.filter(session=session, is_enabled=True).order_by("network"):
        if channel.error_message:
            name = network_name(channel.network)
            yield _trouble("channel_failed", None, name, message=channel.error_message)


def _trouble(
    kind: str, at: datetime | None, subject: str, *, seconds: int | None = None, message: str = ""
) -> Trouble:
    said = gettext(message) if message else ""
    return Trouble(kind=kind, at=at, subject=subject, seconds=seconds, message=said)


def _seconds(length: timedelta) -> int:
    return round(length.total_seconds())
