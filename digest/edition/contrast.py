"""Contrast of text in a mail, in both colour schemes, from inline styles and simple style rules.

Knows what e-mail needs of CSS: selectors of tags, classes and ids with " " and ">", `!important`, inheritance of
colour, backgrounds of ancestors, `@media (prefers-color-scheme: dark)`. Colours are `#rgb` or `#rrggbb`; others are
not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from digest.colour import AA, contrast
from digest.edition.letter import Node

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
    weight: tuple[int, int, int]
    values: dict[str, tuple[str, bool]]  # property: value, important


def low_contrast(tree: Node, *, dark: bool) -> LowContrast | None:
    """The worst text below 4.5:1, or None when all of it can be read."""
    css = "\n".join("".join(map(str, node.children)) for node in tree.walk() if node.tag == "style")
    rules = list(_rules(_ANY_MEDIA.sub(" ", css)))
    if dark:
        rules += [rule for block in _DARK.findall(css) for rule in _rules(block)]
    found = list(_judge(tree, rules, "#000000", "#ffffff"))
    return min(found, key=lambda low: low.ratio, default=None)


def _judge(node: Node, rules: list[_Rule], colour: str, background: str) -> Iterator[LowContrast]:
    if node.tag in ("head", "style", "script") or node.hidden:
        return
    values = _computed(node, rules)
    shown = _HEX.search(values.get("color", ""))
    behind = _HEX.search(values.get("background-color", ""))
    colour = shown[0] if shown else colour
    background = behind[0] if behind else background
    text = " ".join("".join(child for child in node.children if isinstance(child, str)).split())
    if text and node.tag:
        ratio = contrast(colour, background)
        if ratio < AA:
            yield LowContrast(text, colour, background, ratio)
    for child in node.children:
        if isinstance(child, Node):
            yield from _judge(child, rules, colour, background)


def _computed(node: Node, rules: list[_Rule]) -> dict[str, str]:
    """The element's own values: inline over rules, heavier over lighter, later over earlier, important over all."""
    if not node.tag:
        return {}
    offers: dict[str, list[tuple[bool, bool, tuple[int, int, int], int, str]]] = {}
    for place, rule in enumerate(rules):
        if _matches(node, rule.selector):
            for name, (value, important) in rule.values.items():
                offers.setdefault(name, []).append((important, False, rule.weight, place, value))
    for name, (value, important) in _declarations(node.attributes.get("style", "")).items():
        offers.setdefault(name, []).append((important, True, (0, 0, 0), len(rules), value))
    return {name: max(several)[-1] for name, several in offers.items()}


def _matches(node: Node, selector: tuple[str, ...]) -> bool:
    *outer, last = selector
    if not _is(node, last):
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


def _is(node: Node, compound: str) -> bool:
    tag, classes, ids = _demands(compound)
    if not node.tag or (tag and tag != node.tag):
        return False
    return (not classes or classes <= node.classes) and (not ids or ids == {node.attributes.get("id")})


@lru_cache(maxsize=1_000)  # every element is held against every rule
def _demands(compound: str) -> tuple[str, frozenset[str], frozenset[str]]:
    """The tag ("" for any), classes and ids of a compound selector."""
    found = _COMPOUND.match(compound)
    assert found is not None, "_rules gives no others"
    parts = re.findall(r"([.#])([\w-]+)", found[2])
    classes = frozenset(name for kind, name in parts if kind == ".")
    return (found[1] or "").lower(), classes, frozenset(name for kind, name in parts if kind == "#")


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
    """Only what this module judges by: colour and background."""
    values = {}
    for declaration in body.split(";"):
        name, _, value = declaration.partition(":")
        name = name.strip().lower()
        name = "background-color" if name == "background" else name
        if name in ("color", "background-color") and value:
            values[name] = (value.replace("!important", "").strip().lower(), "!important" in value)
    return values
