"""That a file is read as what it is, and no other with it."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from blueroom.media.opening import (
    NO_PROTOCOLS,
    FileUnreadable,
    container_kind,
    open_container,
    open_file,
    refuse_more_files,
)
from tests.camera import film, sound_of
from tests.filming import record


@pytest.mark.parametrize("way", ["webm", "mp4"])
def test_file_is_known_by_its_content(way: str, tmp_path: Path) -> None:
    path = tmp_path / "no-such-suffix.m3u8"
    path.write_bytes(b"".join(film(way, seconds=1)))

    with open_file(path) as opened:
        assert opened.kind == way
        assert len(list(opened.pictures(only_keys=False))) == 30


def test_list_is_not_followed_even_where_it_is_taken_for_one(tmp_path: Path) -> None:
    """The last bar, were a file ever opened as what it must not be."""
    target, path = tmp_path / "target.webm", tmp_path / "list.mp4"
    target.write_bytes(b"".join(film("webm", seconds=1)))
    path.write_text(f"ffconcat version 1.0\nfile {target}\n")

    def follow(options: dict[str, str]) -> int:
        with (
            path.open("rb") as file,
            av.open(
                file,
                "r",
                format="concat",
                container_options={"safe": "0"} | options,
                io_open=refuse_more_files,
            ) as container,
        ):
            return len(list(container.demux()))

    assert follow({}) > 10  # so it would be, by FFmpeg's own rules
    with pytest.raises(av.FFmpegError):
        follow(NO_PROTOCOLS)
    with path.open("rb") as file, pytest.raises(FileUnreadable):
        open_container(file, "mp4")
    with pytest.raises(FileUnreadable):
        open_file(path)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x20ftypisom", "mp4"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "mp4"),
        (b"\x1a\x45\xdf\xa3\x01", "webm"),
        (b"#EXTM3U\n", None),
        (b"PK\x03\x04\x14\0\0\0", None),
        (b"", None),
    ],
)
def test_kind_by_first_bytes(head: bytes, kind: str | None) -> None:
    assert container_kind(head) == kind


def test_stretch_begins_with_what_is_already_seen(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mp4")

    with open_file(path, 2.51, 2.6) as opened:
        times = [frame.time for frame in opened.pictures(only_keys=False)]
    with open_file(path, 2.5, 3.5) as opened:
        samples = sum(frame.samples for frame in opened.sounds())

    assert times == pytest.approx([75 / 30, 76 / 30, 77 / 30])
    assert samples == pytest.approx(sound_of(1.0).shape[1], abs=2048)


def test_torn_file_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = record(tmp_path / "a.mp4")
    whole = path.read_bytes()
    path.with_suffix(".idx").unlink()
    path.write_bytes(whole[: len(whole) // 2])

    with open_file(path) as opened:
        seen = len(list(opened.pictures(only_keys=False)))

    assert 60 < seen < 120
