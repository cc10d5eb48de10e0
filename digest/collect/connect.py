"""Connections that are made only to addresses which the guard allows.

The name is looked up here, once, and the connection goes to one of the very addresses that were checked: between check
and connection there is no second look-up that a hostile DNS server could answer differently.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

import httpcore
import httpx

from digest.collect.guard import Guard

Resolver = Callable[[str, int], Awaitable[list[str]]]
"""Looks up a host and port: numeric addresses, best first. Raises socket.gaierror."""


class ForbiddenError(Exception):
    """The host leads only to addresses that may not be visited."""

    def __init__(self, host: str, addresses: list[str]) -> None:
        super().__init__(host, addresses)
        self.host = host
        self.addresses = addresses


class UnknownHostError(Exception):
    """The name could not be looked up."""

    def __init__(self, host: str, *, for_now: bool) -> None:
        super().__init__(host)
        self.host = host
        self.for_now = for_now  # the name server failed; the name may well exist


async def system_resolver(host: str, port: int) -> list[str]:
    """The machine's own look-up, outside the event loop."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Makes the TCP connections of httpcore; TLS and its host name check stay httpcore's."""

    def __init__(self, guard: Guard, resolver: Resolver) -> None:
        self._guard = guard
        self._resolver = resolver
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            found = await self._resolver(host, port)
        except socket.gaierror as error:
            raise UnknownHostError(host, for_now=error.errno in (socket.EAI_AGAIN, socket.EAI_SYSTEM)) from error
        except UnicodeError as error:  # a label of more than 63 characters, or an empty one
            raise UnknownHostError(host, for_now=False) from error
        allowed = [address for address in found if self._guard.allows(address)]
        if not allowed:
            if not found:
                raise UnknownHostError(host, for_now=False)
            raise ForbiddenError(host, found)
        last: Exception | None = None
        for address in allowed:
            try:
                return await self._network.connect_tcp(
                    address, port, timeout=timeout, local_address=local_address, socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        assert last is not None
        raise last

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own signature
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        del timeout, socket_options
        raise ForbiddenError(path, [])

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class GuardedTransport(httpx.AsyncBaseTransport):
    """httpx's transport over httpcore's pool with guarded connections. Raises httpcore's errors as they are."""

    def __init__(self, guard: Guard, resolver: Resolver, *, connections: int, tls: ssl.SSLContext | None) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=10.0,
            network_backend=GuardedBackend(guard, resolver),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._pool.handle_async_request(
            httpcore.Request(
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
        )
        assert not isinstance(answer.stream, bytes | bytearray)
        return httpx.Response(
            status_code=answer.status, headers=answer.headers, stream=_Body(answer.stream), extensions=answer.extensions
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()
