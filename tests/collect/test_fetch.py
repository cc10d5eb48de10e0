"""Fetching, against servers that are slow, broken and hostile."""

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import random
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import brotli
import pytest
import trustme
import zstandard

from digest.collect.explain_failure import FailureKind
from digest.collect.fetch import Client, Fetched, FetchFailed, FetchResult, Policy, Unchanged
from tests.web_of_feeds import Handler, Reply, Visit, Web, Writer, hang_up, redirect, silence, write_reply

POLICY = Policy(
    "Digest/test (+https://digest.example.org)", timeout=10, retry_after=0.01, allow_networks=("127.0.0.0/8",)
)


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as serving:
        yield serving


def fetch(url: str, policy: Policy = POLICY, *, tls: ssl.SSLContext | None = None, **options: str) -> FetchResult:
    async def visit() -> FetchResult:
        async with Client(policy, tls=tls, chance=random.Random(1)) as client:
            return await client.fetch(url, **options)

    return asyncio.run(visit())


def fetched(url: str, policy: Policy = POLICY, **options: str) -> Fetched:
    result = fetch(url, policy, **options)
    assert isinstance(result, Fetched), result
    return result


def failed(url: str, policy: Policy = POLICY, *, tls: ssl.SSLContext | None = None) -> FetchFailed:
    result = fetch(url, policy, tls=tls)
    assert isinstance(result, FetchFailed), result
    assert result.reason.endswith(".")
    return result


# --- Saying who we are, and asking only for what is new ---------------------------------------------------------------


def test_the_user_agent_names_the_newsletter_and_a_contact(web: Web) -> None:
    fetched(web.say("/feed", "x"))
    (visit,) = web.visits()
    assert visit.headers["user-agent"] == "Digest/test (+https://digest.example.org)"
    assert "cookie" not in visit.headers


def test_validators_go_back_to_the_server(web: Web) -> None:
    url = web.say("/feed", Reply("x", etag='"v1"', headers={"Last-Modified": "Mon, 18 Mar 2019 08:00:00 GMT"}))
    first = fetched(url)
    assert (first.etag, first.last_modified) == ('"v1"', "Mon, 18 Mar 2019 08:00:00 GMT")
    again = fetch(url, etag=first.etag, last_modified=first.last_modified)
    assert isinstance(again, Unchanged)
    assert web.visits()[1].headers["if-modified-since"] == "Mon, 18 Mar 2019 08:00:00 GMT"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({"Cache-Control": "max-age=600"}, 600),
        ({"Cache-Control": "public, max-age=600", "Age": "100"}, 500),
        ({"Cache-Control": "no-store, max-age=600"}, None),
        ({"Cache-Control": "s-maxage=600"}, None),
        ({}, None),
    ],
)
def test_max_age_is_reported(web: Web, header: dict[str, str], seconds: float | None) -> None:
    assert fetched(web.say("/feed", Reply("x", headers=header))).fresh_for == seconds


def test_a_name_and_password_in_the_address_are_sent_as_a_header_only(web: Web) -> None:
    web.say("/feed", "x")
    fetched(f"http://anna:s%40cret@127.0.0.1:{web.port}/feed#part")
    (visit,) = web.visits()
    assert visit.headers["authorization"] == "Basic YW5uYTpzQGNyZXQ="
    assert visit.target == "/feed"
    assert "@" not in visit.headers["host"]


# --- Redirects --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "remembered"), [(301, True), (308, True), (302, False), (303, False), (307, False)])
def test_only_permanent_redirects_are_remembered(web: Web, status: int, remembered: bool) -> None:
    url = web.say("/old", redirect("/new", status))
    web.say("/new", "x")
    result = fetched(url)
    assert result.final_url == web.url("/new")
    assert result.moved_to == (web.url("/new") if remembered else "")


