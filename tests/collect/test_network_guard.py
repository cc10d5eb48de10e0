"""Nobody makes the digest visit the operator's own machines: not by address, by name, by redirect or by DNS."""

from __future__ import annotations

import asyncio
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.collect.explain_failure import FailureKind
from digest.collect.fetch import Client, Fetched, FetchFailed, FetchResult, Policy
from digest.collect.network_guard import NetworkGuard
from tests.web_of_feeds import Web, redirect

STRICT = Policy("Digest/test", timeout=5, retries=0)

PRIVATE = [
    *("127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254"),
    *("100.64.0.1", "100.127.255.254", "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.250", "240.0.0.1"),
    *("255.255.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "192.88.99.1"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1"),
    *("100::1", "::127.0.0.1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:7f00:1", "3fff::1"),
    *("::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::a00:1", "2002:7f00:1::"),
    *("2002:a00:1::", "2002:c0a8:101::1", "2001:0:53aa:64c:0:0:80ff:fffe", "2001:2::1", "4000::1"),
]
PUBLIC = [
    *("8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "::ffff:8.8.8.8"),
    *("2606:4700::1111", "2a00:1450:4009::200e"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_networks_are_refused(address: str) -> None:
    assert not NetworkGuard().allows(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_networks_are_allowed(address: str) -> None:
    assert NetworkGuard().allows(address)


@pytest.mark.parametrize("nonsense", ["", "localhost", "1.2.3", "0x7f.1", "2130706433", "1.2.3.4.5", "[::1]", ":::"])
def test_an_invalid_ip_is_refused(nonsense: str) -> None:
    assert not NetworkGuard(["0.0.0.0/0", "::/0"]).allows(nonsense)


def test_a_network_of_the_operator_is_allowed_and_no_other() -> None:
    guard = NetworkGuard(["10.1.0.0/16", "fd00::/8"])
    assert guard.allows("10.1.2.3")
    assert guard.allows("::ffff:10.1.2.3")
    assert guard.allows("fd00::5")
    assert not guard.allows("10.2.0.1")
    assert not guard.allows("127.0.0.1")


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_embedded_in_ipv6_is_judged_alike(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    plain = NetworkGuard().allows(str(address))
    assert NetworkGuard().allows(f"::ffff:{address}") == plain
    assert NetworkGuard().allows(str(ipaddress.IPv6Address((0x64FF9B << 96) | number))) == plain
    assert NetworkGuard().allows(str(ipaddress.IPv6Address((0x2002 << 112) | number << 80))) == plain


@given(st.ip_addresses(v=6))
def test_no_ipv6_address_outside_global_unicast_is_allowed(address: ipaddress.IPv6Address) -> None:
    if NetworkGuard().allows(str(address)) and address.ipv4_mapped is None and not str(address).startswith("64:ff9b:"):
        assert address in ipaddress.ip_network("2000::/3")


# --- On the wire ------------------------------------------------------------------------------------------------------


def fetch(url: str, policy: Policy = STRICT) -> FetchResult:
    async def visit() -> FetchResult:
        async with Client(policy) as client:
            return await client.fetch(url)

    return asyncio.run(visit())


SPELLINGS = ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.1", "0",
             "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "127.0.0.1.", "LOCALHOST",
             "①②⑦.⓪.⓪.①", "127。0。0。1"]  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_loopback_reaches_it(host: str) -> None:
    with Web() as web:
        web.say("/feed", "secret")
        result = fetch(f"http://{host}:{web.port}/feed")
        assert isinstance(result, FetchFailed)
        assert result.kind in (FailureKind.FORBIDDEN, FailureKind.NO_HOST, FailureKind.BAD_ADDRESS)
        assert not web.visits()


def test_the_error_says_how_to_allow_the_network() -> None:
    result = fetch("http://127.0.0.1:9/feed")
    assert isinstance(result, FetchFailed)
    assert "allow_networks" in result.reason


def test_a_redirect_into_a_private_network_is_refused() -> None:
    with Web(address="127.0.0.2") as outside, Web() as inside:
        inside.say("/admin", "secret")
        url = outside.say("/feed", redirect(inside.url("/admin"), 302))
        result = fetch(url, Policy("Digest/test", retries=0, allow_networks=("127.0.0.2/32",)))
        assert isinstance(result, FetchFailed)
        assert result.kind is FailureKind.FORBIDDEN
        assert outside.visits()
        assert not inside.visits()


class Rebinding:
    """A name server that gives a public address first and a private one ever after."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.calls = 0

    async def __call__(self, _host: str, _port: int) -> list[str]:
        self.calls += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def test_a_name_is_resolved_once_and_that_ip_is_connected_to() -> None:
    """DNS rebinding: the second look-up, which would lead inside, never happens for one connection."""
    with Web(address="127.0.0.2") as outside, Web() as inside:
        outside.say("/feed", "fine")
        resolver = Rebinding(["127.0.0.2"], ["127.0.0.1"])
        policy = Policy("Digest/test", retries=0, allow_networks=("127.0.0.2/32",))

        async def visit() -> list[FetchResult]:
            async with Client(policy, resolver=resolver) as client:
                url = outside.url("/feed", host="blog.example.org")
                return [await client.fetch(url), await client.fetch(url)]

        first, second = asyncio.run(visit())
        assert isinstance(first, Fetched)
        assert isinstance(second, FetchFailed)
        assert second.kind is FailureKind.FORBIDDEN
        assert resolver.calls == 2
        assert not inside.visits()


def test_of_several_resolved_addresses_only_allowed_ones_are_tried() -> None:
    with Web(address="127.0.0.2") as outside, Web() as inside:
        outside.say("/feed", "fine")
        policy = Policy("Digest/test", retries=0, allow_networks=("127.0.0.2/32",))

        async def visit() -> FetchResult:
            async with Client(policy, resolver=Rebinding(["127.0.0.1", "127.0.0.2"])) as client:
                return await client.fetch(outside.url("/feed", host="blog.example.org"))

        assert isinstance(asyncio.run(visit()), Fetched)
        assert not inside.visits()


def test_the_next_ip_is_tried_if_one_cannot_be_reached() -> None:
    with Web() as web:
        web.say("/feed", "fine")
        policy = Policy("Digest/test", retries=0, allow_networks=("127.0.0.0/8",))

        async def visit() -> FetchResult:
            async with Client(policy, resolver=Rebinding(["127.0.0.99", "127.0.0.1"])) as client:
                return await client.fetch(web.url("/feed", host="blog.example.org"))

        assert isinstance(asyncio.run(visit()), Fetched)


def test_proxy_variables_do_not_bypass_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    with Web() as proxy:
        proxy.say("/feed", "secret")
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url())
        result = fetch("http://127.0.0.1:9/feed")
        assert isinstance(result, FetchFailed)
        assert not proxy.visits()
