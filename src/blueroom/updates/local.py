"""Announcements between processes of one host: a UNIX datagram socket in the data directory.

Source: unix(7), https://man7.org/linux/man-pages/man7/unix.7.html. Datagrams there are reliable
and in order; a full queue (ten on many systems) makes the sender wait or fail.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import msgspec

from blueroom.base.errors import NeedsPerson
from blueroom.updates.announcement import Announcement, Taker
from blueroom.updates.sender import LARGEST_BYTES, Sender

logger = logging.getLogger("blueroom.updates")

SOCKET_NAME = "updates.sock"
WAIT_AT_MOST_S = 0.25
READ_IN_A_ROW = 100
# sockaddr_un takes 108 bytes with the closing NUL on Linux, 104 elsewhere.
LONGEST_PATH_BYTES = 100


class AlreadyServed(NeedsPerson):
    """Another process takes the announcements of this data directory."""

    code = "already_served"
    sentence = "Another room is open on this data directory. Close it first."


class LocalSender(Sender):
    """Announces to the process that serves the data directory; harmless when none does."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__()
        self._data_dir = data_dir
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        # A timeout of Python's own would spin: poll() finds an unconnected socket writable.
        timeout = struct.pack("ll", 0, int(WAIT_AT_MOST_S * 1_000_000))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeout)

    def close(self) -> None:
        """Announce no more."""
        self._socket.close()

    def _send(self, encoded: bytes) -> bool:
        try:
            with _address(self._data_dir) as address:
                self._socket.sendto(encoded, address)
        except (FileNotFoundError, ConnectionRefusedError):
            return True  # Nobody serves, so nobody follows: whoever comes gets a snapshot.
        except OSError as error:
            logger.debug("an announcement did not get through: %s", error)
            return False
        return True


class LocalDoor:
    """Where announcements of other processes of this host come in."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._socket: socket.socket | None = None

    def open(self, hub: Taker) -> None:
        """Take announcements from now on, in the running loop. Raises: AlreadyServed."""
        self._socket = door = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        door.setblocking(False)
        with _address(self._data_dir) as address:
            _clear(address)
            door.bind(address)
            Path(address).chmod(0o600)
        asyncio.get_running_loop().add_reader(door.fileno(), self._read, door, hub)

    async def close(self) -> None:
        """Take no more, and leave no socket behind."""
        if self._socket is None:
            return
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()
        self._socket = None
        (self._data_dir / SOCKET_NAME).unlink(missing_ok=True)

    def _read(self, door: socket.socket, hub: Taker) -> None:
        for _ in range(READ_IN_A_ROW):
            try:
                encoded = door.recv(LARGEST_BYTES + 1)
            except BlockingIOError:
                return
            take_encoded(hub, encoded)


def take_encoded(hub: Taker, encoded: bytes) -> None:
    """Hand an encoded announcement to the hub; one that cannot be read is logged and left."""
    try:
        hub.take(msgspec.json.decode(encoded, type=Announcement))
    except msgspec.MsgspecError as error:
        logger.warning("an announcement could not be read: %s", error)


def _clear(address: str) -> None:
    """Remove the socket that a killed process left. Raises: AlreadyServed."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(address)
        except FileNotFoundError:
            return
        except OSError:
            Path(address).unlink()
            return
    raise AlreadyServed


@contextlib.contextmanager
def _address(data_dir: Path) -> Iterator[str]:
    """The socket's path, or where that is too long, the same by way of an open directory."""
    path = str(data_dir / SOCKET_NAME)
    if len(os.fsencode(path)) <= LONGEST_PATH_BYTES:
        yield path
        return
    directory = os.open(data_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{SOCKET_NAME}"
    finally:
        os.close(directory)
