from __future__ import annotations

import os
from pathlib import Path

import av
import pytest

from blueroom.media.boxes import Fragment
from blueroom.media.recording import (
    Recorder,
    RecordingUnreadable,
    RecordingUnwritable,
    Row,
    dump_from,
    file_name,
    open_recording,
)
from tests.camera import film, read_back
from tests.packing import Packing


@pytest.fixture(scope="module")
def packing(tmp_path_factory: pytest.TempPathFactory) -> Packing:
    """Six seconds with a key frame every two; parts count from 40."""
    folder = tmp_path_factory.mktemp("recordings")
    return Packing(folder, first_part=40).take("webm", film("webm", seconds=6, key_s=2))


@pytest.fixture
def path(packing: Packing, tmp_path: Path) -> Path:
    """A copy to be spoilt."""
    for suffix in ("mp4", "idx"):
        name = f"guest-0.{suffix}"
        (tmp_path / name).write_bytes((packing.folder / name).read_bytes())
    return tmp_path / "guest-0.mp4"


def _numbers(rows: list[Row]) -> list[int]:
    return [row.number for row in rows]


def test_a_recording_says_its_parts(path: Path) -> None:
    recording = open_recording(path)

    assert _numbers(recording.parts) == list(range(40, 40 + len(recording.parts)))
    assert [row.start_s for row in recording.parts if row.is_independent] == [0.0, 2.0, 4.0]
    assert recording.duration_s == pytest.approx(6.0, abs=0.002)
    assert recording.size_bytes == path.stat().st_size
    assert path.read_bytes()[: recording.parts[0].offset_bytes] == recording.init


def test_a_recording_is_the_same_without_its_index_or_with_half_of_it(path: Path) -> None:
    with_index = open_recording(path).parts
    index = path.with_suffix(".idx")
    whole = index.read_bytes()
    index.write_bytes(whole[: len(whole) // 2 + 5])
    with_half = open_recording(path).parts
    index.write_bytes(b"")
    with_none = open_recording(path).parts

    assert [row[:2] for row in with_half] == [row[:2] for row in with_index]
    assert _numbers(with_half) == _numbers(with_index)
    assert [row[:2] for row in with_none] == [row[:2] for row in with_index]
    assert [row.is_independent for row in with_none] == [row.is_independent for row in with_index]
    starts_s = [row.start_s for row in with_index]
    assert [row.start_s for row in with_none] == pytest.approx(starts_s, abs=1e-5)


def test_an_index_of_another_recording_is_not_believed(path: Path) -> None:
    rows = open_recording(path).parts
    index = path.with_suffix(".idx")
    index.write_bytes(index.read_bytes()[:32] + os.urandom(32 * 5))

    assert [row[:2] for row in open_recording(path).parts] == [row[:2] for row in rows]


def test_a_torn_tail_is_left_out(path: Path) -> None:
    rows = open_recording(path).parts
    os.truncate(path, rows[7].end_bytes - 1)

    recording = open_recording(path)

    assert recording.parts == rows[:7]
    with recording.window(0, 99) as window:
        assert read_back(window).numbers == list(range(70))


def test_a_recording_that_grows_is_read_on(path: Path) -> None:
    whole, rows = path.read_bytes(), open_recording(path).parts
    os.truncate(path, rows[3].end_bytes + 20)
    recording = open_recording(path)
    before = len(recording.parts)
    path.write_bytes(whole)

    assert before == 4
    assert recording.refresh() == len(rows) - 4
    assert recording.parts == rows
    assert recording.refresh() == 0


@pytest.mark.parametrize(
    ("in_s", "out_s", "first"), [(0.0, 1.0, 0), (2.0, 2.5, 60), (3.9, 5.0, 60), (4.0, 4.1, 120)]
)
def test_a_window_begins_with_a_key_frame_and_holds_all_until_its_end(
    path: Path, in_s: float, out_s: float, first: int
) -> None:
    with open_recording(path).window(in_s, out_s) as window:
        seen = read_back(window)

    numbers = seen.numbers
    assert numbers == list(range(first, first + len(numbers)))
    assert seen.shots[0].at_s == pytest.approx(first / 30, abs=0.001)
    assert out_s <= seen.shots[-1].at_s + 1 / 30 < out_s + 0.8
    assert {round(beep) for beep in seen.beeps_s} >= set(range(round(first / 30), int(out_s)))


def test_a_window_can_be_wound(path: Path) -> None:
    with open_recording(path).window(2.0, 3.0) as window:
        whole = window.read()
        window.seek(100)
        middle = window.read(2000)
        size = window.seek(0, os.SEEK_END)

        assert (middle, size) == (whole[100:2100], len(whole))


def test_what_is_dumped_is_in_no_byte_of_the_recording(path: Path) -> None:
    rows = open_recording(path).parts
    dumped = path.read_bytes()[rows[5].offset_bytes :]

    kept = dump_from(path, 45)
    again = dump_from(path, 45)

    assert kept == again == (rows[4].end_s, rows[4].end_bytes)
    assert open_recording(path).parts == rows[:5]
    assert path.with_suffix(".idx").stat().st_size == 32 * 6
    assert dumped[:200] not in path.read_bytes()


def test_a_recording_of_which_nothing_is_left_is_deleted(path: Path) -> None:
    assert dump_from(path, 40) == (0.0, 0)
    assert list(path.parent.iterdir()) == []


def test_a_recording_that_is_read_while_it_is_dumped_forgets_with_it(path: Path) -> None:
    recording = open_recording(path)
    dump_from(path, 44)

    assert recording.refresh() < 0
    assert _numbers(recording.parts) == [40, 41, 42, 43]


def test_nothing_is_written_over_a_recording(path: Path) -> None:
    before = path.read_bytes()

    with pytest.raises(RecordingUnwritable):
        Recorder(path, b"init", 0)
    assert path.read_bytes() == before


def test_a_disk_that_is_full_costs_the_part_at_hand_alone(tmp_path: Path, packing: Packing) -> None:
    source = open_recording(packing.folder / "guest-0.mp4")
    whole = source.path.read_bytes()
    path = tmp_path / "guest-3.mp4"
    recorder = Recorder(path, source.init, 40)
    real, refused = recorder._file, 0

    for row in source.parts:
        recorder._file = _Full(real) if row.number in (43, 44) else real  # type: ignore[assignment]
        fragment = Fragment(row.start_s, row.duration_s, row.is_independent)
        try:
            recorder.add(whole[row.offset_bytes : row.end_bytes], fragment, row.number)
        except RecordingUnwritable:
            refused += 1
    recorder.close()

    assert refused == 2
    kept = [row.number for row in source.parts if row.number not in (43, 44)]
    assert _numbers(open_recording(path).parts) == kept
    with av.open(str(path)) as container:
        assert sum(1 for packet in container.demux(video=0) if packet.size) == 180 - 20


class _Full:
    """A file on a disk that takes ten bytes more."""

    def __init__(self, file: object) -> None:
        self._file = file
        self._left = 10

    def write(self, chunk: bytes) -> int:
        if not self._left:
            raise OSError(28, "No space left on device")
        self._left = 0
        return self._file.write(chunk[:10])  # type: ignore[attr-defined, no-any-return]

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)


@pytest.mark.parametrize("content", [None, b"", b"#EXTM3U\n", b"\0\0\0\x10ftypisom\0\0\0\0"])
def test_what_is_no_recording_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / file_name("guest", 0)
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(RecordingUnreadable):
        open_recording(path)
