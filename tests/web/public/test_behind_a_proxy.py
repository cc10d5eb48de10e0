"""Who is believed about where a subscriber comes from: the real server, asked from addresses of its own on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from digest.errors import UsageError
from digest.web.public.request_pace import PaceLimits, RequestPace
from digest.web.public.serve import PublicServer
from tests.loopback import NO_CERTIFICATES
from tests.web.public_server import ServedPages, serve_pages, serving_pages

PROXY, STRANGER = "127.0.0.1", "127.0.0.2"
MANY = 5  # subscriptions of a network in an hour that nobody confirms


def few() -> RequestPace:
    return RequestPace(PaceLimits(most=MANY))


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[ServedPages]:
    with serve_pages(tmp_path, public_url="https://digest.example.org", proxies=PROXY, pace=few()) as served_pages:
        yield served_pages


@contextmanager
def peer(pages: ServedPages, address: str) -> Iterator[httpx.Client]:
    """A client whose connections come from this address of the machine."""
    transport = httpx.HTTPTransport(local_address=address)
    with httpx.Client(base_url=pages.url, transport=transport, timeout=30, verify=NO_CERTIFICATES) as client:
        yield client


def ask(client: httpx.Client, name: str, **headers: str) -> int:
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/subscribe", data={"email": f"{name}@{name}.example"}, headers=said).status_code


def test_forged_forwarded_headers_do_not_evade_the_rate_limit(pages: ServedPages) -> None:
    with peer(pages, STRANGER) as stranger:
        codes = [
            ask(
                stranger,
                f"r{number}",
                X_Forwarded_For=f"203.0.{number}.1",
                Forwarded=f"for=203.0.{number}.1",
                X_Real_IP=f"203.0.{number}.1",
            )
            for number in range(MANY + 2)
        ]
    assert codes == [200] * MANY + [429] * 2
    (line,) = pages.history("r0@r0.example")
    assert line.origin == "127.0.0.0/24"


def test_behind_a_trusted_proxy_clients_are_counted_separately(pages: ServedPages) -> None:
    with peer(pages, PROXY) as proxy:
        codes = [ask(proxy, f"ada{number}", X_Forwarded_For="198.51.100.7") for number in range(MANY + 1)]
        assert codes == [200] * MANY + [429]
        assert ask(proxy, "bo", X_Forwarded_For="203.0.113.9") == 200
        # The client's entries come before the proxy's, and `Forwarded` is never read.
        for number in range(3):
            assert ask(proxy, f"cy{number}", X_Forwarded_For=f"192.0.2.{number}, 198.51.100.7") == 429
            assert ask(proxy, f"di{number}", X_Forwarded_For="198.51.100.7", Forwarded=f"for=8.8.{number}.8") == 429
        twice = [("X-Forwarded-For", "192.0.2.99"), ("X-Forwarded-For", "198.51.100.8")]
        answer = proxy.post("/subscribe", data={"email": "ed@reader.example"}, headers=twice)
        assert answer.status_code == 429, "a network counts, not each of its machines"
    (line,) = pages.history("bo@bo.example")
    assert line.origin == "203.0.113.0/24"


def test_a_proxy_without_forwarded_headers(pages: ServedPages) -> None:
    with peer(pages, PROXY) as proxy:
        assert [ask(proxy, f"r{number}") for number in range(MANY + 1)] == [200] * MANY + [429]


@pytest.mark.parametrize(
    ("address", "scheme", "promised"),
    [(PROXY, "https", True), (PROXY, "http", False), (PROXY, "", False), (STRANGER, "https", False)],
)
def test_hsts_goes_over_https_only(pages: ServedPages, address: str, scheme: str, promised: bool) -> None:
    with peer(pages, address) as client:
        for path in ("/subscribe", "/nowhere", "/archive/style.css"):
            answer = client.get(path, headers={"X-Forwarded-Proto": scheme} if scheme else {})
            assert ("strict-transport-security" in answer.headers) is promised


def test_no_hsts_where_the_pages_are_not_on_https(tmp_path: Path) -> None:
    with serve_pages(tmp_path) as pages, peer(pages, PROXY) as client:
        answer = client.get("/subscribe", headers={"X-Forwarded-Proto": "https"})
        assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize("proxies", ["*", "proxy.example", "127.0.0.1,10.0.0.1/8", "127.0.0.1;10.0.0.1"])
def test_rejects_proxies_that_are_not_ip_addresses(pages: ServedPages, proxies: str) -> None:
    with pytest.raises(UsageError, match="is not an IP address or network"):
        PublicServer(pages.context, port=0, proxies=proxies)


def test_without_trusted_proxies_forwarded_headers_are_ignored(tmp_path: Path) -> None:
    with serve_pages(tmp_path, proxies="", pace=few()) as pages, peer(pages, PROXY) as client:
        codes = [ask(client, f"r{number}", X_Forwarded_For=f"203.0.{number}.1") for number in range(MANY + 1)]
        assert codes == [200] * MANY + [429]


def test_by_default_not_even_loopback_is_a_trusted_proxy(pages: ServedPages, caplog: pytest.LogCaptureFixture) -> None:
    server = PublicServer(pages.context, port=0, pace=few())
    with serving_pages(server), httpx.Client(base_url=server.url, timeout=30, verify=NO_CERTIFICATES) as client:
        codes = [ask(client, f"r{number}", X_Forwarded_For=f"203.0.{number}.1") for number in range(MANY + 1)]
    assert codes == [200] * MANY + [429]
    (line,) = [one for one in caplog.messages if "X-Forwarded-For" in one]
    assert "`digest public --proxies 127.0.0.1`" in line


def test_a_named_proxy_is_not_warned_about(pages: ServedPages, caplog: pytest.LogCaptureFixture) -> None:
    with peer(pages, PROXY) as proxy:
        ask(proxy, "ada", X_Forwarded_For="192.168.3.4, 198.51.100.7")
        ask(proxy, "bo")
    assert not any("X-Forwarded-For" in one for one in caplog.messages)