def test_permanent_redirects_count_up_to_the_first_temporary_one(web: Web) -> None:
    url = web.say("/a", redirect("/b", 301))
    web.say("/b", redirect("/c", 302))
    web.say("/c", redirect("/d", 301))
    web.say("/d", "x")
    result = fetched(url)
    assert (result.moved_to, result.final_url) == (web.url("/b"), web.url("/d"))


def test_redirects_in_a_circle_end(web: Web) -> None:
    url = web.say("/a", redirect("/b"))
    web.say("/b", redirect("/a"))
    assert failed(url).kind is FailureKind.LOOP
    assert len(web.visits()) == 2


def test_redirects_without_end_end(web: Web) -> None:
    for number in range(30):
        web.say(f"/{number}", redirect(f"/{number + 1}"))
    assert failed(web.url("/0")).kind is FailureKind.LOOP
    assert len(web.visits()) < 15


def test_a_304_behind_a_permanent_redirect_keeps_the_new_url(web: Web) -> None:
    url = web.say("/old", redirect("/new"))
    web.say("/new", Reply("x", etag='"1"'))
    result = fetch(url, etag='"1"')
    assert isinstance(result, Unchanged)
    assert result.moved_to == web.url("/new")


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1:70/", "data:,x"])
def test_redirects_lead_only_to_the_web(web: Web, to: str) -> None:
    assert failed(web.say("/a", redirect(to))).kind is FailureKind.BAD_ADDRESS


# --- What goes wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, FailureKind.NOT_FOUND),
        (410, FailureKind.GONE),
        (401, FailureKind.DENIED),
        (403, FailureKind.DENIED),
        (418, FailureKind.STATUS),
        (429, FailureKind.BUSY),
        (500, FailureKind.SERVER),
    ],
)
def test_each_status_has_its_explanation(web: Web, status: int, kind: FailureKind) -> None:
    result = failed(web.say("/feed", Reply("x", status)), replace(POLICY, retries=0))
    assert (result.kind, result.status) == (kind, status)
    assert str(status) in result.reason


def test_only_server_errors_are_tried_again(web: Web) -> None:
    assert fetched(web.say("/flaky", Reply("", 503), Reply("", 502), "x")).content == b"x"
    failed(web.say("/down", Reply("", 500)))
    failed(web.say("/missing", Reply("", 404)))
    failed(web.say("/secret", Reply("", 403)))
    assert [len(web.visits(path)) for path in ("/flaky", "/down", "/missing", "/secret")] == [3, 3, 1, 1]


def test_a_broken_connection_is_tried_again(web: Web) -> None:
    assert fetched(web.say("/feed", hang_up, "x")).content == b"x"
    assert failed(web.say("/never", hang_up)).kind is FailureKind.BROKEN


def test_retry_after_is_waited_for_where_the_deadline_allows(web: Web) -> None:
    assert fetched(web.say("/feed", Reply("", 429, {"Retry-After": "1"}), "x")).content == b"x"
    first, second = web.visits("/feed")
    assert second.at - first.at >= 1


def test_retry_after_beyond_the_deadline_is_reported_at_once(web: Web) -> None:
    result = failed(web.say("/feed", Reply("", 429, {"Retry-After": "3600"})))
    assert result.retry_after == 3600
    assert len(web.visits()) == 1
    now = datetime.now(UTC)
    headers = {"Date": format_datetime(now), "Retry-After": format_datetime(now + timedelta(hours=2))}
    assert failed(web.say("/dated", Reply("", 503, headers))).retry_after == pytest.approx(7200, abs=2)


def test_a_silent_server_ends_at_the_deadline(web: Web) -> None:
    result = failed(web.say("/feed", silence), replace(POLICY, timeout=0.3))
    assert result.kind is FailureKind.TIMEOUT
    assert "0.3 seconds" in result.reason
    assert len(web.visits()) == 1


