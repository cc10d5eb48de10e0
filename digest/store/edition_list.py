"""The list of all editions with their numbers, read in one statement however many there are."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, select

from digest.model import DeliveryCounts
from digest.store.editions import EditionRow, row_of
from digest.store.schema import deliveries, edition_posts, editions, revisions
from digest.week import Week


@dataclass(frozen=True, slots=True)
class EditionListRow:
    """One edition in the list."""

    row: EditionRow
    posts: int
    left_out: int
    counts: DeliveryCounts


def edition_list(connection: Connection) -> list[EditionListRow]:
    """Return every edition, newest first."""
    posts = (
        select(edition_posts.c.week, func.count().label("number"))
        .where(edition_posts.c.shown)
        .group_by(edition_posts.c.week)
        .subquery()
    )
    states = (
        select(deliveries.c.week, deliveries.c.state, func.count().label("number"))
        .group_by(deliveries.c.week, deliveries.c.state)
        .subquery()
    )
    # Posts that were left out need not be in `edition_posts`: some have no id.
    left_out = func.json_array_length(revisions.c.snapshot["left_out"])
    statement = (
        select(
            editions,
            func.coalesce(posts.c.number, 0).label("posts"),
            func.coalesce(left_out, 0).label("left_out"),
            states.c.state,
            states.c.number,
        )
        .select_from(editions)
        .outerjoin(posts, posts.c.week == editions.c.week)
        .outerjoin(revisions, and_(revisions.c.week == editions.c.week, revisions.c.revision == editions.c.revision))
        .outerjoin(states, states.c.week == editions.c.week)
        .order_by(editions.c.week.desc())
    )
    rows: dict[Week, tuple[EditionRow, int, int]] = {}
    counts: dict[Week, dict[str, int]] = defaultdict(dict)
    for row in connection.execute(statement):  # one row for each edition and delivery state
        rows.setdefault(row.week, (row_of(row), row.posts, row.left_out))
        if row.state is not None:
            counts[row.week][row.state] = row.number
    return [
        EditionListRow(edition, number, number_left_out, DeliveryCounts(**counts[week]))
        for week, (edition, number, number_left_out) in rows.items()
    ]
