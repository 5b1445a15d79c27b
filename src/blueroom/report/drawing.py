"""Where the lines, bars and dots of a report's pictures lie. Units are those of each picture's
view box; pages scale them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from blueroom.report.contents import Curve, Places, QuestionLine, Report

TOP = 26  # above the highest point, for its number
LANE = 30  # for what was on air, below the curve
FOOT = 30  # for the hours
TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440)  # minutes
MAP = (560, 400)
DEGREES_LEAST = 8.0  # of a map, from its top to its foot: nearer there is nothing to recognise
MARGIN = 0.16  # of a map, around its dots
DOT_LEAST, DOT_MOST = 3.0, 20.0  # radii
MAP_SHOWN = 80
# Of the posts to each side that a map may leave out: else one asker makes it the Earth.
OUTSIDE = 0.03


@dataclass(frozen=True)
class Tick:
    """An hour below a curve, as the room's clock shows it."""

    x: float
    text: str


@dataclass(frozen=True)
class Bar:
    """A question's time on air; `number` is its answer's, 0 for one that was not answered."""

    x: float
    width: float
    number: int
    middle: float


@dataclass(frozen=True)
class Mark:
    """A moment of the session above the curve. `anchor` is how its word is put beside its line."""

    x: float
    kind: str
    anchor: str


@dataclass(frozen=True)
class Drawing:
    """A curve by time. `line` and `under` are paths; `base` is where nothing lies."""

    width: int
    height: int
    base: float
    line: str
    under: str
    top: int
    peak_x: float
    peak_y: float
    peak_anchor: str
    ticks: list[Tick]
    bars: list[Bar]
    marks: list[Mark]
    grid: list[float]
    lane_y: float
    lane_height: float
    foot_y: float


@dataclass(frozen=True)
class Line:
    """From when to when a picture reaches, and how wide it is."""

    from_at: datetime
    until_at: datetime
    width: int

    def x(self, at: datetime) -> float:
        share = (at - self.from_at) / (self.until_at - self.from_at)
        return round(min(1.0, max(0.0, share)) * self.width, 1)


def draw_session(report: Report, *, width: int, height: int, zone: str) -> Drawing | None:
    """The posts of a session by time, with its moments and what was on air."""
    if report.posts is None:
        return None
    line = _line(report.posts, width)
    ends_at = report.about.closed_at or report.about.read_at
    numbered = [(one, one.number) for one in report.answers]
    bars = [
        _bar(line, stretch.from_at, stretch.until_at or ends_at, number)
        for one, number in numbered
        for stretch in one.on_air
        if stretch.from_at < line.until_at and (stretch.until_at or ends_at) > line.from_at
    ]
    moments = (("on_air", report.about.on_air_at), ("closed", report.about.closed_at))
    marks = [
        Mark(x=line.x(at), kind=kind, anchor=_anchor(line.x(at), width))
        for kind, at in moments
        if at is not None and line.from_at <= at <= line.until_at
    ]
    return _draw(report.posts, line, height=height, zone=zone, bars=bars, marks=marks)


def draw_curve(curve: Curve, *, width: int, height: int, zone: str) -> Drawing:
    """A curve alone."""
    line = _line(curve, width)
    return _draw(curve, line, height=height, zone=zone, bars=[], marks=[])


def _line(curve: Curve, width: int) -> Line:
    steps = timedelta(minutes=curve.step_minutes * len(curve.values))
    return Line(from_at=curve.from_at, until_at=curve.from_at + steps, width=width)


def _bar(line: Line, from_at: datetime, until_at: datetime, number: int) -> Bar:
    x = line.x(from_at)
    width = max(3.0, round(line.x(until_at) - x, 1))
    return Bar(x=x, width=width, number=number, middle=round(x + width / 2, 1))


def _draw(
    curve: Curve, line: Line, *, height: int, zone: str, bars: list[Bar], marks: list[Mark]
) -> Drawing:
    base = height - FOOT - (LANE if bars else 0)
    top = _round_up(max(curve.values))
    step = line.width / len(curve.values)
    tall = (base - TOP) / top
    points = [
        (round((at + 0.5) * step, 1), round(base - value * tall, 1))
        for at, value in enumerate(curve.values)
    ]
    highest = max(range(len(points)), key=lambda at: curve.values[at])
    path = smooth([(0.0, points[0][1]), *points, (float(line.width), points[-1][1])])
    peak_x, peak_y = points[highest]
    return Drawing(
        width=line.width,
        height=height,
        base=base,
        line=path,
        under=f"{path}L{line.width} {base}L0 {base}Z",
        top=top,
        peak_x=peak_x,
        peak_y=peak_y,
        peak_anchor=_anchor(peak_x, line.width),
        ticks=_ticks(line, zone),
        bars=bars,
        marks=marks,
        grid=[round(TOP + (base - TOP) * part, 1) for part in (0, 0.5)],
        lane_y=base + 7,
        lane_height=LANE - 10,
        foot_y=height - 7,
    )


def smooth(points: Sequence[tuple[float, float]]) -> str:
    """A path through the points that never overshoots them, as design/web/curve.ts draws it."""
    path = f"M{points[0][0]} {points[0][1]}"
    for (from_x, from_y), (x, y) in pairwise(points):
        middle = round((from_x + x) / 2, 1)
        path += f"C{middle} {from_y} {middle} {y} {x} {y}"
    return path


