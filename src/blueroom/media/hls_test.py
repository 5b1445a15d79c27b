from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from blueroom.media import hls
from blueroom.media.hls import NothingNew, Shelf, TooFarAhead

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
NAME = re.compile(r"[\w-]{16}(?=\.m)", re.ASCII)


class Writer:
    """Puts parts on a shelf, a third of a second each, with a key frame every `key_every`."""

    def __init__(self, shelf: Shelf, *, key_every: int = 6) -> None:
        self.shelf = shelf
        self.key_every = key_every
        self.epoch_id = 0
        self.count = 0
        self.seconds = 0.0

    def begin(self, init: bytes = b"init") -> None:
        self.epoch_id = self.shelf.add_init(init)
        self.count = 0

    def add(self, count: int = 1, duration_s: float = 1 / 3) -> None:
        for _ in range(count):
            self.shelf.add_part(
                b"%d.%d " % (self.epoch_id, self.count),
                duration_s=duration_s,
                is_independent=self.count % self.key_every == 0,
                epoch_id=self.epoch_id,
                taken_at=NOW + timedelta(seconds=round(self.seconds, 4)),
            )
            self.count += 1
            self.seconds += duration_s


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(first_number=40)


@pytest.fixture
def writer(shelf: Shelf) -> Writer:
    writer = Writer(shelf)
    writer.begin()
    return writer


def with_plain_names(playlist: str) -> str:
    """The playlist with its random names replaced, in their order, by a, b, c…"""
    names: dict[str, str] = {}
    return NAME.sub(lambda found: names.setdefault(found[0], chr(97 + len(names))), playlist)


def uris(playlist: str) -> list[str]:
    return re.findall(r'^[^#\n]+$|(?<=URI=")[^"]+', playlist, re.MULTILINE)


def test_playlist_names_parts_segments_and_what_comes_next(shelf: Shelf, writer: Writer) -> None:
    writer.add(7)

    assert with_plain_names(shelf.playlist(low_latency=True)) == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:9\n"
        "#EXT-X-TARGETDURATION:4\n"
        "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.20\n"
        "#EXT-X-PART-INF:PART-TARGET=0.40\n"
        "#EXT-X-MEDIA-SEQUENCE:40\n"
        "#EXT-X-DISCONTINUITY-SEQUENCE:0\n"
        '#EXT-X-MAP:URI="a.mp4"\n'
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T20:00:00.000Z\n"
        '#EXT-X-PART:DURATION=0.33333,URI="b.m4s",INDEPENDENT=YES\n'
        '#EXT-X-PART:DURATION=0.33333,URI="c.m4s"\n'
        '#EXT-X-PART:DURATION=0.33333,URI="d.m4s"\n'
        '#EXT-X-PART:DURATION=0.33333,URI="e.m4s"\n'
        '#EXT-X-PART:DURATION=0.33333,URI="f.m4s"\n'
        '#EXT-X-PART:DURATION=0.33333,URI="g.m4s"\n'
        "#EXTINF:2.00000,\n"
        "h.m4s\n"
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T20:00:02.000Z\n"
        '#EXT-X-PART:DURATION=0.33333,URI="i.m4s",INDEPENDENT=YES\n'
        '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="j.m4s"\n'
    )


def test_playlist_for_other_players_has_whole_segments_only(shelf: Shelf, writer: Writer) -> None:
    writer.add(7)

    assert with_plain_names(shelf.playlist(low_latency=False)) == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:7\n"
        "#EXT-X-TARGETDURATION:4\n"
        "#EXT-X-MEDIA-SEQUENCE:40\n"
        "#EXT-X-DISCONTINUITY-SEQUENCE:0\n"
        '#EXT-X-MAP:URI="a.mp4"\n'
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T20:00:00.000Z\n"
        "#EXTINF:2.00000,\n"
        "b.m4s\n"
    )


def test_segment_is_its_parts_and_each_is_found_by_name(shelf: Shelf, writer: Writer) -> None:
    writer.add(7)

    found = [shelf.find(uri) for uri in uris(shelf.playlist(low_latency=True))]

    parts = [b"1.%d " % number for number in range(6)]
    assert found == [b"init", *parts, b"".join(parts), b"1.6 ", None]


