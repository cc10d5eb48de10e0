"""The second extractor: find the element of a page that holds the article, by the prose in its paragraphs.

The tree is not changed. The method has to differ from trafilatura's, so that agreement of both means something:
trafilatura looks at the names of elements first, this one only at the text.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

Element = Any

_SHARE_OF_BEST = 0.25
"""A sibling with this much of the best element's prose belongs to the same article."""
_SHORTEST = 25
_ALL = 0.94
"""Share of the page's characters. Where so many are in the article's own paragraphs, lists and quotations, another
extractor cannot find anything much different. With a lower share some pages of the corpus are read worse."""
_MOST = 0.6
"""Share of the page's characters that must be in paragraphs. Lists alone are menus, or other posts."""
_ARTICLE = 1_000
"""Characters. Less may be a notice in the place of the article."""
_FEWEST_SECTIONS, _SECTION = 3, 200
"""How many, and of how many characters. Less is a teaser or a button."""
_OWN = frozenset(("p", "ul", "ol", "dl", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"))
_CONTAINERS = frozenset(("div", "section", "article", "td"))
_INLINE = frozenset(("b", "em", "font", "i", "span", "strong", "u"))


def find_article_element(tree: Element) -> Element | None:
    """Return the element that holds the article, or None where the page has no paragraph of prose."""
    scores: dict[Element, float] = {}
    for paragraph in tree.iter("p", "pre", "blockquote", "li", "td", "div", "section", "article"):
        if paragraph.tag in _CONTAINERS:
            # Text that stands in a container itself, broken by <br> or by nothing, is its own.
            direct_text = _direct_text_size(paragraph)
            if direct_text >= _SHORTEST:
                scores[paragraph] = scores.get(paragraph, 0.0) + direct_text
            continue
        size, linked = _sizes(paragraph)
        if size < _SHORTEST or linked > size / 2:
            continue
        worth = (size - linked) * (0.5 if paragraph.tag == "li" else 1.0)
        parent = paragraph.getparent()
        for share in (1.0, 0.8, 0.5):
            if parent is None or parent.tag == "html":
                break
            scores[parent] = scores.get(parent, 0.0) + worth * share
            parent = parent.getparent()
    if not scores:
        return None
    best = max(scores, key=lambda element: scores[element])
    parent = best.getparent()
    return parent if parent is not None and parent.tag != "html" and _belongs(parent, best, scores) else best


def is_whole_page(tree: Element, holder: Element) -> bool:
    """Whether the page is one article of some length and has next to no other text.

    What counts is text without links in the holder's own paragraphs, lists and quotations: names and wrappers, by which
    comments and other posts are known, would make elements between.
    """
    body = tree.find("body")
    if body is None or len(list(islice(tree.iter("article"), 2))) > 1:
        return False
    everything = _size(body.text_content())
    if _size(holder.text_content()) < max(_ARTICLE, _ALL * everything):  # most pages
        return False
    paragraphs = others = 0
    for child in holder:
        if child.tag not in _OWN:
            continue
        size, linked = _sizes(child)
        if linked > size / 2:
            continue
        if child.tag == "p":
            paragraphs += size - linked
        else:
            others += size - linked
    return paragraphs >= max(_ARTICLE, _MOST * everything) and paragraphs + others >= _ALL * everything


def is_in_sections(holder: Element) -> bool:
    """Whether its prose stands in several elements alike that lead nowhere: steps, of which others may take one."""
    parts = [part for part in holder.iterchildren("div", "section") if _size(part.text_content()) >= _SECTION]
    if len(parts) < _FEWEST_SECTIONS or len({part.get("class") for part in parts}) > 1:
        return False
    return not any(next(part.iter("article", "time"), None) is not None or _is_linked(part) for part in parts)


def _is_linked(part: Element) -> bool:
    return any(next(heading.iter("a"), None) is not None for heading in part.iter("h1", "h2", "h3", "h4"))


def _belongs(parent: Element, best: Element, scores: dict[Element, float]) -> bool:
    """Whether the best element is one of several parts of the same article."""
    others = sum(scores.get(child, 0.0) for child in parent if child is not best)
    return others >= _SHARE_OF_BEST * scores[best]


def _direct_text_size(element: Element) -> int:
    """Characters of text that stand in the element itself and in its inline children, links left out."""
    size = len((element.text or "").strip())
    for child in element:
        size += len((child.tail or "").strip())
        if isinstance(child.tag, str) and child.tag in _INLINE:
            size += len(child.text_content().strip())
    return size


def _sizes(element: Element) -> tuple[int, int]:
    """Characters of text, and of them in links."""
    if not len(element):  # most paragraphs: nothing inside, and no link
        return _size(element.text or ""), 0
    return _size(element.text_content()), sum(_size(link.text_content()) for link in element.iter("a"))


def _size(text: str) -> int:
    """Characters, with white space folded."""
    return len(" ".join(text.split())) if "  " in text or not text.isprintable() else len(text.strip())
