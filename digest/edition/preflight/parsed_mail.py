"""The HTML of an edition mail, parsed into a tree for the checks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
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
        return bool(re.search(r"display\s*:\s*none", self.attributes.get("style", "")))

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()

    @property
    def text(self) -> str:
        """The visible text, on one line."""
        return " ".join("".join(self._pieces()).split())

    def _pieces(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.tag not in _INVISIBLE and not child.hidden:
                gap = " " if child.tag in _BLOCKS else ""
                yield gap
                yield from child._pieces()
                yield gap


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
