"""Feeds as feedparser reads them, in half its time. Apart from `parse_feed`, which makes entries of what comes out.

A well-formed document goes to feedparser's own handlers without the layers of `xml.sax` between, and without what
nobody reads: dates (`entry_dates` reads them better), whole addresses joined to another one, copies of copies. What is
not well-formed goes to `feedparser.parse`, which has a second parser for it. `tests/collect/test_raw_feed.py` compares.
"""

from __future__ import annotations

import io
import warnings
from functools import lru_cache
from typing import Any
from xml.parsers import expat

import feedparser
import feedparser.api
import feedparser.mixin
import feedparser.namespaces._base
import feedparser.urls
from feedparser.encodings import convert_to_utf8
from feedparser.sanitizer import replace_doctype

from digest.collect.urls import is_whole

# feedparser joins the base address to itself at each element of a feed. The last results are kept: it does so once.
feedparser.mixin.make_safe_absolute_uri = lru_cache(maxsize=8)(feedparser.urls.make_safe_absolute_uri)
# It tries ten readers of dates at each. Its results are not used: the texts are.
feedparser.namespaces._base._parse_date = lambda _text: None

_ROOTS = frozenset(("feed", "rss", "rdf:RDF"))
_NOT_OF_TEXT_INPUT = frozenset(("title", "link", "description", "name"))
_NOT_OF_IMAGE = frozenset(("title", "link", "description", "url", "href", "width", "height"))


def read_raw(content: bytes, headers: dict[str, str], *, resolve: bool) -> Any:
    """What `feedparser.parse` gives: a mapping with `feed`, `entries` and `version`, without dates in numbers.

    `headers` are those of the response; `resolve` makes relative addresses in html absolute.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        document = _well_formed(content, headers, resolve)
        if document is not None:
            return document
        # Html stays foreign here: it is made safe where it is read.
        return feedparser.parse(
            io.BytesIO(content), response_headers=headers, sanitize_html=False, resolve_relative_uris=resolve
        )


def _well_formed(content: bytes, headers: dict[str, str], resolve: bool) -> dict[str, Any] | None:
    """None where the document is not well-formed."""
    result: dict[str, Any] = {}
    data = convert_to_utf8(headers, content, result)
    if not content or not result["encoding"]:
        return None
    version, data, _ = replace_doctype(data)
    handlers = _Handlers(headers.get("content-location", ""))
    handlers.resolve_relative_uris = resolve
    handlers.sanitize_html = False
    try:
        _parser(handlers).Parse(data, True)
    except expat.ExpatError:
        return None
    return {"feed": handlers.feeddata, "entries": handlers.entries, "version": version or handlers.version}


def _parser(handlers: _Handlers) -> expat.XMLParserType:
    """As `xml.sax` would set it up. It loads nothing from elsewhere."""
    parser = expat.ParserCreate(None, " ", intern={})
    parser.namespace_prefixes = True
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE)
    parser.ExternalEntityRefHandler = lambda *_: 1
    parser.StartNamespaceDeclHandler = handlers.start_prefix
    parser.StartElementHandler = handlers.start
    parser.EndElementHandler = handlers.end
    parser.CharacterDataHandler = handlers.handle_data
    return parser


class _ContentParameters(dict[str, Any]):
    """Of the element that is read: a flat mapping of strings, which is copied for each text."""

    def __deepcopy__(self, _memo: object) -> dict[str, Any]:
        return dict(self)


class _Handlers(feedparser.api.StrictFeedParser):  # type: ignore[misc] # it has no types
    """feedparser's handlers, called by expat. What is overridden does the same in fewer steps."""

    lang: str | None

    def __init__(self, base: str) -> None:
        super().__init__(feedparser.urls.make_safe_absolute_uri(base, base) or base, None, "utf-8")
        self.contentparams = _ContentParameters()
        self._tags: dict[str, str] = {}  # what feedparser calls the elements, by expat's names; until a prefix is new

    # --- What expat calls

    def start_prefix(self, prefix: str | None, uri: str | None) -> None:
        self._tags.clear()
        self.startPrefixMapping(prefix, uri)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, local, _ = _parts(name)
        if attributes or self.decls or local in ("math", "svg"):
            self.startElementNS((namespace, local), None, _Attributes(attributes))
            return
        tag = self._tag(name)
        if self.incontent or tag in _ROOTS:
            self.unknown_starttag(tag, [])
        else:
            self._start_plain(tag)

    def end(self, name: str) -> None:
        self.unknown_endtag(self._tag(name))

    def _tag(self, name: str) -> str:
        if (tag := self._tags.get(name)) is None:
            tag = self._tags[name] = self._find_tag(*_parts(name)[:2])
        return tag

    def _find_tag(self, namespace: str | None, local: str) -> str:
        lower = (namespace or "").lower()
        if "backend.userland.com/rss" in lower:
            namespace = lower = "http://backend.userland.com/rss"
        prefix = self._matchnamespaces.get(lower)
        if not prefix and namespace:
            prefix = next((name for name, uri in self.namespaces_in_use.items() if name and uri == namespace), "")
        return f"{prefix}:{local}".lower() if prefix else local.lower()

    # --- What feedparser calls

    def _start_plain(self, tag: str) -> None:
        """`unknown_starttag` for an element without attributes, outside of inline markup."""
        self.depth += 1
        self.basestack.append(self.baseuri)
        self.langstack.append(self.lang)
        prefix, suffix = tag.split(":", 1) if ":" in tag else ("", tag)
        prefix = self.namespacemap.get(prefix, prefix)
        if prefix:
            prefix += "_"
        else:
            if tag not in _NOT_OF_TEXT_INPUT:
                self.intextinput = 0
            if tag not in _NOT_OF_IMAGE:
                self.inimage = 0
        attributes: dict[str, str] = {}
        try:
            getattr(self, f"_start_{prefix}{suffix}")(attributes)
        except AttributeError:
            if attributes:
                self._get_context()[prefix + suffix] = attributes
            else:
                self.push(prefix + suffix, 1)

    def push_content(self, tag: str, attributes: dict[str, str], default_type: str, expecting_text: int) -> None:
        self.incontent += 1
        if self.lang:
            self.lang = self.lang.replace("_", "-")
        self.contentparams = _ContentParameters(
            type=self.map_content_type(attributes.get("type", default_type)), language=self.lang, base=self.baseuri
        )
        self.contentparams["base64"] = self._is_base64(attributes, self.contentparams)
        self.push(tag, expecting_text)

    def resolve_uri(self, uri: str) -> Any:
        return uri if is_whole(uri) else super().resolve_uri(uri)


class _Attributes:
    """As `xml.sax` hands them over."""

    def __init__(self, attributes: dict[str, str]) -> None:
        self._values: dict[tuple[str | None, str], str] = {}
        self._by_name: dict[str, str] = {}
        for name, value in attributes.items():
            namespace, local, prefix = _parts(name)
            self._values[namespace, local] = value
            self._by_name[f"{prefix}:{local}" if prefix else local] = value

    def items(self) -> Any:
        return self._values.items()

    def getQNames(self) -> Any:  # noqa: N802 - as the interface has it
        return self._by_name

    def getValueByQName(self, name: str) -> str:  # noqa: N802 - the same
        return self._by_name[name]


@lru_cache(maxsize=1024)
def _parts(name: str) -> tuple[str | None, str, str]:
    """Namespace, local name and prefix of a name as expat gives it."""
    parts = name.split()
    if len(parts) == 1:
        return None, name, ""
    return parts[0], parts[1], parts[2] if len(parts) == 3 else ""
