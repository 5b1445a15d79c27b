"""Pictures of videos and of sound, and photos made safe: what the desk and the pages show."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from blueroom.base.errors import NotAcceptable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from blueroom.media.opening import OpenFile

MOST_PICTURES = 600  # of a strip
MOST_PEAKS = 400_000
_COLUMNS = 10
_QUALITY = 82
_PHOTO_QUALITY = 90
_KEY_EVERY_S = 2.0  # how often our recordings have a key frame, at least
_MEASURED_PX = 480  # width at which sharpness is compared
_DARK, _BRIGHT = 24, 232  # a mean beyond is nobody's face


class StretchArguments(msgspec.Struct, frozen=True, kw_only=True):
    """What a part of a recording is looked at; without `out_s` to its end."""

    path: Path
    in_s: float = 0.0
    out_s: float | None = None


class PeaksArguments(StretchArguments, frozen=True, kw_only=True):
    """What the job "peaks" is told, see `peaks`."""

    per_s: int = 50


class StripArguments(StretchArguments, frozen=True, kw_only=True):
    """What the job "strip" is told, see `strip`."""

    every_s: float
    height_px: int


class PhotoArguments(msgspec.Struct, frozen=True, kw_only=True):
    """What the job "photo" is told, see `clean_photo`."""

    path: Path
    max_px: int = 4096


class LogoArguments(msgspec.Struct, frozen=True, kw_only=True):
    """What the job "logo" is told, see `clean_logo`."""

    path: Path
    width_px: int
    height_px: int


class Peaks(msgspec.Struct, frozen=True, kw_only=True):
    """A waveform: how far it swings, 0 to 255, so many times a second from `in_s` on."""

    per_s: int
    in_s: float
    values: list[int]


class Strip(msgspec.Struct, frozen=True, kw_only=True):
    """Small pictures in one JPEG, in rows of `columns`, each `width_px` x `height_px`; and when in
    the recording each is shown."""

    jpeg: bytes
    times_s: list[float]
    columns: int
    width_px: int
    height_px: int


class Poster(msgspec.Struct, frozen=True, kw_only=True):
    """One picture of a video, and when it is shown."""

    jpeg: bytes
    at_s: float
    width_px: int
    height_px: int


class Photo(msgspec.Struct, frozen=True, kw_only=True):
    """A photo as JPEG, upright, in sRGB, with nothing in it but the picture."""

    jpeg: bytes
    width_px: int
    height_px: int


class LogoPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A logo as PNG in sRGB, transparent where it was, with nothing in it but the picture."""

    png: bytes
    width_px: int
    height_px: int


class NoPicture(NotAcceptable):
    """There is no picture in the file, or none at that time."""

    code = "no_picture"
    sentence = "There is no picture in this video at that time."


def peaks_job(arguments: PeaksArguments, on_progress: Callable[[float], None]) -> Peaks:
    """The job "peaks"."""
    a = arguments
    values = peaks(a.path, a.per_s, in_s=a.in_s, out_s=a.out_s, on_progress=on_progress)
    return Peaks(per_s=a.per_s, in_s=a.in_s, values=values)


def strip_job(arguments: StripArguments, on_progress: Callable[[float], None]) -> Strip:
    """The job "strip"."""
    a = arguments
    return strip(
        a.path, a.every_s, a.height_px, in_s=a.in_s, out_s=a.out_s, on_progress=on_progress
    )


def poster_job(arguments: StretchArguments, on_progress: Callable[[float], None]) -> Poster:
    """The job "poster"."""
    return find_poster(arguments.path, in_s=arguments.in_s, out_s=arguments.out_s)


def photo_job(arguments: PhotoArguments, on_progress: Callable[[float], None]) -> Photo:
    """The job "photo"."""
    return clean_photo(arguments.path, max_px=arguments.max_px)


def logo_job(arguments: LogoArguments, on_progress: Callable[[float], None]) -> LogoPicture:
    """The job "logo"."""
    a = arguments
    return clean_logo(a.path, width_px=a.width_px, height_px=a.height_px)


