"""RTMP's chunk stream."""

from __future__ import annotations

import random
import struct

import pytest

from blueroom.media.rtmp_chunks import (
    CHUNK_STREAMS,
    MAX_CHUNK_BYTES,
    ChunkError,
    ChunkReader,
    Message,
    chunked,
)

LIMIT = 1 << 16


def read(*pieces: bytes, limit_bytes: int = LIMIT) -> list[Message]:
    reader = ChunkReader(limit_bytes=limit_bytes)
    return [message for piece in pieces for message in reader.feed(piece)]


def set_chunk_size(size: int) -> bytes:
    return chunked(Message(1, struct.pack(">I", size)), chunk_stream=2, chunk_bytes=128)


def header(
    form: int, chunk_stream: int, *, field: int = 0, length: int = 0, kind: int = 9
) -> bytes:
    written = bytes([form << 6 | chunk_stream])
    if form < 3:
        written += field.to_bytes(3)
    if form < 2:
        written += length.to_bytes(3) + bytes([kind])
    if form == 0:
        written += b"\1\0\0\0"
    return written


@pytest.mark.parametrize("timestamp_ms", [0, 40, 0xFFFFFE, 0xFFFFFF, 0x1000000, 0xFFFFFFFF])
def test_messages_come_back_however_the_bytes_are_cut(timestamp_ms: int) -> None:
    messages = [
        Message(9, bytes(range(256)) * 4, timestamp_ms, 1),
        Message(8, b"sound", timestamp_ms, 1),
        Message(20, b"", timestamp_ms, 1),
    ]
    wire = b"".join(chunked(one, chunk_stream=4, chunk_bytes=128) for one in messages)

    assert read(wire) == messages
    assert read(*(wire[at : at + 1] for at in range(len(wire)))) == messages
    assert read(*(wire[at : at + 7] for at in range(0, len(wire), 7))) == messages


def test_messages_of_two_chunk_streams_may_be_interleaved() -> None:
    picture = header(0, 4, length=200, kind=9), header(3, 4)
    sound = header(0, 5, length=130, kind=8), header(3, 5)

    messages = read(
        picture[0] + b"p" * 128 + sound[0] + b"s" * 128 + picture[1] + b"p" * 72 + sound[1] + b"ss"
    )

    assert messages == [Message(9, b"p" * 200, 0, 1), Message(8, b"s" * 130, 0, 1)]


def test_short_headers_take_what_they_leave_out_from_the_one_before() -> None:
    messages = read(
        header(0, 4, field=1_000, length=2, kind=9) + b"aa"
        + header(1, 4, field=40, length=1, kind=8) + b"b"
        + header(2, 4, field=20) + b"c"
        + header(3, 4) + b"d"
    )  # fmt: skip

    assert messages == [
        Message(9, b"aa", 1_000, 1),
        Message(8, b"b", 1_040, 1),
        Message(8, b"c", 1_060, 1),
        Message(8, b"d", 1_080, 1),
    ]


def test_a_format_3_after_a_format_0_adds_its_timestamp() -> None:
    messages = read(header(0, 4, field=33, length=1) + b"a" + header(3, 4) + b"b")

    assert [message.timestamp_ms for message in messages] == [33, 66]


def test_chunk_stream_numbers_may_have_two_and_three_bytes() -> None:
    rest = header(0, 0, length=1, kind=9)[1:] + b"a"

    messages = read(b"\x00\x05" + rest + b"\x01\x05\x01" + rest + b"\xc0\x05b" + b"\xc1\x05\x01c")

    assert [m.body for m in messages] == [b"a", b"a", b"b", b"c"]


def test_an_extended_delta_is_added_and_repeated_by_a_format_3() -> None:
    extended = struct.pack(">I", 0x1000000)

    messages = read(
        header(0, 4, field=0xFFFFFF, length=1) + struct.pack(">I", 0xFFFFFFFF) + b"a"
        + header(2, 4, field=0xFFFFFF) + extended + b"b"
        + header(3, 4) + extended + b"c"
        + header(2, 4, field=1) + b"d"
    )  # fmt: skip

    assert [m.timestamp_ms for m in messages] == [0xFFFFFFFF, 0x0FFFFFF, 0x1FFFFFF, 0x2000000]