def test_epoch_begins_with_its_own_map_after_a_discontinuity(shelf: Shelf, writer: Writer) -> None:
    writer.add(2)
    writer.begin(b"another")
    writer.add(7)

    lines = with_plain_names(shelf.playlist(low_latency=False)).splitlines()

    assert lines[5:] == [
        '#EXT-X-MAP:URI="a.mp4"',
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T20:00:00.000Z",
        "#EXTINF:0.66667,",
        "b.m4s",
        "#EXT-X-DISCONTINUITY",
        '#EXT-X-MAP:URI="c.mp4"',
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T20:00:00.666Z",
        "#EXTINF:2.00000,",
        "d.m4s",
    ]


def test_segments_stay_short_where_key_frames_are_rare(shelf: Shelf) -> None:
    writer = Writer(shelf, key_every=25)
    writer.begin()
    writer.add(60)

    durations = re.findall(r"#EXTINF:([\d.]+)", shelf.playlist(low_latency=False))

    assert durations == ["4.00000"] * 4


def test_part_target_covers_the_longest_part_and_does_not_shrink(
    shelf: Shelf, writer: Writer
) -> None:
    targets = []
    for duration_s in (0.36, 0.41, 1.0, 0.33):
        writer.add(1, duration_s)
        targets.append(re.findall(r"PART-TARGET=([\d.]+)", shelf.playlist(low_latency=True)))

    assert targets == [["0.40"], ["0.41"], ["1.00"], ["1.00"]]


@pytest.mark.parametrize("seed", range(8))
def test_every_segment_keeps_its_number_discontinuity_and_map(seed: int) -> None:
    chance = random.Random(seed)
    shelf = Shelf()
    writer = Writer(shelf)
    writer.begin()
    known: dict[int, tuple[int, str, str]] = {}
    for _ in range(400):
        if chance.random() < 0.08:
            writer.begin(b"init %d" % chance.randrange(9))
        writer.add(1, chance.choice((0.1, 0.32, 1 / 3, 0.4)))
        for number, seen in read_segments(shelf.playlist(low_latency=False)).items():
            assert known.setdefault(number, seen) == seen

    assert sorted(known) == list(range(len(known)))
    assert len({discontinuity for discontinuity, _, _ in known.values()}) > 10
    assert all(shelf.find(uri) for uri in uris(shelf.playlist(low_latency=False)))


def read_segments(playlist: str) -> dict[int, tuple[int, str, str]]:
    """Each segment's discontinuity number, map and name by its number, as RFC 8216 counts them."""
    number = int(re.findall(r"MEDIA-SEQUENCE:(\d+)", playlist)[0])
    discontinuity = int(re.findall(r"DISCONTINUITY-SEQUENCE:(\d+)", playlist)[0])
    mapped, found = "", {}
    for line in playlist.splitlines():
        if line == "#EXT-X-DISCONTINUITY":
            discontinuity += 1
        elif line.startswith("#EXT-X-MAP"):
            mapped = line
        elif not line.startswith("#"):
            found[number] = (discontinuity, mapped, line)
            number += 1
    return found


def test_memory_stays_bounded_and_what_left_is_kept_a_while(shelf: Shelf, writer: Writer) -> None:
    writer.add(60)
    early = uris(shelf.playlist(low_latency=False))[1]
    writer.add(12)
    is_listed = early in shelf.playlist(low_latency=False)
    found_later = shelf.find(early)
    writer.add(2000)

    assert (is_listed, found_later is not None, shelf.find(early)) == (False, True, None)
    assert shelf.playlist(low_latency=False).count("#EXTINF") == 8
    assert shelf.size_bytes < 6 * 25 * len(b"1.2070 ")


def test_memory_is_bounded_for_a_torrent(
    shelf: Shelf, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hls, "LIMIT_BYTES", 200)
    writer.add(600)

    # Five segments of six parts of six bytes are 180 bytes; another one grows.
    assert shelf.playlist(low_latency=False).count("#EXTINF") == 5
    assert shelf.size_bytes <= 200 + 6 * 6


