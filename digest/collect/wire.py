"""HTTP/1.1 over connections that lead only to addresses which the guard allows. h11 speaks it; this carries it.

The name is looked up here, once, and the connection goes to one of the very addresses that were checked: between check
and connection there is no second look-up that a hostile DNS server could answer differently. That is why no HTTP
library makes the connections. It is also four times faster than one: most visits to a feed are a few hundred bytes.
"""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote, unquote, urlsplit

import h11
import idna

from digest.collect.guard import Guard

Resolver = Callable[[str, int], Awaitable[list[str]]]
"""Looks up a host and port: numeric addresses, best first. Raises socket.gaierror."""

_KEPT_OPEN = 10.0  # seconds that an idle connection is worth keeping
_MOST_IDLE = 64  # connections: a thousand hosts must not use up the files that a process may open
_EACH_ADDRESS = 5.0  # seconds for one address, where there is another one to try
_READ = 1 << 16  # bytes
_SAFE = "%/:?[]@!$&'()*+,;=~-._|^"
_PORTS = {"http": 80, "https": 443}


class WireError(Exception):
    """No answer came. Drawn here because each kind has its own sentence for people.

    WireError
    ├── BadAddressError     not a web address
    ├── ForbiddenError      leads only where the guard does not allow
    ├── UnknownHostError    the name could not be looked up
    ├── RefusedError        no connection
    ├── TLSError            no secure connection
    └── BrokenError         the answer is no HTTP, or ended before its body began
    """


class BadAddressError(WireError):
    pass


class ForbiddenError(WireError):
    def __init__(self, host: str, addresses: list[str]) -> None:
        super().__init__(host, addresses)
        self.host = host
        self.addresses = addresses


class UnknownHostError(WireError):
    def __init__(self, host: str, *, for_now: bool) -> None:
        super().__init__(host)
        self.for_now = for_now  # the name server failed; the name may well exist


class RefusedError(WireError):
    pass


class TLSError(WireError):
    def __init__(self, cause: ssl.SSLError) -> None:
        super().__init__(str(cause))
        self.cause = cause


class BrokenError(WireError):
    pass


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: an address taken apart, in ASCII."""

    scheme: str
    host: str  # a name, or a numeric address without brackets
    port: int
    path: str  # with its query
    authorization: str = ""

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """One response, read to its end or to the limit."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    raw: bytes  # as it came, not decompressed
    cut: bool  # there was more than the limit
    broken: bool  # the connection ended before the body did


def target_of(url: str) -> Target:
    """Raises BadAddressError."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
    except ValueError:
        raise BadAddressError(url) from None
    if scheme not in _PORTS or not host:
        raise BadAddressError(url)
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError:
            raise BadAddressError(url) from None
    path = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else "")
    return Target(scheme, host, _PORTS[scheme] if port is None else port, path, _authorization(parts.netloc))


def _authorization(netloc: str) -> str:
    user, at, _ = netloc.rpartition("@")
    if not at:
        return ""
    name, _, password = user.partition(":")
    return "Basic " + base64.b64encode(f"{unquote(name)}:{unquote(password)}".encode()).decode()


def system_resolver(threads: Executor) -> Resolver:
    """The machine's own look-up, in threads of its own: names that nobody answers for must not hold up the others."""

    async def look_up(host: str, port: int) -> list[str]:
        try:
            return [str(ipaddress.ip_address(host))]
        except ValueError:
            pass
        ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(threads, ask)
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    return look_up


