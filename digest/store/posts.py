"""Posts, as editions and pages read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    update,
)

from digest.model import AlsoOn, Credit, Media, MediaKind, Post, StoredPost
from digest.store.many_rows import one_of
from digest.store.schema import decisions, edition_posts, entries, posts, sources
from digest.week import Week


def new_since(connection: Connection, moment: datetime) -> dict[str, int]:
    """Return how many posts of each source were first seen since a moment."""
    rows = connection.execute(
        select(posts.c.source, func.count()).where(posts.c.first_seen >= moment).group_by(posts.c.source)
    )
    return {str(source): int(number) for source, number in rows}


def of_window(connection: Connection, starts: datetime, ends: datetime, also: Collection[str] = ()) -> list[StoredPost]:
    """Return the posts that the edition of starts <= published < ends has to consider, oldest first.

    These are the posts published in that time; those published earlier but first seen since `starts`, unless they were
    there when their source was first read; those first seen in that time and dated later; and those in `also`, by id.
    """
    late = and_(
        posts.c.published < starts,
        posts.c.first_seen >= starts,
        or_(sources.c.first_good_at.is_(None), posts.c.first_seen > sources.c.first_good_at),
    )
    within = and_(posts.c.published >= starts, posts.c.published < ends)
    ahead = and_(posts.c.published >= ends, posts.c.first_seen >= starts, posts.c.first_seen < ends)
    rows = list(connection.execute(_stored().where(or_(within, late, ahead))))
    ids = {row.id for row in rows}
    values = [post for post in also if post not in ids]
    rows += connection.execute(_stored().where(one_of(connection, posts.c.id, values)))
    return _with_copies(connection, sorted(rows, key=lambda row: (row.published, row.id)))


def by_id(connection: Connection, ids: Collection[str]) -> dict[str, StoredPost]:
    rows: list[Row[Any]] = []
    rows += connection.execute(_stored().where(one_of(connection, posts.c.id, ids)))
    return {stored.post.id: stored for stored in _with_copies(connection, rows)}


class EarlierPost(NamedTuple):
    """A post of a source, told from all others and from what it was before."""

    id: str
    source: str
    title: str
    changed_at: datetime


def newest_of_sources(
    connection: Connection, names: Collection[str], *, since: datetime, before: datetime, most: int
) -> list[EarlierPost]:
    """Return the newest posts of each of these sources published from `since` to `before`, without copies."""
    newest = func.row_number().over(partition_by=posts.c.source, order_by=[posts.c.published.desc(), posts.c.id])
    within = and_(posts.c.published >= since, posts.c.published < before, posts.c.same_as == "")
    ranked = (
        select(posts.c.id, posts.c.source, posts.c.published, newest.label("place"))
        .where(within, posts.c.quarantine == "", one_of(connection, posts.c.source, names))
        .subquery()
    )
    query = (
        select(posts.c.id, posts.c.source, posts.c.title, posts.c.changed_at)
        .join(ranked, ranked.c.id == posts.c.id)
        .where(ranked.c.place <= most)
        .order_by(posts.c.source, posts.c.published, posts.c.id)
    )
    return [EarlierPost(*row) for row in connection.execute(query)]


def stamp_of_earlier(connection: Connection, *, since: datetime, before: datetime) -> Hashable:
    """Return what is another when `newest_of_sources` is. Of the posts only indexes are read, so it takes no time; what
    a visit changes of a post shows in its source."""
    counts = (
        select(func.count()).where(posts.c.published >= since, posts.c.published < before),
        select(func.count()).where(posts.c.same_as != ""),
        select(func.max(posts.c.first_seen)),
    )
    visits = select(sources.c.name, sources.c.checked_at, sources.c.content_hash).order_by(sources.c.name)
    return (
        *(connection.execute(query.select_from(posts)).scalar() for query in counts),
        *map(tuple, connection.execute(visits)),
    )


_BEGINNING_CHARACTERS = 2_000


def beginnings(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Return how the html of posts begins, by id."""
    query = select(posts.c.id, func.substr(posts.c.html, 1, _BEGINNING_CHARACTERS))
    return {post: html for post, html in connection.execute(query.where(one_of(connection, posts.c.id, ids)))}  # noqa: C416 - rows are no pairs to a type checker


@dataclass(frozen=True, slots=True)
class Outline:
    """A post without its html, and its stored sketch, None if there is none."""

    post: Post
    sketch: bytes | None


def outlines(connection: Connection, starts: datetime, ends: datetime) -> list[Outline]:
    """Return posts published from `starts` to `ends`, without copies."""
    query = _stored(with_html=False).where(
        posts.c.published >= starts, posts.c.published <= ends, posts.c.same_as == ""
    )
    return [Outline(_as_stored(row, ()).post, row.sketch) for row in connection.execute(query)]


