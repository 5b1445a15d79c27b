"""H.264 as feeds send it: its units, what its parameter sets say, and where a picture stands alone.

ITU-T H.264 (08/2021), sections 7.3.1 (units), 7.3.2.1 (sequence parameter set) and annex B (start
codes); ISO/IEC 14496-15, section 5.3.3 (avcC); RFC 6381, section 3.3 (codec names). Read
2026-11-26.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import msgspec

from blueroom.base.errors import NotAcceptable

IDR = 5
SPS = 7
PPS = 8
# They say nothing that a file needs: access unit delimiter, ends of sequence and stream, filler.
IDLE_KINDS = frozenset({9, 10, 11, 12})
# What browsers decode: 8 bits, 4:2:0. Baseline, main and high.
PLAIN_PROFILES = frozenset({66, 77, 100})
START_CODE = b"\0\0\0\1"

_PROFILES_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_LARGEST_SET_BYTES = 4096
_LARGEST_PX = 16384


class H264Malformed(NotAcceptable):
    """The bytes are not H.264, or are torn."""

    code: ClassVar[str] = "h264_malformed"
    sentence: ClassVar[str] = "The feed's H.264 cannot be read. Start the camera again."


class SequenceSet(msgspec.Struct, frozen=True, kw_only=True):
    """What a sequence parameter set says. The size is the one shown, after cropping."""

    id: int
    profile: int
    constraints: int
    level: int
    width_px: int
    height_px: int

    @property
    def codec(self) -> str:
        """As RFC 6381 names it: `avc1.PPCCLL`."""
        return f"avc1.{self.profile:02x}{self.constraints:02x}{self.level:02x}"


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """What an `avcC` record says: parameter sets, and how many bytes a unit's length takes."""

    sequence_sets: list[bytes]
    picture_sets: list[bytes]
    length_bytes: int


def kind(unit: bytes) -> int:
    """The unit's `nal_unit_type`."""
    return unit[0] & 31


def is_key(units: Iterable[bytes]) -> bool:
    """Whether decoding may begin with this picture."""
    return any(kind(unit) == IDR for unit in units)


def split_annexb(data: bytes) -> list[bytes]:
    """The units between start codes, without those codes and without trailing zeros."""
    units = []
    start = data.find(b"\0\0\1")
    while start >= 0:
        end = data.find(b"\0\0\1", start + 3)
        unit = data[start + 3 : end if end >= 0 else len(data)].rstrip(b"\0")
        if unit:
            units.append(unit)
        start = end
    return units


def split_lengths(data: bytes, length_bytes: int = 4) -> list[bytes]:
    """The units of a sample as files keep it, each with its length before it.

    Raises:
        H264Malformed: a length reaches beyond the end.
    """
    units = []
    at = 0
    while at < len(data):
        begin = at + length_bytes
        at = begin + int.from_bytes(data[at:begin])
        if begin > len(data) or at > len(data):
            raise H264Malformed
        if at > begin:
            units.append(data[begin:at])
    return units


def join_annexb(units: Iterable[bytes]) -> bytes:
    """The units with a start code before each."""
    return b"".join(START_CODE + unit for unit in units)


def read_sequence_set(unit: bytes) -> SequenceSet:
    """What the sequence parameter set says.

    Raises:
        H264Malformed: it is none, is torn, or says what cannot be.
    """
    if len(unit) < 5 or len(unit) > _LARGEST_SET_BYTES or kind(unit) != SPS:
        raise H264Malformed
    bits = _Bits(unit[1:])
    profile, constraints, level = bits.take(8), bits.take(8), bits.take(8)
    number = bits.golomb()
    chroma = _skip_chroma(bits) if profile in _PROFILES_WITH_CHROMA else 1
    bits.golomb()  # log2_max_frame_num
    _skip_picture_order(bits)
    bits.golomb()  # max_num_ref_frames
    bits.take(1)
    width, height = (bits.golomb() + 1) * 16, (bits.golomb() + 1) * 16
    is_whole_frames = bits.take(1)
    if not is_whole_frames:
        height *= 2
        bits.take(1)
    bits.take(1)
    if bits.take(1):
        unit_x = 2 if chroma in (1, 2) else 1
        unit_y = (2 if chroma == 1 else 1) * (2 - is_whole_frames)
        width -= unit_x * (bits.golomb() + bits.golomb())
        height -= unit_y * (bits.golomb() + bits.golomb())
    if not (0 < width <= _LARGEST_PX and 0 < height <= _LARGEST_PX):
        raise H264Malformed
    return SequenceSet(
        id=number,
        profile=profile,
        constraints=constraints,
        level=level,
        width_px=width,
        height_px=height,
    )


def picture_set_id(unit: bytes) -> int:
    """Which picture parameter set of its stream this is.

    Raises:
        H264Malformed: it is none, or is torn.
    """
    if len(unit) < 2 or len(unit) > _LARGEST_SET_BYTES or kind(unit) != PPS:
        raise H264Malformed
    return _Bits(unit[1:9]).golomb()