class _Connection:
    """One TCP connection and what was said on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, idle_since: float) -> None:
        self.reader = reader
        self.writer = writer
        self.http = h11.Connection(h11.CLIENT)
        self.idle_since = idle_since
        self.used = False

    async def event(self) -> object:
        while (event := self.http.next_event()) is h11.NEED_DATA:
            self.http.receive_data(await self.reader.read(_READ))
        return event

    def close(self) -> None:
        self.writer.transport.abort()


class Wire:
    """The connections of one run. `tls` is asked for when the first https address is."""

    def __init__(self, guard: Guard, resolver: Resolver, tls: Callable[[], ssl.SSLContext]) -> None:
        self._guard = guard
        self._resolver = resolver
        self._tls = tls
        self._idle: dict[str, list[_Connection]] = {}

    def close(self) -> None:
        for kept in self._idle.values():
            for connection in kept:
                connection.close()
        self._idle.clear()

    async def get(self, target: Target, headers: Mapping[str, str], limit: int) -> Answer:
        """Ask, and read at most about `limit` bytes of body. Raises WireError."""
        connection = self._kept(target.origin) or await self._open(target)
        try:
            try:
                head = await self._ask(connection, target, headers)
            except (OSError, h11.ProtocolError) as error:
                if not connection.used:
                    raise BrokenError(target.host) from error
                # A kept connection may be closed by the server at any moment; that says nothing about the server.
                connection.close()
                connection = await self._open(target)
                head = await self._ask(connection, target, headers)
            answer = await self._read(connection, head, limit)
        except (OSError, h11.ProtocolError) as error:
            connection.close()
            raise BrokenError(target.host) from error
        except BaseException:
            connection.close()
            raise
        self._keep(target.origin, connection)
        return answer

    async def _ask(self, connection: _Connection, target: Target, headers: Mapping[str, str]) -> h11.Response:
        said = [("Host", target.host_header), *headers.items()]
        if target.authorization:
            said.append(("Authorization", target.authorization))
        try:
            request = h11.Request(method="GET", target=target.path, headers=said)
        except h11.LocalProtocolError as error:
            raise BadAddressError(target.path) from error
        connection.writer.write(
            (connection.http.send(request) or b"") + (connection.http.send(h11.EndOfMessage()) or b"")
        )
        while not isinstance(event := await connection.event(), h11.Response):
            if not isinstance(event, h11.InformationalResponse) or event.status_code == 101:
                raise h11.RemoteProtocolError("no answer")
        return event

    async def _read(self, connection: _Connection, head: h11.Response, limit: int) -> Answer:
        """The body as it comes, to the limit; what came before a break is kept."""
        raw, broken = bytearray(), False
        try:
            while len(raw) <= limit and isinstance(event := await connection.event(), h11.Data):
                raw += event.data
        except (OSError, h11.ProtocolError):
            broken = True
        headers: dict[str, str] = {}
        for name, value in head.headers:
            key, text = name.decode("ascii"), _text(value)
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
        return Answer(head.status_code, headers, bytes(raw), len(raw) > limit, broken)

    async def _open(self, target: Target) -> _Connection:
        try:
            found = await self._resolver(target.host, target.port)
        except socket.gaierror as error:
            for_now = error.errno in (socket.EAI_AGAIN, socket.EAI_SYSTEM)
            raise UnknownHostError(target.host, for_now=for_now) from error
        except UnicodeError as error:  # a label of more than 63 characters, or an empty one
            raise UnknownHostError(target.host, for_now=False) from error
        allowed = [address for address in found if self._guard.allows(address)]
        if not allowed:
            if not found:
                raise UnknownHostError(target.host, for_now=False)
            raise ForbiddenError(target.host, found)
        secure = self._tls() if target.scheme == "https" else None
        for address in allowed[:-1]:
            try:
                async with asyncio.timeout(_EACH_ADDRESS):
                    return await _connect(address, target, secure)
            except (TimeoutError, RefusedError):
                continue
        return await _connect(allowed[-1], target, secure)

    def _kept(self, origin: str) -> _Connection | None:
        now = asyncio.get_running_loop().time()
        kept = self._idle.get(origin, [])
        while kept:
            connection = kept.pop()
            if not kept:
                del self._idle[origin]
            if now - connection.idle_since < _KEPT_OPEN and not connection.reader.at_eof():
                connection.used = True
                return connection
            connection.close()
        return None

    def _keep(self, origin: str, connection: _Connection) -> None:
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


async def _connect(address: str, target: Target, secure: ssl.SSLContext | None) -> _Connection:
    try:
        reader, writer = await asyncio.open_connection(
            address, target.port, ssl=secure, server_hostname=target.host if secure else None
        )
    except ssl.SSLError as error:
        raise TLSError(error) from error
    except OSError as error:
        raise RefusedError(target.host) from error
    except (ValueError, OverflowError) as error:  # a name that no certificate can be for; port 0
        raise BadAddressError(target.host) from error
    return _Connection(reader, writer, asyncio.get_running_loop().time())


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
