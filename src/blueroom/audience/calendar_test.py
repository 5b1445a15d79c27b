from __future__ import annotations

from datetime import UTC, datetime

import pytest

from blueroom.audience.calendar import Event, calendar_file

NOVEMBER = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)


def file_of(**changes: object) -> str:
    values = {
        "uid": "ines@room.example.org",
        "stamp_at": NOVEMBER,
        "starts_at": NOVEMBER,
        "minutes": 90,
        "zone": "Europe/Paris",
        "title": "Inès Carat – la chambre bleue",
        "description": "Posez votre question ; ici, et là.\nhttps://room.example.org/s/ines/",
        "url": "https://room.example.org/s/ines/",
        "language": "fr",
    }
    return calendar_file(Event(**(values | changes)))  # type: ignore[arg-type]


def unfolded(text: str) -> list[str]:
    return text.replace("\r\n ", "").split("\r\n")


def test_calendar_file_says_the_time_of_the_room_and_describes_its_zone() -> None:
    lines = unfolded(file_of())

    assert [line for line in lines if line.startswith("DT") and "TZID" in line] == [
        "DTSTART;TZID=Europe/Paris:20261123T210000",
        "DTEND;TZID=Europe/Paris:20261123T223000",
    ]
    assert "DTSTAMP:20261123T200000Z" in lines
    zone = lines[lines.index("BEGIN:VTIMEZONE") : lines.index("END:VTIMEZONE")]
    winter = zone.index("DTSTART:20261025T030000")
    assert zone[winter - 1 : winter + 4] == [
        "BEGIN:STANDARD",
        "DTSTART:20261025T030000",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "TZNAME:CET",
    ]
    summer = zone.index("DTSTART:20270328T020000")
    assert zone[summer - 1 : summer + 4] == [
        "BEGIN:DAYLIGHT",
        "DTSTART:20270328T020000",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "TZNAME:CEST",
    ]


@pytest.mark.parametrize(
    ("zone", "start", "offset"),
    [
        ("UTC", "20261123T200000", "+0000"),
        ("America/St_Johns", "20261123T163000", "-0330"),
        ("Asia/Kolkata", "20261124T013000", "+0530"),
    ],
)
def test_calendar_file_knows_other_zones(zone: str, start: str, offset: str) -> None:
    lines = unfolded(file_of(zone=zone))

    assert f"DTSTART;TZID={zone}:{start}" in lines
    assert f"TZOFFSETTO:{offset}" in lines


def test_calendar_file_escapes_and_folds_without_tearing_letters() -> None:
    text = file_of(title="A,B;C\\D " + "é👩‍🎤" * 40)

    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert f"SUMMARY;LANGUAGE=fr:A\\,B\\;C\\\\D {'é👩‍🎤' * 40}" in unfolded(text)
    assert (
        "DESCRIPTION;LANGUAGE=fr:Posez votre question \\; ici\\, et là.\\n"
        "https://room.example.org/s/ines/" in unfolded(text)
    )
    assert text.endswith("END:VCALENDAR\r\n")