def peaks(
    path: Path,
    per_s: int = 50,
    *,
    in_s: float = 0.0,
    out_s: float | None = None,
    on_progress: Callable[[float], None] = lambda _: None,
) -> list[int]:
    """The waveform of a file, or of a stretch of a recording; empty where there is no sound.

    Raises:
        opening.FileUnreadable: it is none that we read.
    """
    import numpy as np
    from av.audio.resampler import AudioResampler

    from blueroom.media.opening import open_file

    found: NDArray[np.float32] = np.zeros(0, np.float32)
    floats = AudioResampler("fltp")
    with open_file(path, in_s, out_s) as opened:
        for frame in opened.sounds():
            assert frame.time is not None
            parts = [np.abs(part.to_ndarray()).max(axis=0) for part in floats.resample(frame)]
            heard = np.concatenate(parts) if parts else found[:0]
            at = (frame.time - in_s) + np.arange(heard.size) / frame.sample_rate
            slots = np.floor(at * per_s + 1e-6).astype(np.int64)
            heard, slots = heard[slots >= 0], slots[slots >= 0]
            if slots.size == 0 or slots[-1] >= MOST_PEAKS:
                continue
            if slots[-1] >= found.size:
                found = np.pad(found, (0, int(slots[-1]) + 1 - found.size))
            np.maximum.at(found, slots, heard)
            on_progress(opened.share(frame))
    if out_s is not None:
        found = found[: math.ceil((out_s - in_s) * per_s - 1e-6)]
    return [int(value) for value in np.clip(found * 255 + 0.5, 0, 255)]


