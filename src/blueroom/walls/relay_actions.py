"""What the crew does with videos from elsewhere, and what is found when they are looked at."""

from __future__ import annotations

from datetime import datetime, timedelta

from asgiref.sync import async_to_sync
from django.db.models import Max, QuerySet
from django.db.transaction import on_commit

from blueroom.base.errors import BlueRoomError, TryLater
from blueroom.base.outbound import door
from blueroom.posts.models import Post
from blueroom.room.actions import NotAllowed
from blueroom.room.actor import Actor
from blueroom.room.cards import absolute
from blueroom.room.models import Session, SessionState
from blueroom.room.rules import clean_line, may
from blueroom.room.writing import one_transaction
from blueroom.updates.tell import changed
from blueroom.walls import relay_check
from blueroom.walls.errors import (
    RelayAddressUnclear,
    RelayEnded,
    RelayInsecure,
    RelayKnown,
    RelayNotOnWall,
    RelaySilent,
    RelayStill,
    TooManyRelays,
)
from blueroom.walls.models import Relay
from blueroom.walls.relay_addresses import OURS, Found, Way, recognise
from blueroom.walls.relay_check import Seen
from blueroom.walls.relay_queries import post_of_address, relays_of, video_of

NAME_LENGTH_MAX = 80
LISTED_MAX = 40
ON_WALL_MAX = 4  # each has a decoder and a line of its own, beside the feeds
HEARABLE = (*OURS, Way.YOUTUBE)  # those whose players can be told to be heard
LOOKED_AT = (*OURS, Way.PEERTUBE)  # those of which we can know whether they play
LOOK_EVERY = timedelta(seconds=10)
LOOKS_AT_ONCE = 40
STILL_AFTER = timedelta(seconds=20)
STILL_TARGETS = 3  # so many segments late, a live playlist stands still


def _check(by: Actor) -> None:
    if not may(by.role, "moderate"):
        raise NotAllowed(verb="moderate")


def add_relay(
    *, session: Session, address: str, name: str, place: str, now: datetime, by: Actor
) -> Relay:
    """Keep a video from elsewhere, for somebody to put it on the wall. Asks its server first; one
    that does not play now is kept all the same, for it may begin later.

    `address` may be the page of a post of this session that holds a video.

    Raises: RelayAddressUnclear, RelayInsecure, RelayNotVideo, RelayNotShared, RelayKnown,
        TooManyRelays, AddressRefused, FieldRefused.
    """
    _check(by)
    post = post_of_address(session, address)
    found, shown = _what_plays(post, address)
    site = absolute("")
    if site.startswith("https:") and found.url.startswith("http:"):
        raise RelayInsecure
    name = clean_line(name or shown, field="name", length_max=NAME_LENGTH_MAX)
    place = clean_line(place, field="place", length_max=NAME_LENGTH_MAX) if place.strip() else ""
    listed = relays_of(session)
    if any(relay.url == found.url for relay in listed):
        raise RelayKnown
    if len(listed) >= LISTED_MAX:
        raise TooManyRelays
    relay = Relay(
        session=session,
        way=found.way,
        url=found.url,
        page=address.strip(),
        post=post,
        name=name,
        place=place,
        made_at=now,
        made_by=by.name,
        moved_at=now,
        due_at=now,
    )
    look = async_to_sync(relay_check.look_at)
    try:
        seen = look(door(), found.way, found.url, site=site, is_first=True)
    except TryLater as error:
        seen = error
    _note(relay, seen, now)
    with one_transaction():
        if Relay.objects.filter(session=session, url=found.url).exists():
            raise RelayKnown
        last = Relay.objects.filter(session=session).aggregate(last=Max("position"))["last"]
        relay.position = (last or 0) + 1
        relay.save()
    return relay


def _what_plays(post: Post | None, address: str) -> tuple[Found, str]:
    """What plays there, and whose it is as far as that is known. Raises: RelayAddressUnclear."""
    if post is None:
        return recognise(address), ""
    video = video_of(post)
    if video is None:
        raise RelayAddressUnclear
    return Found(Way.HLS if video.is_playlist else Way.FILE, video.url), str(post.author)[:80]


