from __future__ import annotations

import io
import random
import struct

import pytest

from blueroom.media.boxes import (
    BoxMalformed,
    Splitter,
    Track,
    boxes,
    boxes_of_file,
    read_fragment,
    read_tracks,
)
from tests.camera import film


@pytest.fixture(scope="module")
def whole() -> bytes:
    """Two seconds by libavformat's own fragments: a key frame each second, B-frames."""
    return b"".join(film("mp4", seconds=2, b_frames=2))


def _split(data: bytes) -> tuple[bytes, list[bytes]]:
    splitter = Splitter()
    splitter.write(data)
    return splitter.take()


def test_a_muxers_bytes_come_out_as_init_and_fragments_however_they_are_cut(whole: bytes) -> None:
    at_once = _split(whole)
    splitter, init, fragments = Splitter(), b"", []
    for begin in range(0, len(whole), 7):
        splitter.write(whole[begin : begin + 7])
        more_init, more = splitter.take()
        init += more_init
        fragments += more

    assert (init, fragments) == at_once
    assert whole.startswith(init + fragments[0] + fragments[1])
    assert len(fragments) == 2


def test_an_init_segment_says_its_tracks(whole: bytes) -> None:
    init, _ = _split(whole)

    assert read_tracks(init) == [
        Track(id=1, is_video=True, units_s=90_000),
        Track(id=2, is_video=False, units_s=48_000),
    ]


def test_a_fragment_says_when_its_pictures_are_shown(whole: bytes) -> None:
    init, fragments = _split(whole)

    facts = [read_fragment(fragment, read_tracks(init)) for fragment in fragments]

    # The two B-frames put decoding two pictures before showing; here the edit list takes it back.
    assert [round(fact.start_s, 3) for fact in facts] == [0.067, 1.067]
    assert [round(fact.duration_s, 3) for fact in facts] == [1.0, 1.0]
    assert [fact.is_independent for fact in facts] == [True, True]


def test_sound_alone_is_independent_where_there_is_no_picture(whole: bytes) -> None:
    init, fragments = _split(b"".join(film("mp4", seconds=1, picture=None)))
    tracks = read_tracks(init)

    assert [track.is_video for track in tracks] == [False]
    assert read_fragment(fragments[0], tracks).is_independent


def test_reading_stops_before_what_is_not_there_yet(whole: bytes) -> None:
    last = list(boxes(whole))[-1]
    torn = whole[: last.offset_bytes + last.size_bytes - 1]

    assert list(boxes(torn)) == list(boxes(whole))[:-1]
    assert list(boxes_of_file(io.BytesIO(torn), 0, len(torn))) == list(boxes(torn))


def test_a_large_box_has_its_size_after_its_name() -> None:
    large = struct.pack(">I4sQ", 1, b"mdat", 24) + b"12345678"

    (box,) = boxes(large)

    assert (box.kind, box.size_bytes, box.header_bytes) == (b"mdat", 24, 16)


def test_bad_bytes_are_read_or_refused_and_nothing_else(whole: bytes) -> None:
    chance = random.Random(14496)
    init, fragments = _split(whole)
    tracks = read_tracks(init)
    moof = fragments[0][: int.from_bytes(fragments[0][:4])]
    refused = 0

    for _ in range(3000):
        bad = bytearray(chance.choice([init, moof]))
        for _ in range(chance.randrange(1, 6)):
            bad[chance.randrange(len(bad))] = chance.choice([0, 255, chance.randrange(256)])
        for read in (read_tracks, lambda data: read_fragment(data, tracks)):
            try:
                read(bytes(bad))
            except BoxMalformed:
                refused += 1
        list(boxes(bytes(bad)))

    assert refused > 3000  # an init segment is no fragment, and the other way round


def test_a_fragment_of_other_tracks_is_refused(whole: bytes) -> None:
    _, fragments = _split(whole)

    with pytest.raises(BoxMalformed):
        read_fragment(fragments[0], [Track(id=9, is_video=True, units_s=1)])
    with pytest.raises(BoxMalformed):
        read_tracks(b"")
