"""Contrast of text in a mail, in both colour schemes, from inline styles and simple style rules.

Supports the CSS that mails need: selectors of tags, classes and ids with " " and ">", `!important`, inheritance of
colour, backgrounds of ancestors, `@media (prefers-color-scheme: dark)`. Colours are `#rgb` or `#rrggbb`; others are
ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from digest.colour import AA, contrast
from digest.edition.preflight.parsed_mail import Node

_COMPOUND = re.compile(r"([a-z][a-z0-9]*)?((?:[.#][\w-]+)*)$", re.IGNORECASE)
_DARK = re.compile(r"@media[^{]*prefers-color-scheme\s*:\s*dark[^{]*\{((?:[^{}]*\{[^{}]*\})*)[^{}]*\}", re.IGNORECASE)
_ANY_MEDIA = re.compile(r"@[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_HEX = re.compile(r"#[0-9a-f]{6}\b|#[0-9a-f]{3}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LowContrast:
    text: str
    colour: str
    background: str
    ratio: float


@dataclass(frozen=True, slots=True)
class _Rule:
    selector: tuple[str, ...]  # compound selectors and ">" between, from the outside in
    specificity: tuple[int, int, int]
    values: dict[str, tuple[str, bool]]  # property: value, important


class _StyleSheet:
    """Style rules, looked up once for each kind of element: a mail has thousands of elements of a few dozen kinds."""

    def __init__(self, rules: Sequence[_Rule]) -> None:
        self.rules = rules
        self._by_kind: dict[tuple[str, str, str | None], list[tuple[int, _Rule]]] = {}

    def of(self, node: Node) -> Iterator[tuple[int, _Rule]]:
        """Return the rules for the element, each with its position in the style sheet."""
        kind = (node.tag, node.attributes.get("class", ""), node.attributes.get("id"))
        if kind not in self._by_kind:
            self._by_kind[kind] = [
                (at, rule) for at, rule in enumerate(self.rules) if _matches_compound(node, rule.selector[-1])
            ]
        return ((at, rule) for at, rule in self._by_kind[kind] if _matches(node, rule.selector))


def low_contrast(tree: Node, *, dark: bool) -> LowContrast | None:
    """Return the text with the lowest contrast below 4.5:1, or None."""
    css = "\n".join("".join(map(str, node.children)) for node in tree.walk() if node.tag == "style")
    rules = list(_rules(_ANY_MEDIA.sub(" ", css)))
    if dark:
        rules += [rule for block in _DARK.findall(css) for rule in _rules(block)]
    findings = list(_judge(tree, _StyleSheet(rules)))
    return min(findings, key=lambda low: low.ratio, default=None)


class _Colours:
    """The colours of an element: the same for all that have the same tags, classes, ids and styles around them.

    These are all that a style sheet looks at, so the colours within are computed once for each kind of element. Here
    is where those are kept.
    """

    def __init__(self, colour: str, background: str) -> None:
        self.colour = colour
        self.background = background
        self.within: dict[tuple[str, str, str | None, str], _Colours | None] = {}

    @cached_property
    def ratio(self) -> float:
        return contrast(self.colour, self.background)

    def of(self, node: Node, style_sheet: _StyleSheet) -> _Colours | None:
        """The colours of an element within this one; None for one that is not shown."""
        get = node.attributes.get
        kind = (node.tag, get("class", ""), get("id"), get("style", ""))
        if kind not in self.within:
            self.within[kind] = self._computed(node, style_sheet)
        return self.within[kind]

    def _computed(self, node: Node, style_sheet: _StyleSheet) -> _Colours | None:
        if node.tag in ("head", "style", "script") or node.hidden:
            return None
        values = _computed(node, style_sheet)
        foreground = _HEX.search(values.get("color", ""))
        behind = _HEX.search(values.get("background-color", ""))
        return _Colours(foreground[0] if foreground else self.colour, behind[0] if behind else self.background)


def _judge(tree: Node, style_sheet: _StyleSheet) -> Iterator[LowContrast]:
    waiting = [(tree, _Colours("#000000", "#ffffff"))]
    while waiting:
        node, around = waiting.pop()
        colours = around.of(node, style_sheet)
        if colours is None:
            continue
        if node.tag and colours.ratio < AA:
            text = " ".join("".join(child for child in node.children if isinstance(child, str)).split())
            if text:
                yield LowContrast(text, colours.colour, colours.background, colours.ratio)
        waiting += [(child, colours) for child in reversed(node.children) if isinstance(child, Node)]


def _computed(node: Node, style_sheet: _StyleSheet) -> dict[str, str]:
    """Apply the cascade to one element: importance, then inline style, then specificity, then order."""
    if not node.tag:
        return {}
    candidates: dict[str, list[tuple[bool, bool, tuple[int, int, int], int, str]]] = {}
    for place, rule in style_sheet.of(node):
        for name, (value, important) in rule.values.items():
            candidates.setdefault(name, []).append((important, False, rule.specificity, place, value))
    for name, (value, important) in _declarations(node.attributes.get("style", "")).items():
        candidates.setdefault(name, []).append((important, True, (0, 0, 0), len(style_sheet.rules), value))
    return {name: max(values)[-1] for name, values in candidates.items()}


def _matches(node: Node, selector: tuple[str, ...]) -> bool:
    *outer, last = selector
    if not _matches_compound(node, last):
        return False
    if not outer:
        return True
    direct = outer[-1] == ">"
    rest = tuple(outer[:-1] if direct else outer)
    parent = node.parent
    while parent is not None:
        if _matches(parent, rest):
            return True
        if direct:
            return False
        parent = parent.parent
    return False


def _matches_compound(node: Node, compound: str) -> bool:
    return _kind_matches(node.tag, node.attributes.get("class", ""), node.attributes.get("id"), compound)


@lru_cache(maxsize=8_192)
def _kind_matches(tag: str, classes: str, identity: str | None, compound: str) -> bool:
    """Whether the compound selector matches elements of this kind. Cached: the same few kinds come again and again."""
    match = _COMPOUND.match(compound)
    if match is None or not tag or (match[1] and match[1].lower() != tag):
        return False
    class_names = frozenset(classes.split())
    parts = re.findall(r"([.#])([\w-]+)", match[2])
    return all(name in class_names if kind == "." else name == identity for kind, name in parts)


def _rules(css: str) -> Iterator[_Rule]:
    for block in re.sub(r"/\*.*?\*/", " ", css, flags=re.DOTALL).split("}")[:-1]:
        before, _, body = block.rpartition("{")
        values = _declarations(body)
        if not values:
            continue
        for selector in before.rpartition("{")[2].split(","):
            parts = tuple(selector.replace(">", " > ").split())
            if parts and all(part == ">" or _COMPOUND.fullmatch(part) for part in parts):
                whole = "".join(parts)
                tags = sum(bool(re.match(r"[a-z]", part, re.IGNORECASE)) for part in parts)
                yield _Rule(parts, (whole.count("#"), whole.count("."), tags), values)


def _declarations(body: str) -> dict[str, tuple[str, bool]]:
    """Return the colour and background declarations; others do not matter here."""
    values = {}
    for declaration in body.split(";"):
        name, _, value = declaration.partition(":")
        name = name.strip().lower()
        name = "background-color" if name == "background" else name
        if name in ("color", "background-color") and value:
            values[name] = (value.replace("!important", "").strip().lower(), "!important" in value)
    return values
