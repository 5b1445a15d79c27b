from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from blueroom.media.confine import leave_network, open_no_sockets

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="of Linux")


def _in_child(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run it in a process of its own, for what it gives up it cannot get back."""
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def _answers(name: str) -> bool:
    return _in_child(f"from blueroom.media.confine import *; print({name}())").stdout == "True\n"


@LINUX
def test_a_confined_process_reaches_nobody() -> None:
    if not (_answers("leave_network") or _answers("open_no_sockets")):
        pytest.skip("the kernel allows neither network namespaces nor filters here")
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = (
            "import socket, sys\n"
            "from blueroom.media.confine import confine\n"
            "socket.create_connection(('127.0.0.1', int(sys.argv[1])), 2)\n"
            "confine(memory_bytes=1 << 30)\n"
            "socket.create_connection(('127.0.0.1', int(sys.argv[1])), 2)\n"
        )
        done = _in_child(program, str(server.getsockname()[1]))

    refused = ("[Errno 101]", "[Errno 13]")  # no network, no socket
    assert (done.returncode, any(map(done.stderr.__contains__, refused))) == (1, True)


@LINUX
def test_without_namespaces_no_new_socket_is_had_and_open_ones_stay() -> None:
    if not _answers("open_no_sockets"):
        pytest.skip("no system call filters here")
    done = _in_child(
        "import socket\n"
        "from blueroom.media.confine import open_no_sockets\n"
        "here, there = socket.socketpair()\n"
        "open_no_sockets()\n"
        "here.sendall(b'kept')\n"
        "print(there.recv(9), len(socket.socketpair()))\n"
        "for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):\n"
        "    try:\n        socket.socket(family)\n"
        "    except PermissionError:\n        print('refused')"
    )

    assert done.stdout == "b'kept' 2\n" + 3 * "refused\n"


@LINUX
def test_what_a_confined_process_writes_is_still_ours(tmp_path: Path) -> None:
    _in_child(
        "import sys\nfrom pathlib import Path\nfrom blueroom.media.confine import confine\n"
        "confine(memory_bytes=1 << 30)\nPath(sys.argv[1]).write_text('kept')",
        str(tmp_path / "file"),
    )

    assert (tmp_path / "file").read_text() == "kept"
    assert (tmp_path / "file").stat().st_uid == os.geteuid()


def test_limits_hold() -> None:
    memory = _in_child(
        "from blueroom.media.confine import confine\nconfine(memory_bytes=1 << 29)\n"
        "try:\n    bytes(1 << 30)\nexcept MemoryError:\n    print('refused')"
    )
    spinning = _in_child(
        "from blueroom.media.confine import confine\nconfine(memory_bytes=1 << 30, cpu_s=1)\n"
        "while True: pass"
    )
    writing = _in_child(
        "import signal\nfrom blueroom.media.confine import confine\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "confine(memory_bytes=1 << 30, file_bytes=100)\n"
        "import tempfile\nfile = tempfile.TemporaryFile(buffering=0)\n"
        "print(file.write(b'x' * 1000))"
    )

    assert memory.stdout == "refused\n"
    assert spinning.returncode in (-signal.SIGXCPU, -signal.SIGKILL)
    assert writing.stdout == "100\n"


def test_a_limit_that_is_lower_already_stays() -> None:
    done = _in_child(
        "import resource\nfrom blueroom.media.confine import confine\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))\n"
        "confine(memory_bytes=1 << 30, nice=3)\n"
        "import os\nprint(resource.getrlimit(resource.RLIMIT_AS)[1] == 1 << 29, os.nice(0) >= 3)"
    )

    assert done.stdout == "True True\n"


@LINUX
def test_a_confined_process_dies_with_its_parent() -> None:
    program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time\\n"
        "from blueroom.media.confine import die_with_parent\\ndie_with_parent()\\n"
        'print("ready", flush=True)\\ntime.sleep(60)\'], stdout=subprocess.PIPE)\n'
        "child.stdout.readline()\nprint(child.pid, flush=True)\ntime.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
    )
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()

    deadline_s = time.monotonic() + 10
    while _is_running(child):
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def _is_running(pid: int) -> bool:
    """Whether it is there and no zombie that nobody has fetched yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_elsewhere_the_network_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")

    assert leave_network() is False
    assert open_no_sockets() is False
    assert resource.getrlimit(resource.RLIMIT_AS)[1] != 0
