"""What the heat maps are told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from blueroom.base.clock import now
from blueroom.desk.wire import SessionChanged
from blueroom.posts.locations import gazetteer
from blueroom.posts.queries import (
    LocationRow,
    locations_after,
    map_revision,
    newest_post,
)
from blueroom.room.cards import card_of_session
from blueroom.room.models import Session
from blueroom.updates.tell import Notice
from blueroom.walls.heat_points import told
from blueroom.walls.heat_queries import heat_counts, heat_state, moments
from blueroom.walls.heat_wire import (
    NO_PLACE,
    HeatChange,
    HeatCountsChanged,
    HeatPlace,
    HeatState,
    MomentsChanged,
    PointsChanged,
)

SCREEN = "heat"
TOLD_AT_ONCE = 2_000  # points in a message; walls fetch more than that packed

# Up to which revision each session's maps were told by this process, and the newest post then.
# Where another one told more, walls see that they miss nothing or fetch what they miss.
_told: dict[int, tuple[int, int]] = {}


def snapshot(session: Session) -> HeatState:
    """Everything a heat map shows when it opens, but for its points."""
    return heat_state(session, now=now())


def changes(session: Session, notice: Notice) -> Iterator[HeatChange]:
    """What the session's screens are told of a notice."""
    if notice.session:
        yield SessionChanged(card_of_session(session))
    if notice.session or (notice.questions and notice.at_once):
        yield MomentsChanged(moments(session))
    if notice.counts:
        yield HeatCountsChanged(heat_counts(session, now=now(), is_tail=True))
        points = _points_changed(session.pk)
        if points is not None:
            yield points


def _points_changed(session_id: int) -> PointsChanged | None:
    """The points since this process last told any; None where there are none."""
    since, newest = _told.get(session_id, (-1, 0))
    revision = map_revision(session_id)
    if revision == since:
        return None
    _told[session_id] = revision, newest_post(session_id)
    if since < 0 or revision - since > TOLD_AT_ONCE:
        return _to_be_fetched(revision)
    added: list[int] = []
    places: dict[str, int] = {}
    for _number, post, level, place, x, y, received_s in _rows(session_id, since, revision):
        # What was somewhere before leaves there; the keeper of the points knows where that was.
        if post <= newest or not level or x is None or y is None:
            return _to_be_fetched(revision)
        index = places.setdefault(place, len(places)) if place else NO_PLACE
        added += (x, y, received_s, index)
    return PointsChanged(
        id=revision, since=since, is_whole=True, added=added, places=_named(places)
    )


def _rows(session_id: int, since: int, until: int) -> Iterator[LocationRow]:
    for rows in locations_after(session_id=session_id, revision=since):
        yield from (row for row in rows if row[0] <= until)


def _named(codes: Iterable[str]) -> list[HeatPlace]:
    found = gazetteer().places(codes)
    return [told(found[code]) if code in found else _nameless(code) for code in codes]


def _to_be_fetched(revision: int) -> PointsChanged:
    return PointsChanged(id=revision, since=revision, is_whole=False, added=[], places=[])


def _nameless(code: str) -> HeatPlace:
    """A place that the list of places no longer holds."""
    return HeatPlace(code=code, level="city", fr="", en="", lat=0.0, lon=0.0)
