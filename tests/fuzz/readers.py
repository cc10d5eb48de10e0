"""Every reader of what strangers send, with the pieces that its input is made of. See the table in docs/design.md."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from starlette.types import Message, Receive, Scope, Send

from digest.collect.byline import byline, name_in, without_addresses
from digest.collect.challenges import is_challenge
from digest.collect.content_decoding import decode
from digest.collect.credited_original import find_credit
from digest.collect.discover_feeds import canonical_link, feed_links
from digest.collect.entry_dates import DateTexts, read_dates
from digest.collect.fetch import Client, Policy
from digest.collect.known_sites import feed_of_page, known_feed
from digest.collect.opml import read_opml
from digest.collect.parse_feed import parse
from digest.collect.response_head import end_of_head, tidy_head
from digest.collect.response_headers import fresh_for, retry_after
from digest.collect.robots import parse_robots
from digest.collect.sketches import sketch
from digest.collect.urls import clean_url, identity
from digest.collect.visit_cookies import VisitCookies
from digest.errors import UsageError
from digest.mail.returned.parse_bounce import parse_returned_mail
from digest.mail.returned.postfix_log import moment_of, read_maillog
from digest.mail.returned.webhooks import brevo, generic_json, mailgun, postmark, sendgrid, ses
from digest.mail.returned.webhooks.reported_event import PayloadError
from digest.mail.smtp.classify_reply import Stage, parse_reply
from digest.mail.smtp.reply_parser import EndlessReplyError, ReplyParser
from digest.mail.smtp.throttling import throttling
from digest.mail.smtp.verdict import classify
from digest.model import Page
from digest.read.article.extract import extract
from digest.read.pictures.outcome import MOST_BYTES
from digest.read.pictures.reencode import reencode
from digest.subscribers.csv_file import parse_csv
from digest.text import clean_line, plain_from_html, terminal_text
from digest.web.body_limit import BodyLimit
from digest.web.caught_mail import CaughtMailbox
from digest.web.public.accept_language import accepted_languages
from tests.fuzz.seeds import (
    ATOM,
    BOUNCE,
    CSV,
    JSON_FEED,
    MAIL_LOG,
    NOW,
    OPML,
    PACKED,
    PAGE,
    PICTURES,
    ROBOTS,
    RSS,
    WEBHOOK,
)

URL = "https://blog.example.org/feed"
_MARKUP = tuple(
    b"<|>|</|/>|<a |<a href='|<p>|</p>|<div>|<!--|-->|<![CDATA[|]]>|<?|<!|=|\"|'|&|&#|;|&amp;|&lt;".split(b"|")
)
_CODECS = tuple(
    form % codec
    for codec in (b"utf-8", b"idna", b"punycode", b"utf-7", b"unicode_escape", b"base64", b"none")
    for form in (b"Content-Type: text/plain; charset=%s\n\n", b"=?%s?q?a=ff?=", b"=?%s?b?/w==?=")
)
_WORDS = (*(bytes([byte]) for byte in b" \n\t\x00\xffa9-.,:/@#()"), b"\r\n", b"\xc3\xa9")


@dataclass(frozen=True)
class Reader:
    """`read` takes at most `most` bytes, as the program gives it no more, and may raise only what `raises` says."""

    where: tuple[str, ...]  # as the table in docs/design.md has them
    read: Callable[[bytes], object]
    most: int
    seeds: tuple[bytes, ...]
    pieces: tuple[bytes, ...] = (*_MARKUP, *_WORDS)
    raises: tuple[type[Exception], ...] = ()


def _text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda content: read(content.decode("utf-8", "surrogateescape"))


def _codings(content: bytes) -> None:
    for coding in ("gzip", "deflate", "br", "zstd", "gzip, gzip", "br, gzip", ""):
        decode(content, coding, 10_000_000)


def _page_links(html: str) -> None:
    feed_links(html, URL)
    canonical_link(html, URL)
    feed_links("", URL, html)
    feed_of_page(html, "https://www.youtube.com/@ann")
    known_feed(html[:4_000])


def _robots(text: str) -> None:
    rules = parse_robots(text, "digest")
    for target in ("/", "/" + "a" * 4_000, "/" + "a/" * 2_000, "/?" + "%61" * 1_300):
        rules.allow(target)


def _headers(text: str) -> None:
    text = text[:16_000]  # h11 takes no longer head
    retry_after({"retry-after": text, "date": text})
    fresh_for({"cache-control": text, "age": text})


def _cookies(content: bytes) -> None:
    cookies = VisitCookies()
    cookies.take(URL, httpx.Headers([(b"Set-Cookie", line) for line in content.split(b"\n")]))
    cookies.header(URL)


def _head(content: bytes) -> None:
    tidy_head(content[: end_of_head(content)])
    tidy_head(content)


def _line(text: str) -> None:
    plain_from_html(text[:5_000])
    clean_line(text)
    terminal_text(text)


def _smtp(content: bytes) -> None:
    replies = ReplyParser()
    replies.feed(content)
    while (reply := replies.next()) is not None:
        for stage in Stage:
            throttling(parse_reply(*reply), stage)


def _maillog(text: str) -> None:
    for line in text.split("\n"):
        moment_of(line[:8_192], NOW)
    read_maillog((line[:8_192] for line in text.split("\n")), {"<a@example.org>"})


def _dates(text: str) -> None:
    read_dates([DateTexts(published=line[:100]) for line in text.split("\n")[:1_000]], language="en", zone="UTC")


def _article(content: bytes) -> None:
    extract(html="", page=Page(URL, URL, content, "text/html", NOW), url=URL, title="One")


def _provider_report(body: bytes) -> None:
    for provider in (postmark, sendgrid, mailgun, brevo, generic_json, ses):
        with suppress(PayloadError):
            provider.parse(body)
    with suppress(PayloadError):
        ses.parse(ses.read_envelope(body).message)


def _visit(content: bytes) -> None:
    asyncio.run(_fetched(content))


async def _fetched(content: bytes) -> None:
    """One visit to a server on loopback that says nothing but this."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(content)
            await writer.drain()
        writer.close()

    policy = Policy("fuzz", timeout=2.0, max_bytes=1_000_000, spacing=0.0, retries=0, allow_networks=("127.0.0.0/8",))
    async with (
        await asyncio.start_server(answer, "127.0.0.1", 0) as server,
        Client(policy, resolver=_nobody) as web,
    ):
        await web.fetch(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")


async def _nobody(host: str, _port: int) -> list[str]:
    return [host] if host == "127.0.0.1" else []


def _bylines(content: bytes) -> None:
    without_addresses(content)
    text = content.decode("utf-8", "surrogateescape")
    byline(text[:5_000].split("\n"), limit=200)
    name_in(text[:5_000])


def _caught(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        identity = "0123456789abcdef"
        Path(folder, f"{identity}.eml").write_bytes(content)
        Path(folder, f"{identity}.json").write_text('{"from": "a@example.org", "to": [], "at": 0}', "utf-8")
        mailbox = CaughtMailbox(Path(folder))
        (listed,) = mailbox.messages()
        mail = mailbox.open(identity)
        assert mail is not None
        words = (listed.subject, mail.html, mail.text, *(value for _, value in mail.headers))
        "".join(words).encode()  # as pages are


def _request(content: bytes) -> None:
    asyncio.run(_limited(content))


async def _limited(content: bytes) -> None:
    """One request whose length and body are these lines."""
    length, *pieces = content.split(b"\n")
    bodies = iter(pieces[:10_000])

    async def receive() -> Message:
        return {"type": "http.request", "body": next(bodies, b""), "more_body": True}

    async def send(_message: Message) -> None:
        pass

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        while (await receive())["body"]:
            pass

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-length", length)] if length else []}
    await BodyLimit(app)(scope, receive, send)


READERS = {
    "content codings": Reader(
        ("collect/content_decoding.py",), _codings, 1_000_000, PACKED, (*PACKED, b"\x00", b"\xff", b"\x1f\x8b")
    ),
    "response headers": Reader(
        ("collect/response_headers.py",),
        _text(_headers),
        16_000,
        (b"120", b"Mon, 25 Mar 2019 07:00:00 GMT", b"max-age=1"),
        _WORDS,
    ),
    "cookies": Reader(
        ("collect/visit_cookies.py",),
        _cookies,
        256 * 1024,
        (b"a=1; Path=/; Domain=example.org; Max-Age=9\n",),
        (b"\n", b";", b"=", *_WORDS),
    ),
    "whole visit": Reader(
        ("collect/fetch.py", "collect/guarded_transport.py"),
        _visit,
        100_000,
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<rss></rss>",
            b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n",
        ),
        (b"\r\n", b"HTTP/1.1 ", b"Content-Length: 9\r\n", b"Transfer-Encoding: chunked\r\n", b"1\r\nx\r\n", *_WORDS),
    ),
    "response head": Reader(
        ("collect/response_head.py",),
        _head,
        256 * 1024,
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",),
        (b"\r\n", b"a: b", *_WORDS),
    ),
    "challenge": Reader(("collect/challenges.py",), lambda content: is_challenge(403, {}, content), 1_000_000, PAGE),
    "robots.txt": Reader(
        ("collect/robots.py",), _text(_robots), 500 * 1024, ROBOTS, (*ROBOTS, b"*", b"$", b"%61", *_WORDS)
    ),
    "links of a page": Reader(
        ("collect/discover_feeds.py", "collect/known_sites.py"),
        _text(_page_links),
        1_000_000,
        PAGE,
        (*_MARKUP, *_WORDS, *PAGE),
    ),
    "feed": Reader(
        ("collect/parse_feed.py", "collect/raw_feed.py"),
        lambda content: parse(content, url=URL),
        50_000,
        (*RSS, *ATOM),
        (*_MARKUP, *_WORDS, b"&#55356;"),
    ),
    "json feed": Reader(
        ("collect/parse_feed.py", "collect/raw_feed.py"),
        lambda content: parse(content, url=URL),
        500_000,
        JSON_FEED,
        (b"[", b"{", b"]", b"}", b'"', b",", b":", b"\\u", b"9", b"d800", *JSON_FEED),
    ),
    "dates": Reader(
        ("collect/entry_dates.py", "dates/"),
        _text(_dates),
        50_000,
        (b"Tue, 19 Mar 2019 10:00:00 +0000", b"2019-03-19"),
        _WORDS,
    ),
    "credit": Reader(
        ("collect/credited_original.py",),
        _text(lambda text: find_credit(text, URL)),
        1_000_000,
        (b"<p>Originally posted on <a href='/x'>x</a>",),
    ),
    "bylines": Reader(
        ("collect/byline.py",),
        _bylines,
        500_000,
        (b"<author>a@example.org (Ann)</author>", b"Ann &lt;a@example.org&gt;, Bob"),
        (b"<name>", b"</name>", b"<![CDATA[", b"()", b"<>", b"mailto:", *_MARKUP, *_WORDS),
    ),
    "sketch": Reader(("collect/duplicates.py", "collect/sketches.py"), _text(sketch), 1_000_000, PAGE),
    "web address": Reader(
        ("collect/urls.py",),
        _text(lambda text: (clean_url(text), identity(text))),
        4_000,
        (URL.encode(),),
        (b"/amp", b"m.", b"//", b"?", b"%", b"[", b"]", *_WORDS),
    ),
    "opml": Reader(("collect/opml.py",), read_opml, 5_000_000, OPML, (*OPML, *_MARKUP), (UsageError,)),
    "page": Reader(("read/article/",), _article, 20_000, PAGE),
    "image": Reader(
        ("read/pictures/",),
        reencode,
        MOST_BYTES,
        PICTURES,
        (
            *PICTURES,
            *(bytes([byte]) for byte in (0, 1, 127, 255)),
            b"\xff\xda",
            b"\xff\xc2",
            b"IDAT",
            b"VP8X",
            b"ANMF",
        ),
    ),
    "line of text": Reader(
        ("text.py",),
        _text(_line),
        200_000,
        (b"A title", "\u0301\u202e\U0001f3f4".encode()),
        (*_MARKUP, *_WORDS, "\u0301".encode(), "\U0001f468\u200d".encode(), "\u0430".encode()),
    ),
    "returned mail": Reader(
        ("mail/returned/parse_bounce.py",),
        lambda content: parse_returned_mail(content, return_path="b+{token}@example.org"),
        2_000_000,
        BOUNCE,
        (*BOUNCE, *_CODECS, *_WORDS, b"Content-Type: message/rfc822\n\n"),
    ),
    "refusal": Reader(
        ("mail/smtp/verdict.py", "mail/smtp/reply_words.py"),
        _text(lambda text: classify(550, "", text)),
        100_000,
        (
            b"550 5.1.1 User unknown",
            b"mailbox <ada@example.org> does not exist",
            b"smtp; 452-4.2.2 over quota",
            b"(#5.7.1)",
        ),
        (b"mailbox ", b"user ", b"no such ", b"exceeds ", b"@", b".", b"5.1.1 ", b"550 ", *_WORDS),
    ),
    "provider's report": Reader(
        ("web/public/bounce_webhooks.py", "mail/returned/webhooks/"),
        _provider_report,
        2_000_000,
        WEBHOOK,
        (b"[", b"{", b"]", b"}", b'"', b",", b":", b"\\u", b"9", b"d800", *WEBHOOK),
    ),
    "caught mail": Reader(
        ("web/caught_mail.py",), _caught, 400_000, BOUNCE, (*BOUNCE, *_CODECS, b"Subject: ", *_WORDS)
    ),
    "request body": Reader(
        ("web/body_limit.py",), _request, 2_000_000, (b"12\nname=Ann", b"\n"), (b"9", b"-", b"\n", *_WORDS)
    ),
    "mail log": Reader(("mail/returned/postfix_log.py",), _text(_maillog), 1_000_000, MAIL_LOG, (*MAIL_LOG, *_WORDS)),
    "smtp reply": Reader(
        ("mail/smtp/reply_parser.py",),
        _smtp,
        64_000,
        (b"250 2.0.0 Ok\r\n", b"250-x\r\n"),
        (b"5", b"-", *_WORDS),
        (EndlessReplyError,),
    ),
    "csv": Reader(
        ("subscribers/csv_table.py", "subscribers/csv_file.py"),
        _text(lambda text: list(parse_csv(io.StringIO(text, newline=""), file_name="x"))),
        1_000_000,
        CSV,
        (b'"', b"'", b"=", *_WORDS),
        (UsageError,),
    ),
    "accept-language": Reader(
        ("web/public/accept_language.py",),
        _text(accepted_languages),
        16_000,
        (b"cy, en;q=0.8",),
        (b";q=", b"*", *_WORDS),
    ),
}
