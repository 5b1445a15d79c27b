"""Pictures and sound of one feed become epochs, parts and recordings.

H.264 is passed through as it came. An epoch begins with a key frame: at the first, when the
parameter sets change (another size: a phone that is turned), after a gap of more than a second,
when the feed's clock jumps, and after a dump. Sound without pictures makes epochs of its own.
Times of pictures are whole 1/90000 s on the feed's clock, times of sound are seconds on it.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import av
import msgspec
import numpy as np

from blueroom.base.errors import TryLater
from blueroom.media import h264
from blueroom.media.arrivals import Arrivals
from blueroom.media.boxes import Track, read_fragment, read_tracks
from blueroom.media.metering import Counts, Meter
from blueroom.media.muxer import Muxer
from blueroom.media.packing_line import (
    Dumped,
    Ended,
    EpochEnded,
    Frame,
    FromPacker,
    problem_of,
)
from blueroom.media.parts import VIDEO_TIMESCALE, Epoch, Part
from blueroom.media.recording import Recorder, RecordingUnwritable, dump_from, file_name
from blueroom.media.soundtrack import Samples, Soundtrack

GAP_S = 1.0
# A track that is ahead of the other is written alone after this, and what sound may be behind.
MUX_WAIT_S = 0.4
LONGEST_REORDER = 4 * VIDEO_TIMESCALE
GAP_FILLED_S = 10.0  # where nothing is lost, a longer silence waits for a key frame all the same
BACK_S = 0.5  # less is a time stamp that wanders
SOUND_ALONE_S = 3.0  # without a picture for so long, the feed is sound only
NO_KEY_S = 10.0
KEPT_SOUND_S = 3.0
HELD_S = 0.5
AAC_CODEC = "mp4a.40.2"


class NoKeyFrame(TryLater):
    """Pictures come, but none that decoding could begin with."""

    code: ClassVar[str] = "no_key_frame"
    sentence: ClassVar[str] = (
        "The camera sends no key frame, so there is no picture yet. "
        "Set its key frame interval to 2 seconds."
    )


class Nature(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed is like. `wait_s` is how far sound may be behind the picture in what arrives.

    `is_whole`: nothing is lost on its way, so that a picture after a gap can still be decoded.
    """

    has_picture: bool = True
    has_sound: bool = True
    wait_s: float = 0.6
    is_whole: bool = True


class _Epoch:
    """The epoch under way."""

    def __init__(
        self, number: int, zero: int, size: tuple[int, int] | None, codec: str, wait_s: float
    ) -> None:
        self.number = number
        self.zero = zero
        self.size = size
        self.codec = codec
        self.muxer = Muxer(size, wait_s)
        self.sound = Soundtrack(self.muxer.sound, zero / VIDEO_TIMESCALE)
        self.last_dts = zero - 1
        self.tracks: list[Track] = []
        self.recorder: Recorder | None = None
        self.duration_s = 0.0

    @property
    def end_s(self) -> float:
        """How far it goes on the feed's clock."""
        return max(self.last_dts / VIDEO_TIMESCALE, self.sound.end_s)


class _Past(msgspec.Struct, kw_only=True):
    """An epoch with a recording, for a later dump. `next_part` follows its last one."""

    number: int
    path: Path
    next_part: int