def test_names_are_never_used_twice(shelf: Shelf, writer: Writer) -> None:
    seen = []
    for _ in range(200):
        writer.add()
        seen += re.findall(r'PRELOAD-HINT:TYPE=PART,URI="(.+)"', shelf.playlist(low_latency=True))

    assert len(set(seen)) == 200


def waiting(
    shelf: Shelf, wait: Callable[[], Awaitable[object]], then: Callable[[], object]
) -> tuple[bool, object]:
    """Whether `wait` was still waiting before `then`, and what it gave after."""

    async def run() -> tuple[bool, object]:
        task = asyncio.ensure_future(wait())
        await asyncio.sleep(0.01)
        was_waiting = not task.done()
        then()
        return was_waiting, await asyncio.wait_for(task, 1)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("asked", "missing"),
    [((40, 2), 1), ((40, 3), 2), ((41, 0), 5), ((41, 1), 6), ((40, 6), 5), ((40, None), 5)],
)
def test_reload_waits_for_what_it_names(
    shelf: Shelf, writer: Writer, asked: tuple[int, int | None], missing: int
) -> None:
    writer.add(2)

    async def run() -> int:
        task = asyncio.ensure_future(shelf.wait_for(*asked))
        count = 0
        while not task.done():
            await asyncio.sleep(0.001)
            if not task.done():
                writer.add()
                count += 1
                await asyncio.sleep(0.001)
        return count

    assert asyncio.run(run()) == missing


def test_reload_of_what_is_there_does_not_wait(shelf: Shelf, writer: Writer) -> None:
    writer.add(8)

    async def run() -> None:
        for asked in ((0, None), (40, None), (40, 99), (41, 1)):
            await asyncio.wait_for(shelf.wait_for(*asked), 0.1)

    asyncio.run(run())


@pytest.mark.parametrize("asked", [(43, 0), (43, None), (41, 8), (9999, 0)])
def test_reload_too_far_ahead_is_refused(
    shelf: Shelf, writer: Writer, asked: tuple[int, int | None]
) -> None:
    writer.add(6)
    shelf.end_segment()  # 40 is whole: 41 and 42 may be waited for

    with pytest.raises(TooFarAhead):
        asyncio.run(shelf.wait_for(*asked))


def hint_of(shelf: Shelf) -> str:
    return uris(shelf.playlist(low_latency=True))[-1]


def test_part_that_is_hinted_at_is_waited_for(shelf: Shelf, writer: Writer) -> None:
    writer.add(6)
    hint = hint_of(shelf)

    assert waiting(shelf, lambda: shelf.part(hint), writer.add) == (True, b"1.6 ")


def test_hint_is_withdrawn_when_another_epoch_begins(shelf: Shelf, writer: Writer) -> None:
    writer.add(6)
    hint = hint_of(shelf)

    assert waiting(shelf, lambda: shelf.part(hint), writer.begin) == (True, None)


def test_unknown_names_are_not_waited_for(shelf: Shelf, writer: Writer) -> None:
    writer.add(6)

    assert asyncio.run(shelf.part("AAAAAAAAAAAAAAAA.m4s")) is None


def test_end_lets_everybody_know(shelf: Shelf, writer: Writer) -> None:
    writer.add(3)

    assert waiting(shelf, lambda: shelf.wait_for(41, 0), shelf.end) == (True, None)
    assert shelf.playlist(low_latency=True).splitlines()[-2:] == [
        uris(shelf.playlist(low_latency=True))[-1],
        "#EXT-X-ENDLIST",
    ]
    with pytest.raises(ValueError, match="ended"):
        writer.add()


def test_close_lets_go_without_an_end(shelf: Shelf, writer: Writer) -> None:
    writer.add(7)

    with pytest.raises(NothingNew):
        waiting(shelf, lambda: shelf.wait_for(41, 3), shelf.close)
    assert "ENDLIST" not in shelf.playlist(low_latency=True)


def test_wait_ends_when_nothing_comes(
    shelf: Shelf, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hls, "WAIT_S", 0.05)
    writer.add(7)

    with pytest.raises(NothingNew):
        asyncio.run(shelf.wait_for(41, 1))
