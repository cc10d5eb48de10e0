"""Parse foreign HTML into a tree of bounded size, and remove what is never the article.

Bounds: the text is cut at MAX_MARKUP characters and MAX_TAGS tags once scripts and styles are out, and the parser goes
no deeper than 256 elements; a page nested deeper is flattened before, so that its words are not lost.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from digest.model import Page

Element = Any
"""An lxml element; lxml ships no types."""

MAX_BYTES = 8_000_000
_HEAD = 8_192
"""Bytes in which a page names its charset. Browsers look at 1,024; some pages have scripts before it."""
MAX_MARKUP = 1_000_000
"""Characters without scripts and styles: about twice the largest real page that was measured."""
MAX_TAGS = 25_000
"""Opening and closing tags: a few times as many as any real page that was measured. The rest of the page is cut off,
because memory and time depend on the number of elements, in places on its square."""

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_HEAVY = re.compile(r"<(?:(script|style|svg|noscript)\b(?P<rest>[^<>]*)>|!--)", re.IGNORECASE | re.ASCII)
_CLOSING = {
    name: re.compile(f"</{name}", re.IGNORECASE | re.ASCII) for name in ("script", "style", "svg", "noscript")
} | {"": re.compile("-->")}
"""The end of each of them. Searched without a lower-case copy of the whole page, which would cost much more time."""
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r"))
_NO_CHARACTERS = ("\ufffe".encode(), "\uffff".encode())
_NESTING = re.compile(
    r"</?(?:div|span|section|article|font|b|i|em|strong|u|center|table|tbody|tr|td|ul|ol|li|blockquote|main)\b[^>]*>",
    re.IGNORECASE,
)


_AS_BROWSERS_DO = {
    "cp1252": ("iso-8859-1", "iso8859-1", "iso88591", "latin1", "latin-1", "l1", "ascii", "us-ascii", "ansi_x3.4-1968"),
    "cp1254": ("iso-8859-9", "iso8859-9", "latin5", "l5"),
    "cp874": ("iso-8859-11", "tis-620"),
    "cp949": ("euc-kr", "ks_c_5601-1987", "ks_c_5601-1989", "korean", "ksc5601"),
    "cp932": ("shift_jis", "shift-jis", "sjis", "x-sjis"),
    "gb18030": ("gb2312", "gbk", "gb_2312-80", "chinese", "x-gbk"),
    "big5hkscs": ("big5", "big5-hkscs", "x-x-big5"),
    "mac_roman": ("macintosh", "x-mac-roman"),
    "utf-8": ("utf8", "unicode-1-1-utf-8", "x-user-defined"),
}
"""Encodings by their labels, where the web means another one than Python: encoding.spec.whatwg.org, section 4.2."""
_NOT_OF_THE_WEB = re.compile(r"punycode|idna|utf_?7|(?:raw_)?unicode_escape")
_ENCODING = {label: name for name, labels in _AS_BROWSERS_DO.items() for label in labels}


def decode_page(page: Page) -> str:
    """The page's text: the byte order mark, UTF-8, the server's charset, the page's own, then Windows-1252.

    What is valid UTF-8 is UTF-8, whatever an old server or template calls it. Other names mean what they mean to
    browsers: a page in iso-8859-1 is one in Windows-1252.
    """
    content = page.content[:MAX_BYTES]
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return content.decode(name, "replace")
    header = _HEADER_CHARSET.search(page.content_type)
    declared = _CHARSET.search(content[:_HEAD])
    of_header = _encoding(header[1]) if header else ""
    of_page = _encoding(declared[1].decode("ascii")) if declared else ""
    if of_page.startswith("utf-16"):  # its name could not have been read
        of_page = ""
    names = [name for name in (of_header, of_page) if name]
    for name in [*filter(_is_stateful, names[:1]), "utf-8", *names]:
        try:
            return content.decode(name)
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    if len(page.content) > MAX_BYTES or of_header == "utf-8":
        return content.decode("utf-8", "replace")
    for name in [*(name for name in names if name != "utf-8"), "cp1252"]:
        try:
            return content.decode(name, "replace")
        except (LookupError, ValueError):
            continue
    return ""


def _encoding(label: str) -> str:
    """Python's name of an encoding, or "" for what is none of the web's: some codecs take time on the square."""
    label = label.lower()
    name = _ENCODING.get(label, label)
    return "" if _NOT_OF_THE_WEB.fullmatch(name.replace("-", "_")) else name


def _is_stateful(name: str) -> bool:
    """Whether text in this encoding may be valid UTF-8 and yet mean something else."""
    return name.lower().replace("_", "-").startswith(("iso-2022", "iso2022", "utf-16", "hz"))


def _strip_heavy(markup: str) -> str:
    """Without comments, scripts (but JSON-LD) and styles. One pass: a pattern would be quadratic on "<!--<!--"."""
    parts = []
    at = 0
    while match := _HEAVY.search(markup, at):
        name = (match[1] or "").lower()
        closing = _CLOSING[name].search(markup, match.end())
        data = "ld+json" in (match["rest"] or "")
        parts.append(markup[at : (closing.start() if closing else len(markup)) if data else match.start()])
        if closing is None:
            at = len(markup)  # what is never closed swallows the rest, as it does in browsers
            break
        at = closing.start() if data else closing.end()
        if name and not data:
            at = markup.find(">", at) + 1 or len(markup)
        parts.append("" if data else " ")
    parts.append(markup[at:])
    return "".join(parts)


def _encode(markup: str) -> bytes:
    """In UTF-8, without what no document may hold: controls, halves of surrogate pairs, U+FFFE and U+FFFF."""
    encoded = markup.encode("utf-8", "ignore").translate(None, _CONTROLS)
    if b"\xef\xbf" in encoded:
        for character in _NO_CHARACTERS:
            encoded = encoded.replace(character, b"")
    return encoded


def _parser() -> HTMLParser:
    """Every element is an HtmlElement, found without asking Python for each: lxml has classes of its own for forms."""
    parser = HTMLParser(encoding="utf-8", remove_pis=True, remove_comments=True)
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
    return parser


def parse(markup: str) -> Element | None:
    """The tree of a page or a fragment, or None where there is nothing to parse. Never raises on bad markup."""
    markup = _strip_heavy(markup)[:MAX_MARKUP]
    if markup.count("<") > MAX_TAGS:
        markup = "<".join(markup.split("<", MAX_TAGS)[:MAX_TAGS])
    if not markup or markup.isspace():
        return None
    for attempt in (markup, None):
        text = attempt if attempt is not None else _NESTING.sub(" <p>", markup)
        parser = _parser()
        try:
            tree = document_fromstring(_encode(text), parser=parser)
        except (etree.LxmlError, ValueError, AssertionError):
            return None
        if not any("depth" in entry.message for entry in parser.error_log.filter_from_fatals()):
            return tree
    return tree


# --- What is never the article ----------------------------------------------------------------------------------------

NOT_TEXT = frozenset(
    [
        "audio",
        "button",
        "canvas",
        "dialog",
        "embed",
        "form",
        "iframe",
        "input",
        "math",
        "nav",
        "noscript",
        "object",
        "script",
        "select",
        "style",
        "svg",
        "template",
        "textarea",
        "video",
    ]
)
"""Tags whose content is no text of a page: code, forms, navigation, media."""

_NEVER = NOT_TEXT | {"aside", "figcaption", "footer", "menu"}
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:"
    r"captions?|wp-caption-text|credits?|byline|dateline|post-?meta|entry-?meta|"
    r"author-(?:bio|box|info|card)|about-(?:the-)?author|"
    r"share|sharing|sharedaddy|addtoany|addthis|sociable|"
    r"social(?:-?(?:links|share|sharing|icons|bar|buttons))?(?!-(?:media-)?embed)|"
    r"breadcrumbs?|pagination|pager|sidebar|widget-area|tags?-?(?:list|links|cloud)|post-?tags|print-?friendly|"
    r"navigation|nav|menu|skip-?link|screen-reader-text|visually-?hidden|sr-only|promo|advert(?:isement)?|ad-slot|"
    r"sponsor(?:ed)?|read-?more|more-?(?:from|on|stories)"
    r")(?:$|[\s_-])",
    re.IGNORECASE,
)
"""Names of what stands around an article. They also name wrappers ("with-sidebar"), so prose outweighs them."""
_OTHERS = re.compile(
    r"(?:^|[\s_-])(?:"
    r"subscri(?:be|ption)|newsletter|sign-?up|cookies?(?:-?(?:banner|notice|consent|bar|message))?|gdpr|consent|"
    r"related(?:-?(?:posts?|content|articles?|links?|stories))?|recommend(?:ed|ations)?|jp-relatedposts|outbrain|taboola|"
    r"comments?(?:-?(?:area|list|section|form|wrap(?:per)?))?|disqus(?:_thread)?|respond"
    r")(?:$|[\s_-])",
    re.IGNORECASE,
)
"""Names of what has prose of its own that is not the article's: comments, related posts, notices."""
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_KEPT_TAGS = frozenset(("html", "body", "main", "article", "head", "meta", "title", "link", "h1"))
_DESCRIBED = etree.XPath("descendant-or-self::*[@class or @id or @hidden or @aria-hidden or @style]")
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
"""Their ids are made of what they say."""
_CODE = frozenset(("code", "pre"))
"""What they hold is named by highlighters: a "comment" is one of a program."""
_LONG = 80
"""Characters from which a paragraph counts as prose."""


