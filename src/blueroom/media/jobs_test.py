"""Jobs that do what jobs must not do, in real child processes."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psutil  # type: ignore[import-untyped]
import pytest

from blueroom.base.errors import BlueRoomError, NeedsPerson, NotAcceptable, TryLater
from blueroom.media.cut import CutShort
from blueroom.media.jobs import (
    JOBS,
    JobConfused,
    JobCrashed,
    JobEnded,
    JobFailed,
    JobOutOfMemory,
    JobTimedOut,
    JobWroteTooMuch,
    Progress,
    run_job,
)

pytestmark = pytest.mark.alone

MIB = 1 << 20
OnProgress = Callable[[float], None]


class Asked(msgspec.Struct):
    """What the jobs below are told."""

    path: Path = Path()
    number: int = 0


class Given(msgspec.Struct):
    """What they give."""

    path: Path
    number: int


def answer(arguments: Asked, on_progress: OnProgress) -> Given:
    return Given(arguments.path, arguments.number * 2)


def tell_progress(arguments: Asked, on_progress: OnProgress) -> Given:
    for share in (0.25, 7.0, -1.0):
        on_progress(share)
        time.sleep(0.15)
    return Given(Path("/"), 0)


def refuse_later(arguments: Asked, on_progress: OnProgress) -> Given:
    raise CutShort(retry_after_s=0.5)


def refuse_for_person(arguments: Asked, on_progress: OnProgress) -> Given:
    raise NeedsPerson("Buy a disk.")


def refuse(arguments: Asked, on_progress: OnProgress) -> Given:
    raise NotAcceptable("Not this one.")


def fall_over(arguments: Asked, on_progress: OnProgress) -> Given:
    raise ZeroDivisionError


def take_memory(arguments: Asked, on_progress: OnProgress) -> Given:
    return Given(Path("/"), len(bytearray(4096 * MIB)))


def spin(arguments: Asked, on_progress: OnProgress) -> Given:
    while True:
        on_progress(0.5)


def sleep_with_child(arguments: Asked, on_progress: OnProgress) -> Given:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", str(arguments.path)])
    time.sleep(60)
    return Given(Path("/"), 0)


def write_much(arguments: Asked, on_progress: OnProgress) -> Given:
    with Path("much").open("wb") as file:
        while True:
            file.write(bytes(MIB))


def write_much_by_ffmpeg(arguments: Asked, on_progress: OnProgress) -> Given:
    import av

    with av.open("much.wav", "w") as container:
        sound = container.add_stream("pcm_s16le", rate=48_000)
        frame = av.AudioFrame(format="s16", layout="stereo", samples=48_000)
        frame.sample_rate = 48_000
        while True:
            container.mux(sound.encode(frame))


def reach_out(arguments: Asked, on_progress: OnProgress) -> Given:
    with socket.create_connection(("127.0.0.1", arguments.number), timeout=5):
        return Given(Path("/"), 1)


def crash(arguments: Asked, on_progress: OnProgress) -> Given:
    ctypes.string_at(0)
    return Given(Path("/"), 0)


def leave(arguments: Asked, on_progress: OnProgress) -> Given:
    os._exit(0)


def print_rubbish(arguments: Asked, on_progress: OnProgress) -> Given:
    for _ in range(200):
        os.write(1, os.urandom(65_536))
        os.write(2, os.urandom(65_536))
    sys.stdout.write("the last word")
    sys.stdout.flush()
    return Given(Path("/"), 3)


def say_rubbish(arguments: Asked, on_progress: OnProgress) -> Given:
    """Onto the line to the caller, as a parser that was taken over might."""
    os.write(int(sys.argv[1]), bytes([0, 0, 0, 4]) + b"\xc1\xc1\xc1\xc1")
    time.sleep(60)
    return Given(Path("/"), 0)


def say_without_end(arguments: Asked, on_progress: OnProgress) -> Given:
    os.write(int(sys.argv[1]), b"\xff\xff\xff\xff")
    while True:
        os.write(int(sys.argv[1]), bytes(65_536))


def give_other(arguments: Asked, on_progress: OnProgress) -> Progress:
    return Progress(1.0)


def look_around(arguments: Asked, on_progress: OnProgress) -> Given:
    secrets = sum(name.startswith("BLUEROOM") for name in os.environ)
    assert Path(tempfile.gettempdir()) == Path.cwd()
    Path("left-lying-about").touch()
    return Given(Path.cwd(), secrets * 100 + os.nice(0))


@pytest.fixture(autouse=True)
def jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    for work in (
        answer,
        crash,
        fall_over,
        give_other,
        leave,
        look_around,
        print_rubbish,
        reach_out,
        refuse,
        refuse_for_person,
        refuse_later,
        say_rubbish,
        say_without_end,
        sleep_with_child,
        spin,
        take_memory,
        tell_progress,
        write_much,
        write_much_by_ffmpeg,
    ):
        monkeypatch.setitem(JOBS, work.__name__, f"blueroom.media.jobs_test:{work.__name__}")


def run(
    work: Callable[..., object], *, number: int = 21, time_limit_s: float = 20, **more: Any
) -> Given:
    arguments = Asked(Path("/a/path"), number)
    return run_job(work.__name__, arguments, Given, time_limit_s=time_limit_s, **more)


@contextlib.contextmanager
def within(most_s: float) -> Iterator[None]:
    begun_s = time.monotonic()
    yield
    assert time.monotonic() - begun_s < most_s


def test_job_gives_typed_result() -> None:
    assert run(answer) == Given(Path("/a/path"), 42)


def test_job_tells_progress_within_bounds() -> None:
    told: list[float] = []

    run_job("tell_progress", Asked(), Given, time_limit_s=20, on_progress=told.append)

    assert told == [0.25, 1.0, 0.0]


def test_job_is_ended_when_its_caller_wants_no_more() -> None:
    class Enough(Exception):
        pass

    def stop(share: float) -> None:
        raise Enough

    with within(15), pytest.raises(Enough):
        run_job("spin", Asked(), Given, time_limit_s=60, on_progress=stop)


def test_job_is_ended_when_its_caller_is_ending() -> None:
    begun_s = time.monotonic()

    with within(15), pytest.raises(JobEnded):
        run_job(
            "spin",
            Asked(),
            Given,
            time_limit_s=60,
            is_ending=lambda: time.monotonic() > begun_s + 1,
        )


@pytest.mark.parametrize(
    ("work", "kind", "code", "sentence"),
    [
        (refuse_later, TryLater, CutShort.code, CutShort.sentence),
        (refuse_for_person, NeedsPerson, NeedsPerson.code, "Buy a disk."),
        (refuse, NotAcceptable, NotAcceptable.code, "Not this one."),
    ],
)
def test_refusal_of_job_reaches_its_caller(
    work: Callable[..., object], kind: type[BlueRoomError], code: str, sentence: str
) -> None:
    with pytest.raises(kind) as caught:
        run(work)

    assert not isinstance(caught.value, JobFailed)
    assert (caught.value.code, caught.value.message) == (code, sentence)
    assert getattr(caught.value, "retry_after_s", None) == (0.5 if work is refuse_later else None)


@pytest.mark.parametrize(
    ("work", "kind"),
    [
        (crash, JobCrashed),
        (fall_over, JobCrashed),
        (give_other, JobConfused),
        (leave, JobCrashed),
        (say_rubbish, JobConfused),
        (say_without_end, JobConfused),
        (take_memory, JobOutOfMemory),
    ],
)
def test_job_that_goes_wrong_fails_with_code(
    work: Callable[..., object], kind: type[JobFailed]
) -> None:
    with within(15), pytest.raises(JobFailed) as caught:
        run(work)

    assert type(caught.value) is kind
    assert run(answer).number == 42


@pytest.mark.parametrize("work", [write_much, write_much_by_ffmpeg])
def test_job_that_writes_too_much_fails(work: Callable[..., object]) -> None:
    with within(15), pytest.raises(JobWroteTooMuch):
        run(work, file_limit_bytes=20 * MIB)


def test_job_that_spins_is_ended_in_time() -> None:
    with within(5), pytest.raises(JobTimedOut):
        run(spin, time_limit_s=1.5)


def test_job_that_is_ended_takes_its_children_along() -> None:
    mark = Path(f"/mark/{os.getpid()}/{time.monotonic()}")

    with within(6), pytest.raises(JobTimedOut):
        run_job("sleep_with_child", Asked(mark), Given, time_limit_s=2)

    left = [one for one in psutil.process_iter() if str(mark) in " ".join(words_of(one))]
    assert psutil.wait_procs(left, timeout=5)[1] == []  # a killed one takes a moment to go


def words_of(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.NoSuchProcess:
        return []


def test_job_reaches_no_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(JobCrashed):
        run(reach_out, number=server.getsockname()[1])


def test_job_that_prints_rubbish_gives_its_result(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "blueroom.media.jobs"):
        assert run(print_rubbish).number == 3

    assert "the last word" in caplog.text
    assert len(caplog.text) < 10_000


def test_error_that_job_did_not_foresee_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "blueroom.media.jobs"), pytest.raises(JobCrashed):
        run(fall_over)

    assert "ZeroDivisionError" in caplog.text


def test_job_has_a_folder_of_its_own_and_none_of_our_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BLUEROOM_MAIL", "something")

    given = run(look_around, nice=7)

    assert given.number == os.nice(0) + 7
    assert not given.path.exists()


def test_job_ends_with_its_caller() -> None:
    code = (
        "from blueroom.media.jobs import *; from blueroom.media.jobs_test import *;"
        "JOBS['s']='blueroom.media.jobs_test:spin';"
        "run_job('s', Asked(), Given, time_limit_s=60, on_progress=lambda s: print(1, flush=True))"
    )
    caller = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert caller.stdout is not None
    caller.stdout.readline()
    (job,) = psutil.Process(caller.pid).children()

    caller.kill()
    caller.wait()
    caller.stdout.close()

    assert psutil.wait_procs([job], timeout=5)[1] == []