def test_the_deadline_is_for_the_whole_fetch_not_for_each_read(web: Web) -> None:
    async def drip(_visit: Visit, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    assert failed(web.say("/feed", drip), replace(POLICY, timeout=0.4)).kind is FailureKind.TIMEOUT


def test_the_deadline_covers_redirects_and_retries(web: Web) -> None:
    async def slow(visit: Visit, writer: Writer) -> None:
        await asyncio.sleep(0.15)
        writer.write(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /n%d\r\n\r\n" % len(visit.target * 2))

    for number in range(200):
        web.say(f"/n{number}", slow)
    started = asyncio.new_event_loop().time()
    result = failed(web.say("/feed", slow), replace(POLICY, timeout=0.4))
    assert result.kind in (FailureKind.TIMEOUT, FailureKind.LOOP)
    assert asyncio.new_event_loop().time() - started < 2


def test_a_host_that_does_not_exist_is_reported() -> None:
    async def nobody(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    async def visit() -> FetchResult:
        async with Client(POLICY, resolver=nobody) as client:
            return await client.fetch("http://blog.example.invalid/feed")

    result = asyncio.run(visit())
    assert isinstance(result, FetchFailed)
    assert result.kind is FailureKind.NO_HOST
    assert "blog.example.invalid" in result.reason


def test_a_closed_port_is_reported() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert failed(f"http://127.0.0.1:{port}/").kind is FailureKind.REFUSED


@pytest.mark.parametrize(
    "url", ["", "feed", "ftp://x.org/", "file:///etc/passwd", "http://", "http://[::1", "http://a b/"]
)
def test_an_invalid_url_is_reported(url: str) -> None:
    assert failed(url).kind in (FailureKind.BAD_ADDRESS, FailureKind.NO_HOST)


@pytest.mark.parametrize(
    "response", [b"nonsense\r\n\r\n", b"HTTP/1.1 OK\r\n\r\n", b"\x00" * 5000, b"HTTP/1.1 200 OK\r\nA" * 9000]
)
def test_a_response_that_is_not_http_is_a_failure(web: Web, response: bytes) -> None:
    async def babble(_visit: Visit, writer: Writer) -> None:
        writer.write(response)

    assert failed(web.say("/feed", babble)).kind is FailureKind.BROKEN


# --- Odd servers ------------------------------------------------------------------------------------------------------

FEED = b"<rss><channel><title>A blog</title></channel></rss>"


def raw_reply(*parts: bytes) -> Handler:
    async def answer(_visit: Visit, writer: Writer) -> None:
        writer.write(b"".join(parts))

    return answer


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nX-Served By : web 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno header\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Encoding: none\n\n",
        b"\r\nHTTP/1.1 200 OK\r\nX: " + b"y" * 60_000 + b"\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink : <x>\r\nodd\r\n\r\nHTTP/1.1 200 OK\r\nodd\r\n\r\n",
    ],
    ids=["blank in name", "no header", "line feeds", "large", "interim"],
)
def test_odd_heads_are_read(web: Web, head: bytes) -> None:
    result = fetched(web.say("/feed", raw_reply(head, FEED)))
    assert (result.content, result.broken) == (FEED, False)


def test_head_without_end_is_a_failure_soon(web: Web) -> None:
    async def endless(_visit: Visit, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X: y\r\n" * 10_000)
            await writer.drain()

    assert failed(web.say("/feed", endless), replace(POLICY, retries=0)).kind is FailureKind.BROKEN


@pytest.mark.parametrize(
    ("content", "broken"), [(FEED, False), (FEED + b"\n<!-- cached -->\n", False), (FEED[:-4], True), (b"text", True)]
)
@pytest.mark.parametrize("head", [b"Content-Length: 9999\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"])
def test_broken_off_is_only_what_does_not_end(web: Web, head: bytes, content: bytes, broken: bool) -> None:
    body = b"%x\r\n%s\r\n" % (len(content), content) if b"chunked" in head else content
    result = fetched(web.say("/feed", raw_reply(b"HTTP/1.1 200 OK\r\nETag: 1\r\n", head, body)))
    assert (result.content, result.broken, result.etag) == (content, broken, "" if broken else "1")


def test_whole_gzip_under_a_length_of_the_plain_text_is_whole(web: Web) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9999\r\n\r\n"
    assert not fetched(web.say("/feed", raw_reply(head, gzip.compress(FEED)))).broken


def test_cookie_that_a_redirect_sets_comes_back_in_this_visit_only(web: Web) -> None:
    async def gate(visit: Visit, writer: Writer) -> None:
        passed = "gate=1" in visit.headers.get("cookie", "")
        write_reply(writer, Reply(FEED) if passed else redirect("/feed", 302, {"Set-Cookie": "gate=1; Path=/"}), visit)

    url = web.say("/feed", gate)

    async def visit() -> list[FetchResult]:
        async with Client(POLICY) as client:
            return [await client.fetch(url), await client.fetch(url)]

    results = asyncio.run(visit())
    assert [isinstance(result, Fetched) and result.content for result in results] == [FEED, FEED]
    assert [visit.headers.get("cookie", "") for visit in web.visits("/feed")] == ["", "gate=1", "", "gate=1"]


def test_cookie_need_not_be_ascii(web: Web) -> None:
    async def gate(visit: Visit, writer: Writer) -> None:
        if "cookie" in visit.headers:
            write_reply(writer, Reply(FEED), visit)
        else:
            writer.write(
                b"HTTP/1.1 302 Found\r\nLocation: /feed\r\nSet-Cookie: name=Ren\xe9e\r\nContent-Length: 0\r\n\r\n"
            )

    assert fetched(web.say("/feed", gate)).content == FEED


def test_cookies_do_not_go_to_another_host(web: Web) -> None:
    with Web(address="127.0.0.2") as other:
        url = web.say("/feed", redirect(other.say("/feed", FEED), 302, {"Set-Cookie": "secret=1; Domain=127.0.0.2"}))
        fetched(url)
        assert "cookie" not in other.visits()[0].headers


def test_new_cookie_at_each_hop_does_not_go_on_for_ever(web: Web) -> None:
    hops = iter(range(1000))

    async def again(visit: Visit, writer: Writer) -> None:
        write_reply(writer, redirect("/feed", 302, {"Set-Cookie": f"hop={next(hops)}"}), visit)

    assert failed(web.say("/feed", again)).kind is FailureKind.LOOP
    assert len(web.visits()) < 15


@pytest.mark.parametrize(
    "reply",
    [
        Reply("<html><title>Just a moment...</title></html>", 403, {"Server": "cloudflare"}),
        Reply("x", 403, {"cf-mitigated": "challenge"}),
        Reply("x", 503, {"cf-mitigated": "challenge"}),
        Reply("", 202, {"x-amzn-waf-action": "challenge"}),
        Reply("<html><title>Making sure you&#39;re not a bot!</title></html>"),
        Reply(gzip.compress(b"<title>DDoS-Guard</title>"), 403, {"Content-Encoding": "gzip"}),
        Reply("<html><script src='/_Incapsula_Resource?x'></script></html>", 403),
        Reply("<html><head><script src='/_Incapsula_Resource?x'></script></head><body></body></html>"),
        Reply("<title>You are being redirected...</title><script>s={},sucuri_cloudproxy_js='',S='c'</script>"),
        Reply("<title>Access to this page has been denied</title><div id=px-captcha>", 403),
        Reply("<title>Request Rejected</title>The requested URL was rejected. Your support ID is: 1"),
        Reply("<title>Your access to this site has been limited by the site owner</title>", 503),
        Reply("<title>Checking you are not a bot</title>", 418),
        Reply("<html><script>window.KPSDK={};</script></html>", 429),
    ],
)
def test_challenge_is_called_one_with_what_to_do(web: Web, reply: Reply) -> None:
    result = failed(web.say("/feed", reply))
    assert result.kind is FailureKind.CHALLENGE
    assert "user_agent" in result.reason
    assert len(web.visits()) == 1 + ("cf-mitigated" not in reply.headers and reply.status in (429, 503)) * 2


@pytest.mark.parametrize(
    "content",
    [
        "<html><title>Just a moment in time</title></html>",
        "<rss><channel><title>Just a moment...</title></channel></rss>",
        "<html><title>News</title><script src='/_Incapsula_Resource?x'></script></html>",
        f"<html><script src='/_Incapsula_Resource?x'></script><p>{'The harbour wall is finished. ' * 20}</p></html>",
        "<title>Checking your facts</title>",
        "<rss><channel><item><description>px-captcha and geo.captcha-delivery.com</description></item></channel></rss>",
    ],
)
def test_page_that_only_resembles_a_challenge_is_none(web: Web, content: str) -> None:
    assert fetched(web.say("/page", content)).content == content.encode()


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def serving(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def test_a_valid_certificate_is_accepted(authority: trustme.CA) -> None:
    with Web(tls=serving(authority.issue_cert("127.0.0.1"))) as web:
        assert isinstance(fetch(web.say("/feed", "x"), tls=trusting(authority)), Fetched)


@pytest.mark.parametrize("fault", ["expired", "name", "authority"])
def test_a_bad_certificate_is_explained(authority: trustme.CA, fault: str) -> None:
    long_ago = datetime(2019, 1, 1, tzinfo=UTC)
    certificate, text = {
        "expired": (lambda: authority.issue_cert("127.0.0.1", not_before=long_ago, not_after=long_ago), "expired"),
        "name": (lambda: authority.issue_cert("blog.example.org"), "another name"),
        "authority": (lambda: trustme.CA().issue_cert("127.0.0.1"), "authority"),
    }[fault]
    with Web(tls=serving(certificate())) as web:
        result = failed(web.say("/feed", "x"), tls=trusting(authority))
    assert result.kind is FailureKind.TLS
    assert text in result.reason
    assert not web.visits()


def test_plain_http_on_a_secure_port_is_explained() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            for _ in range(3):
                connection, _ = server.accept()
                with connection:
                    connection.recv(100)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        assert failed(f"https://127.0.0.1:{server.getsockname()[1]}/feed").kind is FailureKind.TLS


def test_a_permanent_redirect_from_https_to_http_is_not_remembered(authority: trustme.CA, web: Web) -> None:
    with Web(tls=serving(authority.issue_cert("127.0.0.1"))) as secure:
        secure.say("/feed", redirect(web.say("/plain", "x")))
        result = fetch(secure.url("/feed"), tls=trusting(authority))
    assert isinstance(result, Fetched)
    assert (result.content, result.moved_to) == (b"x", "")


# --- Sizes and codings ------------------------------------------------------------------------------------------------

TEXT = b"some words, and some words again. " * 400
CODED = {
    "gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "br": brotli.compress(TEXT),
    "zstd": zstandard.compress(TEXT),
    "gzip, br": brotli.compress(gzip.compress(TEXT)),
}


@pytest.mark.parametrize("coding", CODED)
def test_content_codings_are_decoded(web: Web, coding: str) -> None:
    result = fetched(web.say("/feed", Reply(CODED[coding], headers={"Content-Encoding": coding})))
    assert (result.content, result.cut, result.broken) == (TEXT, False, False)


def test_deflate_without_its_header_is_decoded(web: Web) -> None:
    stream = zlib.compressobj(wbits=-15)
    bare = stream.compress(TEXT) + stream.flush()
    assert fetched(web.say("/feed", Reply(bare, headers={"Content-Encoding": "deflate"}))).content == TEXT


SQUEEZED = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstandard.compress}


@pytest.mark.parametrize("coding", SQUEEZED)
def test_a_truncated_gzip_body_gives_its_beginning(web: Web, coding: str) -> None:
    mixed = " ".join(random.Random(1).choices(["gov", "words", "more", "feeds", "posts"], k=60_000)).encode()
    whole = SQUEEZED[coding](mixed)
    result = fetched(web.say("/feed", Reply(whole[: len(whole) // 2], headers={"Content-Encoding": coding})))
    assert result.broken
    assert len(result.content) > 80_000
    assert mixed.startswith(result.content)


def test_several_gzip_members_and_zstd_frames_are_one_body(web: Web) -> None:
    for coding in ("gzip", "zstd"):
        twice = SQUEEZED[coding](TEXT) + SQUEEZED[coding](TEXT)
        assert fetched(web.say("/feed", Reply(twice, headers={"Content-Encoding": coding}))).content == TEXT + TEXT


def test_an_invalid_gzip_body_is_a_failure(web: Web) -> None:
    url = web.say("/feed", Reply(b"this is not gzip", headers={"Content-Encoding": "gzip"}))
    assert failed(url).kind is FailureKind.BROKEN


def test_reads_what_comes_under_an_unknown_coding_as_it_is(web: Web) -> None:
    assert fetched(web.say("/feed", Reply(b"x", headers={"Content-Encoding": "sdch"}))).content == b"x"


def bomb(coding: str) -> bytes:
    """A few kilobytes that become 300 MB."""
    zeros = bytes(1_000_000)
    if coding == "gzip":
        stream = zlib.compressobj(9, wbits=31)
        return b"".join(stream.compress(zeros) for _ in range(300)) + stream.flush()
    if coding == "br":
        squeezer = brotli.Compressor(quality=5)
        return b"".join(squeezer.process(zeros) for _ in range(300)) + squeezer.finish()
    packer = zstandard.ZstdCompressor().compressobj()
    return b"".join(packer.compress(zeros) for _ in range(300)) + packer.flush()


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_a_decompression_bomb_takes_little_memory(web: Web, coding: str) -> None:
    url = web.say("/feed", Reply(bomb(coding), headers={"Content-Encoding": coding}))
    policy = replace(POLICY, max_bytes=1_000_000)
    tracemalloc.start()
    try:
        result = fetched(url, policy)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert result.cut
    assert len(result.content) == 1_000_000
    assert peak < 12_000_000


def test_an_endless_body_is_read_up_to_the_limit(web: Web) -> None:
    async def endless(_visit: Visit, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"2710\r\n" + b"x" * 10_000 + b"\r\n")
            await writer.drain()

    result = fetched(web.say("/feed", endless), replace(POLICY, max_bytes=200_000))
    assert result.cut
    assert len(result.content) == 200_000


def test_a_body_that_breaks_off_is_used_and_its_validators_are_not(web: Web) -> None:
    async def cut(_visit: Visit, writer: Writer) -> None:
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nETag: "1"\r\n\r\nhalf of it')

    result = fetched(web.say("/feed", cut))
    assert (result.content, result.broken, result.etag) == (b"half of it", True, "")


# --- Politeness -------------------------------------------------------------------------------------------------------


def test_fetches_per_host_are_limited(web: Web) -> None:
    async def slow(visit: Visit, writer: Writer) -> None:
        await asyncio.sleep(0.02)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    urls = [web.say(f"/{number}", slow) for number in range(12)]

    async def visit_all() -> None:
        async with Client(replace(POLICY, per_host=3)) as client:
            await asyncio.gather(*(client.fetch(url) for url in urls))

    asyncio.run(visit_all())
    assert len(web.visits()) == 12
    assert web.most_at_once <= 3


def test_waiting_for_a_busy_host_is_not_counted_against_the_deadline(web: Web) -> None:
    async def slow(visit: Visit, writer: Writer) -> None:
        await asyncio.sleep(0.1)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    urls = [web.say(f"/{number}", slow) for number in range(8)]

    async def visit_all() -> list[FetchResult]:
        async with Client(replace(POLICY, per_host=1, timeout=0.5)) as client:
            return list(await asyncio.gather(*(client.fetch(url) for url in urls)))

    assert all(isinstance(result, Fetched) for result in asyncio.run(visit_all()))


def test_fetches_of_a_public_host_are_spaced(web: Web) -> None:
    async def resolve_here(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    urls = [web.url(f"/{number}", host="blog.example.org") for number in range(4)]

    async def visit_all() -> None:
        async with Client(replace(POLICY, spacing=0.1), resolver=resolve_here) as client:
            await asyncio.gather(*(client.fetch(url) for url in urls))

    asyncio.run(visit_all())
    times = sorted(visit.at for visit in web.visits())
    assert all(after - before > 0.08 for before, after in pairwise(times))


def test_fetches_of_allowed_private_hosts_are_not_spaced(web: Web) -> None:
    async def visit_all() -> None:
        async with Client(replace(POLICY, spacing=60)) as client:
            await asyncio.gather(*(client.fetch(web.say(f"/{number}", "x")) for number in range(4)))

    asyncio.run(visit_all())
    assert len(web.visits()) == 4


def test_loopback_is_forbidden_unless_allowed() -> None:
    assert ipaddress.ip_address("127.0.0.1").is_loopback
    assert failed("http://127.0.0.1:9/", replace(POLICY, allow_networks=())).kind is FailureKind.FORBIDDEN


# --- Connections kept open --------------------------------------------------------------------------------------------


async def several(_visit: Visit, writer: Writer) -> None:
    """Answers, and keeps the connection open for the next request, which it then drops."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
    await writer.drain()


def test_a_closed_idle_connection_is_replaced(web: Web) -> None:
    urls = [web.say(f"/{number}", several) for number in range(5)]

    async def visit_all() -> list[FetchResult]:
        async with Client(replace(POLICY, retries=0)) as client:
            return [await client.fetch(url) for url in urls]

    assert all(isinstance(result, Fetched) for result in asyncio.run(visit_all()))
    assert len(web.visits()) == 5


def test_one_connection_serves_several_fetches() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connections = []

        def answer() -> None:
            connection, _ = server.accept()
            connections.append(connection)
            for _ in range(3):
                connection.recv(10_000)
                connection.sendall(b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/feed"

        async def visit_all() -> list[FetchResult]:
            async with Client(replace(POLICY, retries=0)) as client:
                return [await client.fetch(url) for _ in range(3)]

        assert all(isinstance(result, Unchanged) for result in asyncio.run(visit_all()))
        for connection in connections:
            connection.close()


def test_the_rest_of_a_cut_response_is_not_read_as_the_next(web: Web) -> None:
    async def long(_visit: Visit, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n" + b"x" * 500_000)

    urls = [web.say("/long", long), web.say("/next", "next")]

    async def visit_both() -> list[FetchResult]:
        async with Client(replace(POLICY, max_bytes=1000, retries=0)) as client:
            return [await client.fetch(url) for url in urls]

    first, second = asyncio.run(visit_both())
    assert isinstance(first, Fetched)
    assert isinstance(second, Fetched)
    assert (first.cut, second.content) == (True, b"next")


def test_a_look_sends_head(web: Web) -> None:
    """Also where a server sends one all the same: it must not be taken for its next answer."""
    web.say("/a", Reply("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", headers={"Content-Encoding": "gzip"}))
    web.say("/b", redirect("/a", 302))

    async def looks() -> list[FetchResult]:
        async with Client(POLICY) as client:
            return [await client.look(web.url(path)) for path in ("/a", "/a", "/b", "/none")]

    first, second, moved, none = asyncio.run(looks())
    assert isinstance(first, Fetched)
    assert first.content == b""
    assert second == first
    assert isinstance(moved, Fetched)
    assert moved.final_url == web.url("/a")
    assert isinstance(none, FetchFailed)
    assert none.kind is FailureKind.NOT_FOUND
    assert {visit.method for visit in web.visits()} == {"HEAD"}


def test_an_interim_response_is_skipped(web: Web) -> None:
    async def hints(_visit: Visit, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")

    assert fetched(web.say("/feed", hints)).content == b"x"


def test_urls_beyond_ascii_are_requested_in_ascii(web: Web) -> None:
    async def resolve_here(host: str, _port: int) -> list[str]:
        assert host == "xn--caf-dma.example.org"
        return ["127.0.0.1"]

    async def visit() -> FetchResult:
        async with Client(POLICY, resolver=resolve_here) as client:
            return await client.fetch(web.url("/é?ü=ß", host="café.example.org"))

    web.say("/%C3%A9", "x")
    assert isinstance(asyncio.run(visit()), Fetched)
    (request,) = web.visits()
    assert request.target == "/%C3%A9?%C3%BC=%C3%9F"
    assert request.headers["host"] == f"xn--caf-dma.example.org:{web.port}"


def test_a_location_in_raw_utf8_is_followed(web: Web) -> None:
    async def moved(_visit: Visit, writer: Writer) -> None:
        writer.write("HTTP/1.1 301 Moved\r\nContent-Length: 0\r\nConnection: close\r\nLocation: /é\r\n\r\n".encode())

    web.say("/%C3%A9", "x")
    assert fetched(web.say("/feed", moved)).content == b"x"


# --- Bodies made to keep us busy --------------------------------------------------------------------------------------


def _chunked(chunk: bytes, times: int, *, before: bytes = b"") -> Reply:
    async def send(_visit: Visit, writer: Writer) -> None:
        writer.write(before + b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        writer.write((b"%x\r\n%s\r\n" % (len(chunk), chunk)) * times + b"0\r\n\r\n")
        await writer.drain()

    return send  # type: ignore[return-value]  # a handler


def test_chunks_of_a_byte_do_not_starve_other_visits(web: Web) -> None:
    url = web.say("/bytes", _chunked(b"x", 1_000_000))

    async def visit() -> tuple[FetchResult, float]:
        longest, before = 0.0, time.process_time()
        async with Client(POLICY) as client:
            task = asyncio.create_task(client.fetch(url))
            while not task.done():
                await asyncio.sleep(0)
                longest, before = max(longest, time.process_time() - before), time.process_time()
            return await task, longest

    started = time.process_time()
    result, longest = asyncio.run(visit())
    assert time.process_time() - started < 5
    assert longest < 0.5
    assert isinstance(result, Fetched)
    assert result.broken


def test_many_small_chunks_of_an_honest_server_are_read_whole(web: Web) -> None:
    line = b"<p>One line that the server sends as soon as it has it, as some do.</p>\n"
    assert fetched(web.say("/lines", _chunked(line, 20_000))).content == line * 20_000


def test_endless_interim_responses_are_no_response(web: Web) -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    assert fetched(web.say("/few", _chunked(b"content", 1, before=interim * 3))).content == b"content"
    assert failed(web.say("/many", _chunked(b"content", 1, before=interim * 30))).kind is FailureKind.BROKEN


def test_members_in_members_do_not_freeze_other_visits(web: Web) -> None:
    raw = gzip.compress(gzip.compress(b"", mtime=0) * 500_000)
    started = time.process_time()
    fetched(web.say("/", Reply(raw, headers={"Content-Encoding": "gzip, gzip"})))
    assert time.process_time() - started < 2


@pytest.mark.parametrize("value", ["Fri, 31 Dec 9999 23:59:59 -1200", "9" * 300])
def test_impossible_retry_after_is_a_failure_like_others(web: Web, value: str) -> None:
    failure = failed(web.say("/", Reply("", 503, headers={"Retry-After": value})))
    assert failure.kind is FailureKind.SERVER
