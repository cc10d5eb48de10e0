"""HTTP/1.1 for httpx, over connections that lead only to addresses which the guard allows. h11 speaks it.

The name is looked up here, once, and the connection goes to one of the very addresses that were checked: between check
and connection there is no second look-up that a hostile DNS server could answer differently. httpx's own transport
makes the connection by itself, so this one takes its place: requests, answers and errors are httpx's. It is also a
good deal faster: most visits to a feed are a few hundred bytes.
"""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from functools import partial
from typing import cast

import h11
import httpx

from digest.collect.network_guard import NetworkGuard
from digest.collect.response_head import LARGEST, end_of_head, tidy_head
from digest.collect.urls import with_ascii_host

Resolver = Callable[[str, int], Awaitable[list[str]]]
"""Looks up a host and port: numeric addresses, best first. Raises socket.gaierror."""

_KEPT_OPEN = 10.0  # seconds that an idle connection is worth keeping
_MOST_IDLE = 64  # connections: a thousand hosts must not use up the files that a process may open
_READ = 1 << 16  # bytes
_MOST_PIECES = 10_000
_SMALLEST_PIECE = 64
"""Bytes that the chunks of a body hold on average once there are so many of them. Each costs as much as a large one: a
body of single bytes would keep us busy for minutes."""
_PIECES_AT_ONCE = 64
_MOST_INTERIM = 10  # responses before the response
_PORTS = {"http": 80, "https": 443}


class TransportError(httpx.TransportError):
    """No answer came. Drawn here because each kind has its own sentence for people.

    TransportError
    ├── BadAddressError         not a web address
    ├── ForbiddenError          leads only where the guard does not allow
    ├── UnknownHostError        the name could not be looked up
    ├── RefusedError            no connection
    ├── TLSError                no secure connection
    └── ConnectionBrokenError   the answer is no HTTP, or ended before its body began
    """


class BadAddressError(TransportError):
    pass


class ForbiddenError(TransportError):
    def __init__(self, host: str, addresses: list[str]) -> None:
        super().__init__(host)
        self.addresses = addresses


class UnknownHostError(TransportError):
    def __init__(self, host: str, *, for_now: bool) -> None:
        super().__init__(host)
        self.for_now = for_now  # the name server failed; the name may well exist


class RefusedError(TransportError):
    pass


class TLSError(TransportError):
    def __init__(self, cause: ssl.SSLError) -> None:
        super().__init__(str(cause))
        self.cause = cause


class ConnectionBrokenError(TransportError):
    pass


def request_for(
    url: str,
    headers: httpx.Headers,
    method: str = "GET",
    connect_seconds: float | None = None,
    body: bytes = b"",
) -> httpx.Request:
    """A request for an address, with those headers and the address's own. Raises BadAddressError.

    `connect_seconds` limits connecting to one address of a host, where there is another to try.
    """
    try:
        parsed = httpx.URL(with_ascii_host(url))
    except (httpx.InvalidURL, ValueError) as error:
        raise BadAddressError(url) from error
    # A blank or a control character in a host is written as %20 or the like.
    if parsed.scheme not in _PORTS or not parsed.raw_host or b"%" in parsed.raw_host:
        raise BadAddressError(url)
    # The host is given here because httpx would decode it: not every name that exists is one that IDNA allows.
    own = [(b"Host", parsed.netloc)]
    if parsed.userinfo:
        credentials = f"{parsed.username}:{parsed.password}".encode()
        own.append((b"Authorization", b"Basic " + base64.b64encode(credentials)))
    if body:
        own.append((b"Content-Length", str(len(body)).encode()))
    return httpx.Request(
        method,
        parsed,
        headers=httpx.Headers([*own, *headers.raw]),
        stream=httpx.ByteStream(body),
        extensions={"timeout": {"connect": connect_seconds}},
    )


def ascii_host(url: httpx.URL) -> str:
    """The host in ASCII: a name, or a numeric address without brackets."""
    return url.raw_host.decode("ascii")


