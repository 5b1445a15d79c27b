"""The process of one job: `python -m blueroom.media.job FD`. See `jobs`, which starts it."""

from __future__ import annotations

import errno
import importlib
import os
import sys
import traceback
import typing
from collections.abc import Callable

import msgspec

from blueroom.base.errors import BlueRoomError, NeedsPerson, TryLater
from blueroom.media.confine import confine
from blueroom.media.jobs import (
    LENGTH_BYTES,
    Done,
    FromJob,
    Progress,
    Refused,
    Stopped,
    Task,
    decode_path,
    encode_path,
)

_REASONS = {errno.EFBIG: "file", errno.ENOSPC: "disk", errno.EDQUOT: "disk", errno.ENOMEM: "memory"}


def main() -> None:
    """Do what standard input says."""
    line = os.fdopen(int(sys.argv[1]), "wb", buffering=0)
    task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Task)

    def say(message: FromJob) -> None:
        body = msgspec.msgpack.encode(message)
        line.write(len(body).to_bytes(LENGTH_BYTES) + body)

    confine(
        memory_bytes=task.limits.memory_bytes,
        cpu_s=task.limits.cpu_s,
        file_bytes=task.limits.file_bytes,
        nice=task.limits.nice,
    )
    say(_outcome(task, lambda share: say(Progress(share))))


def _outcome(task: Task, on_progress: Callable[[float], None]) -> Done | Refused | Stopped:
    try:
        return Done(_run(task, on_progress))
    except BlueRoomError as error:
        return _refusal(error)
    except MemoryError:
        return Stopped("memory")
    except OSError as error:
        traceback.print_exc()
        return Stopped(_REASONS.get(error.errno or 0, "error"))
    except Exception:  # noqa: BLE001  # the outer edge of a job: its caller logs what is printed
        traceback.print_exc()
        return Stopped("error")


def _run(task: Task, on_progress: Callable[[float], None]) -> msgspec.Raw:
    module, _, name = task.work.partition(":")
    function = getattr(importlib.import_module(module), name)
    kind = typing.get_type_hints(function)["arguments"]
    arguments = msgspec.msgpack.decode(task.arguments, type=kind, dec_hook=decode_path)
    result = function(arguments, on_progress)
    return msgspec.Raw(msgspec.msgpack.encode(result, enc_hook=encode_path))


def _refusal(error: BlueRoomError) -> Refused:
    if isinstance(error, TryLater):
        return Refused(
            kind="later",
            code=error.code,
            sentence=error.message,
            retry_after_s=error.retry_after_s,
        )
    kind = "person" if isinstance(error, NeedsPerson) else "refuse"
    return Refused(kind=kind, code=error.code, sentence=error.message)


if __name__ == "__main__":
    main()
