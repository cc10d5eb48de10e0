"""Which picture each post has, and why a post has none. The files themselves lie beside the archive."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, exists, func, insert, select

from digest.store.many_rows import one_of
from digest.store.schema import edition_posts, pictures, posts


@dataclass(frozen=True, slots=True)
class PictureRow:
    post: str
    url: str  # where it was fetched, or tried in vain
    name: str  # of the file; "" for none
    width: int
    height: int
    size: int  # bytes
    failure: str  # why there is none; "" where there is one
    fetched_at: datetime


def load(connection: Connection, ids: Collection[str]) -> dict[str, PictureRow]:
    """Return what is known of the pictures of these posts, by post."""
    rows = connection.execute(select(pictures).where(one_of(connection, pictures.c.post, ids)))
    return {row.post: PictureRow(**row._asdict()) for row in rows}


def save(connection: Connection, rows: Iterable[PictureRow]) -> None:
    """Store each row in place of the one that its post has."""
    for row in rows:
        connection.execute(delete(pictures).where(pictures.c.post == row.post))
        connection.execute(insert(pictures).values(**asdict(row)))


def uses(connection: Connection, sources: Collection[str]) -> Mapping[str, Mapping[str, int]]:
    """Return by source how many of its posts have which picture, by name."""
    query = (
        select(posts.c.source, pictures.c.name, func.count())
        .join(posts, posts.c.id == pictures.c.post)
        .where(one_of(connection, posts.c.source, sources), pictures.c.name != "")
        .group_by(posts.c.source, pictures.c.name)
    )
    counts: dict[str, dict[str, int]] = {}
    for source, name, number in connection.execute(query):
        counts.setdefault(source, {})[name] = number
    return counts


def prune(connection: Connection, *, before: datetime) -> set[str]:
    """Delete what is older and belongs to no edition; return the names of files that no post needs any more."""
    in_edition = exists().where(edition_posts.c.post == pictures.c.post, edition_posts.c.shown)
    old = connection.execute(
        delete(pictures).where(pictures.c.fetched_at < before, ~in_edition).returning(pictures.c.name)
    )
    names = {name for (name,) in old if name}
    still = connection.execute(select(pictures.c.name).where(one_of(connection, pictures.c.name, names))).scalars()
    return names - {*still}
