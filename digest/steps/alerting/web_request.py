"""Ask for a URL of the settings: the webhook and the heartbeat. Both addresses are secrets: nothing here names them.

The operator names these URLs, so they may lead into private networks, but not to what only a mistake or a hostile name
server would name (link-local, where clouds keep their credentials). Redirects are not followed: where a webhook's
message goes is for the settings to say. The look-up, the connection and the answer share one limit of time.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx

from digest.collect.fetch import public_tls
from digest.collect.guarded_transport import (
    BadAddressError,
    ConnectionBrokenError,
    ForbiddenError,
    GuardedTransport,
    RefusedError,
    TLSError,
    TransportError,
    UnknownHostError,
    request_for,
    system_resolver,
)
from digest.collect.network_guard import NetworkGuard

SECONDS = 10.0
_PRIVATE = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "::1/128",
    "fc00::/7",
)
_REASONS: dict[type[TransportError], str] = {
    BadAddressError: "its address is no web address",
    ForbiddenError: "its address leads to a network that nothing is sent to",
    UnknownHostError: "its host name cannot be looked up",
    RefusedError: "nothing answers there",
    TLSError: "its certificate is not right",
    ConnectionBrokenError: "the connection broke, or what answers does not speak HTTP",
}


def ask(url: str, *, user_agent: str, body: bytes = b"", seconds: float = SECONDS) -> str:
    """GET `url`, or POST it `body` (JSON). Return "" if it was answered with 2xx, else why not, for people.

    Takes at most `seconds`. Must not be called from a running event loop.
    """
    return asyncio.run(_ask(url, user_agent, body, seconds))


async def _ask(url: str, user_agent: str, body: bytes, seconds: float) -> str:
    headers = httpx.Headers({"User-Agent": user_agent, "Accept": "*/*", "Connection": "close"})
    if body:
        headers["Content-Type"] = "application/json"
    threads = ThreadPoolExecutor(1)
    transport = GuardedTransport(NetworkGuard(_PRIVATE), system_resolver(threads), public_tls)
    try:
        async with asyncio.timeout(seconds):
            request = request_for(url, headers, "POST" if body else "GET", body=body)
            response = await transport.handle_async_request(request)
            await response.stream.aclose()  # type: ignore[union-attr]  # ours is asynchronous
    except TimeoutError:
        return f"it did not answer within {seconds:g} seconds"
    except TransportError as error:
        return _REASONS.get(type(error), "it cannot be reached")
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        await transport.aclose()
    if response.is_redirect:
        return f"it answered with {response.status_code}, a redirect, and none is followed: set its final address"
    return "" if response.is_success else f"it answered with status {response.status_code}"
