"""Entries as feeds show them, and the posts that they make: one transaction a source."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    Table,
    delete,
    insert,
    or_,
    select,
    update,
)

from digest.model import Arrival, KnownPost, Post, ShownPost
from digest.store.many_rows import insert_many, one_of, one_of_parameter, packed
from digest.store.posts import credit
from digest.store.schema import entries, posts


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """An entry that a source showed before."""

    post: str
    content_hash: str
    text_hash: str = ""


def shown_before(connection: Connection, source: str, uids: Collection[str]) -> dict[str, KnownEntry]:
    """Return which of these entry ids the source had before, with their entries."""
    rows = connection.execute(
        select(entries.c.uid, entries.c.post, entries.c.content_hash, entries.c.text_hash).where(
            entries.c.source == source, one_of(connection, entries.c.uid, uids)
        )
    )
    return {row.uid: KnownEntry(row.post, row.content_hash, row.text_hash) for row in rows}


_MOST_SHOWN = 2_000


def history_of(connection: Connection, source: str) -> list[ShownPost]:
    """The posts that this source's feed showed, those that it showed last first; at most 2,000."""
    query = (
        select(
            entries.c.uid,
            entries.c.post,
            entries.c.url,
            posts.c.title,
            posts.c.published,
            posts.c.dated,
            entries.c.text_hash,
        )
        .join_from(entries, posts, posts.c.id == entries.c.post)
        .where(entries.c.source == source)
        .order_by(entries.c.last_seen.desc(), entries.c.id.desc())
        .limit(_MOST_SHOWN)
    )
    return [ShownPost(**row._mapping) for row in connection.execute(query)]


def known_posts(connection: Connection, ids: Collection[str]) -> dict[str, KnownPost]:
    known_posts: dict[str, KnownPost] = {}
    dialect = connection.dialect.name
    rows = connection.execute(_known_posts_query(dialect), {"ids": packed(dialect, ids)})
    for row in rows:
        values = row._asdict()
        origin = credit(values.pop("origin_name"), values.pop("origin_url"))
        known_posts[row.id] = KnownPost(**values, origin=origin)
    return known_posts


@lru_cache(maxsize=2)
def _known_posts_query(dialect: str) -> Select[Any]:
    """Made once: it is run for every feed."""
    return select(
        posts.c.id,
        posts.c.source,
        posts.c.title,
        posts.c.published,
        posts.c.dated,
        posts.c.first_seen,
        posts.c.same_as,
        posts.c.origin_name,
        posts.c.origin_url,
        posts.c.added_by,
    ).where(one_of_parameter(dialect, posts.c.id, "ids"))


def keep(
    connection: Connection, source: str, arrivals: Sequence[Arrival], *, before: Mapping[str, KnownEntry], now: datetime
) -> int:
    """Store the entries of a feed; return how many posts are new.

    `before` is what `shown_before` returned for the entries. Storing the same entries twice changes nothing.
    """
    new_arrivals = [arrival for arrival in arrivals if arrival.new]
    if new_arrivals:
        _insert(connection, posts, [_new_post(source, arrival, now) for arrival in new_arrivals])
    edited = [each for each in arrivals if each.uid not in before or before[each.uid].content_hash != each.content_hash]
    for arrival in edited:
        if not arrival.new and arrival.credited:
            _refresh(connection, source, arrival, now)
    unseen = [arrival for arrival in arrivals if arrival.uid not in before]
    if unseen:
        rows = [
            {
                "source": source,
                "uid": arrival.uid,
                "post": arrival.post,
                "url": arrival.url,
                "content_hash": arrival.content_hash,
                "text_hash": arrival.text_hash,
                "first_seen": now,
                "last_seen": now,
            }
            for arrival in unseen
        ]
        _insert(connection, entries, rows)
    for arrival in arrivals:
        stored = before.get(arrival.uid)
        if stored and (stored.content_hash, stored.text_hash) != (arrival.content_hash, arrival.text_hash):
            connection.execute(
                update(entries)
                .where(entries.c.source == source, entries.c.uid == arrival.uid)
                .values(content_hash=arrival.content_hash, text_hash=arrival.text_hash, url=arrival.url)
            )
    _forget_old_ids(connection, source, arrivals)
    if values := [arrival.uid for arrival in arrivals if arrival.uid in before]:
        connection.execute(
            update(entries)
            .where(entries.c.source == source, one_of(connection, entries.c.uid, values))
            .values(last_seen=now)
        )
    return len(new_arrivals)


