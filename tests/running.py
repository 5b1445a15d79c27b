"""The real program, started as an operator starts it, for tests that need all of it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

COMMAND = [sys.executable, "-m", "blueroom.config.command"]
WAIT_S = 60  # shared machines are slow now and then


def free_port() -> int:
    """A free port on loopback, below the range from which clients are given theirs."""
    for port in range(18000 + os.getpid() % 7000, 32000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")


@dataclass
class House:
    """A running room."""

    data: Path
    port: int
    environment: dict[str, str]
    words: tuple[str, ...] = ()
    word: str = ""  # "" for everything in one process
    process: subprocess.Popen[str] | None = None
    said: list[str] = field(default_factory=list)
    _reader: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.said = []
        self.process = subprocess.Popen(
            [*COMMAND, *filter(None, [self.word]), *self._where(), *self.words],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self._reader.start()
        deadline = time.monotonic() + WAIT_S
        while not any("is open at" in line for line in self.said):
            assert self.process.poll() is None, "".join(self.said)
            assert time.monotonic() < deadline, "".join(self.said)
            time.sleep(0.02)

    def _where(self) -> list[str]:
        return ["--data", str(self.data), "--port", str(self.port)]

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        with process.stdout as lines:
            for line in lines:
                self.said.append(line)

    def kill(self) -> None:
        """End it as a power cut does."""
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self._reader.join(10)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it as an operator does; its exit status."""
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(30)
        self._reader.join(10)
        return status

    def tool(self, *words: str) -> str:
        """What a word of the command line prints."""
        done = subprocess.run(
            [*COMMAND, words[0], "--data", str(self.data), *words[1:]],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=True,
        )
        return done.stdout.strip()

    def client(self, role: str = "producer") -> httpx.Client:
        """A client of the API with a token of that role."""
        return httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers={"Authorization": f"Bearer {self.tool('token', '--role', role)}"},
            timeout=30,
        )

    @property
    def owner_link(self) -> str:
        found = re.search(r"http\S+/welcome/\S+", "".join(self.said))
        assert found, "".join(self.said)
        return found[0]


@contextmanager
def running_house(data: Path, *words: str, word: str = "", **environment: str) -> Iterator[House]:
    """A room in `data`, open until the end of the block."""
    data.mkdir(parents=True, exist_ok=True)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BLUEROOM_", "DJANGO_", "PYTEST_"))
    }
    house = House(data, free_port(), kept | environment, words, word)
    house.start()
    try:
        yield house
    finally:
        house.stop()
