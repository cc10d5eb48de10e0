"""Lists of feeds, out and in again."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.collect.opml import read_opml, write_opml
from digest.errors import UsageError
from digest.model import Source, Theme

THEMES = (Theme("comms", "Comms", ()), Theme("civic-tech", "Civic tech", ()))


def test_reads_the_opml_that_it_writes() -> None:
    sources = (
        Source("A & B", "https://a.example.org/feed?x=1&y=2", "https://a.example.org/", "comms", "div.post > p"),
        Source("Ünïcode “quoted”", "https://b.example.org/feed", active=False),
    )
    assert read_opml(write_opml(sources, title="T").encode(), THEMES) == sources


@given(
    st.lists(
        st.builds(
            Source,
            name=st.text("abc &<>\"'é", min_size=1, max_size=12).map(lambda name: " ".join(name.split())).filter(bool),
            feed=st.integers(0, 999).map(lambda number: f"https://x.org/{number}?a=1&b='"),
            site=st.sampled_from(["", "https://x.org/"]),
            theme=st.sampled_from(["", "comms", "civic-tech"]),
            selector=st.sampled_from(["", "#main > p[a='b']"]),
            active=st.booleans(),
        ),
        max_size=6,
        unique_by=(lambda source: source.name, lambda source: source.feed),
    )
)
def test_any_list_survives_writing_and_reading(sources: list[Source]) -> None:
    assert read_opml(write_opml(sources, title="T").encode(), THEMES) == tuple(sources)


def test_reads_opml_of_other_feed_readers() -> None:
    content = b"""<?xml version="1.0"?><opml version="1.1"><body>
        <outline text="Civic tech"><outline type="rss" text="One" xmlUrl="https://one.example.org/feed"/></outline>
        <outline title="Two" xmlurl="https://two.example.org/feed" category="/news,/comms"/>
        <outline text="Two again" xmlUrl="https://two.example.org/feed"/>
        <outline text="One" xmlUrl="https://three.example.org/feed"/>
        <outline text="bad" xmlUrl="javascript:alert(1)"/>
        <outline text="folder"/>
    </body></opml>"""
    result = read_opml(content, THEMES)
    assert [(source.name, source.theme) for source in result] == [
        ("One", "civic-tech"),
        ("Two", "comms"),
        ("One (2)", ""),
    ]


@pytest.mark.parametrize("content", [b"", b"not xml", b"<html/>", b"<opml><body>", b"x" * 6_000_000])
def test_files_that_are_not_opml_are_refused(content: bytes) -> None:
    with pytest.raises(UsageError):
        read_opml(content)


def test_entities_of_a_list_are_not_expanded() -> None:
    bomb = (
        b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><opml><outline text="&b;" xmlUrl="https://x.org/"/></opml>'
    )
    with pytest.raises(UsageError):
        read_opml(bomb)


def test_written_opml_is_well_formed_for_any_names() -> None:
    ET.fromstring(write_opml([Source("a\x00b\x0b", "https://x.org/")], title="\x01"))


UTF_16 = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY a "ha">]><opml><outline text="&a;"/></opml>'


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE x><!DOCTYPE x [<!ENTITY a "ha">]><opml><outline text="&a;" xmlUrl="https://x.org/"/></opml>',
        UTF_16.encode("utf-16"),
    ],
    ids=["two declarations", "utf-16"],
)
def test_entities_are_rejected_in_every_encoding(content: bytes) -> None:
    with pytest.raises(UsageError, match="not an OPML file"):
        read_opml(content)


def test_a_list_with_a_plain_doctype_is_read() -> None:
    content = (
        b'<!DOCTYPE opml SYSTEM "opml.dtd"><opml><body><outline text="A" xmlUrl="https://a.example/f"/></body></opml>'
    )
    assert [source.name for source in read_opml(content)] == ["A"]


def _list(body: bytes) -> bytes:
    return b'<opml version="2.0"><body>' + body + b"</body></opml>"


def test_sources_of_one_name_take_little_time_and_get_names_of_their_own() -> None:
    outlines = b"".join(b'<outline xmlUrl="http://a.example/%d" text="News"/>' % at for at in range(20_000))
    started = time.thread_time()
    sources = read_opml(_list(b'<outline xmlUrl="http://a.example/x" text="News (3)"/>' + outlines))
    assert time.thread_time() - started < 3
    assert len({source.name for source in sources}) == len(sources) == 20_001
    assert [source.name for source in sources[:5]] == ["News (3)", "News", "News (2)", "News (4)", "News (5)"]


def test_names_of_folders_are_read_once_however_many_feeds_are_in_them() -> None:
    outlines = b"".join(b'<outline xmlUrl="http://a.example/%d" text="%d"/>' % (at, at) for at in range(10_000))
    started = time.thread_time()
    read_opml(_list(b'<outline text="' + b"x" * 4_000_000 + b'">' + outlines + b"</outline>"))
    assert time.thread_time() - started < 3


@pytest.mark.parametrize("body", [b"<a/>" * 1_200_000, b"<a>" * 600_000 + b"</a>" * 600_000], ids=["many", "deep"])
def test_countless_elements_are_no_list(body: bytes) -> None:
    started = time.thread_time()
    with pytest.raises(UsageError, match="more than 100,000 elements"):
        read_opml(_list(body))
    assert time.thread_time() - started < 1
