"""Lists of feeds as OPML 2.0, in and out. What goes out comes in again unchanged.

A source's theme is its `category`, or the folder it lies in; what OPML has no word for (selector, inactive) stands in
attributes of our own namespace, which other readers ignore.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping, Sequence
from xml.parsers import expat

from digest.collect.urls import absolute
from digest.errors import UsageError
from digest.model import Source, Theme
from digest.text import clean_line

_OURS = "urn:digest:opml"
_LONGEST_NAME = 200
_LARGEST = 5_000_000  # bytes
_DEEPEST = 50  # folders in folders
_MOST_ELEMENTS = 100_000
_LONGEST_WORD = 200  # characters of a category or folder that can name a theme


def write_opml(sources: Iterable[Source], *, title: str) -> str:
    """An OPML document with one outline per source, in their order."""
    ET.register_namespace("digest", _OURS)
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = _xml_safe(title)
    body = ET.SubElement(root, "body")
    for source in sources:
        attributes = {"type": "rss", "text": source.name, "title": source.name, "xmlUrl": source.feed}
        if source.site:
            attributes["htmlUrl"] = source.site
        if source.theme:
            attributes["category"] = f"/{source.theme}"
        if source.selector:
            attributes[f"{{{_OURS}}}selector"] = source.selector
        if not source.active:
            attributes[f"{{{_OURS}}}active"] = "false"
        ET.SubElement(body, "outline", {key: _xml_safe(value) for key, value in attributes.items()})
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _refuse_bombs(content: bytes) -> None:
    """Declarations of entities have no business in a list of feeds, and the parser would expand them.

    A million elements fit into the bytes of a list, and each takes memory. Found by the parser itself, whatever the
    encoding. Raises ValueError.
    """
    elements = 0

    def refuse(*_declaration: object) -> None:
        raise ValueError("it declares entities")

    def count(*_element: object) -> None:
        nonlocal elements
        elements += 1
        if elements > _MOST_ELEMENTS:
            raise ValueError(f"it has more than {_MOST_ELEMENTS:,} elements")

    scout = expat.ParserCreate()
    scout.EntityDeclHandler = refuse
    scout.StartElementHandler = count
    scout.Parse(content, True)


def read_opml(content: bytes, themes: Sequence[Theme] = ()) -> tuple[Source, ...]:
    """The feeds that a list names, each address once, in its order. Raises UsageError where it is no OPML.

    `themes` are the newsletter's: a category or folder counts as a theme where it names one of them by key or title.
    """
    if len(content) > _LARGEST:
        raise UsageError("The list is larger than 5 MB.", "Is it really an OPML file?")
    try:
        _refuse_bombs(content)
        root = ET.fromstring(content)  # noqa: S314 - it declares no entities
    except (ET.ParseError, expat.ExpatError, ValueError, LookupError) as error:
        raise UsageError(f"The list is not an OPML file: {error}.", "Export it again from your feed reader.") from error
    if root.tag.rpartition("}")[2].lower() != "opml":
        raise UsageError("The list is XML, but not OPML.", "Export it again from your feed reader.")
    keys = {theme.key.casefold(): theme.key for theme in themes} | {
        theme.title.casefold(): theme.key for theme in themes
    }
    sources: dict[str, Source] = {}
    names: dict[str, int] = {}
    for outline, folder_theme in _outlines(root, keys):
        attributes = {key.lower() if "}" not in key else key: value for key, value in outline.attrib.items()}
        feed = absolute(attributes.get("xmlurl", ""))
        if not feed or feed in sources:
            continue
        name = _unused(
            clean_line(attributes.get("title") or attributes.get("text") or feed, limit=_LONGEST_NAME), names
        )
        categories = (
            part for each in attributes.get("category", "").split(",") for part in each.strip().split("/") if part
        )
        theme = next(filter(None, (_theme_of(word, keys) for word in categories)), folder_theme)
        sources[feed] = Source(
            name=name,
            feed=feed,
            site=absolute(attributes.get("htmlurl", "")),
            theme=theme,
            selector=attributes.get(f"{{{_OURS}}}selector", ""),
            active=attributes.get(f"{{{_OURS}}}active", "").lower() != "false",
        )
    return tuple(sources.values())


def _theme_of(word: str, keys: Mapping[str, str]) -> str:
    return keys.get(word.casefold(), "") if len(word) <= _LONGEST_WORD else ""


def _outlines(
    parent: ET.Element, keys: Mapping[str, str], theme: str = "", depth: int = 0
) -> Iterator[tuple[ET.Element, str]]:
    """Each outline, with the theme that the nearest of its folders names."""
    for child in parent:
        name = child.tag.rpartition("}")[2].lower()
        if name == "outline":
            yield child, theme
        if depth < _DEEPEST and len(child):
            label = child.get("text") or child.get("title") or "" if name == "outline" else ""
            yield from _outlines(child, keys, _theme_of(label, keys) or theme, depth + 1)


def _unused(name: str, names: dict[str, int]) -> str:
    """Two sources cannot have one name. `names` holds those in use, and the number that each was given last."""
    unique, number = name, names.get(name, 0)
    while unique in names:
        number += 1
        unique = f"{name} ({number})"
    if name in names:
        names[name] = number
    names[unique] = 1
    return unique


def _xml_safe(text: str) -> str:
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