def port_of(url: httpx.URL) -> int:
    return url.port or _PORTS[url.scheme]


def origin_of(url: httpx.URL) -> str:
    """Scheme, host and port: what connections are made to."""
    return f"{url.scheme}://{ascii_host(url)}:{port_of(url)}"


def system_resolver(threads: Executor) -> Resolver:
    """The machine's own look-up, in threads of its own: names that nobody answers for must not hold up the others."""

    async def look_up(host: str, port: int) -> list[str]:
        try:
            return [str(ipaddress.ip_address(host))]
        except ValueError:
            pass
        ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        addresses = await asyncio.get_running_loop().run_in_executor(threads, ask)
        return list(dict.fromkeys(str(address[0]) for *_, address in addresses))

    return look_up


class _Connection:
    """One TCP connection and its HTTP state."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, idle_since: float) -> None:
        self.reader = reader
        self.writer = writer
        self.http = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST)
        self.idle_since = idle_since
        self.used = False
        self._ahead = b""  # came with the head of the answer, and is not yet h11's

    async def event(self) -> object:
        while (event := self.http.next_event()) is h11.NEED_DATA:
            if self.http.their_state is h11.SEND_RESPONSE:
                self.http.receive_data(await self._head())
            else:
                data, self._ahead = self._ahead or await self.reader.read(_READ), b""
                self.http.receive_data(data)
        return event

    async def _head(self) -> bytes:
        """The next head, without the lines that are none; empty where the connection ended before it did."""
        data, start = bytearray(self._ahead), 0
        while not (end := end_of_head(data, start)):
            start = len(data)
            part = await self.reader.read(_READ)
            if not part or start > LARGEST:
                return b""
            data += part
        self._ahead = bytes(data[end:])
        return tidy_head(bytes(data[:end]))

    @property
    def has_more(self) -> bool:
        """Whether something came that nobody asked for: it must not be taken for the next answer."""
        return bool(self._ahead or self.http.trailing_data[0])

    def close(self) -> None:
        self.writer.transport.abort()


class _Body(httpx.AsyncByteStream):
    """What comes after the head of an answer. Read to its end, it leaves the connection for the next request."""

    def __init__(self, transport: GuardedTransport, origin: str, connection: _Connection) -> None:
        self._transport = transport
        self._origin = origin
        self._connection: _Connection | None = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        connection = self._connection
        if connection is None:
            return
        pieces = size = 0
        try:
            while isinstance(event := await connection.event(), h11.Data):
                pieces, size = pieces + 1, size + len(event.data)
                if pieces > _MOST_PIECES and size < pieces * _SMALLEST_PIECE:
                    raise h11.RemoteProtocolError("chunks of a few bytes")
                if pieces % _PIECES_AT_ONCE == 0:
                    await asyncio.sleep(0)  # what has come in is read without waiting; others get their turn here
                yield bytes(event.data)
        except (OSError, h11.ProtocolError) as error:
            raise ConnectionBrokenError(self._origin) from error

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._transport.keep(self._origin, connection)


class GuardedTransport(httpx.AsyncBaseTransport):
    """The connections of one run, for requests whose body is in memory. `tls` is called for the first https address.

    Of httpx's time-outs it knows the one for connecting, and holds to it where there is another address to try; how
    long all of a visit may take is for the caller to limit.
    """

    def __init__(self, guard: NetworkGuard, resolver: Resolver, tls: Callable[[], ssl.SSLContext]) -> None:
        self._guard = guard
        self._resolver = resolver
        self._tls = tls
        self._idle: dict[str, list[_Connection]] = {}

    async def aclose(self) -> None:
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()
        await asyncio.sleep(0)  # the loop lets go of them in its next turn, if it has one

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The head of the answer, with its body still to come. Raises TransportError, as does reading the body."""
        origin = origin_of(request.url)
        connection = self._idle_connection(origin) or await self._open(request)
        try:
            try:
                head = await _ask(connection, request)
            except (OSError, h11.ProtocolError):
                if not connection.used:
                    raise
                # A kept connection may be closed by the server at any moment; that says nothing about the server.
                connection.close()
                connection = await self._open(request)
                head = await _ask(connection, request)
        except (OSError, h11.ProtocolError) as error:
            connection.close()
            raise ConnectionBrokenError(origin) from error
        except BaseException:
            connection.close()
            raise
        return httpx.Response(
            head.status_code,
            headers=list(head.headers),
            stream=_Body(self, origin, connection),
            extensions={"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason},
        )

    async def _open(self, request: httpx.Request) -> _Connection:
        url, host = request.url, ascii_host(request.url)
        try:
            addresses = await self._resolver(host, port_of(url))
        except socket.gaierror as error:
            for_now = error.errno in (socket.EAI_AGAIN, socket.EAI_SYSTEM)
            raise UnknownHostError(host, for_now=for_now) from error
        except UnicodeError as error:  # a label of more than 63 characters, or an empty one
            raise UnknownHostError(host, for_now=False) from error
        allowed = [address for address in addresses if self._guard.allows(address)]
        if not allowed:
            if not addresses:
                raise UnknownHostError(host, for_now=False)
            raise ForbiddenError(host, addresses)
        secure = self._tls() if url.scheme == "https" else None
        for address in allowed[:-1]:
            try:
                async with asyncio.timeout(request.extensions.get("timeout", {}).get("connect")):
                    return await _connect(address, url, secure)
            except (TimeoutError, RefusedError):
                continue
        return await _connect(allowed[-1], url, secure)

    def _idle_connection(self, origin: str) -> _Connection | None:
        now = asyncio.get_running_loop().time()
        idle = self._idle.get(origin, [])
        while idle:
            connection = idle.pop()
            if not idle:
                del self._idle[origin]
            if now - connection.idle_since < _KEPT_OPEN and not connection.reader.at_eof():
                connection.used = True
                return connection
            connection.close()
        return None

    def keep(self, origin: str, connection: _Connection) -> None:
        """Leave a connection for the next request; one that is not at the end of an answer is closed."""
        if connection.has_more:
            connection.close()
            return
        try:
            connection.http.start_next_cycle()
        except h11.LocalProtocolError:
            connection.close()  # the server, or the limit, ended it
            return
        connection.idle_since = asyncio.get_running_loop().time()
        self._idle.setdefault(origin, []).append(connection)
        if sum(map(len, self._idle.values())) > _MOST_IDLE:
            oldest = next(iter(self._idle))
            self._idle[oldest].pop(0).close()
            if not self._idle[oldest]:
                del self._idle[oldest]


async def _ask(connection: _Connection, request: httpx.Request) -> h11.Response:
    try:
        message = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
    except h11.LocalProtocolError as error:
        raise BadAddressError(str(request.url)) from error
    events = (message, h11.Data(b"".join(cast("httpx.SyncByteStream", request.stream))), h11.EndOfMessage())
    connection.writer.write(b"".join(connection.http.send(event) or b"" for event in events))
    for _ in range(_MOST_INTERIM + 1):
        event = await connection.event()
        if isinstance(event, h11.Response):
            return event
        if not isinstance(event, h11.InformationalResponse) or event.status_code == 101:
            break
    raise h11.RemoteProtocolError("no answer")


async def _connect(address: str, url: httpx.URL, secure: ssl.SSLContext | None) -> _Connection:
    host = ascii_host(url)
    try:
        reader, writer = await asyncio.open_connection(
            address, port_of(url), ssl=secure, server_hostname=host if secure else None
        )
    except ssl.SSLError as error:
        raise TLSError(error) from error
    except OSError as error:
        raise RefusedError(host) from error
    except (ValueError, OverflowError) as error:  # a name that no certificate can be for; port 0
        raise BadAddressError(host) from error
    return _Connection(reader, writer, asyncio.get_running_loop().time())
