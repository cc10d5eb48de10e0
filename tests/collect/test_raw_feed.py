"""Feeds read by feedparser's handlers are what feedparser itself makes of them."""

from __future__ import annotations

import io
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.collect.raw_feed import read_raw

HEADERS = {"content-location": "https://x.org/blog/feed.xml"}
PREFIXES = """xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/"
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" xmlns:own="urn:own"
xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
xmlns:x="http://www.w3.org/1999/xhtml" xmlns:again="http://purl.org/dc/elements/1.1/" """
ROOTS = (
    (f"<rss version='2.0' {PREFIXES}><channel>", "</channel></rss>"),
    (
        f"<rss version='2.0' xml:lang='en_GB' xmlns='http://backend.userland.com/rss2' {PREFIXES}><channel>",
        "</channel></rss>",
    ),
    (f"<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://y.org/' {PREFIXES}>", "</feed>"),
    (f"<rdf:RDF xmlns='http://purl.org/rss/1.0/' {PREFIXES}>", "</rdf:RDF>"),
    ("<channel>", "</channel>"),
)
TAGS = """
item entry title link guid id description summary content author name email source image url textInput category pubDate
updated published language div p svg math unknown atom:link atom:title content:encoded dc:creator dc:date media:content
media:title media:thumbnail itunes:duration itunes:author own:thing x:div x:p again:creator enclosure
"""
ATTRIBUTES = {
    "type": ("text", "html", "xhtml", "application/xhtml+xml", "audio/mpeg", "Text/Plain"),
    "href": ("https://x.org/a", "/b?c=1&d", "https://x.org/a/../b#c", "HTTP://X.org", "mailto:a@x.org"),
    "url": ("https://x.org/1.mp3", "pic.jpg"),
    "rel": ("alternate", "self", "Enclosure"),
    "isPermaLink": ("false", "true"),
    "xml:base": ("https://z.org/z/", "sub/"),
    "xml:lang": ("cy", ""),
    "mode": ("base64", "escaped"),
    "rdf:about": ("https://x.org/about",),
    "own:note": ("n",),
    "xmlns:late": ("urn:late",),
}
TEXTS = (
    "A title",
    "https://x.org/post?a=1&b=2",
    "  posts/7 ",
    "<p>Tea &amp; <b>cake</b></p>",
    "caf\u00e9 \u2019 \u0092",
    "Mon, 04 Mar 2019 10:00:00 GMT",
    "ann@x.org (Ann)",
    "MTIz",
)
texts = st.sampled_from(TEXTS).map(escape)
attributes = st.dictionaries(st.sampled_from(sorted(ATTRIBUTES)), st.integers(0, 5), max_size=2)


@st.composite
def elements(draw: st.DrawFn, content: st.SearchStrategy[str]) -> str:
    tag = draw(st.sampled_from(TAGS.split()))
    chosen = draw(attributes)
    named = "".join(f" {name}={quoteattr(ATTRIBUTES[name][at % len(ATTRIBUTES[name])])}" for name, at in chosen.items())
    return f"<{tag}{named}>{''.join(draw(st.lists(content, max_size=4)))}</{tag}>"


trees = st.recursive(texts, elements, max_leaves=12)


def numberless(value: Any) -> Any:
    """What was read, without dates as numbers."""
    if isinstance(value, dict):
        return {key: numberless(each) for key, each in dict.items(value) if not key.endswith("_parsed")}
    return [numberless(each) for each in value] if isinstance(value, list) else value


def outcome(read: Any) -> Any:
    try:
        document = read()
    except Exception as error:  # noqa: BLE001 - the same is expected of both
        return type(error)
    return [numberless(dict.get(document, key) or "") for key in ("feed", "entries", "version")]


def both(content: bytes, *, resolve: bool = False) -> tuple[Any, Any]:
    theirs = outcome(
        lambda: feedparser.parse(
            io.BytesIO(content), response_headers=HEADERS, sanitize_html=False, resolve_relative_uris=resolve
        )
    )
    return outcome(lambda: read_raw(content, HEADERS, resolve=resolve)), theirs


@given(st.sampled_from(ROOTS), st.lists(trees, max_size=4), st.booleans())
def test_a_feed_is_read_as_feedparser_reads_it(root: tuple[str, str], inside: list[str], resolve: bool) -> None:
    start, end = root
    item = "entry" if start.startswith("<feed") else "item"
    ours, theirs = both(f"{start}<{item}>{''.join(inside)}</{item}>{end}".encode(), resolve=resolve)
    assert ours == theirs


@pytest.mark.parametrize(
    "content",
    [
        b"<rss version='2.0'><channel><item><title>One</title>",  # not closed
        b"<rss><channel><item><title>a &nbsp; b</title></item></channel></rss>",
        b"<rss><channel><item><dc:creator>Ann</dc:creator></item></channel></rss>",  # a prefix that is none
        b"<?xml version='1.0' encoding='utf-16'?><rss><channel><title>T</title></channel></rss>",
        b"\xfe\xff" + "<rss><channel><title>T\u00e9</title></channel></rss>".encode("utf-16-be"),
        b"<?xml version='1.0' encoding='iso-8859-1'?><rss><channel><title>caf\xe9</title></channel></rss>",
        b'<!DOCTYPE rss [<!ENTITY me "Ann">]><rss><channel><title>&me;</title></channel></rss>',
        b"<html><body><p>A page</p></body></html>",
        b"plain text",
        b"",
    ],
)
def test_an_odd_document_is_read_as_feedparser_reads_it(content: bytes) -> None:
    ours, theirs = both(content)
    assert ours == theirs


def test_only_what_is_not_well_formed_costs_a_second_reading() -> None:
    good = b"<rss version='2.0'><channel><item><title>One</title></item></channel></rss>"
    assert not isinstance(read_raw(good, HEADERS, resolve=False), feedparser.FeedParserDict)
    assert isinstance(read_raw(good[:-6], HEADERS, resolve=False), feedparser.FeedParserDict)
