"""Cuts by copying, with the edges encoded anew where a cut is on no key frame.

Pictures are taken in groups, from one IDR picture to the next. A group that lies within the stretch
is copied. Of one that the stretch begins in, the pictures from there on are encoded anew. Of one
that it ends in, all is copied up to where no later picture is shown earlier; what is left, a few
pictures of a source with reordered ones, is encoded anew.

Sound is copied by whole AAC frames (21 ms at 48 kHz). At the beginning the frame that the cut lies
in and the one before it are taken and hidden by the edit list, to the sample: an AAC frame is right
only after its predecessor. At the end and at joints the nearest frame is taken, at most half of one
off. Every picture keeps its time, so a changing frame rate stays one; the last lasts to the out
point.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from blueroom.media import h264
from blueroom.media.cut import CutFile, NothingToCut, Piece
from blueroom.media.smart import CannotCopy, EdgeEncoder, ParameterSets, units_of
from blueroom.media.stretch import LAST_S, WAIT_S, Stretch, time_base

_AAC_SAMPLES = 1024  # of a frame
_LEAST_RATE = 500_000  # bits a second
_FINER = 1.5  # an edge may have so many times the bits of its group: the second coding costs some


def splice(pieces: list[Piece], out: Path, *, may_be_short: bool) -> CutFile:
    """Writes the pieces as `out`, see `cut.cut_exact`.

    Raises:
        CannotCopy: they have to be encoded anew; `out` may be there, unfinished.
    """
    with ExitStack() as stack:
        stretches = [stack.enter_context(Stretch(piece)) for piece in pieces]
        if not may_be_short:
            stretches[-1].check_long_enough()
        _check_alike(stretches)
        cut = stack.enter_context(_Splice(out, stretches[0], is_joined=len(stretches) > 1))
        for stretch in stretches:
            cut.add(stretch)
        if not may_be_short:
            stretches[-1].check_complete()
        return cut.finish()


def _check_alike(stretches: list[Stretch]) -> None:
    """Raises:
    CannotCopy: their settings differ, or are none that can be copied.
    """
    settings = {
        tuple(
            (
                stream.codec_context.name,
                stream.time_base,
                bytes(stream.codec_context.extradata or b""),
            )
            for stream in (stretch.video, stretch.audio)
            if stream is not None
        )
        for stretch in stretches
    }
    names = [name for name, _, _ in settings.pop()]
    if settings or not names or not {*names} <= {"h264", "aac"}:
        raise CannotCopy


class _Splice:
    """The file being written: one track of pictures, one of sound, what is added one after another.

    `at_s` is where the next stretch begins in it.
    """

    def __init__(self, out: Path, first: Stretch, *, is_joined: bool) -> None:
        self._out, self._first, self._is_joined = out, first, is_joined
        self._file: OutputContainer | None = None
        self._video: VideoStream | None = None
        self._audio: AudioStream | None = None
        self._held: Packet[Any] | None = None  # the last picture, until its end is known
        self._sound_end: int | None = None
        self._last_dts: int | None = None
        self._last_pts = 0
        self._frames = 0
        self._first_is_copied = True
        self.sets: ParameterSets | None = None
        self.edges: EdgeEncoder | None = None
        self.at_s = Fraction(0)
        self._tick_s = time_base(first.video) if first.video is not None else None
        if first.video is not None:
            self.sets = ParameterSets(bytes(first.video.codec_context.extradata or b""))

    def __enter__(self) -> _Splice:
        return self

    def __exit__(self, *error: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, stretch: Stretch) -> None:
        """Append a stretch."""
        adding = _Adding(self, stretch)
        group: list[Packet[Any]] = []
        for packet in stretch.packets():
            if packet.stream is stretch.audio:
                adding.take_sound(packet)
            elif packet.is_keyframe and h264.is_key(units_of(bytes(packet))):
                adding.take_group(group)
                group = [packet]
            elif group:
                group.append(packet)
        adding.take_group(group)
        adding.end()

    def begin(self, *, first_is_copied: bool, has_pictures: bool = True) -> None:
        """Make the tracks, once; with parameter sets for edges if there can be any."""
        if self._file is not None:
            if has_pictures and self._video is None:
                raise CannotCopy  # pictures after a stretch that had none
            return
        video, audio = self._first.video if has_pictures else None, self._first.audio
        options = {"movflags": "+faststart"}
        if video is not None:
            options["video_track_timescale"] = str(time_base(video).denominator)
        self._file = av.open(str(self._out), "w", format="mp4", options=options)
        self._first_is_copied = first_is_copied
        if video is not None and self.sets is not None:
            self._video = self._file.add_stream_from_template(video)
            source = video.codec_context
            if not first_is_copied or self._is_joined or source.has_b_frames:
                self.edges = EdgeEncoder(
                    source,
                    self.sets,
                    ticks=time_base(video),
                    rate=video.average_rate or Fraction(30),
                )
                self._video.codec_context.extradata = self.edges.record
        if audio is not None:
            self._audio = self._file.add_stream_from_template(audio)

    def put_picture(self, packet: Packet[Any]) -> None:
        """Append a picture, in the order of decoding, with times of the file.

        Raises:
            CannotCopy: it would have to be decoded before its predecessor.
        """
        assert packet.pts is not None
        assert packet.dts is not None
        if self._last_dts is not None:
            packet.dts = max(packet.dts, self._last_dts + 1)
        if packet.dts > packet.pts:
            raise CannotCopy
        self._flush_held()
        self._held, self._last_dts = packet, packet.dts
        self._last_pts = max(self._last_pts, packet.pts)
        self._frames += 1

    def put_sound(self, packet: Packet[Any], length: int) -> None:
        """Append sound with times of the file; what would begin before the last has ended is left
        out.

        Raises:
            CannotCopy: there would be a gap, which players fill each in their own way.
        """
        assert self._file is not None
        assert packet.pts is not None
        if packet.pts > (self._sound_end or 0) + length:
            raise CannotCopy
        if self._sound_end is not None and packet.pts < self._sound_end - length // 2:
            return
        self._sound_end = packet.pts + length
        packet.stream = self._audio
        self._file.mux(packet)

    def end(self, at_s: Fraction) -> None:
        """A stretch ends at `at_s`: so long lasts its last picture, and there begins the next."""
        self.at_s = at_s
        if self._held is not None and self._held.pts == self._last_pts and self._tick_s:
            self._held.duration = max(1, round(at_s / self._tick_s) - self._last_pts)

    def finish(self) -> CutFile:
        """Raises:
        NothingToCut: nothing was added.
        """
        if self._file is None or not (self._frames or self._sound_end):
            raise NothingToCut
        self._flush_held()
        self._file.close()
        context = self._video.codec_context if self._video is not None else None
        return CutFile(
            duration_s=round(float(self.at_s), 6),
            frames=self._frames,
            width_px=context.width if context else 0,
            height_px=context.height if context else 0,
            size_bytes=self._out.stat().st_size,
            first_is_copied=self._first_is_copied,
        )

    def _flush_held(self) -> None:
        if self._held is not None:
            assert self._file is not None
            self._held.stream = self._video
            self._file.mux(self._held)
            self._held = None


class _Adding:
    """One stretch on its way into the file."""

    def __init__(self, cut: _Splice, stretch: Stretch) -> None:
        self._cut, self._stretch, self._at_s = cut, stretch, cut.at_s
        self._origin_s: Fraction | None = None  # what lies at `at_s` in the file
        self._last_s = Fraction(0)  # when the last picture begins
        self._sounds: deque[Packet[Any]] = deque()
        if stretch.video is not None:
            self._tick_s = time_base(stretch.video)
            self._in = stretch.ticks(stretch.in_s, stretch.video)
            self._out = stretch.ticks(stretch.out_s, stretch.video)

    def take_sound(self, packet: Packet[Any]) -> None:
        self._sounds.append(packet)

    def take_group(self, group: list[Packet[Any]]) -> None:
        """Take the pictures of a group that lie within the stretch. It begins with an IDR."""
        wanted = [pts for packet in group if self._in <= (pts := shown(packet)) < self._out]
        if not wanted:
            return
        is_whole = shown(group[0]) >= self._in
        self._cut.begin(first_is_copied=is_whole)
        if self._origin_s is None:
            self._begin(min(wanted))
        copied = group[: _closed(group, self._out)] if is_whole else []
        last_copied = max(map(shown, copied), default=self._in - 1)
        for packet in copied:
            self._copy(packet)
        if max(wanted) > last_copied:
            self._encode(group, last_copied + 1)
        self._last_s = max(wanted) * self._tick_s
        self._put_sounds(self._last_s)

    def end(self) -> None:
        """Nothing more comes of this stretch."""
        if self._origin_s is None:
            is_glimpse = self._stretch.out_s - self._stretch.in_s < WAIT_S
            if not self._sounds or (is_glimpse and self._stretch.video is not None):
                return
            self._cut.begin(first_is_copied=True, has_pictures=False)
            self._origin_s = self._last_s = self._stretch.in_s
        end_s = max(min(self._stretch.out_s, self._stretch.read_to_s), self._last_s + LAST_S)
        self._put_sounds(end_s)
        length_s = end_s - self._origin_s
        self._cut.end(self._at_s + length_s)

    def _begin(self, first: int) -> None:
        """The first picture stands at the beginning, the sound as far from it as it was."""
        first_s, in_s = first * self._tick_s, self._stretch.in_s
        self._origin_s = first_s if first_s - in_s < WAIT_S else in_s
        self._shift = round((self._origin_s - self._at_s) / self._tick_s)
        # A picture that comes much later is shown from the beginning, for want of any other.
        self._early = first if first_s > self._origin_s else None

    def _copy(self, packet: Packet[Any]) -> None:
        assert self._cut.sets is not None
        sample, dts = bytes(packet), packet.dts
        assert dts is not None
        stripped = self._cut.sets.strip(sample)
        if stripped is not sample:
            packet = _packet(stripped, packet)
        self._put(packet, pts := shown(packet), pts - dts)

    def _encode(self, group: list[Packet[Any]], first: int) -> None:
        """Append the group's pictures from `first` on, encoded anew."""
        if self._cut.edges is None:
            raise CannotCopy
        assert group[0].dts is not None
        delay = shown(group[0]) - group[0].dts
        span_s = (max(map(shown, group)) - shown(group[0])) * self._tick_s + Fraction(1, 30)
        rate = sum(packet.size for packet in group) * 8 / float(span_s) * _FINER
        frames = self._decode(group, first)
        for picture in self._cut.edges.encode(frames, bits_per_s=max(_LEAST_RATE, int(rate))):
            packet = Packet(picture.sample)
            packet.time_base, packet.is_keyframe = self._tick_s, picture.is_key
            self._put(packet, picture.pts, delay)

    def _decode(self, group: list[Packet[Any]], first: int) -> Iterator[VideoFrame]:
        assert self._stretch.video is not None
        decoder = self._stretch.video.codec_context
        for packet in (*group, None):
            try:
                frames = decoder.decode(packet)
            except av.FFmpegError:
                continue  # damaged on its way to us
            for frame in frames:
                if frame.pts is not None and first <= frame.pts < self._out:
                    yield frame
        decoder.flush_buffers()

    def _put(self, packet: Packet[Any], pts: int, delay: int) -> None:
        """Append a picture that is shown at `pts` of its recording, decoded `delay` before."""
        at = pts - self._shift if pts != self._early else round(self._at_s / self._tick_s)
        packet.pts, packet.dts = at, at - delay
        self._cut.put_picture(packet)

    def _put_sounds(self, before_s: Fraction) -> None:
        """Append what has come of the sound, up to the frame nearest to `before_s`."""
        assert self._origin_s is not None
        if self._stretch.audio is None:
            return
        tick_s = time_base(self._stretch.audio)
        begin, end = round(self._origin_s / tick_s), round(before_s / tick_s)
        shift = round((self._origin_s - self._at_s) / tick_s)
        is_first = not self._at_s
        while self._sounds:
            length = self._sounds[0].duration or _AAC_SAMPLES
            at = shown(self._sounds[0])
            if at + length // 2 >= end:
                return
            packet = self._sounds.popleft()
            if at + 2 * length > begin if is_first else at + length // 2 >= begin:
                packet.pts = packet.dts = at - shift
                self._cut.put_sound(packet, length)


def shown(packet: Packet[Any]) -> int:
    """When the packet is shown or heard, in its ticks."""
    assert packet.pts is not None  # Stretch gives no others
    return packet.pts


def _closed(group: list[Packet[Any]], out: int) -> int:
    """How many packets can be copied: none is shown from `out` on, no later one before them."""
    whole = 0
    earliest_after = list(accumulate(map(shown, reversed(group)), min))[::-1]
    latest = -1
    for number, packet in enumerate(group, start=1):
        latest = max(latest, shown(packet))
        if latest >= out:
            break
        if number == len(group) or latest < earliest_after[number]:
            whole = number
    return whole


def _packet(sample: bytes, like: Packet[Any]) -> Packet[Any]:
    packet = Packet(sample)
    packet.pts, packet.dts, packet.duration = like.pts, like.dts, like.duration
    packet.time_base, packet.is_keyframe = like.time_base, like.is_keyframe
    return packet
