"""What a source has published, for its page on the desk."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import Connection, select

from digest.model.collected_posts import StoredPost
from digest.store.posts import by_id
from digest.store.schema import posts


def moments(connection: Connection, since: datetime, source: str = "") -> dict[str, list[datetime]]:
    """Return when each source, or one of them, published its posts since then; without copies."""
    query = select(posts.c.source, posts.c.published).where(posts.c.published >= since, posts.c.same_as == "")
    if source:
        query = query.where(posts.c.source == source)
    by_source: defaultdict[str, list[datetime]] = defaultdict(list)
    for name, published in connection.execute(query):
        by_source[name].append(published)
    return by_source


def latest_of(connection: Connection, source: str, most: int) -> list[StoredPost]:
    """Return the newest posts of a source, newest first."""
    query = select(posts.c.id).where(posts.c.source == source).order_by(posts.c.published.desc(), posts.c.id)
    ids = [row.id for row in connection.execute(query.limit(most))]
    by_source = by_id(connection, ids)
    return [by_source[post] for post in ids if post in by_source]
