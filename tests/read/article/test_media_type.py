"""A reply is a page only if its media type and its first bytes are those of HTML."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model import MediaKind
from digest.read.article.media_type import media_kind

PAGE = b"<!doctype html><html><body><p>A register of trees</p></body></html>"


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (PAGE, "text/html; charset=utf-8"),
        (PAGE, ""),
        (PAGE, "nonsense"),
        (b"\xef\xbb\xbf\n" + PAGE, "TEXT/HTML"),
        (PAGE.decode().encode("utf-16"), "text/html"),
        (b"Some words, then <b>bold</b> ones", "text/html"),
        (b"<!-- " + b"note " * 5000 + b"-->" + PAGE, "text/html"),
        (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>', "application/xhtml+xml"),
        (b'<?xml version="1.0"?><!DOCTYPE html><html><body/></html>', "application/xml"),
        (b"", "text/html"),
    ],
)
def test_html_is_a_page(content: bytes, content_type: str) -> None:
    assert media_kind(content, content_type) is None


@pytest.mark.parametrize(
    ("content", "content_type", "kind"),
    [
        (b"%PDF-1.7\n<</Type /Page>>", "application/pdf", MediaKind.PDF),
        (b"%PDF-1.7\n<</Type /Page>>", "application/octet-stream", MediaKind.PDF),
        (b"%PDF-1.7\n<p >", "text/html", MediaKind.PDF),
        (b"\x00\x01\x02 <p >", "application/octet-stream", MediaKind.FILE),
        (b"\x00\x01\x02 <p >", "text/html", MediaKind.FILE),
        (b"ID3\x03 <b >", "", MediaKind.AUDIO),
        (b"whatever", "audio/mpeg", MediaKind.AUDIO),
        (b"\x00\x00\x00 ftypisom", "text/html", MediaKind.VIDEO),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "text/html", MediaKind.IMAGE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", MediaKind.IMAGE),
        (b'{"title": "<p>x</p>"}', "application/json", MediaKind.DATA),
        (b'{"title": "<p>x</p>"}', "text/html", MediaKind.DATA),
        (b'<?xml version="1.0"?><rss><channel/></rss>', "text/html", MediaKind.DATA),
        (b"<rss><channel/></rss>", "application/rss+xml", MediaKind.DATA),
        (PAGE, "text/plain", MediaKind.TEXT),
        (b"Just words", "text/html", MediaKind.TEXT),
        (b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", MediaKind.DOCUMENT),
        (b"PK\x03\x04", "application/zip", MediaKind.FILE),
        (b"", "application/pdf", MediaKind.PDF),
    ],
)
def test_other_documents_are_named(content: bytes, content_type: str, kind: MediaKind) -> None:
    assert media_kind(content, content_type) is kind


@settings(max_examples=100)
@given(content=st.binary(max_size=300), content_type=st.text(max_size=40))
def test_reads_any_reply(content: bytes, content_type: str) -> None:
    media_kind(content, content_type)
    assert media_kind(b"%PDF-" + content, content_type) is MediaKind.PDF
