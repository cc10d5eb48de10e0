"""What stands in front of every page."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import MutableMapping
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest.web.body_limit import BodyLimit
from digest.web.form_tokens import FormTokens, is_same_origin
from digest.web.host_check import HostCheck
from digest.web.security_headers import SecurityHeaders, mail_policy
from tests.web.desk_server import ServedDesk


async def echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def own_policy(request: Request) -> Response:
    del request
    return PlainTextResponse("x", headers={"Content-Security-Policy": "sandbox"})


INNER = Starlette(routes=[Route("/", echo, methods=["GET", "POST"]), Route("/own", own_policy)])


async def fetch(app: object, method: str = "GET", path: str = "/", **options: object) -> httpx.Response:
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type] # any ASGI application
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        return await client.request(method, path, **options)  # type: ignore[arg-type]


def run(coroutine: object) -> httpx.Response:
    return asyncio.run(coroutine)  # type: ignore[arg-type]


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30))
def test_only_known_hosts_are_accepted(host: str) -> None:
    hosts = {"127.0.0.1", "localhost", "::1"}
    if run(fetch(HostCheck(INNER, hosts=hosts), headers={"Host": host})).status_code == 200:
        assert re.fullmatch(r"(127\.0\.0\.1|localhost|\[::1\])(:\d*)?", host.lower())


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:80", 200),
        ("[::1]:8025", 200),
        ("localhost@evil.example", 421),
        ("evil.example/localhost", 421),
        ("localhost:99999999", 421),
        ("localhost.", 421),
        ("localhost#x", 421),
        ("localhost?x", 421),
        ("localhost,evil.example", 421),
        ("localhost:80@evil.example", 421),
        ("[::1", 421),
        ("", 421),
    ],
)
def test_valid_and_invalid_host_headers(host: str, status: int) -> None:
    assert run(fetch(HostCheck(INNER, hosts=["localhost", "[::1]"]), headers={"Host": host})).status_code == status


@pytest.mark.parametrize("hosts", [[], ["localhost", "evil.example"], ["evil.example", "localhost"]])
def test_rejects_any_number_of_host_headers_but_one(hosts: list[str]) -> None:
    messages: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        messages.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", host.encode()) for host in hosts]}
    asyncio.run(HostCheck(INNER, hosts=["localhost"])(scope, receive, send))
    assert messages[0]["status"] == 421


def test_a_body_with_too_large_a_length_is_rejected_unread() -> None:
    app = BodyLimit(INNER, max_bytes=10)
    assert run(fetch(app, "POST", content=b"x" * 10)).text == "10"
    assert run(fetch(app, "POST", content=b"x" * 11)).status_code == 413
    assert run(fetch(app, "POST", headers={"Content-Length": "nonsense"})).status_code == 413


def test_a_body_without_length_is_limited(still_desk: ServedDesk) -> None:
    """Chunks over a raw socket, to the real server."""
    host, _, port = still_desk.url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        head = f"POST /editions/x/skip HTTP/1.1\r\nHost: {host}:{port}\r\nTransfer-Encoding: chunked\r\n"
        connection.sendall(head.encode() + b"Content-Type: application/x-www-form-urlencoded\r\n\r\n")
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        try:
            for _ in range(40):
                connection.sendall(chunk)
        except OSError:
            pass  # it has hung up, as it may
        assert b" 413 " in connection.recv(64)


def test_headers_are_added_unless_a_page_has_its_own_policy() -> None:
    app = SecurityHeaders(INNER)
    assert "default-src 'none'" in run(fetch(app)).headers["content-security-policy"]
    assert run(fetch(app, path="/own")).headers["content-security-policy"] == "sandbox"
    assert run(fetch(app)).headers["cache-control"] == "no-store"


def test_the_content_security_policy_of_a_mail() -> None:
    assert "img-src 'none'" in mail_policy()
    assert "img-src 'self' data: https://digest.example" in mail_policy(images=["https://digest.example"])
    assert "script" not in mail_policy(images=[]).replace("allow-scripts", "script")


@pytest.mark.parametrize(
    ("headers", "same_origin"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://desk:1", "host": "desk:1"}, False),
        ({"origin": "http://desk:1", "host": "desk:1"}, True),
        ({"origin": "http://desk:2", "host": "desk:1"}, False),
        ({"origin": "null", "host": "desk:1"}, False),
    ],
)
def test_same_origin_is_read_from_the_headers(headers: dict[str, str], same_origin: bool) -> None:
    assert is_same_origin(headers) is same_origin


def test_a_token_is_valid_only_for_its_visitor_and_key() -> None:
    forms, others = FormTokens(b"key", cookie="v"), FormTokens(b"other", cookie="v")

    def request(cookie: str) -> Request:
        return Request({"type": "http", "headers": [(b"cookie", f"v={cookie}".encode())]})

    visitor = forms.visitor(Request({"type": "http", "headers": []}))
    assert forms.visitor(request(visitor)) == visitor
    assert forms.visitor(request("short")) != "short"
    assert forms.is_genuine(request(visitor), forms.token(visitor))
    assert not forms.is_genuine(request(visitor), others.token(visitor))
    assert not forms.is_genuine(request(forms.visitor(request(""))), forms.token(visitor))
    assert not forms.is_genuine(Request({"type": "http", "headers": []}), forms.token(""))
