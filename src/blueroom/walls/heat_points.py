"""The points of sessions' maps, kept in memory by the process that serves them.

The database is the truth; here are its rows as columns of numbers, brought up to date by revision
whenever somebody asks. All of them are packed and compressed once for many walls: who opens late
gets that, and then the little that came since.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from blueroom.places.gazetteer import Place
from blueroom.posts.locations import gazetteer
from blueroom.posts.queries import LocationRow, locations_after, map_revision, points_on_map
from blueroom.room.models import Session, SessionState
from blueroom.walls.heat_wire import NO_PLACE, Columns, HeatPlace, compressed, packed

SESSIONS_KEPT = 8  # with a million points each takes 50 MB
CHANGES_KEPT = 50_000
LATE = 20_000  # points that came since all were packed: then they are packed anew
READY = 10_000  # the same where nobody waits for it
SESSIONS_READY = 4  # less than are kept: who asks for others shall find theirs too
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Told:
    """Points as they travel, and what they lead to."""

    body: bytes
    is_compressed: bool


class Points:
    """One session's points. For any thread."""

    def __init__(self, session_id: int) -> None:
        self._session_id = session_id
        self._turn = threading.Lock()
        self._posts: Ids = np.empty(0, dtype=np.int64)
        self._points: Columns = np.empty((0, 4), dtype=np.int64)
        self._codes: dict[str, int] = {}
        self._places: list[HeatPlace] = []
        self._revision = 0
        # What was added and gone since the rows were first read, each after its revision.
        self._added: list[tuple[int, Columns]] = []
        self._gone: list[tuple[int, Columns]] = []
        self._known_from = 0
        self._all: tuple[int, bytes] | None = None

    def tell(self, *, after: int = 0) -> Told:
        """All points, or where it is known what changed after that revision, that alone."""
        with self._turn:
            self._catch_up()
            if after and self._known_from <= after <= self._revision:
                return Told(self._since(after), is_compressed=False)
            return Told(self._whole(), is_compressed=True)

    def make_ready(self) -> bool:
        """Pack all points where there are many that nobody packed; whether there were."""
        revision = map_revision(self._session_id)
        with self._turn:
            packed_at = self._all[0] if self._all else 0
            if revision == packed_at or (packed_at and revision - packed_at < READY):
                return False
            self._catch_up()
            self._all = self._pack()
            return True

    def _whole(self) -> bytes:
        """All points as they were lately: who gets them asks for the rest."""
        if self._all is None or not self._is_fresh(self._all[0]):
            self._all = self._pack()
        return self._all[1]

    def _pack(self) -> tuple[int, bytes]:
        body = packed(
            revision=self._revision,
            since=0,
            added=_in_order(self._points),
            gone=self._points[:0],
            places=self._places,
        )
        return self._revision, compressed(body)

    def _is_fresh(self, revision: int) -> bool:
        return self._known_from <= revision and self._revision - revision <= LATE

    def _since(self, after: int) -> bytes:
        added, gone = (_later(some, after) for some in (self._added, self._gone))
        used = np.unique(np.concatenate([added[:, 3], gone[:, 3]]))
        used = used[used != NO_PLACE]
        return packed(
            revision=self._revision,
            since=after,
            added=_renumbered(added, used),
            gone=_renumbered(gone, used),
            places=[self._places[index] for index in used],
        )

    def _catch_up(self) -> None:
        """Read what is new in the database."""
        if self._revision:
            for rows in locations_after(session_id=self._session_id, revision=self._revision):
                self._follow(rows)
                self._revision = rows[-1][0]
        else:
            self._begin()

    def _begin(self) -> None:
        """Read all there is. What changes meanwhile comes once more, as a change."""
        revision = map_revision(self._session_id)
        numbers, codes = points_on_map(self._session_id)
        if numbers:
            self._posts, point = np.fromstring(numbers, np.int64, sep=" ").reshape(-1, 2).T
            places = codes.split(" ")
            index = {code: self._index(code) for code in dict.fromkeys(places)}
            # Column by column: a million rows side by side are as much again in memory.
            self._points = np.empty((len(point), 4), dtype=np.int64)
            self._points[:, 0] = point >> 16 & 0xFFFF
            self._points[:, 1] = point & 0xFFFF
            self._points[:, 2] = point >> 32
            self._points[:, 3] = np.fromiter(map(index.__getitem__, places), np.int64, len(point))
        self._known_from = self._revision = revision

    def _follow(self, rows: Sequence[LocationRow]) -> None:
        """Take changes in: posts that are here already leave first, wherever they go."""
        latest = {row[1]: row for row in rows}
        ids = np.fromiter(latest, np.int64, len(latest))
        if len(self._posts) and ids.min() <= self._posts.max():  # others are new
            is_moved = np.isin(self._posts, ids)
            for post_id, point in zip(self._posts[is_moved], self._points[is_moved], strict=True):
                self._gone.append((latest[int(post_id)][0], point.reshape(1, 4)))
            self._posts, self._points = self._posts[~is_moved], self._points[~is_moved]
        there = [row for row in latest.values() if row[2]]
        if there:
            came = self._columns(there)
            self._added += [(row[0], came[at : at + 1]) for at, row in enumerate(there)]
            new = np.fromiter((row[1] for row in there), np.int64, len(there))
            self._posts = np.concatenate([self._posts, new])
            self._points = np.concatenate([self._points, came])
        self._forget_old_changes()

    def _forget_old_changes(self) -> None:
        for changes in (self._added, self._gone):
            if len(changes) > CHANGES_KEPT:
                changes.sort(key=lambda change: change[0])
                over = len(changes) - CHANGES_KEPT // 2
                self._known_from = max(self._known_from, changes[over - 1][0])
                del changes[:over]

    def _columns(self, rows: Sequence[LocationRow]) -> Columns:
        """The rows as points; one that left has -1 for x."""
        flat = (
            value
            for _, _, level, place, x, y, received_s in rows
            for value in (x if level else -1, y or 0, received_s, self._index(place))
        )
        return np.fromiter(flat, np.int64, 4 * len(rows)).reshape(-1, 4)

    def _index(self, code: str) -> int:
        found = self._codes.get(code)
        if found is None:
            place = gazetteer().place(code) if code else None
            if place is None or len(self._places) == NO_PLACE:
                found = NO_PLACE
            else:
                found = len(self._places)
                self._places.append(told(place))
            self._codes[code] = found
        return found