def html_of(connection: Connection, ids: Collection[str], *, lock: bool = False) -> dict[str, str]:
    """Return the html of posts, by id. With `lock`, nobody else changes them until the transaction ends."""
    query = select(posts.c.id, posts.c.html).where(one_of(connection, posts.c.id, ids))
    return {row.id: row.html for row in connection.execute(query.with_for_update() if lock else query)}


def save_sketches(connection: Connection, sketches: Mapping[str, bytes]) -> None:
    """Store sketches, by post id."""
    if sketches:
        connection.execute(
            update(posts).where(posts.c.id == bindparam("post")).values(sketch=bindparam("made")),
            [{"post": post, "made": sketch} for post, sketch in sketches.items()],
        )


def counts(connection: Connection) -> dict[str, int]:
    """Return the number of posts of each source."""
    rows = connection.execute(select(posts.c.source, func.count()).group_by(posts.c.source))
    return {source: number for source, number in rows}  # noqa: C416 - rows are no pairs to a type checker


def quarantined(connection: Connection, since: datetime) -> dict[str, int]:
    """Posts in quarantine that were first seen since then, per source."""
    rows = connection.execute(
        select(posts.c.source, func.count())
        .where(posts.c.quarantine != "", posts.c.first_seen >= since)
        .group_by(posts.c.source)
    )
    return {source: number for source, number in rows}  # noqa: C416 - rows are no pairs to a type checker


def _stored(*, with_html: bool = True) -> Select[Any]:
    html = posts.c.html if with_html else literal("").label("html")
    others = [column for column in posts.c if column.name not in ("html", "sketch")]
    return select(*others, html, *([] if with_html else [posts.c.sketch]), sources.c.first_good_at).join_from(
        posts, sources, sources.c.name == posts.c.source, isouter=True
    )


def _with_copies(connection: Connection, rows: Sequence[Row[Any]]) -> list[StoredPost]:
    """Return each post with the other sources that carry it, under its own id or as a copy."""
    ids = [row.id for row in rows]
    carried: defaultdict[str, dict[str, str]] = defaultdict(dict)
    own = connection.execute(
        select(entries.c.post, entries.c.source, entries.c.url)
        .where(one_of(connection, entries.c.post, ids))
        .order_by(entries.c.id)
    )
    for row in own:
        carried[row.post].setdefault(row.source, row.url)
    copies = connection.execute(
        select(posts.c.same_as, posts.c.source, posts.c.url)
        .where(one_of(connection, posts.c.same_as, ids))
        .order_by(posts.c.first_seen, posts.c.id)
    )
    for row in copies:
        carried[row.same_as].setdefault(row.source, row.url)
    return [
        _as_stored(row, [AlsoOn(name, url) for name, url in carried[row.id].items() if name != row.source])
        for row in rows
    ]


def _as_stored(row: Row[Any], also_on: Iterable[AlsoOn]) -> StoredPost:
    post = Post(
        id=row.id,
        url=row.url,
        title=row.title,
        source=row.source,
        published=row.published,
        first_seen=row.first_seen,
        html=row.html,
        dated=row.dated,
        author=row.author,
        language=row.language,
        image=row.image,
        origin=credit(row.origin_name, row.origin_url),
        also_on=tuple(also_on),
        media=_media(row.media),
    )
    backlog = row.first_good_at is not None and row.first_seen <= row.first_good_at
    return StoredPost(post, row.quarantine, row.same_as, backlog, row.added_by)


def _media(value: Mapping[str, Any] | None) -> Media | None:
    return Media(MediaKind(value["kind"]), value["size"], value["seconds"]) if value else None


def credit(name: str, url: str) -> Credit | None:
    """Who wrote a post first, where its feed names them."""
    return Credit(name, url) if name or url else None


def left_out_elsewhere(connection: Connection, ids: Collection[str], *, besides: Week) -> set[str]:
    """Return which of these posts the edition of another week has left out."""
    rows = connection.execute(
        select(edition_posts.c.post).where(
            one_of(connection, edition_posts.c.post, ids),
            edition_posts.c.week != besides,
            edition_posts.c.shown.is_(False),
        )
    )
    return {row.post for row in rows}


def held_before(connection: Connection, week: Week) -> set[str]:
    """Return posts that the editor held back in an earlier week and that no edition since has shown or left out."""
    rows_held = connection.execute(
        select(decisions.c.post, func.max(decisions.c.week).label("week"))
        .where(decisions.c.held, decisions.c.week < week)
        .group_by(decisions.c.post)
    ).all()
    dealt: dict[str, str] = {}
    values = [row.post for row in rows_held]
    rows = connection.execute(
        select(edition_posts.c.post, func.max(edition_posts.c.week).label("week"))
        .where(one_of(connection, edition_posts.c.post, values), edition_posts.c.week < week)
        .group_by(edition_posts.c.post)
    )
    dealt |= {row.post: row.week for row in rows}
    return {row.post for row in rows_held if dealt.get(row.post, row.week) <= row.week}
