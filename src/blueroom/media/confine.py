"""What a child process may no longer do once it has begun, if it parses what strangers send.

Linux; elsewhere the limits of POSIX hold and the rest is passed over. To be called early, while the
process has one thread. Sources, read 2026-11-26: man7.org, pages setrlimit(2), unshare(2),
user_namespaces(7), seccomp(2), PR_SET_PDEATHSIG(2const), PR_SET_NO_NEW_PRIVS(2const),
PR_SET_SECCOMP(2const); docs.kernel.org, userspace-api/seccomp_filter.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import resource
import signal
import struct
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
# AUDIT_ARCH_…, and the numbers of the calls that make a socket: socket(2), io_uring_setup(2).
_SOCKET_CALLS = {"x86_64": (0xC000003E, 41, 425), "aarch64": (0xC00000B7, 198, 425)}
_X32 = 0x40000000  # set in the number of a call by x86-64's second way of calling
_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EACCES


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
    open_no_sockets()


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


def open_no_sockets() -> bool:
    """Have the kernel refuse every new socket to this process and its children; open ones stay.

    It holds where `leave_network` is not allowed. Returns False where there are no such filters.
    """
    numbers = _SOCKET_CALLS.get(platform.machine())
    if sys.platform != "linux" or numbers is None:
        return False
    architecture, *calls = numbers
    program = [(_LOAD, 0, 0, 4), (_JUMP_IF_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _KILL)]
    program.append((_LOAD, 0, 0, 0))
    # Jumps count the steps that are passed over, to the last step but one or the last.
    program.append((_JUMP_IF_AT_LEAST, len(calls) + 1, 0, _X32))
    program += [(_JUMP_IF_EQUAL, len(calls) - at, 0, call) for at, call in enumerate(calls)]
    program += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    steps = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in program))
    header = struct.pack("HP", len(program), ctypes.addressof(steps))
    libc = _libc()
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, header, 0, 0) == 0)


def _limit(what: int, most: int) -> None:
    """Lower a limit; one that is lower already stays."""
    _, hard = resource.getrlimit(what)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
