from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from blueroom.room.forms import SessionForm, next_evening
from blueroom.room.models import Room

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def paris() -> Room:
    return Room(slug="maison", name="La chambre bleue", languages=["fr"], time_zone="Europe/Paris")


def typed(**changes: object) -> dict[str, object]:
    return {
        "guest": "Inès Carat",
        "hashtags": "#AskInes, ChambreBleue",
        "date": "2026-12-01",
        "time": "20:30",
        "minutes": "60",
        "languages": ["fr"],
        "format": "interview",
    } | changes


@pytest.mark.parametrize(
    ("now", "evening"),
    [
        (datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2026, 11, 23, 20, 30, tzinfo=PARIS)),
        (datetime(2026, 11, 23, 18, tzinfo=UTC), datetime(2026, 11, 24, 20, 30, tzinfo=PARIS)),
    ],
)
def test_next_evening_leaves_two_hours(now: datetime, evening: datetime) -> None:
    assert next_evening(now, PARIS) == evening


def test_session_form_reads_times_in_the_room_s_zone(paris: Room) -> None:
    form = SessionForm(typed(takes_votes="on", shows_counts="on"), room=paris)

    assert form.is_valid()
    assert form.plan() == {
        "guest": "Inès Carat",
        "hashtags": ["#AskInes", "ChambreBleue"],
        "title": "",
        "starts_at": datetime(2026, 12, 1, 19, 30, tzinfo=UTC),
        "minutes": 60,
        "languages": ["fr"],
        "format": "interview",
        "keep_recordings_days": None,
        "strictness": "normal",
        "needs_two": False,
        "takes_votes": True,
        "takes_hearts": False,
        "shows_counts": True,
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("guest", " "),
        ("guest", "Inès\x00"),
        ("hashtags", ""),
        ("date", "tomorrow"),
        ("date", "0001-01-01"),
        ("date", "9999-12-31"),
        ("time", "25:00"),
        ("minutes", "0"),
        ("minutes", "a lot"),
        ("languages", ["xx"]),
        ("languages", []),
        ("format", "opera"),
    ],
)
def test_session_form_marks_what_cannot_be_read(paris: Room, field: str, value: object) -> None:
    paris.time_zone = "Pacific/Kiritimati" if value == "0001-01-01" else "America/New_York"

    form = SessionForm(typed(**{field: value}), room=paris)

    assert list(form.errors) == [field]


def test_session_form_refuses_an_hour_that_the_clocks_skip(paris: Room) -> None:
    form = SessionForm(typed(date="2026-03-29", time="02:30"), room=paris)

    assert list(form.errors) == ["time"]
