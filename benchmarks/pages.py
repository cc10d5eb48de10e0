"""Pages to time extraction on, written here so that no corpus is needed, after what real ones have in the median.

Those of blogs and news have 120 kB, 700 elements in 140 nested <div>, most of them with classes, 130 links, and 600
words in 14 paragraphs. A third of the text that no name of an element gives away is not the article's: without it the
second extractor alone would be asked, which on real pages is rare (8 of 179).
"""

from __future__ import annotations

import os
import random
import time
from datetime import UTC, datetime

from digest.model import Article, Page
from digest.read.workers.read_post import ExtractJob, extract_one

_PROSE = (
    "the council has asked people what they think about paying for allotments online and most of them said that "
    "it works well on a phone although some would rather write a letter or come to the town hall on a Tuesday"
)


def page(number: int) -> Page:
    """A blog post in the furniture of its platform: wrappers, menus, cards of other posts, comments, scripts."""
    chance = random.Random(number)

    def sentences(count: int) -> str:
        return _sentences(chance, count)

    def link(text: str) -> str:
        return f"<a class='link' href='/post/{chance.randint(1, 9999)}'>{text}</a>"

    def row(kind: str, content: str) -> str:
        inner = f"<div class='{kind}-inner' data-number='{chance.random()}'><div class='cell'>{content}</div></div>"
        return f"<div class='{kind} row'><div class='column'>{inner}</div></div>"

    parts = []
    for at in range(chance.randint(8, 22)):
        if at and at % 5 == 0:
            parts.append(f"<h2 class='wp-block-heading' id='part-{at}'>{sentences(1)[:40]}</h2>")
        if at % 7 == 3:
            parts.append(f"<figure class='wp-block-image'><img src='/{at}.jpg' alt='A picture'><figcaption>A picture")
            parts.append("</figcaption></figure>")
        extra = f" Here is <em>more</em> of {link('it')}." if at % 3 == 0 else ""
        parts.append(f"<p class='wp-block-paragraph'>{sentences(chance.randint(2, 3))}{extra}</p>")
    parts.append("<ul class='wp-block-list'>" + "".join(f"<li>{sentences(1)}</li>" for _ in range(4)) + "</ul>")
    menu = "".join(
        f"<li class='menu-item menu-item-{at}' id='menu-item-{at}'>{link(f'Page {at}')}</li>" for at in range(40)
    )
    cards = "".join(
        row("card", f"<h3 class='card-title'>{link(f'Post {at}')}</h3><p class='excerpt'>{sentences(1)[:70]}</p>")
        for at in range(20)
    )
    tiles = "".join(
        row("tile", f"<p>{link(sentences(1)[:50])}</p><p>{sentences(1)[:120]}</p>")
        for _ in range(chance.randint(9, 15))
    )
    comments = "".join(
        f"<li class='comment depth-1'>{row('comment-body', f'<p>{sentences(2)}</p>' + link('Reply'))}</li>"
        for at in range(6)
    )
    html = (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Post {number} – A blog</title>"
        f"<style>{'.wp-block-image{margin:0 auto}' * 900}</style>"
        f"<script>{'window.layer=window.layer||[];' * 2400}</script>"
        f"</head><body class='post-template single'><header class='site-header'>{row('branding', link('A blog'))}"
        f"<nav class='main-navigation'><ul class='menu'>{menu}</ul></nav></header>"
        f"<div class='site'><div class='site-content'><main class='site-main'><article class='post type-post hentry'>"
        f"<header class='entry-header'><h1 class='entry-title'>Post {number}</h1><div class='entry-meta'><span "
        f"class='byline'>by {link('Robin Example')}</span></div></header>"
        + row("entry-content", "".join(parts))
        + f"<div class='sharedaddy'><ul>{''.join(f'<li>{link(name)}</li>' for name in ('Share', 'Print', 'Like'))}</ul>"
        f"</div></article><div class='comments-area' id='comments'><h2>6 comments</h2><ol>{comments}</ol></div></main>"
        f"<div class='grid'>{tiles}</div><aside class='widget-area'>{cards}</aside></div></div>"
        f"<footer class='site-footer'><ul>{menu}</ul></footer>"
        "</body></html>"
    )
    return _page(number, html)


def long_page(number: int) -> Page:
    """4,000 words and almost no navigation: an essay on a hand-made site."""
    chance = random.Random(number)
    parts = [f"<p>{_sentences(chance, chance.randint(3, 6))}</p>" for _ in range(55)]
    html = f"<!doctype html><html lang='en'><head><title>Essay {number}</title></head><body><article>"
    return _page(number, f"{html}<h1>Essay {number}</h1>{''.join(parts)}</article></body></html>")


def _sentences(chance: random.Random, count: int) -> str:
    words = _PROSE.split()
    return " ".join(
        f"{' '.join(chance.choices(words, k=chance.randint(8, 24))).capitalize()} {chance.randint(1, 999)}."
        for _ in range(count)
    )


def _page(number: int, html: str) -> Page:
    url = f"https://example.org/{number}"
    return Page(url, url, html.encode(), "text/html; charset=utf-8", datetime(2026, 1, 1, tzinfo=UTC))


def extract_and_measure(job: ExtractJob) -> tuple[Article, int, float]:
    """The article, the process's number, and the seconds that it has worked since it was started.

    It stands here, not in `benchmarks.scaling`, because workers would load what that one needs inside the clock.
    """
    return extract_one(job), os.getpid(), time.process_time()
