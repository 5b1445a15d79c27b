"""Waveforms, strips, posters and photos of material that is known."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image, ImageCms, ImageFilter

from blueroom.base.errors import NotAcceptable
from blueroom.media.cut import Piece, cut_exact
from blueroom.media.jobs import run_job
from blueroom.media.opening import FileUnreadable
from blueroom.media.pictures import (
    NoPicture,
    Peaks,
    PeaksArguments,
    Photo,
    PhotoArguments,
    Poster,
    StretchArguments,
    Strip,
    StripArguments,
    clean_photo,
    find_poster,
    peaks,
    poster,
    strip,
)
from blueroom.media.uploads import PictureDamaged, PictureTooManyPixels
from tests.camera import BEEP_S, _read_number
from tests.filming import record

ORIENTATION = 0x0112
PLACE = 0x8825


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("recordings") / "a.mp4", key_s=1.0)


def numbers_in(given: Strip) -> list[int]:
    """The number that each small picture shows."""
    sheet = np.asarray(Image.open(io.BytesIO(given.jpeg)).convert("L"))
    width, height, columns = given.width_px, given.height_px, given.columns
    return [
        _read_number(
            sheet[
                n // columns * height : (n // columns + 1) * height,
                n % columns * width : (n % columns + 1) * width,
            ]
        )
        for n in range(len(given.times_s))
    ]


def test_peaks_are_high_where_it_beeps(recording: Path) -> None:
    values = peaks(recording, 50)

    loud = [number for number, value in enumerate(values) if value > 100]
    assert len(values) == pytest.approx(300, abs=2)
    assert loud == [second * 50 for second in range(6)]  # a beep is one fiftieth long
    assert BEEP_S == 1 / 50
    assert max(values) == pytest.approx(128, abs=8)


def test_peaks_of_stretch_begin_at_its_in_point(recording: Path) -> None:
    values = peaks(recording, 100, in_s=2.5, out_s=4.25)

    assert len(values) == 175
    assert [n for n, value in enumerate(values) if value > 100] == [50, 51, 150, 151]


def test_peaks_without_sound_are_none(tmp_path: Path) -> None:
    assert peaks(record(tmp_path / "a.mp4", seconds=1, has_sound=False)) == []


def test_peaks_of_clip_lie_where_they_lay(recording: Path, tmp_path: Path) -> None:
    cut_exact([Piece(recording, 1.4, 4.4)], tmp_path / "clip.mp4")

    values = peaks(tmp_path / "clip.mp4", 100)

    assert [n for n, value in enumerate(values) if value > 100] == [60, 61, 160, 161, 260, 261]


def test_strip_shows_the_picture_of_each_moment(recording: Path) -> None:
    given = strip(recording, 0.5, 60, in_s=1.0, out_s=4.0)

    assert given.times_s == [1.0, 1.5, 2.0, 2.5, 3.0, 3.5]
    assert numbers_in(given) == [30, 45, 60, 75, 90, 105]
    assert (given.width_px, given.height_px, given.columns) == (80, 60, 6)


def test_strip_between_pictures_shows_the_one_that_is_seen(recording: Path) -> None:
    given = strip(recording, 0.75, 60, in_s=1.01, out_s=2.9)

    assert given.times_s == [1.0, 1.733333, 2.5]
    assert numbers_in(given) == [30, 52, 75]


def test_strip_far_apart_takes_key_frames_and_says_when_they_are(recording: Path) -> None:
    given = strip(recording, 2.5, 120)

    assert given.times_s == [0.0, 2.0, 5.0]
    assert numbers_in(given) == [0, 60, 150]


def test_strip_has_rows_and_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blueroom.media.pictures.MOST_PICTURES", 24)

    given = strip(record(tmp_path / "a.mp4", seconds=6), 0.01, 30)

    sheet = Image.open(io.BytesIO(given.jpeg))
    assert sheet.size == (10 * given.width_px, 3 * 30)
    assert given.times_s == pytest.approx([n * 0.25 for n in range(24)], abs=0.034)


def test_strip_and_poster_of_sound_alone_are_refused(tmp_path: Path) -> None:
    heard = record(tmp_path / "a.mp4", seconds=1, has_pictures=False)

    with pytest.raises(NoPicture):
        strip(heard, 1, 60)
    with pytest.raises(NoPicture):
        poster(heard)


@pytest.mark.parametrize("work", [peaks, poster, lambda path: strip(path, 1, 60)])
def test_file_that_is_none_is_refused(work: Callable[[Path], object], tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"#EXTM3U\nfile:///etc/passwd\n")

    with pytest.raises(FileUnreadable):
        work(path)


def test_poster_is_the_sharpest_key_frame_that_is_lit(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    sharp = Image.fromarray(chance.integers(60, 200, (90, 160), np.uint8)).resize((640, 360))
    dark = Image.fromarray(chance.integers(0, 45, (360, 640), np.uint8))
    shown = [sharp.filter(ImageFilter.GaussianBlur(9)), dark, sharp, sharp.filter(BLUR)]
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=1, options={"g": "1", "crf": "12"})
        stream.width, stream.height = 640, 360
        for number, image in enumerate(shown):
            frame = av.VideoFrame.from_ndarray(np.asarray(image.convert("RGB")))
            frame.pts = number
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))

    found = find_poster(path)

    assert (found.at_s, found.width_px, found.height_px) == (2.0, 640, 360)
    assert found.jpeg == poster(path)
    assert Image.open(io.BytesIO(found.jpeg)).size == (640, 360)


BLUR = ImageFilter.GaussianBlur(2)


@pytest.mark.parametrize("size", [(320, 240), (1280, 720)])
def test_colours_of_poster_are_those_of_the_video(tmp_path: Path, size: tuple[int, int]) -> None:
    """Of a stream that does not say, a player takes BT.601 when small and BT.709 in HD."""
    matrix = "ITU709" if size[1] >= 720 else "ITU601"
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=1, options={"crf": "5"})
        stream.width, stream.height = size
        frame = av.VideoFrame.from_ndarray(np.full((*size[::-1], 3), (200, 60, 40), np.uint8))
        frame = frame.reformat(format="yuv420p", dst_colorspace=matrix)
        frame.pts = 0
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))

    seen = Image.open(io.BytesIO(poster(path))).getpixel((100, 100))

    assert seen == pytest.approx((200, 60, 40), abs=6)


def photo(form: str = "JPEG", *, size: tuple[int, int] = (400, 300), **more: object) -> bytes:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    written = io.BytesIO()
    image.save(written, form, **more)
    return written.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    tags[0x010F] = "A camera"
    tags[0x013B] = "Somebody"
    tags.get_ifd(PLACE)[1] = "N"
    return tags


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_photo_loses_all_that_is_not_picture(form: str) -> None:
    given = photo(form, exif=exif())
    assert b"Somebody" in given

    cleaned = clean_photo(given)

    opened = Image.open(io.BytesIO(cleaned.jpeg))
    assert (opened.format, opened.size) == ("JPEG", (400, 300))
    assert not opened.getexif()
    assert b"Somebody" not in cleaned.jpeg
    assert set(opened.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive",
                                "progression"}  # fmt: skip


@pytest.mark.parametrize(
    ("orientation", "size", "is_red_at"),
    [
        (1, (400, 300), (10, 150)),
        (2, (400, 300), (390, 150)),
        (3, (400, 300), (390, 150)),
        (4, (400, 300), (10, 150)),
        (5, (300, 400), (150, 10)),
        (6, (300, 400), (150, 10)),
        (7, (300, 400), (150, 390)),
        (8, (300, 400), (150, 390)),
    ],
)
def test_photo_stands_upright(
    orientation: int, size: tuple[int, int], is_red_at: tuple[int, int]
) -> None:
    cleaned = clean_photo(photo(exif=exif(orientation)))

    opened = Image.open(io.BytesIO(cleaned.jpeg))
    assert (cleaned.width_px, cleaned.height_px) == opened.size == size
    assert opened.getpixel(is_red_at) == pytest.approx((254, 0, 0), abs=12)


def test_photo_is_made_smaller_never_larger() -> None:
    assert clean_photo(photo(size=(5000, 1000))).width_px == 4096
    assert clean_photo(photo(size=(500, 1000)), max_px=250).height_px == 250
    assert clean_photo(photo(size=(50, 30))).width_px == 50


def test_transparent_photo_stands_on_white() -> None:
    written = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(written, "PNG")

    cleaned = clean_photo(written.getvalue())

    assert Image.open(io.BytesIO(cleaned.jpeg)).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "1", "P", "I;16", "CMYK", "LA"])
def test_photo_of_each_mode_becomes_rgb(mode: str) -> None:
    written = io.BytesIO()
    Image.new(mode, (10, 10)).save(written, "JPEG" if mode == "CMYK" else "PNG")

    assert Image.open(io.BytesIO(clean_photo(written.getvalue()).jpeg)).mode == "RGB"


def test_colours_are_those_that_the_profile_means() -> None:
    """A profile with red and green changed over says so of its picture."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"tmpX", 1).replace(b"gXYZ", b"rXYZ", 1)
    swapped = swapped.replace(b"tmpX", b"gXYZ", 1)

    red = Image.open(io.BytesIO(clean_photo(photo(icc_profile=swapped)).jpeg)).getpixel((50, 50))
    same = Image.open(io.BytesIO(clean_photo(photo(icc_profile=srgb)).jpeg)).getpixel((50, 50))

    assert red == pytest.approx((0, 254, 0), abs=12)
    assert same == pytest.approx((254, 0, 0), abs=12)


