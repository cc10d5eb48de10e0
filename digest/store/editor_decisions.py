"""The editor's decisions about the posts of a week, and the moves between themes from which themes learn."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from digest.model import Decision, Evidence
from digest.store.schema import decisions, posts
from digest.week import Week


def of_week(connection: Connection, week: Week) -> dict[str, Decision]:
    """Return the editor's decisions in `week`, by post id."""
    rows = connection.execute(select(decisions).where(decisions.c.week == week))
    return {
        row.post: Decision(
            row.post,
            row.theme,
            row.dropped,
            row.held,
            row.pinned,
            row.position,
            row.title,
            tuple((int(start), int(end)) for start, end in row.sentences),
        )
        for row in rows
    }


def decide(connection: Connection, week: Week, decision: Decision, *, at: datetime) -> None:
    """Store a decision in place of the one before it; an empty decision is deleted."""
    key = (decisions.c.week == week) & (decisions.c.post == decision.post)
    connection.execute(delete(decisions).where(key))
    if decision != Decision(decision.post):
        connection.execute(
            insert(decisions).values(
                week=week,
                post=decision.post,
                theme=decision.theme,
                dropped=decision.dropped,
                held=decision.held,
                pinned=decision.pinned,
                position=decision.position,
                title=decision.title,
                sentences=[list(offsets) for offsets in decision.sentences],
                made_at=at,
            )
        )


def evidence(connection: Connection, *, limit: int = 500) -> list[tuple[str, Evidence]]:
    """Return the newest moves of posts between themes, oldest first, each with its post's id and the feed's text."""
    rows = connection.execute(
        select(decisions.c.post, decisions.c.theme, posts.c.title, posts.c.html, posts.c.source)
        .join(posts, posts.c.id == decisions.c.post)
        .where(decisions.c.theme != "")
        .order_by(decisions.c.made_at.desc(), decisions.c.post)
        .limit(limit)
    ).all()
    return [(row.post, Evidence(row.title, row.html, row.source, row.theme)) for row in reversed(rows)]