class Packager:
    """Packs one feed; everything that comes of it is said by `say`, in order.

    Files go into `folder`, named after `name`. `clock` and `now` are the machine's, monotonic in
    seconds and the time of day.
    """

    def __init__(
        self,
        *,
        folder: Path,
        name: str,
        first_epoch: int,
        first_part: int,
        now: Callable[[], datetime],
        say: Callable[[FromPacker], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._name = name
        self._next_epoch = first_epoch
        self._next_part = first_part
        self._say = say
        self._clock = clock
        self._began_at, self._began_s = now(), clock()
        self.nature = Nature()
        self.lost = 0
        self._epoch: _Epoch | None = None
        self._past: list[_Past] = []
        self._sets = h264.ParameterSets()
        self._is_muted = False
        self._is_monitored = False
        self._monitors_now = False
        self._recent_sound: deque[tuple[Samples, float]] = deque()
        self._sound_end_s: float | None = None
        self._picture_s: float | None = None
        self._held: list[Epoch | Part] = []
        self._arrivals = Arrivals()
        self._meter = Meter()
        self._counts = Counts(clock())
        self._no_key_since_s: float | None = None
        self._is_recording_told = False

    # What comes in.

    def picture(self, units: list[bytes], *, pts: int, dts: int) -> None:
        """One picture, as its units of H.264. In order of decoding."""
        if not units:
            self.lost += 1
            return
        self._counts.add_picture(units)
        self._picture_s = dts / VIDEO_TIMESCALE
        self._sets.take(units)
        is_key = h264.is_key(units)
        self._monitor(units, pts, is_key=is_key)
        self._arrivals.note(self._clock(), pts / VIDEO_TIMESCALE)
        self._break_before(dts, is_key=is_key)
        if self._epoch is None:
            self._epoch = self._begin_with(pts, dts, is_key=is_key)
        if self._epoch is None or self._epoch.size is None:
            self.lost += 1
            return
        self._mux_picture(self._epoch, units, pts, dts, is_key=is_key)
        self._collect_from(self._epoch)

    def sound(self, samples: Samples, at_s: float, size_bytes: int) -> None:
        """Decoded sound; `size_bytes` is what it was before."""
        self._counts.sound_bytes += size_bytes
        self._meter.add(samples)
        if self._is_muted:
            samples = np.zeros_like(samples)
        self._arrivals.note(self._clock(), at_s)
        self._keep_sound(samples, at_s)
        if self._is_sound_alone(at_s):
            self._break_sound_before(at_s)
            if self._epoch is None:
                self._begin_with_sound()
                return
        if self._epoch is not None:
            self._mux_sound(self._epoch, samples, at_s)
            self._collect_from(self._epoch)

    # What is asked for.

    def mute(self, *, is_on: bool) -> None:
        self._is_muted = is_on

    def monitor(self, *, is_on: bool) -> None:
        self._is_monitored = is_on
        self._monitors_now = False

    def dump(self, from_part: int) -> None:
        """Take this part and all that follow out of the recordings, and what is not a part yet."""
        self._held = [said for said in self._held if _is_before(said, from_part)]
        self._close(keeps_rest=False)
        self._recent_sound.clear()
        epoch, from_s, left = self._next_epoch, 0.0, []
        for past in reversed(self._past):
            if past.next_part <= from_part:
                break
            if past.path.exists():
                kept = dump_from(past.path, from_part)
                past.next_part = from_part
                epoch, from_s = past.number, kept.duration_s
                left.append(EpochEnded(number=epoch, duration_s=from_s, size_bytes=kept.size_bytes))
        self._say(Dumped(from_part=from_part, epoch=epoch, from_s=from_s))
        for ended in reversed(left):
            self._say(ended)

    def tick(self) -> None:
        """Say what is due by the clock: level, figures, problems. A few times a second."""
        now_s = self._clock()
        if level := self._meter.read(now_s):
            self._say(level)
        if figures := self._counts.read(now_s, self._size(), self._lost_so_far()):
            self._say(figures)
        if self._no_key_since_s is not None and now_s - self._no_key_since_s > NO_KEY_S:
            self._no_key_since_s = now_s + 1e9  # once
            self._say(problem_of(NoKeyFrame()))
        if self._held and self._arrivals.held_s(now_s) > HELD_S:
            self.release()

    def release(self) -> None:
        """Say what was held back: all that had arrived is worked through.

        A feed's first pictures come in one burst. Only the last of them tells when they were taken.
        """
        for said in self._held:
            self._say(self._dated(said) if isinstance(said, Epoch) else said)
        self._held = []

    def end(self) -> None:
        """Write what is left, and say the end."""
        self._close()
        self.release()
        self._say(Ended())

    # Epochs.

    def _break_before(self, dts: int, *, is_key: bool) -> None:
        """End the epoch where this picture cannot follow it."""
        epoch = self._epoch
        if epoch is None:
            return
        if epoch.size is None:
            if is_key:
                self._close()
            return
        at_s, last_s = dts / VIDEO_TIMESCALE, epoch.last_dts / VIDEO_TIMESCALE
        gap_s = at_s - (epoch.end_s if self.nature.is_whole else last_s)
        is_back = at_s < last_s - BACK_S
        is_torn = gap_s > (GAP_FILLED_S if self.nature.is_whole else GAP_S)
        if is_back or is_torn or (is_key and (self._sets.changed or gap_s > GAP_S)):
            self._close()
        if is_back:
            self._arrivals.restart(self._clock(), at_s)

    def _break_sound_before(self, at_s: float) -> None:
        """The same for sound without pictures."""
        epoch = self._epoch
        if epoch is None or epoch.size is not None:
            return
        ahead_s = at_s - epoch.sound.end_s
        if ahead_s > GAP_S or ahead_s < -BACK_S:
            self._close()
            newest = self._recent_sound[-1]
            self._recent_sound.clear()
            self._recent_sound.append(newest)
        if ahead_s < -BACK_S:
            self._arrivals.restart(self._clock(), at_s)

    def _begin_with_sound(self) -> None:
        """Open an epoch without pictures, with all the sound that was kept."""
        zero = round(self._recent_sound[0][1] * VIDEO_TIMESCALE)
        self._epoch = self._open(zero, None, "")
        for samples, at_s in self._recent_sound:
            self._mux_sound(self._epoch, samples, at_s)
        self._collect_from(self._epoch)

    def _begin_with(self, pts: int, dts: int, *, is_key: bool) -> _Epoch | None:
        """Open an epoch with this picture, if it can be one's first."""
        sequence = self._sets.read() if is_key else None
        if sequence is None:
            if self._no_key_since_s is None:
                self._no_key_since_s = self._clock()
            return None
        self._no_key_since_s = None
        self._sets.changed = False
        size = (sequence.width_px, sequence.height_px)
        return self._open(min(pts, dts), size, sequence.codec)

    def _open(self, zero: int, size: tuple[int, int] | None, codec: str) -> _Epoch:
        while (self._folder / file_name(self._name, self._next_epoch)).exists():
            self._next_epoch += 1  # whatever went wrong: nothing recorded is written over
        number, self._next_epoch = self._next_epoch, self._next_epoch + 1
        return _Epoch(number, zero, size, codec, self.nature.wait_s + MUX_WAIT_S)

    def _close(self, *, keeps_rest: bool = True) -> None:
        """End the epoch under way, if any; what is not a part yet becomes one, or is dropped."""
        epoch, self._epoch = self._epoch, None
        if epoch is None:
            return
        self.lost += epoch.sound.gaps
        if keeps_rest:
            epoch.muxer.add_sound(epoch.sound.end())
        with contextlib.suppress(av.FFmpegError):  # of damaged pictures; the parts before stay
            epoch.muxer.close()
        if keeps_rest:
            self._collect_from(epoch)
        if epoch.recorder is not None:
            epoch.recorder.close()
        if epoch.tracks:
            size = epoch.recorder.size_bytes if epoch.recorder else 0
            self.release()
            self._say(EpochEnded(number=epoch.number, duration_s=epoch.duration_s, size_bytes=size))

    # Pictures and sound of the epoch.

    def _mux_picture(
        self, epoch: _Epoch, units: list[bytes], pts: int, dts: int, *, is_key: bool
    ) -> None:
        is_first = epoch.last_dts < epoch.zero
        dts = max(dts, epoch.last_dts + 1)
        pts = min(max(pts, dts), dts + LONGEST_REORDER)
        duration = 3000 if is_first else min(dts - epoch.last_dts, VIDEO_TIMESCALE)
        epoch.last_dts = dts
        epoch.muxer.add_picture(
            h264.join_annexb(self._sets.dress(units, is_first=is_first)),
            dts=dts - epoch.zero,
            pts=pts - epoch.zero,
            duration=duration,
            is_key=is_key,
        )
        if is_first:
            for samples, at_s in self._recent_sound:
                self._mux_sound(epoch, samples, at_s)
        wait_s = self.nature.wait_s if self._expects_sound() else 0.0
        epoch.muxer.add_sound(epoch.sound.fill(dts / VIDEO_TIMESCALE - wait_s))

    def _mux_sound(self, epoch: _Epoch, samples: Samples, at_s: float) -> None:
        """Far ahead of what is there it waits, in what is kept, for the picture to jump as well."""
        if at_s - epoch.sound.end_s <= GAP_S:
            epoch.muxer.add_sound(epoch.sound.put(samples, at_s))

    def _keep_sound(self, samples: Samples, at_s: float) -> None:
        """An epoch that begins finds the sound of its first moments, which may come before it."""
        if self._sound_end_s is not None and at_s < self._sound_end_s - BACK_S:
            self._recent_sound.clear()
        self._sound_end_s = at_s
        self._recent_sound.append((samples, at_s))
        while self._recent_sound[0][1] < at_s - KEPT_SOUND_S:
            self._recent_sound.popleft()

    def _expects_sound(self) -> bool:
        return self.nature.has_sound and (self.nature.is_whole or self._sound_end_s is not None)

    def _is_sound_alone(self, at_s: float) -> bool:
        if not self.nature.has_picture:
            return True
        if self._epoch is not None:
            return self._epoch.size is None
        since_s = self._picture_s if self._picture_s is not None else self._recent_sound[0][1]
        return self._no_key_since_s is None and at_s - since_s >= SOUND_ALONE_S - 0.1

    # What comes out.

    def _collect_from(self, epoch: _Epoch) -> None:
        init, parts = epoch.muxer.take()
        if init:
            self._announce(epoch, init)
        for part in parts:
            self._add_part(epoch, part)

    def _announce(self, epoch: _Epoch, init: bytes) -> None:
        epoch.tracks = read_tracks(init)
        file = file_name(self._name, epoch.number)
        path = self._folder / file
        try:
            epoch.recorder = Recorder(path, init, self._next_part)
            past = _Past(number=epoch.number, path=path, next_part=self._next_part)
            self._past.append(past)
        except RecordingUnwritable as error:
            self._tell_unwritable(error)
        self._held.append(
            Epoch(
                number=epoch.number,
                init=init,
                codecs=f"{epoch.codec},{AAC_CODEC}" if epoch.codec else AAC_CODEC,
                width_px=epoch.size[0] if epoch.size else 0,
                height_px=epoch.size[1] if epoch.size else 0,
                has_audio=self._sound_end_s is not None
                or (self.nature.has_sound and self.nature.is_whole),
                began_at=self._wall(epoch.zero / VIDEO_TIMESCALE),
                file=file,
            )
        )
        self._arrivals.hold(self._clock(), epoch.zero / VIDEO_TIMESCALE)

    def _add_part(self, epoch: _Epoch, data: bytes) -> None:
        fragment = read_fragment(data, epoch.tracks)
        number, self._next_part = self._next_part, self._next_part + 1
        offset = -1
        if epoch.recorder is not None:
            try:
                offset = epoch.recorder.add(data, fragment, number)
                self._past[-1].next_part = number + 1
            except RecordingUnwritable as error:
                self._tell_unwritable(error)
        epoch.duration_s = fragment.start_s + fragment.duration_s
        end_s = epoch.zero / VIDEO_TIMESCALE + epoch.duration_s
        part = Part(
            number=number,
            epoch=epoch.number,
            data=data,
            start_s=fragment.start_s,
            duration_s=fragment.duration_s,
            is_independent=fragment.is_independent,
            offset_bytes=offset,
            late_s=self._arrivals.late_s(self._clock(), end_s),
        )
        if self._held:
            self._held.append(part)
        else:
            self._say(part)

    def _monitor(self, units: list[bytes], pts: int, *, is_key: bool) -> None:
        self._monitors_now = self._is_monitored and (self._monitors_now or is_key)
        if self._monitors_now:
            data = h264.join_annexb(self._sets.dress(units, is_first=is_key))
            at_s = pts / VIDEO_TIMESCALE
            self._say(Frame(kind="h264", data=data, at_s=at_s, is_key=is_key))

    def _dated(self, epoch: Epoch) -> Epoch:
        """The epoch, with when it began as we know it now."""
        return msgspec.structs.replace(epoch, began_at=self._wall(self._arrivals.held_zero_s))

    def _wall(self, at_s: float) -> datetime:
        """The time of day of a moment on the feed's clock."""
        return self._began_at + timedelta(seconds=self._arrivals.arrival_s(at_s) - self._began_s)

    def _size(self) -> tuple[int, int]:
        return (self._epoch.size if self._epoch else None) or (0, 0)

    def _lost_so_far(self) -> int:
        return self.lost + (self._epoch.sound.gaps if self._epoch else 0)

    def _tell_unwritable(self, error: RecordingUnwritable) -> None:
        if not self._is_recording_told:
            self._is_recording_told = True
            self._say(problem_of(error))


def _is_before(said: Epoch | Part, number: int) -> bool:
    """Whether it stays when this part and all that follow are dumped."""
    return isinstance(said, Epoch) or said.number < number
