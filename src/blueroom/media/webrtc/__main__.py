"""The WebRTC process: `python -m blueroom.media.webrtc <its end of the line> <places, as JSON>`."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import functools
import logging
import os
import resource
import signal
import socket
import sys
import threading
from typing import Any

import msgspec

from blueroom.media.webrtc import passing
from blueroom.media.webrtc.exchange import Exchange
from blueroom.media.webrtc.wire import (
    LARGEST_MESSAGE_BYTES,
    LENGTH_BYTES,
    Frame,
    FromChild,
    Places,
    Ready,
    ToChild,
    decode_to_child,
    encode,
)

logger = logging.getLogger(__name__)

_MEMORY_BYTES = 2 << 30  # of addresses; with one feed it has 0.3 GiB, and 75 MiB of memory
_FILES = 1_024
_THREAD_STACK_BYTES = 256 << 10  # two threads of each sender sleep, see `passing`
_UNSENT_BYTES = 32 << 20  # about a minute of one feed: nobody reads, frames are dropped


class _PortRange(asyncio.SelectorEventLoop):
    """An event loop whose sockets that may choose a port choose it from a range."""

    def __init__(self, first: int, last: int) -> None:
        super().__init__()
        self._ports = range(first, last + 1)
        self._at = 0

    async def create_datagram_endpoint(  # type: ignore[override]  # as aioice calls it
        self, protocol_factory: Any, local_addr: Any = None, **more: Any
    ) -> Any:
        if local_addr is None or local_addr[1] != 0:
            return await super().create_datagram_endpoint(
                protocol_factory, local_addr=local_addr, **more
            )
        for _ in self._ports:
            port = self._ports[self._at % len(self._ports)]
            self._at += 1
            with contextlib.suppress(OSError):  # in use: the next one
                return await super().create_datagram_endpoint(
                    protocol_factory, local_addr=(local_addr[0], port), **more
                )
        raise OSError(f"No port of {self._ports} is free at {local_addr[0]}.")


def _limit() -> None:
    """Bound what a fault or an attack can take, and end with the parent.

    Source: https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html, read 2026-11-23.
    """
    pr_set_pdeathsig = 1
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)
    for what, wanted in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_NOFILE, _FILES),
    ):
        _, hard = resource.getrlimit(what)
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(what, (most, most))
    threading.stack_size(_THREAD_STACK_BYTES)


async def _read(reader: asyncio.StreamReader) -> ToChild:
    """The next message.

    Raises:
        EOFError: the house has closed the line, or ended.
    """
    length = int.from_bytes(await reader.readexactly(LENGTH_BYTES))
    if length > LARGEST_MESSAGE_BYTES:
        raise EOFError
    message: ToChild = decode_to_child(await reader.readexactly(length))
    return message


class _House:
    """The house's end of the line, as the child writes to it."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._torn: set[str] = set()  # feeds of which a picture was left out

    def tell(self, message: FromChild) -> None:
        """Say something. Where nobody reads, frames are left out up to the next key frame."""
        if isinstance(message, Frame) and message.kind == "h264":
            if self._writer.transport.get_write_buffer_size() > _UNSENT_BYTES:
                self._torn.add(message.feed)
            elif message.is_key:
                self._torn.discard(message.feed)
            if message.feed in self._torn:
                return
        self._writer.write(encode(message))


async def _serve(sock: socket.socket, places: Places) -> None:
    reader, writer = await asyncio.open_connection(sock=sock)
    house = _House(writer)
    exchange = Exchange(house.tell, told_hosts(places))
    ticking = asyncio.create_task(exchange.run())
    house.tell(Ready())
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            exchange.take(await _read(reader))
    ticking.cancel()
    await exchange.close()


def told_hosts(places: Places) -> dict[str, str]:
    """Which address is told to others instead of which of ours."""
    pairs = [host.partition("/") for host in places.hosts]
    return {ours: told for ours, _, told in pairs if told}


def main() -> None:
    _limit()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends us
    logging.basicConfig(
        level=os.environ.get("BLUEROOM_LOG", "info").upper(),
        format="{asctime} {levelname} {name}: {message}",
        style="{",
    )
    for chatty in ("aioice", "aiortc"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    places = msgspec.json.decode(sys.argv[2], type=Places)
    passing.settle([host.partition("/")[0] for host in places.hosts])
    ports = places.ports
    loop = asyncio.SelectorEventLoop if ports is None else functools.partial(_PortRange, *ports)
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(_serve(socket.socket(fileno=int(sys.argv[1])), places))
        logging.shutdown()
        os._exit(0)  # the threads that aiortc leaves would be waited for


if __name__ == "__main__":
    main()
