"""What can be counted of a session."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from blueroom.archive import lines
from blueroom.desk.models import Decision, Question
from blueroom.posts.models import Post, PostCount
from blueroom.publish.models import Reply
from blueroom.room.models import Session
from blueroom.studio.models import Recording


def metrics_of(session: Session, clips: Iterable[lines.Clip]) -> lines.Metrics:
    """The session in numbers."""
    posts = Post.objects.filter(session=session, deleted_at=None)
    asked = Question.objects.filter(session=session, withdrawn_at=None)
    recorded = Recording.objects.filter(feed__session=session, erased_at=None)
    durations_s = {clip.slug: round(clip.duration_s, 3) for clip in clips}
    counted = posts.aggregate(
        posts=Count("pk"),
        messages=Count("pk", filter=Q(question=None)),
        authors=Count("author", distinct=True),
    )
    return lines.Metrics(
        **counted,
        deleted=Post.objects.filter(session=session).exclude(deleted_at=None).count(),
        posts_by_network=_counted(posts, "network"),
        languages=_counted(posts, "language"),
        questions=asked.count(),
        questions_by_state=_counted(asked, "state"),
        askers=asked.aggregate(n=Count("post__author", distinct=True))["n"],
        answered=asked.filter(state="answered").count(),
        decisions=Decision.objects.filter(question__session=session).count(),
        replies_by_state=_counted(Reply.objects.filter(question__session=session), "state"),
        recorded_s=round(recorded.aggregate(s=Sum("duration_s"))["s"] or 0.0, 3),
        clips=len(durations_s),
        clips_s=round(sum(durations_s.values()), 3),
        clip_durations_s=durations_s,
        posts_per_minute=[
            lines.MinuteCount(minute=minute, network=network, posts=posts)
            for minute, network, posts in PostCount.objects.filter(session=session)
            .order_by("minute", "network")
            .values_list("minute", "network", "posts")
        ],
    )


def _counted(found: QuerySet[Any], name: str) -> dict[str, int]:
    """How many there are of each value, the most first."""
    rows = found.order_by().values_list(name).annotate(n=Count("pk")).order_by("-n", name)
    return dict(rows)