def test_profile_that_means_nothing_is_passed_over() -> None:
    cleaned = clean_photo(photo(icc_profile=b"no profile" * 20))

    assert Image.open(io.BytesIO(cleaned.jpeg)).getpixel((50, 50)) == pytest.approx(
        (254, 0, 0), abs=12
    )


def test_photo_that_is_damaged_is_refused() -> None:
    with pytest.raises(PictureDamaged):
        clean_photo(photo()[:700])


def test_each_job_gives_what_its_function_gives(recording: Path, tmp_path: Path) -> None:
    stretch: dict[str, Any] = {"path": recording, "in_s": 1.0, "out_s": 3.0}
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo(exif=exif(6)))

    assert run_job("peaks", PeaksArguments(**stretch, per_s=20), Peaks, time_limit_s=30) == Peaks(
        per_s=20, in_s=1.0, values=peaks(recording, 20, in_s=1.0, out_s=3.0)
    )
    assert run_job(
        "strip", StripArguments(**stretch, every_s=0.5, height_px=40), Strip, time_limit_s=30
    ) == strip(recording, 0.5, 40, in_s=1.0, out_s=3.0)
    assert run_job("poster", StretchArguments(**stretch), Poster, time_limit_s=30) == find_poster(
        recording, in_s=1.0, out_s=3.0
    )
    assert run_job("photo", PhotoArguments(path=path), Photo, time_limit_s=30) == clean_photo(path)


def test_bomb_ends_as_a_refusal_of_its_job(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    Image.new("1", (16_000, 16_000)).save(path)
    assert path.stat().st_size < 100_000

    with pytest.raises(NotAcceptable) as caught:
        run_job("photo", PhotoArguments(path=path), Photo, time_limit_s=30)

    assert caught.value.code == PictureTooManyPixels.code
