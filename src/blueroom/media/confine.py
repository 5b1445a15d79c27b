"""What a child process may no longer do once it has begun, if it parses what strangers send.

Linux; elsewhere the limits of POSIX hold and the rest is passed over. To be called early, while the
process has one thread. Sources, read 2026-11-26: man7.org, pages setrlimit(2), unshare(2),
user_namespaces(7), PR_SET_PDEATHSIG(2const), PR_SET_NO_NEW_PRIVS(2const).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000


def confine(
    *,
    memory_bytes: int,
    cpu_s: int | None = None,
    file_bytes: int | None = None,
    nice: int = 0,
) -> None:
    """Set the limits of this process, cut it off the network, and let it die with its parent.

    `memory_bytes` counts addresses, which are more than what is used. `file_bytes` is the largest
    file that may be written.
    """
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, memory_bytes)
    if cpu_s is not None:
        _limit(resource.RLIMIT_CPU, cpu_s)
    if file_bytes is not None:
        _limit(resource.RLIMIT_FSIZE, file_bytes)
    os.nice(nice)
    die_with_parent()
    leave_network()


def die_with_parent() -> None:
    """Have the kernel kill this process when the thread that started it ends, however it does."""
    if sys.platform == "linux":
        _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def leave_network() -> bool:
    """Give up every network interface, also the local one; open sockets stay.

    Returns False where the kernel does not allow it, as in many containers.
    """
    if sys.platform != "linux":
        return False
    libc = _libc()
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.unshare(_CLONE_NEWNET) == 0:  # for root
        return True
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    # Who we are stays the same, so that the files we write are ours.
    with contextlib.suppress(OSError):
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    return True


def _limit(what: int, most: int) -> None:
    """Lower a limit; one that is lower already stays."""
    _, hard = resource.getrlimit(what)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
