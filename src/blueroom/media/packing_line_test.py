from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TypeVar

import pytest

from blueroom.media import packing_line
from blueroom.media.packing_line import (
    Dumped,
    Ended,
    EpochEnded,
    Figures,
    Frame,
    FromPacker,
    Level,
    Packer,
    Problem,
    Way,
)
from blueroom.media.parts import Epoch, Part
from blueroom.media.recording import open_recording
from tests.camera import film, frames_to_send, read_back

pytestmark = pytest.mark.alone

Message = TypeVar("Message")
Act = Callable[[Packer, list[FromPacker]], Awaitable[None]]


def _pack(
    folder: Path, way: Way, act: Act, *, first_epoch: int = 0, first_part: int = 0
) -> list[FromPacker]:
    """Run a packer; `act` feeds and ends it. Returns what it said."""

    async def run() -> list[FromPacker]:
        packer = await Packer.start(
            folder=folder, name="guest", way=way, first_epoch=first_epoch, first_part=first_part
        )
        said: list[FromPacker] = []
        acting = asyncio.ensure_future(act(packer, said))
        async for message in packer.messages():
            said.append(message)  # noqa: PERF401  (`act` looks at it meanwhile)
        await acting
        return said

    return asyncio.run(asyncio.wait_for(run(), 60))


def _feeding(slices: Iterable[bytes], pace_s: float = 0.0) -> Act:
    async def act(packer: Packer, said: list[FromPacker]) -> None:
        for chunk in slices:
            packer.feed(chunk)
            await packer.drained()
            await asyncio.sleep(pace_s)
        await packer.end()

    return act


def _of(said: list[FromPacker], kind: type[Message]) -> list[Message]:
    return [message for message in said if isinstance(message, kind)]


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110  (what another process does)
            await asyncio.sleep(0.01)


@pytest.fixture(scope="module")
def slices() -> list[bytes]:
    return film("webm", seconds=6)


def test_a_packer_packs_what_it_is_fed(tmp_path: Path, slices: list[bytes]) -> None:
    said = _pack(tmp_path, "webm", _feeding(slices, 0.03), first_epoch=2, first_part=9)

    (epoch,) = _of(said, Epoch)
    parts = _of(said, Part)
    assert (epoch.number, epoch.file, parts[0].number) == (2, "guest-2.mp4", 9)
    assert said[-1] == Ended()
    assert (tmp_path / epoch.file).read_bytes() == epoch.init + b"".join(p.data for p in parts)
    assert read_back(str(tmp_path / epoch.file)).numbers == list(range(180))
    assert len(_of(said, Figures)) >= 1
    assert len(_of(said, Level)) >= 4
    assert _of(said, Problem) == []


def test_frames_one_by_one_come_out_for_those_who_monitor(tmp_path: Path) -> None:
    async def act(packer: Packer, said: list[FromPacker]) -> None:
        packer.monitor(is_on=True)
        for kind, data, at_s in frames_to_send(2):
            packer.frame(kind, data, at_s)  # type: ignore[arg-type]
            await packer.drained()
        await packer.end()

    said = _pack(tmp_path, "frames", act)

    assert len(_of(said, Frame)) == 60
    assert read_back(str(tmp_path / "guest-0.mp4")).numbers == list(range(60))


def test_a_dump_is_done_and_said(tmp_path: Path, slices: list[bytes]) -> None:
    async def act(packer: Packer, said: list[FromPacker]) -> None:
        for number, chunk in enumerate(slices):
            packer.feed(chunk)
            await asyncio.sleep(0.02)
            if number == 35:
                await _until(lambda: len(_of(said, Part)) > 6)
                packer.dump(6)
                await _until(lambda: bool(_of(said, Dumped)))
        await packer.end()

    said = _pack(tmp_path, "webm", act)

    (dumped,) = _of(said, Dumped)
    assert (dumped.from_part, dumped.epoch) == (6, 0)
    assert dumped.from_s == pytest.approx(2.0, abs=0.002)
    assert read_back(str(tmp_path / "guest-0.mp4")).numbers == list(range(60))
    after = read_back(str(tmp_path / "guest-1.mp4")).numbers
    assert after == list(range(120, 180))


def test_a_muted_feed_is_recorded_in_silence(tmp_path: Path, slices: list[bytes]) -> None:
    async def act(packer: Packer, said: list[FromPacker]) -> None:
        packer.mute(is_on=True)
        await _feeding(slices)(packer, said)

    _pack(tmp_path, "webm", act)

    seen = read_back(str(tmp_path / "guest-0.mp4"))
    assert (len(seen.flashes_s), seen.beeps_s) == (6, [])


def test_a_packer_that_is_killed_leaves_all_that_it_said(
    tmp_path: Path, slices: list[bytes]
) -> None:
    async def act(packer: Packer, said: list[FromPacker]) -> None:
        for chunk in slices[:40]:
            packer.feed(chunk)
            await asyncio.sleep(0.02)
        await _until(lambda: len(_of(said, Part)) >= 9)
        packer.kill()
        for chunk in slices[40:]:  # nobody is there: no error
            packer.feed(chunk)
            await packer.drained()
        packer.mute(is_on=True)
        await packer.end()

    said = _pack(tmp_path, "webm", act)

    recording = open_recording(tmp_path / "guest-0.mp4")
    numbers = read_back(str(tmp_path / "guest-0.mp4")).numbers
    assert len(recording.parts) >= len(_of(said, Part)) >= 9
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= 90
    assert [problem.code for problem in _of(said, Problem)] == ["packer_died"]
    assert _of(said, Ended) == []


