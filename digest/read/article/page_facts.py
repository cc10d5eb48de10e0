"""Facts from a page's metadata: title, author, date, language, canonical URL, image."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml.etree import XPath

from digest.dates.read_date import DateReader
from digest.model import Image
from digest.text import clean_line, plain_from_html

Element = Any


@dataclass(frozen=True, slots=True)
class PageFacts:
    """Each "" or None where the page does not say."""

    title: str = ""
    titles: tuple[str, ...] = ()  # all that the page calls itself: in its metadata, its <title> and its <h1>
    author: str = ""
    published: datetime | None = None  # aware, UTC
    language: str = ""  # BCP 47 primary tag
    canonical: str = ""  # absolute http(s) address
    image: Image | None = None
    body: str = ""  # the article's text, where the metadata carry it
    site: str = ""  # what the site calls itself


_LONGEST_TITLE = 200
"""Characters. A longer <h1> is a caption or a paragraph."""
_LONGEST_SITE = 80
_SIGNED = XPath("descendant-or-self::a[contains(@rel, 'author')]")
_ARTICLE_TYPES = frozenset(
    ("Article", "NewsArticle", "BlogPosting", "Report", "WebPage", "TechArticle", "ScholarlyArticle")
)


def facts_of(tree: Element, url: str) -> PageFacts:
    """Read from the page's <meta>, JSON-LD, <html lang> and headings. Never raises."""
    metas: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").strip().lower()
        content = (meta.get("content") or "").strip()
        if name and content and name not in metas:
            metas[name] = content
    linked = _json_ld(tree)
    language = (
        tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or metas.get("og:locale") or ""
    )
    canonical = next(
        (link.get("href") or "" for link in tree.iter("link") if (link.get("rel") or "").lower() == "canonical"), ""
    )
    image = _address(metas.get("og:image") or metas.get("twitter:image") or "", url)
    title, titles = _titles(tree, metas, linked)
    return PageFacts(
        title=title,
        titles=titles,
        author=_author(tree, metas, linked),
        published=_published(tree, metas, linked, DateReader(_primary(language))),
        language=_primary(language),
        canonical=_address(canonical or metas.get("og:url", ""), url),
        image=Image(image, clean_line(metas.get("og:image:alt", ""), limit=300)) if image else None,
        body=_body(linked),
        site=plain_from_html(metas.get("og:site_name") or metas.get("application-name") or "")[:_LONGEST_SITE].strip(),
    )


def _primary(language: str) -> str:
    match = re.match(r"[A-Za-z]{2,3}(?=$|[-_])", language.strip())
    return match[0].lower() if match else ""


def _address(href: str, base: str) -> str:
    try:
        joined = urljoin(base, href.strip())
        return joined if href.strip() and urlsplit(joined).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def _json_ld(tree: Element) -> dict[str, Any]:
    """The first object of JSON-LD that describes an article."""
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or ""):
            continue
        try:
            linked_data = json.loads(script.text or "", strict=False)
        except (ValueError, RecursionError):
            continue
        for thing in _things(linked_data):
            kinds = thing.get("@type")
            if _ARTICLE_TYPES & set(kinds if isinstance(kinds, list) else [kinds] if isinstance(kinds, str) else []):
                return thing
    return {}


def _things(linked_data: Any) -> Iterator[dict[str, Any]]:
    pending = [linked_data]
    visited = 0
    while pending and visited < 200:
        visited += 1
        thing = pending.pop(0)
        if isinstance(thing, list):
            pending.extend(thing[:50])
        elif isinstance(thing, dict):
            yield thing
            pending.extend(
                value for name, value in thing.items() if name in ("@graph", "mainEntity", "mainEntityOfPage")
            )


def _body(linked: dict[str, Any]) -> str:
    """Plain paragraphs, one a line."""
    body = linked.get("articleBody")
    if not isinstance(body, str):
        return ""
    return "\n".join(plain_from_html(part) for part in re.split(r"\n|</p>|<br\s*/?>", body[:300_000]))


def _titles(tree: Element, metas: dict[str, str], linked: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The title to believe, and all of them."""
    headline = linked.get("headline")
    heads = [title for heading in tree.iter("h1") if (title := heading.text_content()).strip()]
    meta = metas.get("og:title") or (headline if isinstance(headline, str) else "") or metas.get("twitter:title") or ""
    element = tree.find(".//title")
    named = element.text_content() if element is not None else ""
    chosen = meta or (heads[0] if len(heads) == 1 else "") or named or (heads[0] if heads else "")
    plain = [plain_from_html(title)[:500] for title in (chosen, meta, named, *heads[:3])]
    return plain[0], tuple(dict.fromkeys(title for title in plain if 0 < len(title) <= _LONGEST_TITLE))


def _author(tree: Element, metas: dict[str, str], linked: dict[str, Any]) -> str:
    people = linked.get("author")
    names = []
    for person in people if isinstance(people, list) else [people]:
        name = person.get("name") if isinstance(person, dict) else person
        if isinstance(name, str) and not name.startswith(("http:", "https:")):
            names.append(plain_from_html(name))
    if not names:
        author = metas.get("author") or metas.get("article:author") or metas.get("dc.creator") or ""
        if author and not author.startswith(("http:", "https:")):
            names.append(plain_from_html(author))
    if not names:
        names = [clean_line(link.text_content()) for link in _SIGNED(tree) if "author" in link.get("rel").split()][:1]
    return ", ".join(dict.fromkeys(name for name in names if name))[:200]


def _published(tree: Element, metas: dict[str, str], linked: dict[str, Any], reader: DateReader) -> datetime | None:
    dates = [
        linked.get("datePublished"),
        *(
            metas.get(name)
            for name in (
                "article:published_time",
                "datepublished",
                "date",
                "dc.date",
                "dc.date.issued",
                "pubdate",
                "sailthru.date",
            )
        ),
    ]
    dates += [time.get("datetime") for time in tree.iter("time")][:1]
    for text in dates:
        if isinstance(text, str) and (moment := reader.read(text)) is not None:
            return moment
    return None


def lead_image(tree: Element | None, url: str) -> Image | None:
    """The first picture of the text that is one: not an icon, a pixel, an avatar or a badge."""
    if tree is None:
        return None
    for picture in tree.iter("img"):
        source = picture.get("src") or ""
        if source.startswith("data:"):
            source = picture.get("data-src") or picture.get("data-lazy-src") or ""
        named = f"{picture.get('class') or ''} {picture.get('id') or ''} {source}".lower()
        if re.search(r"avatar|gravatar|emoji|smiley|icon|logo|badge|pixel|spacer|tracking|share|1x1", named):
            continue
        if any(_small(picture.get(side)) for side in ("width", "height")):
            continue
        address = _address(source, url)
        if address:
            return Image(address, clean_line(picture.get("alt") or "", limit=300))
    return None


def _small(size: str | None) -> bool:
    match = re.match(r"\s*(\d+)", size or "")
    return bool(match and int(match[1]) < 100)
