"""The text of a post, from what its feed carries and from its page, whichever is better evidence."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from digest.model import Article, Block, BlockKind, Page
from digest.read.blocks import Piece, pieces_of
from digest.read.boilerplate import cleaned, key
from digest.read.dom import Element, decoded, parse, prune
from digest.read.facts import PageFacts, facts_of, lead_image

__all__ = ["PageFacts", "block_keys", "extract", "learn_repeats", "page_facts"]

_ELLIPSIS = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])\s*\]?\s*$")


def extract(
    *,
    html: str,
    page: Page | None,
    url: str,
    title: str = "",
    selector: str = "",
    language: str = "",
    repeats: frozenset[str] = frozenset(),
) -> Article:
    """The article of a post: from the feed's own `html`, or from its `page`, whichever is better evidence.

    `selector` is a CSS selector of the article on the source's pages; `repeats` are keys of blocks that repeat across
    the source's posts, from `learn_repeats`, and are dropped. Where nothing can be read the article has no blocks.
    Never raises on what the web says.
    """
    feed_tree = parse(html) if html else None
    page_tree = parse(decoded(page)) if page is not None and page.content else None
    base = page.final_url if page is not None else url
    facts = facts_of(page_tree, base) if page_tree is not None else PageFacts()
    image = lead_image(feed_tree, url) or facts.image or lead_image(page_tree, base)
    spoken = language or facts.language
    title = title or facts.title
    from_feed: list[Block] = []
    if feed_tree is not None:
        prune(feed_tree)
        from_feed = cleaned(pieces_of(feed_tree), title=title, repeats=repeats)
    from_page: list[Block] = []
    method = "page"
    if page_tree is not None:
        pieces, method = _of_page(page_tree, base, selector)
        from_page = cleaned(pieces, title=title, repeats=repeats)
    if from_feed and not (from_page and _is_excerpt(html, from_feed, from_page)):
        return Article(tuple(from_feed), spoken, "feed", image)
    if from_page:
        return Article(tuple(from_page), spoken, method, image)
    return Article((), spoken, "", image)


def _size(blocks: list[Block]) -> int:
    return sum(len(block.text) for block in blocks)


def _is_excerpt(html: str, from_feed: list[Block], from_page: list[Block]) -> bool:
    """Whether the page has the whole of what the feed only begins."""
    feed, page = _size(from_feed), _size(from_page)
    if page > 1.5 * feed and feed < 2_000:
        return True
    return page > 1.15 * feed and bool(_ELLIPSIS.search(re.sub(r"<[^>]*>|\s+$", "", html[-400:])))


def _of_page(tree: Element, url: str, selector: str) -> tuple[list[Piece], str]:
    if selector:
        chosen = _selected(tree, selector)
        if chosen is not None:
            prune(chosen)
            return pieces_of(chosen), "page:selector"
    prune(tree)
    body = _trafilatura(tree, url)
    return (pieces_of(body) if body is not None else []), "page"


def _selected(tree: Element, selector: str) -> Element | None:
    from lxml.cssselect import CSSSelector

    try:
        found = CSSSelector(selector)(tree)
    except Exception:  # noqa: BLE001 - cssselect raises errors of several families for a mistyped selector
        return None
    return max(found, key=lambda element: len(element.text_content()), default=None)


def _trafilatura(tree: Element, url: str) -> Any:
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        document = trafilatura.bare_extraction(
            tree, url=url, fast=True, include_comments=False, include_formatting=False
        )
    except Exception:  # noqa: BLE001 - a library's surprise on foreign markup costs one post its second source only
        return None
    return None if document is None else document.body


def block_keys(article: Article) -> frozenset[str]:
    """What the article's blocks say, normalised: to be kept per source and handed to `learn_repeats`' caller."""
    return frozenset(made for block in article.blocks if block.kind is not BlockKind.CODE and (made := key(block.text)))


def learn_repeats(articles: Iterable[Article]) -> frozenset[str]:
    """The keys of blocks that stand in several posts of one source, and so belong to the source and to no post.

    A block repeats when it stands in at least two posts and in a third of them.
    """
    counts: Counter[str] = Counter()
    total = 0
    for article in articles:
        total += 1
        counts.update(block_keys(article))
    return frozenset(made for made, count in counts.items() if count >= 2 and count * 3 >= total)


def page_facts(page: Page) -> PageFacts:
    """Title, author, date, language, address and image, as the page's own metadata say. Never raises."""
    tree = parse(decoded(page))
    return facts_of(tree, page.final_url) if tree is not None else PageFacts()
