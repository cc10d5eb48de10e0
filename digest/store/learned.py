"""The editor's moves of posts between themes, from which the themes learn, and those that are to teach no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, delete, insert, select

from digest.model import Evidence
from digest.store.schema import decisions, forgotten_moves, posts
from digest.week import Week

NEWEST = 500  # moves that teach; older ones do not


@dataclass(frozen=True, slots=True)
class Move:
    """A post that an editor moved to a theme; `evidence` has the feed's HTML as its text."""

    week: Week
    post: str
    evidence: Evidence
    at: datetime
    forgotten: bool


def moves(connection: Connection, *, forgotten: bool = False, limit: int = NEWEST) -> list[Move]:
    """Return the newest moves between themes, oldest first; with `forgotten`, those that teach no more, too."""
    same = and_(
        forgotten_moves.c.week == decisions.c.week,
        forgotten_moves.c.post == decisions.c.post,
        forgotten_moves.c.theme == decisions.c.theme,
    )
    query = (
        select(
            decisions.c.week,
            decisions.c.post,
            decisions.c.theme,
            decisions.c.made_at,
            posts.c.title,
            posts.c.html,
            posts.c.source,
            forgotten_moves.c.at,
        )
        .join(posts, posts.c.id == decisions.c.post)
        .outerjoin(forgotten_moves, same)
        .where(decisions.c.theme != "")
        .order_by(decisions.c.made_at.desc(), decisions.c.post)
        .limit(limit)
    )
    if not forgotten:
        query = query.where(forgotten_moves.c.at.is_(None))
    return [
        Move(
            row.week,
            row.post,
            Evidence(row.title, row.html, row.source, row.theme),
            row.made_at,
            row.at is not None,
        )
        for row in reversed(connection.execute(query).all())
    ]


def find(connection: Connection, week: Week, post: str) -> str:
    """Return the theme that the post was moved to in this week; "" if it was not moved."""
    where = (decisions.c.week == week) & (decisions.c.post == post)
    return connection.execute(select(decisions.c.theme).where(where)).scalar() or ""


def forget(connection: Connection, week: Week, post: str, theme: str, *, at: datetime) -> None:
    """Let the move of this post to this theme teach no more."""
    remember(connection, week, post)
    connection.execute(insert(forgotten_moves).values(week=week, post=post, theme=theme, at=at))


def remember(connection: Connection, week: Week, post: str) -> None:
    """Let the move of this post teach again."""
    where = (forgotten_moves.c.week == week) & (forgotten_moves.c.post == post)
    connection.execute(delete(forgotten_moves).where(where))
