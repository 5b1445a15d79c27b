"""The slate: what the public sees before the show, after it, and whenever no picture may be shown.

A loop of some seconds, drawn and encoded once and kept on disk; the programme repeats it without a
seam for as long as it must. Making one takes seconds: never in the event loop.
"""

from __future__ import annotations

import hashlib
import io
import math
import struct
import tempfile
from collections.abc import Callable, Iterator
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import msgspec
import numpy as np
import numpy.typing as npt
from av import AudioFrame, VideoFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from blueroom.media.boxes import Splitter, boxes
from blueroom.media.fur import NIGHT, draw_fur
from blueroom.media.letters.drawing import Colour, draw_block
from blueroom.media.letters.fonts import Family
from blueroom.media.letters.layout import Block, Style, fit, one_line
from blueroom.media.letters.runs import read
from blueroom.media.parts import VIDEO_TIMESCALE

# 8 pictures and 15 frames of AAC take exactly as long: each part ends where its sound ends, so the
# loop can be repeated, and left, after any of them.
FRAMES_A_SECOND = 25
SOUND_RATE = 48_000
AAC_SAMPLES = 1024
FRAMES_A_PART = 8
PART_S = FRAMES_A_PART / FRAMES_A_SECOND
PARTS = 18
KEY_EVERY_PARTS = 6
FRAMES = PARTS * FRAMES_A_PART
LOOP_S = PARTS * PART_S
VIDEO_TRACK = 1
DRAWING = 2  # grows when slates of the same words are to be drawn anew
LOGO_TALL_PX, LOGO_WIDE = 68, 0.46  # at 720 lines, and of the picture's width: the most
WORDMARK = 2.0  # as many times wider than high, a logo says the room's name itself


class Moment(StrEnum):
    """When the slate is shown: before the show, in it, or after it."""

    BEFORE = "before"
    BREAK = "break"
    AFTER = "after"


SENTENCES: dict[str, dict[Moment, str]] = {
    "fr": {
        Moment.BEFORE: "Bientôt en direct.",
        Moment.BREAK: "On revient tout de suite.",
        Moment.AFTER: "Merci, c’était {guest}.",
    },
    "en": {
        Moment.BEFORE: "Live soon.",
        Moment.BREAK: "Back in a moment.",
        Moment.AFTER: "Thank you, that was {guest}.",
    },
}
WITH = {"fr": "avec {guest}", "en": "with {guest}"}
THANKS = {"fr": "Merci d’avoir été là.", "en": "Thank you for being here."}


class SlateLook(msgspec.Struct, frozen=True, kw_only=True):
    """What a slate is drawn in: the colours of a wall on air, "#rrggbb"; the house's by themselves.

    `logo` is a PNG, or empty.
    """

    ground: str = "#0b1726"
    card: str = "#13243a"
    ink: str = "#f3f7fb"
    ink_2: str = "#a9c2da"
    lamp: str = "#ffb880"  # in the upper left corner
    moonlight: str = "#5a78d2"  # in the upper right one
    gleam: str = "#6888cc"  # the cool side of the fur
    voice: Family = "voice"
    logo: bytes = b""


HOUSE_LOOK = SlateLook()