def strip(
    path: Path,
    every_s: float,
    height_px: int,
    *,
    in_s: float = 0.0,
    out_s: float | None = None,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Strip:
    """Small pictures of a file or of a stretch of a recording, about every `every_s`.

    Where key frames are close enough only they are decoded, and each picture is the key frame shown
    at that moment or before; the times are those of the pictures. `MOST_PICTURES` at most.

    Raises:
        NoPicture: there is none.
        opening.FileUnreadable: it is none that we read.
    """
    from PIL import Image

    from blueroom.media.opening import open_file

    with open_file(path, in_s, out_s) as opened:
        length_s = (out_s if out_s is not None else opened.duration_s) - in_s
        every_s = max(every_s, length_s / MOST_PICTURES, 0.001)
        shots = _shots(opened, every_s, height_px, on_progress)
    if not shots:
        raise NoPicture
    width_px = shots[0][1].width
    rows = math.ceil(len(shots) / _COLUMNS)
    columns = min(_COLUMNS, len(shots))
    sheet = Image.new("RGB", (width_px * columns, height_px * rows))
    for number, (_, shot) in enumerate(shots):
        sheet.paste(shot, (number % columns * width_px, number // columns * height_px))
    return Strip(
        jpeg=_jpeg(sheet, _QUALITY),
        times_s=[round(at_s, 6) for at_s, _ in shots],
        columns=columns,
        width_px=width_px,
        height_px=height_px,
    )


def _shots(
    opened: OpenFile, every_s: float, height_px: int, on_progress: Callable[[float], None]
) -> list[tuple[float, Image.Image]]:
    """The picture shown at each moment, small, with its own time."""
    shots: list[tuple[float, Image.Image]] = []
    size: tuple[int, int] | None = None
    latest = None
    for frame in opened.pictures(only_keys=every_s >= _KEY_EVERY_S):
        assert frame.time is not None
        while latest is not None and opened.in_s + len(shots) * every_s < frame.time:
            size = size or (max(1, round(latest.width * height_px / latest.height)), height_px)
            shots.append((latest.time, _as_image(latest, size)))
            if len(shots) >= MOST_PICTURES:
                return shots
        latest = frame
        on_progress(opened.share(frame))
    if latest is not None and opened.in_s + len(shots) * every_s < (opened.out_s or math.inf):
        size = size or (max(1, round(latest.width * height_px / latest.height)), height_px)
        shots.append((latest.time, _as_image(latest, size)))
    return shots


def poster(path: Path, *, in_s: float = 0.0, out_s: float | None = None) -> bytes:
    """The sharpest key frame that is neither dark nor glaring, as JPEG.

    Raises:
        NoPicture: there is none.
        opening.FileUnreadable: it is none that we read.
    """
    return find_poster(path, in_s=in_s, out_s=out_s).jpeg


def find_poster(path: Path, *, in_s: float = 0.0, out_s: float | None = None) -> Poster:
    """The same, with when it is shown."""
    from blueroom.media.opening import open_file

    best, best_score = None, -1.0
    with open_file(path, in_s, out_s) as opened:
        for frame in opened.pictures(only_keys=True):
            height = max(16, round(frame.height * _MEASURED_PX / frame.width))
            grey = frame.reformat(_MEASURED_PX, height, "gray").to_ndarray()
            score = _sharpness(grey)
            if score > best_score:
                best, best_score = frame, score
        if best is None:
            raise NoPicture
        jpeg = _jpeg(_as_image(best, (best.width, best.height)), _PHOTO_QUALITY)
        return Poster(jpeg=jpeg, at_s=best.time or 0.0, width_px=best.width, height_px=best.height)


def clean_photo(picture: Path | bytes, *, max_px: int = 4096) -> Photo:
    """The photo upright, in sRGB, no side longer than `max_px`; without place, name or camera.

    Raises:
        uploads.UploadRefused: it is none that we take.
    """
    from PIL import Image, ImageOps

    from blueroom.media.uploads import load_picture

    with load_picture(picture) as loaded:
        profile = loaded.info.get("icc_profile")
        # Smaller first: turning and colours then cost less. Turned, a side stays a side.
        loaded.thumbnail((max_px, max_px), Image.Resampling.LANCZOS)
        upright = _in_srgb(ImageOps.exif_transpose(loaded), profile)
    plain = Image.new("RGB", upright.size)
    plain.paste(upright)
    return Photo(jpeg=_jpeg(plain, _PHOTO_QUALITY), width_px=plain.width, height_px=plain.height)


def clean_logo(picture: Path | bytes, *, width_px: int, height_px: int) -> LogoPicture:
    """The logo without its empty border, no larger than that, made anew.

    Raises:
        uploads.UploadRefused: it is none that we take.
    """
    from PIL import Image, ImageOps

    from blueroom.media.uploads import PictureDamaged, load_picture

    with load_picture(picture) as loaded:
        loaded.thumbnail((4 * width_px, 4 * height_px), Image.Resampling.LANCZOS)
        whole, profile = ImageOps.exif_transpose(loaded), loaded.info.get("icc_profile")
        is_clear = whole.mode in {"RGBA", "LA", "PA"} or "transparency" in whole.info
        opacity = Image.new("L", whole.size, 255)
        if is_clear:
            whole = whole.convert("RGBA")
            opacity = whole.getchannel("A")
            whole = whole.convert("RGB")  # what is clear has a colour too, and keeps it
        colours = _in_srgb(whole, profile)
    colours.putalpha(opacity)
    seen = opacity.getbbox()
    if seen is None:
        raise PictureDamaged  # there is nothing to be seen on it
    plain = Image.new("RGBA", (seen[2] - seen[0], seen[3] - seen[1]))
    plain.paste(colours.crop(seen))
    plain.thumbnail((width_px, height_px), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    plain.save(written, "PNG", optimize=True)
    return LogoPicture(png=written.getvalue(), width_px=plain.width, height_px=plain.height)


def _in_srgb(image: Image.Image, profile: object) -> Image.Image:
    """RGB, on white where it is transparent; as its own colour profile means it."""
    from PIL import Image, ImageCms

    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    if isinstance(profile, bytes) and image.mode in {"RGB", "CMYK", "L"}:
        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            turned = ImageCms.profileToProfile(image, given, srgb, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            turned = None  # of another kind than its picture, or damaged: it means nothing
        image = turned or image
    return image.convert("RGB")


def _as_image(frame: object, size: tuple[int, int]) -> Image.Image:
    """A frame of a video in sRGB at a size."""
    from av.video.frame import VideoFrame
    from av.video.reformatter import Colorspace
    from PIL import Image

    assert isinstance(frame, VideoFrame)
    # Where a stream does not say, players take BT.709 for HD and BT.601 below.
    is_hd = frame.height >= 720 if frame.colorspace in {0, 2} else frame.colorspace == 1
    matrix = Colorspace.ITU709 if is_hd else Colorspace.ITU601
    small = frame.reformat(*size, "rgb24", src_colorspace=matrix)
    return Image.fromarray(small.to_ndarray())


def _sharpness(grey: NDArray[Any]) -> float:
    """The variance of the Laplacian; much less for a picture that is dark or glaring."""
    import numpy as np

    g = grey.astype(np.float32)
    edges = 4 * g[1:-1, 1:-1] - g[:-2, 1:-1] - g[2:, 1:-1] - g[1:-1, :-2] - g[1:-1, 2:]
    return float(edges.var()) * (1.0 if _DARK < g.mean() < _BRIGHT else 0.01)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    written = io.BytesIO()
    image.save(written, "JPEG", quality=quality, optimize=True, progressive=True)
    return written.getvalue()
