"""FLV tags of what an encoder sends by RTMP, for H.264 and AAC; other codecs are refused by name.

Specifications: Adobe, "Video File Format Specification 10.1", annex E; Veovera, "Enhanced RTMP v2"
(https://veovera.org/docs/enhanced/enhanced-rtmp-v2, read 2026-11-25), which names codecs by four
letters. H.264 and AAC that come named so are written the old way, which every demuxer reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from blueroom.base.errors import NotAcceptable
from blueroom.media.amf import Value, read_values, write_values

AUDIO, VIDEO, SCRIPT = 8, 9, 18

_TAG_HEADER_BYTES = 11
_AVC, _AAC, _ENHANCED_AUDIO = 7, 10, 9
_COMMAND_FRAME = 5
_SEVERAL_VIDEOS, _SEVERAL_SOUNDS = 6, 5  # packet types "Multitrack" of Enhanced RTMP
_VIDEO_NAMES = {2: "H.263", 3: "screen video", 4: "VP6", 5: "VP6", 6: "screen video", 12: "HEVC"}
_AUDIO_NAMES = {0: "PCM", 1: "ADPCM", 2: "MP3", 3: "PCM", 4: "Nellymoser", 5: "Nellymoser",
                6: "Nellymoser", 7: "G.711", 8: "G.711", 11: "Speex", 14: "MP3"}  # fmt: skip
_FOUR_LETTERS = {
    b"hvc1": "HEVC", b"av01": "AV1", b"vp08": "VP8", b"vp09": "VP9", b"vvc1": "VVC",
    b".mp3": "MP3", b"Opus": "Opus", b"fLaC": "FLAC", b"ac-3": "AC-3", b"ec-3": "E-AC-3",
}  # fmt: skip


class CodecRefused(NotAcceptable):
    """The encoder sends what is neither H.264 nor AAC. The sentence says what to set."""

    code: ClassVar[str] = "codec_refused"


class TornTag(NotAcceptable):
    """A message too short to be sound or picture."""

    code: ClassVar[str] = "torn_tag"
    sentence: ClassVar[str] = "The encoder sent sound or picture that cannot be read."


class FlvWriter:
    """Writes one FLV stream: its header, then tags."""

    def __init__(self) -> None:
        self._has_begun = False

    def media(self, kind: int, body: bytes, timestamp_ms: int) -> bytes:
        """An RTMP video or audio message as a tag; empty for what shows and sounds nothing.

        Raises:
            CodecRefused: neither H.264 nor AAC.
            TornTag: the body ends within its header.
        """
        plain = (_plain_video if kind == VIDEO else _plain_audio)(body)
        return self._begun() + tag(kind, plain, timestamp_ms) if plain else b""

    def script(self, body: bytes, timestamp_ms: int) -> bytes:
        """The encoder's description of the stream as a tag; empty for other scripts.

        Raises:
            MalformedAmf: no AMF0.
        """
        match [value for value in read_values(body) if value != "@setDataFrame"]:
            case ["onMetaData", dict(described), *_]:
                written = write_values("onMetaData", described)
                return self._begun(described) + tag(SCRIPT, written, timestamp_ms)
        return b""

    def _begun(self, described: dict[str, Value] | None = None) -> bytes:
        """The header, before the first tag. A demuxer waits for both kinds of track if it says so,
        and where the encoder describes its stream it names the codecs of those it has."""
        if self._has_begun:
            return b""
        self._has_begun = True
        has = {"audiocodecid", "videocodecid"} & set(described or {})
        tracks = 4 * ("audiocodecid" in has) | ("videocodecid" in has)
        return b"FLV\x01" + bytes([tracks or 5]) + b"\0\0\0\x09\0\0\0\0"


def tag(kind: int, body: bytes, timestamp_ms: int) -> bytes:
    """A tag and the length that follows it."""
    length = len(body)
    time = (timestamp_ms & 0xFFFFFF).to_bytes(3) + bytes([timestamp_ms >> 24 & 0xFF])
    return (
        bytes([kind]) + length.to_bytes(3) + time + b"\0\0\0" + body
        + (length + _TAG_HEADER_BYTES).to_bytes(4)
    )  # fmt: skip


def split_aggregate(body: bytes, timestamp_ms: int) -> Iterator[tuple[int, bytes, int]]:
    """Kind, body and time of each message in an aggregate one (RTMP 1.0, section 7.1.6).

    Raises:
        TornTag: it ends within a message.
    """
    at, shift = 0, None
    while at < len(body):
        end = at + _TAG_HEADER_BYTES + int.from_bytes(body[at + 1 : at + 4])
        if end > len(body):
            raise TornTag
        time = int.from_bytes(body[at + 4 : at + 7]) | body[at + 7] << 24
        shift = timestamp_ms - time if shift is None else shift
        yield body[at], body[at + _TAG_HEADER_BYTES : end], time + shift & 0xFFFFFFFF
        at = end + 4


def _plain_video(body: bytes) -> bytes:
    if not body:
        return b""
    if body[0] & 0x80:
        return _from_enhanced_video(body)
    if body[0] >> 4 == _COMMAND_FRAME:
        return b""
    if body[0] & 0x0F != _AVC:
        raise _video_refused(_VIDEO_NAMES.get(body[0] & 0x0F, "an unknown codec"))
    return body


def _from_enhanced_video(body: bytes) -> bytes:
    """Enhanced RTMP v2, "Enhanced Video": ExVideoTagHeader."""
    if len(body) < 5:
        raise TornTag
    frame_type, packet_type, name = body[0] >> 4 & 0x07, body[0] & 0x0F, body[1:5]
    if packet_type == _SEVERAL_VIDEOS:
        raise _video_refused("several videos at once")
    if name != b"avc1":
        raise _video_refused(_FOUR_LETTERS.get(name, "an unknown codec"))
    first = bytes([frame_type << 4 | _AVC])
    match packet_type:
        case 0:  # sequence start
            return first + b"\0\0\0\0" + body[5:]
        case 1:  # coded frames, with a composition time
            return first + b"\1" + body[5:]
        case 2:  # sequence end
            return first + b"\2\0\0\0"
        case 3:  # coded frames whose composition time is 0
            return first + b"\1\0\0\0" + body[5:]
        case 4:  # metadata: colours of HDR
            return b""
    raise _video_refused("H.264 in a way that is unknown here")


def _plain_audio(body: bytes) -> bytes:
    if not body:
        return b""
    codec = body[0] >> 4
    if codec == _ENHANCED_AUDIO:
        return _from_enhanced_audio(body)
    if codec != _AAC:
        raise _audio_refused(_AUDIO_NAMES.get(codec, "an unknown codec"))
    return body


def _from_enhanced_audio(body: bytes) -> bytes:
    """Enhanced RTMP v2, "Enhanced Audio": ExAudioTagHeader."""
    if len(body) < 5:
        raise TornTag
    packet_type, name = body[0] & 0x0F, body[1:5]
    if packet_type == _SEVERAL_SOUNDS:
        raise _audio_refused("several sounds at once")
    if name != b"mp4a":
        raise _audio_refused(_FOUR_LETTERS.get(name, "an unknown codec"))
    # AAC is always marked as 44 kHz, 16 bits, stereo (annex E.4.2.1); its own header says what is.
    match packet_type:
        case 0:  # sequence start
            return b"\xaf\0" + body[5:]
        case 1:  # coded frames
            return b"\xaf\1" + body[5:]
        case 2 | 4:  # sequence end, layout of the channels
            return b""
    raise _audio_refused("AAC in a way that is unknown here")


def _video_refused(what: str) -> CodecRefused:
    return CodecRefused(
        f"H.264 is taken, and the encoder sends {what}. In OBS: Settings, Output, Streaming, "
        "Video Encoder: one named x264 or H.264.",
        codec=what,
    )


def _audio_refused(what: str) -> CodecRefused:
    return CodecRefused(
        f"AAC is taken, and the encoder sends {what}. In OBS: Settings, Output, Streaming, "
        "Audio Encoder: one named AAC.",
        codec=what,
    )
