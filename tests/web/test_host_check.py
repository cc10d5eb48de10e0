"""Only requests to the known host names are answered."""

from __future__ import annotations

import asyncio
import re
from collections.abc import MutableMapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.web.host_check import HostCheck
from tests.web.small_app import INNER, fetch, run


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
