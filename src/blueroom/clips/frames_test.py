from __future__ import annotations

from pathlib import Path

import pytest

from blueroom.clips.frames import frame_times
from blueroom.media.cut import Piece, cut_exact
from tests.camera import read_back
from tests.filming import record


@pytest.mark.parametrize(
    "kind",
    [
        {},
        {"b_frames": 2, "profile": "main"},
        {"times_s": [n / 30 + 0.01 * (n % 3) for n in range(120)]},
        {"has_sound": False},
    ],
    ids=["even", "reordered", "wandering", "silent"],
)
def test_frame_times_are_those_a_decoder_finds(tmp_path: Path, kind):
    source = record(tmp_path / "source.mp4", seconds=4.0, **kind)
    clip = tmp_path / "clip.mp4"
    cut_exact([Piece(source, 0.9, 3.4)], clip)

    found = frame_times(clip)

    shots = read_back(str(clip)).shots
    assert found == pytest.approx([shot.at_s for shot in shots], abs=2e-5)


def test_frame_times_of_sound_alone_are_none(tmp_path: Path):
    source = record(tmp_path / "source.mp4", seconds=4.0, has_pictures=False)
    clip = tmp_path / "clip.mp4"
    cut_exact([Piece(source, 1.0, 3.0)], clip)

    assert frame_times(clip) == []
