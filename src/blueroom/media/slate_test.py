from __future__ import annotations

import io
import os
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from blueroom.media import slate as slate_module
from blueroom.media.parts import VIDEO_TIMESCALE
from blueroom.media.slate import (
    AAC_SAMPLES,
    FRAMES,
    FRAMES_A_PART,
    PARTS,
    Moment,
    Slate,
    SlateLook,
    SlateWords,
    make_slate,
    slate_in,
    words_for,
)

WORDS = SlateWords(room="La chambre bleue", sentence="On revient tout de suite.", language="fr")


@pytest.fixture(scope="module")
def slate() -> Slate:
    return make_slate(WORDS, width_px=320, height_px=181)


def brightest(picture: Image.Image) -> int:
    return int(np.asarray(picture).max())


def packets_of(slate: Slate, numbers: range) -> tuple[list[int], list[int]]:
    """The times of pictures and of sound in these parts, in units of their tracks."""
    data = slate.init + b"".join(slate.part(number) for number in numbers)
    times: dict[str, list[int]] = {"video": [], "audio": []}
    with av.open(io.BytesIO(data), "r") as file:
        for packet in file.demux():
            if packet.pts is not None:
                times[packet.stream.type].append(packet.pts)
    return times["video"], times["audio"]


def test_loop_goes_on_without_a_seam_in_picture_or_sound(slate: Slate) -> None:
    rounds = 3
    video, sound = packets_of(slate, range(rounds * PARTS))

    assert video == [number * VIDEO_TIMESCALE // 25 for number in range(rounds * FRAMES)]
    assert sound == [number * AAC_SAMPLES for number in range(len(video) * 15 // FRAMES_A_PART)]


def test_each_part_has_its_own_pictures_and_its_own_sound(slate: Slate) -> None:
    for number in (0, 5, PARTS, PARTS + 1):
        video, sound = packets_of(slate, range(number, number + 1))
        begins_s = number * slate.part_s
        assert (len(video), len(sound)) == (8, 15)
        assert video[0] == pytest.approx(begins_s * VIDEO_TIMESCALE)
        assert sound[0] == pytest.approx(begins_s * 48_000)


def test_independent_parts_can_be_decoded_alone(slate: Slate) -> None:
    for number in range(PARTS):
        with av.open(io.BytesIO(slate.init + slate.part(number)), "r") as file:
            assert next(file.demux(video=0)).is_keyframe == slate.is_independent(number)
    assert slate.is_independent(0)


def test_every_picture_decodes_and_they_move_gently(slate: Slate) -> None:
    data = slate.init + b"".join(slate.part(number) for number in range(PARTS))
    with av.open(io.BytesIO(data), "r") as file:
        pictures = [frame.to_ndarray(format="gray").mean() for frame in file.decode(video=0)]

    assert len(pictures) == FRAMES
    assert pictures.index(max(pictures)) == pytest.approx(FRAMES / 2, abs=12)
    assert max(pictures) - min(pictures) > 3
    assert max(abs(after - before) for before, after in pairwise(pictures)) < 1


def test_sides_are_made_even_and_the_codec_is_named(slate: Slate) -> None:
    assert (slate.width_px, slate.height_px) == (320, 180)
    assert slate.codecs == "avc1.42c00c,mp4a.40.2"


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (400, 400)])
def test_words_stand_on_the_card_whatever_its_shape(size: tuple[int, int]) -> None:
    words = SlateWords(
        room="La chambre bleue de la médiathèque municipale de Romorantin-Lanthenay 🎈",
        sentence="Merci, c’était Maria-Magdalena Oyelaran-Świętochowska et عمر الشريف.",
        beside="avec un nom qui n’en finit pas et qui ne tient sur aucune ligne du tout",
        language="fr",
    )
    pictures = slate_module._pictures(words, *size)

    picture = next(pictures).convert("L")

    left, top, right, bottom = slate_module._Page(*size).box
    inside = picture.crop(
        (round(left) + 24, round(top) + 24, round(right) - 24, round(bottom) - 24)
    )
    assert brightest(inside) > 200, "the words are there"
    assert brightest(inside.crop((0, 0, 1, inside.height))) < 120, (
        "and do not run over the card's edge"
    )


def test_it_is_drawn_in_its_look_with_its_logo() -> None:
    logo = io.BytesIO()
    Image.new("RGB", (300, 100), "#00ff00").save(logo, "PNG")
    look = SlateLook(ground="#1a0008", card="#2b0a14", ink="#ffffff", logo=logo.getvalue())
    words = SlateWords(room="Maison", sentence="Bientôt.", look=look)

    pixels = np.asarray(next(slate_module._pictures(words, 640, 360)))

    inside_y = round(slate_module._Page(640, 360).box[1]) + 40
    assert tuple(pixels[31, 320]) == (0, 255, 0)
    assert tuple(pixels[inside_y, 320]) == (0x2B, 0x0A, 0x14)
    red, green, blue = pixels[358, 320]
    assert red > blue > green


@pytest.mark.parametrize(
    ("moment", "language", "guest", "sentence", "beside"),
    [
        (Moment.BEFORE, "fr", "Inès", "Bientôt en direct.", "avec Inès"),
        (Moment.BREAK, "fr", "Inès", "On revient tout de suite.", "avec Inès"),
        (Moment.AFTER, "fr", "Inès", "Merci, c’était Inès.", ""),
        (Moment.AFTER, "fr", "", "Merci d’avoir été là.", ""),
        (Moment.BEFORE, "en", "Inès", "Live soon.", "with Inès"),
        (Moment.BREAK, "en", "", "Back in a moment.", ""),
        (Moment.AFTER, "de", "{Inès}", "Thank you, that was {Inès}.", ""),
    ],
)
def test_words_are_the_sessions(
    moment: Moment, language: str, guest: str, sentence: str, beside: str
) -> None:
    words = words_for(moment, language=language, room="Maison", guest=guest)

    expected = "fr" if language == "fr" else "en"
    assert words == SlateWords(room="Maison", sentence=sentence, beside=beside, language=expected)


def test_slate_is_made_once_for_its_words_and_size(tmp_path: Path) -> None:
    folder = tmp_path / "slates"
    first = slate_in(folder, WORDS, width_px=96, height_px=64)
    [file] = folder.iterdir()
    os.utime(file, (1, 1))
    again = slate_in(folder, WORDS, width_px=96, height_px=64)
    slate_in(folder, WORDS, width_px=64, height_px=96)

    assert again == first
    assert file.stat().st_mtime == 1
    assert len(list(folder.iterdir())) == 2


def test_damaged_slate_is_made_again(tmp_path: Path) -> None:
    first = slate_in(tmp_path, WORDS, width_px=96, height_px=64)
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:100])

    assert slate_in(tmp_path, WORDS, width_px=96, height_px=64) == first
