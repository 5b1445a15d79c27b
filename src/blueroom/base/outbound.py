"""The one door for requests that leave the house: it looks at where each of them really goes.

A name is resolved once, its addresses are checked, and the connection is made to the very address
that was checked, so that a name which changes its answer in between ("DNS rebinding") gains
nothing. Certificates and the Host header keep the name. Whoever gives us an address to fetch (an
operator, a person's profile, another server) cannot make us ask our own network.

What counts as public follows IANA's registries of special addresses, read 2026-11:
https://www.iana.org/assignments/iana-ipv4-special-registry/
https://www.iana.org/assignments/iana-ipv6-special-registry/
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ipaddress
import logging
import os
import socket
import ssl
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpcore
import httpx

from blueroom.base.errors import NeedsPerson, NotAcceptable, TryLater

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NOT_PUBLIC_4 = tuple(
    ipaddress.IPv4Network(words)
    for words in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, where clouds keep their metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays, withdrawn
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
PUBLIC_6 = ipaddress.IPv6Network("2000::/3")  # the only block given out: all else is special
NOT_PUBLIC_6 = tuple(
    ipaddress.IPv6Network(words)
    for words in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: carries an IPv4 address
        "3fff::/20",  # documentation
    )
)
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # carries an IPv4 address, which decides

# httpx writes whole addresses to its log, the other two whole headers: both may carry tokens.
for _name in ("httpx", "httpcore", "websockets"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class AddressRefused(NeedsPerson):
    """The address is one of our own network's, or not of a kind that we ask."""

    code = "outbound_address_refused"
    sentence = (
        "This address is not on the public internet. If it is a server of yours, "
        "add it to BLUEROOM_OUTBOUND_ALLOW."
    )


class NoAnswer(TryLater):
    """The other side cannot be found or reached, is too slow, or breaks off."""

    code = "outbound_no_answer"
    sentence = "The server does not answer."


class AnswerTooLarge(NotAcceptable):
    """The answer is larger than the caller takes; the rest of it was not read."""

    code = "outbound_answer_too_large"
    sentence = "The server's answer is too large."


class AllowListUnreadable(NeedsPerson):
    """An entry of the allow list is neither a host, nor host:port, nor a network."""

    code = "outbound_allow_list_unreadable"
    sentence = "BLUEROOM_OUTBOUND_ALLOW holds an entry that is no host, host:port or network."


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet."""
    ip: Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip in NAT64:
        ip = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in NOT_PUBLIC_4)
    return ip in PUBLIC_6 and not any(ip in network for network in NOT_PUBLIC_6)


class Door:
    """Makes HTTP clients and WebSocket connections that reach public addresses only.

    `allow` names what may be reached besides: hosts ("pds.lan"), hosts with a port
    ("127.0.0.1:2583", "[fd00::1]:80") and networks ("192.168.1.0/24").

    Raises:
        AllowListUnreadable: an entry is none of these.
    """

    def __init__(self, allow: Iterable[str] = ()) -> None:
        self._hosts: set[tuple[str, int | None]] = set()
        self._networks: list[Network] = []
        for entry in filter(None, (words.strip() for words in allow)):
            self._allow(entry)

    def _allow(self, entry: str) -> None:
        with contextlib.suppress(ValueError):
            self._networks.append(ipaddress.ip_network(entry))
            return
        try:
            parts = urlsplit(f"//{entry}")
            port = parts.port
        except ValueError as error:
            raise AllowListUnreadable(entry=entry) from error
        if not parts.hostname or parts.netloc != entry or "@" in entry:
            raise AllowListUnreadable(entry=entry)
        self._hosts.add((parts.hostname, port))

    def lets_through(self, host: str, port: int, address: str) -> bool:
        """Whether a connection to `host` at this IP address and port may be made."""
        if not self._hosts.isdisjoint({(host.lower(), port), (host.lower(), None)}):
            return True
        ip = ipaddress.ip_address(address.partition("%")[0])
        return is_public(address) or any(ip in network for network in self._networks)

    async def addresses(self, host: str, port: int) -> list[str]:
        """The IP addresses of `host` that may be connected to, best first, at least one.

        Raises:
            AddressRefused: it has addresses, and none is allowed.
            NoAnswer: it has none.
        """
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError) as error:  # UnicodeError: a label over 63 characters
            raise NoAnswer(f"The name {host} cannot be found.", host=host) from error
        every = dict.fromkeys(str(info[4][0]) for info in found)
        allowed = [address for address in every if self.lets_through(host, port, address)]
        if not allowed:
            raise AddressRefused(host=host, port=port)
        return allowed

    def client(
        self,
        *,
        base_url: str = "",
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 20,
        connect_timeout_s: float = 10,
        size_limit_bytes: int = 5_000_000,
        follow_redirects: bool = False,
    ) -> httpx.AsyncClient:
        """An HTTP client whose every connection, redirects included, goes through this door.

        `timeout_s` holds for the whole of a request, its answer included. Answers come
        uncompressed, so that `size_limit_bytes` is what really lands in memory. Besides httpx's
        own errors for wrong use, requests raise AddressRefused, NoAnswer and AnswerTooLarge.
        """
        return httpx.AsyncClient(
            base_url=base_url,
            headers={"Accept-Encoding": "identity", **(headers or {})},
            transport=_Transport(self, timeout_s, size_limit_bytes),
            timeout=httpx.Timeout(timeout_s, connect=connect_timeout_s),
            follow_redirects=follow_redirects,
            max_redirects=5,
        )

    async def websocket(
        self,
        url: str,
        *,
        timeout_s: float = 15,
        size_limit_bytes: int = 2**20,
        queue_length: int = 64,
        headers: Mapping[str, str] | None = None,
    ) -> ClientConnection:
        """An open WebSocket; the caller closes it. No redirects, no compression.

        A message over `size_limit_bytes` ends the connection; a connection that is silent to
        pings for 20 s is ended too.

        Raises:
            AddressRefused, NoAnswer: as for a request.
            websockets.exceptions.InvalidStatus: the server answered, and not with a WebSocket.
        """
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI
        from websockets.uri import parse_uri

        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "wss" else 80)
            parse_uri(url)
        except (ValueError, InvalidURI) as error:
            raise AddressRefused("Only ws:// and wss:// addresses can be listened to.") from error
        if not parts.hostname:
            raise AddressRefused("Only ws:// and wss:// addresses can be listened to.")
        try:
            async with asyncio.timeout(timeout_s):
                sock = await _connected(await self.addresses(parts.hostname, port), port)
                return await connect(  # owns the socket from here on
                    url,
                    sock=sock,
                    ssl=_certificates() if parts.scheme == "wss" else None,
                    additional_headers=dict(headers or {}),
                    open_timeout=None,
                    close_timeout=2,
                    ping_interval=10,
                    ping_timeout=10,
                    max_size=size_limit_bytes,
                    max_queue=queue_length,
                    compression=None,
                )
        except InvalidStatus:
            raise
        # ValueError: the server redirects, and the connection is bound to the checked address.
        except (OSError, TimeoutError, InvalidHandshake, EOFError, ValueError) as error:
            raise NoAnswer(host=parts.hostname, port=port, reason=type(error).__name__) from error


async def _connected(addresses: list[str], port: int) -> socket.socket:
    """A TCP connection to the first of these addresses that answers."""
    loop = asyncio.get_running_loop()
    for place, address in enumerate(addresses):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout(None if place == len(addresses) - 1 else 3):
                await loop.sock_connect(sock, (address, port))
            return sock
        except (OSError, TimeoutError):
            sock.close()
            if place == len(addresses) - 1:
                raise
        except BaseException:
            sock.close()
            raise
    raise NoAnswer


@functools.cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()  # certifi's, or those of SSL_CERT_FILE


class _Backend(httpcore.AsyncNetworkBackend):
    """Opens httpcore's connections to checked addresses only."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._door.addresses(host, port)
        share = None if timeout is None else timeout / len(addresses)
        for address in addresses[:-1]:
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._sockets.connect_tcp(
                    address, port, share, local_address, socket_options
                )
        return await self._sockets.connect_tcp(
            addresses[-1], port, share, local_address, socket_options
        )

    async def connect_unix_socket(self, *_: object, **__: object) -> httpcore.AsyncNetworkStream:
        raise AddressRefused

    async def sleep(self, seconds: float) -> None:
        await self._sockets.sleep(seconds)


