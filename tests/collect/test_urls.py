"""Which address is shown, and which ones are the same post."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.collect.urls import absolute, clean_url, host_of, identity, post_id

SAME = [
    "https://example.org/2019/03/post",
    "http://example.org/2019/03/post/",
    "https://www.example.org/2019/03/post",
    "https://m.example.org/2019/03/post",
    "https://mobile.example.org/2019/03/post?utm_source=rss&utm_medium=feed",
    "https://amp.example.org/2019/03/post",
    "https://EXAMPLE.org:443/2019/03/post",
    "https://example.org/2019/03/post/amp/",
    "https://example.org/amp/2019/03/post",
    "https://example.org/2019/03/post?amp=1",
    "https://example.org/2019/03/post#comments",
    "https://example.org//2019/03/post",
    "https://example.org/2019/03/post/index.html",
    "https://example.org/2019/03/%70ost",
    "https://example.org/2019/03/post?fbclid=abc&mc_cid=1&gclid=2",
    "https://example.org/2019/03/post?source=rss----1a2b3c4d5e6f---4",
    "https://example.org/2019/03/post?source=rss-1a2b3c4d5e6f------2",
    "https://example.org/2019/03/post?ref=feed&partner=rss&emc=rss&smid=tw-share&CMP=share_btn_tw",
]


@pytest.mark.parametrize("url", SAME)
def test_one_post_has_one_identity(url: str) -> None:
    assert identity(url) == "example.org/2019/03/post"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/?p=1", "https://example.org/?p=2"),
        ("https://example.org/a", "https://example.org/A"),
        ("https://blog.example.org/a", "https://example.org/a"),
        ("https://example.org/a", "https://example.com/a"),
        ("https://example.org/post?page=2", "https://example.org/post"),
        ("https://example.org/#!/a", "https://example.org/#!/b"),
        ("https://example.org:8080/a", "https://example.org/a"),
        ("https://example.org/list?source=council", "https://example.org/list?source=parish"),
        ("https://example.org/doc?ref=2019/12", "https://example.org/doc?ref=2019/13"),
        ("https://example.org/read?from=feedback", "https://example.org/read"),
        ("https://example.org/?cid=12", "https://example.org/"),
        ("https://example.org/a%2Fb", "https://example.org/a%3Fb"),
    ],
)
def test_different_posts_have_different_identities(one: str, other: str) -> None:
    assert identity(one) != identity(other)


def test_the_order_of_parameters_does_not_matter() -> None:
    assert identity("https://x.org/?b=2&a=1") == identity("https://x.org/?a=1&b=2")


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("HTTPS://Example.ORG/Path/?utm_source=x&id=5", "https://example.org/Path/?id=5"),
        ("http://example.org:80/a?utm_campaign=b#utm_source=c", "http://example.org/a"),
        ("https://example.org/a/?a=1&b=2#part", "https://example.org/a/?a=1&b=2#part"),
        ("https://example.org/a b", "https://example.org/a%20b"),
        ("javascript:alert(1)", ""),
        ("mailto:a@example.org", ""),
        ("//example.org/a", ""),
        ("https://", ""),
        ("https://[::1/", ""),
        ("https://example.org:99999/", ""),
        ("https://example.org/" + "a" * 5000, ""),
    ],
)
def test_the_visible_url_loses_only_its_trackers(url: str, clean: str) -> None:
    assert clean_url(url) == clean


def test_relative_urls_are_made_absolute() -> None:
    assert absolute("../b", "https://example.org/a/c") == "https://example.org/b"
    assert absolute("javascript:alert(1)", "https://example.org/") == ""


def test_the_host_identifies_the_site() -> None:
    assert host_of("https://www.example.org/a") == host_of("http://example.org/b") == "example.org"
    assert host_of("nonsense") == ""


def test_ids_are_16_hex_digits() -> None:
    assert len(post_id("example.org/a")) == 16
    assert int(post_id("example.org/a"), 16)


urls = st.builds(
    lambda host, path, query: f"https://{host}/{path}{'?' + query if query else ''}",
    st.sampled_from(["example.org", "www.example.org", "m.www.example.org", "amp.m.example.co.uk", "10.0.0.1:8080"]),
    st.text("abc/%.ä2F -~", max_size=20) | st.sampled_from(["amp/index.html", "a/amp/amp/", "index.php/index.html"]),
    st.text("ab=&;%utm_source?", max_size=20),
)


@given(urls)
def test_cleaning_twice_changes_nothing(url: str) -> None:
    once = clean_url(url)
    assert clean_url(once) == once
    assert identity(once) == identity(url)


@given(urls)
def test_the_identity_of_an_identity_is_the_same(url: str) -> None:
    key = identity(url)
    assert identity(f"https://{key}") == key


@given(st.text(max_size=40))
def test_no_text_makes_cleaning_fail(text: str) -> None:
    for function in (clean_url, identity, host_of, absolute):
        assert isinstance(function(text), str)
