"""Who holds a channel's lease: this process, named so that others can tell when it is gone."""

from __future__ import annotations

import functools
import os
import socket
from hashlib import sha256
from pathlib import Path

from blueroom.base.ids import new_secret


@functools.cache
def _place() -> str:
    """The machine since its start, and the space of process ids on it; "" where that is unknown."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        ids = Path("/proc/self/ns/pid").readlink()
    except OSError:
        return ""
    return sha256(f"{socket.gethostname()} {boot} {ids}".encode()).hexdigest()[:16]


def _started(process_id: str) -> str:
    """When that process started, in ticks since the machine did; "" where it is no more.

    Source: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, read 2026-11-23.
    """
    try:
        stat = Path(f"/proc/{process_id}/stat").read_text()
    except OSError:
        return ""
    state, *fields = stat.rpartition(")")[2].split()  # the name before it may hold anything
    return "" if state in "ZX" else fields[18]


def new_holder() -> str:
    """A name for one listener of this process, 60 characters at most."""
    process_id = str(os.getpid())
    started = _started(process_id) if _place() else ""
    return f"{_place()}:{process_id}:{started}:{new_secret(9)}"


def is_gone(holder: str) -> bool:
    """Whether the holder's process surely ended: it was of this machine and is no more."""
    place, process_id, started, *_ = [*holder.split(":"), "", "", ""]
    if not place or place != _place() or not process_id.isdecimal():
        return False
    return _started(process_id) != started
