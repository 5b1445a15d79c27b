"""What walls show."""

from __future__ import annotations

from datetime import datetime

import msgspec

from blueroom.desk import rules as desk
from blueroom.desk.queries import card_on_air, cards_next, questions_counted
from blueroom.posts.queries import counts_of
from blueroom.room.cards import card_of_session
from blueroom.room.models import Session
from blueroom.studio.models import Feed, FeedState, Programme, ProgrammeState
from blueroom.studio.queries import monitor_hls, programme_hls
from blueroom.walls.wire import Tile, VideosState, WallCounts, WallProgramme, WallState

CURVE_MINUTES = 20
TILES_MAX = 9  # what a television's computer decodes, and what can be told apart from 5 m


def wall_counts(session: Session, *, now: datetime) -> WallCounts:
    """How much came in and was answered; the curve's last minute is still running."""
    arrived = counts_of(session, now=now)
    questions, answered = questions_counted(session)
    return WallCounts(
        posts=arrived.posts,
        questions=questions,
        answered=answered,
        curve=arrived.curve[-CURVE_MINUTES:],
    )


def wall_state(session: Session, *, now: datetime) -> WallState:
    """The questions wall's snapshot."""
    return WallState(
        session=card_of_session(session),
        on_air=card_on_air(session),
        next=cards_next(session),
        counts=wall_counts(session, now=now),
    )


def videos_state(session: Session) -> VideosState:
    """The videos wall's snapshot. It holds secrets: only who may follow the wall may have it."""
    return VideosState(
        session=card_of_session(session),
        programme=wall_programme(session),
        tiles=tiles(session),
        on_air=card_on_air(session),
    )


def without_monitors(state: VideosState) -> VideosState:
    """The same without the secrets."""
    replace = msgspec.structs.replace
    programme = replace(state.programme, monitor="") if state.programme else None
    bare = [replace(tile, hls="") for tile in state.tiles]
    return replace(state, programme=programme, tiles=bare)


def wall_programme(session: Session) -> WallProgramme | None:
    """The live picture and who is in it; None where the programme is off."""
    programme = _programme(session)
    if programme is None:
        return None
    feed = programme.feed if programme.state == ProgrammeState.LIVE else None
    return WallProgramme(
        state=programme.state,
        hls=programme_hls(programme),
        feed_id=feed.pk if feed else None,
        name=feed.name if feed else "",
        kind=feed.kind if feed else "",
        monitor=monitor_hls(feed) if feed and feed.way else "",
    )


def tiles(session: Session) -> list[Tile]:
    """The feeds that the crew put on the wall and that somebody sends by, in the order they were
    made. Of more than nine the later ones are left out, but never the one on air."""
    programme = _programme(session)
    is_live = programme is not None and programme.state == ProgrammeState.LIVE
    on_air = programme.feed_id if programme is not None and is_live else None
    found = Feed.objects.filter(session=session, is_on_wall=True, state=FeedState.READY)
    feeds = list(found.exclude(way="").select_related("question").order_by("id"))
    first = sorted(feeds, key=lambda feed: feed.pk != on_air)[:TILES_MAX]
    return [_tile(feed, on_air) for feed in feeds if feed in first]


def _programme(session: Session) -> Programme | None:
    found = Programme.objects.filter(session=session).exclude(state=ProgrammeState.OFF)
    return found.select_related("feed").first()


def _tile(feed: Feed, on_air: int | None) -> Tile:
    asked = feed.question
    is_public = asked is not None and asked.state in desk.PUBLIC and asked.withdrawn_at is None
    return Tile(
        id=feed.pk,
        name=feed.name,
        kind=feed.kind,
        question=asked.text if asked is not None and is_public else "",
        hls=monitor_hls(feed),
        is_on_air=feed.pk == on_air,
        width_px=feed.width_px,
        height_px=feed.height_px,
    )
