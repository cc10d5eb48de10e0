"""JSON Feed 1.0 and 1.1 (jsonfeed.org), read leniently: what has the wrong type counts as absent."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from digest.collect.repair_feed import MOST_ENTRIES


@dataclass(frozen=True, slots=True)
class JsonItem:
    """One member of `items`, as it says itself; "" and None where it says nothing usable."""

    uid: str = ""
    url: str = ""
    external_url: str = ""
    title: str = ""
    html: str = ""
    text: str = ""
    summary: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    updated: str = ""
    language: str = ""
    image: str = ""
    attachments: tuple[dict[str, Any], ...] = ()  # as `enclosures.enclosed` wants them
    duration: str = ""  # seconds of the first of them


@dataclass(frozen=True, slots=True)
class JsonFeed:
    title: str
    site: str
    language: str
    items: tuple[JsonItem, ...]
    left_out: int = 0  # items in the middle of an endless feed
    empty: int = 0  # members of `items` that are no objects, or hold nothing


def looks_like_json(content: bytes) -> bool:
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def read_json_feed(content: bytes) -> JsonFeed | None:
    """None where the document is no JSON Feed."""
    try:
        data = json.loads(content.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    items = data.get("items")
    # The version is an address; some write only its number.
    version = str(data.get("version", ""))
    if "jsonfeed.org/version" not in version and not (isinstance(items, list) and re.fullmatch(r"1(?:\.\d)?", version)):
        return None
    listed = items if isinstance(items, list) else []
    objects = [item for item in listed if isinstance(item, dict) and item]
    empty = len(listed) - len(objects)
    left_out = max(0, len(objects) - MOST_ENTRIES)
    if left_out:
        objects = objects[: MOST_ENTRIES // 2] + objects[-(MOST_ENTRIES // 2) :]
    return JsonFeed(
        title=_text(data, "title"),
        site=_text(data, "home_page_url"),
        language=_text(data, "language"),
        items=tuple(map(_item, objects)),
        left_out=left_out,
        empty=empty,
    )


def _item(item: dict[str, Any]) -> JsonItem:
    uid = item.get("id")
    listed = item.get("attachments")
    attachments = [each for each in listed[:20] if isinstance(each, dict)] if isinstance(listed, list) else []
    return JsonItem(
        uid=str(uid) if isinstance(uid, str | int | float) else "",
        url=_text(item, "url"),
        external_url=_text(item, "external_url"),
        title=_text(item, "title"),
        html=_text(item, "content_html"),
        text=_text(item, "content_text"),
        summary=_text(item, "summary"),
        authors=_authors(item),
        published=_date(item, "date_published"),
        updated=_date(item, "date_modified"),
        language=_text(item, "language"),
        image=_text(item, "image") or _text(item, "banner_image"),
        attachments=tuple(_attachment(each) for each in attachments),
        duration=next((str(each.get("duration_in_seconds") or "") for each in attachments), ""),
    )


def _attachment(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": _text(of, "mime_type"), "href": _text(of, "url"), "length": of.get("size_in_bytes")}


def _text(of: dict[str, Any], key: str) -> str:
    value = of.get(key)
    return value.strip() if isinstance(value, str) else ""


def _authors(item: dict[str, Any]) -> tuple[str, ...]:
    """Version 1.1 has `authors`; version 1 has `author`, which many still write."""
    listed = item.get("authors")
    named = [name for each in listed if (name := _name(each))] if isinstance(listed, list) else []
    return tuple(named) if named else tuple(filter(None, [_name(item.get("author"))]))


def _name(author: object) -> str:
    return author.strip() if isinstance(author, str) else _text(author, "name") if isinstance(author, dict) else ""


def _date(item: dict[str, Any], key: str) -> str:
    """As it is written; some write seconds since 1970 as a number."""
    value = item.get(key)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else _text(item, key)
