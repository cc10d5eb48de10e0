"""The words of posts as they are searched: a row for each post that was collected lately.

A search looks at all of them. For 20,000 posts that takes a seventh of a second on SQLite and about twice that on
PostgreSQL, and finds the beginnings of words. An index of words (FTS5, tsvector) would be quicker, but another one on
each database, and FTS5 is not in every SQLite.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, desc, exists, func, insert, or_, select

from digest.store.many_rows import one_of
from digest.store.schema import post_texts, posts

_WITHOUT_SPACES = "\u2e80"  # from here on scripts, as Chinese and Japanese, that put no space between words


@dataclass(frozen=True, slots=True)
class PostText:
    """A post's words; `head` and `body` are folded and begin with a space, as each of their words does."""

    post: str
    changed_at: datetime
    head: str
    body: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A post whose words are not stored yet, or have changed."""

    post: str
    changed_at: datetime
    title: str
    source: str
    html: str


def missing(connection: Connection, since: datetime, limit: int) -> list[Unread]:
    """Return posts of the time since then whose words are not stored as they are now, the newest first."""
    current = exists().where(post_texts.c.post == posts.c.id, post_texts.c.changed_at == posts.c.changed_at)
    query = (
        select(posts.c.id, posts.c.changed_at, posts.c.title, posts.c.source, posts.c.html)
        .where(_lately(since), ~current)
        .order_by(posts.c.first_seen.desc(), posts.c.id)
        .limit(limit)
    )
    return [Unread(*row) for row in connection.execute(query)]


def save(connection: Connection, rows: Sequence[PostText]) -> None:
    """Store the words of these posts in place of earlier ones. A post that is gone by now is left out."""
    ids = [row.post for row in rows]
    connection.execute(delete(post_texts).where(one_of(connection, post_texts.c.post, ids)))
    there = set(connection.scalars(select(posts.c.id).where(one_of(connection, posts.c.id, ids))))
    values = [
        {"post": row.post, "changed_at": row.changed_at, "head": row.head, "body": row.body}
        for row in rows
        if row.post in there
    ]
    if values:
        connection.execute(insert(post_texts), values)


def search(connection: Connection, words: Sequence[str], *, since: datetime, limit: int) -> tuple[int, list[str]]:
    """Return how many posts have all these words, and the ids of the first: by title, then the newest.

    The words are folded as the stored ones.
    """
    of = connection.dialect.name
    head, body = post_texts.c.head, post_texts.c.body
    in_head = and_(*(_has(of, head, word) for word in words))
    everywhere = and_(*(or_(_has(of, head, word), _has(of, body, word)) for word in words))
    query = (
        select(posts.c.id, func.count().over().label("total"))
        .join_from(post_texts, posts, posts.c.id == post_texts.c.post)
        .where(_lately(since), everywhere)
        .order_by(desc(in_head), posts.c.published.desc(), posts.c.id)
        .limit(limit)
    )
    rows = connection.execute(query).all()
    return (rows[0].total if rows else 0), [row.id for row in rows]


def with_address(connection: Connection, urls: Sequence[str]) -> list[str]:
    """Return the ids of posts that are shown with one of these addresses, the newest first."""
    query = select(posts.c.id).where(one_of(connection, posts.c.url, urls)).order_by(posts.c.first_seen.desc())
    return list(connection.scalars(query))


def prune(connection: Connection, before: datetime) -> int:
    """Delete the words of posts that were published and first seen before then; return how many."""
    old = select(posts.c.id).where(posts.c.first_seen < before, posts.c.published < before)
    return connection.execute(delete(post_texts).where(post_texts.c.post.in_(old))).rowcount


def _lately(since: datetime) -> ColumnElement[bool]:
    return or_(posts.c.first_seen >= since, posts.c.published >= since)


def _has(dialect: str, column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    start = "" if word[:1] >= _WITHOUT_SPACES else " "
    if dialect == "postgresql":
        return func.strpos(column, start + word) > 0
    return column.contains(start + word, autoescape=True)  # quicker than instr