def test_a_packer_that_is_stuck_is_ended(
    tmp_path: Path, slices: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing_line, "SILENT_S", 1.5)

    async def act(packer: Packer, said: list[FromPacker]) -> None:
        for chunk in slices[:20]:
            packer.feed(chunk)
        await _until(lambda: len(_of(said, Part)) >= 4)
        os.kill(packer.pid, signal.SIGSTOP)
        packer.feed(slices[20])

    began_s = time.monotonic()
    said = _pack(tmp_path, "webm", act)

    assert time.monotonic() - began_s < 20
    assert [problem.code for problem in _of(said, Problem)] == ["packer_silent"]
    assert len(open_recording(tmp_path / "guest-0.mp4").parts) >= 4


def test_a_packer_that_is_fed_nothing_may_be_silent(
    tmp_path: Path, slices: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing_line, "SILENT_S", 0.5)

    async def act(packer: Packer, said: list[FromPacker]) -> None:
        await asyncio.sleep(2.5)
        await _feeding(slices)(packer, said)

    said = _pack(tmp_path, "webm", act)

    assert said[-1] == Ended()
    assert len(_of(said, Part)) == 18


def test_who_feeds_faster_than_it_is_packed_has_to_wait(tmp_path: Path) -> None:
    heavy = film("webm", seconds=2, size=(1280, 720), picture="libvpx", bit_rate=6_000_000)

    async def act(packer: Packer, said: list[FromPacker]) -> None:
        os.kill(packer.pid, signal.SIGSTOP)
        packer.feed(b"".join(heavy) + bytes(1 << 20))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(packer.drained(), 0.3)
        os.kill(packer.pid, signal.SIGCONT)
        await packer.drained()
        await packer.end(30)

    said = _pack(tmp_path, "webm", act)

    assert sum(part.duration_s for part in _of(said, Part)) == pytest.approx(2.0, abs=0.1)


def test_more_than_can_wait_ends_the_packer(
    tmp_path: Path, slices: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing_line, "WAITING_BYTES", 1 << 20)

    async def act(packer: Packer, said: list[FromPacker]) -> None:
        os.kill(packer.pid, signal.SIGSTOP)
        for _ in range(40):
            packer.feed(bytes(1 << 17))

    said = _pack(tmp_path, "webm", act)

    assert [problem.code for problem in _of(said, Problem)] == ["packer_overrun"]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ([b"#EXTM3U\n#EXTINF:2,\nfile:///etc/passwd\n"], "container_wrong"),
        ([b"\x1a\x45\xdf\xa3" + bytes(range(256)) * 4000], "container_unreadable"),
    ],
)
def test_hostile_bytes_end_in_a_sentence(tmp_path: Path, sent: list[bytes], code: str) -> None:
    async def act(packer: Packer, said: list[FromPacker]) -> None:
        packer.feed(sent[0])
        if code == "container_unreadable":
            await packer.end()
        for _ in range(50):  # whoever sends does not stop at once
            packer.feed(bytes(1 << 16))
            await packer.drained()

    said = _pack(tmp_path, "webm", act)

    (problem,) = _of(said, Problem)
    assert (problem.code, said[-1]) == (code, Ended())
    assert problem.sentence.endswith(".")
    assert list(tmp_path.iterdir()) == []


def test_a_packer_ends_with_its_parent_and_leaves_what_it_had(
    tmp_path: Path, slices: list[bytes]
) -> None:
    program = """
import asyncio, sys
from pathlib import Path
from typing import TypeVar
from blueroom.media.packing_line import Packer
from blueroom.media.parts import Part

async def main():
    packer = await Packer.start(folder=Path(sys.argv[1]), name="guest", way="webm", first_epoch=0)
    packer.feed(Path(sys.argv[2]).read_bytes())
    parts = 0
    async for message in packer.messages():
        parts += isinstance(message, Part)
        if parts == 15:
            print(packer.pid, flush=True)
asyncio.run(main())
"""
    source = tmp_path / "feed.webm"
    source.write_bytes(b"".join(slices))
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path), str(source)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()

    deadline_s = time.monotonic() + 10
    while Path(f"/proc/{child}/cmdline").exists() and _line_of(child):
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    numbers = read_back(str(tmp_path / "guest-0.mp4")).numbers
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= 150


def _line_of(pid: int) -> bytes:
    """Its command line; of a zombie, nothing."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.skipif(sys.platform != "linux", reason="of Linux")
def test_a_packer_knows_no_secret_and_no_network(
    tmp_path: Path, slices: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLUEROOM_MAIL", "of the house")
    seen: dict[str, object] = {}

    async def act(packer: Packer, said: list[FromPacker]) -> None:
        packer.feed(b"".join(slices[:20]))
        await _until(lambda: bool(_of(said, Part)))
        its = Path(f"/proc/{packer.pid}")
        seen["secret"] = b"of the house" in (its / "environ").read_bytes()
        seen["limits"] = (its / "limits").read_text()
        seen["network"] = (its / "ns/net").readlink()
        await packer.end()

    _pack(tmp_path, "webm", act)

    assert seen["secret"] is False
    assert str(1536 << 20) in str(seen["limits"])
    if _may_leave_network():
        assert seen["network"] != Path("/proc/self/ns/net").readlink()


def _may_leave_network() -> bool:
    program = "from blueroom.media.confine import *; print(leave_network())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
    )
    return done.stdout == b"True\n"


@pytest.mark.skipif(sys.platform != "linux", reason="of Linux")
def test_a_packer_leaves_no_socket_behind(tmp_path: Path, slices: list[bytes]) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        said = _pack(tmp_path, "webm", _feeding(slices[:10]))

    assert len(list(Path("/proc/self/fd").iterdir())) <= before
    assert [ended.number for ended in _of(said, EpochEnded)] == [2]
