"""Parameter sets of sources, and encoders that continue them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.video.codeccontext import VideoCodecContext

from blueroom.media import h264
from blueroom.media.smart import CannotCopy, EdgeEncoder, ParameterSets, as_sample, units_of
from tests.camera import even_times, frames_of
from tests.filming import record

TICKS = Fraction(1, 90_000)


def configuration(path: Path) -> tuple[VideoCodecContext, bytes]:
    with av.open(str(path)) as file:
        context = file.streams.video[0].codec_context
        return context, bytes(context.extradata or b"")


@pytest.fixture(scope="module", params=["baseline", "main", "high"])
def source(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[VideoCodecContext, bytes]:
    path = tmp_path_factory.mktemp("source") / "a.mp4"
    return configuration(record(path, seconds=1, profile=request.param))


def edges(source: tuple[VideoCodecContext, bytes]) -> EdgeEncoder:
    context, record_ = source
    return EdgeEncoder(context, ParameterSets(record_), ticks=TICKS, rate=Fraction(30))


def test_edge_is_of_profile_level_and_size_of_its_source(
    source: tuple[VideoCodecContext, bytes],
) -> None:
    sets = h264.read_configuration(edges(source).record)
    given, ours = (h264.read_sequence_set(one) for one in sets.sequence_sets)

    assert (ours.profile, ours.level) == (given.profile, given.level)
    assert (ours.width_px, ours.height_px) == (given.width_px, given.height_px)
    assert (given.id, ours.id) == (0, 1)
    assert edges(source).record[:5] == bytes([1, given.profile, source[1][2], given.level, 0xFF])


def test_edge_begins_with_an_idr_picture_and_holds_pictures_only(
    source: tuple[VideoCodecContext, bytes],
) -> None:
    frames = frames_of(even_times(0.5, 30), (320, 240))

    pictures = list(edges(source).encode(frames, bits_per_s=500_000))

    assert [picture.pts for picture in pictures] == [n * 3000 for n in range(15)]
    assert [picture.is_key for picture in pictures] == [True, *[False] * 14]
    kinds = [{h264.kind(unit) for unit in units_of(picture.sample)} for picture in pictures]
    assert kinds == [{h264.IDR}, *[{1}] * 14]


def test_edge_takes_an_id_that_is_free(tmp_path: Path) -> None:
    context, record_ = configuration(
        record(tmp_path / "a.mp4", seconds=1, profile="main", options=":sps-id=1")
    )
    sets = ParameterSets(record_)

    own = EdgeEncoder(context, sets, ticks=TICKS, rate=Fraction(30)).record

    assert sets.ids == {1}
    numbers = [h264.read_sequence_set(s).id for s in h264.read_configuration(own).sequence_sets]
    assert numbers == [1, 2]


@pytest.mark.parametrize("way", ["torn", "short lengths", "two sets", "none"])
def test_sets_that_cannot_be_continued_are_refused(
    source: tuple[VideoCodecContext, bytes], way: str
) -> None:
    record_ = bytearray(source[1])
    sets = h264.read_configuration(bytes(record_))
    if way == "torn":
        del record_[20:]
    elif way == "short lengths":
        record_[4] = 0xFD
    elif way == "two sets":
        record_ = bytearray(h264.write_configuration(sets.sequence_sets * 2, sets.picture_sets))
    else:
        record_.clear()

    with pytest.raises(CannotCopy):
        ParameterSets(bytes(record_))


def test_sets_within_a_picture_are_taken_out_if_they_are_known(
    source: tuple[VideoCodecContext, bytes],
) -> None:
    sets = ParameterSets(source[1])
    picture = b"\x65" + bytes(40)
    note = b"\x06\x05\x01\x00\x80"

    bare = as_sample([note, picture])
    dressed = as_sample([*sets.sequence_sets, *sets.picture_sets, note, picture])

    assert sets.strip(bare) is bare
    assert sets.strip(dressed) == bare


def test_other_sets_within_a_picture_are_refused(source: tuple[VideoCodecContext, bytes]) -> None:
    sets = ParameterSets(source[1])
    other = sets.picture_sets[0] + b"\x01"

    with pytest.raises(CannotCopy):
        sets.strip(as_sample([other, b"\x65" + bytes(40)]))
    with pytest.raises(CannotCopy):
        sets.strip(b"\0\0\0\xff\x65")
