"""The cache of read posts. It may be dropped at any time. A row is valid while its key is the hash of its input."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class CachedArticle:
    """The cached results for one post: the extracted article, and what was made of it."""

    key: str  # hash of all that the article was extracted from
    article: Article
    read_key: str  # hash of all that went into `read`
    read: ReadPost
    problem: str = ""  # why it could not be read; "" if it could


_VALUE = TypeAdapter(CachedArticle)


def load(connection: Connection, ids: Iterable[str]) -> dict[str, CachedArticle]:
    """The cached rows among these posts."""
    rows = connection.execute(select(articles).where(one_of(connection, articles.c.post, list(ids))))
    return {row.post: _VALUE.validate_python(row.value) for row in rows}


def save(connection: Connection, rows: Mapping[str, CachedArticle]) -> None:
    if not rows:
        return
    connection.execute(delete(articles).where(one_of(connection, articles.c.post, list(rows))))
    values: list[dict[str, Any]] = [
        {"post": post, "key": cached.key, "value": _VALUE.dump_python(cached, mode="json")}
        for post, cached in rows.items()
    ]
    connection.execute(insert(articles), values)


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


def of_source(connection: Connection, source: str, *, besides: Iterable[str], limit: int = 30) -> list[Article]:
    """Return cached articles of a source, newest first, to learn which blocks the source repeats."""
    rows = connection.execute(
        select(articles.c.value)
        .join(posts, posts.c.id == articles.c.post)
        .where(posts.c.source == source, ~one_of(connection, articles.c.post, list(besides)))
        .order_by(posts.c.published.desc())
        .limit(limit)
    )
    return [_VALUE.validate_python(row.value).article for row in rows]
