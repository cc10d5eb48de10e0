"""Fetching from a web that may be slow, broken or hostile, with httpx over a transport that is guarded.

    url ─guard▶ address ─turn▶ request ─▶ 301/308 302/303/307: next hop │ 304: Unchanged │ 2xx: Fetched │ FetchFailed
                                          429, 5xx, network: again, with jitter, within the same deadline

The deadline is for the whole fetch with its redirects and retries, but not for waiting in the queue of a host. What
comes in is limited before and after decompression. Failures are values.
"""

from __future__ import annotations

import asyncio
import logging
import random
import re
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from types import TracebackType
from typing import Self

import certifi
import httpx

from digest.collect import explain_failure
from digest.collect.challenges import is_challenge
from digest.collect.content_decoding import ACCEPT_ENCODING, Decoded, TooManyCodingsError, decode, is_coded
from digest.collect.explain_failure import FailureKind
from digest.collect.guarded_transport import (
    BadAddressError,
    GuardedTransport,
    Resolver,
    TransportError,
    ascii_host,
    origin_of,
    request_for,
    system_resolver,
)
from digest.collect.host_pacing import Hosts
from digest.collect.network_guard import NetworkGuard
from digest.collect.response_headers import content_length, fresh_for, retry_after
from digest.collect.urls import absolute, with_ascii_host
from digest.collect.visit_cookies import VisitCookies

LOG = logging.getLogger(__name__)

FEEDS = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.8"
PAGES = "text/html, application/xhtml+xml;q=0.9, */*;q=0.8"
REDIRECTS = 8
_EACH_ADDRESS = 5.0  # seconds for one address of a host, where there is another one to try
_PERMANENT, _TEMPORARY = (301, 308), (302, 303, 307)


@dataclass(frozen=True, slots=True)
class Policy:
    """How the web is visited. Times are in seconds, sizes in bytes."""

    user_agent: str
    timeout: float = 30.0
    max_bytes: int = 10_000_000
    concurrency: int = 16
    per_host: int = 2
    spacing: float = 0.2
    retries: int = 2
    retry_after: float = 0.5  # before the first retry; doubled for each further one, with jitter
    allow_networks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fetched:
    url: str  # asked for
    final_url: str  # after redirects
    content: bytes  # decompressed
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""
    moved_to: str = ""  # where only permanent redirects led
    fresh_for: float | None = None  # seconds for which the server says that asking again is of no use
    cut: bool = False  # there was more than max_bytes
    link: str = ""  # the Link headers
    broken: bool = False  # the connection or the compression ended before the content did
    length: int = 0  # bytes of the whole, as the server says, where there was more than max_bytes; 0 where it does not


@dataclass(frozen=True, slots=True)
class Unchanged:
    url: str
    moved_to: str = ""
    fresh_for: float | None = None


@dataclass(frozen=True, slots=True)
class FetchFailed:
    url: str
    kind: FailureKind
    reason: str  # for people
    status: int = 0
    retry_after: float | None = None  # seconds, where the server named a time


FetchResult = Fetched | Unchanged | FetchFailed


