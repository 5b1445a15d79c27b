"""Packets to pictures and sounds."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from blueroom.media.webrtc.assembly import LEAST_WAIT_S, Missing, PictureAssembly, SoundOrder

START = b"\0\0\0\1"
SETS = START + b"\x67sequence" + START + b"\x68picture"
KEY = START + b"\x65"
DELTA = START + b"\x41"


@dataclass
class Rtp:
    sequence_number: int
    timestamp: int
    marker: int
    ssrc: int
    _data: bytes


def pictures(
    count: int, *, key_every: int = 10, packets: int = 3, first: int = 65_500
) -> list[Rtp]:
    """Packets of so many pictures. Their numbers begin again at zero early on."""
    made = []
    for number in range(count):
        is_key = number % key_every == 0
        for part in range(packets):
            begin = (SETS + KEY if is_key else DELTA) if part == 0 else b""
            at = first + number * packets + part
            made.append(
                Rtp(
                    at & 0xFFFF, number * 3_000, int(part == packets - 1), 7, begin + b"%d" % number
                )
            )
    return made


def whole(number: int, *, key_every: int = 10, packets: int = 3) -> tuple[bytes, int, bool]:
    is_key = number % key_every == 0
    begin = SETS + KEY if is_key else DELTA
    return begin + b"%d" % number * packets, number * 3_000, is_key


class Table:
    """What was given out, and a clock that stands until it is set."""

    def __init__(self) -> None:
        self.given: list[tuple[bytes, int, bool]] = []
        self.sources = 0
        self.now_s = 0.0
        self.pictures = PictureAssembly(
            lambda *picture: self.given.append(picture), self.note_source, now=lambda: self.now_s
        )

    def note_source(self) -> None:
        self.sources += 1

    def take(self, packets: list[Rtp], *, each_s: float = 0.0) -> list[int]:
        """Returns the packets with which a key frame became needed."""
        torn = []
        for index, packet in enumerate(packets):
            self.now_s += each_s
            needed = self.pictures.needs_key
            assert self.pictures.add(packet) == (False, None)
            if self.pictures.needs_key and not needed:
                torn.append(index)
        return torn


def test_a_picture_is_given_with_its_last_packet() -> None:
    table = Table()

    for count, packet in enumerate(pictures(30), start=1):
        table.take([packet])
        assert len(table.given) == count // 3

    assert table.given == [whole(number) for number in range(30)]
    assert table.pictures.lost == 0


def test_packets_that_come_out_of_order_or_twice_give_the_same() -> None:
    table = Table()
    packets = pictures(60)
    chance = random.Random(4)
    shuffled = packets[:1]
    for at in range(1, len(packets), 6):
        few = packets[at : at + 6] * 2
        shuffled += chance.sample(few, k=len(few))

    assert table.take(shuffled) == []
    assert table.given == [whole(number) for number in range(60)]


def test_a_repeated_packet_that_comes_in_time_loses_nothing() -> None:
    table = Table()
    packets = pictures(9)
    late = packets.pop(10)

    assert table.take(packets[:20], each_s=0.01) == []
    assert len(table.given) == 3
    assert table.take([late, *packets[20:]]) == []

    assert table.given == [whole(number) for number in range(9)]


def test_what_is_lost_for_good_drops_pictures_up_to_the_next_key() -> None:
    table = Table()
    packets = pictures(30)
    del packets[10]  # of picture 3

    torn = table.take(packets, each_s=0.02)

    assert table.given == [whole(number) for number in (0, 1, 2, *range(10, 30))]
    assert len(torn) == 1
    assert packets[torn[0]].timestamp / 3_000 <= 3 + LEAST_WAIT_S / 0.06 + 1
    assert table.pictures.lost == 7
    assert not table.pictures.needs_key


@pytest.mark.parametrize("begin", range(3, 30))
def test_a_hole_of_any_place_and_size_tears_no_picture(begin: int) -> None:
    for size in (1, 2, 3, 4, 7, 20):
        table = Table()
        packets = pictures(60)

        table.take(packets[:begin] + packets[begin + size :], each_s=0.02)

        assert set(table.given) <= {whole(number) for number in range(60)}
        times = [time for _, time, _ in table.given]
        assert times == sorted(times)
        broken = range(begin // 3, (begin + size - 1) // 3 + 1)
        after = next(number for number in range(10, 60, 10) if number > broken[-1])
        assert [whole(number) for number in range(after + 10, 60)] == table.given[-(50 - after) :]


def test_a_feed_begins_with_a_key_frame_that_has_its_parameter_sets() -> None:
    table = Table()
    bare = Rtp(0, 0, 1, 7, KEY + b"bare")

    table.take([bare, Rtp(1, 1, 1, 7, DELTA + b"a"), Rtp(2, 2, 1, 7, SETS + KEY + b"b")])
    table.take([Rtp(3, 3, 1, 7, KEY + b"bare again")])

    assert table.given == [
        (SETS + KEY + b"b", 2, True),
        (SETS + KEY + b"bare again", 3, True),
    ]


def test_padding_gives_nothing() -> None:
    table = Table()
    packets = pictures(4)
    padding = [Rtp((packets[2].sequence_number + 1 + n) & 0xFFFF, 0, 0, 7, b"") for n in range(2)]
    moved = [
        Rtp(one.sequence_number + 2 & 0xFFFF, one.timestamp, one.marker, 7, one._data)
        for one in packets[3:]
    ]

    table.take(packets[:3] + padding + moved)

    assert table.given == [whole(number) for number in range(4)]


def test_a_new_source_begins_anew_with_a_key_frame() -> None:
    table = Table()
    again = [
        Rtp(one.sequence_number, one.timestamp, one.marker, 8, one._data) for one in pictures(12)
    ]

    table.take(pictures(3) + again[3:], each_s=0.01)

    assert table.sources == 1
    assert table.given == [whole(number) for number in (0, 1, 2, 10, 11)]


def test_what_waits_has_a_limit_even_where_no_time_passes() -> None:
    table = Table()
    packets = pictures(1_500)
    del packets[4]

    table.take(packets)

    assert table.pictures.lost > 0
    assert table.given[-1] == whole(1_499)


def sounds(numbers: list[int]) -> tuple[list[int], int]:
    """Which of these sounds are given out, in which order, and how many are missing."""
    given: list[int] = []
    order = SoundOrder(lambda _, tick: given.append(tick), lambda: given.append(-1))
    for number in numbers:
        order.add(Rtp(number & 0xFFFF, number, 1, 7, b"sound"))
    return given, order.lost


def test_sounds_are_given_at_once_and_in_their_order() -> None:
    assert sounds([0, 1, 2, 3]) == ([0, 1, 2, 3], 0)
    assert sounds([0, 2, 1, 1, 4, 3, 2]) == ([0, 1, 2, 3, 4], 0)
    assert sounds([65_534, 65_536, 65_535, 65_537]) == ([65_534, 65_535, 65_536, 65_537], 0)


def test_sounds_go_on_soon_after_one_is_lost() -> None:
    assert sounds([0, 2, 3, 4, 5]) == ([0], 0)
    assert sounds([0, 2, 3, 4, 5, 6]) == ([0, 2, 3, 4, 5, 6], 1)
    assert sounds([0, 2, 3, 4, 5, 6, 1, 7]) == ([0, 2, 3, 4, 5, 6, 7], 1)


class Asking:
    def __init__(self) -> None:
        self.now_s = 0.0
        self.missing = Missing(lambda: self.now_s)

    def add(self, number: int, after_s: float = 0.0) -> set[int]:
        self.now_s += after_s
        is_due = self.missing.add(Rtp(number & 0xFFFF, 0, 0, 7, b""))
        assert is_due == bool(self.missing.missing)
        return self.missing.missing


def test_what_is_missing_is_asked_for_at_once_and_again_some_times() -> None:
    asking = Asking()
    assert asking.add(65_534) == set()

    asked = [asking.add(65_537, 0.01)] + [asking.add(65_538 + n, 0.01) for n in range(200)]

    assert asked[0] == {65_535, 0}
    asked_at = [index for index, one in enumerate(asked) if one]
    assert asked_at == pytest.approx([0, 10, 31, 73], abs=2)  # 0.1 s, then twice as long each
    assert (asking.missing.received, asking.missing.asked) == (202, 2)


def test_on_a_slow_line_it_waits_longer_before_it_asks_again() -> None:
    asking = Asking()
    number = 0
    for _ in range(20):  # repetitions take 300 ms here
        asking.add(number)
        asking.add(number + 2)
        asking.add(number + 1, 0.3)
        number += 2

    asking.add(number + 2)
    asked = [bool(asking.add(number + 3 + n, 0.01)) for n in range(100)]

    assert asked.index(True) == pytest.approx(38, abs=2)
    assert asking.missing.wait_s() == 0.6


def test_what_came_is_not_asked_for_again() -> None:
    asking = Asking()
    asking.add(0)
    assert asking.add(2) == {1}
    asking.add(1)

    assert asking.add(3, 1.0) == set()


def test_a_sender_that_counts_anew_is_not_asked_for_thousands() -> None:
    asking = Asking()
    asking.add(0)

    assert asking.add(20_000) == set()
    assert asking.add(20_002) == {20_001}