def _round_up(value: float) -> int:
    """The next number that reads well: 4, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, …"""
    if value <= 4:  # a handful of posts is no mountain
        return 4
    scale = 10 ** math.floor(math.log10(value))
    steps = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
    return math.ceil(next(step for step in steps if step * scale >= value) * scale)


def _ticks(line: Line, zone: str) -> list[Tick]:
    """Full hours, or parts of them: as many as have room."""
    minutes = (line.until_at - line.from_at) / timedelta(minutes=1)
    most = max(2, line.width // 110)
    apart = next((step for step in TICKS if minutes / step <= most), TICKS[-1])
    local = line.from_at.astimezone(ZoneInfo(zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    passed = (local - midnight) / timedelta(minutes=1)
    at = local + timedelta(minutes=math.ceil(passed / apart) * apart - passed)
    ticks: list[Tick] = []
    while at < line.until_at and len(ticks) < 40:
        x = line.x(at)
        if 18 <= x <= line.width - 18:  # half of what is written
            ticks.append(Tick(x=x, text=f"{at:%H:%M}"))
        at += timedelta(minutes=apart)
    return ticks


def _anchor(x: float, width: int) -> str:
    return "start" if x < width * 0.12 else "end" if x > width * 0.88 else "middle"


@dataclass(frozen=True)
class Dot:
    """A place on a map; what is known less exactly than a town is drawn hollow."""

    x: float
    y: float
    radius: float
    is_wide: bool
    label: str  # "" where there is no room for it
    anchor: str
    label_x: float


Box = tuple[float, float, float, float]  # left, top, right, foot


@dataclass(frozen=True)
class Map:
    """Dots over land. `land` is the transform that puts land.svg below them: twenty units a degree,
    0 0 where the equator meets Greenwich."""

    width: int
    height: int
    land: str
    dots: list[Dot]


def draw_map(places: Places) -> Map | None:
    """The places with the most posts, on a map that is just large enough; None of none."""
    shown = places.places[:MAP_SHOWN]
    if not shown:
        return None
    width, height = MAP
    south, north = _most([(one.lat, one.posts) for one in shown])
    west, east = _most([(one.lon, one.posts) for one in shown])
    middle_lat, middle_lon = (south + north) / 2, (west + east) / 2
    narrow = max(0.3, math.cos(math.radians(middle_lat)))  # meridians come together to the poles
    tall = max(DEGREES_LEAST, north - south, (east - west) * narrow * height / width)
    scale = height * (1 - 2 * MARGIN) / tall
    most = max(one.posts for one in shown)

    def at(lat: float, lon: float) -> tuple[float, float]:
        x = width / 2 + (lon - middle_lon) * narrow * scale
        return round(x, 1), round(height / 2 - (lat - middle_lat) * scale, 1)

    dots: list[Dot] = []
    named: list[Box] = []
    for one in shown:
        x, y = at(one.lat, one.lon)
        if not (0 < x < width and 0 < y < height):
            continue
        radius = max(DOT_LEAST, round(DOT_MOST * math.sqrt(one.posts / most), 1))
        is_left = x > width * 0.72
        box = _box(x, y, radius, one.name, is_left=is_left)
        fits = (
            len(named) < 8
            and box[0] >= 0
            and box[2] <= width
            and not any(_touch(box, other) for other in named)
        )
        if fits:
            named.append(box)
        dots.append(
            Dot(
                x=x,
                y=y,
                radius=radius,
                is_wide=one.level in ("region", "country"),
                label=one.name if fits else "",
                anchor="end" if is_left else "start",
                label_x=round(x - radius - 5 if is_left else x + radius + 5, 1),
            )
        )
    left, top = at(0.0, 0.0)
    land = f"translate({left} {top}) scale({narrow * scale / 20:.4f} {scale / 20:.4f})"
    return Map(width=width, height=height, land=land, dots=dots)


def _most(weighed: list[tuple[float, int]]) -> tuple[float, float]:
    """From where to where all but the outermost lie."""
    weighed.sort()
    spare = OUTSIDE * sum(weight for _, weight in weighed)

    def first(some: Iterable[tuple[float, int]]) -> float:
        passed = 0
        for value, weight in some:
            passed += weight
            if passed > spare:
                return value
        return 0.0

    return first(weighed), first(reversed(weighed))


def _box(x: float, y: float, radius: float, name: str, *, is_left: bool) -> Box:
    wide = 9.0 * len(name) + 8  # of 16 units of Figtree, a little more than it takes
    near = x - radius - 5 - wide if is_left else x + radius + 5
    return near, y - 11, near + wide, y + 11


def _touch(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def rows_of(report: Report) -> list[tuple[datetime, float]]:
    """The curve of posts as a table: its steps with their numbers."""
    if report.posts is None:
        return []
    step = timedelta(minutes=report.posts.step_minutes)
    return [(report.posts.from_at + at * step, n) for at, n in enumerate(report.posts.values)]


def longest(lines: Sequence[QuestionLine]) -> int:
    """The most that asked one of these questions; 1 of none."""
    return max((line.askers for line in lines), default=1)