@lru_cache(maxsize=8192)
def _role_by_name(names: str) -> str:
    """What an element's class and id say it is: "others", "furniture" or ""."""
    return "others" if _OTHERS.search(names) else "furniture" if _FURNITURE.search(names) else ""


def _is_cards(element: Element) -> bool:
    """Whether it shows other posts: at least two of its headings, and all but the first, lead elsewhere."""
    headings = [heading for heading in element.iter("h2", "h3", "h4") if heading.text_content().strip()]
    leading = [next(heading.iter("a"), None) is not None or heading.getparent().tag == "a" for heading in headings]
    return sum(leading) > 1 and all(leading[1:])


def prune(tree: Element) -> None:
    """Remove from the tree what is never the article: captions, navigation, calls, comments, what is hidden.

    An element that holds most of the page's text, or prose under a wrapper's name, stays: names lie, text does not.
    Other posts on cards are not prose, however short the page's own post is.
    """
    total = len(tree.text_content()) or 1
    never_text = [(element, False) for element in tree.iter(*_NEVER)]
    inside = [any(_is_named(above) for above in element.iterancestors()) for element, _ in never_text]
    # What stands in an element with a telling name is left in it until that one has been weighed.
    _remove((row for row, nested in zip(never_text, inside, strict=True) if not nested), total)
    _remove(_removable(tree), total)
    _remove((row for row, nested in zip(never_text, inside, strict=True) if nested), total)