def change_relay(
    *,
    relay: Relay,
    is_on_wall: bool | None = None,
    is_large: bool | None = None,
    is_heard: bool | None = None,
    name: str | None = None,
    place: str | None = None,
    now: datetime,
    by: Actor,
) -> Relay:
    """Put it on the wall or take it off, let it be large or heard (one each, the other gives way),
    or name it anew; what is None stays.

    Raises: TooManyRelays, RelayNotOnWall, RelaySilent, FieldRefused.
    """
    _check(by)
    with one_transaction():
        relay = Relay.objects.select_for_update().get(pk=relay.pk)
        if name is not None:
            relay.name = clean_line(name, field="name", length_max=NAME_LENGTH_MAX)
        if place is not None:
            filled = place.strip()
            relay.place = filled and clean_line(place, field="place", length_max=NAME_LENGTH_MAX)
        if is_on_wall is not None:
            _hang(relay, is_on_wall, now, by)
        if is_large is not None:
            _give("is_large", relay, is_large)
        if is_heard is not None:
            if is_heard and relay.way not in HEARABLE:
                raise RelaySilent
            _give("is_heard", relay, is_heard)
        relay.save()
        _tell(relay.session_id)
    return relay


def _hang(relay: Relay, is_on: bool, now: datetime, by: Actor) -> None:
    if is_on and not relay.is_on_wall:
        hung = Relay.objects.filter(session=relay.session_id, is_on_wall=True).count()
        if hung >= ON_WALL_MAX:
            raise TooManyRelays
        relay.approved_at, relay.approved_by = now, by.name
        relay.due_at = relay.moved_at = now
    relay.is_on_wall = is_on
    if not is_on:
        relay.is_large = relay.is_heard = False


def _give(what: str, relay: Relay, is_given: bool) -> None:
    if is_given and not relay.is_on_wall:
        raise RelayNotOnWall
    if is_given:
        others = Relay.objects.filter(session=relay.session_id, **{what: True})
        others.exclude(pk=relay.pk).update(**{what: False})
    setattr(relay, what, is_given)


def move_relay(*, relay: Relay, position: int, by: Actor) -> None:
    """Put it at that place of the list, 0 the first."""
    _check(by)
    with one_transaction():
        order = [one for one in relays_of(relay.session) if one.pk != relay.pk]
        order.insert(max(0, position), relay)
        for at, one in enumerate(order, start=1):
            Relay.objects.filter(pk=one.pk).update(position=at)
        _tell(relay.session_id)


def remove_relay(*, relay: Relay, by: Actor) -> None:
    """Off the wall, and off the list."""
    _check(by)
    with one_transaction():
        relay.delete()
        _tell(relay.session_id)


def look_at_relays(*, now: datetime) -> int:
    """Look at those on walls that are due: who plays nothing leaves, who plays again is back; how
    many. May be repeated."""
    due = Relay.objects.filter(is_on_wall=True, due_at__lte=now, way__in=LOOKED_AT)
    open_now = due.exclude(session__state=SessionState.CLOSED)
    found = list(open_now.order_by("due_at")[:LOOKS_AT_ONCE])
    if not found:
        return 0
    asked = [(relay.way, relay.url) for relay in found]
    look = async_to_sync(relay_check.look_at_all)
    for relay, seen in zip(found, look(door(), asked, site=absolute("")), strict=True):
        _keep_seen(relay.pk, seen, now)
    return len(found)


def _keep_seen(relay_id: int, seen: Seen | BlueRoomError, now: datetime) -> None:
    with one_transaction():
        relay = Relay.objects.select_for_update().filter(pk=relay_id).first()
        if relay is None:
            return
        before = (relay.code, relay.origins)
        _note(relay, seen, now)
        relay.save(update_fields=["origins", "is_live", "mark", "moved_at", "due_at", "code"])
        if (relay.code, relay.origins) != before:
            _tell(relay.session_id)


def _note(relay: Relay, seen: Seen | BlueRoomError, now: datetime) -> None:
    relay.due_at = now + LOOK_EVERY
    if isinstance(seen, BlueRoomError):
        _say(relay, seen)
        return
    has_ended = relay.is_live and relay.way == Way.HLS and not seen.is_live
    if seen.mark != relay.mark:
        relay.mark, relay.moved_at = seen.mark, now
    still_s = max(STILL_AFTER.total_seconds(), STILL_TARGETS * seen.target_s)
    is_still = seen.is_live and bool(seen.mark) and (now - relay.moved_at).total_seconds() > still_s
    # A playlist is followed on the wall for as long as it may be read; only its end is for good.
    relay.is_live = seen.is_live or has_ended
    relay.origins = seen.origins
    _say(relay, RelayEnded() if has_ended else RelayStill() if is_still else None)


def _say(relay: Relay, problem: BlueRoomError | None) -> None:
    relay.code = problem.code if problem else ""


def _tell(session_id: int) -> None:
    changed(session_id, walls=True, at_once=True, when=on_commit)


def forget_relays(posts: QuerySet[Post]) -> None:
    """Take the videos of these posts off every list, for their authors object."""
    with one_transaction():
        found = Relay.objects.filter(post__in=posts)
        for session_id in set(found.values_list("session", flat=True)):
            _tell(session_id)
        found.delete()
