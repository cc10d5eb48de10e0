"""Extraction against trafilatura's default settings, and across cores. Pages are written here: no corpus is needed."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from benchmarks.results import Row
from digest.model import Page
from digest.read.extract import extract
from digest.read.pool import cores, run, warm

PAGES = 200
REPEATS = 3
_PROSE = (
    "the council has asked people what they think about paying for allotments online and most of them said that "
    "it works well on a phone although some would rather write a letter or come to the town hall on a Tuesday"
)


def rows() -> list[Row]:
    """One page after another against the peer; then all pages in worker processes against one process."""
    import trafilatura

    pages = [page(number) for number in range(PAGES)]
    texts = [found.content.decode() for found in pages]
    length(pages[0])
    trafilatura.extract(texts[0])
    warm()
    ours = best(lambda: [length(found) for found in pages])
    peer = best(lambda: [trafilatura.extract(text) for text in texts])
    list(run(length, pages[:8], processes=cores()))
    spread = best(lambda: list(run(length, pages)))
    return [
        Row("a page", 1000 * ours / PAGES, 1000 * peer / PAGES, "trafilatura's default settings", peer / ours, "ms"),
        Row(f"{PAGES} pages on {cores()} cores", spread, ours, "one process of our own", ours / spread, "s"),
    ]


def best(work: Callable[[], object]) -> float:
    """Seconds of the fastest of some runs: the others were disturbed."""
    taken = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)


def length(found: Page) -> int:
    """The words of the page's article: small to send back, as a job for the pool."""
    return extract(html="", page=found, url=found.url).words


def page(number: int) -> Page:
    """A blog post of 40 to 80 paragraphs in the furniture of its platform."""
    words = _PROSE.split()
    paragraphs = 40 + number % 41

    def sentence(seed: int) -> str:
        chosen = [words[(seed * 7 + step * (3 + number % 5)) % len(words)] for step in range(18)]
        return f"{' '.join(chosen).capitalize()} {seed}."

    body = "".join(
        f"<h2>Part {at}</h2>" * (at % 9 == 0)
        + f"<p>{' '.join(sentence(number * 1000 + at * 5 + step) for step in range(4))}"
        + f" <a href='/x{at}'>More of it</a>.</p>"
        for at in range(paragraphs)
    )
    links = "".join(f"<li class='menu-item'><a href='/page/{at}'>Page {at}</a></li>" for at in range(120))
    cards = "".join(
        f"<div class='card'><h3><a href='/post/{at}'>Post {at}</a></h3><p>{sentence(at)}</p></div>" for at in range(40)
    )
    html = (
        f"<!doctype html><html lang='en'><head><title>Post {number}</title><style>{'p{margin:0}' * 400}</style>"
        f"<script>{'var a=1;' * 3000}</script></head><body><nav><ul>{links}</ul></nav><main><article>"
        f"<h1>Post {number}</h1><div class='entry-content'>{body}</div></article></main>"
        f"<aside class='sidebar'>{cards}</aside><footer><ul>{links}</ul></footer></body></html>"
    )
    url = f"https://example.org/{number}"
    return Page(url, url, html.encode(), "text/html; charset=utf-8", datetime(2026, 1, 1, tzinfo=UTC))
