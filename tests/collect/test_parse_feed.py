"""Feeds as they come: every format, every common fault."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.collect.parse_feed import parse
from digest.collect.parsed_feed import NotAFeed, ParsedFeed
from digest.collect.repair_feed import MOST_ENTRIES
from digest.model import Credit
from tests.web_of_feeds import Item, rss

URL = "https://blog.example.org/feed"


def read(content: str | bytes, url: str = URL, content_type: str = "") -> ParsedFeed:
    result = parse(content.encode() if isinstance(content, str) else content, url=url, content_type=content_type)
    assert isinstance(result, ParsedFeed), result
    return result


def refused(content: str | bytes) -> NotAFeed:
    result = parse(content.encode() if isinstance(content, str) else content, url=URL)
    assert isinstance(result, NotAFeed), result
    return result


ENTRY = ("One post", "https://blog.example.org/one", datetime(2019, 3, 19, 14, 5, tzinfo=UTC))
FORMATS = {
    "rss 0.91": '<rss version="0.91"><channel><title>B</title><item><title>One post</title>'
    "<link>https://blog.example.org/one</link><pubDate>Tue, 19 Mar 2019 14:05:00 GMT</pubDate></item></channel></rss>",
    "rss 2.0": '<rss version="2.0"><channel><title>B</title><item><title>One post</title><guid>https://blog.example.org/one</guid>'
    "<pubDate>Tue, 19 Mar 2019 15:05:00 +0100</pubDate></item></channel></rss>",
    "rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>B</title></channel>'
    '<item rdf:about="https://blog.example.org/one"><title>One post</title><link>https://blog.example.org/one</link>'
    "<dc:date>2019-03-19T14:05:00Z</dc:date></item></rdf:RDF>",
    "atom 0.3": '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>B</title><entry><title>One post</title>'
    '<link rel="alternate" href="https://blog.example.org/one"/><issued>2019-03-19T14:05:00Z</issued></entry></feed>',
    "atom 1.0": '<feed xmlns="http://www.w3.org/2005/Atom"><title>B</title><entry><title>One post</title><id>urn:1</id>'
    '<link href="/one"/>'
    "<published>2019-03-19T14:05:00Z</published><updated>2019-03-20T00:00:00Z</updated></entry></feed>",
    "json feed": json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "B",
            "items": [{"id": "1", "title": "One post", "url": "/one", "date_published": "2019-03-19T14:05:00Z"}],
        }
    ),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_feed_format_gives_the_same_entries(name: str) -> None:
    result = read(FORMATS[name])
    (entry,) = result.entries
    assert (result.title, (entry.title, entry.url, entry.published)) == ("B", ENTRY)
    assert not result.partial


# --- Encodings --------------------------------------------------------------------------------------------------------

HEAD = '<?xml version="1.0" encoding="{}"?>'
BODY = "<rss version='2.0'><channel><title>B</title><item><title>Café – “£5”</title><link>https://x.org/1</link></item></channel></rss>"


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        ((HEAD.format("utf-8") + BODY).encode(), ""),
        (b"\xef\xbb\xbf" + (HEAD.format("utf-8") + BODY).encode(), ""),
        (BODY.encode(), ""),
        ((HEAD.format("windows-1252") + BODY).encode("cp1252"), ""),
        ((HEAD.format("utf-8") + BODY).encode("cp1252"), ""),  # a lie
        (BODY.encode("cp1252"), ""),  # says nothing
        ((HEAD.format("utf-16") + BODY).encode("utf-16"), ""),
        ((HEAD.format("utf-8") + BODY).encode(), "text/xml; charset=iso-8859-1"),  # the server lies
        (BODY.encode("cp1252"), "application/rss+xml; charset=windows-1252"),
        (("\n  " + HEAD.format("utf-8") + BODY).encode(), ""),  # white space before the declaration
    ],
)
def test_the_encoding_is_found_whatever_is_declared(content: bytes, content_type: str) -> None:
    assert read(content, content_type=content_type).entries[0].title == "Café – “£5”"


def test_utf8_and_windows_1252_in_one_document() -> None:
    content = rss(Item("Café"), Item("XX")).encode().replace(b"XX", "£5 – “now”".encode("cp1252"))
    assert [entry.title for entry in read(content).entries] == ["Café", "£5 – “now”"]


# --- Broken documents -------------------------------------------------------------------------------------------------


def test_entities_of_html_and_bare_ampersands_are_no_obstacle() -> None:
    content = rss(Item("A")).replace("<title>A</title>", "<title>Fish &amp; chips &nbsp; R&D &eacute; &bogus;</title>")
    assert read(content).entries[0].title == "Fish & chips R&D é &bogus;"


@pytest.mark.parametrize("kind", ["rss", "atom"])
def test_a_truncated_feed_gives_its_complete_entries(kind: str) -> None:
    if kind == "rss":
        whole = rss(*(Item(f"Post {number}", f"https://x.org/{number}") for number in range(5)))
    else:
        entries = "".join(
            f"<entry><title>Post {n}</title><link href='https://x.org/{n}'/><id>{n}</id></entry>" for n in range(5)
        )
        whole = f"<feed xmlns='http://www.w3.org/2005/Atom'><title>B</title>{entries}</feed>"
    cut = whole[: whole.index("Post 3") + 4]
    result = read(cut)
    assert [entry.title for entry in result.entries] == ["Post 0", "Post 1", "Post 2"]
    assert result.partial
    assert "3 complete entries" in result.reason


def test_a_whole_feed_is_not_partial() -> None:
    assert not read(rss(Item("One"))).partial
    assert not read(rss(Item("One")) + "\n<!-- served by cache -->\n").partial


def test_relative_urls_are_resolved_against_xml_base_site_or_feed() -> None:
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://other.example.org/blog/"><title>B</title>'
        '<entry><title>One</title><link href="one"/>'
        '<content type="html">&lt;img src="a.png"&gt;</content></entry></feed>'
    )
    (entry,) = read(atom).entries
    assert entry.url == "https://other.example.org/blog/one"
    assert "https://other.example.org/blog/a.png" in entry.html
    assert read(rss(Item("One", "one.html"))).entries[0].url == "https://blog.example.org/one.html"
    assert read(rss(Item("One", "one.html"), site="https://x.org/b/")).entries[0].url == "https://x.org/b/one.html"


def test_the_fullest_content_is_kept_untouched() -> None:
    full = "<p>All <script>alert(1)</script> of it, and more than the excerpt.</p>"
    extra = f'<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/"><![CDATA[{full}]]></content:encoded>'
    assert read(rss(Item("One", "https://x.org/1", html="<p>All</p>", extra=extra))).entries[0].html == full


def test_plain_text_becomes_paragraphs() -> None:
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>B</title><entry><title>One</title>'
        '<content type="text">Fish &amp;amp; chips.\n\nSecond.</content></entry></feed>'
    )
    assert read(atom).entries[0].html == "<p>Fish &amp; chips.</p><p>Second.</p>"


def test_dublin_core_and_media_are_read() -> None:
    extra = (
        '<dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/">Ann Example</dc:creator>'
        '<media:thumbnail xmlns:media="http://search.yahoo.com/mrss/" url="/a.jpg"/>'
    )
    (entry,) = read(rss(Item("One", "https://x.org/1", extra=extra))).entries
    assert (entry.author, entry.image) == ("Ann Example", "https://blog.example.org/a.jpg")


def test_titles_are_clean_plain_text() -> None:
    assert read(rss(Item("<b>Bold</b> &amp; \u202ebackwards\n  twice"))).entries[0].title == "Bold & backwards twice"


def test_an_entry_without_a_title_is_named_after_its_text() -> None:
    (entry,) = read(rss(Item("", "https://x.org/1", html="<p>We moved to a new office this week.</p>"))).entries
    assert entry.title == "We moved to a new office this week."


@pytest.mark.parametrize("text", ["", "yesterday", "0000-00-00", "Thu, 01 Jan 1970 00:00:00 GMT", "31 Feb 2019"])
def test_an_invalid_date_counts_as_none(text: str) -> None:
    assert read(rss(Item("One", extra=f"<pubDate>{text}</pubDate>"))).entries[0].published is None


def test_an_entry_without_id_gets_a_stable_one() -> None:
    first, second = (read(rss(Item("One", html="<p>Text.</p>"))).entries[0].uid for _ in range(2))
    assert first == second != ""


def test_ttl_and_language_are_read() -> None:
    result = read(rss(Item("One"), head="<ttl>90</ttl><language>en-gb</language>"))
    assert (result.ttl, result.entries[0].language) == (5400, "en-gb")


def test_an_aggregator_names_the_original() -> None:
    extra = '<source url="https://gds.example.org/feed">The service blog</source>'
    (entry,) = read(rss(Item("One", "https://gds.example.org/one", extra=extra))).entries
    assert entry.origin == Credit("The service blog", "https://gds.example.org/feed")


@pytest.mark.parametrize(
    ("html", "origin"),
    [
        (
            '<p>Text.</p><p>Original source – <a href="https://gds.example.org/1">GDS</a></p>',
            ("GDS", "https://gds.example.org/1"),
        ),
        (
            '<p>Originally published on <a href="https://x.org/1">the <b>team</b> blog</a>.</p>',
            ("the team blog", "https://x.org/1"),
        ),
        (
            '<p>First published at <em><a href="https://a.org/?a=1&amp;b=2">A</a></em></p>',
            ("A", "https://a.org/?a=1&b=2"),
        ),
        ('<p>The post <a href="https://x.org/1">One</a> appeared first on <a href="https://x.org/">X</a>.</p>', None),
        (
            '<p>Original source: <a href="https://x.org/a?utm_source=b&amp;id=1">X</a></p>',
            ("X", "https://x.org/a?id=1"),
        ),
        ('<p>The original plan was on <a href="https://x.org/plan">a page</a>.</p>', None),
    ],
)
def test_a_line_that_names_the_original_is_a_credit(html: str, origin: tuple[str, str] | None) -> None:
    (entry,) = read(rss(Item("One", "https://x.org/one", html=html))).entries
    assert entry.origin == (Credit(*origin) if origin else None)


# --- What is no feed --------------------------------------------------------------------------------------------------


def test_a_web_page_is_recognised_as_one() -> None:
    result = refused("<!DOCTYPE html><html><head><title>x</title></head><body><p>Hello</p></body></html>")
    assert result.is_page


@pytest.mark.parametrize("content", [b"", b"  \n", b"just words", b"{}", b'{"items": 3}', b"\x00\x01\x02", b"%PDF-1.4"])
def test_other_files_are_not_parsed_as_feeds(content: bytes) -> None:
    result = parse(content, url=URL)
    assert isinstance(result, NotAFeed)
    assert not result.is_page


# --- Attacks ----------------------------------------------------------------------------------------------------------


def test_external_entities_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    content = (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
        "<rss version='2.0'><channel><title>B &x;</title><item><title>T &x;</title></item></channel></rss>"
    )
    assert "the secret" not in repr(read(content))


def test_entity_bombs_are_not_expanded() -> None:
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    bomb = (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "ha">{lines}]>'
        "<rss version='2.0'><channel><title>B</title><item><title>&l11;</title></item></channel></rss>"
    )
    started = time.thread_time()
    result = parse(bomb.encode(), url=URL)
    assert time.thread_time() - started < 10
    assert len(repr(result)) < 10_000


def test_an_endless_feed_is_cut_to_its_first_and_last_entries() -> None:
    items = "".join(f"<item><title>Post {n}</title><guid>{n}</guid></item>" for n in range(20_000))
    result = read(f"<rss version='2.0'><channel><title>B</title>{items}</channel></rss>")
    assert len(result.entries) == MOST_ENTRIES
    assert (result.entries[0].title, result.entries[-1].title) == ("Post 0", "Post 19999")
    assert result.partial
    assert "20,000" in result.reason


@given(st.binary(max_size=400))
def test_no_bytes_make_parsing_fail(noise: bytes) -> None:
    parse(noise, url=URL)
    parse(b'<rss version="2.0"><channel><item><title>' + noise, url=URL)
    parse(b'{"version":"1.1","items":[{"title":"' + noise, url=URL)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
    )
)
def test_no_types_in_a_json_feed_make_parsing_fail(value: object) -> None:
    keys = ("id", "url", "title", "content_html", "date_published", "authors", "image", "external_url", "language")
    result = parse(json.dumps({"version": "1.1", "items": [dict.fromkeys(keys, value)]}).encode(), url=URL)
    assert isinstance(result, ParsedFeed)
    assert len(result.entries) == 1


@pytest.mark.parametrize(
    "said",
    [
        "<link></link><guid>https://x.org/one</guid>",
        "<link> </link><guid isPermaLink='true'>https://x.org/one</guid>",
        "<guid isPermaLink='false'>https://x.org/one</guid>",
        "<link>urn:one</link><guid>https://x.org/one</guid>",
    ],
)
def test_a_guid_that_is_a_web_address_stands_in_for_a_missing_link(said: str) -> None:
    feed = f"<rss version='2.0'><channel><title>T</title><item><title>One</title>{said}</item></channel></rss>"
    assert read(feed).entries[0].url == "https://x.org/one"


def test_a_link_goes_before_a_guid_and_a_guid_before_an_enclosure() -> None:
    both = Item("One", "https://x.org/link", "https://x.org/guid")
    assert read(rss(both)).entries[0].url == "https://x.org/link"
    sound = '<enclosure url="https://x.org/1.mp3" type="audio/mpeg"/>'
    assert read(rss(Item("One", "", "https://x.org/guid", extra=sound))).entries[0].url == "https://x.org/guid"
    assert read(rss(Item("One", "", "urn:one", extra=sound))).entries[0].url == "https://x.org/1.mp3"


def test_the_id_of_a_json_item_stands_in_for_its_address() -> None:
    version = "https://jsonfeed.org/version/1.1"
    feed = read(f'{{"version": "{version}", "title": "T", "items": [{{"id": "https://x.org/1", "title": "One"}}]}}')
    assert feed.entries[0].url == "https://x.org/1"


def test_entries_that_are_not_used_are_counted() -> None:
    feed = read("<rss version='2.0'><channel><title>T</title><item/><item><title>One</title></item></channel></rss>")
    assert (len(feed.entries), feed.left_out, feed.total) == (1, {"it holds nothing": 1}, 2)
    version = "https://jsonfeed.org/version/1.1"
    feed = read(f'{{"version": "{version}", "title": "T", "items": [{{"id": "1"}}, {{}}, 7, null]}}')
    assert (len(feed.entries), sum(feed.left_out.values()), feed.total) == (1, 3, 4)
    feed = read(rss(*(Item(f"Post {number}", f"https://x.org/{number}") for number in range(MOST_ENTRIES + 7))))
    assert (len(feed.entries), sum(feed.left_out.values()), feed.total) == (MOST_ENTRIES, 7, MOST_ENTRIES + 7)
