"""What the heat map's stream says, and how its points travel.

Points come in columns of 16-bit numbers (`packed`), all of them once and then what changed; the
stream carries the last changes as they happen. A point is nobody's: it has a cell of 0.6 km or
more, the second in which its post came, and the place it is counted for. Two posts with the same
are the same point, so that a post that leaves takes any of them along.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from datetime import datetime

import msgspec
import numpy as np
import numpy.typing as npt

from blueroom.desk.wire import SessionChanged
from blueroom.room.wire import SessionCard

Columns = npt.NDArray[np.int64]  # one row a point: x, y, received_s, place
NO_PLACE = 65_535
_MORE = 65_535  # in the column of seconds: the real distance stands in `jumps`


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """Something in the session to go back to. `text` is the question's, which was on air then."""

    kind: str  # opened, on_air, question, closed
    at: datetime
    text: str


class HeatPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A place that posts are counted for; its level is city, region or country."""

    code: str
    level: str
    fr: str
    en: str
    lat: float
    lon: float


class HeatCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many posts came; `curve` by minute from `from_at` on, which is null where none came.

    In a change the curve holds its last minutes, which take the place of those known before.
    """

    posts: int
    from_at: datetime | None
    curve: list[int]


class HeatState(msgspec.Struct, frozen=True, kw_only=True):
    """The heat map's snapshot, but for its points: `revision` is where those stand."""

    session: SessionCard
    counts: HeatCounts
    moments: list[Moment]
    revision: int


class HeatCountsChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="counts"):
    counts: HeatCounts


class MomentsChanged(msgspec.Struct, frozen=True, tag_field="kind", tag="moments"):
    moments: list[Moment]


class PointsChanged(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="points"):
    """Points that came after the revision `since`; they lead to the revision `id`.

    `added` holds x, y, the second and the place's index in `places` (65,535 for none) of each, one
    after the other. `is_whole` is false where not all that happened is said here: it is to be
    fetched.
    """

    id: int
    since: int
    is_whole: bool
    added: list[int]
    places: list[HeatPlace]


HeatChange = HeatCountsChanged | MomentsChanged | PointsChanged | SessionChanged


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """So many points, the first of them at `began_s`; each then so many seconds after the last.

    `jumps` are pairs of a point's number and its distance, where that is more than 65,534 s.
    """

    count: int
    began_s: int
    jumps: list[list[int]]


class PointsHead(msgspec.Struct, frozen=True, kw_only=True):
    """What stands before the columns. `since` is 0 where they are all the points there are."""

    revision: int
    since: int
    added: Part
    gone: Part
    places: list[HeatPlace]


def packed(
    *,
    revision: int,
    since: int,
    added: Columns,
    gone: Columns,
    places: Sequence[HeatPlace],
) -> bytes:
    """The points as they travel: the head's length (32 bits), the head (JSON, padded to an even
    length), then x, y, seconds and place of those added and of those gone. All little-endian.

    The points of each part are in the order of their seconds.
    """
    parts = [_part(added), _part(gone)]
    head = msgspec.json.encode(
        PointsHead(
            revision=revision,
            since=since,
            added=parts[0][0],
            gone=parts[1][0],
            places=list(places),
        )
    )
    head += b" " * (len(head) % 2)
    columns = [column.astype("<u2").tobytes() for _, some in parts for column in some]
    return b"".join([len(head).to_bytes(4, "little"), head, *columns])


def compressed(body: bytes) -> bytes:
    """The same with less bytes on the wire; a million points take a fifth of a second."""
    return gzip.compress(body, compresslevel=1, mtime=0)


def _part(points: Columns) -> tuple[Part, list[Columns]]:
    seconds = points[:, 2]
    began_s = int(seconds[0]) if len(points) else 0
    apart = np.diff(seconds, prepend=began_s)
    far = np.flatnonzero(apart >= _MORE)
    jumps = [[int(at), int(apart[at])] for at in far]
    return (
        Part(count=len(points), began_s=began_s, jumps=jumps),
        [points[:, 0], points[:, 1], np.minimum(apart, _MORE), points[:, 3]],
    )
