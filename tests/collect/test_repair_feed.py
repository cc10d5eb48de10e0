"""Feeds made fit for the parser, and feeds that it fails on."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.collect.parse_feed import parse
from digest.collect.parsed_feed import NotAFeed, ParsedFeed
from digest.collect.repair_feed import reduce, repair
from tests.web_of_feeds import Item, rss

URL = "https://blog.example.org/feed"
TITLES = {
    "Party &#55356;&#57225; time": "Party \U0001f389 time",
    "Party &#xD83C;&#xDF89; time": "Party \U0001f389 time",
    "Party &#xd83c;&#57225; time": "Party \U0001f389 time",
    "Party &amp;#55356;&amp;#57225; time": "Party \U0001f389 time",
    "Half &#55356; time": "Half time",
    "None &#1114112; time": "None time",
    "None &#x7fffffff; time": "None time",
    "Null &#0; time": "Null time",
    "Fine &#127881; time": "Fine \U0001f389 time",
    "<![CDATA[Party &#55356;&#57225; time]]>": "Party \U0001f389 time",
    "<![CDATA[None &#99999999999999999999999; time]]>": "None time",
}


def feed(title: str) -> bytes:
    return rss(Item("Another"), title="A blog").replace("Another", title).encode()


@pytest.mark.parametrize("title", TITLES)
def test_references_to_half_or_no_character_cost_no_feed(title: str) -> None:
    parsed = parse(feed(title), url=URL)
    assert isinstance(parsed, ParsedFeed)
    assert [entry.title for entry in parsed.entries] == [TITLES[title]]


@given(st.characters(min_codepoint=0x10000, max_codepoint=0x1F9FF, categories=["So", "Lo"]))
def test_halves_of_every_character_come_together(character: str) -> None:
    units = character.encode("utf-16-be")
    high, low = int.from_bytes(units[:2], "big"), int.from_bytes(units[2:], "big")
    for form in ("&#{};", "&#x{:x};", "&amp;#{};"):
        content = f"<a>{form.format(high)}{form.format(low)}</a>".encode()
        amp = "amp;" if "amp" in form else ""
        assert repair(content).content == f"<a>&{amp}#{ord(character)};</a>".encode()


@given(st.text(st.sampled_from("&#x0123456789abcdefAMP;amp"), max_size=40))
def test_valid_references_stay_as_they_are(text: str) -> None:
    once = repair(text.encode()).content
    assert repair(once).content == once


@pytest.mark.parametrize(
    "broken",
    [
        "<georss:point>here</georss:point>",
        "<gml:pos>1</gml:pos>",
        "<![IF x]>",
        "<item",
        "<!DOCTYPE x [<!ENTITY a 'b'>]>",
        "<psc:chapter start='a'/>",
        "\x00\x0b",
    ],
)
def test_what_the_parser_fails_on_costs_no_other_entry(broken: str) -> None:
    document = rss(Item("One"), Item("Two")).replace("</item><item>", f"{broken}</item><item>")
    parsed = parse(document.encode(), url=URL)
    assert isinstance(parsed, ParsedFeed)
    assert "One" in [entry.title for entry in parsed.entries]


_PIECES = st.sampled_from([
    *"<>&#;'\"\x00\x0b\ufffe", "<![", "]]>", "<!--", "<?", "&#55356;", "&#1114112;", "<item>", "</item>", "<a:b>", "/>",
    "<georss:point>x", "<![CDATA[", "<!ENTITY a 'b'>", "xmlns:x='y'", "<link", "<content type='x'",
])  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 20), _PIECES), max_size=6), st.booleans())
def test_damaged_feed_never_raises(damages: list[tuple[int, int, str]], wide: bool) -> None:
    document = rss(
        Item("One", "https://blog.example.org/1", "1", extra="<georss:point>1 2</georss:point>"), Item("Two")
    )
    for at, length, piece in damages:
        document = document[:at] + piece + document[at + length :]
    parsed = parse(document.encode("utf-16" if wide else "utf-8"), url=URL)
    assert isinstance(parsed, ParsedFeed) or parsed.reason.endswith(".")


def test_utf_16_under_another_name_is_read() -> None:
    parsed = parse(rss(Item("Café")).encode("utf-16"), url=URL)
    assert not isinstance(parsed, NotAFeed)
    assert parsed.entries[0].title == "Café"


@pytest.mark.parametrize(
    "unit",
    [b"&#55356;", b"&#0", b"&", b"<!", b"<a:", b"</item   ", b"<?xml ", b"<![CDATA[", b"\xff", b"\xe2\x82", b"<item>"],
)
def test_repairing_takes_little_time(unit: bytes) -> None:
    content = b"<rss><channel>" + unit * (1_000_000 // len(unit))
    started = time.thread_time()
    repair(content)
    reduce(content)
    assert time.thread_time() - started < 3
