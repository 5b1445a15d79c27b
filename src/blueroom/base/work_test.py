from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from blueroom.base.work import Worker


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Callable[[object, Callable[[], int]], int]:
    """How often a round is called until it stops its worker; the clock stands still."""
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)

    def run(stamp: object, look: Callable[[], int]) -> int:
        calls = 0
        worker: Worker

        def one_round() -> int:
            nonlocal calls
            calls += 1
            if calls == 3:
                worker.stop()
            return look()

        worker = Worker({"look": one_round}, rest_s=0.001, stamp=stamp)  # type: ignore[arg-type]
        alarm = threading.Timer(0.2, worker.stop)
        alarm.start()
        worker.run()
        alarm.cancel()
        return calls

    return run


def test_rest_goes_on_while_nothing_changed(watch: Callable[..., int]) -> None:
    assert watch(lambda: 1, lambda: 0) == 1


def test_rest_ends_when_something_changed(watch: Callable[..., int]) -> None:
    assert watch(object, lambda: 0) == 3


def test_who_found_something_looks_again_at_once(watch: Callable[..., int]) -> None:
    assert watch(lambda: 1, lambda: 1) == 3


def test_a_round_that_fails_is_tried_again(
    watch: Callable[..., int], caplog: pytest.LogCaptureFixture
) -> None:
    assert watch(object, lambda: 1 // 0) == 3
    assert "the round look failed" in caplog.text


def test_rest_ends_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(range(100))
    monkeypatch.setattr(time, "monotonic", lambda: next(times))
    calls: list[int] = []

    def look() -> int:
        calls.append(1)
        if len(calls) == 3:
            worker.stop()
        return 0

    worker = Worker({"look": look}, rest_s=0.001, stamp=lambda: 1)
    worker.run()

    assert len(calls) == 3
