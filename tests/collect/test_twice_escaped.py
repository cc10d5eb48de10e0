"""Descriptions that were escaped once too often show no tags; texts about tags keep them."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.collect.twice_escaped import unescape_twice_escaped


@pytest.mark.parametrize(
    "markup",
    [
        "<p>The register is open.</p><p>It lists <b>trees</b>.</p>",
        "The register is open.<br>It lists <a href='/x'>trees</a>, <em>all</em> of them.<br/>See <b>more</b>.",
        '<div class="x">The register &amp; its trees</div>',
        "<img src='a.png'/> <p>The register</p>",
        'The register is open.<br/><a class="more" href="https://blog.example.org/1">Read more</a>',
    ],
)
def test_unescapes_what_has_escaped_tags_only(markup: str) -> None:
    assert unescape_twice_escaped(html.escape(markup)) == markup


def test_unescapes_what_was_escaped_three_times() -> None:
    markup = "<p>The register is open.</p><p>It lists <b>trees</b>.</p>"
    assert unescape_twice_escaped(html.escape(html.escape(markup))) == markup
    assert unescape_twice_escaped("Write &amp;lt; for a sign.") == "Write &amp;lt; for a sign."


@pytest.mark.parametrize(
    "markup",
    [
        "<p>The register is open.</p>",
        "<p>Write &lt;p&gt;text&lt;/p&gt; for a paragraph.</p>",
        "Use &lt;b&gt; and &lt;/b&gt; around it.",
        "&lt;blink&gt; is gone",
        "Close it with &lt;/a&gt;",
        "A link is &lt;a&gt;words&lt;/a&gt;",
        "5 &lt; 6 &amp; 7 &gt; 6",
        "",
    ],
)
def test_leaves_other_text_alone(markup: str) -> None:
    assert unescape_twice_escaped(markup) == markup


@given(st.text())
def test_reads_any_text(text: str) -> None:
    once = unescape_twice_escaped(text)
    assert once == text or "lt;" in text
