"""From a web page to its feed."""

from __future__ import annotations

import time

import pytest

from digest.collect.discover_feeds import FeedLink, canonical_link, carries_comments, feed_links, guesses

PAGE = "https://blog.example.org/news/"


def links(html: str) -> list[str]:
    return [link.url for link in feed_links(html, PAGE)]


@pytest.mark.parametrize("kind", ["rss+xml", "atom+xml", "feed+json", "rdf+xml"])
def test_finds_a_feed_that_the_page_announces(kind: str) -> None:
    (link,) = feed_links(
        f'<head><link rel="alternate" type="application/{kind}" title="Our blog" href="/feed"></head>', PAGE
    )
    assert (link.url, link.title) == ("https://blog.example.org/feed", "Our blog")


def test_attributes_come_in_any_order_and_quoting() -> None:
    assert links("<LINK HREF=feed.xml Type='application/rss+xml' rel=alternate />") == [PAGE + "feed.xml"]
    assert links('<link href="/a?b=1&amp;c=2" type="application/atom+xml" rel="alternate feed">') == [
        "https://blog.example.org/a?b=1&c=2"
    ]


def test_posts_come_before_comments() -> None:
    html = (
        '<link rel="alternate" type="application/rss+xml" title="Comments Feed" href="/comments/feed/">'
        '<link rel="alternate" type="application/rss+xml" title="Feed" href="/feed/">'
    )
    assert links(html) == ["https://blog.example.org/feed/", "https://blog.example.org/comments/feed/"]


def test_links_are_resolved_against_the_page_s_base() -> None:
    assert links('<base href="https://cdn.example.org/x/"><link rel="feed" href="f">') == [
        "https://cdn.example.org/x/f"
    ]


def test_links_that_look_like_feeds_come_last() -> None:
    body = '<a href="/rss.xml">RSS</a><a href="/about">About</a>'
    html = body + '<link rel="alternate" type="application/atom+xml" href="/atom">'
    assert links(html) == ["https://blog.example.org/atom", "https://blog.example.org/rss.xml"]


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<p>no feed</p>",
        '<!-- <link rel="alternate" type="application/rss+xml" href="/old"> -->',
        '<link rel="alternate" hreflang="fr" href="/fr">',
        '<link rel="stylesheet" href="/feed.css">',
        '<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">',
        '<link rel="alternate" type="application/rss+xml" href="">',
    ],
)
def test_other_links_are_no_feeds(html: str) -> None:
    assert links(html) == []


def test_guesses_start_with_the_page_s_own_folder() -> None:
    urls = [guess.url for guess in guesses("https://example.org/team/blog")]
    assert urls[0] == "https://example.org/team/blog/feed/"
    assert "https://example.org/feed/" in urls
    assert len(urls) == len(set(urls))


@pytest.mark.parametrize(
    "noise", ["<link ", "<!--", "<a href=", "<", '<link rel="alternate" ', "<link rel=canonical href='"]
)
def test_hostile_pages_cost_no_time(noise: str) -> None:
    started = time.perf_counter()
    feed_links(noise * 100_000, PAGE)
    canonical_link(noise * 100_000, PAGE)
    assert time.perf_counter() - started < 3


def test_the_canonical_address_of_a_page() -> None:
    assert canonical_link('<link rel="canonical" href="/one">', PAGE) == "https://blog.example.org/one"
    assert canonical_link('<link rel="canonical" href="https://blog.example.org/">', PAGE + "one") == ""
    assert canonical_link("<p>none</p>", PAGE) == ""


def test_a_page_built_to_be_slow_is_read_quickly() -> None:
    """Pages are searched between the fetches of other sources: two minutes here would delay all of them."""
    link = '<link rel="alternate" type="application/rss+xml" href="/{}" title="&lt;a' + " " * 3_800 + 'x">'
    page = "".join(link.replace("{}", str(number)) for number in range(250))
    started = time.thread_time()
    assert links(page)
    assert time.thread_time() - started < 5


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/comments/feed/", ""),
        ("/a-post/feed/", "Blog » A post Comments Feed"),
        ("/beitrag/feed/", "Blog » Kommentar-Feed zu Beitrag"),
        ("/billet/feed/", "Blog » Flux des commentaires"),
        ("/comment-feed.xml", ""),
        ("/erthygl/feed", "Sylwadau ar: Erthygl"),
    ],
)
def test_a_feed_of_comments_is_known_by_its_name(path: str, title: str) -> None:
    assert FeedLink(f"https://blog.example.org{path}", title).is_of_comments


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/feed/", "Blog » Feed"),
        ("/opinion/rss", "Comment"),
        ("/commentisfree/rss", "Comment is free"),
        ("/feed", "Commentary"),
        ("/feed", "News and announcements"),
    ],
)
def test_a_feed_of_opinions_is_no_feed_of_comments(path: str, title: str) -> None:
    assert not FeedLink(f"https://blog.example.org{path}", title).is_of_comments


