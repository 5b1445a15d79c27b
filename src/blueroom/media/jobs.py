"""Runs work on pictures and sound in a child process that can do no harm.

Whatever parses what came from outside runs here: the child has limits on time, memory and the size
of a file, a folder of its own for what it leaves lying about, no network, and low priority. It may
crash, hang, or print rubbish: its caller gets `JobFailed` in bounded time and goes on.

The line to the child: it reads one MessagePack message, `Task`, from its standard input, and writes
`Progress` and at last `Done` or `Refused`, each after its length in four bytes, to a pipe.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from blueroom.base.errors import BlueRoomError, NeedsPerson, NotAcceptable, TryLater

# What can be asked for: a function of (arguments, on_progress) that gives a result. Both are
# msgspec structs, told from its annotations.
JOBS: dict[str, str] = {
    "check_picture": "blueroom.media.uploads:check_picture_job",
    "check_video": "blueroom.media.uploads:check_video_job",
    "cut": "blueroom.media.cut:cut_job",
    "hear": "blueroom.media.speech:hear_job",
    "logo": "blueroom.media.pictures:logo_job",
    "loudness": "blueroom.media.loudness:loudness_job",
    "peaks": "blueroom.media.pictures:peaks_job",
    "photo": "blueroom.media.pictures:photo_job",
    "poster": "blueroom.media.pictures:poster_job",
    "render": "blueroom.media.render:render_job",
    "slate": "blueroom.media.slate:slate_job",
    "strip": "blueroom.media.pictures:strip_job",
}

GIB = 1 << 30
LENGTH_BYTES = 4
LARGEST_MESSAGE_BYTES = 64 << 20
_TAIL_BYTES = 4096  # of what the child prints, for the log
_READ_BYTES = 1 << 18
_PROGRESS_EVERY_S = 0.1
_LOOK_EVERY_S = 0.5  # whether the caller is ending
_ENDS_S = 2.0  # for a child whose line has ended to end itself
_CODE = re.compile(r"[a-z0-9_]{1,60}")
_UNPRINTABLE = re.compile(r"[^\n -~]")
_LONGEST_SENTENCE = 400
_KEPT_VARIABLES = {"PATH", "LANG", "VIRTUAL_ENV", "PYTHONPATH", "LD_LIBRARY_PATH", "TZ"}
_KEPT_PREFIXES = ("LC_", "OMP_", "OPENBLAS_", "MKL_")

R = TypeVar("R")
log = logging.getLogger(__name__)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a job may use. `cpu_s` counts all its threads; `file_bytes` is each file's."""

    cpu_s: int
    memory_bytes: int
    file_bytes: int
    nice: int


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What the child is to do: call a function, as `JOBS` names it."""

    work: str
    arguments: msgspec.Raw
    limits: Limits


class Progress(msgspec.Struct, frozen=True, tag=True):
    """So much is done, 0 to 1."""

    share: float


class Done(msgspec.Struct, frozen=True, tag=True):
    """All is done."""

    result: msgspec.Raw


class Stopped(msgspec.Struct, frozen=True, tag=True):
    """It met a limit: "memory", "file" or "disk"; or fell over an error that it did not foresee."""

    reason: str


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """It cannot be done; `kind` says what to do about it: "later", "person" or "refuse"."""

    kind: str
    code: str
    sentence: str
    retry_after_s: float | None = None


FromJob = Progress | Done | Refused | Stopped


class JobFailed(NeedsPerson):
    """The job ended without a result. It may be tried again, a few times."""

    code = "job_failed"
    sentence = "Work on pictures or sound ended without a result."


class JobEnded(TryLater):
    """Its caller is ending, and did not wait for it."""

    code = "job_ended"
    sentence = "The room is closing. The work begins again when it is open."


class JobCrashed(JobFailed):
    """Its process ended by itself."""

    code = "job_crashed"
    sentence = (
        "Work on pictures or sound crashed. The file may be damaged: try once more, then another."
    )


class JobTimedOut(JobFailed):
    """It went over its time, on the wall or on the processors."""

    code = "job_timed_out"
    sentence = (
        "Work on pictures or sound took too long and was ended. Try it when less is going on, or "
        "with a shorter piece."
    )


class JobOutOfMemory(JobFailed):
    """It asked for more memory than it may have."""

    code = "job_out_of_memory"
    sentence = (
        "Work on pictures or sound needed more memory than it may have. Try a smaller picture or "
        "a shorter piece."
    )


class JobWroteTooMuch(JobFailed):
    """A file of it grew over its limit."""

    code = "job_wrote_too_much"
    sentence = "Work on pictures or sound made a file that is too large. Try a shorter piece."


class JobDiskFull(JobFailed):
    """There is no room for what it writes."""

    code = "job_disk_full"
    sentence = "The disk is full. Make room on it; the work is then tried again."


class JobConfused(JobFailed):
    """It said what makes no sense."""

    code = "job_confused"
    sentence = (
        "Work on pictures or sound gave an answer that makes no sense. Try once more, then with "
        "another file."
    )


_STOPPED: dict[str, type[JobFailed]] = {
    "memory": JobOutOfMemory,
    "file": JobWroteTooMuch,
    "disk": JobDiskFull,
}
_KINDS: dict[str, type[BlueRoomError]] = {
    "later": TryLater,
    "person": NeedsPerson,
    "refuse": NotAcceptable,
}
_decode = msgspec.msgpack.Decoder(FromJob).decode


def run_job(
    name: str,
    arguments: msgspec.Struct,
    result: type[R],
    *,
    time_limit_s: float,
    memory_limit_bytes: int = 2 * GIB,
    file_limit_bytes: int = 4 * GIB,
    nice: int = 10,
    on_progress: Callable[[float], None] | None = None,
    is_ending: Callable[[], bool] = lambda: False,
) -> R:
    """The result of a job of `JOBS`. Blocks; from any thread.

    `time_limit_s` is by the clock on the wall. Once `is_ending` says so, the job is ended too. What
    `on_progress` raises ends it as well.

    Raises:
        JobFailed: it ended without a result; each way has a class and a code.
        JobEnded: `is_ending` said so.
        TryLater, NeedsPerson, NotAcceptable: what it raised itself, with that code and sentence; of
            no class that can be named.
    """
    limits = Limits(
        cpu_s=int(time_limit_s * (os.cpu_count() or 1)) + 1,
        memory_bytes=memory_limit_bytes,
        file_bytes=file_limit_bytes,
        nice=nice,
    )
    encoded = msgspec.Raw(msgspec.msgpack.encode(arguments, enc_hook=encode_path))
    task = Task(work=JOBS[name], arguments=encoded, limits=limits)
    with (
        tempfile.TemporaryDirectory(prefix="blueroom-job-", ignore_cleanup_errors=True) as folder,
        _Child(Path(folder), msgspec.msgpack.encode(task)) as child,
    ):
        answer = child.answer(time.monotonic() + time_limit_s, on_progress, is_ending)
    if isinstance(answer, Done):
        with contextlib.suppress(msgspec.MsgspecError):
            return msgspec.msgpack.decode(answer.result, type=result, dec_hook=decode_path)
        raise JobConfused(job=name)
    raise _as_error(answer, name)


def encode_path(value: object) -> str:
    """For msgspec, which knows no paths."""
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError


def decode_path(kind: type, value: object) -> object:
    """For msgspec, which knows no paths."""
    if issubclass(kind, Path) and isinstance(value, str):
        return Path(value)
    raise NotImplementedError


def _as_error(answer: Refused | Stopped, job: str) -> BlueRoomError:
    if isinstance(answer, Stopped):
        return _STOPPED.get(answer.reason, JobCrashed)(job=job)
    kind = _KINDS.get(answer.kind)
    if kind is None or not _CODE.fullmatch(answer.code):
        return JobConfused(job=job)
    said: type[BlueRoomError] = type(kind.__name__, (kind,), {"code": answer.code})
    sentence = answer.sentence[:_LONGEST_SENTENCE]
    if issubclass(said, TryLater):
        return said(sentence, retry_after_s=answer.retry_after_s, job=job)
    return said(sentence, job=job)


class _Child:
    """The job's process, from its start to its certain end."""

    def __init__(self, folder: Path, task: bytes) -> None:
        reading, writing = os.pipe()
        with tempfile.TemporaryFile(dir=folder) as told:
            told.write(task)
            told.seek(0)
            try:
                self._process = subprocess.Popen(  # noqa: S603  (our own module)
                    [sys.executable, "-P", "-m", "blueroom.media.job", str(writing)],
                    stdin=told,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    cwd=folder,
                    env=_environment(folder),
                    pass_fds=(writing,),
                    start_new_session=True,
                )
            except OSError:
                os.close(reading)
                raise
            finally:
                os.close(writing)
        self._line = os.fdopen(reading, "rb", buffering=0)
        self._unread = bytearray()
        self._tail = b""
        self._told_at_s = 0.0

    def __enter__(self) -> _Child:
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._line.close()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def answer(
        self,
        until_s: float,
        on_progress: Callable[[float], None] | None,
        is_ending: Callable[[], bool],
    ) -> Done | Refused | Stopped:
        """What it says at last.

        Raises:
            JobFailed: nothing, or nothing that can be understood.
        """
        for message in self._messages(until_s, is_ending):
            if not isinstance(message, Progress):
                self._log_tail()
                return message
            now_s = time.monotonic()
            if on_progress and now_s - self._told_at_s >= _PROGRESS_EVERY_S:
                on_progress(min(1.0, max(0.0, message.share)))
                self._told_at_s = now_s
        self._log_tail()
        raise self._how_it_ended()

    def _messages(self, until_s: float, is_ending: Callable[[], bool]) -> Iterator[FromJob]:
        """Until the line ends.

        Raises:
            JobEnded: it does not, and its caller ends.
            JobTimedOut: it does not.
            JobConfused: what comes is no message.
        """
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._line, selectors.EVENT_READ)
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while self._line in selector.get_map():
                left_s = until_s - time.monotonic()
                if left_s <= 0:
                    self._log_tail()
                    raise JobTimedOut
                if is_ending():
                    raise JobEnded
                for key, _ in selector.select(min(left_s, _LOOK_EVERY_S)):
                    chunk = os.read(key.fd, _READ_BYTES)
                    if not chunk:
                        selector.unregister(key.fileobj)
                    elif key.fileobj is self._line:
                        self._unread += chunk
                        yield from self._whole_messages()
                    else:
                        self._tail = (self._tail + chunk)[-_TAIL_BYTES:]

    def _whole_messages(self) -> Iterator[FromJob]:
        while len(self._unread) >= LENGTH_BYTES:
            end = LENGTH_BYTES + int.from_bytes(self._unread[:LENGTH_BYTES])
            if end > LARGEST_MESSAGE_BYTES:
                raise JobConfused
            if len(self._unread) < end:
                return
            body = bytes(self._unread[LENGTH_BYTES:end])
            del self._unread[:end]
            try:
                yield _decode(body)
            except msgspec.MsgspecError as error:
                raise JobConfused from error

    def _how_it_ended(self) -> JobFailed:
        try:
            code = self._process.wait(_ENDS_S)
        except subprocess.TimeoutExpired:
            return JobConfused()  # it hung up and went on
        # The kernel kills whoever it finds when the machine itself has no memory left.
        return JobOutOfMemory() if code == -signal.SIGKILL else JobCrashed(exit=code)

    def _log_tail(self) -> None:
        """What it printed last: reasons of a crash, or rubbish."""
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        with contextlib.suppress(BlockingIOError):
            chunk = os.read(self._process.stdout.fileno(), _READ_BYTES)
            self._tail = (self._tail + chunk)[-_TAIL_BYTES:]
        if self._tail:
            log.info("a job printed: %s", _UNPRINTABLE.sub("?", self._tail.decode("latin-1")))


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of ours but what Python and its libraries need; none of our secrets."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT_VARIABLES or name.startswith(_KEPT_PREFIXES)
    }
    # Each arena of glibc's takes 64 MB of the address space that is limited.
    return kept | {"TMPDIR": str(folder), "HOME": str(folder), "MALLOC_ARENA_MAX": "2"}
