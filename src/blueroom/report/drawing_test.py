import re
from datetime import UTC, datetime

from blueroom.report.contents import Curve, PlaceLine, Places
from blueroom.report.drawing import MAP, draw_curve, draw_map

AT = datetime(2026, 11, 23, 20, 7, tzinfo=UTC)


def place(name, lat, lon, posts, level="city"):
    return PlaceLine(code=name, level=level, name=name, lat=lat, lon=lon, posts=posts)


def test_curve_stays_in_its_picture_and_its_hours_are_the_rooms():
    curve = Curve(from_at=AT, step_minutes=1, values=[0.0, 7.0, 3.0] * 20, peak=7, peak_at=AT)
    drawn = draw_curve(curve, width=600, height=200, zone="Europe/Paris")
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", drawn.line)]
    assert (min(numbers[::2]), max(numbers[::2])) == (0.0, 600.0)
    assert 26.0 <= min(numbers[1::2]) <= max(numbers[1::2]) <= drawn.base
    assert [tick.text for tick in drawn.ticks] == ["21:15", "21:30", "21:45", "22:00"]


def test_map_shows_where_most_came_from_not_the_one_far_away():
    lyon, paris = place("Lyon", 45.75, 4.85, 9), place("Paris", 48.86, 2.35, 36)
    brittany, far = place("Bretagne", 48.2, -2.9, 4, "region"), place("Sydney", -33.9, 151.2, 1)
    drawn = draw_map(Places(located=50, posts=60, places=[paris, lyon, brittany, far], more=0))
    assert [(dot.label, dot.radius, dot.is_wide) for dot in drawn.dots] == [
        ("Paris", 20.0, False),
        ("Lyon", 10.0, False),
        ("Bretagne", 6.7, True),
    ]
    for dot in drawn.dots:
        assert dot.radius < dot.x < MAP[0] - dot.radius
        assert dot.radius < dot.y < MAP[1] - dot.radius


def test_map_of_one_place_shows_the_land_around_it():
    drawn = draw_map(Places(located=1, posts=1, places=[place("Lyon", 45.75, 4.85, 1)], more=0))
    assert [(dot.x, dot.y, dot.label) for dot in drawn.dots] == [(280.0, 200.0, "Lyon")]
