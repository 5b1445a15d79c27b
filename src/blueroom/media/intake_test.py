from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

import av
import pytest

from blueroom.media import h264
from blueroom.media.intake import CodecNotTaken, ContainerUnreadable, ContainerWrong
from blueroom.media.packing_line import EpochEnded
from blueroom.media.parts import Epoch, Part
from tests.camera import film
from tests.packing import Packing, assert_as_sent, sent


@pytest.mark.parametrize(
    ("way", "picture", "sound", "more"),
    [
        ("webm", "libx264", "libopus", {}),
        ("mp4", "libx264", "libopus", {"key_s": 2.0}),
        ("flv", "libx264", "aac", {"b_frames": 2}),
        ("flv", "libx264", "aac", {"rate": 44_100, "starts_s": 1234.5}),
        ("flv", "libx264", "libmp3lame", {"rate": 44_100}),
        ("webm", "libvpx", "libopus", {}),
        ("webm", "libvpx-vp9", "libopus", {}),
        ("webm", "libsvtav1", "libopus", {}),
        ("webm", "libx264", "flac", {"starts_s": 7.0}),
    ],
)
def test_what_a_camera_sends_is_recorded_as_it_was(
    tmp_path: Path, way: str, picture: str, sound: str, more: dict[str, float]
) -> None:
    slices = film(way, picture=picture, sound=sound, **more)  # type: ignore[arg-type]
    packing = Packing(tmp_path).take(way, slices)  # type: ignore[arg-type]

    assert_as_sent(packing.seen(), sent(slices))
    assert [epoch.number for epoch in packing.of(Epoch)] == [0]
    assert packing.of(Part)[0].is_independent
    gaps_s = [part.duration_s for part in packing.of(Part)]
    assert max(gaps_s) < 0.4


def test_h264_is_passed_on_and_not_coded_again(tmp_path: Path) -> None:
    slices = film("webm", seconds=2)
    packing = Packing(tmp_path).take("webm", slices)

    with av.open(io.BytesIO(b"".join(slices)), "r") as before_it:
        before = [_slices_of(bytes(packet)) for packet in before_it.demux(video=0) if packet.size]
    with av.open(str(packing.folder / "guest-0.mp4"), "r") as after_it:
        after = [_slices_of(bytes(packet)) for packet in after_it.demux(video=0) if packet.size]
    assert before == after


def _slices_of(sample: bytes) -> list[bytes]:
    """The coded pictures among a sample's units, with lengths or with start codes."""
    has_codes = sample.startswith((b"\0\0\0\1", b"\0\0\1"))
    units = h264.split_annexb(sample) if has_codes else h264.split_lengths(sample)
    return [unit for unit in units if h264.kind(unit) in (1, 5)]


def test_h264_that_browsers_do_not_play_is_coded_again(tmp_path: Path) -> None:
    sink = io.BytesIO()
    with av.open(sink, "w", format="matroska") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv444p"
        for number in range(30):
            frame = av.VideoFrame(320, 240, "yuv444p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    packing = Packing(tmp_path).take("webm", [sink.getvalue()])

    assert [epoch.codecs[:9] for epoch in packing.of(Epoch)] == ["avc1.6400"]
    assert len(packing.seen().shots) == 30


def test_4k_at_60_passes(tmp_path: Path) -> None:
    slices = film("webm", seconds=0.5, fps=60, size=(3840, 2160), bit_rate=20_000_000)
    packing = Packing(tmp_path).take("webm", slices)

    assert [(epoch.width_px, epoch.height_px) for epoch in packing.of(Epoch)] == [(3840, 2160)]
    assert packing.seen().numbers == list(range(30))


def test_sound_alone_and_pictures_alone_pass(tmp_path: Path) -> None:
    sound = Packing(tmp_path).take("webm", film("webm", picture=None))
    assert [epoch.codecs for epoch in sound.of(Epoch)] == ["mp4a.40.2"]
    assert sound.seen().beeps_s[1:] == pytest.approx([1, 2, 3], abs=0.002)

    pictures = Packing(tmp_path, first_epoch=1).take("flv", film("flv", sound=None))
    assert [epoch.has_audio for epoch in pictures.of(Epoch)] == [False]
    assert pictures.seen(1).numbers == list(range(120))
    with av.open(str(tmp_path / "guest-1.mp4")) as container:
        assert len(container.streams.audio) == 1


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("clip.mp4", "x" * 5000)
    return packed.getvalue()


@pytest.mark.parametrize("way", ["webm", "mp4", "flv"])
@pytest.mark.parametrize(
    "sent",
    [
        b"#EXTM3U\n#EXTINF:2,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        _zip(),
        random.Random(1).randbytes(20_000),
        b"x",
    ],
)
def test_what_is_no_video_is_refused(tmp_path: Path, way: str, sent: bytes) -> None:
    with pytest.raises(ContainerWrong):
        Packing(tmp_path).take(way, [sent])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("way", "head"),
    [("webm", b"\x1a\x45\xdf\xa3"), ("mp4", b"\0\0\0\x18ftypisom"), ("flv", b"FLV\1\5\0\0\0\x09")],
)
def test_noise_behind_a_good_beginning_is_refused(tmp_path: Path, way: str, head: bytes) -> None:
    with pytest.raises(ContainerUnreadable):
        Packing(tmp_path).take(way, [head, random.Random(2).randbytes(300_000)])  # type: ignore[arg-type]


