"""What a feed sends, taken apart: containers as they arrive, and single frames.

Containers are read by libavformat, with the demuxer named beforehand and without any protocol: it
cannot follow a playlist or open a file. H.264 that browsers play is passed on as it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import ClassVar

import av
import numpy as np
from av import AudioFrame
from av.audio.codeccontext import AudioCodecContext
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.codec.context import CodecContext
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from blueroom.base.errors import NotAcceptable
from blueroom.media import h264
from blueroom.media.muxer import SOUND_RATE
from blueroom.media.packager import Nature, Packager
from blueroom.media.packing_line import Frame, Way
from blueroom.media.parts import VIDEO_TIMESCALE
from blueroom.media.soundtrack import Samples
from blueroom.media.transcoder import Transcoder

TRANSCODED = {"vp8": "vp8", "vp9": "vp9", "av1": "libdav1d", "hevc": "hevc", "h264": "h264"}
SOUND_CODECS = frozenset(
    {"opus", "aac", "mp3", "mp3float", "vorbis", "flac", "pcm_s16le", "pcm_s16be", "pcm_f32le"}
)
UNREADABLE_BYTES = 32 << 20  # two seconds of 4K between two key frames are 12 MB
UNREADABLE_S = 20.0  # in which bytes came
PAUSE_S = 1.0  # a longer one is a network that was away
FAULTS = 100  # one after the other

_DEMUXERS = {"webm": "matroska", "mp4": "mov", "flv": "flv"}
# What each begins with, and where: EBML, a box that opens a file, FLV.
_SIGNS = {
    "webm": (0, (b"\x1a\x45\xdf\xa3",)),
    "mp4": (4, (b"ftyp", b"styp", b"moov", b"free", b"skip")),
    "flv": (0, (b"FLV\x01",)),
}
_SIGN_BYTES = 8
# In a fragment of MP4 all pictures come before all sound, and it may be as long as a key frame
# interval.
_WAITS_S = {"webm": 0.6, "mp4": 3.0, "flv": 0.6}
_OPTIONS = {
    "protocol_whitelist": "",
    "format_whitelist": "matroska,webm,mov,mp4,flv",
    "probesize": "65536",
    "analyzeduration": "500000",
    "max_streams": "8",
}


class ContainerWrong(NotAcceptable):
    """The bytes are something else than what was announced."""

    code: ClassVar[str] = "container_wrong"
    sentence: ClassVar[str] = (
        "What this feed sends is no live video of the kind announced. "
        "Choose another browser, or send by an encoder."
    )


class ContainerUnreadable(NotAcceptable):
    """The container begins well, and then nothing of it can be read."""

    code: ClassVar[str] = "container_unreadable"
    sentence: ClassVar[str] = "What this feed sends cannot be read. Start the camera again."


class CodecNotTaken(NotAcceptable):
    """The picture or the sound is coded in a way that we do not take; `detail` names it."""

    code: ClassVar[str] = "codec_not_taken"
    sentence: ClassVar[str] = (
        "The picture or the sound of this feed is coded in a way that we do not take. "
        "Send H.264 (or VP8, VP9, AV1, HEVC) with AAC or Opus."
    )


class NothingToTake(NotAcceptable):
    """The container holds neither picture nor sound."""

    code: ClassVar[str] = "nothing_to_take"
    sentence: ClassVar[str] = "This feed has neither picture nor sound. Choose a camera."


def take_container(
    way: Way,
    read: Callable[[], bytes],
    packager: Packager,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Pack a container to its end. `read` waits for more of it, and gives nothing at the end.

    Raises:
        ContainerWrong: it is something else.
        ContainerUnreadable: nothing, or nothing any more, can be made of it.
        CodecNotTaken: of its picture or its sound.
        NothingToTake: it holds none.
    """
    source = _Source(read, clock)
    if not source.check_sign(way):
        return
    try:
        container = av.open(source, "r", format=_DEMUXERS[way], container_options=_OPTIONS)
    except (av.FFmpegError, ValueError) as error:
        raise ContainerUnreadable from error
    with container:
        _pack(container, way, source, packager)
    if not source.has_ended:
        raise ContainerUnreadable


