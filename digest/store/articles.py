"""The cache of read posts. It may be dropped at any time: posts are read, and what sources repeat is learnt, anew.

A row is valid while its key is the hash of its input.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, delete, func, insert, select

from digest.model import Article, Sentence, Summary
from digest.store.many_rows import one_of
from digest.store.schema import articles, posts


@dataclass(frozen=True, slots=True)
class ReadPost:
    """A post as it was read: its article without blocks that the source repeats, its summary, and all its sentences."""

    article: Article
    summary: Summary
    sentences: tuple[Sentence, ...]
    repeats: tuple[int, ...] = ()  # keys of the sentences that the source repeats, in order


@dataclass(frozen=True, slots=True)
class CachedArticle:
    """The cached results for one post: the extracted article, and what was made of it."""

    key: str  # hash of all that the article was extracted from
    article: Article
    read_key: str  # hash of all that went into `read`
    read: ReadPost
    problem: str = ""  # why it could not be read; "" if it could


_VALUE = TypeAdapter(CachedArticle)
_WHOLE = "="  # how the stamp of a whole row starts


@dataclass(frozen=True, slots=True)
class StampedArticle:
    """A row with its stamp: two rows with one stamp are the same."""

    stamp: str
    cached: CachedArticle


def load(connection: Connection, ids: Iterable[str]) -> dict[str, CachedArticle]:
    """The cached rows among these posts."""
    return {post: row.cached for post, row in load_stamped(connection, ids).items()}


def load_stamped(connection: Connection, ids: Iterable[str]) -> dict[str, StampedArticle]:
    """The cached rows among these posts, each with its stamp."""
    rows = connection.execute(select(articles).where(one_of(connection, articles.c.post, list(ids))))
    return {row.post: StampedArticle(row.key, _VALUE.validate_python(row.value)) for row in rows}


def stamps(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """The stamps of the cached rows among these posts. Reads no article."""
    query = select(articles.c.post, articles.c.key).where(one_of(connection, articles.c.post, list(ids)))
    return {row.post: row.key for row in connection.execute(query)}


def says_everything(stamp: str) -> bool:
    """Whether the stamp is made of the whole row. Those of earlier versions are made of what the article was made from,
    which does not say whether it could be read."""
    return stamp.startswith(_WHOLE)


def save(connection: Connection, rows: Mapping[str, CachedArticle]) -> None:
    if not rows:
        return
    connection.execute(delete(articles).where(one_of(connection, articles.c.post, list(rows))))
    values: list[dict[str, Any]] = [
        {"post": post, "key": stamp_of(cached), "value": _VALUE.dump_python(cached, mode="json")}
        for post, cached in rows.items()
    ]
    connection.execute(insert(articles), values)


def stamp_of(cached: CachedArticle) -> str:
    return _WHOLE + hashlib.sha256(_VALUE.dump_json(cached)).hexdigest()[: 64 - len(_WHOLE)]


def walls(connection: Connection, *, since: datetime) -> dict[str, dict[str, int]]:
    """Per source, what its posts' pages showed in place of the posts, and how many did; posts published since then."""
    wall = articles.c.value["article"]["wall"].as_string()
    rows = connection.execute(
        select(posts.c.source, wall.label("wall"), func.count().label("number"))
        .join_from(articles, posts, posts.c.id == articles.c.post)
        .where(posts.c.published >= since, wall != "")
        .group_by(posts.c.source, wall)
    )
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        counts.setdefault(row.source, {})[row.wall] = row.number
    return counts


def stamps_of_sources(
    connection: Connection, sources: Iterable[str], *, until: datetime, besides: Iterable[str], limit: int = 30
) -> dict[str, dict[str, str]]:
    """Return the newest cached articles of each source that were published until then: post to stamp, by source.

    What they have in common with later ones, the source repeats.
    """
    number = func.row_number().over(partition_by=posts.c.source, order_by=(posts.c.published.desc(), posts.c.id))
    newest = (
        select(posts.c.source, articles.c.post, articles.c.key, number.label("number"))
        .join_from(articles, posts, posts.c.id == articles.c.post)
        .where(
            posts.c.published <= until,
            one_of(connection, posts.c.source, list(sources)),
            ~one_of(connection, articles.c.post, list(besides)),
        )
        .subquery()
    )
    by_source: dict[str, dict[str, str]] = {}
    for row in connection.execute(select(newest).where(newest.c.number <= limit)):
        by_source.setdefault(row.source, {})[row.post] = row.key
    return by_source
