"""Looks at what people upload before anything else does: pictures and videos.

By content, never by name. What is none of the kinds that we take is refused by its first bytes, and
the rest is decoded only within bounds that its header keeps. Each refusal says what to do. Meant to
run as a job: a file that exhausts memory or time ends its job alone.

Sources, read 2026-11-26: RFC 2083 (PNG), RFC 9649 (WebP), ITU-T T.81 (JPEG), ISO/IEC 23008-12 (HEIF
brands), RFC 8216 (playlists), PKWARE APPNOTE (zip).
"""

from __future__ import annotations

import io
import os
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from blueroom.base.errors import NotAcceptable

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.video.stream import VideoStream
    from PIL import Image

    from blueroom.media.opening import OpenFile

MIB = 1 << 20
PICTURE_BYTES = 40 * MIB
PICTURE_PIXELS = 64_000_000  # a phone's largest, 48 megapixels, with room
PICTURE_SIDE_PX = 16_384
VIDEO_BYTES = 4096 * MIB
VIDEO_SIDE_PX = 4096
VIDEO_S = 3 * 3600
_STREAMS = 16
_HEAD_BYTES = 1024
_FORMATS = {"JPEG": b"\xff\xd8\xff", "PNG": b"\x89PNG\r\n\x1a\n", "WEBP": b"RIFF"}
_HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"}
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh")
_LISTS = (b"#EXTM3U", b"ffconcat", b"[playlist]", b"<ASX", b"<asx", b"[Reference]")
_MARKUP = re.compile(rb"\s*<(\?xml|!doctype|svg|html|mpd|smil)", re.IGNORECASE)
_SVG = re.compile(rb"<svg[\s>/]", re.IGNORECASE)
_PICTURES = {"h264", "hevc", "vp8", "vp9", "av1", "mpeg4"}
_SOUNDS = {"aac", "opus", "vorbis", "mp3", "flac", "alac", "ac3", "amr_nb", "pcm_s16le"}
_LOOKED_AT = 3  # pictures that have to be there when decoded
_LAST_BOXES = {b"mdat", b"moov", b"moof", b"free", b"mfra", b"uuid", b"udta"}


class UploadArguments(msgspec.Struct, frozen=True, kw_only=True):
    """What the jobs "check_picture" and "check_video" are told."""

    path: Path


class CheckedPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that can be decoded: "JPEG", "PNG" or "WEBP". The size is before turning."""

    format: str
    width_px: int
    height_px: int
    size_bytes: int


class CheckedVideo(msgspec.Struct, frozen=True, kw_only=True):
    """A video that can be decoded, an "mp4" (or MOV) or a "webm" (or any Matroska)."""

    kind: str
    duration_s: float
    width_px: int
    height_px: int
    picture_codec: str
    sound_codec: str
    size_bytes: int


class UploadRefused(NotAcceptable):
    """What was uploaded is not taken."""

    code = "upload_refused"


class UploadEmpty(UploadRefused):
    code = "upload_empty"
    sentence = "The file is empty. Choose it again and wait until it is sent."


class UploadTooLarge(UploadRefused):
    code = "upload_too_large"
    sentence = "The file is too large. Send a shorter video or a smaller picture."


class UploadIsArchive(UploadRefused):
    code = "upload_is_archive"
    sentence = "This is a compressed archive. Unpack it and send what is in it."


class UploadIsPlaylist(UploadRefused):
    code = "upload_is_playlist"
    sentence = "This is a list that points to other files. Send the video itself."


class PictureIsSvg(UploadRefused):
    code = "picture_is_svg"
    sentence = "This is a drawing in SVG. Export it as PNG and send that."


class PictureIsHeif(UploadRefused):
    code = "picture_is_heif"
    sentence = (
        "This photo is in HEIC or AVIF. On the phone choose “Most compatible” in the camera's "
        "formats, or send it as JPEG."
    )


class PictureUnknown(UploadRefused):
    code = "picture_unknown"
    sentence = "This is no picture that we can read. Send a JPEG, PNG or WebP."


class PictureTooManyPixels(UploadRefused):
    code = "picture_too_many_pixels"
    sentence = "This picture has too many pixels. Send one of at most 64 megapixels."


class PictureDamaged(UploadRefused):
    code = "picture_damaged"
    sentence = "This picture is damaged or incomplete. Send it again, or another one."


class VideoUnknown(UploadRefused):
    code = "video_unknown"
    sentence = "This is no video that we can read. Send an MP4, MOV or WebM."


class VideoIncomplete(UploadRefused):
    code = "video_incomplete"
    sentence = "The end of this video is missing. Send it again and wait until it is all there."


class VideoDamaged(UploadRefused):
    code = "video_damaged"
    sentence = (
        "This video cannot be played. Look whether it plays on your device, and send another."
    )


class VideoWithoutPicture(UploadRefused):
    code = "video_without_picture"
    sentence = "There is no picture in this file. Send a video."


class VideoCodecUnknown(UploadRefused):
    code = "video_codec_unknown"
    sentence = "This video is encoded in a way that we do not read. Export it as MP4 with H.264."


class VideoTooManyPixels(UploadRefused):
    code = "video_too_many_pixels"
    sentence = "The picture of this video is too large. Export it in 4K (3840 x 2160) or smaller."


class VideoTooLong(UploadRefused):
    code = "video_too_long"
    sentence = "This video is longer than three hours. Send a part of it."


def check_picture_job(
    arguments: UploadArguments, on_progress: Callable[[float], None]
) -> CheckedPicture:
    """The job "check_picture"."""
    return check_picture(arguments.path)


def check_video_job(
    arguments: UploadArguments, on_progress: Callable[[float], None]
) -> CheckedVideo:
    """The job "check_video"."""
    return check_video(arguments.path)


def check_picture(picture: Path | bytes) -> CheckedPicture:
    """What the picture is; all of it was decoded.

    Raises:
        UploadRefused: it is not taken; each reason has a class and a code.
    """
    size_bytes = len(picture) if isinstance(picture, bytes) else picture.stat().st_size
    with load_picture(picture) as loaded:
        return CheckedPicture(
            format=loaded.format or "",
            width_px=loaded.width,
            height_px=loaded.height,
            size_bytes=size_bytes,
        )


@contextmanager
def load_picture(picture: Path | bytes) -> Iterator[Image.Image]:
    """The picture, decoded. Of one that moves, the first.

    Raises:
        UploadRefused: it is not taken; each reason has a class and a code.
    """
    from PIL import Image

    file = io.BytesIO(picture) if isinstance(picture, bytes) else picture.open("rb")
    with file:
        _check_size(file.seek(0, os.SEEK_END), PICTURE_BYTES)
        file.seek(0)
        kind = _picture_kind(file.read(_HEAD_BYTES))
        file.seek(0)
        with warnings.catch_warnings():
            # Pillow warns of odd but harmless things; what is too large is counted below.
            warnings.simplefilter("ignore")
            try:
                opened = Image.open(file, formats=[kind])
                _check_pixels(*opened.size)
                opened.load()
            except Image.DecompressionBombError as error:
                raise PictureTooManyPixels from error
            except (OSError, SyntaxError, ValueError, EOFError, IndexError) as error:
                raise PictureDamaged from error
        with opened:
            yield opened


def check_video(path: Path) -> CheckedVideo:
    """What the video is; its beginning was decoded.

    Raises:
        UploadRefused: it is not taken; each reason has a class and a code.
    """
    from blueroom.media.opening import FileUnreadable, container_kind, open_file

    with path.open("rb") as file:
        size_bytes = file.seek(0, os.SEEK_END)
        _check_size(size_bytes, VIDEO_BYTES)
        file.seek(0)
        head = file.read(_HEAD_BYTES)
        _check_lists(head)
        kind = container_kind(head)
        if kind is None or head[8:12] in _HEIF_BRANDS:
            raise VideoUnknown
        if kind == "mp4":
            _check_boxes(file, size_bytes)
    try:
        with open_file(path) as opened:
            return _look_at(opened, size_bytes)
    except FileUnreadable as error:
        raise VideoDamaged from error


def _check_size(size_bytes: int, most_bytes: int) -> None:
    if not size_bytes:
        raise UploadEmpty
    if size_bytes > most_bytes:
        raise UploadTooLarge(size_bytes=size_bytes)


def _check_lists(head: bytes) -> None:
    """What would have us open other files, or unpack."""
    if head.startswith(_ARCHIVES):
        raise UploadIsArchive
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(_LISTS) or re.match(rb"<(\?xml|mpd|smil)", text, re.IGNORECASE):
        raise UploadIsPlaylist


def _picture_kind(head: bytes) -> str:
    if head.startswith(_ARCHIVES):
        raise UploadIsArchive
    if _MARKUP.match(head.removeprefix(b"\xef\xbb\xbf")) and _SVG.search(head):
        raise PictureIsSvg
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        raise PictureIsHeif
    found = [kind for kind, first in _FORMATS.items() if head.startswith(first)]
    if not found or (found == ["WEBP"] and head[8:12] != b"WEBP"):
        raise PictureUnknown
    return found[0]


def _check_pixels(width_px: int, height_px: int) -> None:
    if max(width_px, height_px) > PICTURE_SIDE_PX or width_px * height_px > PICTURE_PIXELS:
        raise PictureTooManyPixels(width_px=width_px, height_px=height_px)


def _check_boxes(file: io.BufferedReader, size_bytes: int) -> None:
    """That what describes the video is there, and no box goes beyond the end."""
    from blueroom.media.boxes import boxes_of_file

    end, kinds = 0, set()
    for box in boxes_of_file(file, 0, size_bytes):
        kinds.add(box.kind)
        end = box.offset_bytes + box.size_bytes
    file.seek(end)
    size, kind = file.read(4), file.read(4)  # of a box that is not all there; or of no box at all
    is_cut_off = kind in _LAST_BOXES and size != bytes(4)  # 0: to the end, 14496-12, 4.2
    if b"moov" not in kinds or is_cut_off:
        raise VideoIncomplete


def _look_at(opened: OpenFile, size_bytes: int) -> CheckedVideo:
    streams = opened.container.streams
    if len(streams) > _STREAMS:
        raise VideoDamaged
    if not streams.video:
        raise VideoWithoutPicture
    picture, picture_codec = streams.video[0], _codec(streams.video[0])
    sound_codec = _codec(streams.audio[0]) if streams.audio else ""
    if picture_codec not in _PICTURES or sound_codec not in {"", *_SOUNDS}:
        raise VideoCodecUnknown(picture=picture_codec, sound=sound_codec)
    if max(picture.width, picture.height) > VIDEO_SIDE_PX:
        raise VideoTooManyPixels
    if opened.duration_s > VIDEO_S:
        raise VideoTooLong
    sizes = _sizes_seen(opened)
    if not sizes:
        raise VideoDamaged
    if max(map(max, sizes)) > VIDEO_SIDE_PX:
        raise VideoTooManyPixels
    return CheckedVideo(
        kind=opened.kind,
        duration_s=opened.duration_s,
        width_px=sizes[0][0],
        height_px=sizes[0][1],
        picture_codec=picture_codec,
        sound_codec=sound_codec,
        size_bytes=size_bytes,
    )


def _codec(stream: VideoStream | AudioStream) -> str:
    """What it is called, whichever decoder reads it; "?" where none does."""
    context = stream.codec_context
    return str(context.codec.canonical_name) if context is not None else "?"


def _sizes_seen(opened: OpenFile) -> list[tuple[int, int]]:
    """The sizes of some pictures at the beginning, as decoded."""
    sizes = []
    for frame in opened.pictures(only_keys=False):
        sizes.append((frame.width, frame.height))
        if len(sizes) >= _LOOKED_AT:
            break
    return sizes
