"""What walls show."""

from __future__ import annotations

from datetime import datetime

import msgspec
from django.db.models import Case, F, When

from blueroom.desk import rules as desk
from blueroom.desk.models import QuestionState
from blueroom.desk.queries import (
    card_of_row,
    card_on_air,
    cards_answered,
    cards_next,
    questions_counted,
    questions_of,
    rows,
)
from blueroom.desk.wire import Card
from blueroom.posts.queries import counts_of
from blueroom.room.cards import card_of_session
from blueroom.room.links import LinkRevoked, LinkUnknown, open_link
from blueroom.room.models import Link, Screen, Session
from blueroom.room.tickets import stream_address
from blueroom.studio.models import Feed, FeedState, Programme, ProgrammeState
from blueroom.studio.queries import live_card, monitor_hls, programme_hls
from blueroom.walls import rules
from blueroom.walls.models import Layout, OpenScreen, Scene, WallScene
from blueroom.walls.relay_queries import relay_tiles, relays_shown
from blueroom.walls.wire import (
    SceneLine,
    Tile,
    VideosState,
    WallCounts,
    WallProgramme,
    WallState,
)

CURVE_MINUTES = 20
TILES_MAX = 9  # what a television's computer decodes, and what can be told apart from 5 m


def wall_stream(secret: str) -> str | None:
    """The address of a questions wall's stream, with a fresh ticket; None for any other secret."""
    try:
        link = open_link(secret)
    except (LinkUnknown, LinkRevoked):
        return None
    if link.screen != Screen.WALL_QUESTIONS:
        return None
    return stream_address(subject=f"link:{link.pk}", session=link.session, screen="wall")


def wall_counts(session: Session, *, now: datetime) -> WallCounts:
    """How much came in and was answered; the curve's last minute is still running.

    Nothing where the session's public screens show no counts.
    """
    if not session.shows_counts:
        return WallCounts(posts=0, questions=0, answered=0, curve=[])
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
        scenes=scene_lines(session),
        voices=voices(session),
        answered=cards_answered(session, limit=rules.ANSWERED_MAX),
        live=live_card(session),
    )


def scene_lines(session: Session) -> list[SceneLine]:
    """What the crew chose for the session's walls."""
    found = WallScene.objects.filter(link__session=session, link__revoked_at__isnull=True)
    return [
        SceneLine(
            link_id=chosen.link_id,
            scene=chosen.scene,
            layout=chosen.layout,
            focus_id=chosen.focus_id,
            advance_s=chosen.advance_s,
            since=chosen.since_at,
            until=chosen.until_at,
            then=chosen.then_scene,
        )
        for chosen in found.order_by("link_id")
    ]


def voices(session: Session) -> list[Card]:
    """Questions that the public may see: the one on air, the next, then the newest answered."""
    states = (QuestionState.ON_AIR, QuestionState.LINED_UP, QuestionState.ANSWERED)
    order = Case(*(When(state=state, then=place) for place, state in enumerate(states)))
    found = questions_of(session).filter(state__in=states).annotate(place=order)
    first = F("position").asc(nulls_last=True), F("answered_at").desc(nulls_last=True)
    shown = rows(found.order_by("place", *first)[: rules.VOICES_MAX])
    return [card_of_row(row, shows_counts=session.shows_counts) for row in shown]


def questions_shown(session: Session, chosen: WallScene) -> list[int]:
    """The ids among which the focus of a wall moves, in the order in which they stand there."""
    if chosen.scene == Scene.ANSWERED:
        return [one.card.id for one in cards_answered(session, limit=rules.ANSWERED_MAX)]
    if chosen.scene == Scene.NEXT:
        return [card.id for card in cards_next(session)]
    if chosen.scene not in (Scene.AUTO, Scene.QUESTION) or chosen.layout == Layout.ONE:
        return []
    if chosen.layout == Layout.VOICES:
        return [card.id for card in voices(session)]
    on_air = card_on_air(session)
    cards = [*([on_air] if on_air else []), *cards_next(session)]
    return [card.id for card in cards[: rules.THREE]]


def walls_of(session: Session) -> list[Link]:
    """The session's questions walls whose addresses are in use, the oldest first."""
    found = session.links.filter(screen=Screen.WALL_QUESTIONS, revoked_at__isnull=True)
    return list(found.order_by("id"))


def open_screens(session: Session, *, now: datetime) -> list[OpenScreen]:
    """The session's screens that are open, or were until they fell silent, the oldest first."""
    found = OpenScreen.objects.filter(session=session, reported_at__gt=now - rules.REMEMBERED)
    return list(found.filter(link__revoked_at__isnull=True).select_related("link"))


def videos_state(session: Session) -> VideosState:
    """The videos wall's snapshot. It holds secrets: only who may follow the wall may have it."""
    return VideosState(
        session=card_of_session(session),
        programme=wall_programme(session),
        tiles=tiles(session),
        relays=relay_tiles(session),
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
    made. Of more than nine the later ones are left out, but never the one on air; videos from
    elsewhere take places of the nine."""
    programme = _programme(session)
    is_live = programme is not None and programme.state == ProgrammeState.LIVE
    on_air = programme.feed_id if programme is not None and is_live else None
    found = Feed.objects.filter(session=session, is_on_wall=True, state=FeedState.READY)
    feeds = list(found.exclude(way="").select_related("question").order_by("id"))
    places = TILES_MAX - len(relays_shown(session))
    first = sorted(feeds, key=lambda feed: feed.pk != on_air)[:places]
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