class _Transport(httpx.AsyncBaseTransport):
    """httpx's own transport, in short: it takes no network backend, httpcore's pool does."""

    def __init__(self, door: Door, timeout_s: float, size_limit_bytes: int) -> None:
        self._timeout_s = timeout_s
        self._size_limit_bytes = size_limit_bytes
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_certificates(),
            max_connections=20,
            max_keepalive_connections=5,
            keepalive_expiry=15,
            network_backend=_Backend(door),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.scheme not in ("http", "https") or not request.url.host:
            raise AddressRefused("Only http:// and https:// addresses can be asked.")
        assert isinstance(request.stream, httpx.AsyncByteStream)
        asked = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        until = asyncio.get_running_loop().time() + self._timeout_s
        host = request.url.host
        with _foreseen(host):
            async with asyncio.timeout_at(until):
                answer = await self._pool.handle_async_request(asked)
        body = _Body(answer, host, until, self._size_limit_bytes)
        compressed = httpx.Headers(answer.headers).get("content-encoding", "identity")
        if compressed.strip().lower() != "identity":
            await body.aclose()
            raise NoAnswer(f"{host} answers compressed, unasked.", host=host)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=body, extensions=answer.extensions
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    """An answer's body that ends with an error at its time or size limit."""

    def __init__(
        self, answer: httpcore.Response, host: str, until: float, size_limit_bytes: int
    ) -> None:
        self._answer, self._host = answer, host
        self._until, self._size_limit_bytes = until, size_limit_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        parts = self._answer.aiter_stream()
        while True:
            with _foreseen(self._host):
                async with asyncio.timeout_at(self._until):
                    part = await anext(parts, None)
            if part is None:
                return
            size += len(part)
            if size > self._size_limit_bytes:
                raise AnswerTooLarge(host=self._host, limit_bytes=self._size_limit_bytes)
            yield part

    async def aclose(self) -> None:
        await self._answer.aclose()


@contextlib.contextmanager
def _foreseen(host: str) -> Iterator[None]:
    """Turns what a connection may die of into NoAnswer; only the host is told, never the path."""
    try:
        yield
    except (
        httpcore.NetworkError,
        httpcore.TimeoutException,
        httpcore.ProtocolError,
        TimeoutError,
        OSError,
    ) as error:
        raise NoAnswer(host=host, reason=type(error).__name__) from error


@functools.cache
def door() -> Door:
    """The process's own door; BLUEROOM_OUTBOUND_ALLOW names what it lets through besides."""
    return Door(os.environ.get("BLUEROOM_OUTBOUND_ALLOW", "").split(","))
