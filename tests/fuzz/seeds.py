"""Small honest inputs, from which the fuzzer goes astray."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime

import brotli
import zstandard
from PIL import Image

from tests.web_of_feeds import Item, rss


def _pictures(kind: str) -> Iterator[bytes]:
    """A still and, where there is such a thing, a moving one."""
    frames = [Image.linear_gradient("L").rotate(turn).resize((320, 200)).convert("RGB") for turn in (0, 90)]
    for options in (
        ({}, {"save_all": True, "append_images": frames[1:]}) if kind != "JPEG" else ({}, {"progressive": True})
    ):
        file = io.BytesIO()
        frames[0].save(file, kind, **options)
        yield file.getvalue()


NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)
PACKED = (
    gzip.compress(b"", mtime=0),
    gzip.compress(b"x" * 100_000, mtime=0),
    zlib.compress(b"x" * 1_000),
    brotli.compress(b"x" * 1_000),
    zstandard.ZstdCompressor().compress(b""),
    b"\x50\x2a\x4d\x18\x00\x00\x00\x00",
)
PICTURES = tuple(picture for kind in ("JPEG", "PNG", "WEBP", "GIF") for picture in _pictures(kind))
ROBOTS = (b"User-agent: *\n", b"Disallow: /a\n", b"Allow: /*a\n", b"Crawl-delay: 2\n")
PAGE = (
    b"<html><head><title>One</title></head><body><article><p>A line of text.</p></article></body></html>",
    b'<link rel="alternate" type="application/rss+xml" href="/feed">',
    b'<a href="/feed?x">feed</a>',
    b'<base href="/x">',
    b"<table><tr><td>",
)
RSS = (rss(Item("One", "https://blog.example.org/1", "1", NOW), Item("Two")).encode(),)
ATOM = (
    (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><id>1</id><title type="html">x</title>'
        b"<updated>2019-03-19T10:00:00Z</updated><author><name>A</name></author></entry></feed>"
    ),
)
JSON_FEED = (
    (
        b'{"version": "https://jsonfeed.org/version/1", "title": "T", "items": [{"id": "1", "content_html": "<p>x",'
        b' "date_published": "0001-01-01T00:00:00+14:00"}]}'
    ),
)
OPML = (
    b'<opml version="2.0"><body><outline text="News"><outline xmlUrl="http://a.example/1"/></outline></body></opml>',
    b'<outline xmlUrl="http://a.example/1" text="x"/>',
)
BOUNCE = (
    (
        b"From: mailer-daemon@example.org\nContent-Type: multipart/report; boundary=x\n\n--x\n"
        b"Content-Type: message/delivery-status\n\nAction: failed\nStatus: 5.1.1\n\n--x--\n"
    ),
    b"Content-Type: multipart/mixed; boundary=y\n\n--y\n",
    b"To: a@example.org\n",
)
MAIL_LOG = (
    b"Mar 25 07:00:00 mx postfix/cleanup[1]: ABCDEFG: message-id=<a@example.org>\n",
    b"postfix/smtp[1]: ABCDEFG: dsn=2.0.0, status=sent (250 2.0.0 Ok)\n",
)
CSV = (
    b"email,name\n",
    b'a@example.org,"Ann"\n',
    b"sep=;\n",
    b"email;status;unsubscribed at\na@example.org;left;2024-01-01\n",
    b'"Li, Bo" <b@example.org>; mailto:c@example.org (Cy)\n',
)

WEBHOOK = (
    b'{"RecordType":"Bounce","ID":1,"Type":"HardBounce","Email":"ada@example.org","Details":"550 5.1.1 unknown"}',
    b'[{"event":"bounce","sg_event_id":"1","email":"ada@example.org","type":"bounce","reason":"550 5.1.1 unknown"}]',
    (
        b'{"signature":{"timestamp":"1","token":"a","signature":"b"},"event-data":{"id":"1","event":"failed",'
        b'"severity":"permanent","reason":"bounce","recipient":"ada@example.org","delivery-status":{"code":550}}}'
    ),
    b'{"event":"hard_bounce","email":"ada@example.org","ts_event":1553505120,"reason":"550 5.1.1 unknown"}',
    b'{"events":[{"id":"1","type":"bounce","address":"ada@example.org","reply":"550 5.1.1 unknown"}]}',
    (
        b'{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","feedbackId":"1",'
        b'"bouncedRecipients":[{"emailAddress":"ada@example.org","diagnosticCode":"smtp; 550 5.1.1 unknown"}]}}'
    ),
)
