"""Feeds read: RSS, RDF, Atom and JSON Feed, as well as they are written.

    bytes ─repair▶ bytes ─feedparser or JSON▶ raw entries ─▶ ParsedFeed of clean Entries, or NotAFeed

Titles and names come out as clean plain text; html stays as the feed wrote it.
"""

from __future__ import annotations

import hashlib
import html as entities
import logging
import re
from dataclasses import replace
from typing import Any

from digest.collect.byline import byline, without_addresses
from digest.collect.credited_original import clean_credit, find_credit
from digest.collect.enclosures import enclosed
from digest.collect.entry_dates import DateTexts, EntryDates, read_dates
from digest.collect.json_feed import JsonItem, looks_like_json, read_json_feed
from digest.collect.parsed_feed import NotAFeed, ParsedFeed
from digest.collect.raw_feed import read_raw
from digest.collect.repair_feed import MOST_ENTRIES, reduce, repair
from digest.collect.twice_escaped import unescape_twice_escaped
from digest.collect.urls import absolute
from digest.model import Credit, Entry
from digest.text import clean_line, plain_from_html

LOG = logging.getLogger(__name__)

_TITLE_LIMIT, _NAME_LIMIT, _HTML_LIMIT = 500, 200, 1_000_000  # characters
_LINE_LIMIT = 5_000  # characters of a title or a name that are looked at
_TITLE_FROM_TEXT = 80  # characters of a title that is made from the text
_RELATIVE = re.compile(rb"""(?:src|href)\s*=\s*(?:"|'|&quot;|&#34;|&#x22;)\s*(?![a-z][a-z0-9+.-]*:|#|&|"|')""")
"""In lower case: with IGNORECASE it would take ten times as long."""
_RSS = re.compile(rb"<(?:rss|rdf:RDF|channel)[\s>]", re.IGNORECASE)
_FEED = re.compile(rb"<(?:[a-z]+:)?(?:rss|rdf|feed|channel)[\s>]", re.IGNORECASE)
_FIRST_ENTRY = re.compile(rb"<item[\s>]", re.IGNORECASE)
_CHANNEL_LINK = re.compile(rb"<link>\s*(?:<!\[CDATA\[)?\s*(https?://[^\s<\]]+)", re.IGNORECASE)
_HTML = re.compile(rb"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]", re.IGNORECASE)
_PIECE_OF_HTML = re.compile(rb"<(?:link|meta|title|div|p|main|article)[\s>]", re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_UID_LIMIT = 500  # characters
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def parse(content: bytes, *, url: str, content_type: str = "", zone: str = "UTC") -> ParsedFeed | NotAFeed:
    """`url` is where the content came from; relative addresses start there. `zone` is the newsletter's: a date without
    a time is a day there. Never raises for what a feed may say.
    """
    if not content.strip():
        return NotAFeed("The address sends an empty document.")
    try:
        feed = (
            _parse_json(content, url, zone)
            if looks_like_json(content)
            else _parse_xml(content, url, content_type, zone)
        )
        if isinstance(feed, ParsedFeed) or feed.is_page:
            return feed
    except MemoryError:
        raise  # the worker's limit, which has its own sentence
    except Exception as error:  # noqa: BLE001 - the parser fails in many ways on what is broken
        LOG.debug("The parser failed (%s). It gets the bare feed.", type(error).__name__)
        feed = None
    try:
        bare = reduce(content)
        return _parse_xml(bare, url, "", zone) if feed is None or _FEED.search(bare[:4096]) else feed
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - the same
        return NotAFeed(
            f"The feed is too damaged to be read ({type(error).__name__}). Ask the site's owner to validate it."
        )


def _parse_xml(content: bytes, url: str, content_type: str, zone: str) -> ParsedFeed | NotAFeed:
    repaired = repair(content)
    repaired = replace(repaired, content=without_addresses(repaired.content))
    document = _raw(repaired.content, _base(repaired.content, url), content_type)
    listed = document.get("entries", [])
    entries = [entry for entry in listed if entry]
    version = str(document.get("version") or "")
    if not version and (not entries or _HTML.search(repaired.content[:4096])):
        if "html" in content_type.lower() or _HTML.search(content[:4096]) or _PIECE_OF_HTML.search(content[:4096]):
            return NotAFeed("This is a web page, not a feed.", is_page=True)
        return NotAFeed("This is neither a feed nor a web page.")
    feed = document.get("feed", {})
    language = _language(feed.get("language", ""))
    site = absolute(str(feed.get("link") or ""), url)
    partial, reason = False, ""
    if repaired.cut_off:
        partial, reason = True, f"The feed is cut off. Digest used its {len(entries)} complete entries."
    if repaired.left_out:
        partial, reason = True, _too_many(repaired.left_out)
    dates, unread = read_dates([_date_texts(entry) for entry in entries], language=language, zone=zone)
    return ParsedFeed(
        title=_line(str(feed.get("title") or ""), _TITLE_LIMIT) or url,
        entries=tuple(_entry(entry, url, site, language, date) for entry, date in zip(entries, dates, strict=True)),
        partial=partial,
        reason=" ".join(part for part in (reason, unread) if part),
        site=site,
        language=language,
        ttl=_ttl(feed.get("ttl")),
        version=version,
        left_out=_left_out(empty=len(listed) - len(entries), beyond=repaired.left_out),
    )


def _too_many(left_out: int) -> str:
    total = left_out + MOST_ENTRIES
    return f"The feed has {total:,} entries. Digest used only the first and the last {MOST_ENTRIES // 2}."


def _left_out(*, empty: int, beyond: int) -> dict[str, int]:
    """How many entries were not used, by reason."""
    counts = {"it holds nothing": empty, f"beyond the first and the last {MOST_ENTRIES // 2}": beyond}
    return {reason: number for reason, number in counts.items() if number}


def _base(content: bytes, url: str) -> str:
    """Where relative addresses start: RSS writes them from its site's address, not from the feed's."""
    if not _RSS.search(content[:4096]) or b"xml:base" in content:
        return url
    first = _FIRST_ENTRY.search(content)
    site = _CHANNEL_LINK.search(content, 0, first.start() if first else len(content))
    return absolute(site[1].decode("utf-8", "replace"), url) if site else url


def _raw(content: bytes, url: str, content_type: str) -> Any:
    headers = {"content-location": url}
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", content_type, re.IGNORECASE)
    if charset is not None and not _is_utf8(content):
        headers["content-type"] = f"application/xml; charset={charset[1]}"
    # Half of the time goes into resolving.
    return read_raw(content, headers, resolve=_RELATIVE.search(content.lower()) is not None)


def _is_utf8(content: bytes) -> bool:
    """Text beyond ASCII that is valid UTF-8 is UTF-8, whatever the server calls it."""
    try:
        return not content.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False


# --- Entries ----------------------------------------------------------------------------------------------------------


def _entry(raw: Any, base: str, site: str, language: str, dates: EntryDates) -> Entry:
    link = _link(raw, base)
    html, html_language = _html(raw)
    title = _line(_text_of(raw, "title"), _TITLE_LIMIT)
    return Entry(
        uid=_uid(_text_of(raw, "id") or link or _hash(title, html)),
        url=link,
        title=title or _title_from(html) or link,
        html=html,
        author=_author(raw),
        published=dates.published,
        updated=dates.updated,
        language=_language(html_language) or language,
        image=_image(raw, base),
        media=enclosed(_enclosures(raw), dict.get(raw, "itunes_duration")),
        origin=_origin(raw, base, site) or find_credit(html, link or base),
    )


def _text_of(raw: Any, key: str) -> str:
    """A text of the entry's own; feedparser's fallbacks between keys are not wanted."""
    value = dict.get(raw, key)
    return value.strip() if isinstance(value, str) else ""


def _link(raw: Any, base: str) -> str:
    for candidate in (_text_of(raw, "feedburner_origlink"), _text_of(raw, "link")):
        link = absolute(candidate, base) if candidate else ""
        if link:
            return link
    links = [each for each in dict.get(raw, "links") or [] if each.get("href")]
    for relation in ("alternate", "related", "via", "id", "enclosure"):
        if relation == "id" and (link := absolute(_text_of(raw, "id"))):
            return link  # a guid that is a web address: feedparser takes it only where the entry has no link element
        for each in links:
            if each.get("rel", "alternate") == relation and (link := absolute(str(each["href"]), base)):
                return link
    return ""


def _html(raw: Any) -> tuple[str, str]:
    """The fullest content as HTML, and its language."""
    parts = [part for part in dict.get(raw, "content") or [] if isinstance(part.get("value"), str)]
    summary = dict.get(raw, "summary_detail")
    if summary and isinstance(summary.get("value"), str):
        parts.append(summary)
    if not parts:
        return "", ""
    fullest = max(parts, key=lambda part: len(part["value"]))
    value = unescape_twice_escaped(_storable(str(fullest["value"])[:_HTML_LIMIT]))
    if str(fullest.get("type", "")).startswith("text/plain") and not re.search(r"</?[a-z]", value, re.IGNORECASE):
        value = _paragraphs(value)
    return value, str(fullest.get("language") or "")


def _paragraphs(text: str) -> str:
    blocks = (block.strip() for block in re.split(r"\n\s*\n", text))
    return "".join(f"<p>{entities.escape(entities.unescape(block), quote=False)}</p>" for block in blocks if block)


def _author(raw: Any) -> str:
    credited = [str(each.get("name") or "") for each in dict.get(raw, "authors") or [] if each]
    names = credited if any(credited) else [_text_of(raw, "author")]
    return byline((_line(name, _NAME_LIMIT) for name in names), limit=_NAME_LIMIT)


def _image(raw: Any, base: str) -> str:
    for key in ("media_content", "media_thumbnail", "links"):
        for each in dict.get(raw, key) or []:
            kind = str(each.get("type") or each.get("medium") or ("image" if key == "media_thumbnail" else ""))
            address = each.get("url") or (each.get("href") if each.get("rel") == "enclosure" else "")
            if kind.startswith("image") and address and (image := absolute(str(address), base)):
                return image
    return ""


def _enclosures(raw: Any) -> list[Any]:
    return [link for link in dict.get(raw, "links") or [] if link.get("rel") == "enclosure"]


def _origin(raw: Any, base: str, site: str) -> Credit | None:
    source = dict.get(raw, "source")
    if not source:
        return None
    url = absolute(str(source.get("link") or source.get("href") or ""), base)
    title = _line(str(source.get("title") or source.get("value") or ""), _NAME_LIMIT)
    if (not title and not url) or (url and url.rstrip("/") in (base.rstrip("/"), site.rstrip("/"))):
        return None
    return clean_credit(title, url)


def _line(html: str, limit: int) -> str:
    """Clean plain text of at most `limit` characters; a title of megabytes is an attack, not a title."""
    return clean_line(plain_from_html(html[:_LINE_LIMIT]), limit=limit)


def _title_from(html: str) -> str:
    text = plain_from_html(re.sub(r"<[^<>]+>", " ", html[:_LINE_LIMIT]))
    return clean_line(text, limit=_TITLE_FROM_TEXT)


def _date_texts(raw: Any) -> DateTexts:
    return DateTexts(_text_of(raw, "published"), _text_of(raw, "updated"), _text_of(raw, "created"))


def _language(value: object) -> str:
    text = str(value or "").strip().replace("_", "-")
    return text if len(text) <= 35 and _LANGUAGE.fullmatch(text) else ""


def _ttl(value: object) -> float | None:
    text = str(value or "").strip()
    return float(text) * 60 if re.fullmatch(r"\d{1,6}", text) else None


def _uid(uid: str) -> str:
    """An id that a database can index: PostgreSQL takes up to 2,700 bytes."""
    return _storable(uid) if len(uid) <= _UID_LIMIT else _hash(uid)


def _storable(text: str) -> str:
    """Without what no database keeps: NUL and halves of surrogate pairs, which JSON can spell."""
    return _UNSTORABLE.sub("", text)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


# --- JSON Feed --------------------------------------------------------------------------------------------------------


def _parse_json(content: bytes, url: str, zone: str) -> ParsedFeed | NotAFeed:
    feed = read_json_feed(content)
    if feed is None:
        return NotAFeed("This is JSON, but not a JSON Feed.")
    language = _language(feed.language)
    reason = _too_many(feed.left_out) if feed.left_out else ""
    texts = [DateTexts(item.published, item.updated) for item in feed.items]
    dates, unread = read_dates(texts, language=language, zone=zone)
    return ParsedFeed(
        title=_line(feed.title, _TITLE_LIMIT) or url,
        entries=tuple(_json_entry(item, url, language, date) for item, date in zip(feed.items, dates, strict=True)),
        partial=feed.left_out > 0,
        reason=" ".join(part for part in (reason, unread) if part),
        site=absolute(feed.site, url) if feed.site else "",
        language=language,
        version="json",
        left_out=_left_out(empty=feed.empty, beyond=feed.left_out),
    )


def _json_entry(item: JsonItem, base: str, language: str, dates: EntryDates) -> Entry:
    link = next((link for url in (item.url, item.external_url) if url and (link := absolute(url, base))), "")
    link = link or absolute(item.uid)
    text = item.html or (_paragraphs(item.text) if item.text else "") or entities.escape(item.summary)
    html = unescape_twice_escaped(_storable(text[:_HTML_LIMIT]))
    title = _line(item.title, _TITLE_LIMIT)
    # A link post: what is linked to is the original.
    origin = clean_credit("", item.external_url) if item.url and item.external_url else None
    return Entry(
        uid=_uid(item.uid or link or _hash(title, html)),
        url=link,
        title=title or _title_from(item.summary) or _title_from(html) or link,
        html=html,
        author=byline((_line(name, _NAME_LIMIT) for name in item.authors), limit=_NAME_LIMIT),
        published=dates.published,
        updated=dates.updated,
        language=_language(item.language) or language,
        image=absolute(item.image, base) if item.image else "",
        media=enclosed(item.attachments, item.duration),
        origin=origin or find_credit(html, link or base),
    )
