"""Whom a feed credits."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.collect.byline import byline, name_in, without_addresses
from digest.collect.parse_feed import parse
from digest.collect.parsed_feed import ParsedFeed


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("post@cyngor.wales (Mair Example)", "Mair Example"),
        ("Mair Example <post@cyngor.wales>", "Mair Example"),
        ('"Mair Example" <post@cyngor.wales>', "Mair Example"),
        ("Mair Example &lt;post@cyngor.wales&gt;", "Mair Example"),
        ("Mair Example (post@cyngor.wales)", "Mair Example"),
        ("mailto:post@cyngor.wales (Mair Example)", "Mair Example"),
        ("a@x.org (Mair Example), b@x.museum (Tom Sample)", "Mair Example, Tom Sample"),
        ("mair@cyngor.wales", ""),
        ("<mair@x.org>", ""),
        ("a@x.org, b@x.org", ""),
        ("Mair Example (Digital)", "Mair Example (Digital)"),
        ("@mair@social.example", "@mair@social.example"),
        ("Team @ Council", "Team @ Council"),
    ],
)
def test_a_name_is_kept_and_its_address_is_not(text: str, name: str) -> None:
    assert name_in(text) == name


def test_all_names_are_credited_once_as_far_as_they_fit() -> None:
    assert byline(["Mair", "Tom", "MAIR", "", "t@x.org"], limit=50) == "Mair, Tom"
    assert byline(["Mair", "Tom"], limit=7) == "Mair"
    assert byline(["M" * 90], limit=50) == "M" * 50


@given(st.text(alphabet='ab @.,<>()&;"[]:', max_size=60))
def test_a_byline_is_settled_and_holds_no_address(text: str) -> None:
    name = name_in(text)
    assert name_in(name) == name


@pytest.mark.parametrize(
    "content",
    [b"<author>" * 60_000 + b"@", b"<author>" + b"@" * 500_000, b"<name>a@" * 60_000, b"<author " * 60_000 + b"@"],
)
def test_looking_for_authors_takes_linear_time(content: bytes) -> None:
    started = time.thread_time()
    without_addresses(content)
    assert time.thread_time() - started < 2


def authors(*elements: str) -> str:
    document = (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>T</title>'
        f"<item><title>One</title>{''.join(elements)}</item></channel></rss>"
    )
    return _author_of(document)


def _author_of(document: str) -> str:
    feed = parse(document.encode(), url="https://x.org/feed")
    assert isinstance(feed, ParsedFeed)
    return feed.entries[0].author


def test_every_author_of_an_rss_entry_is_credited() -> None:
    assert authors("<dc:creator>Mair</dc:creator>", "<dc:creator><![CDATA[Tom]]></dc:creator>") == "Mair, Tom"
    assert authors("<author>post@cyngor.wales (Mair)</author>", "<dc:creator>Tom</dc:creator>") == "Mair, Tom"
    assert authors("<author>post@cyngor.wales (Mair)</author>", "<dc:creator>Mair</dc:creator>") == "Mair"
    assert authors("<dc:creator><![CDATA[tom@cyngor.wales]]></dc:creator>") == ""
    assert authors("<author>Mair &lt;mair@x.technology&gt;</author>") == "Mair"


def test_every_author_of_an_atom_entry_is_credited() -> None:
    people = (
        "<author><name>Mair</name><email>mair@x.technology</email></author>"
        "<author><name>Tom</name></author><author><name>tom@x.wales</name></author>"
    )
    atom = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>One</title><id>urn:1</id>{people}</entry></feed>'
    assert _author_of(atom) == "Mair, Tom"


@pytest.mark.parametrize(
    ("said", "author"),
    [
        ('"authors": [{"name": "Mair"}, {"name": "Tom"}]', "Mair, Tom"),
        ('"authors": [], "author": {"name": "Mair"}', "Mair"),
        ('"authors": ["Mair", 7, {"name": "post@cyngor.wales (Tom)"}]', "Mair, Tom"),
        ('"author": "Mair"', "Mair"),
        ('"authors": [{"name": "tom@x.wales"}]', ""),
    ],
)
def test_every_author_of_a_json_entry_is_credited(said: str, author: str) -> None:
    version = "https://jsonfeed.org/version/1.1"
    assert (
        _author_of(f'{{"version": "{version}", "title": "T", "items": [{{"id": "1", "title": "One", {said}}}]}}')
        == author
    )
