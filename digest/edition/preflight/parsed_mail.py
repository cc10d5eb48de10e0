"""The HTML of an edition mail, parsed into a tree for the checks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from html.parser import HTMLParser

_VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})
_INVISIBLE = frozenset({"style", "script", "title", "head"})
_BLOCKS = frozenset({"p", "div", "td", "tr", "table", "h1", "h2", "h3", "h4", "li", "ul", "ol", "br", "blockquote"})


@dataclass(slots=True, eq=False)
class Node:
    """An element. Its children are elements and strings."""

    tag: str
    attributes: dict[str, str]
    parent: Node | None = None
    children: list[Node | str] = field(default_factory=list)

    @property
    def classes(self) -> frozenset[str]:
        return frozenset(self.attributes.get("class", "").split())

    @property
    def hidden(self) -> bool:
        return _hides(self.attributes.get("style", ""))

    def walk(self) -> Iterator[Node]:
        """The element and all within it, in the order of the document."""
        waiting: list[Node] = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += [child for child in reversed(node.children) if isinstance(child, Node)]

    @property
    def text(self) -> str:
        """The visible text, on one line."""
        pieces: list[str] = []
        self._add_to(pieces)
        return " ".join("".join(pieces).split())

    def _add_to(self, pieces: list[str]) -> None:
        for child in self.children:
            if isinstance(child, str):
                pieces.append(child)
            elif child.tag not in _INVISIBLE and not child.hidden:
                gap = " " if child.tag in _BLOCKS else ""
                pieces.append(gap)
                child._add_to(pieces)
                pieces.append(gap)


@lru_cache(maxsize=4_096)
def _hides(style: str) -> bool:
    """Whether an element of this style is not shown. Remembered: a mail's elements have a few dozen styles."""
    return bool(re.search(r"display\s*:\s*none", style))


class _TreeBuilder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self._open = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs}, self._open)
        self._open.children.append(node)
        if tag not in _VOID:
            self._open = node

    def handle_endtag(self, tag: str) -> None:
        node: Node | None = self._open
        while node is not None and node.tag != tag:
            node = node.parent
        if node is not None and node.parent is not None:
            self._open = node.parent

    def handle_data(self, data: str) -> None:
        self._open.children.append(data)


def parse_mail(html: str) -> Node:
    """Return the tree of a mail's HTML. Its root has no tag."""
    builder = _TreeBuilder()
    builder.feed(html)
    builder.close()
    return builder.root
