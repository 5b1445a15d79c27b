"""The packer: packs one connected feed, in a process of its own, with limits.

Started as `python -m blueroom.media.packer <file descriptor in> <file descriptor out>` by
`packing_line.Packer`. It has one thread: libavformat asks for more of the container, and while we
wait for it orders are followed. It ends when the line does.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from blueroom.base.clock import now
from blueroom.base.errors import BlueRoomError
from blueroom.media.confine import confine
from blueroom.media.intake import take_container, take_frames
from blueroom.media.packager import Packager
from blueroom.media.packing_line import (
    LENGTH_BYTES,
    Begin,
    Bytes,
    Dump,
    End,
    Frame,
    FromPacker,
    Monitor,
    Mute,
    ToPacker,
    decode_to_packer,
    encode,
    problem_of,
)

MEMORY_BYTES = 1536 << 20
TICK_S = 0.1
_READ_BYTES = 1 << 18


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends us
    confine(memory_bytes=MEMORY_BYTES)
    incoming, outgoing = (socket.socket(fileno=int(word)) for word in sys.argv[1:3])
    run(Line(incoming, outgoing))
    outgoing.close()
    os._exit(0)  # whatever threads libraries have left behind: all is written


def run(line: Line) -> None:
    """Pack what the line brings, to its end."""
    begin = line.get(None)
    if not isinstance(begin, Begin):
        return
    packager = Packager(
        folder=Path(begin.folder),
        name=begin.name,
        first_epoch=begin.first_epoch,
        first_part=begin.first_part,
        now=now,
        say=line.say,
    )
    inbox = _Inbox(line, packager)
    try:
        if begin.way == "frames":
            take_frames(inbox.frames(), packager)
        else:
            take_container(begin.way, inbox.read, packager)
    except BlueRoomError as error:
        line.say(problem_of(error))
    packager.end()


class Line:
    """The packer's end of the line: one socket to read, one to write."""

    def __init__(self, incoming: socket.socket, outgoing: socket.socket) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._unread = bytearray()
        self.is_open = True

    def say(self, message: FromPacker) -> None:
        """Send it. That nobody is there ends the line, and is no error: what counts is written."""
        try:
            self._outgoing.sendall(encode(message))
        except OSError:
            self.is_open = False

    def get(self, timeout_s: float | None) -> ToPacker | None:
        """The next message; None after the time, or where the line has ended."""
        while self.is_open:
            if (size := self._size()) is not None:
                body = bytes(self._unread[LENGTH_BYTES:size])
                del self._unread[:size]
                return decode_to_packer(body)
            if not self._is_readable(timeout_s):
                return None
            chunk = self._incoming.recv(_READ_BYTES)
            self._unread += chunk
            self.is_open = self.is_open and bool(chunk)
        return None

    def has_more(self) -> bool:
        """Whether `get` would give something at once."""
        return self._size() is not None or self._is_readable(0.0)

    def _is_readable(self, timeout_s: float | None) -> bool:
        return bool(select.select([self._incoming], [], [], timeout_s)[0])

    def _size(self) -> int | None:
        """How long the first message is, with its length; None where it is not whole."""
        if len(self._unread) < LENGTH_BYTES:
            return None
        size = LENGTH_BYTES + int.from_bytes(self._unread[:LENGTH_BYTES])
        return size if size <= len(self._unread) else None


class _Inbox:
    """What the feed sends; while we wait for it orders are followed and figures are said."""

    def __init__(self, line: Line, packager: Packager) -> None:
        self._line = line
        self._packager = packager
        self._is_over = False

    def read(self) -> bytes:
        """More of the container, after waiting for it; nothing at its end."""
        food = self._next()
        return food.data if isinstance(food, Bytes) else b""

    def frames(self) -> Iterator[Frame]:
        """The frames, to the end."""
        while food := self._next():
            if isinstance(food, Frame):
                yield food

    def _next(self) -> Bytes | Frame | None:
        while self._line.is_open and not self._is_over:
            if not self._line.has_more():
                self._packager.release()
            message = self._line.get(TICK_S)
            self._packager.tick()
            if isinstance(message, Bytes | Frame):
                return message
            self._follow(message)
        return None

    def _follow(self, order: ToPacker | None) -> None:
        match order:
            case Mute(is_on):
                self._packager.mute(is_on=is_on)
            case Monitor(is_on):
                self._packager.monitor(is_on=is_on)
            case Dump(from_part):
                self._packager.dump(from_part)
            case End():
                self._is_over = True


if __name__ == "__main__":
    main()
