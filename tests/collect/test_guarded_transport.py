"""To httpx the transport is one like any other; what httpx is strict about stays a failure of one source."""

from __future__ import annotations

import asyncio
import ssl
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from digest.collect.explain_failure import FailureKind
from digest.collect.fetch import Client, Fetched, FetchFailed, FetchResult, Policy, Unchanged
from digest.collect.guarded_transport import ForbiddenError, GuardedTransport, system_resolver
from digest.collect.network_guard import NetworkGuard
from tests.web_of_feeds import Reply, Visit, Web, Writer, redirect

POLICY = Policy("Digest/test", retries=0, allow_networks=("127.0.0.0/8",))


def fetch(url: str, host: str = "", *, etag: str = "") -> FetchResult:
    """`host` is a name that resolves to this machine."""

    async def resolve_here(name: str, _port: int) -> list[str]:
        assert host in ("", name)
        return ["127.0.0.1"]

    async def visit() -> FetchResult:
        async with Client(POLICY, resolver=resolve_here) as client:
            return await client.fetch(url, etag=etag)

    return asyncio.run(visit())


def test_reads_the_same_bodies_as_the_transport_of_httpx() -> None:
    async def visit(web: Web) -> list[httpx.Response]:
        with ThreadPoolExecutor(1) as threads:
            transport = GuardedTransport(
                NetworkGuard(["127.0.0.0/8"]), system_resolver(threads), ssl.create_default_context
            )
            async with httpx.AsyncClient(transport=transport, follow_redirects=True) as client:
                return [await client.get(web.url("/old")), await client.get(web.url("/missing"))]

    with Web() as web:
        web.say("/old", redirect("/new"))
        web.say("/new", Reply("a page", headers={"Content-Type": "text/plain", "X-Two": "1"}))
        result, missing = asyncio.run(visit(web))
    assert (result.status_code, result.text, result.headers["x-two"]) == (200, "a page", "1")
    assert (result.http_version, [each.status_code for each in result.history]) == ("HTTP/1.1", [301])
    assert missing.status_code == 404


def test_a_forbidden_network_is_an_httpx_transport_error() -> None:
    async def visit() -> None:
        with ThreadPoolExecutor(1) as threads:
            transport = GuardedTransport(NetworkGuard(), system_resolver(threads), ssl.create_default_context)
            async with httpx.AsyncClient(transport=transport) as client:
                await client.get("http://127.0.0.1:9/")

    with pytest.raises(httpx.TransportError) as error:
        asyncio.run(visit())
    assert isinstance(error.value, ForbiddenError)
    assert error.value.addresses == ["127.0.0.1"]


@pytest.mark.parametrize("to", ["http://[::1", "data:,x", "http://x.example.org:99999/", "http://a\x7fb/"])
def test_a_redirect_to_nonsense_is_explained(to: str) -> None:
    with Web() as web:
        result = fetch(web.say("/feed", redirect(to)))
    assert isinstance(result, FetchFailed)
    assert result.kind in (FailureKind.BAD_ADDRESS, FailureKind.BROKEN)
    assert result.reason.endswith(".")


def test_a_resolvable_name_outside_idna_is_fetched() -> None:
    heart = "xn--i-7iq.example.org"
    with Web() as web:
        web.say("/feed", "x")
        assert isinstance(fetch(web.url("/feed", host=heart), heart), Fetched)
        assert web.visits()[0].headers["host"] == f"{heart}:{web.port}"


def test_a_validator_beyond_ascii_is_sent_back_unchanged() -> None:
    values: list[str] = []

    async def tagged(visit: Visit, writer: Writer) -> None:
        values.append(visit.headers.get("if-none-match", ""))
        status = "304 Not Modified" if values[-1] else "200 OK"
        writer.write(f'HTTP/1.1 {status}\r\nContent-Length: 0\r\nETag: "é"\r\nConnection: close\r\n\r\n'.encode())

    with Web() as web:
        url = web.say("/feed", tagged)
        first = fetch(url)
        assert isinstance(first, Fetched)
        assert isinstance(fetch(url, etag=first.etag), Unchanged)
    assert values[1].encode("latin-1").decode() == '"é"'


def test_cookies_are_never_sent() -> None:
    with Web() as web:
        url = web.say("/feed", Reply("x", headers={"Set-Cookie": "who=you; Path=/"}))

        async def visit_twice() -> None:
            async with Client(POLICY) as client:
                await client.fetch(url)
                await client.fetch(url)

        asyncio.run(visit_twice())
        assert all("cookie" not in visit.headers for visit in web.visits())
        assert len(web.visits()) == 2