def told(place: Place) -> HeatPlace:
    """A place as walls have it."""
    return HeatPlace(
        code=place.code,
        level=place.level,
        fr=place.name_fr,
        en=place.name_en,
        lat=round(place.lat, 3),
        lon=round(place.lon, 3),
    )


def _in_order(points: Columns) -> Columns:
    """The points by their seconds, as they mostly are."""
    seconds = points[:, 2]
    if np.all(seconds[1:] >= seconds[:-1]):
        return points
    return points[np.argsort(seconds, kind="stable")]


def _later(changes: list[tuple[int, Columns]], after: int) -> Columns:
    found = [points for revision, points in changes if revision > after]
    return _in_order(np.concatenate(found) if found else np.empty((0, 4), dtype=np.int64))


def _renumbered(points: Columns, used: Ids) -> Columns:
    """The same with places counted among those used alone."""
    fresh = points.copy()
    is_somewhere = points[:, 3] != NO_PLACE
    fresh[is_somewhere, 3] = np.searchsorted(used, points[is_somewhere, 3])
    return fresh


_kept: OrderedDict[int, Points] = OrderedDict()
_keeping = threading.Lock()


def points_of(session_id: int) -> Points:
    """The session's points; those of the sessions asked for last are kept."""
    with _keeping:
        points = _kept.pop(session_id, None) or Points(session_id)
        _kept[session_id] = points
        while len(_kept) > SESSIONS_KEPT:
            _kept.popitem(last=False)
        return points


def make_ready() -> int:
    """Have the maps of sessions that go on packed before a wall asks; how many were not.

    For a thread of the process that serves: reading a million points and packing them takes a
    second, which the first wall would wait for.
    """
    going_on = Session.objects.filter(state__in=(SessionState.OPEN, SessionState.ON_AIR))
    newest = going_on.order_by("-opened_at").values_list("pk", flat=True)[:SESSIONS_READY]
    return sum(points_of(session_id).make_ready() for session_id in newest)