def read_configuration(record: bytes) -> Configuration:
    """The `avcC` record of a file or of an encoder's header.

    Raises:
        H264Malformed: it is none, or is torn.
    """
    if len(record) < 7 or record[0] != 1:
        raise H264Malformed
    sequence_sets, at = _read_sets(record, 6, record[5] & 31)
    if at >= len(record):
        raise H264Malformed
    picture_sets, _ = _read_sets(record, at + 1, record[at])
    return Configuration(
        sequence_sets=sequence_sets,
        picture_sets=picture_sets,
        length_bytes=(record[4] & 3) + 1,
    )


def write_configuration(sequence_sets: list[bytes], picture_sets: list[bytes]) -> bytes:
    """An `avcC` record for units whose length takes four bytes.

    Raises:
        H264Malformed: there is no sequence parameter set, or one that cannot be read.
    """
    if not sequence_sets:
        raise H264Malformed
    first = read_sequence_set(sequence_sets[0])
    sets = b"".join(len(one).to_bytes(2) + one for one in sequence_sets)
    more = b"".join(len(one).to_bytes(2) + one for one in picture_sets)
    head = bytes([1, first.profile, first.constraints, first.level, 0xFF])
    record = head + bytes([0xE0 | len(sequence_sets)]) + sets + bytes([len(picture_sets)]) + more
    # High profiles say their chroma and depth again (section 5.3.3.1.2); we take 8 bits, 4:2:0.
    return record + (bytes([0xFD, 0xF8, 0xF8, 0]) if first.profile == 100 else b"")


class ParameterSets:
    """The parameter sets that pictures refer to, wherever they came from."""

    def __init__(self) -> None:
        self._sequence = b""
        self._pictures: dict[int, bytes] = {}
        self.changed = False

    def take(self, units: list[bytes]) -> None:
        """Remember those among the units; ones that cannot be read are passed over."""
        for unit in units:
            if kind(unit) == SPS and unit != self._sequence:
                self._sequence = unit
                self._pictures = {}
                self.changed = True
            elif kind(unit) == PPS:
                try:
                    number = picture_set_id(unit)
                except H264Malformed:
                    continue
                self.changed = self.changed or self._pictures.get(number) != unit
                self._pictures[number] = unit

    def read(self) -> SequenceSet | None:
        """What the newest sequence set says; None where there is no usable one."""
        try:
            return read_sequence_set(self._sequence) if self._pictures else None
        except H264Malformed:
            return None

    def dress(self, units: list[bytes], *, is_first: bool) -> list[bytes]:
        """The picture without parameter sets, which the file holds once; with them at first."""
        skipped = IDLE_KINDS | {SPS, PPS}
        plain = [unit for unit in units if kind(unit) not in skipped]
        return [self._sequence, *self._pictures.values(), *plain] if is_first else plain


class _Bits:
    """Reads the bits of a parameter set, without its emulation prevention bytes."""

    def __init__(self, escaped: bytes) -> None:
        body = escaped.replace(b"\0\0\3", b"\0\0")
        self._value = int.from_bytes(body)
        self._left = len(body) * 8

    def take(self, count: int) -> int:
        if count > self._left:
            raise H264Malformed
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def golomb(self) -> int:
        """An unsigned Exp-Golomb code, section 9.1."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise H264Malformed
        return (1 << zeros) - 1 + self.take(zeros)

    def signed_golomb(self) -> int:
        code = self.golomb()
        return (code + 1) // 2 if code % 2 else -(code // 2)


def _read_sets(record: bytes, at: int, count: int) -> tuple[list[bytes], int]:
    sets = []
    for _ in range(count):
        begin = at + 2
        at = begin + int.from_bytes(record[at:begin])
        if begin > len(record) or at > len(record) or at == begin:
            raise H264Malformed
        sets.append(record[begin:at])
    return sets, at


def _skip_chroma(bits: _Bits) -> int:
    """Past the part of the high profiles. Returns chroma_format_idc."""
    chroma = bits.golomb()
    if chroma > 3:
        raise H264Malformed
    if chroma == 3:
        bits.take(1)
    bits.golomb()
    bits.golomb()
    bits.take(1)
    if bits.take(1):
        for index in range(8 if chroma != 3 else 12):
            if bits.take(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed_golomb()) % 256
        last = following or last


def _skip_picture_order(bits: _Bits) -> None:
    way = bits.golomb()
    if way == 0:
        bits.golomb()
    elif way == 1:
        bits.take(1)
        bits.golomb()
        bits.golomb()
        cycle = bits.golomb()
        if cycle > 255:
            raise H264Malformed
        for _ in range(cycle):
            bits.golomb()
    elif way > 2:
        raise H264Malformed
