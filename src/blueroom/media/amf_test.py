"""The values of RTMP's commands."""

from __future__ import annotations

import random
import struct

import pytest

from blueroom.media.amf import DEPTH, VALUES, MalformedAmf, Value, read_values, write_values

CONNECT: list[Value] = [
    "connect",
    1.0,
    {"app": "live", "flashVer": "FMLE/3.0", "fpad": False, "tcUrl": "rtmp://h/live", "more": None},
]


def test_values_come_back_as_they_were_written() -> None:
    values: list[Value] = [*CONNECT, True, "é" * 40_000, [1.0, "a", {"b": [None]}], {}]

    assert read_values(write_values(*values)) == values


def test_an_array_with_a_wrong_count_is_read_to_its_marked_end() -> None:
    body = b"\x08" + struct.pack(">I", 99) + b"\0\x05width\0" + struct.pack(">d", 1280) + b"\0\0\t"

    assert read_values(body) == [{"width": 1280.0}]


def test_dates_typed_objects_undefined_and_xml_are_read() -> None:
    body = (
        b"\x0b" + struct.pack(">dh", 1_000.0, 60)
        + b"\x10\0\x01T\0\x01a\x06\0\0\t"
        + b"\x0f\0\0\0\x04<a/>"
    )  # fmt: skip

    assert read_values(body) == [1000.0, {"a": None}, "<a/>"]


def test_a_reference_and_an_unknown_type_are_refused() -> None:
    for body in (b"\x07\0\0", b"\x11\x0a", b"\xff"):
        with pytest.raises(MalformedAmf):
            read_values(body)


def test_nesting_has_a_limit() -> None:
    nested: Value = 1.0
    for _ in range(DEPTH - 1):
        nested = [nested]
    assert read_values(write_values(nested)) == [nested]

    with pytest.raises(MalformedAmf):
        read_values(write_values([nested]))


def test_the_number_of_values_has_a_limit() -> None:
    with pytest.raises(MalformedAmf):
        read_values(write_values(*[None] * (VALUES + 1)))
    with pytest.raises(MalformedAmf):  # a count of four thousand million, and no bytes for them
        read_values(b"\x0a\xff\xff\xff\xff" + b"\x05" * (VALUES + 1))


def test_each_truncation_is_read_or_refused_and_nothing_else() -> None:
    whole = write_values(*CONNECT, [1.0, "a"])
    ends = {len(write_values(*CONNECT[:count])) for count in range(4)} | {len(whole)}

    readable = set()
    for end in range(len(whole) + 1):
        try:
            read_values(whole[:end])
        except MalformedAmf:
            continue
        readable.add(end)

    assert readable == ends


def test_random_bytes_are_read_or_refused_and_nothing_else() -> None:
    chance = random.Random(7)
    whole = write_values(*CONNECT)

    refused = 0
    for _ in range(5_000):
        noise = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            noise[chance.randrange(len(noise))] = chance.randrange(256)
        for body in (bytes(noise), chance.randbytes(chance.randint(1, 60))):
            try:
                read_values(body)
            except MalformedAmf:
                refused += 1

    assert 5_000 < refused < 10_000  # most noise is noise; some of it is a value