def take_frames(frames: Iterable[Frame], packager: Packager) -> None:
    """Pack pictures in H.264 and sound in Opus that come one by one, to their end."""
    packager.nature = Nature(is_whole=False)
    ears: _Ears | None = None
    for frame in frames:
        if frame.kind == "h264":
            _see_frame(frame, packager)
            continue
        ears = ears or _Ears(_new_opus_decoder())
        packet: Packet[Stream] = Packet(frame.data)
        packet.time_base = Fraction(1, SOUND_RATE)
        packet.pts = packet.dts = round(frame.at_s * SOUND_RATE)
        _hear(ears, packet, packager)


class _Source:
    """The container's bytes as a file for libavformat, which ends when nothing comes of them."""

    def __init__(self, read: Callable[[], bytes], clock: Callable[[], float]) -> None:
        self._read = read
        self._clock = clock
        self._chunk = memoryview(b"")
        self._bytes_since = 0
        self._since_s: float | None = None
        self.has_ended = False

    def check_sign(self, way: Way) -> bool:
        """Whether anything comes. What is read for that is not lost.

        Raises:
            ContainerWrong: it begins as something else.
        """
        head = b""
        while len(head) < _SIGN_BYTES and (chunk := self._read()):
            head += chunk
        at, signs = _SIGNS[way]
        if head and not any(head[at:].startswith(sign) for sign in signs):
            raise ContainerWrong
        self._chunk = memoryview(head)
        return bool(head)

    def readable(self) -> bool:
        return True

    def read(self, size: int) -> bytes:
        if not self._chunk:
            if self.has_ended or self._is_hopeless():
                return b""
            asked_s = self._clock()
            self._chunk = memoryview(self._read())
            self._forgive(self._clock() - asked_s)
            self.has_ended = not self._chunk
            self._bytes_since += len(self._chunk)
        chunk, self._chunk = self._chunk[:size], self._chunk[size:]
        return bytes(chunk)

    def note_packet(self) -> None:
        """Something was made of what came so far."""
        self._bytes_since = 0
        self._since_s = None

    def _forgive(self, silent_s: float) -> None:
        """A network that was away for a while says nothing about the container."""
        if self._since_s is not None:
            self._since_s += max(0.0, silent_s - PAUSE_S)

    def _is_hopeless(self) -> bool:
        if self._bytes_since and self._since_s is None:
            self._since_s = self._clock()
        waits_s = self._clock() - self._since_s if self._since_s is not None else 0.0
        return self._bytes_since > UNREADABLE_BYTES or waits_s > UNREADABLE_S


class _Eyes:
    """Makes H.264 of a stream's packets."""

    def __init__(self, stream: VideoStream) -> None:
        context = stream.codec_context
        name = context.name if context is not None else ""
        code = {"libdav1d": "av1", "libvpx": "vp8", "libvpx-vp9": "vp9"}.get(name, name)
        if code not in TRANSCODED:
            raise CodecNotTaken(detail=code or "unknown")
        self._stream = stream
        self._is_h264 = code == "h264"
        self._sets: list[bytes] = []
        self._length_bytes = 0  # 0: start codes
        self._transcoder: Transcoder | None = None
        if self._is_h264:
            self._configure(context.extradata or b"")
        if not self._is_h264 or not self._is_plain(self._sets):
            self._transcoder = Transcoder(context)

    def take(self, packet: Packet[Stream] | None) -> Iterator[tuple[list[bytes], int, int]]:
        """The units, pts and dts of each picture that comes of a packet; with None, of the end.

        Raises:
            H264Malformed, av.FFmpegError: nothing does, it is damaged.
        """
        if self._transcoder is not None:
            for picture in self._transcoder.take(packet):
                yield picture.units, picture.pts, picture.dts
            return
        if packet is None:
            return
        if packet.pts is None or packet.time_base is None:
            raise h264.H264Malformed
        if packet.has_sidedata("new_extradata"):
            self._configure(bytes(packet.get_sidedata("new_extradata")))
        units = self._split(bytes(packet))
        sets, self._sets = self._sets, []
        ticks = packet.time_base * VIDEO_TIMESCALE
        dts = packet.dts if packet.dts is not None else packet.pts
        yield sets + units, round(packet.pts * ticks), round(dts * ticks)

    def _configure(self, extradata: bytes) -> None:
        """Follow the container's own parameter sets; they go before the next picture."""
        if extradata[:1] == b"\1":
            configuration = h264.read_configuration(extradata)
            self._sets = configuration.sequence_sets + configuration.picture_sets
            self._length_bytes = configuration.length_bytes
        else:
            self._sets = h264.split_annexb(extradata)
            self._length_bytes = 0

    def _split(self, data: bytes) -> list[bytes]:
        if self._length_bytes:
            return h264.split_lengths(data, self._length_bytes)
        return h264.split_annexb(data)

    @staticmethod
    def _is_plain(sets: list[bytes]) -> bool:
        """Whether browsers play it, as far as it is known yet."""
        of_sequence = [unit for unit in sets if h264.kind(unit) == h264.SPS]
        return all(
            h264.read_sequence_set(unit).profile in h264.PLAIN_PROFILES for unit in of_sequence
        )