def test_an_extended_timestamp_that_is_not_repeated_within_a_message_is_no_fault() -> None:
    begin = header(0, 4, field=0xFFFFFF, length=200) + struct.pack(">I", 0x1234567) + b"p" * 128
    repeated = header(3, 4) + struct.pack(">I", 0x1234567) + b"q" * 72
    left_out = header(3, 4) + b"q" * 72

    wanted = [Message(9, b"p" * 128 + b"q" * 72, 0x1234567, 1)]
    assert read(begin + repeated) == wanted
    assert read(begin + left_out) == wanted


def test_a_chunk_size_holds_from_the_next_chunk_on() -> None:
    picture = Message(9, b"p" * 5_000, 0, 1)

    messages = read(set_chunk_size(4_096) + chunked(picture, chunk_stream=4, chunk_bytes=4_096))

    assert messages[1:] == [picture]


@pytest.mark.parametrize("size", [0, MAX_CHUNK_BYTES + 1, 0x80000001])
def test_a_chunk_size_outside_its_limits_is_refused(size: int) -> None:
    with pytest.raises(ChunkError):
        read(set_chunk_size(size))


def test_the_largest_chunk_size_is_taken() -> None:
    assert len(read(set_chunk_size(MAX_CHUNK_BYTES))) == 1


def test_an_aborted_message_is_dropped() -> None:
    abort = chunked(Message(2, struct.pack(">I", 4)), chunk_stream=2, chunk_bytes=128)

    messages = read(
        header(0, 4, length=200) + b"x" * 128 + abort + header(0, 4, length=1, kind=9) + b"a"
    )

    assert messages[1:] == [Message(9, b"a", 0, 1)]


def test_a_message_within_a_message_is_refused() -> None:
    with pytest.raises(ChunkError):
        read(header(0, 4, length=200) + b"x" * 128 + header(0, 4, length=1) + b"a")


def test_a_message_over_the_limit_is_refused_by_its_header() -> None:
    assert read(header(0, 4, length=LIMIT)) == []

    with pytest.raises(ChunkError):
        read(header(0, 4, length=LIMIT + 1))


def test_a_new_limit_holds_for_the_next_message_of_the_same_bytes() -> None:
    reader = ChunkReader(limit_bytes=10)
    lengths = []

    for message in reader.feed(
        header(0, 4, length=10) + b"x" * 10 + header(0, 4, length=20) + b"x" * 20
    ):
        lengths.append(len(message.body))
        reader.limit_bytes = 20

    assert lengths == [10, 20]


def test_unfinished_messages_have_a_limit_together() -> None:
    begun = b"".join(header(0, n, length=LIMIT) + b"x" * 32_768 for n in range(3, 7))

    with pytest.raises(ChunkError):
        read(set_chunk_size(32_768) + begun + header(0, 7, length=LIMIT) + b"x" * 32_768)


def test_chunk_streams_have_a_limit() -> None:
    many = b"".join(header(0, number, length=1) + b"a" for number in range(3, 3 + CHUNK_STREAMS))
    assert len(read(many)) == CHUNK_STREAMS

    with pytest.raises(ChunkError):
        read(many + header(0, 60, length=1) + b"a")


def test_random_bytes_give_messages_or_a_refusal_and_nothing_else() -> None:
    chance = random.Random(3)
    whole = set_chunk_size(64) + b"".join(
        chunked(Message(9, b"p" * 300, 1 << 24, 1), chunk_stream=4, chunk_bytes=64)
        for _ in range(3)
    )
    refused = 0
    for _ in range(3_000):
        noise = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            noise[chance.randrange(len(noise))] = chance.randrange(256)
        reader = ChunkReader(limit_bytes=LIMIT)
        try:
            for at in range(0, len(noise), 50):
                assert sum(len(m.body) for m in reader.feed(bytes(noise[at : at + 50]))) < LIMIT
        except ChunkError:
            refused += 1
    assert 300 < refused < 3_000
