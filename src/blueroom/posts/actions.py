"""What happens to posts: they arrive, their payloads are forgotten, an author objects; and what
happens to the channels they come by."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F
from django.db.transaction import on_commit

from blueroom.networks import interface
from blueroom.places.gazetteer import Place
from blueroom.places.locating import spot_of_place
from blueroom.posts import locations
from blueroom.posts.handover import Said
from blueroom.posts.holder import is_gone
from blueroom.posts.locations import Placed, placed
from blueroom.posts.models import (
    Author,
    Channel,
    ChannelState,
    LocationSource,
    Payload,
    Post,
    Sorting,
)
from blueroom.posts.rules import clean_post
from blueroom.posts.store import IsMessage, Received, store_posts, take_turn
from blueroom.room.actor import Actor
from blueroom.room.models import Session, SessionState
from blueroom.room.writing import one_transaction
from blueroom.updates.tell import changed

__all__ = [
    "Received",
    "erase_author",
    "forget_payloads",
    "hold_channels",
    "keep_channel_states",
    "locate_author",
    "locate_posts",
    "receive",
    "release_channels",
    "retry_channel",
    "switch_channel",
]

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=10)
RENEWAL = timedelta(seconds=6)  # left of a lease when it is renewed


def receive(
    *,
    session: Session,
    posts: Sequence[interface.Post],
    now: datetime,
    channel: int | None = None,
    cursor: str | None = None,
    behind_s: float = 0.0,
    seen: int = 0,
    are_clean: bool = False,
    is_message: IsMessage | None = None,
) -> Received:
    """Store posts in the order of their delivery, and with them where their channel stands.

    `channel` is the id of the channel they came by, `cursor` what stands after the last of them
    (None leaves the channel's own). May be repeated: what was delivered before is counted, no more.
    `are_clean` says that `rules.clean_post` was passed already. `is_message` tells the new posts
    that the desk need not look at: most of them, and looking costs as much as storing.

    Raises:
        PostRefused: a post breaks a rule; nothing is stored.
    """
    if not are_clean:
        posts = [clean_post(post, now=now)[0] for post in posts]
    with one_transaction():
        received = store_posts(
            session_id=session.pk,
            posts=posts,
            now=now,
            keeps_raw=session.keep_raw_days > 0,
            is_message=is_message,
        )
        if channel is not None and cursor is not None:
            Channel.objects.filter(pk=channel).update(
                cursor=cursor, cursor_at=now, behind_s=behind_s, seen=F("seen") + seen
            )
        if received.post_ids:
            changed(session.pk, counts=True, when=on_commit)
    return received


def forget_payloads(*, now: datetime, slice_size: int = 1000) -> int:
    """Forget payloads kept longer than their session says. Returns how many.

    Each slice is a transaction of its own, so that arriving posts wait for one slice at most.
    """
    forgotten = 0
    days = Session.objects.order_by().values_list("keep_raw_days", flat=True).distinct()
    for keep_days in list(days):
        too_old = Payload.objects.filter(
            post__session__keep_raw_days=keep_days,
            received_at__lt=now - timedelta(days=keep_days),
        )
        while post_ids := list(too_old.values_list("pk", flat=True)[:slice_size]):
            with one_transaction():
                forgotten += Payload.objects.filter(pk__in=post_ids).delete()[0]
    return forgotten


def erase_author(*, author: Author, now: datetime, by: Actor) -> int:
    """Empty an author's name and texts in every session, because they object. May be repeated.

    Their later posts are left out. Returns how many posts were emptied; the desk withdraws their
    questions when it next sorts.
    """
    with one_transaction():
        Author.objects.filter(pk=author.pk).update(
            name="", handle="", place="", followers=None, erased_at=now
        )
        posts = Post.objects.filter(author=author)
        Payload.objects.filter(post__author=author).delete()
        sessions = list(posts.order_by().values_list("session_id", flat=True).distinct())
        for session_id in sorted(sessions):
            with connection.cursor() as cursor:
                take_turn(cursor, session_id)
                theirs = list(posts.filter(session_id=session_id).values_list("pk", flat=True))
                locations.take_off(cursor, session_id, theirs)
        emptied = posts.filter(deleted_at=None).update(
            text="",
            alts="",
            url="",
            language="",
            lat=None,
            lon=None,
            deleted_at=now,
            sorting=Sorting.NEW,
        )
        for session_id in sessions:
            changed(session_id, counts=True, when=on_commit)
    log.info("%s erased the author %s of %s", by.name, author.pk, author.network)
    return emptied


def locate_author(*, post: Post, place: Place | None, now: datetime, by: Actor) -> int:
    """Put a post where somebody at the desk says it is, or off the map; how many posts that moved.

    The author's other posts in this session go with it, the next ones too; a post with a point of
    its own is moved alone. May be repeated.
    """
    spot = spot_of_place(place) if place else None
    with one_transaction(), connection.cursor() as cursor:
        take_turn(cursor, post.session_id)
        if post.lat is None and post.author.remote_id:
            found = locations.posts_of_authors(cursor, post.session_id, [post.author_id])
            moved = [(post_id, at) for _, post_id, at in found]
        else:
            moved = [(post.pk, post.received_at)] if post.deleted_at is None else []
        rows = [
            Placed(post_id, int(at.timestamp()), spot, LocationSource.PERSON)
            for post_id, at in moved
        ]
        locations.move(cursor, post.session_id, rows, by_person=True)
        changed(post.session_id, counts=True, at_once=True, when=on_commit)
    log.info("%s located %d posts of the session %s", by.name, len(rows), post.session_id)
    return len(rows)


def locate_posts(*, session: Session, slice_size: int = 2000) -> int:
    """Put those posts of a session on the map that were stored without; how many were looked at.

    Each slice is a transaction of its own. May be repeated.
    """
    after = looked_at = 0
    while True:
        with one_transaction(), connection.cursor() as cursor:
            take_turn(cursor, session.pk)
            posts = list(
                Post.objects.filter(
                    session=session, pk__gt=after, deleted_at=None, location__isnull=True
                )
                .order_by("pk")
                .values_list("pk", "received_at", "lat", "lon", "author__place")[:slice_size]
            )
            rows = [
                placed(post_id=pk, received_at=at, lat=lat, lon=lon, stated=stated)
                for pk, at, lat, lon, stated in posts
            ]
            locations.move(cursor, session.pk, [row for row in rows if row.spot])
            if rows:
                changed(session.pk, counts=True, when=on_commit)
        if not posts:
            return looked_at
        after = posts[-1][0]
        looked_at += len(posts)


def switch_channel(*, channel: Channel, enabled: bool, now: datetime, by: Actor) -> Channel:
    """Listen on this channel, or no longer; the listener follows within a second."""
    with one_transaction():
        channel.is_enabled = enabled
        channel.state = ChannelState.WAITING if enabled else ChannelState.OFF
        channel.error_code = channel.error_message = ""
        channel.save(update_fields=["is_enabled", "state", "error_code", "error_message"])
        changed(channel.session_id, channels=True, when=on_commit)
    return channel


def retry_channel(*, channel: Channel, now: datetime, by: Actor) -> Channel:
    """Begin again on a channel that needed somebody, or had no more to say."""
    return switch_channel(channel=channel, enabled=True, now=now, by=by)


def hold_channels(*, holder: str, now: datetime) -> list[Channel]:
    """The channels of running sessions that this holder listens to from now on, and no one else.

    A lease lasts ten seconds and is renewed by calling again; one that another process holds is
    left to it until it ends, or its process does. Clocks of several machines may differ by a few
    seconds: two listeners of one channel for a moment only deliver twice. Channels come with their
    session and account.
    """
    running = Channel.objects.filter(
        is_enabled=True, session__state__in=[SessionState.OPEN, SessionState.ON_AIR]
    )
    channels = running.select_related("session", "account").order_by("id")
    return [channel for channel in channels if _is_held(channel, holder, now)]


def _is_held(channel: Channel, holder: str, now: datetime) -> bool:
    """Whether the holder has the lease now, which it takes or renews where that is due."""
    is_ours = channel.leased_by == holder
    if is_ours and channel.leased_until and channel.leased_until - now > RENEWAL:
        return True
    return (is_ours or _is_free(channel, now)) and _take_lease(channel, holder, now)


def _is_free(channel: Channel, now: datetime) -> bool:
    return channel.leased_until is None or channel.leased_until < now or is_gone(channel.leased_by)


def _take_lease(channel: Channel, holder: str, now: datetime) -> bool:
    """Whether the lease is ours: of several who saw it free, one gets it."""
    seen = Channel.objects.filter(
        pk=channel.pk, leased_by=channel.leased_by, leased_until=channel.leased_until
    )
    with one_transaction():
        return bool(seen.update(leased_by=holder, leased_until=now + LEASE))


def release_channels(
    *, holder: str, state: ChannelState, channel_ids: Iterable[int] | None = None
) -> None:
    """Give this holder's leases back, or those of these channels. May be repeated."""
    held = Channel.objects.filter(leased_by=holder)
    if channel_ids is not None:
        held = held.filter(pk__in=channel_ids)
    with one_transaction():
        sessions = set(held.values_list("session_id", flat=True))
        held.update(leased_by="", leased_until=None, state=state, error_code="", error_message="")
        for session_id in sessions:
            changed(session_id, channels=True, when=on_commit)


def keep_channel_states(said: Sequence[Said]) -> None:
    """Keep how the listening goes. What a person switched in between is left as it is."""
    stored = Channel.objects.in_bulk([one.channel_id for one in said])
    for one in said:
        channel = stored.get(one.channel_id)
        if channel is None:
            continue
        with one_transaction():
            Channel.objects.filter(pk=channel.pk, state=channel.state, is_enabled=True).update(
                state=one.state, error_code=one.code[:60], error_message=one.message[:300]
            )
            changed(channel.session_id, channels=True, when=on_commit)
