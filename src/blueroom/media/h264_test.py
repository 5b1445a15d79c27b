from __future__ import annotations

import random
from fractions import Fraction

import av
import pytest

from blueroom.media import h264
from blueroom.media.h264 import H264Malformed
from tests.camera import frames_of


def _encoded(size: tuple[int, int], **options: str) -> list[list[bytes]]:
    """A few pictures by x264, as units."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = *size, "yuv420p"
    encoder.time_base = Fraction(1, 90_000)
    encoder.options = {"preset": "veryfast", "tune": "zerolatency", **options}
    frames = frames_of([0.0, 0.04, 0.08], size)
    return [
        h264.split_annexb(bytes(packet)) for frame in frames for packet in encoder.encode(frame)
    ]


@pytest.mark.parametrize(
    ("size", "profile"),
    [
        ((1280, 720), "baseline"),
        ((1920, 1080), "high"),  # 1088 lines coded, 8 cropped
        ((720, 1280), "main"),
        ((322, 242), "high"),
        ((3840, 2160), "high"),
        ((34, 18), "baseline"),
    ],
)
def test_a_sequence_set_says_the_size_shown(size: tuple[int, int], profile: str) -> None:
    key = _encoded(size, profile=profile)[0]
    sequence = next(unit for unit in key if h264.kind(unit) == h264.SPS)

    said = h264.read_sequence_set(sequence)

    assert (said.width_px, said.height_px) == size
    assert said.codec == f"avc1.{sequence[1:4].hex()}"
    assert said.profile == {"baseline": 66, "main": 77, "high": 100}[profile]


def test_a_sequence_set_is_read_with_interlacing_scaling_lists_and_444() -> None:
    params = {"x264-params": "interlaced=1:cqm=jvt", "profile": "high"}
    interlaced = _encoded((720, 576), **params)[0]
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 322, 242, "yuv444p"
    encoder.time_base = Fraction(1, 25)
    frame = next(frames_of([0.0], (322, 242))).reformat(format="yuv444p")
    frame.pts = 0
    whole = h264.split_annexb(b"".join(bytes(p) for f in (frame, None) for p in encoder.encode(f)))

    sizes = [
        (said.width_px, said.height_px, said.profile)
        for unit in (*interlaced, *whole)
        if h264.kind(unit) == h264.SPS
        for said in [h264.read_sequence_set(unit)]
    ]

    assert sizes == [(720, 576, 100), (322, 242, 244)]


def test_a_key_frame_is_told_from_the_others() -> None:
    pictures = _encoded((320, 240))

    assert [h264.is_key(units) for units in pictures] == [True, False, False]


def test_units_survive_both_ways_of_writing_them() -> None:
    units = _encoded((320, 240))[0]
    with_lengths = b"".join(len(unit).to_bytes(2) + unit for unit in units)

    assert h264.split_annexb(h264.join_annexb(units)) == units
    assert h264.split_lengths(with_lengths, 2) == units


def test_a_configuration_is_read_as_it_was_written() -> None:
    key = _encoded((320, 240), profile="high")[0]
    sequences = [unit for unit in key if h264.kind(unit) == h264.SPS]
    pictures = [unit for unit in key if h264.kind(unit) == h264.PPS]

    record = h264.write_configuration(sequences, pictures)

    assert h264.read_configuration(record) == h264.Configuration(
        sequence_sets=sequences, picture_sets=pictures, length_bytes=4
    )


def test_a_configuration_is_the_one_libavformat_writes() -> None:
    key = _encoded((320, 240), profile="high")[0]
    sequences = [unit for unit in key if h264.kind(unit) == h264.SPS]
    pictures = [unit for unit in key if h264.kind(unit) == h264.PPS]
    encoder = av.CodecContext.create("h264", "r")
    encoder.extradata = h264.write_configuration(sequences, pictures)

    frames = encoder.decode(
        av.Packet(b"".join(len(unit).to_bytes(4) + unit for unit in key if h264.kind(unit) == 5))
    ) + encoder.decode(None)

    assert [(frame.width, frame.height) for frame in frames] == [(320, 240)]


def test_bad_bytes_are_read_or_refused_and_nothing_else() -> None:
    chance = random.Random(264)
    key = _encoded((320, 240), profile="high")[0]
    record = h264.write_configuration(
        [unit for unit in key if h264.kind(unit) == h264.SPS],
        [unit for unit in key if h264.kind(unit) == h264.PPS],
    )
    sequence, picture = key[0], key[1]
    refused = 0

    for _ in range(4000):
        for read, good in (
            (h264.read_sequence_set, sequence),
            (h264.picture_set_id, picture),
            (h264.read_configuration, record),
            (h264.split_lengths, record),
        ):
            bad = _spoilt(good, chance)
            try:
                read(bad)
            except H264Malformed:
                refused += 1
        h264.split_annexb(_spoilt(h264.join_annexb(key[:3]), chance))

    assert refused > 1000


def test_a_set_without_end_is_refused() -> None:
    zeros = b"\x67\x64\x00\x1f" + b"\0" * 4000

    for bad in (zeros, b"\x67\x64\x00\x1f", b"\x67" + b"\xff" * 5000, b"", b"\x67"):
        with pytest.raises(H264Malformed):
            h264.read_sequence_set(bad)


def _spoilt(good: bytes, chance: random.Random) -> bytes:
    """Cut, flipped, or replaced."""
    way = chance.randrange(3)
    if way == 0:
        return good[: chance.randrange(len(good) + 1)]
    if way == 1:
        bad = bytearray(good)
        for _ in range(chance.randrange(1, 8)):
            bad[chance.randrange(len(bad))] = chance.randrange(256)
        return bytes(bad)
    return good[:1] + chance.randbytes(chance.randrange(1, 60))