def _is_named(element: Element) -> bool:
    return bool(_role_by_name(_names(element)))


def _names(element: Element) -> str:
    """The names that say what an element is for."""
    own = element.get("class", "")
    return own if element.tag in _HEADINGS else f"{own} {element.get('id', '')}"


def _removable(tree: Element) -> list[tuple[Element, bool]]:
    """The elements whose attributes say that they are not the article; and whether their prose may say otherwise."""
    candidates = []
    for element in _DESCRIBED(tree):
        if element.tag in _KEPT_TAGS or element.tag in _NEVER:
            continue
        role = _role_by_name(_names(element))
        if role and not (element.tag == "span" and any(above.tag in _CODE for above in element.iterancestors())):
            candidates.append((element, role == "furniture"))
        elif (
            element.get("hidden") is not None
            or element.get("aria-hidden") == "true"
            or _HIDDEN.search(element.get("style", ""))
        ):
            candidates.append((element, True))
    return candidates


def _remove(candidates: Iterable[tuple[Element, bool]], total: int) -> None:
    last_removed = None
    for element, may_be_prose in candidates:
        if element.getparent() is None or (last_removed is not None and last_removed in element.iterancestors()):
            continue
        if len(element.text_content()) > total * 0.4 and not _is_cards(element):
            continue
        if may_be_prose and sum(len(paragraph.text_content()) > _LONG for paragraph in element.iter("p")) > 2:
            continue
        element.drop_tree()
        last_removed = element  # what it held comes next in the document's order