def test_a_container_of_which_nothing_comes_is_given_up(tmp_path: Path) -> None:
    packing = Packing(tmp_path)
    endless = (
        b"\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff" if n == 0 else b"\0" * 500
        for n in range(100_000)
    )

    with pytest.raises(ContainerUnreadable):
        packing.take("webm", endless)
    assert packing.now_s < 100 + 30


@pytest.mark.parametrize("after", [2, 30])
def test_a_network_that_was_away_in_the_middle_of_a_picture_is_forgiven(
    tmp_path: Path, after: int
) -> None:
    slices = film("webm", size=(640, 480), bit_rate=4_000_000)
    pieces = [one for each in slices for one in (each[:300], each[300:600], each[600:]) if one]
    packing = Packing(tmp_path)

    def go_away(_: object) -> None:
        packing.now_s += 25.0

    packing.take("webm", pieces, do_at={3 * after: go_away})

    assert packing.seen().numbers == list(range(120))


def test_a_codec_that_we_do_not_take_is_named(tmp_path: Path) -> None:
    with pytest.raises(CodecNotTaken) as refusal:
        Packing(tmp_path).take("webm", film("webm", seconds=1, picture="ffv1"))

    assert refusal.value.details == {"detail": "ffv1"}


def test_a_feed_that_never_sent_ends_without_a_word(tmp_path: Path) -> None:
    packing = Packing(tmp_path).take("webm", [])

    assert len(packing.said) == 1


@pytest.mark.parametrize("way", ["webm", "mp4", "flv"])
def test_what_arrived_of_a_feed_that_breaks_off_is_kept(tmp_path: Path, way: str) -> None:
    sound = "aac" if way == "flv" else "libopus"
    whole = b"".join(film(way, sound=sound))
    packing = Packing(tmp_path).take(way, [whole[: len(whole) * 5 // 8]])  # type: ignore[arg-type]

    numbers = packing.seen().numbers
    assert numbers == list(range(len(numbers)))
    assert len(numbers) > 45
    assert packing.of(EpochEnded)[0].size_bytes == (tmp_path / "guest-0.mp4").stat().st_size


@pytest.mark.parametrize("way", ["webm", "mp4", "flv"])
def test_damaged_bytes_end_in_a_recording_or_a_refusal(tmp_path: Path, way: str) -> None:
    chance = random.Random(way)
    sound = "aac" if way == "flv" else "libopus"
    good = b"".join(film(way, seconds=2, sound=sound))

    refused = 0
    for turn in range(12):
        bad = bytearray(good)
        for _ in range(chance.randrange(1, 40)):
            bad[chance.randrange(100, len(bad))] = chance.randrange(256)
        packing = Packing(tmp_path, first_epoch=100 * turn)
        try:
            packing.take(way, [bytes(bad)], ends=False)  # type: ignore[arg-type]
        except (ContainerUnreadable, CodecNotTaken):
            refused += 1
        packing.packager.end()
        for epoch in packing.of(EpochEnded):
            assert epoch.size_bytes == (tmp_path / f"guest-{epoch.number}.mp4").stat().st_size
    assert refused < 12
