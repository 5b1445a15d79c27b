"""Uploads as people send them, and as others make them up."""

from __future__ import annotations

import io
import struct
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.stream import VideoStream
from PIL import Image

from blueroom.base.errors import NotAcceptable
from blueroom.media import uploads
from blueroom.media.jobs import run_job
from blueroom.media.uploads import (
    CheckedPicture,
    CheckedVideo,
    PictureDamaged,
    PictureIsHeif,
    PictureIsSvg,
    PictureTooManyPixels,
    PictureUnknown,
    UploadArguments,
    UploadEmpty,
    UploadIsArchive,
    UploadIsPlaylist,
    UploadRefused,
    UploadTooLarge,
    VideoCodecUnknown,
    VideoDamaged,
    VideoIncomplete,
    VideoTooManyPixels,
    VideoUnknown,
    VideoWithoutPicture,
    check_picture,
    check_video,
)
from tests.camera import film
from tests.filming import record

SECRET = "a line that only this machine knows"


def picture(form: str = "PNG", size: tuple[int, int] = (64, 48), **more: object) -> bytes:
    written = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(written, form, **more)
    return written.getvalue()


def png_of(width: int, height: int, rows: bytes) -> bytes:
    """A PNG that says what it likes of its size; 1 bit a pixel."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )


def zipped(name: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(name, picture())
    return written.getvalue()


@lru_cache
def video(
    form: str = "mp4",
    codec: str = "libx264",
    size: tuple[int, int] = (320, 240),
    planes: str = "yuv420p",
) -> bytes:
    """An MP4 with what describes it in front, as it is sent from most places."""
    with tempfile.NamedTemporaryFile(suffix=".mp4") as place:
        with av.open(place.name, "w", format=form, options={"movflags": "+faststart"}) as file:
            stream = file.add_stream(codec, rate=30)
            assert isinstance(stream, VideoStream)
            stream.width, stream.height = size
            stream.pix_fmt = planes
            frame = av.VideoFrame.from_ndarray(np.asarray(Image.new("RGB", size, "teal")))
            for number in range(20):
                frame.pts = number
                file.mux(stream.encode(frame))
            file.mux(stream.encode(None))
        return Path(place.name).read_bytes()


def sound_alone() -> bytes:
    return b"".join(film("webm", picture=None, seconds=1))


def playlist(secret: Path) -> bytes:
    return f"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\nfile://{secret}\n".encode()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_picture_of_each_kind_is_taken(form: str) -> None:
    given = picture(form)

    assert check_picture(given) == CheckedPicture(
        format=form, width_px=64, height_px=48, size_bytes=len(given)
    )


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", UploadEmpty),
        (zipped("photo.png"), UploadIsArchive),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", PictureIsSvg),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- -->\n<svg/>", PictureIsSvg),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", PictureIsHeif),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) run", PictureUnknown),
        (b"GIF89a" + bytes(100), PictureUnknown),
        (b"RIFF\x10\0\0\0AVI LIST", PictureUnknown),
        (b"#EXTM3U\nfile:///etc/passwd", PictureUnknown),
        (picture("JPEG")[:300], PictureDamaged),
        (picture("PNG")[:80], PictureDamaged),
        (picture("WEBP")[:40], PictureDamaged),
        (b"\xff\xd8\xff" + bytes(500), PictureDamaged),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), PictureDamaged),
        (png_of(50_000, 50_000, bytes(1000)), PictureTooManyPixels),
        (png_of(16_000, 16_000, bytes(2001 * 16_000)), PictureTooManyPixels),
        (png_of(4_000_000_000, 1, b""), PictureTooManyPixels),
        (png_of(2_000_000, 2, b""), PictureTooManyPixels),
        (png_of(0, 0, b""), PictureDamaged),
    ],
)
def test_picture_is_refused_with_reason(content: bytes, refusal: type[UploadRefused]) -> None:
    began_s = time.monotonic()

    with pytest.raises(UploadRefused) as caught:
        check_picture(content)

    assert type(caught.value) is refusal
    assert time.monotonic() - began_s < 5


def test_picture_whose_text_swells_is_refused_or_harmless() -> None:
    whole = picture()
    body = b"Comment\0\0" + zlib.compress(bytes(200 << 20), 9)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body
    chunk += struct.pack(">I", zlib.crc32(b"zTXt" + body))

    with pytest.raises(PictureDamaged):
        check_picture(whole[:33] + chunk + whole[33:])


def test_picture_of_too_many_bytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PICTURE_BYTES", 100)

    with pytest.raises(UploadTooLarge):
        check_picture(picture())


@pytest.mark.parametrize(
    ("name", "make", "expected"),
    [
        ("a.mp4", video, ("mp4", "h264", "")),
        ("a.mov", lambda: video(form="mov"), ("mp4", "h264", "")),
        ("name-says-nothing.txt", video, ("mp4", "h264", "")),
        ("a.webm", lambda: b"".join(film("webm", seconds=1)), ("webm", "h264", "opus")),
        (
            "b.webm",
            lambda: b"".join(film("webm", seconds=1, picture="libvpx")),
            ("webm", "vp8", "opus"),
        ),
        ("of-a-browser.mp4", lambda: b"".join(film("mp4", seconds=2)), ("mp4", "h264", "opus")),
    ],
)
def test_video_of_each_kind_is_taken(
    tmp_path: Path, name: str, make: Callable[[], bytes], expected: tuple[str, str, str]
) -> None:
    path = tmp_path / name
    path.write_bytes(make())

    checked = check_video(path)

    assert (checked.kind, checked.picture_codec, checked.sound_codec) == expected
    assert (checked.width_px, checked.height_px) == (320, 240)
    assert checked.size_bytes == path.stat().st_size


def test_recording_of_ours_is_taken(tmp_path: Path) -> None:
    checked = check_video(record(tmp_path / "a.mp4", seconds=2))

    assert checked.duration_s == pytest.approx(2, abs=0.1)
    assert checked.sound_codec == "aac"


@pytest.mark.parametrize("name", ["a.mp4", "a.avi", "a.m3u8", "a.mkv"])
@pytest.mark.parametrize(
    ("make", "refusal"),
    [
        (playlist, UploadIsPlaylist),
        (lambda secret: b"\xef\xbb\xbf \n" + playlist(secret), UploadIsPlaylist),
        (lambda secret: f"ffconcat version 1.0\nfile '{secret}'\n".encode(), UploadIsPlaylist),
        (
            lambda secret: f"<MPD><BaseURL>file://{secret}</BaseURL></MPD>".encode(),
            UploadIsPlaylist,
        ),
        (lambda secret: f"[playlist]\nFile1={secret}\n".encode(), UploadIsPlaylist),
        (lambda _: zipped("video.mp4"), UploadIsArchive),
        (lambda _: b"", UploadEmpty),
        (lambda secret: f"file {secret}\n".encode(), VideoUnknown),
        (lambda _: picture("JPEG"), VideoUnknown),
        (lambda _: b"RIFF\x10\0\0\0AVI LIST", VideoUnknown),
        (lambda _: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", VideoUnknown),
        (lambda _: video()[:2000], VideoIncomplete),
        (lambda _: video()[:-20], VideoIncomplete),
        (lambda _: video()[:32], VideoIncomplete),
        (lambda _: sound_alone(), VideoWithoutPicture),
        (lambda _: b"\x1a\x45\xdf\xa3" + bytes(5000), VideoDamaged),
        (lambda _: video(codec="mjpeg", planes="yuvj420p"), VideoCodecUnknown),
        (lambda _: video(size=(4400, 64)), VideoTooManyPixels),
    ],
)
def test_video_is_refused_with_reason_whatever_its_name(
    tmp_path: Path, name: str, make: Callable[[Path], bytes], refusal: type[UploadRefused]
) -> None:
    secret, path = tmp_path / "secret.ts", tmp_path / name
    secret.write_text(SECRET)
    path.write_bytes(make(secret))
    began_s = time.monotonic()

    with pytest.raises(UploadRefused) as caught:
        check_video(path)

    assert type(caught.value) is refusal
    assert SECRET not in str(caught.value)
    assert time.monotonic() - began_s < 5


def test_video_whose_pictures_are_rubbish_is_refused(tmp_path: Path) -> None:
    whole = bytearray(video())
    begin = whole.index(b"mdat") + 4
    whole[begin:] = bytes(len(whole) - begin)
    path = tmp_path / "a.mp4"
    path.write_bytes(whole)

    with pytest.raises(VideoDamaged):
        check_video(path)


def test_damaged_videos_end_in_a_refusal_or_a_look(tmp_path: Path) -> None:
    """A few hundred bytes turned over in what describes the video: never anything unforeseen."""
    whole, path = video(), tmp_path / "a.mp4"
    begin, end = whole.index(b"moov"), whole.index(b"mdat")
    outcomes = set()
    for at in range(begin, end, 3):
        turned = bytearray(whole)
        turned[at] ^= 0xFF
        path.write_bytes(turned)
        try:
            check_video(path)
            outcomes.add("taken")
        except UploadRefused as error:
            outcomes.add(error.code)
    assert outcomes <= {
        "taken",
        "video_incomplete",
        "video_damaged",
        "video_without_picture",
        "video_codec_unknown",
        "video_too_many_pixels",
        "video_too_long",
    }


def test_check_by_job_gives_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(video())

    checked = run_job("check_video", UploadArguments(path=path), CheckedVideo, time_limit_s=30)

    assert checked == check_video(path)


def test_refusal_by_job_has_its_code_and_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.avi"
    path.write_bytes(playlist(tmp_path / "secret"))

    with pytest.raises(NotAcceptable) as caught:
        run_job("check_video", UploadArguments(path=path), CheckedVideo, time_limit_s=30)

    assert (caught.value.code, caught.value.message) == (
        UploadIsPlaylist.code,
        UploadIsPlaylist.sentence,
    )


def test_each_refusal_has_a_code_and_a_sentence_of_its_own() -> None:
    kinds = UploadRefused.__subclasses__()

    assert (
        len({kind.code for kind in kinds}) == len({kind.sentence for kind in kinds}) == len(kinds)
    )
    assert all(kind.sentence.endswith(".") and len(kind.sentence) < 200 for kind in kinds)