def _forget_old_ids(connection: Connection, source: str, arrivals: Sequence[Arrival]) -> None:
    """A feed that gives its entries new ids at each visit would otherwise fill the table."""
    renamed = [arrival.post for arrival in arrivals if arrival.renamed]
    if not renamed:
        return
    rows = connection.execute(
        select(entries.c.id, entries.c.uid).where(
            entries.c.source == source, one_of(connection, entries.c.post, renamed)
        )
    )
    present = {arrival.uid for arrival in arrivals}
    old = [row.id for row in rows if row.uid not in present]
    connection.execute(delete(entries).where(one_of(connection, entries.c.id, old)))


def _insert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that have the same columns. A row that another run has inserted first is kept."""
    if connection.dialect.name == "sqlite":  # where this transaction holds the only write lock
        insert_many(connection, table, {name: [row[name] for row in rows] for name in rows[0]})
        return
    from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql

    # In one order: two machines that store the same posts then wait for each other, and none is broken off.
    in_order = sorted(rows, key=lambda row: str(row.get("id") or row["uid"]))
    connection.execute(insert_on_postgresql(table).on_conflict_do_nothing(), in_order)


def _values_of(source: str, arrival: Arrival) -> dict[str, Any]:
    """The columns that a newer text of the same post replaces."""
    entry = arrival.entry
    return {
        "url": arrival.url,
        "title": entry.title,
        "author": entry.author,
        "source": source,
        "published": arrival.published,
        "dated": arrival.dated,
        "html": entry.html,
        "sketch": arrival.sketch,
        "language": entry.language,
        "image": entry.image,
        "media": asdict(entry.media) if entry.media else None,
        "origin_name": entry.origin.name if entry.origin else "",
        "origin_url": entry.origin.url if entry.origin else "",
    }


def _new_post(source: str, arrival: Arrival, now: datetime) -> dict[str, Any]:
    return _values_of(source, arrival) | {
        "id": arrival.post,
        "canonical": arrival.key,
        "first_seen": now,
        "changed_at": now,
        "quarantine": arrival.quarantine,
        "same_as": arrival.same_as,
    }


def _refresh(connection: Connection, source: str, arrival: Arrival, now: datetime) -> None:
    values = _values_of(source, arrival) | {"added_by": ""}
    connection.execute(update(posts).where(posts.c.id == arrival.post).values(**values, changed_at=now))


def add_by_hand(connection: Connection, post: Post, *, key: str, by: str) -> None:
    """Store a post that an editor added. It has no entry: no feed has shown it. One that is there already is kept."""
    if connection.execute(select(posts.c.id).where(posts.c.id == post.id)).first() is not None:
        return
    connection.execute(
        insert(posts).values(
            id=post.id,
            canonical=key,
            url=post.url,
            title=post.title,
            author=post.author,
            source=post.source,
            published=post.published,
            dated=post.dated,
            first_seen=post.first_seen,
            changed_at=post.first_seen,
            html=post.html,
            language=post.language,
            image=post.image,
            origin_name="",
            origin_url="",
            quarantine="",
            same_as="",
            added_by=by or "an editor",
        )
    )


def mark_same(connection: Connection, copies: Mapping[str, str]) -> None:
    """Mark posts as copies of their originals: id to id. Copies of a copy then point to its original, too."""
    for copy, original in copies.items():
        connection.execute(
            update(posts).where(or_(posts.c.id == copy, posts.c.same_as == copy)).values(same_as=original)
        )
