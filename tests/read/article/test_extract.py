"""Articles from feeds and pages: what stays, what is dropped, whether feed or page is used, and odd markup."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Article, BlockKind, Image, Page
from digest.read.article.blocks import MAX_CHARACTERS
from digest.read.article.extract import block_keys, extract, learn_repeats, page_facts

URL = "https://example.org/blog/allotments"
PROSE = [
    "The town has three hundred allotments, and twice as many people who would like to have one of them next spring.",
    "We asked everyone on the list what they would grow, how far they would walk, and whether they would share a plot.",
    "Most of them said that sharing is better than waiting, and a third had already found somebody to share with.",
]
BODY = "".join(f"<p>{text}</p>" for text in PROSE)


def page_of(body: str, *, head: str = "", url: str = URL) -> Page:
    html = f"<!doctype html><html lang='en-GB'><head><title>A title</title>{head}</head><body>{body}</body></html>"
    return Page(url, url, html.encode(), "text/html; charset=utf-8", datetime(2026, 1, 1, tzinfo=UTC))


def from_feed(html: str, **options: object) -> Article:
    return extract(html=html, page=None, url=URL, **options)  # type: ignore[arg-type]  # the tests pass what fits


def texts(article: Article) -> list[str]:
    return [block.text for block in article.blocks]


def test_headings_lists_and_quotations_are_kept() -> None:
    article = from_feed(
        f"<h2>Why we asked</h2>{BODY}<ul><li>Beans</li><li><p>Peas</p></li></ul>"
        "<blockquote><p>“It is good.”</p></blockquote>"
        "<pre>dig(1)\n  dig(2)</pre><p><strong>What comes next</strong></p><p>We <em>will</em>\nwrite<br><br>again.</p>"
    )
    assert [(block.kind, block.text) for block in article.blocks] == [
        (BlockKind.HEADING, "Why we asked"),
        *((BlockKind.PARAGRAPH, text) for text in PROSE),
        (BlockKind.LIST_ITEM, "Beans"),
        (BlockKind.LIST_ITEM, "Peas"),
        (BlockKind.QUOTE, "“It is good.”"),
        (BlockKind.CODE, "dig(1)\n  dig(2)"),
        (BlockKind.HEADING, "What comes next"),
        (BlockKind.PARAGRAPH, "We will write"),
        (BlockKind.PARAGRAPH, "again."),
    ]
    assert article.blocks[0].level == 2
    assert article.method == "feed"


@pytest.mark.parametrize(
    "furniture",
    [
        "<figure><img src=/a.jpg alt='Beds of kale'><figcaption>Beds of kale in the rain</figcaption></figure>",
        "<div class='image-caption'>Beds of kale in the rain</div>",
        "<p>by Robin Example</p>",
        "<p>Reviewed by Robin Example</p>",
        "<p>Image: Robin Example (CC BY-SA 4.0)</p>",
        "<p>Photo by Robin Example on Unsplash</p>",
        "<p>Subscribe to this blog.</p>",
        "<p>Like this blog? Why not subscribe for more blogs like this?</p>",
        "<p>Sign up to our newsletter and never miss a post.</p>",
        "<p>The post <a href='/x'>Allotments</a> appeared first on <a href='/'>The Town</a>.</p>",
        "<p>The post <a href='/x'>We dug. It rained</a> appeared first on <a href='/'>The Town</a>.</p>",
        "<p>Original source – <a href='/x'>The Town</a></p>",
        "<p>The Town 20 November 2026 — 1 min read</p>",
        "<p>Tags: gardens, towns</p>",
        "<p>Posted on: 3 March 2026</p>",
        "<p>We use some essential cookies to make this website work.</p>",
        "<div class='sharedaddy'><h3>Share this:</h3><p>Click to share on every network that there is today</p></div>",
        "<section id='comments'><h2>2 comments</h2><p>Great post, thanks for sharing this with us all.</p></section>",
        "<h2>Sharing and comments</h2><p>Share this page</p>",
        "<aside><h2>Related posts</h2><p>Ten things to know about compost before the spring comes round.</p></aside>",
        "<p style='display: none'>Only robots read this sentence, which says nothing about plots.</p>",
        "<script>track('a reader')</script><style>p { color: red }</style><noscript>Turn on scripts.</noscript>",
    ],
)
def test_page_furniture_is_dropped(furniture: str) -> None:
    head, *rest = BODY.split("</p>", 1)
    assert texts(from_feed(f"{head}</p>{furniture}{''.join(rest)}")) == PROSE
    assert texts(from_feed(BODY + furniture)) == PROSE
    article = extract(
        html="", page=page_of(f"<article><h1>Plots</h1>{BODY}{furniture}</article>"), url=URL, title="Plots"
    )
    assert texts(article) == PROSE


@pytest.mark.parametrize(
    "prose",
    [
        "We use cookies in our biscuit club, and the council’s share of the flour has been discussed by its members.",
        "Share your plot with a neighbour and you will both eat better: that is what forty years of records show us.",
        "Photographs of the plots, taken by the council in 1951, show how little has changed since the war was over.",
        "By the time Sam Example came to the council, the list was eleven years long and nobody dared to open it.",
        "The post office on the corner closed in May. A good many people first appeared on the list after that.",
        "Subscribers to the seed library rose by half, and the newsletter’s readers did too; we think we know why.",
    ],
)
def test_prose_that_sounds_like_furniture_stays(prose: str) -> None:
    assert prose in texts(from_feed(f"{BODY}<p>{prose}</p><p>{PROSE[0]} Again.</p>"))


@pytest.mark.parametrize(
    ("heading", "stays"),
    [
        ("Plots for everyone", False),  # the feed's title
        ("What three hundred gardeners said", False),  # the page's <title>, without the name of the site
        ("Plots for everybody and how to get one", False),  # the <h1>
        ("How everybody may get one: plots", True),  # has some of the words, and says something else
        ("What three hundred", True),
    ],
)
def test_a_first_heading_that_repeats_the_title_is_dropped(heading: str, stays: bool) -> None:
    page = page_of(
        f"<h1>Plots for everybody, and how to get one</h1><article><h2>{heading}</h2>{BODY}</article>",
        head="<meta property='og:title' content='The Town'>",
    )
    content = page.content.replace(b"A title", b"What three hundred gardeners said | The Town")
    article = extract(html="", page=replace(page, content=content), url=URL, title="Plots for everyone")
    assert texts(article) == [heading] * stays + PROSE


def test_a_caption_is_not_taken_for_a_title() -> None:
    page = page_of(f"<h1>{PROSE[0]} {PROSE[1]}</h1><article><h2>{PROSE[0]} {PROSE[1]}</h2>{BODY}</article>")
    assert texts(extract(html="", page=page, url=URL)) == [f"{PROSE[0]} {PROSE[1]}", *PROSE]


def test_a_heading_s_id_and_a_highlighter_s_classes_say_nothing_of_what_to_drop() -> None:
    page = page_of(
        f"<article>{BODY}<h2 id='please-share-plans-and-comments'>Please share your plans</h2><p>{PROSE[0]} Twice.</p>"
        "<pre><code><span class='token comment'># count the plots</span>\nlen(plots)</code></pre>"
        f"<p>{PROSE[1]} Thrice.</p></article>"
    )
    assert texts(extract(html="", page=page, url=URL)) == [
        *PROSE,
        "Please share your plans",
        f"{PROSE[0]} Twice.",
        "# count the plots\nlen(plots)",
        f"{PROSE[1]} Thrice.",
    ]


def test_embedded_posts_of_others_stay_in_the_article() -> None:
    post = "<blockquote class='twitter-tweet'><p>We dug all day, and it rained.</p>— Sam (@sam)</blockquote>"
    page = page_of(
        f"<article>{BODY}<div class='social-media-embed'>{post}</div><p>{PROSE[0]} Again.</p></article>"
        "<div class='social-links'><p>Find us on every network that there is today</p></div>"
    )
    assert texts(extract(html="", page=page, url=URL)) == [
        *PROSE,
        "We dug all day, and it rained.",
        "— Sam (@sam)",
        f"{PROSE[0]} Again.",
    ]


def test_a_standfirst_in_the_article_s_own_element_stays() -> None:
    lead = "Three hundred plots, six hundred gardeners: we asked all of them what they would do about the difference."
    page = page_of(f"<div class='text'><header>{lead}</header>{BODY}</div>")
    assert texts(extract(html="", page=page, url=URL)) == [lead, *PROSE]


def test_a_truncation_mark_is_dropped_and_its_sentence_kept() -> None:
    assert texts(from_feed(f"<p>{PROSE[0]} […]</p>")) == [PROSE[0]]
    assert texts(from_feed(f"<p>{PROSE[0]} [...]</p>")) == [PROSE[0]]


def test_an_author_at_the_foot_is_dropped_if_the_byline_names_them() -> None:
    html = f"<p>by Robin Example</p>{BODY}<p>{PROSE[0]}</p><p>Robin Example is a gardener at the Town Council</p>"
    assert texts(from_feed(html)) == [*PROSE, PROSE[0]]


def test_the_page_is_used_when_the_feed_is_cut_off() -> None:
    page = page_of(f"<main><article>{BODY}</article></main>")
    article = extract(html=f"<p>{PROSE[0][:60]}…</p>", page=page, url=URL)
    assert texts(article) == PROSE
    assert article.method.startswith("page")


def test_the_feed_is_used_when_the_page_differs() -> None:
    page = page_of(
        "<main><p>Please log in to read on. Members of the society read everything, every day.</p></main>" * 5
    )
    article = extract(html=BODY, page=page, url=URL)
    assert texts(article) == PROSE
    assert article.method == "feed"


def test_a_full_feed_needs_no_page() -> None:
    page = page_of(f"<main><article>{BODY}<p>{PROSE[0]} Twice.</p></article></main>")
    assert extract(html=BODY * 4, page=page, url=URL).method == "feed"


def test_a_selector_names_the_article_element() -> None:
    page = page_of(f"<div class=x><p>{PROSE[0]}</p></div><div id=post><p>{PROSE[1]}</p></div>")
    assert texts(extract(html="", page=page, url=URL, selector="#post")) == [PROSE[1]]
    assert extract(html="", page=page, url=URL, selector="[[[").blocks
    assert extract(html="", page=page, url=URL, selector=".none").blocks


def test_json_ld_rescues_a_page_that_scripts_would_fill() -> None:
    body = "\\n".join(PROSE * 4)
    head = f'<script type="application/ld+json">{{"@type":"BlogPosting","articleBody":"{body}"}}</script>'
    article = extract(html="", page=page_of("<div id=app>Loading the application</div>", head=head), url=URL)
    assert texts(article) == PROSE * 4
    assert article.method == "page:data"


def test_phrases_repeated_across_posts_are_dropped() -> None:
    footer = "The Town Blog is written by people who work for the town and like to say what they do all day."
    articles = [from_feed(f"<p>{PROSE[index]}</p><p>{footer}</p>") for index in range(3)]
    repeats = learn_repeats(articles)
    assert repeats == block_keys(from_feed(f"<p>{footer.upper()}</p>"))
    assert texts(from_feed(f"<p>{PROSE[0]}</p><p>{footer}</p>", repeats=repeats)) == [PROSE[0]]
    assert learn_repeats([]) == frozenset()
    assert learn_repeats(articles[:1]) == frozenset()


def test_the_lead_image_has_its_alternative_text() -> None:
    html = f"<img src='/pixel.gif' width=1 height=1><img src='kale.jpg' alt='Kale\u202e in the rain' width=640>{BODY}"
    assert from_feed(html).image == Image("https://example.org/blog/kale.jpg", "Kale in the rain")
    assert from_feed("<img src='javascript:alert(1)'>" + BODY).image is None
    assert from_feed("<img src='http://[bad'>" + BODY).image is None
    head = "<meta property='og:image' content='/cover.png'><meta property='og:image:alt' content='Spades'>"
    assert extract(html="", page=page_of(BODY, head=head), url=URL).image == Image(
        "https://example.org/cover.png", "Spades"
    )


def test_page_metadata_is_read() -> None:
    facts = page_facts(
        page_of(
            "<h1>Plots</h1>",
            head="<meta property='og:title' content='Plots &amp;amp; people'><meta name='author' content='Sam Example'>"
            "<meta property='article:published_time' content='2026-03-01T10:00:00+01:00'>"
            "<link rel='canonical' href='/blog/plots'><meta property='og:image' content='//cdn.example.org/a.png'>",
        )
    )
    assert (facts.title, facts.author, facts.language) == ("Plots & people", "Sam Example", "en")
    assert facts.published == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert facts.canonical == "https://example.org/blog/plots"
    assert facts.image == Image("https://cdn.example.org/a.png")
    assert page_facts(page_of("")).title == "A title"


@pytest.mark.parametrize("written", ["1 March 2026 9am", "Sun, 01 Mar 2026 10:00:00 +0100", "1 Mawrth 2026, 09:00"])
def test_a_page_s_date_is_read_like_a_feed_s(written: str) -> None:
    page = page_of("<p>Text.</p>", head=f"<meta name='date' content='{written}'>")
    assert page_facts(page).published == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert page_facts(page_of("<p>Text.</p>", head="<meta name='date' content='March 2026'>")).published is None


@pytest.mark.parametrize(
    ("content", "content_type", "expected"),
    [
        ("<p>Café “déjà vu”</p>".encode(), "text/html", "Café “déjà vu”"),
        ("<p>Café “déjà vu”</p>".encode("cp1252"), "text/html", "Café “déjà vu”"),
        ("<p>Café “déjà vu”</p>".encode("cp1252"), "text/html; charset=windows-1252", "Café “déjà vu”"),
        ("<p>Café “déjà vu”</p>".encode("utf-16"), "text/html", "Café “déjà vu”"),
        ("<meta charset=shift_jis><p>庭の話</p>".encode("shift_jis"), "text/html", "庭の話"),
        ("<?xml version='1.0' encoding='utf-16'?><p>Café</p>".encode(), "text/html; charset=nonsense", "Café"),
        ("<p>It’s – “déjà vu”</p>".encode("cp1252"), "text/html; charset=iso-8859-1", "It’s – “déjà vu”"),
        ("<meta charset=latin1><p>It’s €5</p>".encode("cp1252"), "text/html", "It’s €5"),
        ("<p>It’s – “déjà vu”</p>".encode(), "text/html; charset=iso-8859-1", "It’s – “déjà vu”"),
        ("<p>Café “déjà vu”</p>".encode("utf-16"), "text/html; charset=iso-8859-1", "Café “déjà vu”"),
        ("<p>Ağaç</p>".encode("cp1254"), "text/html; charset=iso-8859-9", "Ağaç"),
        ("<p>Café “déjà vu”</p>".encode("cp1252"), "text/html; charset=punycode", "Café “déjà vu”"),
        (b"<p>\x1b$B$K$O\x1b(B</p>", "text/html; charset=iso-2022-jp", "には"),
    ],
)
def test_encodings(content: bytes, content_type: str, expected: str) -> None:
    page = Page(URL, URL, content, content_type, datetime(2026, 1, 1, tzinfo=UTC))
    assert expected in extract(html="", page=page, url=URL).text


@pytest.mark.parametrize(
    "body",
    [
        "".join(f"<div class=s><h2>{n}. Step</h2><p class=text>{part}</p></div>" for n, part in enumerate(PROSE)),
        f"<h1>Steps</h1>{'<br><br>'.join(PROSE)}",
        f"<h1>Steps</h1>{' '.join(PROSE)}",
        f"<main><h1>Steps</h1><ul>{''.join(f'<li><span>{part}</span></li>' for part in PROSE)}</ul></main>",
        f"<main><h1>Steps</h1><dl>{''.join(f'<dt>Step</dt><dd>{part}</dd>' for part in PROSE)}</dl></main>",
    ],
    ids=["sections", "breaks", "bare text", "list", "definitions"],
)
def test_article_in_pieces_is_read_whole(body: str) -> None:
    page = Page(URL, URL, f"<html><body>{body}</body></html>".encode(), "text/html", datetime(2026, 1, 1, tzinfo=UTC))
    text = " ".join(extract(html="", page=page, url=URL, title="Steps").text.split())
    assert all(" ".join(part.split()) in text for part in PROSE)


HOSTILE = {
    "nested": b"<div>" * 20_000 + BODY.encode() + b"</div>" * 20_000,
    "nested quotes": b"<blockquote>" * 20_000 + BODY.encode(),
    "five megabytes of one paragraph": b"<p>" + b"word after word, said nobody. " * 170_000,
    "five megabytes of script": b"<script>" + b"var a = 1;" * 500_000 + b"</script>" + BODY.encode(),
    "comments that never end": b"<!--" * 500_000,
    "angle brackets": b"<" * 2_000_000,
    "binary": bytes(range(256)) * 2_000,
    "json": b'{"a": [1, 2]}',
    "nested json-ld": b'<script type="application/ld+json">' + b"[" * 100_000 + b"</script>",
    "nothing": b"",
    "nulls": b"\0" * 100_000,
    "frames": b"<frameset><frame src=x></frameset>",
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.thorough) if name == "nested" else name for name in HOSTILE],
)
def test_no_markup_makes_extraction_fail(name: str) -> None:
    page = Page(URL, URL, HOSTILE[name], "text/html", datetime(2026, 1, 1, tzinfo=UTC))
    article = extract(html=HOSTILE[name].decode("utf-8", "replace"), page=page, url=URL)
    assert len(article.text) <= MAX_CHARACTERS + 100
    if "nested" in name and "json" not in name:
        assert all(text in article.text for text in PROSE)


def test_a_post_of_fifty_thousand_words_is_read_whole() -> None:
    html = "".join(f"<p>Paragraph {number} says {'something new ' * 49}.</p>" for number in range(500))
    assert from_feed(html).words == 500 * 102


@given(
    st.lists(
        st.sampled_from(
            ["<p>", "</p>", "<div class='share'>", "</div>", "<ul><li>", "</ul>", "<pre>", "</pre>", "<h2>", "<br>",
             "<table><tr><td>",             "<blockquote>", "<!--", "-->", "<script>", "&amp;", "&#0;",
             "\x00", "\ud800", "plain words here. ", "<a href='x'>", PROSE[0]]
        ),
        max_size=30,
    ).map("".join)
)  # fmt: skip
def test_blocks_are_always_clean(markup: str) -> None:
    page = Page(URL, URL, markup.encode("utf-8", "surrogatepass"), "text/html", datetime(2026, 1, 1, tzinfo=UTC))
    for article in (from_feed(markup), extract(html=markup, page=page, url=URL, title=PROSE[0])):
        for block in article.blocks:
            assert block.text.strip()
            assert block.kind is BlockKind.CODE or "\n" not in block.text
            assert block.kind is not BlockKind.HEADING or 1 <= block.level <= 6
            assert "\x00" not in block.text


WEEK = Path(__file__).parents[3] / "../shared/week"


def served() -> ModuleType:
    spec = importlib.util.spec_from_file_location("week_serve", WEEK / "serve.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not (WEEK / "serve.py").exists(), reason="needs the shared week of real posts")
def test_a_real_week_is_clean_from_feeds_and_pages() -> None:
    week = served()
    never = {post["id"]: post["never_in_summary"] for post in json.loads((WEEK / "expected.json").read_text())["posts"]}
    for post in week.POSTS:
        base = "http://127.0.0.1:1"
        url = f"{base}/{post['site']}/{post['id']}"
        feed = week.body(post, week.SITES[post["site"]]["chrome"])
        page = Page(url, url, week.page(post, base).encode(), "text/html", datetime(2026, 1, 1, tzinfo=UTC))
        excerpt = f"<p>{' '.join(post['paragraphs'])[:300]} […]</p>"
        sources: list[tuple[str, Page | None]] = [(feed, None), ("", page), (excerpt, page), (feed, page)]
        prose = [part for part in post["paragraphs"] if len(part) > 300 and "copyright" not in part and "•" not in part]
        for html, page_html in sources:
            text = extract(html=html, page=page_html, url=url, title=post["title"]).text
            assert text
            assert not [phrase for phrase in never[post["id"]] if phrase in text], post["id"]
            for part in prose:
                assert " ".join(part.split()).removesuffix("[…]")[-80:].strip() in text, post["id"]


# --- Very short posts -------------------------------------------------------------------------------------------------

_OTHERS = "".join(
    f"<article><h3><a href='/{at}'>Another post</a></h3><p>{text}</p></article>" for at, text in enumerate(PROSE)
)
_CARDS = f"<aside class='related read-more'><h2>Read more</h2>{_OTHERS}</aside>"


def short_page(content: str) -> Page:
    """A page on which a short post is surrounded by navigation and by longer texts about other posts."""
    return page_of(
        "<header class='head'><a href='/'>The Town</a><nav><ul><li><a href='/about'>About</a></li></ul></nav></header>"
        "<main><article class='post'><header><p class='meta'><a href='/tag'>Notices</a></p>"
        "<h1>The shed has a new key</h1>"
        "<div class='meta'><span>Robin Example</span> <time datetime='2026-11-20'>20 November 2026</time> — 1 min read"
        f"</div></header><section class='content'>{content}</section></article>"
        "<section class='call'><h2>Sign up for more like this.</h2><p>Enter your e-mail</p></section></main>"
        f"{_CARDS}<footer><p>The Town</p><p>The town, thinking aloud.</p></footer>"
    )


@pytest.mark.parametrize(
    "paragraphs",
    [
        ["The shed has a new key from Monday."],
        ["From Monday the shed has a new key, and the old one is of no use.", "Ask Robin for yours."],
    ],
)
def test_a_very_short_post_is_its_own_paragraphs_and_nothing_else(paragraphs: list[str]) -> None:
    page = short_page("".join(f"<p>{text}</p>" for text in paragraphs))
    assert texts(extract(html="", page=page, url=URL, title="The shed has a new key")) == paragraphs


def test_a_page_of_pictures_has_no_text_of_other_posts() -> None:
    page = short_page("<p><img src='/a.jpg' alt='The shed at dawn'></p><p><img src='/b.jpg' alt='The shed'></p>")
    assert texts(extract(html="", page=page, url=URL, title="The shed has a new key")) == []
