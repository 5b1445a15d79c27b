"""The edges of an exact cut: pictures encoded anew so that they fit the ones that are copied.

A cut rarely falls on a key frame. The pictures from it to the next one are encoded anew, the rest
is copied as it is. The two have differing parameter sets, and one file can say so in three ways:

- parameter sets within the pictures: a track called `avc1` must have none (ISO/IEC 14496-15, 5.3),
  and Apple's players take `avcC` at its word;
- two sample descriptions: FFmpeg does not write them, and Chromium reads the first only;
- one `avcC` that holds both pairs under differing ids (14496-15, 5.3.3.1, has room for 31 and 255),
  each picture naming its own. This is plain `avc1`, from the first byte to the last.

We do the third. Seen with Chromium 156 and FFmpeg 5.1 and 8.1: every picture is there on both
sides of a joint, played and sought. The encoder is held to the profile, level, size and colours of
the source and reorders nothing, and at each joint stands an IDR picture, so that a player which
begins anew at each parameter set loses nothing. A source that this cannot be done for (10 bits,
other colour planes, not H.264, parameter sets that change on the way) is encoded anew as a whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from typing import NamedTuple

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from blueroom.media import h264

_PROFILES = {66: "baseline", 77: "main", 100: "high"}
_PLANES = {"yuv420p", "yuvj420p"}
_THREADS = 4  # more make the pictures worse and nothing faster


class CannotCopy(Exception):
    """This source cannot be cut by copying: it is encoded anew."""


class Picture(NamedTuple):
    """An encoded picture as MP4 keeps it; `pts` in the ticks of its source."""

    sample: bytes
    pts: int
    is_key: bool


class ParameterSets:
    """What the `avcC` of a source holds.

    Raises:
        CannotCopy: it cannot be read, or is of a kind that we do not continue.
    """

    def __init__(self, record: bytes) -> None:
        try:
            found = h264.read_configuration(record)
            self.sequence_sets, self.picture_sets = found.sequence_sets, found.picture_sets
            sequences = [h264.read_sequence_set(one) for one in self.sequence_sets]
            self.ids = {one.id for one in sequences}
            self.ids |= {h264.picture_set_id(one) for one in self.picture_sets}
        except h264.H264Malformed as error:
            raise CannotCopy from error
        if len(sequences) != 1 or found.length_bytes != 4:
            raise CannotCopy
        self.profile, self.level = sequences[0].profile, sequences[0].level

    def strip(self, sample: bytes) -> bytes:
        """The sample without parameter sets of its own, which a track `avc1` has none of.

        Raises:
            CannotCopy: it has some that are not in the `avcC`, or is torn.
        """
        units = units_of(sample)
        own = [unit for unit in units if h264.kind(unit) in {h264.SPS, h264.PPS}]
        if not own:
            return sample
        if not {*own} <= {*self.sequence_sets, *self.picture_sets}:
            raise CannotCopy
        return as_sample(unit for unit in units if unit not in own)


class EdgeEncoder:
    """Encodes pictures that may stand in one track with those of `source`.

    `record` is the `avcC` for both. `ticks` is the source's time base, `rate` about how many
    pictures a second it has.

    Raises:
        CannotCopy: no such encoder is to be had for this source.
    """

    def __init__(
        self, source: VideoCodecContext, sets: ParameterSets, *, ticks: Fraction, rate: Fraction
    ) -> None:
        if sets.profile not in _PROFILES or source.pix_fmt not in _PLANES:
            raise CannotCopy
        self._source, self._ticks, self._rate = source, ticks, rate
        self._profile, self._level = _PROFILES[sets.profile], sets.level
        self._id = min(set(range(1, 32)) - sets.ids)
        self._headers = _headers(self._open(bits_per_s=1_000_000))
        sequences = [unit for unit in self._headers if h264.kind(unit) == h264.SPS]
        pictures = [unit for unit in self._headers if h264.kind(unit) == h264.PPS]
        record = bytearray(
            h264.write_configuration(sets.sequence_sets + sequences, sets.picture_sets + pictures)
        )
        record[2] &= sequences[0][2]  # constraints that both keep, 14496-15, 5.3.3.1.2
        self.record = bytes(record)

    def encode(self, frames: Iterable[VideoFrame], *, bits_per_s: int) -> Iterator[Picture]:
        """The frames as pictures of about that many bits; the first is an IDR picture."""
        encoder = self._open(bits_per_s=bits_per_s)
        if _headers(encoder) != self._headers:
            raise CannotCopy
        for frame in chain(frames, [None]):
            if frame is not None:
                frame.pict_type = PictureType.NONE
                frame.time_base = self._ticks
            for packet in encoder.encode(frame):
                units = h264.split_annexb(bytes(packet))
                # Without x264's note on its settings, which are not those of the other pictures.
                sample = as_sample(unit for unit in units if h264.kind(unit) in {1, h264.IDR})
                assert packet.pts is not None
                yield Picture(sample, packet.pts, packet.is_keyframe)

    def _open(self, *, bits_per_s: int) -> VideoCodecContext:
        encoder, source = VideoCodecContext.create("libx264", "w"), self._source
        encoder.width, encoder.height = source.width, source.height
        encoder.pix_fmt, encoder.time_base = source.pix_fmt, self._ticks
        encoder.framerate = self._rate
        if source.sample_aspect_ratio:
            encoder.sample_aspect_ratio = source.sample_aspect_ratio
        encoder.color_range, encoder.colorspace = source.color_range, source.colorspace
        encoder.color_primaries, encoder.color_trc = source.color_primaries, source.color_trc
        encoder.options = {
            "preset": "superfast",
            "tune": "zerolatency",
            "profile": self._profile,
            "crf": "20",
            "maxrate": str(bits_per_s),
            "bufsize": str(bits_per_s),
            "flags": "+global_header",
            "threads": str(min(_THREADS, len(os.sched_getaffinity(0)))),
            # `stitchable`: headers that do not depend on what is encoded.
            "x264-params": f"sps-id={self._id}:level={self._level}:keyint=infinite:scenecut=0"
            ":stitchable=1",
        }
        try:
            encoder.open(strict=False)
        except av.FFmpegError as error:
            raise CannotCopy from error
        return encoder


def units_of(sample: bytes) -> list[bytes]:
    """The NAL units of a sample as MP4 keeps it.

    Raises:
        CannotCopy: it is torn.
    """
    try:
        return h264.split_lengths(sample)
    except h264.H264Malformed as error:
        raise CannotCopy from error


def as_sample(units: Iterable[bytes]) -> bytes:
    """The NAL units as MP4 keeps them, each after its length."""
    return b"".join(len(unit).to_bytes(4) + unit for unit in units)


def _headers(encoder: VideoCodecContext) -> list[bytes]:
    units = h264.split_annexb(bytes(encoder.extradata or b""))
    return [unit for unit in units if h264.kind(unit) in {h264.SPS, h264.PPS}]
