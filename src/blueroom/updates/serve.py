"""The serving process: uvicorn around the front, and an end that open streams do not hold up."""

from __future__ import annotations

import asyncio
import resource
import socket
from asyncio import Transport
from collections.abc import Callable
from types import FrameType

import uvicorn

from blueroom.base.errors import NeedsPerson
from blueroom.updates.front import Front

BACKLOG = 2048
# The kernel drops a client that takes nothing for this long: a phone that went to sleep or left
# the network, a reader that is stuck. Otherwise that takes a quarter of an hour.
UNREAD_AT_MOST_S = 30
# From the signal on: streams get their bye at once, a stuck client is cut off after one second,
# a page may take three.
CUT_OFF_S = 1.0
GRACE_S = 3
# A connection that asks for nothing for so long is closed: uvicorn itself waits for ever for
# the first request.
SILENT_AT_MOST_S = 15
TICKS_A_SECOND = 10  # uvicorn's main loop
# A second of a browser's 4K recording at its best is below 4 MB.
WEBSOCKET_MESSAGE_BYTES = 8 * 1024 * 1024


class AddressTaken(NeedsPerson):
    """The address to serve on cannot be had."""

    code = "address_taken"


class Server(uvicorn.Server):
    """Uvicorn that closes the streams first, and for which a signal is a lawful end."""

    def __init__(self, config: uvicorn.Config, front: Front, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._front = front
        self._on_ready = on_ready
        self._silent: dict[object, int] = {}

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's
        """End in order; asked a second time, without waiting.

        Uvicorn's own raises the signal again at the end, which makes the exit status 143.
        """
        self.force_exit = self.should_exit
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def on_tick(self, counter: int) -> bool:
        if counter % TICKS_A_SECOND == 0:
            self._close_silent()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._front.begin_to_stop()
        asyncio.get_running_loop().call_later(CUT_OFF_S, self._cut_off_stuck)
        await super().shutdown(sockets)
        # uvloop fails to close (EBUSY) while a connection with something to write is left.
        for connection in list(self.server_state.connections):
            _transport(connection).abort()
        await asyncio.sleep(0.05)

    def _close_silent(self) -> None:
        """Close connections without a request under way, seen so for too many seconds."""
        silent: dict[object, int] = {}
        for connection in list(self.server_state.connections):
            if not hasattr(connection, "cycle"):  # a websocket, which has pings of its own
                continue
            cycle = connection.cycle
            if cycle is None or cycle.response_complete:
                # A finished answer is a key of its own: the next request starts anew.
                key = (connection, cycle)
                silent[key] = self._silent.get(key, 0) + 1
                if silent[key] > SILENT_AT_MOST_S:
                    _transport(connection).close()
        self._silent = silent

    def _cut_off_stuck(self) -> None:
        for connection in list(self.server_state.connections):
            transport = _transport(connection)
            if transport.get_write_buffer_size():
                transport.abort()


def listen(host: str, port: int) -> socket.socket:
    """A socket on which `serve` can serve; port 0 takes a free one. Raises: AddressTaken."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        sock = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise AddressTaken(
            f"Cannot serve on {host}, port {port}: {error.strerror or error}. "
            "Close what uses it, or choose another port.",
            host=host,
            port=port,
        ) from error
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Every connection accepted here inherits it.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_AT_MOST_S * 1000)
    return sock


def serve(
    front: Front,
    sock: socket.socket,
    *,
    trusted_proxies: str = "",
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGINT or SIGTERM, then return in less than five seconds.

    `trusted_proxies` (addresses, comma-separated) are believed about who the client is; nobody
    else is. Logging is the caller's: loggers "uvicorn.error", "blueroom.updates" and, at INFO,
    "blueroom.access". Call it in the main thread.
    """
    allow_many_connections()
    server_of(front, trusted_proxies=trusted_proxies, on_ready=on_ready).run(sockets=[sock])


def server_of(
    front: Front, *, trusted_proxies: str = "", on_ready: Callable[[], None] = lambda: None
) -> Server:
    """The server that `serve` runs, for who wants to run it elsewhere than in the main thread."""
    config = uvicorn.Config(
        front,
        lifespan="on",
        ws="websockets-sansio",
        ws_max_size=WEBSOCKET_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # what comes is video
        ws_ping_interval=5.0,
        ws_ping_timeout=10.0,
        log_config=None,
        access_log=False,  # It would write tickets.
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies or None,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_S,
    )
    return Server(config, front, on_ready)


def allow_many_connections() -> None:
    """Raise the limit of open files, one for each stream, to what the system lets us have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _transport(connection: object) -> Transport:
    transport: Transport = getattr(connection, "transport")  # noqa: B009 - of any protocol
    return transport
