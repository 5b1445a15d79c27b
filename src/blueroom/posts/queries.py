"""What is read of posts: how many came, and which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db.models import Q, Sum

from blueroom.posts.models import Post, PostCount, Sorting
from blueroom.room.models import Session

CURVE_MINUTES = 60
Kind = Literal["", "message", "question"]
_SORTINGS = {"message": Sorting.MESSAGE, "question": Sorting.QUESTION}


@dataclass(frozen=True, kw_only=True)
class PostCounts:
    """How many posts came, those deleted since included. `curve` is by minute, oldest first."""

    posts: int
    by_network: dict[str, int]
    curve: list[int]


def counts_of(session: Session, *, now: datetime) -> PostCounts:
    """What came for the session until now; the last minute of the curve is still running."""
    kept = PostCount.objects.filter(session=session)
    by_network = dict(kept.values_list("network").annotate(posts=Sum("posts")).order_by("network"))
    last = now.replace(second=0, microsecond=0)
    first = last - timedelta(minutes=CURVE_MINUTES - 1)
    by_minute = dict(
        kept.filter(minute__gte=first).values_list("minute").annotate(posts=Sum("posts")).order_by()
    )
    curve = [by_minute.get(first + timedelta(minutes=i), 0) for i in range(CURVE_MINUTES)]
    return PostCounts(posts=sum(by_network.values()), by_network=by_network, curve=curve)


def posts_after(
    *,
    session_id: int,
    after: int = 0,
    limit: int = 100,
    kind: Kind = "",
    among: Q | None = None,
    is_newest_first: bool = False,
) -> tuple[list[Post], int | None]:
    """A page of posts with their authors, without deleted ones.

    Holds what comes after the id `after` in the order asked for, 0 being its beginning; the
    second value is the `after` of the next page, None where this is the last. `among` is a further
    condition. What the desk has not looked at yet is of neither kind.
    """
    found = Post.objects.filter(session_id=session_id, deleted_at=None)
    if after:
        found = found.filter(id__lt=after) if is_newest_first else found.filter(id__gt=after)
    if kind:
        found = found.filter(sorting=_SORTINGS[kind])
    if among is not None:
        found = found.filter(among)
    order = "-id" if is_newest_first else "id"
    posts = list(found.select_related("author").order_by(order)[: limit + 1])
    page = posts[:limit]
    return page, (page[-1].pk if len(posts) > limit else None)
