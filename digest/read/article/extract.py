"""The text of a post, from what its feed carries and from its page, whichever is better evidence.

    feed html ─▶ prune ─▶ blocks ──────────────────────┐
    page ─▶ prune ─▶ second extractor ─┬ all there is? ┤
                  └▶ trafilatura ──────┴ agree? ───────┴─▶ clean ─▶ choose ─▶ Article

Two extractors that agree on the core are right about it: what only one of them adds at the edges is furniture more
often than text. Where they disagree, trafilatura is right far more often, unless it found next to nothing. It takes
most of the time, and is not asked where the page has nothing but what the other one found.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from lxml.etree import LxmlError

from digest.model import Article, Block, BlockKind, Page
from digest.read.article.blocks import HtmlPiece, pieces_of
from digest.read.article.boilerplate import block_key, remove_boilerplate
from digest.read.article.dom import Element, decode_page, parse, prune
from digest.read.article.find_article_element import find_article_element, is_in_sections, is_whole_page
from digest.read.article.page_facts import PageFacts, facts_of, lead_image
from digest.read.article.wall import signs_of, wall_of

__all__ = ["PageFacts", "block_keys", "extract", "learn_repeats", "page_facts"]

_CUT_OFF = re.compile(r"(?:…|\.\.\.|\bRead more\b|\bContinue reading\b)\W*\Z", re.IGNORECASE)
_SHARED_CORE = 0.7
"""Of trafilatura's words: how many the second extractor must have as well to be its better-trimmed twin."""
_NOTHING_ELSE = 0.98
"""Of the second extractor's words: how many trafilatura must have too."""
_NEXT_TO_NOTHING = 25
"""Words. Below this an extraction found a caption or a button."""
_SHORT = 1_000
"""Characters. Where trafilatura finds no more, it may have read the page as one paragraph."""
_PROSE = 100
"""Characters from which a block is prose."""
_SECTIONS_MORE = 1.2
"""Times as many words as trafilatura has: where the article is in sections, it has missed one."""
_STRAYS = 3
"""Blocks of prose that trafilatura may have over its twin: a standfirst, a line about the author, a notice."""
_ARTICLE = 150
"""Words. What a page's data give as the article's text is often only its summary."""
_EXCERPT = 300
"""Words. A feed that says less than this, and less than its page, may carry only the beginning."""


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

    `title` is what the feed calls the post. `selector` is a CSS selector of the article on the source's pages;
    `repeats` are keys of blocks that repeat across the source's posts, from `learn_repeats`, and are dropped. Where
    nothing can be read the article has no blocks. A page that shows a wall (`digest.read.article.wall`) is no evidence,
    and `wall` says so. Never raises on what the web says. `method` is "feed", "page",
    "page:second", "page:selector", "page:data" (the page's own JSON-LD) or "".
    """
    feed_tree = parse(html) if html else None
    page_tree = parse(decode_page(page)) if page is not None and page.content else None
    base = page.final_url if page is not None else url
    facts = facts_of(page_tree, base) if page_tree is not None else PageFacts()
    signs = signs_of(page_tree, facts.titles, url, base, page.content) if page_tree is not None and page else None
    image = lead_image(feed_tree, url)
    titles = (title, *facts.titles)
    from_feed: list[Block] = []
    if feed_tree is not None:
        prune(feed_tree)
        from_feed = remove_boilerplate(pieces_of(feed_tree), titles=titles, repeats=repeats)
    from_page: list[Block] = []
    method = ""
    if page_tree is not None:
        from_page, method = _of_page(page_tree, selector, facts, titles, repeats)
    if signs is not None:
        texts = ("\n".join(block.text for block in blocks) for blocks in (from_feed, from_page))
        if wall := wall_of(signs, title=title, feed_text=next(texts), text=next(texts)):
            return Article(tuple(from_feed), _primary(language), "feed" if from_feed else "", image, wall.value)
        image = image or facts.image or lead_image(page_tree, base)
    if from_page and (not from_feed or _page_says_more(feed_tree, from_feed, from_page)):
        chosen = from_page
    else:
        chosen, method = from_feed, "feed" if from_feed else ""
    return Article(tuple(chosen), _primary(language) or facts.language, method, image)


def _primary(language: str) -> str:
    match = re.match(r"[A-Za-z]{2,3}(?=$|[-_])", language.strip())
    return match[0].lower() if match else ""


def _words(blocks: Iterable[Block]) -> int:
    return sum(len(block.text.split()) for block in blocks)


def _page_says_more(feed_tree: Element, from_feed: Sequence[Block], from_page: Sequence[Block]) -> bool:
    """Whether the page has the whole of what the feed only begins.

    It has to hold what the feed says: a page that says something else is a log-in, a notice, or another post.
    """
    feed, page = _words(from_feed), _words(from_page)
    shared, _ = _overlap(from_feed, from_page)
    if shared < 0.5 and feed >= _NEXT_TO_NOTHING:
        return False
    if _CUT_OFF.search(feed_tree.text_content()[-80:].rstrip()):
        return page > feed
    return page > 1.5 * feed and feed < _EXCERPT


def _of_page(
    tree: Element, selector: str, facts: PageFacts, titles: Sequence[str], repeats: frozenset[str]
) -> tuple[list[Block], str]:
    if selector and (chosen := _selected(tree, selector)) is not None:
        prune(chosen)
        if blocks := remove_boilerplate(pieces_of(chosen), titles=titles, repeats=repeats):
            return blocks, "page:selector"
    prune(tree)
    holder = find_article_element(tree)
    others = pieces_of(holder) if holder is not None else []
    second = remove_boilerplate(others, titles=titles, repeats=repeats)
    if second and holder is not None and not facts.body and is_whole_page(tree, holder):
        return second, "page:second"
    pieces = _trafilatura(tree)
    if 0 < sum(len(piece.block.text) for piece in pieces) < _SHORT and _is_lump(pieces, of_page := pieces_of(tree)):
        pieces = others or of_page
    if second and [piece.block.text for piece in pieces] == [piece.block.text for piece in others]:
        return second, "page:second"
    first = remove_boilerplate(pieces, titles=titles, repeats=repeats)
    stated = [HtmlPiece(Block(BlockKind.PARAGRAPH, line), 0, strong=False) for line in facts.body.split("\n") if line]
    if holder is not None and _words(second) > _SECTIONS_MORE * _words(first) and is_in_sections(holder):
        return second, "page:second"
    return _choose(first, second, remove_boilerplate(stated, titles=titles, repeats=repeats))


def _is_lump(pieces: Sequence[HtmlPiece], of_page: Sequence[HtmlPiece]) -> bool:
    """Whether none is a block of the page: trafilatura's last resort joins menu, byline and text in one."""
    return {piece.block.text for piece in pieces}.isdisjoint(piece.block.text for piece in of_page)


def _choose(first: list[Block], second: list[Block], stated: list[Block]) -> tuple[list[Block], str]:
    """Which of the extractions to believe; `stated` is the text that the page's own data give, if any."""
    of_first, of_second = _overlap(first, _without_embedded(second, first))
    if of_first >= _SHARED_CORE and of_second >= _NOTHING_ELSE and _count_missing_prose(first, second) <= _STRAYS:
        return second, "page:second"
    if _words(first) < _NEXT_TO_NOTHING and _words(second) > 2 * _words(first):
        first = second
        method = "page:second"
    else:
        method = "page"
    if _words(stated) > _ARTICLE and (len(first) == 1 < len(stated) or _overlap(stated, first)[0] < 0.5):
        return stated, "page:data"
    return (first, method) if first else ([], "")


def _without_embedded(second: list[Block], first: list[Block]) -> list[Block]:
    """The second's blocks without those that trafilatura is known to drop and that are no furniture.

    Quotations (other people's posts, embedded) and a standfirst in the article's own element.
    """
    known = _BlockSet(first)
    lead = 0
    for block in second:
        if block.kind is not BlockKind.PARAGRAPH or len(block.text) < _PROSE or known.has(block):
            break
        lead += 1
    return [block for block in second[lead:] if block.kind is not BlockKind.QUOTE or known.has(block)]


def _count_missing_prose(first: list[Block], second: list[Block]) -> int:
    """How many blocks of prose the first has and the second has not."""
    known = _BlockSet(second)
    return sum(len(block.text) >= _PROSE and not known.has(block) for block in first)


class _BlockSet:
    """What blocks say: word for word, which is quick to ask, or by their keys."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._blocks = blocks
        self._texts = {block.text for block in blocks}
        self._keys: set[str] | None = None

    def has(self, block: Block) -> bool:
        if block.text in self._texts:
            return True
        if self._keys is None:
            self._keys = {block_key(block.text) for block in self._blocks}
        return block_key(block.text) in self._keys


def _overlap(one: Sequence[Block], two: Sequence[Block]) -> tuple[float, float]:
    """How much of the one's text the other has too, and how much of the other's the one has."""
    of_one, of_two = _share_in(one, two), _share_in(two, one)
    if of_one == of_two == 1.0:
        return of_one, of_two
    # Cut into other blocks, the same text may stand in both: count its words, three by three.
    threes_one, threes_two = _triples(one), _triples(two)
    shared = (threes_one & threes_two).total()
    return shared / (threes_one.total() or 1), shared / (threes_two.total() or 1)


def _share_in(blocks: Sequence[Block], others: Sequence[Block]) -> float:
    """The share of the characters that stand in blocks which the others have, too."""
    known = _BlockSet(others)
    total = sum(len(block.text) for block in blocks)
    return sum(len(block.text) for block in blocks if known.has(block)) / (total or 1)


def _triples(blocks: Iterable[Block]) -> Counter[tuple[str, str, str]]:
    words = [word for block in blocks for word in block.text.split()]
    return Counter(zip(words, words[1:], words[2:], strict=False))


def _selected(tree: Element, selector: str) -> Element | None:
    from lxml.cssselect import CSSSelector

    try:
        elements = CSSSelector(selector)(tree)
    except (LxmlError, SyntaxError, ValueError):  # cssselect's errors are SyntaxErrors
        return None
    return max(elements, key=lambda element: len(element.text_content()), default=None)


@cache
def _options() -> Any:
    """How trafilatura is to work: made once, for making it reads a configuration file's worth of settings each time."""
    from trafilatura.settings import Extractor

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    return Extractor(output_format="txt", fast=True, recall=True, comments=False, formatting=True, links=True)


def _trafilatura(tree: Element) -> list[HtmlPiece]:
    import trafilatura

    try:
        document = trafilatura.bare_extraction(tree, options=_options())
    except Exception:  # noqa: BLE001 - a library's surprise at foreign markup costs a post one of its sources only
        return []
    return pieces_of(document.body) if isinstance(document, trafilatura.settings.Document) else []


def block_keys(article: Article) -> frozenset[str]:
    """What the article's blocks say, normalised, as `learn_repeats` counts it and `extract` drops it."""
    keys = (block_key(block.text) for block in article.blocks if block.kind is not BlockKind.CODE)
    return frozenset(key for key in keys if key)


def learn_repeats(articles: Iterable[Article]) -> frozenset[str]:
    """The keys of blocks that stand in several posts of one source, and so belong to the source and to no post.

    A block repeats when at least three posts carry it, or both of two; and at least a third of all.
    """
    return repeated_keys([frozenset(block_keys(article)) for article in articles])


def repeated_keys(keys: Sequence[frozenset[str]]) -> frozenset[str]:
    """The same, from the keys of the blocks of each post."""
    counts: Counter[str] = Counter()
    for each in keys:
        counts.update(each)
    enough = max(2 if len(keys) == 2 else 3, len(keys) / 3)
    return frozenset(key for key, count in counts.items() if count >= enough)


def page_facts(page: Page) -> PageFacts:
    """Title, author, date, language, address and image, as the page's own metadata say. Never raises."""
    tree = parse(decode_page(page))
    return facts_of(tree, page.final_url) if tree is not None else PageFacts()