def test_the_title_of_a_feed_says_that_it_carries_comments() -> None:
    assert carries_comments("Comments on: A post")
    assert carries_comments("Comments for The blog")
    assert carries_comments("Kommentare zu: Ein Beitrag")
    assert not carries_comments("Comment")
    assert not carries_comments("Commentary for councils")


@pytest.mark.parametrize(
    "unit",
    [
        '<a href="' + "/feed?" * 660 + '#">',
        "<a " + "a" * 3_990 + ">",
        '<a href="/feeds/' + "a-" * 1_900 + '!">',
        "<a " + "a=b " * 990 + ">",
        '<link rel="feed" href="/f" title="' + "&lt;b" * 700 + '">',
        '<base href="/x">',
    ],
    ids=["queries", "names", "paths", "attributes", "titles", "bases"],
)
def test_pages_made_to_be_read_again_and_again_take_little_time(unit: str) -> None:
    page = unit * (1_000_000 // len(unit))
    started = time.thread_time()
    feed_links(page, "https://blog.example.org/")
    canonical_link(page, "https://blog.example.org/")
    assert time.thread_time() - started < 1


def test_page_of_countless_feeds_takes_little_time() -> None:
    page = "".join(f'<link rel="feed" href="/f{at}" title="{at}">' for at in range(25_000))
    started = time.thread_time()
    assert len(feed_links(page, "https://blog.example.org/")) == 12
    assert time.thread_time() - started < 1


@pytest.mark.parametrize(
    ("href", "is_feed"),
    [
        ("/feed?a=/b", True),
        ("/feeds/all?x", True),
        ("/x?format.rss", True),
        ("/feed#top", False),
        ("/feed?a#top", False),
        ("/newsfeed", False),
    ],
)
def test_link_to_a_feed_is_known_by_its_path(href: str, is_feed: bool) -> None:
    assert bool(feed_links(f'<a href="{href}">x</a>', "https://blog.example.org/")) == is_feed


@pytest.mark.parametrize(
    "header",
    [
        '</feed>; rel="alternate"; type="application/rss+xml"; title="Our blog"',
        '<https://hub.example.org/>; rel="hub", </feed>; rel=alternate; type=application/rss+xml; title="Our blog"',
        '</feed>;title="Our blog";rel="feed"',
    ],
)
def test_feed_of_a_link_header(header: str) -> None:
    (link,) = feed_links("<p>Nothing here</p>", PAGE, header)
    assert (link.url, link.title) == ("https://blog.example.org/feed", "Our blog")


@pytest.mark.parametrize(
    "header", ["</next>; rel=next", "", "<", "</style>; rel=alternate; type=text/css", "</a" * 9999]
)
def test_other_link_headers_name_no_feed(header: str) -> None:
    assert feed_links("", PAGE, header) == ()


def test_guesses_ask_the_page_itself_for_its_feed() -> None:
    urls = [guess.url for guess in guesses("https://example.org/team?lang=cy#top")]
    assert "https://example.org/team?format=rss" in urls
    assert "https://example.org/team?format=feed&type=rss" in urls


@pytest.mark.parametrize(
    "page",
    [
        '<meta http-equiv="refresh" content="0; url=/new/news">',
        "<META HTTP-EQUIV='Refresh' CONTENT='5;URL=new/news'>",
        "<script>window.location.href = '/new/news'</script>",
        '<script>location.replace("/new/news");</script>',
    ],
)
def test_page_that_only_sends_on_names_where(page: str) -> None:
    assert [link.url for link in feed_links(page, "https://town.example.org/")] == ["https://town.example.org/new/news"]
    assert feed_links(page + "<p>A whole page. " * 1_000, "https://town.example.org/") == ()
