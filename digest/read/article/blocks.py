"""Turn a tree of HTML (or of trafilatura's own tags) into blocks: paragraphs, headings, list items, quotes, listings.

The walk keeps no recursion, so that 20,000 nested elements are no deeper for us than one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from lxml import etree

from digest.model import Block, BlockKind
from digest.read.article.dom import NOT_TEXT
from digest.text import clean_code, clean_line

Element = Any
"""An lxml element; lxml ships no types."""

MAX_BLOCKS = 4_000
MAX_CHARACTERS = 600_000
"""Of one article: 50,000 words have about 300,000."""

_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "hgroup",
        "hr",
        "html",
        "item",
        "li",
        "list",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "quote",
        "row",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
        "head",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    ]
)
_ITEMS = frozenset(("li", "item", "dd", "dt"))
_QUOTES = frozenset(("blockquote", "quote"))
_SKIPPED = NOT_TEXT | {"datalist", "graphic", "img", "link", "map", "meta", "picture", "title"}
_CELLS = frozenset(("td", "th", "cell"))
_LINKS = frozenset(("a", "ref"))
_BREAKS = frozenset(("br", "lb"))
_MEANT = _BLOCKS | _ITEMS | _QUOTES | _SKIPPED | _CELLS | _LINKS | _BREAKS | {"b", "code", "hi", "strong"}
"""Tags that mean something here; the others are their text."""
_PARAGRAPH_BREAK = re.compile(r"\n[^\S\n]*\n\s*")
_BULLET = re.compile(r"^\s*[•●▪◦‣·▶►■–—*-]\s+(?=\S)")


_SHORT = 2_000
"""Characters. What is longer is not remembered."""


@lru_cache(maxsize=2_048)
def _clean_cached(text: str) -> str:
    """Two extractors read the same paragraphs, one after the other."""
    return clean_line(text)


class HtmlPiece(NamedTuple):
    """A block, with what its HTML says about it."""

    block: Block
    linked: int  # characters that stand in links
    strong: bool  # the whole text is bold


class _Walk:
    """Collects text between block borders."""

    def __init__(self) -> None:
        self.pieces: list[HtmlPiece] = []
        self.text: list[str] = []
        self.has_text = False  # whether the text is more than white space
        self.linked = 0
        self.bold = 0
        self.heading = 0
        self.pre = 0
        self.item = 0
        self.quote = 0
        self.link = 0
        self.strong = 0
        self.size = 0
        self.full = False

    def add_text(self, text: str | None) -> None:
        if not text:
            return
        if not self.pre:  # as a browser shows it: a line break in the source is a space, except in a listing
            text = text.replace("\n", " ").replace("\r", " ")
        self.text.append(text)
        self.has_text = self.has_text or not text.isspace()
        if self.link:
            self.linked += len(text)
        if self.strong:
            self.bold += len(text.strip())

    def kind(self) -> BlockKind:
        if self.heading:
            return BlockKind.HEADING
        if self.item:
            return BlockKind.LIST_ITEM
        if self.quote:
            return BlockKind.QUOTE
        return BlockKind.PARAGRAPH

    def flush(self) -> None:
        if not self.text:
            return
        texts, linked, bold = self.text if self.has_text else [], self.linked, self.bold
        self.text, self.has_text, self.linked, self.bold = [], False, 0, 0
        whole = (texts[0] if len(texts) == 1 else "".join(texts))[:MAX_CHARACTERS]
        if not whole or whole.isspace() or self.full:
            return
        if self.pre:
            self.add(Block(BlockKind.CODE, clean_code(whole)), 0, strong=False)
            return
        strong = bold > 0 and bold >= 0.9 * len("".join(whole.split()))
        kind = self.kind()
        parts = _PARAGRAPH_BREAK.split(whole) if "\n" in whole else [whole]
        for part in parts:
            text = _clean_cached(part) if len(part) <= _SHORT else clean_line(part)
            share = linked * len(part) // len(whole)
            if kind is BlockKind.PARAGRAPH and _BULLET.match(text):
                self.add(Block(BlockKind.LIST_ITEM, _BULLET.sub("", text)), share, strong=strong)
            else:
                self.add(Block(kind, text, self.heading), share, strong=strong)

    def add(self, block: Block, linked: int, *, strong: bool) -> None:
        if block.text.strip(" |"):
            self.size += len(block.text)
            self.pieces.append(HtmlPiece(block, linked, strong))
            self.full = len(self.pieces) >= MAX_BLOCKS or self.size >= MAX_CHARACTERS


def pieces_of(root: Element) -> list[HtmlPiece]:
    """The blocks below `root`, in order; bounded by MAX_BLOCKS and MAX_CHARACTERS."""
    walk = _Walk()
    walker = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walker:
        tag = element.tag
        starts = event == "start"
        if tag == "p" and element is not root:  # most of what there is, and nothing but a border
            walk.flush()
        elif tag not in _MEANT:
            pass
        elif tag in _SKIPPED and element is not root:
            if starts:
                walker.skip_subtree()
                continue
        elif starts:
            _open(walk, element, tag)
        else:
            _close(walk, element, tag)
        if starts:
            walk.add_text(element.text)
        elif element is not root:
            walk.add_text(element.tail)
        if walk.full:
            break
    walk.flush()
    return walk.pieces


def _level(element: Element, tag: str) -> int:
    if tag == "head":  # trafilatura's heading
        return _HEADINGS.get(element.get("rend") or "", 2)
    return _HEADINGS.get(tag, 0)


def _is_listing(element: Element, tag: str) -> bool:
    return tag == "pre" or (tag == "code" and "\n" in (element.text or ""))


def _is_bold(element: Element, tag: str) -> bool:
    return tag in ("b", "strong") or (tag == "hi" and element.get("rend") == "#b")


def _open(walk: _Walk, element: Element, tag: str) -> None:
    listing = _is_listing(element, tag)
    if listing or tag in _BLOCKS:
        walk.flush()
    if tag in _LINKS:
        walk.link += 1
    elif level := _level(element, tag):
        walk.heading = level
    elif listing:
        walk.pre += 1
    elif tag in _ITEMS:
        walk.item += 1
    elif tag in _QUOTES:
        walk.quote += 1
    elif _is_bold(element, tag):
        walk.strong += 1


def _close(walk: _Walk, element: Element, tag: str) -> None:
    if tag in _LINKS:
        walk.link = max(0, walk.link - 1)
        return
    if tag in _BREAKS:
        walk.text.append("\n")
        return
    if tag in _CELLS and walk.has_text:
        walk.text.append(" | ")
    listing = _is_listing(element, tag)
    if listing or tag in _BLOCKS:
        if tag in ("tr", "row"):
            while walk.text and not walk.text[-1].strip(" |\n"):
                walk.text.pop()
        walk.flush()
    if _level(element, tag):
        walk.heading = 0
    elif listing:
        walk.pre = max(0, walk.pre - 1)
    elif tag in _ITEMS:
        walk.item = max(0, walk.item - 1)
    elif tag in _QUOTES:
        walk.quote = max(0, walk.quote - 1)
    elif _is_bold(element, tag):
        walk.strong = max(0, walk.strong - 1)
