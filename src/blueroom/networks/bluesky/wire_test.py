from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from blueroom.networks.bluesky.wire import UNREADABLE, Record, Stamp, aware, read_event, read_stamp

FIXTURES = Path(__file__).parent / "fixtures"
V1 = (FIXTURES / "jetstream_v1.jsonl").read_bytes().splitlines()
V2 = (FIXTURES / "jetstream_v2.jsonl").read_bytes().splitlines()
START_US = 1_795_204_800_000_000


def test_read_event_reads_the_same_from_both_versions() -> None:
    for one, two in zip(V1, V2, strict=True):
        first, second = read_event(one, v2=False), read_event(two, v2=True)
        assert (first.did, first.time_us) == (second.did, second.time_us) or not first.commit
        if first.commit:
            assert second.commit
            assert first.commit.record == second.commit.record
            assert first.uri == second.uri
        else:
            assert second.commit is None


@pytest.mark.parametrize(
    ("embed", "alts"),
    [
        ({"images": [{"alt": "Un piano"}, {"alt": ""}, {"alt": "La mer"}]}, ["Un piano", "La mer"]),
        ({"record": {}, "media": {"images": [{"alt": "Un piano"}]}}, ["Un piano"]),
        ({"video": {}, "alt": "Un concert"}, ["Un concert"]),
        ({"images": ["no", {"alt": 7}], "media": [], "alt": {}}, []),
        (["anything"], []),
    ],
)
def test_what_pictures_show_is_read_of_whatever_is_embedded(embed: object, alts: list[str]) -> None:
    assert msgspec.convert({"text": "Et là ?", "embed": embed}, Record).alts == alts


def test_read_stamp_tells_where_a_line_stands() -> None:
    assert read_stamp(V1[3], v2=False) == Stamp(START_US + 400_000, 0)
    assert read_stamp(V2[3], v2=True) == Stamp(START_US + 400_000, 4)
    assert read_stamp(b'{"$type":"error","error":"ConsumerTooSlow"}', v2=True) == Stamp(
        0, 0, "ConsumerTooSlow"
    )


@pytest.mark.parametrize("v2", [False, True])
@pytest.mark.parametrize("line", [b"", b"[]", b"\xff", b'{"time_us":"x","payload":[]}'])
def test_read_event_raises_for_what_is_no_line(line: bytes, v2: bool) -> None:
    with pytest.raises(UNREADABLE):
        read_event(line, v2=v2)


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-11-20T20:00:00Z", datetime(2026, 11, 20, 20, tzinfo=UTC)),
        ("2026-11-20T21:00:00.123456789+01:00", datetime(2026, 11, 20, 20, 0, 0, 123456, UTC)),
        ("2026-11-20T20:00:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("", None),
    ],
)
def test_aware_reads_times_with_a_zone(written: str, at: datetime | None) -> None:
    assert aware(written) == at