@dataclass(frozen=True, slots=True)
class _Answer:
    """One response, read to its end or to the limit."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    raw: bytes  # as it came, not decompressed
    cut: bool  # there was more than the limit
    broken: bool  # the connection ended before the body did


@cache
def public_tls() -> ssl.SSLContext:
    """Trust in the authorities that this machine trusts, and in the public ones. Read from their files once."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class Client:
    """Fetches under one policy; use it as an async context manager, one per run."""

    def __init__(
        self,
        policy: Policy,
        *,
        resolver: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self.policy = policy
        self._guard = NetworkGuard(policy.allow_networks)
        self.hosts = Hosts(total=policy.concurrency, per_host=policy.per_host, spacing=policy.spacing)
        self._chance = chance or random.Random()  # noqa: S311 - jitter, not a secret
        self._look_ups = ThreadPoolExecutor(policy.concurrency, thread_name_prefix="digest-names")
        look_up = resolver or system_resolver(self._look_ups)
        # Without httpx's client: redirects, cookies and deadlines are a visit's own here, so it would only take time.
        self.transport = GuardedTransport(self._guard, look_up, (lambda: tls) if tls else public_tls)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.transport.aclose()
        self._look_ups.shutdown(wait=False, cancel_futures=True)

    async def fetch(
        self, url: str, *, etag: str = "", last_modified: str = "", accept: str = FEEDS, limit: int = 0
    ) -> FetchResult:
        """Visit an address, whatever happens on the way. `limit` is in bytes, at most the policy's."""
        headers = {"User-Agent": self.policy.user_agent, "Accept": accept, "Accept-Encoding": ACCEPT_ENCODING}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        limit = min(limit or self.policy.max_bytes, self.policy.max_bytes)
        return await self._result(_Visit(self, url, httpx.Headers(headers, encoding="utf-8"), limit))

    async def look(self, url: str) -> FetchResult:
        """Ask whether there is anything at an address (HEAD): as `fetch`, but the result has no content."""
        # Closed afterwards: servers that send a body all the same must not have it taken for their next answer.
        headers = {"User-Agent": self.policy.user_agent, "Accept": PAGES, "Connection": "close"}
        return await self._result(_Visit(self, url, httpx.Headers(headers, encoding="utf-8"), 0, "HEAD"))

    async def _result(self, visit: _Visit) -> FetchResult:
        """Whatever a server makes us raise is this address's failure, and no other's."""
        try:
            return await visit.run()
        except Exception as error:  # nobody has foreseen it, and other addresses are being visited
            LOG.exception("Visiting an address failed unexpectedly.")
            return FetchFailed(visit.url, FailureKind.BROKEN, explain_failure.unforeseen(error))

    def slow_down(self, url: str, seconds: float) -> None:
        """Keep at least so many seconds between visits to the host of `url`, as its robots.txt asks."""
        place = httpx.URL(with_ascii_host(url))
        self.hosts.slow_down(origin_of(place), seconds, own=self.is_own(ascii_host(place)))

    def is_own(self, host: str) -> bool:
        """Whether a host is plainly one of the operator's own machines."""
        return self._guard.is_own("127.0.0.1" if host == "localhost" else host)


class _Visit:
    """One fetch: its deadline, its hops, its retries."""

    def __init__(self, client: Client, url: str, headers: httpx.Headers, limit: int, method: str = "GET") -> None:
        self.client = client
        self.method = method
        self.policy = client.policy
        self.url = url
        self.headers = headers
        self.limit = limit
        self.left = self.policy.timeout
        self.moved_to = ""
        self.only_permanent = True
        self.cookies = VisitCookies()

    async def run(self) -> FetchResult:
        here, stops = absolute(self.url), set[tuple[str, str]]()
        if not here:
            return FetchFailed(self.url, FailureKind.BAD_ADDRESS, explain_failure.bad_address(self.url))
        while True:
            # Some servers set a cookie and send back to the same address.
            stop = (here, self.cookies.header(here))
            if stop in stops or len(stops) > REDIRECTS:
                return FetchFailed(self.url, FailureKind.LOOP, explain_failure.loop(_host(here)))
            stops.add(stop)
            answer = await self.visit(here)
            if isinstance(answer, FetchFailed):
                return answer
            location = answer.headers.get("location", "")
            if answer.status in (*_PERMANENT, *_TEMPORARY) and location:
                following = absolute(location, here)
                if not following:
                    return FetchFailed(
                        self.url, FailureKind.BAD_ADDRESS, explain_failure.bad_address(location), answer.status
                    )
                self.hop(answer.status, here, following)
                here = following
                continue
            return await self.result(here, answer)

    def hop(self, status: int, here: str, following: str) -> None:
        self.only_permanent = self.only_permanent and status in _PERMANENT
        # A permanent move that drops the encryption is not one to remember.
        if self.only_permanent and not (here.startswith("https:") and following.startswith("http:")):
            self.moved_to = following if following != absolute(self.url) else ""
        else:
            self.only_permanent = False

    async def visit(self, here: str) -> _Answer | FetchFailed:
        """One address, tried again after failures that may pass."""
        for attempt in range(self.policy.retries + 1):
            answer = await self.once(here)
            wait = self.pause(answer, attempt)
            if wait is None or attempt == self.policy.retries or wait >= self.left:
                break
            self.left -= wait
            await asyncio.sleep(wait)
        return answer

    def pause(self, answer: _Answer | FetchFailed, attempt: int) -> float | None:
        """Seconds before the next try; None where it would be of no use."""
        wait: float = self.policy.retry_after * 2.0**attempt * self.client._chance.uniform(0.5, 1.5)
        if isinstance(answer, FetchFailed):
            return wait if answer.kind in (FailureKind.REFUSED, FailureKind.NAME_SERVER, FailureKind.BROKEN) else None
        if answer.broken:
            return wait
        if is_challenge(answer.status, answer.headers, b""):
            return None
        if answer.status in (429, 500, 502, 503, 504):
            return max(wait, retry_after(answer.headers) or 0.0)
        return None

    async def once(self, here: str) -> _Answer | FetchFailed:
        try:
            request = request_for(here, self.headers, self.method, _EACH_ADDRESS)
            if cookies := self.cookies.header(here):
                request.headers["Cookie"] = cookies
        except BadAddressError:
            return FetchFailed(self.url, FailureKind.BAD_ADDRESS, explain_failure.bad_address(here))
        client, host = self.client, ascii_host(request.url)
        async with client.hosts.turn(origin_of(request.url), own=client.is_own(host)):
            loop = asyncio.get_running_loop()
            started = loop.time()
            try:
                async with asyncio.timeout(max(0.0, self.left)):
                    return await self.ask(request)
            except TimeoutError:
                return FetchFailed(self.url, FailureKind.TIMEOUT, explain_failure.timeout(host, self.policy.timeout))
            except TransportError as error:
                return FetchFailed(self.url, *explain_failure.transport_failure(error, host, here))
            finally:
                self.left -= loop.time() - started

    async def ask(self, request: httpx.Request) -> _Answer:
        """Send, and read about `limit` bytes of the body, or what came before a break. Raises TransportError."""
        response = await self.client.transport.handle_async_request(request)
        body = response.stream
        assert isinstance(body, httpx.AsyncByteStream)
        self.cookies.take(str(request.url), response.headers)
        raw, broken = bytearray(), False
        try:
            async for part in body:
                raw += part
                if len(raw) > self.limit:
                    break
        except TransportError:
            broken = True
        finally:
            await body.aclose()
        headers = dict(response.headers.items())  # httpx looks through all of them for each that is asked for
        return _Answer(response.status_code, headers, bytes(raw), len(raw) > self.limit, broken)

    async def result(self, here: str, answer: _Answer) -> FetchResult:
        fresh = fresh_for(answer.headers)
        if answer.status == 304:
            return Unchanged(self.url, self.moved_to, fresh)
        if is_challenge(answer.status, answer.headers, b""):
            return self.challenge(here, answer)
        if not 200 <= answer.status < 300:
            if is_challenge(answer.status, answer.headers, (await self.start_of(answer))):
                return self.challenge(here, answer)
            kind, reason = explain_failure.status_failure(answer.status, _host(here))
            return FetchFailed(self.url, kind, reason, answer.status, retry_after(answer.headers))
        if self.method == "HEAD":
            return Fetched(self.url, here, b"", answer.headers.get("content-type", ""), moved_to=self.moved_to)
        try:
            decoded = await self.decoded(answer)
        except TooManyCodingsError:
            return FetchFailed(self.url, FailureKind.BROKEN, explain_failure.broken(_host(here)), answer.status)
        if is_challenge(answer.status, answer.headers, decoded.content):
            return self.challenge(here, answer)
        # Some servers name a length that is not the body's, or leave out its last mark.
        broken = (answer.broken or decoded.broken) and not answer.cut and not _ends_whole(decoded.content)
        if broken and not decoded.content:
            return FetchFailed(self.url, FailureKind.BROKEN, explain_failure.broken(_host(here)), answer.status)
        response = Fetched(
            url=self.url,
            final_url=here,
            content=decoded.content,
            content_type=answer.headers.get("content-type", ""),
            moved_to=self.moved_to,
            fresh_for=fresh,
            cut=answer.cut or decoded.cut,
            broken=broken,
            link=answer.headers.get("link", ""),
            length=content_length(answer.headers) if answer.cut else 0,
        )
        if broken:
            return response  # its validators would stand for content that never came
        return replace(
            response, etag=answer.headers.get("etag", ""), last_modified=answer.headers.get("last-modified", "")
        )

    def challenge(self, here: str, answer: _Answer) -> FetchFailed:
        reason = explain_failure.challenge(_host(here))
        return FetchFailed(self.url, FailureKind.CHALLENGE, reason, answer.status, retry_after(answer.headers))

    async def start_of(self, answer: _Answer) -> bytes:
        try:
            return (await self.decoded(answer)).content
        except TooManyCodingsError:
            return b""

    async def decoded(self, answer: _Answer) -> Decoded:
        """The body without its content codings. Raises TooManyCodingsError."""
        coding = answer.headers.get("content-encoding", "")
        if not is_coded(answer.raw, coding):
            return decode(answer.raw, coding, self.limit)
        # In a thread: ten megabytes may come out of a few bytes, and the time-outs of other visits go on meanwhile.
        return await asyncio.to_thread(decode, answer.raw, coding, self.limit)


_LAST_TAG = re.compile(
    rb"</(?:[\w.-]{1,40}:)?(?:rss|feed|rdf|html)\s{0,99}>(?:\s|<!--[^<>]{0,500}-->){0,999}\Z", re.IGNORECASE
)


def _ends_whole(content: bytes) -> bool:
    """Whether a feed or a page is there to its last tag."""
    return _LAST_TAG.search(content[-2_000:]) is not None


def _host(url: str) -> str:
    try:
        return ascii_host(httpx.URL(with_ascii_host(url)))
    except (httpx.InvalidURL, ValueError):
        return url
