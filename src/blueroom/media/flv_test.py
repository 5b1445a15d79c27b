"""FLV tags of what encoders send."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import pytest

from blueroom.media.amf import MalformedAmf, Value, write_values
from blueroom.media.flv import (
    AUDIO,
    SCRIPT,
    VIDEO,
    CodecRefused,
    FlvWriter,
    TornTag,
    split_aggregate,
    tag,
)

HEADER = b"FLV\x01\x05\0\0\0\x09\0\0\0\0"


def media_tag(kind: int, body: bytes, timestamp_ms: int) -> bytes:
    """The tag without the header before it."""
    return FlvWriter().media(kind, body, timestamp_ms).removeprefix(HEADER)


def test_a_tag_has_its_length_after_it_and_the_high_byte_of_its_time_last() -> None:
    assert tag(9, b"abc", 0x12345678) == (
        b"\x09" + b"\x00\x00\x03" + b"\x34\x56\x78\x12" + b"\0\0\0" + b"abc" + b"\x00\x00\x00\x0e"
    )


def test_h264_and_aac_pass_as_they_are() -> None:
    for kind, body in ((VIDEO, b"\x17\1\0\0\0pic"), (VIDEO, b"\x27\1\0\0\0p"), (AUDIO, b"\xaf\1s")):
        assert media_tag(kind, body, 40) == tag(kind, body, 40)


def test_what_shows_and_sounds_nothing_gives_no_tag() -> None:
    nothing = [(VIDEO, b""), (AUDIO, b""), (VIDEO, b"\x57\0"), (VIDEO, b"\x94avc1x")]

    assert [media_tag(kind, body, 0) for kind, body in nothing] == [b""] * 4


@pytest.mark.parametrize(
    ("kind", "enhanced", "plain"),
    [
        (VIDEO, b"\x90avc1conf", b"\x17\0\0\0\0conf"),
        (VIDEO, b"\x91avc1\0\0\x21pic", b"\x17\1\0\0\x21pic"),
        (VIDEO, b"\xa3avc1pic", b"\x27\1\0\0\0pic"),
        (VIDEO, b"\x92avc1", b"\x17\2\0\0\0"),
        (AUDIO, b"\x90mp4aconf", b"\xaf\0conf"),
        (AUDIO, b"\x91mp4asound", b"\xaf\1sound"),
    ],
)
def test_h264_and_aac_named_by_four_letters_are_written_the_old_way(
    kind: int, enhanced: bytes, plain: bytes
) -> None:
    assert media_tag(kind, enhanced, 7) == tag(kind, plain, 7)


@pytest.mark.parametrize(
    ("kind", "body", "codec"),
    [
        (VIDEO, b"\x90hvc1conf", "HEVC"),
        (VIDEO, b"\x90av01conf", "AV1"),
        (VIDEO, b"\x90vp09conf", "VP9"),
        (VIDEO, b"\x1c\0\0\0\0", "HEVC"),
        (VIDEO, b"\x12old", "H.263"),
        (VIDEO, b"\x96\x11avc1", "several videos at once"),
        (AUDIO, b"\x95\x11mp4a", "several sounds at once"),
        (VIDEO, b"\x97avc1", "H.264 in a way that is unknown here"),
        (VIDEO, b"\x90????", "an unknown codec"),
        (AUDIO, b"\x2fsound", "MP3"),
        (AUDIO, b"\xb2sound", "Speex"),
        (AUDIO, b"\x90Opushead", "Opus"),
    ],
)
def test_other_codecs_are_refused_by_name(kind: int, body: bytes, codec: str) -> None:
    with pytest.raises(CodecRefused) as refused:
        media_tag(kind, body, 0)

    assert refused.value.details == {"codec": codec}
    assert f"the encoder sends {codec}. In OBS:" in refused.value.message


def test_an_enhanced_header_that_is_cut_off_is_refused() -> None:
    for kind, body in ((VIDEO, b"\x90avc"), (AUDIO, b"\x90")):
        with pytest.raises(TornTag):
            media_tag(kind, body, 0)


def test_the_header_is_written_once_and_names_the_tracks_described() -> None:
    described: dict[str, Value] = {"width": 64.0, "videocodecid": 7.0}
    script = write_values("onMetaData", described)
    writer = FlvWriter()

    first = writer.script(write_values("@setDataFrame") + script, 0)

    assert first == HEADER.replace(b"\x05", b"\x01") + tag(SCRIPT, script, 0)
    assert writer.script(script, 5) == tag(SCRIPT, script, 5)
    assert FlvWriter().media(AUDIO, b"\xaf\1s", 0) == HEADER + tag(AUDIO, b"\xaf\1s", 0)


def test_other_scripts_are_left_out_and_torn_ones_refused() -> None:
    assert FlvWriter().script(write_values("onTextData", {"text": "a"}), 0) == b""
    assert FlvWriter().script(write_values("onMetaData", "none"), 0) == b""
    with pytest.raises(MalformedAmf):
        FlvWriter().script(b"\x02\0\x0aonMeta", 0)


def test_an_aggregate_is_split_and_its_times_count_from_its_own() -> None:
    body = tag(AUDIO, b"sound", 100) + tag(VIDEO, b"picture", 140)

    assert list(split_aggregate(body, 1_000)) == [
        (AUDIO, b"sound", 1_000),
        (VIDEO, b"picture", 1_040),
    ]
    for torn in (body[:-10], body[:5]):
        with pytest.raises(TornTag):
            list(split_aggregate(torn, 0))


def test_what_is_written_is_an_flv_that_pyav_reads() -> None:
    source = io.BytesIO()
    with av.open(source, "w", format="flv") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(25):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

    writer = FlvWriter()
    written = b"".join(
        writer.script(body, time) if kind == SCRIPT else writer.media(kind, body, time)
        for kind, body, time in _tags(source.getvalue())
    )

    with av.open(io.BytesIO(written), "r", format="flv") as container:
        assert sum(1 for _ in container.decode(video=0)) == 25


def _tags(whole: bytes) -> list[tuple[int, bytes, int]]:
    at, tags = 13, []
    while at < len(whole):
        length = int.from_bytes(whole[at + 1 : at + 4])
        time = int.from_bytes(whole[at + 4 : at + 7])
        tags.append((whole[at], whole[at + 11 : at + 11 + length], time))
        at += length + 15
    return tags
