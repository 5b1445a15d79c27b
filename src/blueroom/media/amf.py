"""AMF0, the values in RTMP's commands, read and written with limits.

Specification: Adobe, "Action Message Format - AMF 0"
(https://rtmp.veriskope.com/pdf/amf0-file-format-specification.pdf, read 2026-11-25). What no
publishing encoder sends is refused: references, movie clips, record sets, AMF3 inside AMF0.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import ClassVar

from blueroom.base.errors import NotAcceptable

# A connect command has one object of about 15 entries; onMetaData one of about 30.
DEPTH = 8
VALUES = 1_000

_NUMBER, _BOOLEAN, _STRING, _OBJECT = 0x00, 0x01, 0x02, 0x03
_NULL, _UNDEFINED, _ECMA_ARRAY, _OBJECT_END = 0x05, 0x06, 0x08, 0x09
_STRICT_ARRAY, _DATE, _LONG_STRING, _XML, _TYPED_OBJECT = 0x0A, 0x0B, 0x0C, 0x0F, 0x10

Value = float | bool | str | None | list["Value"] | dict[str, "Value"]


class MalformedAmf(NotAcceptable):
    """The bytes are no AMF0, or more of it than anybody sends."""

    code: ClassVar[str] = "malformed_amf"
    sentence: ClassVar[str] = "The encoder sent a command that cannot be read."


def read_values(body: bytes) -> list[Value]:
    """All values in the bytes. A date is read as its number of milliseconds since 1970.

    Raises:
        MalformedAmf: cut off, of an unknown type, nested or repeated too often.
    """
    reader = _Reader(body)
    values = []
    while not reader.is_at_end:
        values.append(reader.value(DEPTH))
    return values


def write_values(*values: Value) -> bytes:
    """The values one after the other; a list becomes a strict array."""
    return b"".join(_written(value) for value in values)


class _Reader:
    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0
        self._values_left = VALUES
        self._readers: dict[int, Callable[[int], Value]] = {
            _NUMBER: lambda _: self._number(),
            _BOOLEAN: lambda _: self._take(1) != b"\0",
            _STRING: lambda _: self._text(2),
            _OBJECT: self._entries,
            _NULL: lambda _: None,
            _UNDEFINED: lambda _: None,
            _ECMA_ARRAY: self._ecma_array,
            _STRICT_ARRAY: self._strict_array,
            _DATE: lambda _: self._date(),
            _LONG_STRING: lambda _: self._text(4),
            _XML: lambda _: self._text(4),
            _TYPED_OBJECT: self._typed_object,
        }

    @property
    def is_at_end(self) -> bool:
        return self._at >= len(self._body)

    def value(self, depth: int) -> Value:
        self._values_left -= 1
        if depth <= 0 or self._values_left < 0:
            raise MalformedAmf
        read = self._readers.get(self._take(1)[0])
        if read is None:
            raise MalformedAmf
        return read(depth)

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._body):
            raise MalformedAmf
        taken = self._body[self._at : end]
        self._at = end
        return taken

    def _number(self) -> float:
        (number,) = struct.unpack(">d", self._take(8))
        return float(number)

    def _text(self, length_bytes: int) -> str:
        return self._take(int.from_bytes(self._take(length_bytes))).decode("utf-8", "replace")

    def _date(self) -> float:
        number = self._number()
        self._take(2)  # a time zone, which the specification says to ignore
        return number

    def _ecma_array(self, depth: int) -> Value:
        self._take(4)  # a count that encoders get wrong; the end is marked
        return self._entries(depth)

    def _strict_array(self, depth: int) -> Value:
        return [self.value(depth - 1) for _ in range(int.from_bytes(self._take(4)))]

    def _typed_object(self, depth: int) -> Value:
        self._text(2)
        return self._entries(depth)

    def _entries(self, depth: int) -> Value:
        entries: dict[str, Value] = {}
        while True:
            name = self._text(2)
            if not name and self._body[self._at : self._at + 1] == bytes([_OBJECT_END]):
                self._take(1)
                return entries
            entries[name] = self.value(depth - 1)


def _written(value: Value) -> bytes:
    match value:
        case None:
            return bytes([_NULL])
        case bool():
            return bytes([_BOOLEAN, value])
        case int() | float():
            return struct.pack(">Bd", _NUMBER, value)
        case str():
            return _written_text(value)
        case list():
            items = b"".join(_written(item) for item in value)
            return struct.pack(">BI", _STRICT_ARRAY, len(value)) + items
        case dict():
            entries = b"".join(_named(name) + _written(item) for name, item in value.items())
            return bytes([_OBJECT]) + entries + b"\0\0" + bytes([_OBJECT_END])


def _named(name: str) -> bytes:
    encoded = name.encode()
    return struct.pack(">H", len(encoded)) + encoded


def _written_text(text: str) -> bytes:
    encoded = text.encode()
    if len(encoded) > 0xFFFF:
        return struct.pack(">BI", _LONG_STRING, len(encoded)) + encoded
    return struct.pack(">BH", _STRING, len(encoded)) + encoded
