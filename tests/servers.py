"""Real PostgreSQL and Redis of the machine, on loopback, in folders of their own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

WAIT_S = 30


def _binary(name: str) -> str:
    found = shutil.which(name) or next(
        (str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None
    )
    if found is None:
        missing = f"{name} is not on this machine: ./room test installs it where it can"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return found


def free_port() -> int:
    """A free port on loopback, below the range from which clients are given theirs."""
    for port in range(20000 + os.getpid() % 7000, 32000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing answers on port {port}")


@contextmanager
def _running(
    words: list[str], port: int, stop: signal.Signals, user: str | None = None
) -> Iterator[None]:
    process = subprocess.Popen(
        words, user=user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port, process)
        yield
    finally:
        process.send_signal(stop)
        process.wait(WAIT_S)


@contextmanager
def running_postgres() -> Iterator[str]:
    """A fresh cluster without its safety nets, for tests; its address, to an empty database."""
    initdb, server = _binary("initdb"), _binary("postgres")
    # PostgreSQL refuses to run as root. Its folder is none of pytest's, which each run closes to
    # everybody but its own user, also under a server that is running there.
    user = "postgres" if os.geteuid() == 0 else None
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="blueroom-postgres-") as folder:
        if user:
            shutil.chown(folder, user)
        data = f"{folder}/cluster"
        make = [initdb, "-D", data, "-U", "room", "-A", "trust", "-N", "-E", "UTF8"]
        make += ["--locale=C.UTF-8"]
        subprocess.run(make, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)
        run = [server, "-D", data, "-p", str(port), "-h", "127.0.0.1"]
        run += ["-k", "", "-c", "fsync=off", "-c", "max_connections=60"]
        with _running(run, port, signal.SIGINT, user):
            yield f"postgresql://room@127.0.0.1:{port}/postgres"


@contextmanager
def running_redis(folder: Path) -> Iterator[str]:
    """A Redis that keeps nothing; its address."""
    port = free_port()
    words = [_binary("redis-server"), "--port", str(port), "--bind", "127.0.0.1"]
    words += ["--save", "", "--dir", str(folder)]
    with _running(words, port, signal.SIGTERM):
        yield f"redis://127.0.0.1:{port}/0"
