"""What the editor decided about the posts of a week, and what themes learn from it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from digest.model import Decision, Evidence
from digest.store.schema import decisions, posts


def of_week(connection: Connection, week: str) -> dict[str, Decision]:
    """What the editor decided in `week`: post id to decision."""
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


def decide(connection: Connection, week: str, decision: Decision, *, at: datetime) -> None:
    """Keep a decision in place of the one before it; one that decides nothing is forgotten."""
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
    """The newest moves of posts between themes, oldest first, each with its post's id; text is the feed's own."""
    rows = connection.execute(
        select(decisions.c.post, decisions.c.theme, posts.c.title, posts.c.html, posts.c.source)
        .join(posts, posts.c.id == decisions.c.post)
        .where(decisions.c.theme != "")
        .order_by(decisions.c.made_at.desc(), decisions.c.post)
        .limit(limit)
    ).all()
    return [(row.post, Evidence(row.title, row.html, row.source, row.theme)) for row in reversed(rows)]
