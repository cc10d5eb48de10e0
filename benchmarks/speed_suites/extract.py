"""Extraction against trafilatura's default settings, and across cores.

The pages are written here, so that no corpus is needed, after what real pages of blogs and news have in the median:
120 kB, 700 elements in 140 nested <div>, most of them with classes, 130 links, and 600 words in 14 paragraphs. A third
of the text that no name of an element gives away is not the article's: without it the second extractor would not be
asked, which on real pages is rare (4 of 179). One process is measured in
processor time, so that other work on the machine counts for neither side; the cores in seconds that pass.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime

from benchmarks import hostile_pages
from benchmarks.results import Row
from digest.model import Page
from digest.processes import cores
from digest.read.extract import extract
from digest.read.pool import Failure, run, warm

PAGES = 300
LONG_PAGES = 50
REPEATS = 3
DEADLINE = 20.0  # seconds; what `digest.steps.reading` gives a post
MEMORY = 400.0  # MB
_PROSE = (
    "the council has asked people what they think about paying for allotments online and most of them said that "
    "it works well on a phone although some would rather write a letter or come to the town hall on a Tuesday"
)


def rows() -> list[Row]:
    """Pages against the peer, one after another; then all pages in worker processes against one process."""
    import trafilatura

    rounds = [[page(number + PAGES * at) for number in range(PAGES)] for at in range(REPEATS)]
    long = [[long_page(number + LONG_PAGES * at) for number in range(LONG_PAGES)] for at in range(REPEATS)]
    length(page(-1))
    trafilatura.extract(page(-1).content.decode())
    warm()

    def ours(pages: list[Page]) -> None:
        for found in pages:
            length(found)

    def theirs(pages: list[Page]) -> None:
        for found in pages:
            trafilatura.extract(found.content.decode())

    def spread(pages: list[Page]) -> None:
        list(run(length, pages))

    spread(rounds[0][:8])
    mine, alone = best(ours, rounds)
    peer, _ = best(theirs, rounds)
    mine_long, _ = best(ours, long)
    peer_long, _ = best(theirs, long)
    _, shared = best(spread, rounds)
    name = "trafilatura's default settings"
    return [
        Row("a page", 1000 * mine / PAGES, 1000 * peer / PAGES, name, peer / mine, "ms"),
        Row(
            "a plain page of 4,000 words",
            1000 * mine_long / LONG_PAGES,
            1000 * peer_long / LONG_PAGES,
            name,
            peer_long / mine_long,
            "ms",
        ),
        Row(f"{PAGES} pages on {cores()} cores", shared, alone, "one process of our own", alone / shared, "s"),
        *_hostile(),
    ]


def _hostile() -> list[Row]:
    """The worst that one of the posts made to be bad costs a worker."""
    names = list(hostile_pages.PAGES)
    found = [(names[index], answer) for index, answer in run(hostile_pages.cost, names, seconds=120.0)]
    costs = [(name, answer) for name, answer in found if isinstance(answer, hostile_pages.Cost)]
    if len(costs) < len(names):
        raise RuntimeError(
            f"{[name for name, answer in found if isinstance(answer, Failure)]} took two minutes or more"
        )
    slow, time_taken = max(((name, cost.seconds) for name, cost in costs), key=lambda row: row[1])
    most = max(cost.megabytes for _, cost in costs)
    return [
        Row(f"the slowest of {len(names)} hostile posts ({slow})", time_taken, DEADLINE, "the deadline",
            DEADLINE / time_taken, "s"),
        Row("the memory of their worker", most, MEMORY, "the limit", MEMORY / most, "MB"),
    ]  # fmt: skip


def best(work: Callable[[list[Page]], None], rounds: list[list[Page]]) -> tuple[float, float]:
    """Seconds of this process and seconds that passed, of the fastest round: the others were disturbed.

    Each round has pages of its own, or what was remembered of a page would be measured.
    """
    own, passed = [], []
    for pages in rounds:
        started, clock = time.process_time(), time.perf_counter()
        work(pages)
        own.append(time.process_time() - started)
        passed.append(time.perf_counter() - clock)
    return min(own), min(passed)


def length(found: Page) -> int:
    """The words of the page's article: small to send back, as a job for the pool."""
    return extract(html="", page=found, url=found.url).words


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
    """4,000 words and next to no furniture: an essay on a hand-made site."""
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
