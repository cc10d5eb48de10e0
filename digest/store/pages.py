"""Raw web pages, compressed, so that an edition can be rebuilt offline; and why a page could not be fetched."""

from __future__ import annotations

import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from digest.model import Page
from digest.store.many_rows import one_of
from digest.store.schema import pages

_LEVEL = 6


@dataclass(frozen=True, slots=True)
class NoPage:
    """A page that could not be fetched, and why."""

    url: str
    reason: str
    tried_at: datetime


@dataclass(frozen=True, slots=True)
class PageStamp:
    """What tells a stored page from any other that was stored for its URL, without reading it."""

    url: str
    final_url: str
    content_type: str
    size: int
    failure: str
    fetched_at: datetime
    length: int  # of what is stored
    checksum: bytes  # zlib's own, of the page


def stamps(connection: Connection, urls: Collection[str]) -> dict[str, PageStamp]:
    """Return the stamps of what is stored for these URLs, by URL."""
    length = func.length(pages.c.content)
    checksum = func.substr(pages.c.content, length - 3)  # a stream ends with the Adler-32 of what was compressed
    others = [column for column in pages.c if column.name != "content"]
    query = select(*others, length.label("length"), checksum.label("checksum"))
    rows = connection.execute(query.where(one_of(connection, pages.c.url, urls)))
    return {row.url: PageStamp(**row._asdict()) for row in rows}


def load(connection: Connection, urls: Collection[str]) -> dict[str, Page | NoPage]:
    """Return what is stored for these URLs, by URL."""
    rows = connection.execute(select(pages).where(one_of(connection, pages.c.url, urls)))
    return {row.url: _page(row) for row in rows}


def _page(row: Row[Any]) -> Page | NoPage:
    if row.failure:
        return NoPage(row.url, row.failure, row.fetched_at)
    return Page(row.url, row.final_url, zlib.decompress(row.content), row.content_type, row.fetched_at, row.size)


def save(connection: Connection, page: Page | NoPage) -> None:
    """Store a page or a failure in place of what is stored for the URL; a failure never replaces a page."""
    if isinstance(page, NoPage):
        row = {"final_url": "", "content": b"", "content_type": "", "failure": page.reason, "fetched_at": page.tried_at}
        connection.execute(delete(pages).where(pages.c.url == page.url, pages.c.failure != ""))
        if connection.execute(select(pages.c.url).where(pages.c.url == page.url)).first() is not None:
            return
    else:
        row = {
            "final_url": page.final_url,
            "content": zlib.compress(page.content, _LEVEL),
            "content_type": page.content_type,
            "size": page.size,
            "failure": "",
            "fetched_at": page.fetched_at,
        }
        connection.execute(delete(pages).where(pages.c.url == page.url))
    connection.execute(insert(pages).values(url=page.url, **row))


def prune(connection: Connection, now: datetime, *, keep_days: int) -> int:
    """Delete pages older than `keep_days`; return how many."""
    return connection.execute(delete(pages).where(pages.c.fetched_at < now - timedelta(days=keep_days))).rowcount