class _Ears:
    """Makes samples of packets of sound."""

    def __init__(self, decoder: AudioCodecContext) -> None:
        if decoder.name not in SOUND_CODECS and decoder.name != "libopus":
            raise CodecNotTaken(detail=decoder.name)
        self._decoder = decoder
        self._resampler: AudioResampler | None = None

    def take(self, packet: Packet[Stream]) -> Iterator[tuple[Samples, float]]:
        """Samples and when the first of them was heard.

        Raises:
            av.FFmpegError, ValueError: it is damaged.
        """
        for frame in self._decoder.decode(packet):
            if frame.pts is None:
                continue
            for out in self._resample(frame):
                if out.pts is not None and out.time_base is not None:
                    yield out.to_ndarray().astype(np.float32), float(out.pts * out.time_base)

    def _resample(self, frame: AudioFrame) -> list[AudioFrame]:
        self._resampler = self._resampler or _new_resampler()
        try:
            return self._resampler.resample(frame)
        except ValueError:  # the sound's own form has changed
            self._resampler = _new_resampler()
            return self._resampler.resample(frame)


def _pack(container: InputContainer, way: Way, source: _Source, packager: Packager) -> None:
    pictures = next(iter(container.streams.video), None)
    sound = next(iter(container.streams.audio), None)
    if pictures is None and sound is None:
        raise NothingToTake
    try:
        eyes = _Eyes(pictures) if pictures is not None else None
        ears = _Ears(_decoder_of(sound)) if sound is not None else None
    except h264.H264Malformed as error:
        raise ContainerUnreadable from error
    packager.nature = Nature(
        has_picture=eyes is not None, has_sound=ears is not None, wait_s=_WAITS_S[way]
    )
    for packet in _packets(container, [s for s in (pictures, sound) if s is not None]):
        source.note_packet()
        if eyes is not None and packet.stream is pictures:
            _see(eyes, packet, packager)
        elif ears is not None and packet.stream is sound:
            _hear(ears, packet, packager)
    if eyes is not None:
        _see(eyes, None, packager)


def _packets(container: InputContainer, streams: list[Stream]) -> Iterator[Packet[Stream]]:
    """The packets, up to the end or to where the container cannot be read any further."""
    faults = 0
    while faults < FAULTS:
        try:
            for packet in container.demux(*streams):
                faults = 0
                if packet.size:
                    yield packet
            return
        except av.FFmpegError:  # of this packet; the next one may be read
            faults += 1
        except IndexError:  # the end, after a stream that was not there at first (PyAV 18.1)
            return


def _see_frame(frame: Frame, packager: Packager) -> None:
    at = round(frame.at_s * VIDEO_TIMESCALE)
    try:
        packager.picture(h264.split_annexb(frame.data), pts=at, dts=at)
    except av.FFmpegError:
        packager.lost += 1


def _see(eyes: _Eyes, packet: Packet[Stream] | None, packager: Packager) -> None:
    try:
        for units, pts, dts in eyes.take(packet):
            packager.picture(units, pts=pts, dts=dts)
    except (h264.H264Malformed, av.FFmpegError):
        packager.lost += 1


def _hear(ears: _Ears, packet: Packet[Stream], packager: Packager) -> None:
    size = packet.size
    try:
        for samples, at_s in ears.take(packet):
            packager.sound(samples, at_s, size)
            size = 0
    except (av.FFmpegError, ValueError):
        packager.lost += 1


def _decoder_of(sound: AudioStream) -> AudioCodecContext:
    if sound.codec_context is None:
        raise CodecNotTaken(detail="unknown")
    return sound.codec_context


def _new_opus_decoder() -> AudioCodecContext:
    decoder = CodecContext.create("libopus", "r")
    decoder.sample_rate = SOUND_RATE
    decoder.layout = "stereo"
    return decoder


def _new_resampler() -> AudioResampler:
    return AudioResampler(format="fltp", layout="stereo", rate=SOUND_RATE)