class SlateWords(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on a slate, and its look. `beside` is the smaller line under the sentence.

    Without a sentence the slate is plain, and made in a moment.
    """

    room: str
    sentence: str
    beside: str = ""
    language: str = "en"
    look: SlateLook = HOUSE_LOOK


def words_for(
    moment: Moment,
    *,
    language: str,
    room: str,
    guest: str,
    goodbye: str = "",
    look: SlateLook = HOUSE_LOOK,
) -> SlateWords:
    """The slate's words, in English where a language is none of ours.

    `goodbye` is the room's own way to end, if it has one.
    """
    language = language if language in SENTENCES else "en"
    sentence = SENTENCES[language][moment].format(guest=guest)
    beside = WITH[language].format(guest=guest)
    if moment is Moment.AFTER:
        sentence = goodbye or (sentence if guest else THANKS[language])
    return SlateWords(
        room=room,
        sentence=sentence,
        beside=beside if guest and moment is not Moment.AFTER else "",
        language=language,
        look=look,
    )


class Slate(msgspec.Struct, frozen=True, kw_only=True):
    """A loop ready to be sent: an init segment and parts of `part_s`, the first independent."""

    init: bytes
    codecs: str
    width_px: int
    height_px: int
    parts: tuple[bytes, ...]
    part_s: float = PART_S

    def part(self, number: int) -> bytes:
        """The part of that number, from 0, of the loop that never ends."""
        rounds, index = divmod(number, len(self.parts))
        return _moved(self.parts[index], by_s=rounds * LOOP_S, number=number + 1)

    def is_independent(self, number: int) -> bool:
        """Whether that part begins with a key frame."""
        return number % len(self.parts) % KEY_EVERY_PARTS == 0


def find_slate(folder: Path, words: SlateWords, *, width_px: int, height_px: int) -> Slate | None:
    """The slate with these words in this size, where it was made before."""
    try:
        path = _path_in(folder, words, width_px, height_px)
        return msgspec.msgpack.decode(path.read_bytes(), type=Slate)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _path_in(folder: Path, words: SlateWords, width_px: int, height_px: int) -> Path:
    asked = msgspec.msgpack.encode((DRAWING, words, width_px, height_px))
    return folder / f"{hashlib.sha256(asked).hexdigest()[:32]}.slate"


def slate_in(folder: Path, words: SlateWords, *, width_px: int, height_px: int) -> Slate:
    """The slate with these words in this size: out of the folder, or made and left there."""
    found = find_slate(folder, words, width_px=width_px, height_px=height_px)
    if found is not None:
        return found
    path = _path_in(folder, words, width_px, height_px)
    slate = make_slate(words, width_px=width_px, height_px=height_px)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        file.write(msgspec.msgpack.encode(slate))
    Path(file.name).replace(path)
    return slate


def make_slate(words: SlateWords, *, width_px: int, height_px: int) -> Slate:
    """Draw and encode a slate. Takes a few seconds.

    Sides are made even, as H.264 with colours at half size wants them.
    """
    width_px, height_px = width_px // 2 * 2, height_px // 2 * 2
    init, parts = _encode(_pictures(words, width_px, height_px), width_px, height_px)
    return Slate(
        init=init,
        codecs=f"{_avc_codec(init)},mp4a.40.2",
        width_px=width_px,
        height_px=height_px,
        parts=tuple(parts),
    )


# Drawing.


class _Page(NamedTuple):
    """The picture's size, and `u`: a 720th of its shorter side."""

    width_px: int
    height_px: int

    @property
    def u(self) -> float:
        return min(self.width_px, self.height_px) / 720

    @property
    def is_tall(self) -> bool:
        return self.height_px > self.width_px

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Of the card: (left, top, right, bottom)."""
        side, top = 96 * self.u, 150 * self.u
        if self.is_tall:
            side, top = 72 * self.u, self.height_px * 0.27
        return side, top, self.width_px - side, self.height_px - top * (1 if self.is_tall else 0.66)


def _pictures(words: SlateWords, width_px: int, height_px: int) -> Iterator[Image.Image]:
    """The loop's pictures: the lamp and the fur's light swell and fade once."""
    page = _Page(width_px, height_px)
    if not words.sentence:  # the plain one, wanted at once
        ground = _rgb(words.look.ground)
        yield from [Image.new("RGB", (width_px, height_px), ground)] * FRAMES
        return
    fur = _fur(page)
    dim, lit = _scene(words, page, fur, light=0.55), _scene(words, page, fur, light=1.0)
    for frame in range(FRAMES):
        swell = (1 - math.cos(2 * math.pi * frame / FRAMES)) / 2
        yield Image.blend(dim, lit, swell)


def _scene(words: SlateWords, page: _Page, fur: Image.Image, *, light: float) -> Image.Image:
    look, card_colour = words.look, _rgb(words.look.card)
    image = _ground(page, look, light)
    image.alpha_composite(_lit(fur, page, look, light))
    left, top, right, bottom = page.box
    inset = 10 * page.u
    card = (left + inset, top + inset, right - inset, bottom - inset)
    # Twice: a soft edge under the roots of the fur, and the card itself.
    shade = Image.new("RGBA", image.size, (*card_colour, 0))
    ImageDraw.Draw(shade).rounded_rectangle(card, 34 * page.u, fill=(*card_colour, 255))
    image.alpha_composite(shade.filter(ImageFilter.GaussianBlur(7 * page.u)))
    ImageDraw.Draw(image).rounded_rectangle(
        (card[0] + inset, card[1] + inset, card[2] - inset, card[3] - inset),
        30 * page.u,
        fill=(*card_colour, 255),
    )
    _write(image, words, page)
    return image.convert("RGB")


def _rgb(colour: str) -> Colour:
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def _ground(page: _Page, look: SlateLook, light: float) -> Image.Image:
    """Night, a lamp's warmth in the upper left corner and the sky's blue in the upper right."""
    wide, high = np.meshgrid(
        np.linspace(0, 1, page.width_px, dtype=np.float32),
        np.linspace(0, 1, page.height_px, dtype=np.float32),
    )
    warm = np.exp(-((wide / 0.42) ** 2 + (high / 0.5) ** 2)) * 0.34 * light
    cool = np.exp(-(((wide - 0.85) / 0.5) ** 2 + ((high - 0.1) / 0.6) ** 2)) * (0.3 + 0.14 * light)
    ground, lamp, moonlight = (
        np.array(_rgb(colour), np.float32) for colour in (look.ground, look.lamp, look.moonlight)
    )
    lamp, sky = lamp - ground, 0.65 * (moonlight - ground)
    colours = ground + warm[..., None] * lamp + cool[..., None] * sky
    # A little grain, the same in every picture: 8 bits of so dark a slope show as bands.
    grain = np.random.default_rng(7).uniform(-0.7, 0.7, colours.shape[:2])[..., None]
    pixels = np.clip(colours + grain, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels, "RGB").convert("RGBA")


def _fur(page: _Page) -> Image.Image:
    image = Image.new("RGBA", (page.width_px, page.height_px), (0, 0, 0, 0))
    draw_fur(image, page.box, radius_px=44 * page.u, length_px=44 * page.u, coat=NIGHT)
    return image


def _lit(fur: Image.Image, page: _Page, look: SlateLook, light: float) -> Image.Image:
    """The fur as the lamp lights it at the left, and the night from the right."""
    pixels = np.asarray(fur, np.float32).copy()
    across = np.linspace(0, 1, page.width_px, dtype=np.float32)[None, :, None]
    warm = 1.45 * _shade(look.lamp) ** 0.4 / _COAT
    cool = 1.1 * _shade(look.gleam) / _COAT
    tint = warm + (cool - warm) * np.clip(across * 1.7, 0, 1)
    pixels[..., :3] = np.clip(pixels[..., :3] * tint * (0.5 + 0.5 * light), 0, 255)
    return Image.fromarray(pixels.astype(np.uint8), "RGBA")


_COAT = np.array((0.87, 0.95, 1.19), np.float32)  # of the fur by night: as much bluer than grey


def _shade(colour: str) -> npt.NDArray[np.float32]:
    """How much of red, green and blue there is in a light, beside its mean."""
    light = np.array(_rgb(colour), np.float32)
    return np.asarray(light / light.mean(), np.float32)


def _write_room(image: Image.Image, words: SlateWords, page: _Page) -> None:
    """The room's logo, its name, or both, in the middle above the card."""
    u, (left, top, right, _bottom) = page.u, page.box
    middle_y = top - 78 * u if page.is_tall else 62 * u
    logo = _logo(words.look.logo, page)
    is_named = logo is None or logo.width < WORDMARK * logo.height
    logo_px = 0.0 if logo is None else logo.width + (20 * u if is_named else 0)
    name = one_line(
        read(words.room if is_named else "", words.look.voice, words.language),
        Style(round(40 * u), 600, 1.1),
        right - left - logo_px,
    )
    x = (left + right - logo_px - name.width_px) / 2
    if logo is not None:
        image.alpha_composite(logo, (round(x), round(middle_y - logo.height / 2)))
    draw_block(image, (x + logo_px, middle_y - name.height_px / 2), name, _rgb(words.look.ink))


def _logo(png: bytes, page: _Page) -> Image.Image | None:
    if not png:
        return None
    logo = Image.open(io.BytesIO(png)).convert("RGBA")
    most = (round(page.width_px * LOGO_WIDE), round(LOGO_TALL_PX * page.u))
    return ImageOps.contain(logo, most, Image.Resampling.LANCZOS)


def _write(image: Image.Image, words: SlateWords, page: _Page) -> None:
    u, look = page.u, words.look
    left, top, right, bottom = page.box
    _write_room(image, words, page)
    inside_px, room_px = right - left - 120 * u, bottom - top - 90 * u
    beside = _beside(words, page, inside_px)
    gap_px = 26 * u if beside else 0.0
    sentence = fit(
        read(words.sentence, look.voice, words.language),
        width_px=inside_px,
        height_px=room_px - (beside.height_px + gap_px if beside else 0),
        sizes_px=(round(34 * u), round(92 * u)),
        style=Style(0, 560, 1.12),
        most_lines=4,
    )
    high_px = sentence.height_px + (beside.height_px + gap_px if beside else 0)
    y = (top + bottom - high_px) / 2
    at_x = left + 60 * u
    draw_block(image, (at_x, y), sentence, _rgb(look.ink), width_px=inside_px, align="middle")
    if beside:
        y += sentence.height_px + gap_px
        draw_block(image, (at_x, y), beside, _rgb(look.ink_2), width_px=inside_px, align="middle")


def _beside(words: SlateWords, page: _Page, width_px: float) -> Block | None:
    if not words.beside:
        return None
    style = Style(round(40 * page.u), 500, 1.2)
    return one_line(read(words.beside, "text", words.language), style, width_px)


# Encoding.


def _encode(
    pictures: Iterator[Image.Image], width_px: int, height_px: int
) -> tuple[bytes, list[bytes]]:
    splitter = Splitter()
    with av.open(
        splitter,
        "w",
        format="mp4",
        container_options={
            "movflags": "+empty_moov+default_base_moof+skip_trailer",
            "frag_duration": str(round(PART_S * 1e6)),
            "video_track_timescale": str(VIDEO_TIMESCALE),
            "use_editlist": "0",
            "avoid_negative_ts": "disabled",
        },
    ) as out:
        video = _add_video(out, width_px, height_px)
        sound = out.add_stream("aac", rate=SOUND_RATE, bit_rate=64_000)
        sound.layout = "stereo"
        out.start_encoding()
        silence = _silence(sound)
        sounds = 0
        for frame, picture in enumerate(pictures):
            out.mux(_video_packets(video, picture, frame))
            # What begins with a picture comes after it: a part ends before both.
            while sounds * AAC_SAMPLES * FRAMES_A_SECOND < (frame + 1) * SOUND_RATE:
                out.mux(_sound_packet(silence, sound, sounds))
                sounds += 1
    return splitter.take()


_BT709 = "colormatrix=bt709:colorprim=bt709:transfer=bt709"


def _add_video(out: OutputContainer, width_px: int, height_px: int) -> VideoStream:
    video = out.add_stream("libx264", rate=FRAMES_A_SECOND)
    video.width, video.height, video.pix_fmt = width_px, height_px, "yuv420p"
    video.codec_context.thread_count = 1
    video.codec_context.time_base = Fraction(1, FRAMES_A_SECOND)
    key_every = KEY_EVERY_PARTS * FRAMES_A_PART
    video.options = {
        "profile": "baseline",
        "preset": "medium",
        "crf": "25",
        # No look-ahead: each picture's packet comes out as the picture goes in.
        "tune": "stillimage,zerolatency",
        "x264-params": f"keyint={key_every}:min-keyint={key_every}:scenecut=0:{_BT709}",
    }
    return video


def _video_packets(
    video: VideoStream, picture: Image.Image, number: int
) -> list[Packet[VideoStream]]:
    frame = VideoFrame.from_ndarray(np.asarray(picture), format="rgb24").reformat(
        format="yuv420p", dst_colorspace="ITU709"
    )
    frame.pts, frame.time_base = number, Fraction(1, FRAMES_A_SECOND)
    packets = video.encode(frame)
    for packet in packets:
        packet.duration = 1
    return packets


def _silence(sound: AudioStream) -> bytes:
    """A frame of AAC in the midst of silence: they are all the same, so any may follow any."""
    frame = AudioFrame.from_ndarray(
        np.zeros((2, AAC_SAMPLES), np.float32), format="fltp", layout="stereo"
    )
    frame.sample_rate = SOUND_RATE
    packets = []
    for number in range(8):
        frame.pts = number * AAC_SAMPLES
        packets += sound.encode(frame)
    return bytes(packets[-1])


def _sound_packet(silence: bytes, sound: AudioStream, number: int) -> Packet[Stream]:
    packet = Packet(silence)
    packet.stream = sound
    packet.time_base = Fraction(1, SOUND_RATE)
    packet.pts = packet.dts = number * AAC_SAMPLES
    packet.duration = AAC_SAMPLES
    packet.is_keyframe = True
    return packet


def _avc_codec(init: bytes) -> str:
    """RFC 6381: the profile, its constraints and the level, out of the `avcC` box."""
    at = init.index(b"avcC") + 5
    return f"avc1.{init[at : at + 3].hex()}"


def _moved(part: bytes, *, by_s: float, number: int) -> bytes:
    """The part, later by so much: its number (mfhd) and its tracks' times (tfdt) written anew."""
    moved = bytearray(part)
    moof = next(boxes(part))
    for box in boxes(part, moof.offset_bytes + moof.header_bytes, moof.size_bytes):
        inside = box.offset_bytes + box.header_bytes
        if box.kind == b"mfhd":
            struct.pack_into(">I", moved, inside + 4, number)
        if box.kind == b"traf":
            _move_track(moved, part, inside, box.offset_bytes + box.size_bytes, by_s)
    return bytes(moved)


def _move_track(moved: bytearray, part: bytes, start: int, end: int, by_s: float) -> None:
    insides = {box.kind: box.offset_bytes + box.header_bytes for box in boxes(part, start, end)}
    [track] = struct.unpack_from(">I", part, insides[b"tfhd"] + 4)
    units_s = VIDEO_TIMESCALE if track == VIDEO_TRACK else SOUND_RATE
    at = insides[b"tfdt"] + 4  # version 1, which FFmpeg always writes: 64 bits
    [begins] = struct.unpack_from(">Q", part, at)
    struct.pack_into(">Q", moved, at, begins + round(by_s * units_s))


class SlateArguments(msgspec.Struct, frozen=True, kw_only=True):
    """What a job that makes slates wants to know; see `slate_in`."""

    folder: Path
    words: SlateWords
    width_px: int
    height_px: int


class SlateMade(msgspec.Struct, frozen=True, kw_only=True):
    """It is in the folder."""

    size_bytes: int


def slate_job(arguments: SlateArguments, on_progress: Callable[[float], None]) -> SlateMade:
    """Have a slate in its folder."""
    slate = slate_in(
        arguments.folder,
        arguments.words,
        width_px=arguments.width_px,
        height_px=arguments.height_px,
    )
    on_progress(1.0)
    return SlateMade(size_bytes=sum(map(len, slate.parts)))
