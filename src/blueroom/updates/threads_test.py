from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from blueroom.updates.threads import DaemonThreads


def test_calls_run_in_as_many_threads_as_there_are() -> None:
    threads = DaemonThreads(2, "test")
    together = threading.Barrier(2, timeout=2)

    first, second = threads.submit(together.wait), threads.submit(together.wait)

    assert {first.result(2), second.result(2)} == {0, 1}
    threads.shutdown()


def test_failure_reaches_the_caller_and_the_thread_goes_on() -> None:
    threads = DaemonThreads(1, "test")

    failed = threads.submit(int, "x")

    with pytest.raises(ValueError, match="invalid literal"):
        failed.result(2)
    assert threads.submit(int, "7").result(2) == 7
    threads.shutdown()


def test_stuck_call_does_not_hold_up_the_end_of_the_process() -> None:
    program = (
        "import time; from blueroom.updates.threads import DaemonThreads\n"
        "DaemonThreads(1, 'test').submit(time.sleep, 60); print('end')"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program], timeout=10, capture_output=True, check=True
    )

    assert ended.stdout == b"end\n"
